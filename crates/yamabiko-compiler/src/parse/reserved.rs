//! `reserved`: the names and numbers that nobody may use.

use buffa_codegen::generated::descriptor::descriptor_proto::ReservedRange;
use buffa_codegen::generated::descriptor::enum_descriptor_proto::EnumReservedRange;
use buffa_codegen::generated::descriptor::{DescriptorProto, EnumDescriptorProto};

use super::{At, Parser, Parsing, Part, index, locations::text, paths};
use crate::lex::{Kind, is_identifier};
use crate::problem::Place;

/// What follows the word `reserved`.
enum Reserved {
    Names,
    Identifiers,
    Numbers,
}

impl Parser<'_> {
    /// `reserved` in a message.
    pub(super) fn message_reserved(&mut self, message: &mut DescriptorProto, at: At) -> Parsing {
        let start = self.current().place();
        let names = &mut message.reserved_name;
        let name_path = paths::message::RESERVED_NAME;
        match self.reserved()? {
            Reserved::Names => {
                let expected = "Expected field name string literal.";
                self.reserved_names(names, at, name_path, start, |parser| {
                    parser.reserved_name(expected)
                })
            }
            Reserved::Identifiers => {
                let expected = "Expected field name identifier.";
                self.reserved_names(names, at, name_path, start, |parser| {
                    parser.identifier(expected)
                })
            }
            Reserved::Numbers => {
                let path = paths::message::RESERVED_RANGE;
                let ranges = &mut message.reserved_range;
                self.reserved_list(at, path, start, |parser, list_at, is_first| {
                    let mut range = ReservedRange::default();
                    let result = parser.located(list_at, &[index(ranges.len())], |parser, at| {
                        parser.note(at, Part::Number, at);
                        parser.message_reserved_range(&mut range, is_first, at)
                    });
                    ranges.push(range);
                    result
                })
            }
        }
    }

    fn message_reserved_range(
        &mut self,
        range: &mut ReservedRange,
        is_first: bool,
        at: At,
    ) -> Parsing {
        let token = self.current();
        let start = self.located(at, &[paths::range::START], |parser, _| {
            parser.integer(if is_first {
                "Expected field name or number range."
            } else {
                "Expected field number range."
            })
        })?;
        let end =
            self.end_of_range(at, token, start, |parser| parser.integer("Expected integer."))?;
        range.start = Some(start);
        range.end = Some(end);
        Ok(())
    }

    /// `reserved` in an enum.
    pub(super) fn enum_reserved(
        &mut self,
        enumeration: &mut EnumDescriptorProto,
        at: At,
    ) -> Parsing {
        let start = self.current().place();
        let names = &mut enumeration.reserved_name;
        let name_path = paths::enumeration::RESERVED_NAME;
        match self.reserved()? {
            Reserved::Names => {
                let expected = "Expected enum value string literal.";
                self.reserved_names(names, at, name_path, start, |parser| {
                    parser.reserved_name(expected)
                })
            }
            Reserved::Identifiers => {
                let expected = "Expected enum value identifier.";
                self.reserved_names(names, at, name_path, start, |parser| {
                    parser.identifier(expected)
                })
            }
            Reserved::Numbers => {
                let path = paths::enumeration::RESERVED_RANGE;
                let ranges = &mut enumeration.reserved_range;
                self.reserved_list(at, path, start, |parser, list_at, is_first| {
                    let mut range = EnumReservedRange::default();
                    let result = parser.located(list_at, &[index(ranges.len())], |parser, at| {
                        parser.note(at, Part::Number, at);
                        parser.enum_reserved_range(&mut range, is_first, at)
                    });
                    ranges.push(range);
                    result
                })
            }
        }
    }

    /// Unlike in messages, the end of a range is in it.
    fn enum_reserved_range(
        &mut self,
        range: &mut EnumReservedRange,
        is_first: bool,
        at: At,
    ) -> Parsing {
        let token = self.current();
        let start = self.located(at, &[paths::range::START], |parser, _| {
            parser.signed_integer(if is_first {
                "Expected enum value or number range."
            } else {
                "Expected enum number range."
            })
        })?;
        let end = if self.try_consume("to") {
            self.located(at, &[paths::range::END], |parser, _| {
                if parser.try_consume("max") {
                    return Ok(i32::MAX);
                }
                parser.signed_integer("Expected integer.")
            })?
        } else {
            let end_at = self.locations.open(Some(at), &[paths::range::END], &token);
            self.locations.close(end_at, &token);
            start
        };
        range.start = Some(start);
        range.end = Some(end);
        Ok(())
    }

    /// Names are strings before editions, and identifiers since.
    fn reserved(&mut self) -> Parsing<Reserved> {
        self.consume("reserved")?;
        match (self.current().kind, self.syntax.is_editions()) {
            (Kind::String, false) => Ok(Reserved::Names),
            (Kind::Identifier, true) => Ok(Reserved::Identifiers),
            (Kind::String, true) => {
                Err(self
                    .error("Reserved names must be identifiers in editions, not string literals."))
            }
            (Kind::Identifier, false) => Err(self.error(
                "Reserved names must be string literals. (Only editions supports identifiers.)",
            )),
            _ => Ok(Reserved::Numbers),
        }
    }

    fn reserved_names(
        &mut self,
        names: &mut Vec<String>,
        parent: At,
        path: i32,
        start: Place,
        name: impl Fn(&mut Self) -> Parsing<String>,
    ) -> Parsing {
        self.reserved_list(parent, path, start, |parser, list_at, _| {
            let reserved =
                parser.located(list_at, &[index(names.len())], |parser, _| name(parser))?;
            names.push(reserved);
            Ok(())
        })
    }

    fn reserved_name(&mut self, expected: &str) -> Parsing<String> {
        let place = self.current().place();
        let name = self.string(expected)?;
        if !is_identifier(&name) {
            let name = text(&name);
            self.warning_at(place, format!("Reserved name \"{name}\" is not a valid identifier."));
        }
        Ok(text(&name))
    }

    /// Elements with commas between them and a semicolon at the end. Each is
    /// told whether it is the first.
    fn reserved_list(
        &mut self,
        parent: At,
        path: i32,
        start: Place,
        mut element: impl FnMut(&mut Self, At, bool) -> Parsing,
    ) -> Parsing {
        self.located(parent, &[path], |parser, at| {
            parser.locations.move_start(at, start);
            let mut is_first = true;
            loop {
                element(parser, at, is_first)?;
                is_first = false;
                if !parser.try_consume(",") {
                    break;
                }
            }
            parser.end_of_declaration(";", Some(at))
        })
    }
}
