//! All elements of a file, in the order in which protoc looks at them.

use buffa_codegen::generated::descriptor::descriptor_proto::ExtensionRange;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
};

use super::builder::Builder;
use super::pool::{EnumId, FieldId, MessageId, MethodId, OneofId, ServiceId, ValueId};

/// An element of the file at hand, with its descriptor.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Element<'p> {
    File(&'p FileDescriptorProto),
    Message(MessageId, &'p DescriptorProto),
    Enum(EnumId, &'p EnumDescriptorProto),
    Value(ValueId, &'p EnumValueDescriptorProto),
    Oneof(OneofId, &'p OneofDescriptorProto),
    Field(FieldId, &'p FieldDescriptorProto),
    /// One of the ranges of a message, by its index.
    Range(MessageId, usize, &'p ExtensionRange),
    Service(ServiceId, &'p ServiceDescriptorProto),
    Method(MethodId, &'p MethodDescriptorProto),
}

/// Shows an element to whoever visits the file; the path is the element's.
type Visitor<'v> = dyn FnMut(&mut Builder<'_>, Element<'_>) + 'v;

impl Builder<'_> {
    /// Visits all elements of the file.
    pub(crate) fn visit(&mut self, proto: &FileDescriptorProto, visitor: &mut Visitor<'_>) {
        visitor(self, Element::File(proto));
        let messages = self.pool[self.file].messages.clone();
        for (index, (id, message)) in messages.into_iter().zip(&proto.message_type).enumerate() {
            self.at(4, index, |this| this.visit_message(id, message, visitor));
        }
        let enums = self.pool[self.file].enums.clone();
        for (index, (id, declared)) in enums.into_iter().zip(&proto.enum_type).enumerate() {
            self.at(5, index, |this| this.visit_enum(id, declared, visitor));
        }
        let extensions = self.pool[self.file].extensions.clone();
        for (index, (id, field)) in extensions.into_iter().zip(&proto.extension).enumerate() {
            self.at(7, index, |this| visitor(this, Element::Field(id, field)));
        }
        let services = self.pool[self.file].services.clone();
        for (index, (id, service)) in services.into_iter().zip(&proto.service).enumerate() {
            self.at(6, index, |this| {
                visitor(this, Element::Service(id, service));
                let methods = this.pool[id].methods.clone();
                for (index, (id, method)) in methods.into_iter().zip(&service.method).enumerate() {
                    this.at(2, index, |this| visitor(this, Element::Method(id, method)));
                }
            });
        }
    }

    fn visit_message(&mut self, id: MessageId, proto: &DescriptorProto, visitor: &mut Visitor<'_>) {
        visitor(self, Element::Message(id, proto));
        let enums = self.pool[id].enums.clone();
        for (index, (id, declared)) in enums.into_iter().zip(&proto.enum_type).enumerate() {
            self.at(4, index, |this| this.visit_enum(id, declared, visitor));
        }
        let oneofs = self.pool[id].oneofs.clone();
        for (index, (id, oneof)) in oneofs.into_iter().zip(&proto.oneof_decl).enumerate() {
            self.at(8, index, |this| visitor(this, Element::Oneof(id, oneof)));
        }
        let fields = self.pool[id].fields.clone();
        for (index, (id, field)) in fields.into_iter().zip(&proto.field).enumerate() {
            self.at(2, index, |this| visitor(this, Element::Field(id, field)));
        }
        let nested = self.pool[id].messages.clone();
        for (index, (id, message)) in nested.into_iter().zip(&proto.nested_type).enumerate() {
            self.at(3, index, |this| this.visit_message(id, message, visitor));
        }
        let extensions = self.pool[id].extensions.clone();
        for (index, (id, field)) in extensions.into_iter().zip(&proto.extension).enumerate() {
            self.at(6, index, |this| visitor(this, Element::Field(id, field)));
        }
        for (index, range) in proto.extension_range.iter().enumerate() {
            self.at(5, index, |this| visitor(this, Element::Range(id, index, range)));
        }
    }

    fn visit_enum(&mut self, id: EnumId, proto: &EnumDescriptorProto, visitor: &mut Visitor<'_>) {
        visitor(self, Element::Enum(id, proto));
        let values = self.pool[id].values.clone();
        for (index, (id, value)) in values.into_iter().zip(&proto.value).enumerate() {
            self.at(2, index, |this| visitor(this, Element::Value(id, value)));
        }
    }
}
