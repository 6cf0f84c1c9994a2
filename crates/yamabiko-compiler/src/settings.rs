//! `yamabiko.toml`: what a project generates, from which files, to where. The
//! command, build scripts and Python read the same file.
//!
//! ```toml
//! roots = ["proto"]            # imports are relative to these; default: ["proto"], or ["."]
//! files = ["proto/shop"]       # files and folders; default: all below the roots
//!
//! [rust]
//! out = "src/generated"
//!
//! [python]
//! out = "python"
//!
//! [pyi]
//! out = "python"
//!
//! [[plugin]]
//! name = "go"                  # protoc-gen-go, on PATH
//! out = "go"
//! options = ["paths=source_relative"]
//!
//! [lint]
//! strict = true                # or rules = ["BASIC", "COMMENTS"]
//! except = ["PACKAGE_VERSION_SUFFIX"]
//!
//! [breaking]
//! against = "main"             # a git revision, a directory or a descriptor set
//! rules = ["WIRE_JSON"]
//! ```

mod read;
mod run;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::Generated;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::front_end::{self, Compiled};
use crate::targets::{self, Target};
use crate::{layout, packages};

pub use run::generate_project;

/// What `yamabiko.toml` says.
///
/// ```no_run
/// // build.rs: code for the files of yamabiko.toml, for include_proto!
/// yamabiko_compiler::build_project();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    path: PathBuf,
    roots: Vec<PathBuf>,
    files: Vec<Entry>,
    outputs: Vec<(Target, PathBuf)>,
    lint: LintSettings,
    breaking: BreakingSettings,
}

/// The section `[lint]`: what `yamabiko lint` checks here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LintSettings {
    /// These rules or groups instead of the default ones.
    pub rules: Vec<String>,
    /// Without these rules or groups.
    pub except: Vec<String>,
    /// All that is good style.
    pub strict: bool,
}

/// The section `[breaking]`: what `yamabiko breaking` compares, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct BreakingSettings {
    /// With this: a git revision, a directory or a descriptor set.
    pub against: Option<String>,
    /// By these rules or groups.
    pub rules: Vec<String>,
    /// Without these rules or groups.
    pub except: Vec<String>,
}

/// A path that the file names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    label: Label,
}

/// What was generated for one target.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// The directory that the files belong into.
    pub directory: PathBuf,
    /// The files, and what there is to say.
    pub generated: Generated,
}

impl Settings {
    /// The name of the file.
    pub const FILE_NAME: &str = "yamabiko.toml";

    /// The settings of the project that `directory` is in: the file may be there
    /// or in a directory above. `None` if there is none.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub fn find(directory: &Path) -> Result<Option<Self>, Diagnostics> {
        let absolute = std::path::absolute(Path::new(".").join(directory))
            .unwrap_or_else(|_| directory.to_owned());
        let mut shown = directory.to_owned();
        for above in absolute.ancestors() {
            if above.join(Self::FILE_NAME).is_file() {
                return Self::read(tidy(&shown.join(Self::FILE_NAME))).map(Some);
            }
            shown.push("..");
        }
        Ok(None)
    }

    /// Where the settings are from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directories that imports are relative to.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// What `yamabiko lint` checks.
    pub fn lint(&self) -> &LintSettings {
        &self.lint
    }

    /// What `yamabiko breaking` compares.
    pub fn breaking(&self) -> &BreakingSettings {
        &self.breaking
    }

    /// The `.proto` files to generate code from, sorted.
    ///
    /// # Errors
    ///
    /// There are none, or a folder cannot be read.
    pub fn inputs(&self) -> Result<Vec<PathBuf>, Diagnostics> {
        let mut files = BTreeSet::new();
        if self.files.is_empty() {
            for root in &self.roots {
                below(root, &mut files)?;
            }
        }
        let mut missing = Vec::new();
        for Entry { path, label } in &self.files {
            if path.is_dir() {
                below(path, &mut files)?;
            } else if path.is_file() {
                files.insert(path.clone());
            } else {
                let diagnostic = Diagnostic::new(format!("no such file: {}", path.display()));
                let diagnostic = diagnostic.in_file(&self.path).at(label.clone());
                missing.push(crate::hints::similar_file(path, diagnostic));
            }
        }
        if !missing.is_empty() {
            return Err(missing.into());
        }
        if files.is_empty() {
            let searched = if self.files.is_empty() {
                self.roots.clone()
            } else {
                self.files.iter().map(|entry| entry.path.clone()).collect()
            };
            let searched: Vec<String> =
                searched.iter().map(|path| path.display().to_string()).collect();
            return Err(Diagnostic::new(format!("no .proto file below {}", searched.join(", ")))
                .in_file(&self.path)
                .help("say in `roots` which directories they are in")
                .into());
        }
        Ok(files.into_iter().collect())
    }

    /// Generates all that the file asks for. Writes nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with the `.proto` files or with a plugin, or that nothing is
    /// asked for.
    pub fn try_generate(&self) -> Result<Vec<Output>, Diagnostics> {
        if self.outputs.is_empty() {
            return Err(Diagnostic::new("it says nothing to generate")
                .in_file(&self.path)
                .help("for Rust, for example:\n[rust]\nout = \"src/generated\"")
                .into());
        }
        let compiled = self.compile()?;
        let mut outputs = Vec::new();
        for (target, directory) in &self.outputs {
            let (files, warnings) = targets::generate(target, &compiled)?;
            let generated = Generated { files, warnings, inputs: compiled.paths.clone() };
            outputs.push(Output { directory: directory.clone(), generated });
        }
        Ok(outputs)
    }

    /// Compiles the files to Rust in the layout that `yamabiko::include_proto!`
    /// expects, and writes it to `out_dir`. What the file says about targets does
    /// not matter. Prints nothing.
    ///
    /// # Errors
    ///
    /// What is wrong with the files, or why the output cannot be written.
    pub fn try_build(&self, out_dir: &Path) -> Result<Generated, Diagnostics> {
        let compiled = self.compile()?;
        let mut warnings = Vec::new();
        let packages = packages::generate(&compiled.files, &compiled.generate, &mut warnings)?;
        let files = layout::for_build_script(&packages);
        for file in &files {
            file.write_to(out_dir)?;
        }
        // A new file below a root changes a folder.
        let folders = self.roots.iter().chain(self.files.iter().map(|entry| &entry.path));
        let mut inputs = vec![self.path.clone()];
        inputs.extend(folders.filter(|folder| folder.is_dir()).cloned());
        inputs.extend(compiled.paths);
        Ok(Generated { files, warnings, inputs })
    }

    fn compile(&self) -> Result<Compiled, Diagnostics> {
        front_end::compile(&self.inputs()?, &self.roots, false)
    }
}

/// The `.proto` files below a directory, but for hidden folders.
fn below(directory: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), Diagnostic> {
    let unreadable =
        |error| Diagnostic::new(format!("cannot read {}: {error}", directory.display()));
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = tidy(&entry.path());
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(unreadable)?.is_dir() {
            below(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.insert(path);
        }
    }
    Ok(())
}

/// `path` as a person would write it: without `.` parts.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != std::path::Component::CurDir).collect()
}
