//! What a command line asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::python::Generator;

/// A command line that has been understood.
#[derive(Debug, Default)]
pub(super) struct Command {
    /// Where to look for files: what their names begin with, and the directory
    /// that this stands for.
    pub(super) proto_path: Vec<(String, String)>,
    /// Files with descriptors of more files.
    pub(super) descriptor_set_in: Vec<String>,
    /// The files to compile.
    pub(super) inputs: Vec<String>,
    /// What to do with them.
    pub(super) mode: Mode,
    /// The code to generate, in order.
    pub(super) outputs: Vec<Output>,
    /// Plugins by name.
    pub(super) plugins: Plugins,
    /// Whether and how to write descriptors.
    pub(super) descriptor_set: DescriptorSet,
    /// Where to write what the output depends on.
    pub(super) dependency_out: Option<String>,
    /// What to be strict about.
    pub(super) policy: Policy,
}

/// What to do with the files.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    /// Generate code or descriptors.
    #[default]
    Compile,
    /// Turn text on standard input into a message of this type.
    Encode(String),
    /// Turn a message of this type on standard input into text.
    Decode(String),
    /// The same without knowing the type.
    DecodeRaw,
    /// Say which field numbers are free.
    PrintFreeFieldNumbers,
}

/// `--X_out=parameter:location`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    /// The name of the option.
    pub(super) name: String,
    /// Who generates the code; a plugin if `None`.
    pub(super) generator: Option<Generator>,
    /// What stands before the colon.
    pub(super) parameter: String,
    /// The directory or archive.
    pub(super) location: String,
}

impl Output {
    /// The plugin that the option stands for.
    pub(super) fn plugin(&self) -> String {
        plugin_of(&self.name)
    }
}

/// The plugin that `--X_out` or `--X_opt` stands for.
pub(super) fn plugin_of(option: &str) -> String {
    let name = option.strip_prefix("--").unwrap_or(option);
    format!("protoc-gen-{}", &name[..name.len().saturating_sub("_out".len())])
}

/// What the command line says about plugins.
#[derive(Debug, Default)]
pub(super) struct Plugins {
    /// Programs by the name of the plugin.
    pub(super) programs: BTreeMap<String, String>,
    /// Parameters with the name of the plugin, from `--X_opt`, in order.
    pub(super) parameters: Vec<(String, String)>,
}

impl Plugins {
    /// The parameters of a plugin, as it gets them.
    pub(super) fn parameters(&self, plugin: &str) -> String {
        let all = self.parameters.iter().filter(|(name, _)| name == plugin);
        all.map(|(_, parameter)| parameter.as_str()).collect::<Vec<_>>().join(",")
    }
}

/// Whether and how to write descriptors.
#[derive(Debug, Default)]
pub(super) struct DescriptorSet {
    pub(super) file: Option<String>,
    pub(super) imports: bool,
    pub(super) source_info: bool,
    pub(super) all_options: bool,
}

/// What to be strict about.
#[derive(Debug, Default)]
pub(super) struct Policy {
    pub(super) error_format: ErrorFormat,
    pub(super) fatal_warnings: bool,
    pub(super) disallow_services: bool,
    pub(super) allow_directory_escape: bool,
    pub(super) deterministic_output: bool,
    pub(super) unstable_editions: bool,
    pub(super) direct_dependencies: Dependencies,
    pub(super) option_dependencies: Dependencies,
}

/// The files that may be imported, and what to say about others.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    /// `None` if any file may be.
    pub(super) allowed: Option<BTreeSet<String>>,
    /// With `%s` for the file.
    pub(super) violation: Option<String>,
}

/// How to write the place of a problem.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorFormat {
    /// `file:1:2: message`
    #[default]
    Gcc,
    /// `file(1) : error in column=2: message`
    Msvs,
}
