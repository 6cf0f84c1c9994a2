//! What was found is written into the file's descriptor, as protoc writes it.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::builder::Builder;
use super::pool::{FieldId, MessageId, Pool, TypeReference, edition};
use super::text::to_float;
use crate::lex::numbers::significant_digits;

impl Builder<'_> {
    /// Completes the descriptor and leaves it in the pool.
    pub(super) fn finish(self, mut proto: FileDescriptorProto) {
        let pool = self.pool;
        // It is the default, so that it is not written.
        if self.edition == edition::PROTO2 {
            proto.syntax = None;
        }
        proto.package = proto.package.filter(|package| !package.is_empty());
        for (id, message) in pool[self.file].messages.iter().zip(&mut proto.message_type) {
            finish_message(pool, *id, message);
        }
        for (id, field) in pool[self.file].extensions.iter().zip(&mut proto.extension) {
            finish_field(pool, *id, field);
        }
        for (id, service) in pool[self.file].services.iter().zip(&mut proto.service) {
            for (id, method) in pool[*id].methods.iter().zip(&mut service.method) {
                let name =
                    |message: Option<MessageId>| message.map(|id| absolute(&pool[id].full_name));
                method.input_type = name(pool[*id].input);
                method.output_type = name(pool[*id].output);
            }
        }
        pool[self.file].proto = proto;
    }
}

fn finish_message(pool: &Pool, id: MessageId, proto: &mut DescriptorProto) {
    for (id, message) in pool[id].messages.iter().zip(&mut proto.nested_type) {
        finish_message(pool, *id, message);
    }
    for (id, field) in pool[id].fields.iter().zip(&mut proto.field) {
        finish_field(pool, *id, field);
    }
    for (id, field) in pool[id].extensions.iter().zip(&mut proto.extension) {
        finish_field(pool, *id, field);
    }
}

fn finish_field(pool: &Pool, id: FieldId, proto: &mut FieldDescriptorProto) {
    let field = &pool[id];
    match field.refers_to {
        TypeReference::None => {}
        TypeReference::Message(message) => {
            // A field that is delimited by a feature is still a message here.
            proto.r#type.get_or_insert(Type::TYPE_MESSAGE);
            proto.type_name = Some(absolute(&pool[message].full_name));
        }
        TypeReference::Enum(of) => {
            proto.r#type = Some(Type::TYPE_ENUM);
            proto.type_name = Some(absolute(&pool[of].full_name));
        }
    }
    if field.is_extension {
        proto.extendee = field.containing.map(|message| absolute(&pool[message].full_name));
    }
    if field.kind == Some(Type::TYPE_FLOAT)
        && let Some(default) = &mut proto.default_value
        && let Ok(value) = default.parse::<f64>()
        && value.is_finite()
    {
        *default = shortest_float(value);
    }
}

fn absolute(full_name: &str) -> String {
    format!(".{full_name}")
}

/// A float as C's `%g` writes it with 6 digits, or with 9 if those are needed
/// to read it back.
fn shortest_float(value: f64) -> String {
    let float = to_float(value);
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let short = significant_digits(f64::from(float), 6);
    // protoc does not trust what it reads back if the float is subnormal.
    if short.parse() == Ok(float) && !float.is_subnormal() {
        short
    } else {
        significant_digits(f64::from(float), 9)
    }
}

/// Gives each field the name that it has in JSON, as descriptor sets do.
pub(crate) fn fill_json_names(pool: &Pool, proto: &mut FileDescriptorProto) {
    each_field(pool, proto, &mut |id, field| field.json_name = Some(pool[id].json_name.clone()));
}

/// Leaves only those names in JSON that the file spells out.
pub(crate) fn only_explicit_json_names(pool: &Pool, proto: &mut FileDescriptorProto) {
    each_field(pool, proto, &mut |id, field| {
        if !pool[id].explicit_json_name {
            field.json_name = None;
        }
    });
}

/// What is done to a field and its descriptor.
type Change<'c> = dyn FnMut(FieldId, &mut FieldDescriptorProto) + 'c;

fn each_field(pool: &Pool, proto: &mut FileDescriptorProto, change: &mut Change<'_>) {
    let Some(file) = pool.by_name.get(proto.name.as_deref().unwrap_or_default()) else { return };
    for (id, message) in pool[*file].messages.iter().zip(&mut proto.message_type) {
        each_field_of_message(pool, *id, message, change);
    }
    for (id, field) in pool[*file].extensions.iter().zip(&mut proto.extension) {
        change(*id, field);
    }
}

fn each_field_of_message(
    pool: &Pool,
    id: MessageId,
    proto: &mut DescriptorProto,
    change: &mut Change<'_>,
) {
    for (id, message) in pool[id].messages.iter().zip(&mut proto.nested_type) {
        each_field_of_message(pool, *id, message, change);
    }
    for (id, field) in pool[id].fields.iter().zip(&mut proto.field) {
        change(*id, field);
    }
    for (id, field) in pool[id].extensions.iter().zip(&mut proto.extension) {
        change(*id, field);
    }
}
