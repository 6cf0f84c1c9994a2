//! Fields: label, type, name, number, options, and the body of a group.

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::{DescriptorProto, FieldDescriptorProto};

use super::edition::Syntax;
use super::map::MapType;
use super::types::FieldType;
use super::{At, Parser, Parsing, Part, index, paths};
use crate::lex::Token;

/// The file or message that a field is declared in, as far as the field adds
/// to it: groups and map fields declare a message.
pub(super) struct Scope<'m> {
    pub(super) at: At,
    /// The number of the field that holds the scope's messages.
    pub(super) messages_path: i32,
    pub(super) messages: &'m mut Vec<DescriptorProto>,
}

/// What the part before a field's name says.
enum Declared {
    Type(FieldType),
    Map(MapType),
}

impl Parser<'_> {
    /// A field, with or without a label.
    pub(super) fn field(
        &mut self,
        field: &mut FieldDescriptorProto,
        scope: Scope<'_>,
        at: At,
    ) -> Parsing {
        if let Some(label) = self.label(at) {
            field.label = Some(label);
            if label == Label::LABEL_OPTIONAL && self.syntax == Syntax::Proto3 {
                field.proto3_optional = Some(true);
            }
        }
        self.field_after_label(field, scope, at)
    }

    fn label(&mut self, at: At) -> Option<Label> {
        let label = match self.current().text {
            b"optional" => Label::LABEL_OPTIONAL,
            b"repeated" => Label::LABEL_REPEATED,
            b"required" => Label::LABEL_REQUIRED,
            _ => return None,
        };
        if self.syntax.is_editions() && label == Label::LABEL_OPTIONAL {
            self.error(
                "Label \"optional\" is not supported in editions. By default, all singular fields \
                 have presence unless features.field_presence is set.",
            );
        }
        if self.syntax.is_editions() && label == Label::LABEL_REQUIRED {
            self.error(
                "Label \"required\" is not supported in editions, use features.field_presence = \
                 LEGACY_REQUIRED.",
            );
        }
        self.located(at, &[paths::field::LABEL], |parser, _| parser.next());
        Some(label)
    }

    /// A field of which the label is known already.
    pub(super) fn field_after_label(
        &mut self,
        field: &mut FieldDescriptorProto,
        scope: Scope<'_>,
        at: At,
    ) -> Parsing {
        let map = match self.declared(field, at)? {
            Declared::Map(map) => Some(map),
            Declared::Type(FieldType::Scalar(scalar)) => {
                field.r#type = Some(scalar);
                None
            }
            Declared::Type(FieldType::Named(name)) => {
                field.type_name = Some(name);
                None
            }
        };

        let name = self.current();
        self.located(at, &[paths::field::NAME], |parser, name| {
            parser.note(at, Part::Name, name);
            field.name = Some(parser.identifier("Expected field name.")?);
            Ok(())
        })?;
        self.consume_or("=", "Missing field number.")?;
        self.located(at, &[paths::field::NUMBER], |parser, number| {
            parser.note(at, Part::Number, number);
            let field_number = parser.integer("Expected field number.")?;
            field.number = Some(field_number);
            parser.surroundings.count(field_number);
            Ok(())
        })?;
        self.field_options(field, at)?;

        if field.r#type == Some(Type::TYPE_GROUP) {
            return self.group(field, name, scope, at);
        }
        self.end_of_declaration(";", Some(at))?;
        if let Some(map) = map {
            scope.messages.push(map.entry(field));
        }
        Ok(())
    }

    /// Reads the type. Whether it is a scalar, which decides how its location
    /// is called, shows only then.
    fn declared(&mut self, field: &mut FieldDescriptorProto, at: At) -> Parsing<Declared> {
        self.located(at, &[], |parser, location| {
            parser.note(at, Part::Type, location);
            let is_map_or_named_so = parser.try_consume("map");
            if is_map_or_named_so && parser.looking_at("<") {
                let map = parser.map_type(field)?;
                parser.locations.extend_path(location, &[paths::field::TYPE_NAME]);
                return Ok(Declared::Map(map));
            }
            if field.label.is_none() {
                if parser.syntax.requires_labels() {
                    parser.error("Expected \"required\", \"optional\", or \"repeated\".");
                }
                field.label = Some(Label::LABEL_OPTIONAL);
            }
            let declared = if is_map_or_named_so {
                FieldType::Named("map".to_owned())
            } else {
                parser.field_type()?
            };
            let part = match declared {
                FieldType::Scalar(_) => paths::field::TYPE,
                FieldType::Named(_) => paths::field::TYPE_NAME,
            };
            parser.locations.extend_path(location, &[part]);
            Ok(Declared::Type(declared))
        })
    }

    /// The rest of a group, which is a message and a field of that type at
    /// once.
    fn group(
        &mut self,
        field: &mut FieldDescriptorProto,
        name: Token<'_>,
        scope: Scope<'_>,
        at: At,
    ) -> Parsing {
        let mut group = DescriptorProto { name: field.name.clone(), ..Default::default() };
        let path = [scope.messages_path, index(scope.messages.len())];
        let result = self.located(scope.at, &path, |parser, group_at| {
            let start = parser.locations.start(at);
            parser.locations.move_start(group_at, start);
            let name_at = parser.locations.open(Some(group_at), &[paths::message::NAME], &name);
            parser.locations.close(name_at, &name);
            parser.note(group_at, Part::Name, name_at);
            let type_at = parser.locations.open(Some(at), &[paths::field::TYPE_NAME], &name);
            parser.locations.close(type_at, &name);

            if !name.text[0].is_ascii_uppercase() {
                parser
                    .error_at(Some(name.place()), "Group names must start with a capital letter.");
            }
            field.type_name = group.name.clone();
            field.name.get_or_insert_default().make_ascii_lowercase();
            if !parser.looking_at("{") {
                return Err(parser.error("Missing group body."));
            }
            parser.message_block(&mut group, group_at)
        });
        scope.messages.push(group);
        result
    }
}
