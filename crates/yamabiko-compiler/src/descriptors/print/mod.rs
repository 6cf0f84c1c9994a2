//! Descriptors as `.proto` text, in one canonical form: what is printed, read
//! again, gives the same descriptor.
//!
//! `names` says how a type is called where it is used, `options` what options
//! say; `text` puts lines together. Comments are not printed.

mod declarations;
mod fields;
mod members;
mod names;
mod options;
mod text;

use buffa::Message as _;
use buffa_codegen::generated::descriptor::{Edition, FileDescriptorProto, FileDescriptorSet};

use super::named::Named as _;
use crate::diagnostic::Diagnostic;
use members::Members;
use names::Symbols;
use options::Schema;
use text::{Text, quoted};

/// Every file of a descriptor set as `.proto` text, with its name: what protoc's
/// `--descriptor_set_out` wrote, or what a server's reflection says. `set` is an
/// encoded `google.protobuf.FileDescriptorSet` whose files are complete, each
/// with what it imports.
///
/// What is printed, read again, gives the same descriptors. Comments are left
/// out, and so are options that no file of the set defines, and zeros within
/// options where they mean no more than no value.
///
/// # Errors
///
/// The bytes are no descriptor set.
pub fn print_descriptor_set(set: &[u8]) -> Result<Vec<(String, String)>, Diagnostic> {
    let set = FileDescriptorSet::decode_from_slice(set)
        .map_err(|error| Diagnostic::new(format!("this is no descriptor set: {error}")))?;
    let printer = Printer::new(&set.file);
    let printed =
        |file: &FileDescriptorProto| Some((file.name().to_owned(), printer.print(file.name())?));
    Ok(set.file.iter().filter_map(printed).collect())
}

/// Prints files of a set.
pub(crate) struct Printer<'a> {
    files: &'a [FileDescriptorProto],
    schema: Schema<'a>,
    symbols: Symbols,
}

/// What of the language a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Proto2,
    Proto3,
    Edition,
}

/// A file on its way to text.
struct FilePrinter<'a> {
    schema: &'a Schema<'a>,
    symbols: &'a Symbols,
    language: Language,
    text: Text,
}

impl<'a> Printer<'a> {
    /// A printer of `files`, which hold all that they import; what options mean
    /// is looked up there too. Options that none of the files defines are not
    /// printed.
    pub(crate) fn new(files: &'a [FileDescriptorProto]) -> Self {
        Self { files, schema: Schema::new(files), symbols: Symbols::new(files) }
    }

    /// The text of the file of that name, if it is one of the set.
    pub(crate) fn print(&self, name: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.name() == name)?;
        let language = match (file.edition, file.syntax.as_deref()) {
            (None, Some("proto3")) => Language::Proto3,
            (None, _) => Language::Proto2,
            (Some(_), _) => Language::Edition,
        };
        let mut printer = FilePrinter {
            schema: &self.schema,
            symbols: &self.symbols,
            language,
            text: Text::default(),
        };
        printer.file(file);
        Some(printer.text.finish())
    }
}

impl FilePrinter<'_> {
    fn file(&mut self, file: &FileDescriptorProto) {
        match (self.language, file.edition) {
            (Language::Proto3, _) => self.text.line("syntax = \"proto3\";"),
            (Language::Edition, Some(edition)) => {
                self.text.line(format!("edition = \"{}\";", edition_name(edition)));
            }
            _ => self.text.line("syntax = \"proto2\";"),
        }
        let package = file.package.as_deref().unwrap_or_default();
        if !package.is_empty() {
            self.text.section();
            self.text.line(format!("package {package};"));
        }
        self.text.section();
        for (index, import) in (0..).zip(&file.dependency) {
            let kind = if file.public_dependency.contains(&index) {
                "public "
            } else if file.weak_dependency.contains(&index) {
                "weak "
            } else {
                ""
            };
            self.text.line(format!("import {kind}{};", quoted(import.as_bytes())));
        }
        for import in &file.option_dependency {
            self.text.line(format!("import option {};", quoted(import.as_bytes())));
        }
        self.text.section();
        self.option_statements("FileOptions", &file.options.encode_to_vec(), package);
        for declared in &file.enum_type {
            self.text.section();
            self.enumeration(declared, package);
        }
        self.text.section();
        self.members(&Members::of_file(file), package);
        for service in &file.service {
            self.text.section();
            self.service(service, package);
        }
    }
}

fn edition_name(edition: Edition) -> String {
    format!("{edition:?}").trim_start_matches("EDITION_").to_owned()
}

/// The full name of what is called `name` in `scope`.
fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
