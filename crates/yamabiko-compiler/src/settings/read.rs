//! Reading `yamabiko.toml`, and what is wrong with one.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::{BreakingSettings, Entry, LintSettings, Settings, tidy};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::hints::similar;
use crate::targets::{Plugin, Target};

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    roots: Option<Vec<Spanned<PathBuf>>>,
    #[serde(default)]
    files: Vec<Spanned<PathBuf>>,
    rust: Option<Section>,
    python: Option<Section>,
    pyi: Option<Section>,
    #[serde(default)]
    plugin: Vec<PluginSection>,
    #[serde(default)]
    lint: LintSettings,
    #[serde(default)]
    breaking: BreakingSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    out: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PluginSection {
    name: String,
    out: PathBuf,
    program: Option<PathBuf>,
    #[serde(default)]
    options: Vec<String>,
}

impl Settings {
    /// Reads a file. The paths in it are relative to the directory that it is in.
    ///
    /// # Errors
    ///
    /// It cannot be read, is no TOML, has a key that means nothing, a value of
    /// the wrong kind, or a root that is no directory.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Diagnostics> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| Diagnostic::new(format!("cannot read {}: {error}", path.display())))?;
        let file: File = toml::from_str(&text).map_err(|error| explain(&error, path, &text))?;
        let home = path.parent().unwrap_or(Path::new(""));
        let here = |path: &Path| tidy(&home.join(path));
        let entry = |spanned: Spanned<PathBuf>| {
            let range = spanned.span();
            let label = Label::new(&text, range.start, range.len(), "");
            Entry { path: not_empty(here(spanned.get_ref())), label }
        };
        let roots: Vec<Entry> = file.roots.into_iter().flatten().map(entry).collect();
        let missing = roots.iter().filter(|root| !root.path.is_dir()).map(|root| {
            Diagnostic::new(format!("no such directory: {}", root.path.display()))
                .in_file(path)
                .at(root.label.clone())
                .help("`roots` are the directories that imports are relative to")
        });
        let missing: Vec<Diagnostic> = missing.collect();
        if !missing.is_empty() {
            return Err(missing.into());
        }
        let mut roots: Vec<PathBuf> = roots.into_iter().map(|root| root.path).collect();
        if roots.is_empty() {
            let usual = here(Path::new("proto"));
            roots.push(if usual.is_dir() { usual } else { not_empty(home.to_owned()) });
        }
        let built_in =
            [(Target::Rust, file.rust), (Target::Python, file.python), (Target::Pyi, file.pyi)];
        let built_in = built_in
            .into_iter()
            .filter_map(|(target, section)| Some((target, not_empty(here(&section?.out)))));
        let plugins = file.plugin.into_iter().map(|section| {
            let options = section.options.into_iter();
            let plugin = options.fold(Plugin::new(&section.name), Plugin::option);
            let plugin = match &section.program {
                Some(program) => plugin.program(program_path(home, program)),
                None => plugin,
            };
            (Target::Plugin(plugin), not_empty(here(&section.out)))
        });
        Ok(Self {
            path: path.to_owned(),
            roots,
            files: file.files.into_iter().map(entry).collect(),
            outputs: built_in.chain(plugins).collect(),
            lint: file.lint,
            breaking: file.breaking,
        })
    }
}

/// A program without a `/` is looked for on PATH, any other is in the project.
fn program_path(home: &Path, program: &Path) -> PathBuf {
    let is_path = program.components().count() > 1;
    if is_path { home.join(program) } else { program.to_owned() }
}

/// The current directory has a name.
fn not_empty(path: PathBuf) -> PathBuf {
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// What is wrong with a file that is no TOML, or does not mean anything.
fn explain(error: &toml::de::Error, path: &Path, text: &str) -> Diagnostic {
    let message = error.message();
    let range = error.span().unwrap_or_default();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (message, help) = match (message, quoted.as_slice()) {
        (message, [unknown, known @ ..]) if message.starts_with("unknown field") => {
            let help = match similar::best(unknown, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("these mean something here: {}", known.join(", ")),
            };
            (format!("the key `{unknown}` means nothing here"), Some(help))
        }
        (message, [missing]) if message.starts_with("missing field") => {
            let help = (*missing == "out").then(|| "write `out = \"DIRECTORY\"`".to_owned());
            (format!("the key `{missing}` is missing"), help)
        }
        (message, _) => {
            let help = message
                .ends_with("expected a sequence")
                .then(|| "put it in brackets: `[\"…\"]`".to_owned());
            (message.replace("a sequence", "a list").replace("\n", ", "), help)
        }
    };
    let length = range.len().max(1);
    let diagnostic =
        Diagnostic::new(message).in_file(path).at(Label::new(text, range.start, length, ""));
    help.into_iter().fold(diagnostic, Diagnostic::help)
}
