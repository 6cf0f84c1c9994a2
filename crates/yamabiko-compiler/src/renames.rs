//! Names that Rust has none for: those that consist of underscores. `_` is no
//! name in Rust, and `__` has no letter to be put in upper or lower case.
//!
//! The descriptors that code is generated from call them `underscore`, in the
//! case of what is named; [`Renames::original`] gives text for the wire back its
//! own names.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};
use syn::visit_mut::VisitMut;

use crate::descriptors::Named as _;

/// What is called otherwise in Rust.
#[derive(Default)]
pub(crate) struct Renames {
    /// The word for an underscore; no name of the files is made of it.
    word: String,
    /// By the name in Rust.
    originals: BTreeMap<String, String>,
    /// Full names of types, with a dot before them, by the original.
    types: HashMap<String, String>,
}

/// How a name is written in Rust.
#[derive(Clone, Copy)]
enum Case {
    /// That of fields, oneofs and packages.
    Snake,
    /// That of types, and of methods in `.proto` files.
    Camel,
    /// That of the values of enums.
    Shouting,
}

/// The files as Rust can name what is in them.
pub(crate) fn apply(files: &[FileDescriptorProto]) -> (Cow<'_, [FileDescriptorProto]>, Renames) {
    let mut names = Names::default();
    let mut renamed = files.to_vec();
    renamed.iter_mut().for_each(|file| walk(file, &mut names));
    if !names.any {
        return (Cow::Borrowed(files), Renames::default());
    }
    let mut word = "underscore".to_owned();
    let is_taken = |word: &str, letters: &String| {
        let rest = letters.strip_prefix(word);
        rest.is_some_and(|rest| rest.bytes().all(|letter| letter.is_ascii_digit()))
    };
    while names.letters.iter().any(|letters| is_taken(&word, letters)) {
        word.push_str("name");
    }
    let mut renames = Renames { word, ..Renames::default() };
    for file in files {
        renames.learn_types(file);
    }
    renamed.iter_mut().for_each(|file| walk(file, &mut renames));
    (Cow::Owned(renamed), renames)
}

impl Renames {
    /// Text in which names of Rust are those of the files again.
    pub(crate) fn original<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.originals.is_empty() || !text.to_ascii_lowercase().contains(&self.word) {
            return Cow::Borrowed(text);
        }
        let is_inside = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let mut original = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len());
            let (name, after) = rest.split_at(length.max(first.len_utf8()));
            original.push_str(self.originals.get(name).map_or(name, String::as_str));
            rest = after;
        }
        Cow::Owned(original)
    }

    /// Puts the names of the files into the text that code has in it, but not into its comments.
    pub(crate) fn restore(&self, code: &mut syn::File) {
        struct Texts<'a>(&'a Renames);
        impl VisitMut for Texts<'_> {
            fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}

            fn visit_lit_str_mut(&mut self, literal: &mut syn::LitStr) {
                let original = self.0.original(&literal.value()).into_owned();
                *literal = syn::LitStr::new(&original, literal.span());
            }
        }
        if !self.originals.is_empty() {
            Texts(self).visit_file_mut(code);
        }
    }

    fn renamed(&mut self, name: &str, case: Case) -> String {
        if !is_nameless(name) {
            return name.to_owned();
        }
        let word = match case {
            Case::Snake => self.word.clone(),
            Case::Camel => self.word[..1].to_ascii_uppercase() + &self.word[1..],
            Case::Shouting => self.word.to_ascii_uppercase(),
        };
        let renamed =
            if name.len() == 1 { word } else { format!("{word}{length}", length = name.len()) };
        self.originals.insert(renamed.clone(), name.to_owned());
        renamed
    }

    fn package(&mut self, package: &str) -> String {
        let parts: Vec<String> =
            package.split('.').map(|part| self.renamed(part, Case::Snake)).collect();
        parts.join(".")
    }

    fn learn_types(&mut self, file: &FileDescriptorProto) {
        let package = file.package.as_deref().unwrap_or_default();
        let dotted = |name: &str| if name.is_empty() { String::new() } else { format!(".{name}") };
        let scope = (dotted(package), dotted(&self.package(package)));
        self.learn(&scope, &file.message_type, &file.enum_type);
    }

    fn learn(
        &mut self,
        (original, renamed): &(String, String),
        messages: &[DescriptorProto],
        enums: &[EnumDescriptorProto],
    ) {
        for name in enums.iter().map(|proto| proto.name()) {
            let new = format!("{renamed}.{}", self.renamed(name, Case::Camel));
            self.types.insert(format!("{original}.{name}"), new);
        }
        for message in messages {
            let old = format!("{original}.{}", message.name());
            let new = format!("{renamed}.{}", self.renamed(message.name(), Case::Camel));
            self.types.insert(old.clone(), new.clone());
            self.learn(&(old, new), &message.nested_type, &message.enum_type);
        }
    }
}

/// Whether Rust has no name like this.
fn is_nameless(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|letter| letter == b'_')
}

/// Something to do with every name in a file.
trait Visit {
    /// The name of a definition.
    fn name(&mut self, name: &mut Option<String>, case: Case);
    /// The name of a package.
    fn package(&mut self, package: &mut Option<String>);
    /// The full name of a type.
    fn reference(&mut self, _: &mut Option<String>) {}
    /// The value that a field has when it is not set.
    fn default_value(&mut self, _: &mut FieldDescriptorProto) {}
}

/// The letters of all names, in lower case: other cases of a name come to the same.
#[derive(Default)]
struct Names {
    letters: HashSet<String>,
    /// Whether one of them is none in Rust.
    any: bool,
}

impl Visit for Names {
    fn name(&mut self, name: &mut Option<String>, _: Case) {
        let name = name.as_deref().unwrap_or_default();
        self.any |= is_nameless(name);
        let letters = name.chars().filter(|letter| *letter != '_');
        self.letters.insert(letters.map(|letter| letter.to_ascii_lowercase()).collect());
    }

    fn package(&mut self, package: &mut Option<String>) {
        for part in package.as_deref().unwrap_or_default().split('.') {
            self.name(&mut Some(part.to_owned()), Case::Snake);
        }
    }

    fn default_value(&mut self, field: &mut FieldDescriptorProto) {
        // A default that is text must not be taken for a name.
        self.letters.extend(field.default_value.as_deref().map(str::to_ascii_lowercase));
    }
}

impl Visit for Renames {
    fn name(&mut self, name: &mut Option<String>, case: Case) {
        *name = name.as_deref().map(|name| self.renamed(name, case));
    }

    fn package(&mut self, package: &mut Option<String>) {
        *package = package.as_deref().map(|package| Self::package(self, package));
    }

    fn reference(&mut self, name: &mut Option<String>) {
        if let Some(renamed) = name.as_ref().and_then(|name| self.types.get(name)) {
            *name = Some(renamed.clone());
        }
    }

    fn default_value(&mut self, field: &mut FieldDescriptorProto) {
        use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
        if field.r#type == Some(Type::TYPE_ENUM) {
            self.name(&mut field.default_value, Case::Shouting);
        }
    }
}

fn walk(file: &mut FileDescriptorProto, visit: &mut impl Visit) {
    visit.package(&mut file.package);
    file.message_type.iter_mut().for_each(|message| walk_message(message, visit));
    file.enum_type.iter_mut().for_each(|proto| walk_enum(proto, visit));
    file.extension.iter_mut().for_each(|field| walk_field(field, visit));
    for ServiceDescriptorProto { name, method, .. } in &mut file.service {
        visit.name(name, Case::Camel);
        for MethodDescriptorProto { name, input_type, output_type, .. } in method {
            visit.name(name, Case::Camel);
            visit.reference(input_type);
            visit.reference(output_type);
        }
    }
}

fn walk_message(message: &mut DescriptorProto, visit: &mut impl Visit) {
    visit.name(&mut message.name, Case::Camel);
    let fields = message.field.iter_mut().chain(&mut message.extension);
    fields.for_each(|field| walk_field(field, visit));
    for OneofDescriptorProto { name, .. } in &mut message.oneof_decl {
        visit.name(name, Case::Snake);
    }
    message.enum_type.iter_mut().for_each(|proto| walk_enum(proto, visit));
    message.nested_type.iter_mut().for_each(|nested| walk_message(nested, visit));
}

fn walk_enum(proto: &mut EnumDescriptorProto, visit: &mut impl Visit) {
    visit.name(&mut proto.name, Case::Camel);
    for EnumValueDescriptorProto { name, .. } in &mut proto.value {
        visit.name(name, Case::Shouting);
    }
}

fn walk_field(field: &mut FieldDescriptorProto, visit: &mut impl Visit) {
    visit.name(&mut field.name, Case::Snake);
    visit.reference(&mut field.type_name);
    visit.reference(&mut field.extendee);
    visit.default_value(field);
}
