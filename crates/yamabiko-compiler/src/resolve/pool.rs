//! What is known of all files that were linked: their elements, each with what
//! it refers to. Elements are named by ids, which index the lists here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::{Index, IndexMut};

use buffa::Enumeration as _;
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{Edition, ExtensionRangeOptions, FileDescriptorProto};

use super::features::Features;
use super::symbols::Symbols;

/// The numbers that `google.protobuf.Edition` gives to editions.
pub(crate) mod edition {
    /// None that is known.
    pub(crate) const UNKNOWN: i32 = 0;
    /// `syntax = "proto2"`, or none.
    pub(crate) const PROTO2: i32 = 998;
    /// `syntax = "proto3"`.
    pub(crate) const PROTO3: i32 = 999;
    /// `edition = "2023"`.
    pub(crate) const E2023: i32 = 1000;
    /// `edition = "2024"`.
    pub(crate) const E2024: i32 = 1001;
    /// `edition = "UNSTABLE"`.
    pub(crate) const UNSTABLE: i32 = 9999;
}

/// An edition as messages name it.
pub(crate) fn edition_name(number: i32) -> String {
    match Edition::from_i32(number) {
        Some(edition) => format!("{edition:?}").trim_start_matches("EDITION_").to_owned(),
        None if number == 1002 => "2026".to_owned(),
        None => number.to_string(),
    }
}

macro_rules! elements {
    ($($id:ident, $element:ident, $list:ident, $doc:literal;)*) => {
        $(
            #[doc = $doc]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub(crate) struct $id(u32);

            impl $id {
                /// The element's place among all of its kind.
                pub(super) fn at(index: usize) -> Self {
                    Self(u32::try_from(index).expect("fewer than 2^32 elements fit in memory"))
                }
            }

            impl Index<$id> for Pool {
                type Output = $element;

                fn index(&self, id: $id) -> &$element {
                    &self.$list[id.0 as usize]
                }
            }

            impl IndexMut<$id> for Pool {
                fn index_mut(&mut self, id: $id) -> &mut $element {
                    &mut self.$list[id.0 as usize]
                }
            }
        )*

        /// Everything that is known of the files linked so far.
        #[derive(Debug, Default)]
        pub(crate) struct Pool {
            $(pub(super) $list: Vec<$element>,)*
            /// Elements and packages by full name.
            pub(super) symbols: Symbols,
            /// Fields, and the first of the extensions, by number.
            pub(super) by_number: HashMap<(MessageId, i32), FieldId>,
            /// Files by name.
            pub(super) by_name: HashMap<String, FileId>,
            checkpoint: Option<Checkpoint>,
        }

        /// How long the lists were before the file that is being linked.
        #[derive(Debug)]
        struct Checkpoint {
            $($list: usize,)*
        }

        impl Pool {
            /// Begins a file: [`Pool::roll_back`] leads back here.
            pub(super) fn begin(&mut self) {
                self.symbols.begin();
                self.checkpoint = Some(Checkpoint { $($list: self.$list.len(),)* });
            }

            /// Forgets the file that was begun last.
            pub(super) fn roll_back(&mut self) {
                let Some(checkpoint) = self.checkpoint.take() else { return };
                $(self.$list.truncate(checkpoint.$list);)*
                self.symbols.roll_back();
                let fields = FieldId::at(self.fields.len());
                self.by_number.retain(|_, field| *field < fields);
                let files = FileId::at(self.files.len());
                self.by_name.retain(|_, file| *file < files);
            }
        }
    };
}

elements! {
    FileId, File, files, "A file of the pool.";
    MessageId, Message, messages, "A message of the pool.";
    FieldId, Field, fields, "A field or an extension of the pool.";
    OneofId, Oneof, oneofs, "A oneof of the pool.";
    EnumId, Enum, enums, "An enum of the pool.";
    ValueId, Value, values, "A value of an enum of the pool.";
    ServiceId, Service, services, "A service of the pool.";
    MethodId, Method, methods, "A method of the pool.";
}

/// A file.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub name: String,
    pub package: String,
    /// See `edition`.
    pub edition: i32,
    /// The files that it imports, without those for options; `None` stands for
    /// one that is broken, and makes this one broken too.
    pub dependencies: Vec<Option<FileId>>,
    /// The files that it imports for their options.
    pub option_dependencies: Vec<FileId>,
    /// The imports that its importers see as well.
    pub public: Vec<FileId>,
    pub messages: Vec<MessageId>,
    pub enums: Vec<EnumId>,
    pub extensions: Vec<FieldId>,
    pub services: Vec<ServiceId>,
    pub features: Features,
    /// `optimize_for = LITE_RUNTIME`.
    pub lite: bool,
    /// The file's descriptor, complete once the file is linked.
    pub proto: FileDescriptorProto,
}

/// A message.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub name: String,
    pub full_name: String,
    pub file: FileId,
    pub parent: Option<MessageId>,
    pub fields: Vec<FieldId>,
    pub oneofs: Vec<OneofId>,
    pub messages: Vec<MessageId>,
    pub enums: Vec<EnumId>,
    pub extensions: Vec<FieldId>,
    pub extension_ranges: Vec<Range>,
    /// What the ranges declare, as far as they do.
    pub range_options: Vec<Option<ExtensionRangeOptions>>,
    /// The numbers that are reserved, ends not included.
    pub reserved: Vec<(i32, i32)>,
    pub reserved_names: Vec<String>,
    /// The message stands for the entries of a map.
    pub map_entry: bool,
    pub message_set: bool,
    /// `export` or `local`, as written.
    pub visibility: i32,
    pub features: Features,
}

/// Numbers that extensions may have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Range {
    pub start: i32,
    /// Not included.
    pub end: i32,
    pub features: Features,
}

/// A field of a message, or an extension.
#[derive(Debug)]
pub(crate) struct Field {
    pub name: String,
    pub full_name: String,
    pub file: FileId,
    pub number: i32,
    pub label: Label,
    /// Unknown until the file is linked if it is a message or an enum.
    pub kind: Option<Type>,
    pub refers_to: TypeReference,
    /// The message that has the field or is extended.
    pub containing: Option<MessageId>,
    /// The message that declares the extension; a field's own message.
    pub scope: Option<MessageId>,
    pub is_extension: bool,
    pub oneof: Option<OneofId>,
    pub proto3_optional: bool,
    pub has_default: bool,
    pub json_name: String,
    /// The name in JSON is written in the file, not derived.
    pub explicit_json_name: bool,
    pub features: Features,
    /// The option is dropped from what generators and servers see.
    pub source_only: bool,
    /// The kinds of elements that the option is for, a bit each; none: all.
    pub targets: u16,
    /// The editions that have the feature.
    pub support: Option<Box<Support>>,
}

/// The editions that have a feature.
#[derive(Debug, Clone, Default)]
pub(crate) struct Support {
    pub introduced: i32,
    pub deprecated: Option<i32>,
    pub deprecation_warning: Option<String>,
    pub removed: Option<i32>,
    pub removal_error: Option<String>,
}

/// What a field's type refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeReference {
    /// Nothing: it is a scalar, or not known.
    None,
    Message(MessageId),
    Enum(EnumId),
}

/// A oneof.
#[derive(Debug, Default)]
pub(crate) struct Oneof {
    pub name: String,
    pub message: MessageId,
    pub fields: Vec<FieldId>,
    pub features: Features,
}

/// An enum.
#[derive(Debug, Default)]
pub(crate) struct Enum {
    pub name: String,
    pub full_name: String,
    pub file: FileId,
    pub parent: Option<MessageId>,
    pub values: Vec<ValueId>,
    /// The numbers that are reserved, ends included.
    pub reserved: Vec<(i32, i32)>,
    pub visibility: i32,
    pub features: Features,
}

/// A value of an enum.
#[derive(Debug, Default)]
pub(crate) struct Value {
    pub name: String,
    pub full_name: String,
    pub number: i32,
    pub owner: EnumId,
    /// The editions that have the value of a feature.
    pub support: Option<Box<Support>>,
    pub features: Features,
}

/// A service.
#[derive(Debug, Default)]
pub(crate) struct Service {
    pub name: String,
    pub full_name: String,
    pub file: FileId,
    pub methods: Vec<MethodId>,
    pub features: Features,
}

/// A method.
#[derive(Debug, Default)]
pub(crate) struct Method {
    pub name: String,
    pub full_name: String,
    pub service: ServiceId,
    pub input: Option<MessageId>,
    pub output: Option<MessageId>,
    pub features: Features,
}

macro_rules! first_by_default {
    ($($id:ident)*) => {
        $(impl Default for $id {
            fn default() -> Self {
                Self(0)
            }
        })*
    };
}
first_by_default! { FileId MessageId EnumId ServiceId }

impl Pool {
    /// A file by its name.
    pub(crate) fn file(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }

    /// One of the files that a file imports; those for options come last.
    pub(crate) fn import(&self, file: FileId, index: usize) -> Option<FileId> {
        let file = &self[file];
        let (plain, for_options) = (&file.dependencies, &file.option_dependencies);
        match plain.get(index) {
            Some(import) => *import,
            None => for_options.get(index - plain.len()).copied(),
        }
    }

    /// The extension or field of a message that has a number.
    pub(crate) fn field_by_number(&self, message: MessageId, number: i32) -> Option<FieldId> {
        self.by_number.get(&(message, number)).copied()
    }

    /// The field of a message that has a name; extensions are not among them.
    pub(crate) fn field_by_name(&self, message: MessageId, name: &str) -> Option<FieldId> {
        self[message].fields.iter().copied().find(|field| self[*field].name == name)
    }

    /// The value of an enum that has a name.
    pub(crate) fn value_by_name(&self, owner: EnumId, name: &str) -> Option<ValueId> {
        self[owner].values.iter().copied().find(|value| self[*value].name == name)
    }

    /// Enters a field under its number; gives the field that has it already.
    pub(crate) fn enter_number(&mut self, message: MessageId, id: FieldId) -> Option<FieldId> {
        match self.by_number.entry((message, self[id].number)) {
            Entry::Occupied(other) => Some(*other.get()),
            Entry::Vacant(free) => {
                free.insert(id);
                None
            }
        }
    }

    /// Whether a oneof only says that a field has presence.
    pub(crate) fn is_synthetic(&self, oneof: OneofId) -> bool {
        match self[oneof].fields[..] {
            [field] => self[field].proto3_optional,
            _ => false,
        }
    }
}

impl Field {
    /// Whether the field holds a list.
    pub(crate) fn is_repeated(&self) -> bool {
        self.label == Label::LABEL_REPEATED
    }

    /// Whether a message without the field is incomplete.
    pub(crate) fn is_required(&self) -> bool {
        self.label == Label::LABEL_REQUIRED
    }

    /// Whether the field holds messages.
    pub(crate) fn is_message(&self) -> bool {
        matches!(self.kind, Some(Type::TYPE_MESSAGE | Type::TYPE_GROUP))
    }

    /// Whether a field that is not set differs from one with the default value.
    pub(crate) fn has_presence(&self) -> bool {
        !self.is_repeated()
            && (self.is_message()
                || self.is_extension
                || self.oneof.is_some()
                || !self.features.implicit_presence())
    }

    /// Whether a list of such values can be written as one record.
    pub(crate) fn is_packable(&self) -> bool {
        self.is_repeated()
            && !matches!(
                self.kind,
                Some(Type::TYPE_STRING | Type::TYPE_BYTES | Type::TYPE_MESSAGE | Type::TYPE_GROUP)
                    | None
            )
    }

    /// Whether the list is written as one record.
    pub(crate) fn is_packed(&self) -> bool {
        self.is_packable() && self.features.packed()
    }
}

impl Support {
    /// What holds for a value of a feature that is so supported itself.
    pub(crate) fn over(&self, feature: &Self) -> Self {
        let introduced = if self.introduced == 0 { feature.introduced } else { self.introduced };
        let or = |own: &Option<String>, other: &Option<String>| own.clone().or(other.clone());
        Self {
            introduced,
            deprecated: self.deprecated.or(feature.deprecated),
            deprecation_warning: or(&self.deprecation_warning, &feature.deprecation_warning),
            removed: self.removed.or(feature.removed),
            removal_error: or(&self.removal_error, &feature.removal_error),
        }
    }
}

/// The fields and extensions of a file, in the order in which its elements are
/// visited.
pub(crate) fn fields_in_order(pool: &Pool, file: FileId) -> Vec<FieldId> {
    /// What is still to be visited: messages, and extensions of one that was.
    enum Next {
        Message(MessageId),
        Extensions(MessageId),
    }
    let messages = |ids: &[MessageId]| -> Vec<Next> {
        ids.iter().rev().map(|id| Next::Message(*id)).collect()
    };
    let mut found = Vec::new();
    let mut todo = messages(&pool[file].messages);
    while let Some(next) = todo.pop() {
        match next {
            Next::Message(id) => {
                found.extend(&pool[id].fields);
                todo.push(Next::Extensions(id));
                todo.extend(messages(&pool[id].messages));
            }
            Next::Extensions(id) => found.extend(&pool[id].extensions),
        }
    }
    found.extend(&pool[file].extensions);
    found
}
