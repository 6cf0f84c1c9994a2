//! Rules about a message that was there before and still is, and about its
//! fields that are not.

use std::collections::BTreeSet;

use super::api::{Cardinality, Field, Message};
use super::change::Advice;
use super::compare::Comparison;
use super::enums::{json_format_advice, json_formats};
use super::fields::Pair;
use super::ranges::is_in;
use crate::descriptors::Named as _;
use crate::parse::paths;

impl Comparison<'_> {
    pub(super) fn message(&mut self, before: &Message<'_>, after: &Message<'_>) {
        let name = after.home.nested_name.clone();
        for (number, field) in &before.fields {
            match after.fields.get(number) {
                Some(now) => self.field(&Pair {
                    before: field,
                    after: now,
                    subject: format!(
                        "Field \"{number}\" with name \"{}\" on message \"{name}\"",
                        now.proto.name()
                    ),
                    nameless: format!("Field \"{number}\" on message \"{name}\""),
                }),
                None => self.deleted_field(*number, field, after),
            }
        }
        for oneof in before.oneofs.difference(&after.oneofs) {
            let text =
                format!("Previously present oneof \"{oneof}\" on message \"{name}\" was deleted.");
            let advice = Advice::default()
                .source(format!("whatever uses the oneof `{oneof}` does not compile"))
                .instead("keep it until nobody uses it");
            self.report_at("ONEOF_NO_DELETE", &after.home, &[], text, advice);
        }
        let names = (&before.proto.reserved_name[..], &after.proto.reserved_name[..]);
        let subject = ("message", name.as_str());
        let rule = "RESERVED_MESSAGE_NO_DELETE";
        self.reserved(rule, subject, names, (&before.reserved, &after.reserved), &after.home);
        let ranges = (&before.extension_ranges[..], &after.extension_ranges[..]);
        self.ranges("EXTENSION_MESSAGE_NO_DELETE", "extension", subject, ranges, &after.home);
        self.required(before, after);
        if before.features.json_at_best() != after.features.json_at_best() {
            let (from, to) = json_formats(before.features.json_at_best());
            let text =
                format!("Message \"{name}\" JSON format support changed from {from} to {to}.");
            let advice = json_format_advice();
            self.report_at("MESSAGE_SAME_JSON_FORMAT", &after.home, &[], text, advice);
        }
        let accessor = |message: &Message<'_>| {
            message.proto.options.no_standard_descriptor_accessor.unwrap_or(false)
        };
        if !accessor(before) && accessor(after) {
            let text = format!(
                "Message option \"no_standard_descriptor_accessor\" on message \"{name}\" changed \
                 from \"false\" to \"true\"."
            );
            let advice = Advice::default()
                .source("the accessor `descriptor()` is not generated in C++")
                .instead("leave the option out");
            let rule = "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR";
            let part = [paths::message::OPTIONS, 2];
            self.report_at(rule, &after.home, &part, text, advice);
        }
    }

    pub(super) fn deleted_field(&mut self, number: i32, field: &Field<'_>, after: &Message<'_>) {
        let (name, message) = (field.proto.name(), &after.home.nested_name);
        let text = format!(
            "Previously present field \"{number}\" with name \"{name}\" on message \"{message}\" \
             was deleted"
        );
        let has_number = is_in(number, &after.reserved);
        let has_name = after.proto.reserved_name.iter().any(|reserved| reserved == name);
        let key = field.proto.json_name.clone().unwrap_or_default();
        let mut advice = Advice::default();
        if !has_number {
            advice = advice.wire(format!(
                "should number {number} be used again, old messages are read as garbage"
            ));
        }
        advice = advice
            .json(format!("the key \"{key}\" is not known: strict readers refuse old messages"))
            .source(format!("whatever uses `{name}` does not compile"));
        let missing = match (has_number, has_name) {
            (true, true) => None,
            (true, false) => Some(format!("reserved \"{name}\";")),
            (false, true) => Some(format!("reserved {number};")),
            (false, false) => Some(format!("reserved {number}; reserved \"{name}\";")),
        };
        advice = match missing {
            Some(missing) => advice.instead(format!("write `{missing}` into `{message}`")),
            None => advice.instead("keep it until nobody uses it, with `[deprecated = true]`"),
        };
        for (rule, is_broken, end) in [
            ("FIELD_NO_DELETE", true, ".".to_owned()),
            (
                "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
                !has_name,
                format!(" without reserving the name \"{name}\"."),
            ),
            (
                "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
                !has_number,
                format!(" without reserving the number \"{number}\"."),
            ),
        ] {
            if is_broken {
                self.report_at(rule, &after.home, &[], format!("{text}{end}"), advice.clone());
            }
        }
    }

    pub(super) fn required(&mut self, before: &Message<'_>, after: &Message<'_>) {
        let numbers = |message: &Message<'_>| -> BTreeSet<i32> {
            let is_required = |field: &Field<'_>| field.cardinality == Cardinality::Required;
            let fields = message.fields.iter().filter(|(_, field)| is_required(field));
            fields.map(|(number, _)| *number).collect()
        };
        let (old, new) = (numbers(before), numbers(after));
        let name = &after.home.nested_name;
        let advice = || {
            Advice::default()
                .wire("one side refuses messages of the other, which lack the field")
                .json("one side refuses messages of the other, which lack the field")
                .instead("make it optional, and ask for it in code")
        };
        let rule = "MESSAGE_SAME_REQUIRED_FIELDS";
        let end = "Required fields must always be sent, so if one side does not know about the \
                   required field, this will result in a breakage.";
        for number in old.difference(&new) {
            let text = format!("Message \"{name}\" had required field \"{number}\" deleted. {end}");
            self.report_at(rule, &after.home, &[], text, advice());
        }
        for number in new.difference(&old) {
            let text = format!("Message \"{name}\" had required field \"{number}\" added. {end}");
            self.report_at(rule, &after.fields[number].home, &[], text, advice());
        }
    }
}
