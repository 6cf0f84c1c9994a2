//! What to generate, from where, to where.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::front_end::{self, Compiled};
use crate::roots::include_directories;
use crate::targets::{self, Target};
use crate::{layout, packages};

/// What to generate, from where, to where.
///
/// ```no_run
/// // build.rs
/// yamabiko_compiler::Config::new().include("api").build(["api/hello/v1/hello.proto"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Config {
    includes: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
    unstable_editions: bool,
}

/// What was generated.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Generated {
    /// The files, with paths relative to the output directory, in a fixed order.
    pub files: Vec<GeneratedFile>,
    /// What could not be generated, one sentence each.
    pub warnings: Vec<String>,
    /// Every `.proto` file that was read from disk, imports included.
    pub inputs: Vec<PathBuf>,
}

/// A file of generated code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Its path, relative to the output directory.
    pub path: PathBuf,
    /// Its text.
    pub content: String,
}

impl GeneratedFile {
    /// Whether the file is there, below `directory`, with this content.
    pub fn is_current_in(&self, directory: &Path) -> bool {
        fs::read(directory.join(&self.path)).is_ok_and(|found| found == self.content.as_bytes())
    }

    /// Writes the file below `directory`, which is created if need be. A file
    /// that is current is left alone, so that nothing that depends on it is
    /// built again.
    ///
    /// # Errors
    ///
    /// Why it cannot be written.
    pub fn write_to(&self, directory: &Path) -> Result<(), Diagnostic> {
        if self.is_current_in(directory) {
            return Ok(());
        }
        let path = directory.join(&self.path);
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&path, &self.content))
            .map_err(|error| Diagnostic::new(format!("cannot write {}: {error}", path.display())))
    }
}

impl Config {
    /// Nothing set: imports are looked for in `proto/`, in the current directory,
    /// in the one that a file's package says, and beside each file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a directory to look for imports in, before the usual ones. The
    /// name of a file is its path below the first such directory.
    #[must_use]
    pub fn include(mut self, directory: impl Into<PathBuf>) -> Self {
        self.includes.push(directory.into());
        self
    }

    /// Sets the directory to write to, instead of the build script's `OUT_DIR`.
    #[must_use]
    pub fn out_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(directory.into());
        self
    }

    /// Whether to compile files of `edition = "UNSTABLE"`, which means something
    /// else from one version of protobuf to the next: protoc's
    /// `--experimental_editions`. Without, such a file is refused.
    #[must_use]
    pub fn unstable_editions(mut self, allowed: bool) -> Self {
        self.unstable_editions = allowed;
        self
    }

    /// Compiles `files` in a build script; see [`build`](crate::build()).
    pub fn build<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) {
        match self.try_build(files) {
            Ok(generated) => crate::build::tell_cargo(&generated),
            Err(diagnostics) => crate::build::fail(&diagnostics),
        }
    }

    /// Compiles `files` and writes the Rust code to the output directory, in
    /// the layout that `yamabiko::include_proto!` expects. Prints nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with the files, or why the output cannot be written.
    pub fn try_build<P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = P>,
    ) -> Result<Generated, Diagnostics> {
        let out_dir = self
            .out_dir
            .clone()
            .or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from))
            .ok_or_else(|| {
                Diagnostic::new("no output directory: OUT_DIR is not set")
                    .help("call this from build.rs, or set Config::out_dir")
            })?;
        let compiled = self.compile(files)?;
        let mut warnings = Vec::new();
        let packages = packages::generate(&compiled.files, &compiled.generate, &mut warnings)?;
        let files = layout::for_build_script(&packages);
        for file in &files {
            file.write_to(&out_dir)?;
        }
        Ok(Generated { files, warnings, inputs: compiled.paths })
    }

    /// Compiles `files` to Rust code that can be checked in: each package is
    /// the file of a module, `demo.v1` in `demo/v1.rs`. Writes and prints
    /// nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with the files.
    pub fn try_generate<P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = P>,
    ) -> Result<Generated, Diagnostics> {
        self.try_generate_for(&Target::Rust, files)
    }

    /// Compiles `files` to the code of any target. Writes and prints nothing,
    /// but what a plugin writes or prints.
    ///
    /// # Errors
    ///
    /// What is wrong with the files, or with the plugin.
    pub fn try_generate_for<P: AsRef<Path>>(
        &self,
        target: &Target,
        files: impl IntoIterator<Item = P>,
    ) -> Result<Generated, Diagnostics> {
        let compiled = self.compile(files)?;
        let (files, warnings) = targets::generate(target, &compiled)?;
        Ok(Generated { files, warnings, inputs: compiled.paths })
    }

    fn compile<P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = P>,
    ) -> Result<Compiled, Diagnostics> {
        let files: Vec<PathBuf> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        if files.is_empty() {
            return Err(Diagnostic::new("no .proto file to compile").into());
        }
        if let Some(missing) = self.includes.iter().find(|directory| !directory.is_dir()) {
            let message = format!("no such directory to include: {}", missing.display());
            return Err(Diagnostic::new(message).into());
        }
        let includes = include_directories(&self.includes, &files);
        front_end::compile(&files, &includes, self.unstable_editions)
    }
}
