//! What stands side by side in a message or a file: fields, messages and
//! extensions. A group declares its message where its field is, and a map that
//! of its entries, so that messages, which keep their order, decide what comes
//! when.

use std::collections::HashSet;

use buffa::Message as _;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, OneofDescriptorProto,
};

use super::options::last_part;
use super::{FilePrinter, joined};
use crate::descriptors::Named as _;

/// The members of a message or a file.
pub(super) struct Members<'m> {
    fields: &'m [FieldDescriptorProto],
    oneofs: &'m [OneofDescriptorProto],
    messages: &'m [DescriptorProto],
    extensions: &'m [FieldDescriptorProto],
}

impl<'m> Members<'m> {
    pub(super) fn of_message(message: &'m DescriptorProto) -> Self {
        Self {
            fields: &message.field,
            oneofs: &message.oneof_decl,
            messages: &message.nested_type,
            extensions: &message.extension,
        }
    }

    pub(super) fn of_file(file: &'m FileDescriptorProto) -> Self {
        Self { fields: &[], oneofs: &[], messages: &file.message_type, extensions: &file.extension }
    }

    fn all_fields(&self) -> impl Iterator<Item = &'m FieldDescriptorProto> {
        self.fields.iter().chain(self.extensions)
    }

    /// The message that a field declares, by its name in the scope.
    fn declared_by(&self, field: &'m FieldDescriptorProto, scope: &str) -> Option<&'m str> {
        let name = last_part(field.type_name.as_deref());
        let message = self.messages.iter().find(|message| message.name() == name)?;
        let is_group = field.r#type == Some(Type::TYPE_GROUP);
        let here = field.type_name.as_deref()?.strip_prefix('.')? == joined(scope, name);
        (here && (is_group || message.options.map_entry == Some(true))).then_some(name)
    }
}

impl FilePrinter<'_> {
    pub(super) fn members(&mut self, members: &Members<'_>, scope: &str) {
        let by_fields: HashSet<&str> =
            members.all_fields().filter_map(|field| members.declared_by(field, scope)).collect();
        let (mut fields, mut extensions) = (members.fields, members.extensions);
        for message in members.messages {
            let name = message.name();
            if !by_fields.contains(name) {
                self.text.section();
                self.message(message, scope);
                self.text.section();
                continue;
            }
            let declares = |field| members.declared_by(field, scope) == Some(name);
            if let Some(at) = fields.iter().position(declares) {
                let oneof = oneof_of(&fields[at]);
                let rest = fields[at + 1..].iter();
                let in_it = rest.take_while(|field| oneof.is_some() && oneof_of(field) == oneof);
                let (now, later) = fields.split_at(at + 1 + in_it.count());
                self.fields(now, members.oneofs, scope);
                fields = later;
            } else if let Some(at) = extensions.iter().position(declares) {
                let (now, later) = extensions.split_at(at + 1);
                self.extensions(now, scope);
                extensions = later;
            }
        }
        self.fields(fields, members.oneofs, scope);
        self.extensions(extensions, scope);
    }

    fn fields(
        &mut self,
        fields: &[FieldDescriptorProto],
        oneofs: &[OneofDescriptorProto],
        scope: &str,
    ) {
        for fields in
            fields.chunk_by(|one, next| oneof_of(one).is_some() && oneof_of(one) == oneof_of(next))
        {
            let oneof = fields.first().and_then(oneof_of).and_then(|index| oneofs.get(index));
            if let Some(oneof) = oneof {
                self.text.open(format!("oneof {}", oneof.name()));
                self.option_statements("OneofOptions", &oneof.options.encode_to_vec(), scope);
            }
            for field in fields {
                self.field(field, scope);
            }
            if oneof.is_some() {
                self.text.close();
            }
        }
    }

    fn extensions(&mut self, extensions: &[FieldDescriptorProto], scope: &str) {
        for extensions in extensions.chunk_by(|one, next| one.extendee == next.extendee) {
            let Some(extended) = extensions.first().and_then(|field| field.extendee.as_deref())
            else {
                continue;
            };
            self.text.section();
            self.text.open(format!("extend {}", self.symbols.shortest(extended, scope)));
            for extension in extensions {
                self.field(extension, scope);
            }
            self.text.close();
            self.text.section();
        }
    }
}

/// The oneof that a field stands in; not one that only says that it is optional.
fn oneof_of(field: &FieldDescriptorProto) -> Option<usize> {
    let index = field.oneof_index.filter(|_| field.proto3_optional != Some(true))?;
    usize::try_from(index).ok()
}
