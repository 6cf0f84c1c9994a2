//! Enums and their values.

use std::collections::HashSet;

use buffa_codegen::generated::descriptor::{
    EnumDescriptorProto, EnumValueDescriptorProto, SymbolVisibility,
};

use super::hints::Context;
use super::{At, Parser, Parsing, Part, index, paths};

impl Parser<'_> {
    /// `enum`, a name, a block.
    pub(super) fn enum_definition(
        &mut self,
        enumeration: &mut EnumDescriptorProto,
        visibility: Option<SymbolVisibility>,
        at: At,
    ) -> Parsing {
        self.consume("enum")?;
        self.located(at, &[paths::enumeration::NAME], |parser, name| {
            parser.note(at, Part::Name, name);
            enumeration.name = Some(parser.identifier("Expected enum name.")?);
            Ok(())
        })?;
        let name = enumeration.name.clone();
        self.in_block("enum", name, at, |parser| parser.enum_block(enumeration, at))?;
        self.check_aliases(enumeration)?;
        enumeration.visibility = visibility;
        Ok(())
    }

    fn enum_block(&mut self, enumeration: &mut EnumDescriptorProto, at: At) -> Parsing {
        self.end_of_declaration("{", Some(at))?;
        while !self.try_end_of_declaration("}", None) {
            if self.at_end() {
                return Err(self.error("Reached end of input in enum definition (missing '}')."));
            }
            if self.enum_statement(enumeration, at).is_err() {
                self.skip_statement();
            }
        }
        Ok(())
    }

    fn enum_statement(&mut self, enumeration: &mut EnumDescriptorProto, enum_at: At) -> Parsing {
        if self.try_end_of_declaration(";", None) {
            return Ok(());
        }
        self.begin_statement(Context::Enum);
        if self.looking_at("option") {
            return self.located(enum_at, &[paths::enumeration::OPTIONS], |parser, at| {
                let options = &mut enumeration.options.get_or_insert_default().uninterpreted_option;
                parser.option_statement(options, at)
            });
        }
        if self.looking_at("reserved") {
            return self.enum_reserved(enumeration, enum_at);
        }
        let path = [paths::enumeration::VALUE, index(enumeration.value.len())];
        let mut value = EnumValueDescriptorProto::default();
        let result = self.located(enum_at, &path, |parser, at| parser.enum_value(&mut value, at));
        enumeration.value.push(value);
        result
    }

    fn enum_value(&mut self, value: &mut EnumValueDescriptorProto, at: At) -> Parsing {
        self.located(at, &[paths::value::NAME], |parser, name| {
            parser.note(at, Part::Name, name);
            value.name = Some(parser.identifier("Expected enum constant name.")?);
            Ok(())
        })?;
        self.consume_or("=", "Missing numeric value for enum constant.")?;
        self.located(at, &[paths::value::NUMBER], |parser, number| {
            parser.note(at, Part::Number, number);
            let value_number = parser.signed_integer("Expected integer.")?;
            value.number = Some(value_number);
            parser.surroundings.count(value_number);
            Ok(())
        })?;
        if self.looking_at("[") {
            self.located(at, &[paths::value::OPTIONS], |parser, at| {
                let options = &mut value.options.get_or_insert_default().uninterpreted_option;
                parser.option_list(options, at)
            })?;
        }
        self.end_of_declaration(";", Some(at))
    }

    /// `allow_alias` must be true, and must be needed.
    fn check_aliases(&mut self, enumeration: &EnumDescriptorProto) -> Parsing {
        let allow_alias = enumeration.options.uninterpreted_option.iter().find(|option| {
            matches!(&option.name[..], [part]
                if !part.is_extension && part.name_part == "allow_alias")
        });
        let Some(allow_alias) = allow_alias else { return Ok(()) };
        let name = enumeration.name.as_deref().unwrap_or_default();
        if allow_alias.identifier_value.as_deref() != Some("true") {
            return Err(self.error(format!(
                "\"{name}\" declares 'option allow_alias = false;' which has no effect. \
                 Please remove the declaration."
            )));
        }
        let mut numbers = HashSet::new();
        let has_alias =
            enumeration.value.iter().any(|value| !numbers.insert(value.number.unwrap_or_default()));
        if !has_alias {
            return Err(self.error(format!(
                "\"{name}\" declares support for enum aliases but no enum values share field \
                 numbers. Please remove the unnecessary 'option allow_alias = true;' declaration."
            )));
        }
        Ok(())
    }
}
