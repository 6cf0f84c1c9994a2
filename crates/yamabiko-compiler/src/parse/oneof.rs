//! Oneofs, those written and those that proto3's `optional` stands for.

use std::collections::HashSet;

use buffa_codegen::generated::descriptor::field_descriptor_proto::Label;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, OneofDescriptorProto,
};

use super::field::Scope;
use super::hints::Context;
use super::{At, Parser, Parsing, index, paths};

impl Parser<'_> {
    /// A oneof of `message`, which gets its fields.
    pub(super) fn oneof(
        &mut self,
        oneof: &mut OneofDescriptorProto,
        message: &mut DescriptorProto,
        oneof_at: At,
        message_at: At,
    ) -> Parsing {
        let oneof_index = index(message.oneof_decl.len());
        self.consume("oneof")?;
        self.located(oneof_at, &[paths::oneof::NAME], |parser, _| {
            oneof.name = Some(parser.identifier("Expected oneof name.")?);
            Ok(())
        })?;
        self.end_of_declaration("{", Some(oneof_at))?;
        loop {
            if self.at_end() {
                return Err(self.error("Reached end of input in oneof definition (missing '}')."));
            }
            if self.looking_at("option") {
                self.located(oneof_at, &[paths::oneof::OPTIONS], |parser, at| {
                    let options = &mut oneof.options.get_or_insert_default().uninterpreted_option;
                    parser.option_statement(options, at)
                })?;
            } else {
                self.oneof_field(oneof_index, message, message_at);
            }
            if self.try_end_of_declaration("}", None) {
                return Ok(());
            }
        }
    }

    fn oneof_field(&mut self, oneof_index: i32, message: &mut DescriptorProto, message_at: At) {
        self.begin_statement(Context::Oneof);
        if matches!(self.current().text, b"required" | b"optional" | b"repeated") {
            self.error("Fields in oneofs must not have labels (required / optional / repeated).");
            self.next();
        }
        let mut field = FieldDescriptorProto {
            label: Some(Label::LABEL_OPTIONAL),
            oneof_index: Some(oneof_index),
            ..FieldDescriptorProto::default()
        };
        let path = [paths::message::FIELD, index(message.field.len())];
        self.located(message_at, &path, |parser, at| {
            let scope = Scope {
                at: message_at,
                messages_path: paths::message::MESSAGE,
                messages: &mut message.nested_type,
            };
            if parser.field_after_label(&mut field, scope, at).is_err() {
                parser.skip_statement();
            }
        });
        message.field.push(field);
    }
}

/// A message in which so many names are taken has the same field over and over,
/// and is rejected for that later. Names of protoc's making would grow with
/// each of them.
const MAX_ATTEMPTS: usize = 10_000;

/// Gives each `optional` field of proto3 a oneof of its own, with a name that
/// nothing else in the message has.
pub(super) fn add_synthetic_oneofs(message: &mut DescriptorProto) {
    let mut names: HashSet<String> = message
        .field
        .iter()
        .map(|field| &field.name)
        .chain(message.oneof_decl.iter().map(|oneof| &oneof.name))
        .map(|name| name.clone().unwrap_or_default())
        .collect();
    let mut attempts = MAX_ATTEMPTS;
    for (field_index, field) in message.field.iter_mut().enumerate() {
        if field.proto3_optional != Some(true) {
            continue;
        }
        let mut name = field.name.clone().unwrap_or_default();
        if !name.starts_with('_') {
            name.insert(0, '_');
        }
        while names.contains(&name) && attempts > 0 {
            attempts -= 1;
            name.insert(0, 'X');
        }
        if attempts == 0 {
            name = format!("_{}_{}", field.name.as_deref().unwrap_or_default(), field_index);
        }
        names.insert(name.clone());
        field.oneof_index = Some(index(message.oneof_decl.len()));
        message
            .oneof_decl
            .push(OneofDescriptorProto { name: Some(name), ..OneofDescriptorProto::default() });
    }
}
