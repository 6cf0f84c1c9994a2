//! What to generate, from where, to where.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use buffa_codegen::context::CodeGenContext;
use buffa_codegen::generated::descriptor::FileDescriptorProto;
use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::front_end::{self, Compiled};
use crate::layout::{self, Package};
use crate::{messages, service};

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

/// A file of generated Rust code.
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

/// How the generated files hang together.
#[derive(Clone, Copy)]
enum Layout {
    BuildScript,
    SourceTree,
}

impl Config {
    /// Nothing set: imports are looked for in `proto/` and in the current
    /// directory, and beside each file that is compiled.
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
        let generated = self.compile(files, Layout::BuildScript)?;
        for file in &generated.files {
            file.write_to(&out_dir)?;
        }
        Ok(generated)
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
        self.compile(files, Layout::SourceTree)
    }

    fn compile<P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = P>,
        layout: Layout,
    ) -> Result<Generated, Diagnostics> {
        let files: Vec<PathBuf> = files.into_iter().map(|file| file.as_ref().to_owned()).collect();
        if files.is_empty() {
            return Err(Diagnostic::new("no .proto file to compile").into());
        }
        let compiled = front_end::compile(&files, &self.include_directories(&files))?;
        let mut warnings = Vec::new();
        let packages = generate(&compiled, &mut warnings)?;
        Ok(Generated {
            files: match layout {
                Layout::BuildScript => layout::for_build_script(&packages),
                Layout::SourceTree => layout::for_source_tree(&packages),
            },
            warnings,
            inputs: compiled.paths,
        })
    }

    fn include_directories(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        let mut directories = self.includes.clone();
        let beside = files.iter().map(|file| match file.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        });
        for directory in [PathBuf::from("proto"), PathBuf::from(".")].into_iter().chain(beside) {
            if !directories.contains(&directory) && directory.is_dir() {
                directories.push(directory);
            }
        }
        directories
    }
}

/// The code of every package.
fn generate(
    compiled: &Compiled,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Package>, Diagnostic> {
    let configuration = messages::configuration();
    let messages =
        messages::generate(&compiled.files, &compiled.generate, &configuration, warnings)?;
    let context = CodeGenContext::for_generate(&compiled.files, &compiled.generate, &configuration);
    let mut packages = BTreeMap::new();
    for (name, items) in messages {
        let mut taken = root_names(&items);
        let mut services = TokenStream::new();
        let mut uses = BTreeSet::new();
        let mut sources = Vec::new();
        for file in files_of(&name, compiled) {
            service::generate(file, &context, &mut taken, &mut services, warnings);
            uses.extend(packages_used(file, compiled));
            sources.extend(file.name.clone());
        }
        let mut tokens = TokenStream::new();
        items.iter().for_each(|item| item.to_tokens(&mut tokens));
        tokens.extend(services);
        let file = syn::parse2(tokens)
            .map_err(|error| Diagnostic::new(format!("generated code does not parse: {error}")))?;
        packages.insert(name, Package { code: prettyplease::unparse(&file), uses, sources });
    }
    Ok(packages)
}

/// The files of a package that code is generated for.
fn files_of<'a>(
    package: &'a str,
    compiled: &'a Compiled,
) -> impl Iterator<Item = &'a FileDescriptorProto> {
    compiled.files.iter().filter(move |file| {
        file.package.as_deref().unwrap_or_default() == package
            && file.name.as_ref().is_some_and(|name| compiled.generate.contains(name))
    })
}

/// The packages of the files that `file` imports, directly or publicly, and
/// that code is generated for.
fn packages_used(file: &FileDescriptorProto, compiled: &Compiled) -> BTreeSet<String> {
    let mut packages = BTreeSet::new();
    let mut next: Vec<&String> = file.dependency.iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = next.pop() {
        if !seen.insert(name) {
            continue;
        }
        let Some(import) = compiled.files.iter().find(|file| file.name.as_ref() == Some(name))
        else {
            continue;
        };
        if compiled.generate.contains(name) {
            packages.insert(import.package.clone().unwrap_or_default());
        }
        next.extend(
            import
                .public_dependency
                .iter()
                .filter_map(|index| import.dependency.get(usize::try_from(*index).ok()?)),
        );
    }
    packages
}

/// The names that the package's messages and enums have taken in its module.
fn root_names(items: &[syn::Item]) -> BTreeSet<String> {
    fn imported(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
        match tree {
            syn::UseTree::Path(path) => imported(&path.tree, names),
            syn::UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
            syn::UseTree::Rename(rename) => drop(names.insert(rename.rename.to_string())),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| imported(tree, names));
            }
            syn::UseTree::Glob(_) => {}
        }
    }
    let mut names = BTreeSet::new();
    for item in items {
        match item {
            syn::Item::Struct(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Enum(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Mod(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Type(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Use(item) => imported(&item.tree, &mut names),
            _ => {}
        }
    }
    names
}
