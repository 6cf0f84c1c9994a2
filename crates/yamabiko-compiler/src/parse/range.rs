//! `extensions`: the numbers that a message leaves to others.

use buffa_codegen::generated::descriptor::DescriptorProto;
use buffa_codegen::generated::descriptor::descriptor_proto::ExtensionRange;

use super::{At, Parser, Parsing, Part, index, paths};
use crate::lex::Token;

/// Stands for `max` until the options of the message are known.
const MAX_SENTINEL: i32 = -1;

/// Options are copied to each of the ranges that they stand for, so that a
/// file of some megabytes could fill any memory. protoc has no such limit.
const MAX_COPIED_LOCATIONS: usize = 1 << 20;
const MAX_COPIED_BYTES: usize = 1 << 26;

/// The greatest number that a field can have.
const MAX_FIELD_NUMBER: i32 = 0x1fff_ffff;

impl Parser<'_> {
    /// `extensions`, ranges, and options that hold for all of them.
    pub(super) fn extensions(
        &mut self,
        message: &mut DescriptorProto,
        extensions_at: At,
    ) -> Parsing {
        self.consume("extensions")?;
        let first = message.extension_range.len();
        loop {
            let mut range = ExtensionRange::default();
            let path = [index(message.extension_range.len())];
            let result = self.located(extensions_at, &path, |parser, at| {
                parser.note(at, Part::Number, at);
                parser.extension_range(&mut range, at)
            });
            message.extension_range.push(range);
            result?;
            if !self.try_consume(",") {
                break;
            }
        }
        if self.looking_at("[") {
            self.extension_range_options(message, first, extensions_at)?;
        }
        self.end_of_declaration(";", Some(extensions_at))
    }

    fn extension_range(&mut self, range: &mut ExtensionRange, at: At) -> Parsing {
        let token = self.current();
        let start = self.located(at, &[paths::range::START], |parser, _| {
            let start = parser.integer("Expected field number range.")?;
            parser.within_bounds(start)
        })?;
        let end = self.end_of_range(at, token, start, |parser| {
            let end = parser.integer("Expected integer.")?;
            parser.within_bounds(end)
        })?;
        range.start = Some(start);
        range.end = Some(end);
        Ok(())
    }

    fn within_bounds(&mut self, number: i32) -> Parsing<i32> {
        if number == i32::MAX {
            return Err(self.error("Field number out of bounds."));
        }
        Ok(number)
    }

    /// The end of a range of field numbers, which is not in the range any
    /// more. Without `to`, the range has one number, and its end the place of
    /// its start.
    pub(super) fn end_of_range(
        &mut self,
        at: At,
        start_token: Token<'_>,
        start: i32,
        number: impl FnOnce(&mut Self) -> Parsing<i32>,
    ) -> Parsing<i32> {
        if !self.try_consume("to") {
            let end_at = self.locations.open(Some(at), &[paths::range::END], &start_token);
            self.locations.close(end_at, &start_token);
            return Ok(start.wrapping_add(1));
        }
        self.located(at, &[paths::range::END], |parser, _| {
            if parser.try_consume("max") {
                return Ok(MAX_SENTINEL);
            }
            // One more than the greatest number wraps around, as in protoc.
            Ok(number(parser)?.wrapping_add(1))
        })
    }

    /// Reads the options into the first of the ranges, and copies them, and
    /// where they stand, to all of them.
    fn extension_range_options(
        &mut self,
        message: &mut DescriptorProto,
        first: usize,
        extensions_at: At,
    ) -> Parsing {
        let start = self.locations.len();
        let start_offset = self.lexer.offset();
        let depth = self.locations.path(extensions_at).len();
        let path = [index(first), paths::range::OPTIONS];
        let ranges = &mut message.extension_range[first..];
        let (range, others) = ranges.split_first_mut().expect("a range has been read");
        let options = range.options.get_or_insert_default();
        self.located(extensions_at, &path, |parser, at| {
            parser.option_list(&mut options.uninterpreted_option, at)
        })?;
        let locations = (self.locations.len() - start).saturating_mul(others.len());
        let bytes = (self.lexer.offset() - start_offset).saturating_mul(others.len());
        if locations > MAX_COPIED_LOCATIONS || bytes > MAX_COPIED_BYTES {
            return Err(self.error("Too many options for so many extension ranges."));
        }
        for other in others {
            *other.options.get_or_insert_default() = options.clone();
        }
        self.locations.repeat(start, depth, first..message.extension_range.len());
        Ok(())
    }
}

/// Puts the greatest number in place of `max`. In a message set it is a
/// greater one than elsewhere.
pub(super) fn resolve_max(message: &mut DescriptorProto) {
    let is_message_set = message.options.uninterpreted_option.iter().any(|option| {
        matches!(&option.name[..], [part]
            if !part.is_extension && part.name_part == "message_set_wire_format")
            && option.identifier_value.as_deref() == Some("true")
    });
    let max = if is_message_set { i32::MAX } else { MAX_FIELD_NUMBER + 1 };
    let extensions = message.extension_range.iter_mut().map(|range| &mut range.end);
    let reserved = message.reserved_range.iter_mut().map(|range| &mut range.end);
    for end in extensions.chain(reserved) {
        if *end == Some(MAX_SENTINEL) {
            *end = Some(max);
        }
    }
}
