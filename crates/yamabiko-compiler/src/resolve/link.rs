//! The names that elements use are looked up, and what depends on what they
//! refer to is checked.

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
};

use super::builder::{Builder, name_of};
use super::pool::{FieldId, MessageId, MethodId, TypeReference};
use super::scope::Seek;
use super::symbols::Symbol;
use crate::check;
use crate::parse::Part;

impl Builder<'_> {
    /// Links everything in the file.
    pub(super) fn link_file(&mut self, proto: &FileDescriptorProto) {
        let messages = self.pool[self.file].messages.clone();
        for (index, (id, message)) in messages.into_iter().zip(&proto.message_type).enumerate() {
            self.at(4, index, |this| this.link_message(id, message));
        }
        let extensions = self.pool[self.file].extensions.clone();
        for (index, (id, field)) in extensions.into_iter().zip(&proto.extension).enumerate() {
            self.at(7, index, |this| this.link_field(id, field));
        }
        let services = self.pool[self.file].services.clone();
        for (index, (id, service)) in services.into_iter().zip(&proto.service).enumerate() {
            let methods = self.pool[id].methods.clone();
            self.at(6, index, |this| {
                for (index, (id, method)) in methods.into_iter().zip(&service.method).enumerate() {
                    this.at(2, index, |this| this.link_method(id, method));
                }
            });
        }
    }

    fn link_message(&mut self, id: MessageId, proto: &DescriptorProto) {
        let nested = self.pool[id].messages.clone();
        for (index, (id, message)) in nested.into_iter().zip(&proto.nested_type).enumerate() {
            self.at(3, index, |this| this.link_message(id, message));
        }
        let fields = self.pool[id].fields.clone();
        for (index, (id, field)) in fields.into_iter().zip(&proto.field).enumerate() {
            self.at(2, index, |this| this.link_field(id, field));
        }
        let extensions = self.pool[id].extensions.clone();
        for (index, (id, field)) in extensions.into_iter().zip(&proto.extension).enumerate() {
            self.at(6, index, |this| this.link_field(id, field));
        }
        check::oneofs(self, id);
    }

    fn link_field(&mut self, id: FieldId, proto: &FieldDescriptorProto) {
        if let Some(extendee) = proto.extendee.as_deref().filter(|_| self.pool[id].is_extension) {
            let Some(message) = self.extended(id, extendee) else { return };
            let field = &mut self.pool[id];
            field.containing = Some(message);
            let number = field.number;
            if !self.extension_ranges(message).hold(number) {
                check::not_an_extension_number(self, id, message);
            }
        }
        if self.pool[id].oneof.is_some() && self.pool[id].label != Label::LABEL_OPTIONAL {
            let message = "Fields of oneofs must themselves have label LABEL_OPTIONAL.";
            self.error(Part::Name, message);
        }
        if let Some(type_name) = proto.type_name.as_deref() {
            if self.link_type(id, proto, type_name).is_none() {
                return;
            }
        } else if self.pool[id].is_message() || self.pool[id].kind == Some(Type::TYPE_ENUM) {
            self.error(Part::Type, "Field with message or enum type missing type_name.");
        }
        check::number_used_twice(self, id);
    }

    /// The message that an extension extends.
    fn extended(&mut self, id: FieldId, extendee: &str) -> Option<MessageId> {
        let scope = self.pool[id].full_name.clone();
        match self.look_up(extendee, &scope, Seek::Anything) {
            Some(Symbol::Message(message)) => {
                if let Some(error) =
                    check::hidden(self, Symbol::Message(message), "target of extend")
                {
                    self.error(Part::Extendee, error);
                    return None;
                }
                Some(message)
            }
            Some(_) => {
                let message = format!("\"{extendee}\" is not a message type.");
                self.error(Part::Extendee, message);
                None
            }
            None => {
                self.not_defined(Part::Extendee, extendee);
                None
            }
        }
    }

    /// Finds a field's type; `None` if that failed.
    fn link_type(
        &mut self,
        id: FieldId,
        proto: &FieldDescriptorProto,
        type_name: &str,
    ) -> Option<()> {
        let scope = self.pool[id].full_name.clone();
        let Some(symbol) = self.look_up(type_name, &scope, Seek::Types) else {
            self.not_defined(Part::Type, type_name);
            return None;
        };
        if let Some(error) = check::hidden(self, symbol, "") {
            self.error(Part::Type, error);
            return None;
        }
        let kind = match (proto.r#type, symbol) {
            (Some(kind), _) => kind,
            (None, Symbol::Message(_)) => Type::TYPE_MESSAGE,
            (None, Symbol::Enum(_)) => Type::TYPE_ENUM,
            (None, _) => {
                self.error(Part::Type, format!("\"{type_name}\" is not a type."));
                return None;
            }
        };
        self.pool[id].kind = Some(kind);
        match (kind, symbol) {
            (Type::TYPE_MESSAGE | Type::TYPE_GROUP, Symbol::Message(message)) => {
                self.pool[id].refers_to = TypeReference::Message(message);
                if self.pool[id].has_default {
                    self.error(Part::DefaultValue, "Messages can't have default values.");
                }
            }
            (Type::TYPE_MESSAGE | Type::TYPE_GROUP, _) => {
                self.error(Part::Type, format!("\"{type_name}\" is not a message type."));
                return None;
            }
            (Type::TYPE_ENUM, Symbol::Enum(of)) => {
                self.pool[id].refers_to = TypeReference::Enum(of);
                if let Some(default) = proto.default_value.as_deref() {
                    self.link_default(default, of);
                }
            }
            (Type::TYPE_ENUM, _) => {
                self.error(Part::Type, format!("\"{type_name}\" is not an enum type."));
                return None;
            }
            _ => self.error(Part::Type, "Field with primitive type has type_name."),
        }
        Some(())
    }

    /// Checks the default value of a field that holds an enum.
    fn link_default(&mut self, default: &str, of: super::pool::EnumId) {
        let is_identifier = !default.is_empty()
            && !default.starts_with(|first: char| first.is_ascii_digit())
            && default.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_identifier {
            let message = "Default value for an enum field must be an identifier.";
            self.error(Part::DefaultValue, message);
            return;
        }
        let scope = self.pool[of].full_name.clone();
        let found = self.look_up(default, &scope, Seek::Anything);
        if !matches!(found, Some(Symbol::Value(value)) if self.pool[value].owner == of) {
            let message = format!("Enum type \"{scope}\" has no value named \"{default}\".");
            let hint = check::similar_value(self, of, default);
            self.error_with_hint(Part::DefaultValue, message, hint);
        }
    }

    fn link_method(&mut self, id: MethodId, proto: &MethodDescriptorProto) {
        let input = proto.input_type.as_deref().unwrap_or_default();
        self.pool[id].input = self.link_method_type(id, Part::InputType, input);
        let output = proto.output_type.as_deref().unwrap_or_default();
        self.pool[id].output = self.link_method_type(id, Part::OutputType, output);
    }

    fn link_method_type(&mut self, id: MethodId, part: Part, name: &str) -> Option<MessageId> {
        let scope = self.pool[id].full_name.clone();
        match self.look_up(name, &scope, Seek::Anything) {
            Some(Symbol::Message(message)) => {
                match check::hidden(self, Symbol::Message(message), "") {
                    None => return Some(message),
                    Some(error) => self.error(part, error),
                }
            }
            Some(_) => self.error(part, format!("\"{name}\" is not a message type.")),
            None if crate::hints::lookup::SCALARS.contains(&name) => {
                let hint = format!(
                    "a method takes and returns messages: put it into one, `message … {{ {name} \
                     value = 1; }}`"
                );
                self.error_with_hint(part, format!("\"{name}\" is not defined."), Some(hint));
            }
            None => self.not_defined(part, name),
        }
        None
    }

    /// Fields become required or delimited by a feature, too.
    pub(super) fn apply_field_features(&mut self, id: FieldId, proto: &FieldDescriptorProto) {
        let field = &self.pool[id];
        let (required, delimited) = (field.features.required(), field.features.delimited());
        let in_entry = field.containing.is_some_and(|message| self.pool[message].map_entry);
        let of_entry = match field.refers_to {
            TypeReference::Message(message) => self.pool[message].map_entry,
            _ => false,
        };
        debug_assert_eq!(field.name, name_of(proto));
        let field = &mut self.pool[id];
        if required && field.label == Label::LABEL_OPTIONAL {
            field.label = Label::LABEL_REQUIRED;
        }
        if delimited && field.kind == Some(Type::TYPE_MESSAGE) && !in_entry && !of_entry {
            field.kind = Some(Type::TYPE_GROUP);
        }
    }
}
