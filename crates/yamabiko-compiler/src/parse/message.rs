//! Messages and what stands in them.

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, OneofDescriptorProto,
    SymbolVisibility, UninterpretedOption,
};

use super::edition::Syntax;
use super::field::Scope;
use super::hints::Context;
use super::{At, Parser, Parsing, Part, index, oneof, paths, range};

/// How deep messages may lie in each other is protoc's limit.
const MAX_MESSAGE_DEPTH: usize = 31;

/// protoc counts groups only when it links files; so many are certainly too
/// many, and the stack has room for them.
const MAX_BLOCK_DEPTH: usize = 64;

const TOO_DEEP: &str = "Reached maximum recursion limit for nested messages.";

impl Parser<'_> {
    /// `message`, a name, a block.
    pub(super) fn message_definition(
        &mut self,
        message: &mut DescriptorProto,
        visibility: Option<SymbolVisibility>,
        at: At,
    ) -> Parsing {
        if self.message_depth == MAX_MESSAGE_DEPTH {
            return Err(self.error(TOO_DEEP));
        }
        self.message_depth += 1;
        let result = self.message_within_limit(message, visibility, at);
        self.message_depth -= 1;
        result
    }

    fn message_within_limit(
        &mut self,
        message: &mut DescriptorProto,
        visibility: Option<SymbolVisibility>,
        at: At,
    ) -> Parsing {
        self.consume("message")?;
        self.located(at, &[paths::message::NAME], |parser, name| {
            parser.note(at, Part::Name, name);
            message.name = Some(parser.identifier("Expected message name.")?);
            Ok(())
        })?;
        self.message_block(message, at)?;
        if self.syntax == Syntax::Proto3 {
            oneof::add_synthetic_oneofs(message);
        }
        message.visibility = visibility;
        Ok(())
    }

    /// The block of a message or of a group.
    pub(super) fn message_block(&mut self, message: &mut DescriptorProto, at: At) -> Parsing {
        if self.surroundings.depth() == MAX_BLOCK_DEPTH {
            return Err(self.error(TOO_DEEP));
        }
        let name = message.name.clone();
        self.in_block("message", name, at, |parser| parser.message_statements(message, at))
    }

    fn message_statements(&mut self, message: &mut DescriptorProto, at: At) -> Parsing {
        self.end_of_declaration("{", Some(at))?;
        while !self.try_end_of_declaration("}", None) {
            if self.at_end() {
                return Err(self.error("Reached end of input in message definition (missing '}')."));
            }
            if self.message_statement(message, at).is_err() {
                self.skip_statement();
            }
        }
        range::resolve_max(message);
        self.reject_map_entry_option(message, at)
    }

    fn message_statement(&mut self, message: &mut DescriptorProto, message_at: At) -> Parsing {
        if self.try_end_of_declaration(";", None) {
            return Ok(());
        }
        self.begin_statement(Context::Message);
        let visibility = self.visibility()?;
        match self.current().text {
            b"message" => {
                let path = [paths::message::MESSAGE, index(message.nested_type.len())];
                let mut nested = DescriptorProto::default();
                let result = self.located(message_at, &path, |parser, at| {
                    parser.message_definition(&mut nested, visibility, at)
                });
                message.nested_type.push(nested);
                result
            }
            b"enum" => {
                let path = [paths::message::ENUM, index(message.enum_type.len())];
                let mut enumeration = EnumDescriptorProto::default();
                let result = self.located(message_at, &path, |parser, at| {
                    parser.enum_definition(&mut enumeration, visibility, at)
                });
                message.enum_type.push(enumeration);
                result
            }
            b"extensions" => {
                self.located(message_at, &[paths::message::EXTENSION_RANGE], |parser, at| {
                    parser.extensions(message, at)
                })
            }
            b"reserved" => self.message_reserved(message, message_at),
            b"extend" => self.located(message_at, &[paths::message::EXTENSION], |parser, at| {
                let scope = scope(message_at, &mut message.nested_type);
                parser.extend(&mut message.extension, scope, at)
            }),
            b"option" => self.located(message_at, &[paths::message::OPTIONS], |parser, at| {
                let options = &mut message.options.get_or_insert_default().uninterpreted_option;
                parser.option_statement(options, at)
            }),
            b"oneof" => {
                let path = [paths::message::ONEOF, index(message.oneof_decl.len())];
                let mut oneof = OneofDescriptorProto::default();
                let result = self.located(message_at, &path, |parser, at| {
                    parser.oneof(&mut oneof, message, at, message_at)
                });
                message.oneof_decl.push(oneof);
                result
            }
            _ => {
                let path = [paths::message::FIELD, index(message.field.len())];
                let mut field = FieldDescriptorProto::default();
                let result = self.located(message_at, &path, |parser, at| {
                    parser.field(&mut field, scope(message_at, &mut message.nested_type), at)
                });
                message.field.push(field);
                result
            }
        }
    }

    /// That a message is the entry of a map is for the parser to say.
    fn reject_map_entry_option(&mut self, message: &DescriptorProto, at: At) -> Parsing {
        let options: &[UninterpretedOption] = &message.options.uninterpreted_option;
        let position = options.iter().position(|option| {
            option
                .name
                .first()
                .is_some_and(|part| !part.is_extension && part.name_part == "map_entry")
        });
        let Some(position) = position else { return Ok(()) };
        let more = [paths::message::OPTIONS, paths::UNINTERPRETED_OPTION, index(position)];
        let path = [self.locations.path(at), &more].concat();
        let place = self.places.find_last(&path, Part::OptionName);
        Err(self.error_at(
            place,
            "map_entry should not be set explicitly. Use map<KeyType, ValueType> instead.",
        ))
    }
}

/// A message as the scope of a field.
fn scope(at: At, messages: &mut Vec<DescriptorProto>) -> Scope<'_> {
    Scope { at, messages_path: paths::message::MESSAGE, messages }
}
