//! What one file defines and uses, and where: read anew when its text changes,
//! also when it is broken.

use std::collections::HashMap;
use std::ops::Range;

use buffa_codegen::generated::descriptor::source_code_info::Location;
use buffa_codegen::generated::descriptor::{FieldDescriptorProto, FileDescriptorProto};

use crate::descriptors::Named as _;
use crate::elements::{Definition as Proto, at, elements, is_map_entry, joined};
use crate::parse::{self, paths};

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A message.
    Message,
    /// A field of a message.
    Field,
    /// An extension.
    Extension,
    /// A oneof.
    Oneof,
    /// An enum.
    Enum,
    /// A value of an enum.
    Value,
    /// A service.
    Service,
    /// A method of a service.
    Method,
}

/// Something with a name.
#[derive(Debug)]
pub(super) struct Definition {
    pub kind: Kind,
    pub full_name: String,
    pub range: Range<usize>,
    pub name: Range<usize>,
    pub comment: String,
}

/// A name that stands for a definition.
#[derive(Debug)]
pub(super) struct Reference {
    pub range: Range<usize>,
    pub written: String,
    /// Where it is looked up from.
    pub scope: String,
}

/// An import.
#[derive(Debug)]
pub(super) struct Import {
    pub name: String,
    pub range: Range<usize>,
    pub is_public: bool,
}

/// A file.
#[derive(Debug)]
pub(super) struct Document {
    pub text: Vec<u8>,
    pub package: String,
    /// Outer ones come before what is in them.
    pub definitions: Vec<Definition>,
    pub references: Vec<Reference>,
    pub imports: Vec<Import>,
    /// The numbers that fields or values have, and ranges of reserved ones, by
    /// the full name of the message or enum.
    pub numbers: HashMap<String, Vec<(i64, i64)>>,
}

impl Document {
    pub(super) fn new(text: Vec<u8>) -> Self {
        let parsed = parse::parse("", &text, &mut Vec::new());
        let mut reader = Reader::new(&parsed.file, &text);
        reader.read();
        let Reader { definitions, references, imports, numbers, .. } = reader;
        let package = parsed.file.package.unwrap_or_default();
        Self { text, package, definitions, references, imports, numbers }
    }

    /// The definition whose name stands at a place.
    pub(super) fn name_at(&self, offset: usize) -> Option<&Definition> {
        self.definitions.iter().find(|definition| touches(&definition.name, offset))
    }

    /// The reference at a place.
    pub(super) fn reference_at(&self, offset: usize) -> Option<&Reference> {
        self.references.iter().find(|reference| touches(&reference.range, offset))
    }

    /// The innermost message, enum or service around a place.
    pub(super) fn around(&self, offset: usize) -> Option<&Definition> {
        self.definitions.iter().rev().find(|definition| {
            matches!(definition.kind, Kind::Message | Kind::Enum | Kind::Service)
                && definition.range.start < offset
                && offset < definition.range.end
        })
    }
}

fn touches(range: &Range<usize>, offset: usize) -> bool {
    range.start <= offset && offset <= range.end
}

struct Reader<'a> {
    file: &'a FileDescriptorProto,
    text: &'a [u8],
    /// Where lines start.
    lines: Vec<usize>,
    by_path: HashMap<&'a [i32], &'a Location>,
    definitions: Vec<Definition>,
    references: Vec<Reference>,
    imports: Vec<Import>,
    numbers: HashMap<String, Vec<(i64, i64)>>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a FileDescriptorProto, text: &'a [u8]) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text).map(|newline| newline + 1);
        let locations = &file.source_code_info.location;
        Self {
            file,
            text,
            lines: std::iter::once(0).chain(newlines).collect(),
            by_path: locations.iter().map(|at| (at.path.as_slice(), at)).collect(),
            definitions: Vec::new(),
            references: Vec::new(),
            imports: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    fn read(&mut self) {
        self.imports();
        for element in elements(self.file) {
            let (path, full_name) = (&element.path, &element.full_name);
            let scope = full_name.rsplit_once('.').map_or("", |(scope, _)| scope);
            let kind = match element.definition {
                Proto::Message(message) => {
                    let fields = message.field.iter().map(|field| field.number);
                    let reserved = message.reserved_range.iter();
                    let reserved = reserved.map(|range| (range.start, range.end, 1));
                    let extensions = message.extension_range.iter();
                    let extensions = extensions.map(|range| (range.start, range.end, 1));
                    self.numbers(full_name, fields, reserved.chain(extensions));
                    for entry in &message.nested_type {
                        if is_map_entry(entry) {
                            let field = message
                                .field
                                .iter()
                                .position(|field| field.type_name.as_deref() == Some(entry.name()));
                            if let Some(field) = field {
                                let field = joined(path, &[paths::message::FIELD, at(field)]);
                                self.map_value(&field, entry.field.get(1), full_name);
                            }
                        }
                    }
                    Kind::Message
                }
                Proto::Field(field) => {
                    let is_extension = field.extendee.is_some();
                    self.reference(path, paths::field::TYPE_NAME, &field.type_name, scope);
                    self.reference(path, paths::field::EXTENDEE, &field.extendee, scope);
                    if is_extension { Kind::Extension } else { Kind::Field }
                }
                Proto::Oneof(_) => Kind::Oneof,
                Proto::Enum(proto) => {
                    let values = proto.value.iter().map(|value| value.number);
                    let reserved = proto.reserved_range.iter();
                    self.numbers(
                        full_name,
                        values,
                        reserved.map(|range| (range.start, range.end, 0)),
                    );
                    Kind::Enum
                }
                Proto::Value(..) => Kind::Value,
                Proto::Service(_) => Kind::Service,
                Proto::Method(method, _) => {
                    self.reference(path, paths::method::INPUT_TYPE, &method.input_type, scope);
                    self.reference(path, paths::method::OUTPUT_TYPE, &method.output_type, scope);
                    Kind::Method
                }
            };
            self.definition(kind, path, full_name);
        }
        self.option_names();
    }

    fn imports(&mut self) {
        let file = self.file;
        for (index, name) in file.dependency.iter().enumerate() {
            let path = [paths::file::DEPENDENCY, at(index)];
            let Some(range) = self.range(&path) else { continue };
            let is_public = file.public_dependency.contains(&at(index));
            self.imports.push(Import { name: name.clone(), range, is_public });
        }
    }

    fn definition(&mut self, kind: Kind, path: &[i32], full_name: &str) {
        // The number of a name is the same everywhere.
        let name = self.range(&joined(path, &[paths::message::NAME]));
        let (Some(range), Some(name)) = (self.range(path), name) else { return };
        let location = self.by_path[path];
        let comment = location.leading_comments.as_ref().or(location.trailing_comments.as_ref());
        let comment = comment.cloned().unwrap_or_default();
        self.definitions.push(Definition {
            kind,
            full_name: full_name.to_owned(),
            range,
            name,
            comment,
        });
    }

    fn reference(&mut self, path: &[i32], part: i32, written: &Option<String>, scope: &str) {
        let (Some(written), Some(range)) = (written, self.range(&joined(path, &[part]))) else {
            return;
        };
        // Of a map, it is the whole of `map<…>`; its values are looked at
        // separately. One `extend` gives its message to all its fields.
        let is_plain = self.text[range.clone()] == *written.as_bytes();
        if is_plain && self.references.iter().rev().take(64).all(|other| other.range != range) {
            let (written, scope) = (written.clone(), scope.to_owned());
            self.references.push(Reference { range, written, scope });
        }
    }

    fn map_value(&mut self, field: &[i32], value: Option<&FieldDescriptorProto>, scope: &str) {
        let written = value.and_then(|value| value.type_name.clone());
        let (Some(written), Some(range)) = (written, self.range(field)) else { return };
        let statement = &self.text[range.clone()];
        let Some(comma) = memchr::memchr(b',', statement) else { return };
        let found = memchr::memmem::find(&statement[comma..], written.as_bytes());
        if let Some(found) = found {
            let start = range.start + comma + found;
            let range = start..start + written.len();
            self.references.push(Reference { range, written, scope: scope.to_owned() });
        }
    }

    /// The extensions that options are named after.
    fn option_names(&mut self) {
        let file = self.file;
        for location in &file.source_code_info.location {
            let [before @ .., paths::UNINTERPRETED_OPTION, _, paths::option::NAME, _, 1] =
                &location.path[..]
            else {
                continue;
            };
            let Some(range) = self.range(&location.path) else { continue };
            let before_it = self.text[..range.start].trim_ascii_end();
            if !before_it.ends_with(b"(") {
                continue;
            }
            let written = String::from_utf8_lossy(&self.text[range.clone()]).into_owned();
            // What the option belongs to is looked up from where that is.
            let around = (0..before.len()).rev().find_map(|length| {
                let range = self.range(&before[..length])?;
                let is_it = |definition: &&Definition| definition.range == range;
                self.definitions.iter().find(is_it).map(|found| found.full_name.clone())
            });
            let package = file.package.clone().unwrap_or_default();
            let scope = around.unwrap_or(package);
            self.references.push(Reference { range, written, scope });
        }
    }

    fn numbers(
        &mut self,
        full_name: &str,
        single: impl Iterator<Item = Option<i32>>,
        ranges: impl Iterator<Item = (Option<i32>, Option<i32>, i64)>,
    ) {
        let number = |number: Option<i32>| i64::from(number.unwrap_or_default());
        let single = single.map(|value| (number(value), number(value)));
        let ranges = ranges.map(|(start, end, after)| (number(start), number(end) - after));
        self.numbers.insert(full_name.to_owned(), single.chain(ranges).collect());
    }

    /// The bytes of what has that path.
    fn range(&self, path: &[i32]) -> Option<Range<usize>> {
        let span = &self.by_path.get(path)?.span;
        let (line, start, last, end) = match span[..] {
            [line, start, end] => (line, start, line, end),
            [line, start, last, end] => (line, start, last, end),
            _ => return None,
        };
        Some(self.offset(line, start)?..self.offset(last, end)?)
    }

    /// The byte at a line and a column, in which a tab leads to the next
    /// multiple of 8.
    fn offset(&self, line: i32, column: i32) -> Option<usize> {
        let start = *self.lines.get(usize::try_from(line).ok()?)?;
        let mut reached = 0;
        let rest = &self.text[start..];
        let before = rest.iter().take_while(|&&byte| {
            let is_before = reached < column;
            reached += if byte == b'\t' { 8 - reached % 8 } else { 1 };
            is_before
        });
        Some(start + before.count())
    }
}
