//! One option: its name is followed through messages and extensions to a
//! field, and its value written as that field is on the wire.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
use buffa_codegen::generated::descriptor::uninterpreted_option::NamePart;
use buffa_codegen::generated::descriptor::{FileDescriptorProto, UninterpretedOption};

use super::{Interpreted, PendingOptions, element, known};
use crate::hints::similar;
use crate::parse::Part;
use crate::resolve::builder::Builder;
use crate::resolve::pool::{FieldId, MessageId, Pool, TypeReference};
use crate::resolve::scope::Seek;
use crate::resolve::symbols::Symbol;
use crate::resolve::wire::{self, Record, WireValue};

/// What is wrong with an option, in protoc's words, and what to do about it.
pub(super) struct Mistake {
    part: Part,
    message: String,
    hint: Option<String>,
}

impl Mistake {
    pub(super) fn name(message: String) -> Self {
        Self { part: Part::OptionName, message, hint: None }
    }

    pub(super) fn value(message: String) -> Self {
        Self { part: Part::OptionValue, message, hint: None }
    }

    pub(super) fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}

/// The fields that an option's name leads through, in the pool that they are
/// of; the last one is the option.
pub(super) struct Target {
    pub known: bool,
    pub fields: Vec<FieldId>,
    /// The name as messages give it.
    pub name: String,
}

impl Builder<'_> {
    /// The pool that a target is of.
    pub(in crate::resolve) fn options_pool(&self, known: bool) -> &Pool {
        if known { known::pool() } else { self.pool }
    }

    /// Interprets an element's options of one round.
    pub(super) fn interpret(
        &mut self,
        pending: &mut PendingOptions,
        extensions: bool,
        proto: &mut FileDescriptorProto,
        interpreted: &mut Interpreted,
    ) {
        let Some(element) = element::find(proto, &pending.path) else { return };
        let type_name = element.type_name();
        let before = pending.records.len();
        let mut failed = false;
        let written = std::mem::take(&mut pending.written);
        let mut path = pending.path.clone();
        path.push(999);
        for (index, option) in (0..).zip(&written) {
            path.push(index);
            match self.interpret_one(pending, option, extensions, type_name) {
                Ok(Some((target, records))) => {
                    let became = self.became(&pending.path, &target, interpreted);
                    interpreted.paths.push((path.clone(), became));
                    pending.records.extend(records);
                }
                Ok(None) => {}
                Err(mistake) => {
                    let outer = std::mem::replace(&mut self.path, path.clone());
                    self.error_with_hint(mistake.part, mistake.message, mistake.hint);
                    self.path = outer;
                    failed = true;
                    break;
                }
            }
            path.pop();
        }
        pending.written = written;
        let Some(element) = element::find(proto, &pending.path) else { return };
        if !failed && pending.records.len() > before {
            let mut bytes = element.bytes();
            for record in &pending.records[before..] {
                wire::write(record, &mut bytes);
            }
            if element.replace(&bytes).is_none() {
                let outer = std::mem::replace(&mut self.path, pending.path.clone());
                let message = "Some options could not be correctly parsed using the proto \
                               descriptors compiled into this binary.";
                self.error(Part::Other, message);
                self.path = outer;
            }
        }
    }

    /// The path of what an option became in the descriptor.
    fn became(&self, options: &[i32], target: &Target, interpreted: &mut Interpreted) -> Vec<i32> {
        let pool = self.options_pool(target.known);
        let mut path = options.to_vec();
        path.extend(target.fields.iter().map(|field| pool[*field].number));
        if target.fields.last().is_some_and(|field| pool[*field].is_repeated()) {
            let count = match interpreted.counts.iter_mut().find(|(list, _)| *list == path) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    interpreted.counts.push((path.clone(), 0));
                    0
                }
            };
            path.push(count);
        }
        path
    }

    /// The records of an option; `None` if it is for another round.
    fn interpret_one(
        &mut self,
        pending: &PendingOptions,
        option: &UninterpretedOption,
        extensions: bool,
        type_name: &str,
    ) -> Result<Option<(Target, Vec<Record>)>, Mistake> {
        let Some(first) = option.name.first() else {
            return match extensions {
                true => Err(Mistake::name("Option must have a name.".to_owned())),
                false => Ok(None),
            };
        };
        if first.name_part == "uninterpreted_option" {
            let message = "Option must not use reserved name \"uninterpreted_option\".";
            return match extensions {
                true => Err(Mistake::name(message.to_owned())),
                false => Ok(None),
            };
        }
        if first.is_extension != extensions {
            return Ok(None);
        }
        let target = self.target(&option.name, type_name, &pending.scope)?;
        let pool = self.options_pool(target.known);
        let Some((leaf, through)) = target.fields.split_last() else { return Ok(None) };
        if !pool[*leaf].is_repeated() && is_set(pool, &pending.records, through, *leaf) {
            return Err(Mistake::name(format!("Option \"{}\" was already set.", target.name)));
        }
        let leaf = *leaf;
        let mut value = self.option_value(&target, leaf, option)?;
        let pool = self.options_pool(target.known);
        let (_, through) = target.fields.split_last().unwrap_or((&leaf, &[]));
        let mut number = pool[leaf].number;
        for field in through.iter().rev() {
            let field = &pool[*field];
            let mut inner = Vec::new();
            wire::write(&Record { number: number.unsigned_abs(), value }, &mut inner);
            value = match field.kind {
                Some(Type::TYPE_GROUP) => WireValue::Group(inner),
                _ => WireValue::Bytes(inner),
            };
            number = field.number;
        }
        Ok(Some((target, vec![Record { number: number.unsigned_abs(), value }])))
    }

    /// Where an option's name leads.
    fn target(
        &mut self,
        name: &[NamePart],
        type_name: &str,
        scope: &str,
    ) -> Result<Target, Mistake> {
        let (known, mut message) = match self.find_anywhere(type_name) {
            Some(Symbol::Message(message)) => (false, message),
            _ => match known::message(type_name) {
                Some(message) => (true, message),
                None => return Err(Mistake::name(format!("\"{type_name}\" is not defined."))),
            },
        };
        let mut target = Target { known, fields: Vec::new(), name: String::new() };
        let is_feature =
            name.first().is_some_and(|part| part.name_part == "features" && !part.is_extension);
        for (index, part) in name.iter().enumerate() {
            self.undefined.clear();
            let field = self.part(part, &mut target, message, scope)?;
            target.fields.push(field);
            let pool = self.options_pool(known);
            if !known && is_feature && pool[field].file == self.file {
                return Err(Mistake::name(format!(
                    "Feature \"{}\" can't be used in the same file it's defined in.",
                    target.name
                )));
            }
            if index + 1 == name.len() {
                break;
            }
            message = match pool[field].refers_to {
                TypeReference::Message(_) if pool[field].is_repeated() => {
                    return Err(Mistake::name(format!(
                        "Option field \"{}\" is a repeated message. Repeated message options must \
                         be initialized using an aggregate value.",
                        target.name
                    )));
                }
                TypeReference::Message(message) => message,
                _ => {
                    return Err(Mistake::name(format!(
                        "Option \"{}\" is an atomic type, not a message.",
                        target.name
                    )));
                }
            };
        }
        Ok(target)
    }

    /// The field that a part of a name names in `message`.
    fn part(
        &mut self,
        part: &NamePart,
        target: &mut Target,
        message: MessageId,
        scope: &str,
    ) -> Result<FieldId, Mistake> {
        if !target.name.is_empty() {
            target.name.push('.');
        }
        let name = part.name_part.as_str();
        let found = if part.is_extension {
            target.name.push_str(&format!("({name})"));
            match self.look_up(name, scope, Seek::Anything) {
                Some(Symbol::Field(field)) => Some(field),
                _ => None,
            }
        } else {
            target.name.push_str(name);
            self.options_pool(target.known).field_by_name(message, name)
        };
        let shown = &target.name;
        let Some(field) = found else {
            if !self.undefined.is_empty() {
                let rest = shown.get(1..).unwrap_or_default();
                return Err(Mistake::name(format!(
                    "Option \"{shown}\" is resolved to \"({})\", which is not defined. The \
                     innermost scope is searched first in name resolution. Consider using a \
                     leading '.'(i.e., \"(.{rest}\") to start from the outermost scope.",
                    self.undefined
                )));
            }
            let hint = self.similar_option(part, target.known, message);
            return Err(Mistake::name(format!(
                "Option \"{shown}\" unknown. Ensure that your proto definition file imports the \
                 proto which defines the option (i.e. via import option after edition 2024)."
            ))
            .with_hint(hint));
        };
        // An extension is of the files' own pool.
        let pool = self.options_pool(target.known && !part.is_extension);
        if pool[field].containing != Some(message) || (part.is_extension && target.known) {
            let message = &self.options_pool(target.known)[message].name;
            return Err(Mistake::name(format!(
                "Option field \"{shown}\" is not a field or extension of message \"{message}\"."
            )));
        }
        Ok(field)
    }

    /// What the author of an unknown option probably meant.
    fn similar_option(&self, part: &NamePart, known: bool, message: MessageId) -> Option<String> {
        if part.is_extension {
            let (file, _) = self.undeclared.as_ref()?;
            return Some(format!("add `import \"{}\";`, which defines it", self.pool[*file].name));
        }
        let pool = self.options_pool(known);
        let names = pool[message].fields.iter().map(|field| pool[*field].name.as_str());
        let meant = similar::best(&part.name_part, names)?;
        Some(format!("did you mean `{meant}`?"))
    }
}

/// Whether an option has a value among `records`.
fn is_set(pool: &Pool, records: &[Record], through: &[FieldId], leaf: FieldId) -> bool {
    let Some((first, rest)) = through.split_first() else {
        return records.iter().any(|record| record.number == pool[leaf].number.unsigned_abs());
    };
    let field = &pool[*first];
    records.iter().filter(|record| record.number == field.number.unsigned_abs()).any(|record| {
        let inner = match (&record.value, field.kind) {
            (WireValue::Bytes(bytes), Some(Type::TYPE_MESSAGE)) => bytes,
            (WireValue::Group(bytes), Some(Type::TYPE_GROUP)) => bytes,
            _ => return false,
        };
        wire::read_all(inner).is_some_and(|records| is_set(pool, &records, rest, leaf))
    })
}
