//! Options, kept as they are written: what they mean shows only when all files
//! are known.

use buffa_codegen::generated::descriptor::uninterpreted_option::NamePart;
use buffa_codegen::generated::descriptor::{FieldDescriptorProto, UninterpretedOption};

use super::{At, Parser, Parsing, Part, index, locations::text, paths};
use crate::lex::Kind;

impl Parser<'_> {
    /// `option name = value;`. The location is that of the options message.
    pub(super) fn option_statement(
        &mut self,
        options: &mut Vec<UninterpretedOption>,
        options_at: At,
    ) -> Parsing {
        self.option(options, options_at, |parser, option, at| {
            parser.consume("option")?;
            // protoc counts the option from here on, even if it is broken.
            let option = option.insert(UninterpretedOption::default());
            parser.assignment(option, at)?;
            parser.end_of_declaration(";", Some(at))
        })
    }

    /// `[name = value, …]`.
    pub(super) fn option_list(
        &mut self,
        options: &mut Vec<UninterpretedOption>,
        options_at: At,
    ) -> Parsing {
        self.consume("[")?;
        loop {
            self.option_in_list(options, options_at)?;
            if !self.try_consume(",") {
                break;
            }
        }
        self.consume("]")
    }

    /// The options of a field, among which stand two things that are none.
    pub(super) fn field_options(&mut self, field: &mut FieldDescriptorProto, at: At) -> Parsing {
        if !self.looking_at("[") {
            return Ok(());
        }
        self.located(at, &[paths::field::OPTIONS], |parser, options_at| {
            parser.consume("[")?;
            loop {
                if parser.looking_at("default") {
                    parser.default_value(field, at)?;
                } else if parser.looking_at("json_name") {
                    parser.json_name(field, at)?;
                } else {
                    let options = &mut field.options.get_or_insert_default().uninterpreted_option;
                    parser.option_in_list(options, options_at)?;
                }
                if !parser.try_consume(",") {
                    break;
                }
            }
            parser.consume("]")
        })
    }

    fn option_in_list(
        &mut self,
        options: &mut Vec<UninterpretedOption>,
        options_at: At,
    ) -> Parsing {
        self.option(options, options_at, |parser, option, at| {
            parser.assignment(option.insert(UninterpretedOption::default()), at)
        })
    }

    fn option(
        &mut self,
        options: &mut Vec<UninterpretedOption>,
        options_at: At,
        read: impl FnOnce(&mut Self, &mut Option<UninterpretedOption>, At) -> Parsing,
    ) -> Parsing {
        let mut option = None;
        let path = [paths::UNINTERPRETED_OPTION, index(options.len())];
        let result = self.located(options_at, &path, |parser, at| read(parser, &mut option, at));
        options.extend(option);
        result
    }

    fn assignment(&mut self, option: &mut UninterpretedOption, at: At) -> Parsing {
        self.located(at, &[paths::option::NAME], |parser, name_at| {
            parser.note(at, Part::OptionName, name_at);
            loop {
                let mut part = NamePart::default();
                let path = [index(option.name.len())];
                let result = parser
                    .located(name_at, &path, |parser, at| parser.option_name_part(&mut part, at));
                option.name.push(part);
                result?;
                if !parser.try_consume(".") {
                    return Ok(());
                }
            }
        })?;
        self.consume("=")?;
        self.located(at, &[], |parser, value_at| {
            parser.note(at, Part::OptionValue, value_at);
            parser.option_value(option, value_at)
        })
    }

    /// A name, or the name of an extension in parentheses.
    fn option_name_part(&mut self, part: &mut NamePart, at: At) -> Parsing {
        if !self.try_consume("(") {
            return self.located(at, &[paths::option::NAME_PART], |parser, _| {
                part.name_part = parser.identifier("Expected identifier.")?;
                Ok(())
            });
        }
        self.located(at, &[paths::option::NAME_PART], |parser, _| {
            if parser.looking_at_kind(Kind::Identifier) {
                part.name_part = parser.identifier("Expected identifier.")?;
            }
            while parser.try_consume(".") {
                part.name_part.push('.');
                part.name_part.push_str(&parser.identifier("Expected identifier.")?);
            }
            Ok(())
        })?;
        self.consume(")")?;
        part.is_extension = true;
        Ok(())
    }

    /// The value, whose sort decides how its location is called.
    fn option_value(&mut self, option: &mut UninterpretedOption, at: At) -> Parsing {
        let is_negative = self.try_consume("-");
        match self.current().kind {
            Kind::End => Err(self.error("Unexpected end of stream while parsing option value.")),
            Kind::Identifier => self.option_identifier(option, is_negative, at),
            Kind::Integer => {
                let max = if is_negative { i64::MIN.unsigned_abs() } else { u64::MAX };
                let Some(value) = self.try_integer64(max) else {
                    // Too large for a whole number.
                    return self.option_float(option, is_negative, at);
                };
                if is_negative {
                    self.locations.extend_path(at, &[paths::option::NEGATIVE_INT_VALUE]);
                    option.negative_int_value = Some(0_i64.wrapping_sub_unsigned(value));
                } else {
                    self.locations.extend_path(at, &[paths::option::POSITIVE_INT_VALUE]);
                    option.positive_int_value = Some(value);
                }
                Ok(())
            }
            Kind::Float => self.option_float(option, is_negative, at),
            Kind::String => {
                self.locations.extend_path(at, &[paths::option::STRING_VALUE]);
                if is_negative {
                    return Err(self.error("Invalid '-' symbol before string."));
                }
                option.string_value = Some(self.string("Expected string.")?);
                Ok(())
            }
            Kind::Symbol if self.looking_at("{") => {
                self.locations.extend_path(at, &[paths::option::AGGREGATE_VALUE]);
                self.aggregate(option.aggregate_value.get_or_insert_default())
            }
            Kind::Symbol | Kind::Start => Err(self.error("Expected option value.")),
        }
    }

    fn option_identifier(
        &mut self,
        option: &mut UninterpretedOption,
        is_negative: bool,
        at: At,
    ) -> Parsing {
        self.locations.extend_path(at, &[paths::option::IDENTIFIER_VALUE]);
        let value = self.identifier("Expected identifier.")?;
        if !is_negative {
            option.identifier_value = Some(value);
            return Ok(());
        }
        option.double_value = match value.as_str() {
            "inf" => Some(f64::NEG_INFINITY),
            "nan" => Some(f64::NAN),
            _ => return Err(self.error("Identifier after '-' symbol must be inf or nan.")),
        };
        Ok(())
    }

    fn option_float(
        &mut self,
        option: &mut UninterpretedOption,
        is_negative: bool,
        at: At,
    ) -> Parsing {
        self.locations.extend_path(at, &[paths::option::DOUBLE_VALUE]);
        let value = self.number("Expected number.")?;
        option.double_value = Some(if is_negative { -value } else { value });
        Ok(())
    }

    /// A message in braces: its tokens with a space between each two, without
    /// the outer braces.
    fn aggregate(&mut self, value: &mut String) -> Parsing {
        self.consume("{")?;
        let mut depth = 1_usize;
        while !self.at_end() {
            if self.looking_at("{") {
                depth += 1;
            } else if self.looking_at("}") {
                depth -= 1;
                if depth == 0 {
                    self.next();
                    return Ok(());
                }
            }
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(&text(self.current().text));
            self.next();
        }
        Err(self.error("Unexpected end of stream while parsing aggregate value."))
    }
}
