//! Messages in the text format: the values of options between braces.
//!
//! The rules, and the words about what breaks them, are those of protoc. An
//! option's value has been through the lexer once; its tokens are joined by
//! spaces.

mod values;

pub(super) use values::{low_half, to_float, zigzag};

use super::builder::Builder;
use super::dynamic::{Content, DEPTH, Dynamic};
use super::pool::{FieldId, MessageId, Pool, TypeReference};
use super::scope::Seek;
use super::symbols::Symbol;
use super::wire::WireValue;
use crate::lex::{Kind, Lexer, is_identifier};
use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};

/// Reads a message of the files' pool, or of that of the options that are
/// `known` without them; what is wrong with it comes in protoc's words.
pub(super) fn parse(
    builder: &mut Builder<'_>,
    known: bool,
    message: MessageId,
    text: &str,
) -> Result<Dynamic, String> {
    let mut parser = Parser { builder, known, lexer: Lexer::new(text.as_bytes()), depth: DEPTH };
    parser.next();
    let mut value = Dynamic::new(message);
    while !parser.at_end() {
        parser.field(&mut value)?;
    }
    let mut missing = Vec::new();
    value.missing(parser.pool(), "", &mut missing);
    if missing.is_empty() {
        Ok(value)
    } else {
        Err(format!("Message missing required fields: {}", missing.join(", ")))
    }
}

struct Parser<'b, 'a, 't> {
    builder: &'b mut Builder<'a>,
    known: bool,
    lexer: Lexer<'t>,
    /// How much deeper messages may be nested.
    depth: usize,
}

impl Parser<'_, '_, '_> {
    /// The pool that the message is of.
    fn pool(&self) -> &Pool {
        self.builder.options_pool(self.known)
    }

    fn next(&mut self) {
        self.lexer.next();
    }

    fn is(&self, text: &str) -> bool {
        self.lexer.current().is(text)
    }

    fn kind(&self) -> Kind {
        self.lexer.current().kind
    }

    /// A `#` begins a comment, and everything stands on one line.
    fn at_end(&self) -> bool {
        self.kind() == Kind::End || self.is("#")
    }

    /// The current token for people.
    fn found(&self) -> String {
        self.lexer.current().to_text().into_owned()
    }

    fn try_consume(&mut self, text: &str) -> bool {
        let found = self.is(text);
        if found {
            self.next();
        }
        found
    }

    fn consume(&mut self, text: &str) -> Result<(), String> {
        if self.try_consume(text) {
            return Ok(());
        }
        Err(format!("Expected \"{text}\", found \"{}\".", self.found()))
    }

    fn identifier(&mut self) -> Result<String, String> {
        if self.kind() != Kind::Identifier {
            return Err(format!("Expected identifier, got: {}", self.found()));
        }
        let name = self.found();
        self.next();
        Ok(name)
    }

    /// One field of `message`, with its name.
    fn field(&mut self, message: &mut Dynamic) -> Result<(), String> {
        let found = if self.is("[") {
            if let Some(fields) = any_fields(self.pool(), message.message) {
                return self.any(message, fields);
            }
            Some(self.extension(message.message)?)
        } else {
            self.field_of(message.message)?
        };
        match found {
            Some((id, name)) => {
                self.check_unset(message, id, &name)?;
                self.value_of(message, id)?;
            }
            // A name that is reserved: its value is passed over.
            None if self.try_consume(":") && !self.is("{") && !self.is("<") => self.skip_value()?,
            None => self.skip_message()?,
        }
        let _ = self.try_consume(";") || self.try_consume(",");
        Ok(())
    }

    /// The extension whose name stands in brackets.
    fn extension(&mut self, message: MessageId) -> Result<(FieldId, String), String> {
        let (prefix, name) = self.bracketed()?;
        if !prefix.is_empty() {
            return Err("Extension name contains \"/\"".to_owned());
        }
        let scope = self.pool()[message].full_name.clone();
        let found = match self.builder.look_up(&name, &scope, Seek::Anything) {
            Some(Symbol::Field(id)) => Some(id),
            Some(Symbol::Message(of)) if self.pool()[message].message_set => {
                self.extension_of_set(message, of)
            }
            _ => None,
        };
        // Extensions are of the files' own pool.
        let found =
            found.filter(|id| !self.known && self.builder.pool[*id].containing == Some(message));
        found.map(|id| (id, name.clone())).ok_or_else(|| {
            format!("Extension \"{name}\" is not defined or is not an extension of \"{scope}\".")
        })
    }

    /// Extensions of message sets may go by the name of their message.
    fn extension_of_set(&self, set: MessageId, of: MessageId) -> Option<FieldId> {
        let pool = self.pool();
        pool[of].extensions.iter().copied().find(|id| {
            let extension = &pool[*id];
            extension.containing == Some(set)
                && extension.kind == Some(Type::TYPE_MESSAGE)
                && extension.label == Label::LABEL_OPTIONAL
                && extension.refers_to == TypeReference::Message(of)
        })
    }

    /// The field with the name that comes next; `None` if the name is reserved.
    fn field_of(&mut self, message: MessageId) -> Result<Option<(FieldId, String)>, String> {
        let name = self.identifier()?;
        let pool = self.pool();
        if let Some(id) = pool.field_by_name(message, &name) {
            return Ok(Some((id, name)));
        }
        // A group goes by the name of its message.
        if let Some(id) = pool.field_by_name(message, &name.to_lowercase())
            && is_group_like(self.pool(), id, &name)
        {
            return Ok(Some((id, name)));
        }
        if pool[message].reserved_names.contains(&name) {
            return Ok(None);
        }
        let message = &pool[message].full_name;
        Err(format!("Message type \"{message}\" has no field named \"{name}\"."))
    }

    fn check_unset(&self, message: &Dynamic, id: FieldId, name: &str) -> Result<(), String> {
        let pool = self.pool();
        let field = &pool[id];
        if !field.is_repeated() && message.has(field) {
            return Err(format!("Non-repeated field \"{name}\" is specified multiple times."));
        }
        let Some(oneof) = field.oneof else { return Ok(()) };
        let Some(other) = message.set_of_oneof(pool, oneof) else { return Ok(()) };
        Err(format!(
            "Field \"{name}\" is specified along with field \"{}\", another member of oneof \
             \"{}\".",
            other.name, pool[oneof].name
        ))
    }

    /// What stands after a field's name.
    fn value_of(&mut self, message: &mut Dynamic, id: FieldId) -> Result<(), String> {
        if self.pool()[id].is_message() {
            self.try_consume(":");
        } else {
            self.consume(":")?;
        }
        if !self.pool()[id].is_repeated() || !self.try_consume("[") {
            return self.one_value(message, id);
        }
        if self.try_consume("]") {
            return Ok(());
        }
        loop {
            self.one_value(message, id)?;
            if self.try_consume("]") {
                return Ok(());
            }
            self.consume(",")?;
        }
    }

    fn one_value(&mut self, message: &mut Dynamic, id: FieldId) -> Result<(), String> {
        if !self.pool()[id].is_message() {
            let value = self.scalar(id)?;
            message.add(self.pool(), id, Content::Scalar(value));
            return Ok(());
        }
        let delimiter = self.open()?;
        match message.sub_message(self.pool(), id) {
            Some(inner) => self.message(inner, delimiter),
            None => Ok(()),
        }
    }

    /// The start of a message; what ends it is returned.
    fn open(&mut self) -> Result<&'static str, String> {
        if self.try_consume("<") {
            return Ok(">");
        }
        self.consume("{")?;
        Ok("}")
    }

    /// The fields of a message that was opened.
    fn message(&mut self, message: &mut Dynamic, delimiter: &str) -> Result<(), String> {
        self.deeper()?;
        while !self.is(">") && !self.is("}") {
            self.field(message)?;
        }
        self.consume(delimiter)?;
        self.depth += 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| {
            format!(
                "Message is too deep, the parser exceeded the configured recursion limit of \
                 {DEPTH}."
            )
        })?;
        Ok(())
    }

    /// An `Any` that is written as the message in it.
    fn any(
        &mut self,
        message: &mut Dynamic,
        (url, value): (FieldId, FieldId),
    ) -> Result<(), String> {
        let (prefix, name) = self.bracketed()?;
        if prefix.is_empty() {
            return Err("Type URL prefix is missing".to_owned());
        }
        self.try_consume(":");
        let known = ["type.googleapis.com/", "type.googleprod.com/"].contains(&prefix.as_str());
        let of = match known.then(|| self.builder.find(&name)).flatten() {
            Some(Symbol::Message(of)) => of,
            _ => {
                return Err(format!(
                    "Could not find type \"{prefix}{name}\" stored in google.protobuf.Any."
                ));
            }
        };
        let mut inner = Dynamic::new(of);
        let delimiter = self.open()?;
        self.message(&mut inner, delimiter)?;
        let pool = self.pool();
        let mut missing = Vec::new();
        inner.missing(pool, "", &mut missing);
        if !missing.is_empty() {
            return Err(format!(
                "Value of type \"{}\" stored in google.protobuf.Any has missing required fields: \
                 {}",
                pool[of].full_name,
                missing.join(", ")
            ));
        }
        if message.has(&pool[url]) || message.has(&pool[value]) {
            return Err("Non-repeated Any specified multiple times.".to_owned());
        }
        let text = format!("{prefix}{name}").into_bytes();
        message.add(pool, url, Content::Scalar(WireValue::Bytes(text)));
        let bytes = inner.encode(pool);
        message.add(pool, value, Content::Scalar(WireValue::Bytes(bytes)));
        let _ = self.try_consume(";") || self.try_consume(",");
        Ok(())
    }

    /// A name in brackets, with what stands before its last slash.
    fn bracketed(&mut self) -> Result<(String, String), String> {
        self.consume("[")?;
        let mut text = String::new();
        while !self.at_end() && !self.is("]") && self.is_part_of_url() {
            text.push_str(&self.found());
            self.next();
        }
        self.consume("]")?;
        let slash = text.rfind('/').map_or(0, |slash| slash + 1);
        let name = text.split_off(slash);
        if text == "/" {
            return Err("Type URL prefix is empty".to_owned());
        }
        if text.starts_with('/') {
            return Err("Type URL starts with \"/\"".to_owned());
        }
        match name.split('.').find(|part| !is_identifier(part.as_bytes())) {
            None => Ok((text, name)),
            Some(part) => Err(format!("Invalid identifier in type name, got: \"{part}\"")),
        }
    }

    fn is_part_of_url(&self) -> bool {
        let allowed =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~!$&()*+,;=%/".contains(byte);
        self.kind() != Kind::String && self.lexer.current().text.iter().all(allowed)
    }
}

/// The fields of a message that is an `Any`.
fn any_fields(pool: &Pool, message: MessageId) -> Option<(FieldId, FieldId)> {
    if pool[message].full_name != "google.protobuf.Any" {
        return None;
    }
    let url = pool.field_by_number(message, 1)?;
    let value = pool.field_by_number(message, 2)?;
    (pool[url].kind == Some(Type::TYPE_STRING) && pool[value].kind == Some(Type::TYPE_BYTES))
        .then_some((url, value))
}

/// Whether a field looks as if it was declared as a group of that name.
fn is_group_like(pool: &Pool, id: FieldId, name: &str) -> bool {
    let field = &pool[id];
    let TypeReference::Message(of) = field.refers_to else { return false };
    field.kind == Some(Type::TYPE_GROUP)
        && pool[of].name == name
        && field.name == name.to_lowercase()
        && pool[of].file == field.file
        && pool[of].parent == field.scope
}
