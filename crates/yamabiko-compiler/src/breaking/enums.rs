//! Rules about an enum that was there before and still is.

use super::api::Enum;
use super::change::Advice;
use super::compare::Comparison;
use super::ranges::is_in;
use crate::elements::at;
use crate::parse::paths;

impl Comparison<'_> {
    pub(super) fn enumeration(&mut self, before: &Enum<'_>, after: &Enum<'_>) {
        let name = after.home.nested_name.clone();
        for (number, names) in &before.values {
            match after.values.get(number) {
                Some(now) => self.value(*number, names, now, after),
                None => self.deleted_value(*number, names, after),
            }
        }
        let names = (&before.proto.reserved_name, &after.proto.reserved_name);
        let numbers = (&before.reserved[..], &after.reserved[..]);
        let rule = "RESERVED_ENUM_NO_DELETE";
        self.reserved(rule, ("enum", &name), (names.0, names.1), numbers, &after.home);
        if before.features.closed() != after.features.closed() {
            let kind = |closed| if closed { "closed" } else { "open" };
            let (from, to) = (kind(before.features.closed()), kind(after.features.closed()));
            let text = format!("Enum \"{name}\" changed from {from} to {to}.");
            let advice = Advice::default()
                .wire(
                    "values that a reader does not know are kept by one side, dropped by the other",
                )
                .source("the generated enum has another form")
                .instead("keep `features.enum_type` as it was");
            /// The numbers of the feature in `EnumOptions` and `FeatureSet`.
            const ENUM_TYPE: [i32; 2] = [7, 2];
            let part = [&[paths::enumeration::OPTIONS], &ENUM_TYPE[..]].concat();
            self.report_at("ENUM_SAME_TYPE", &after.home, &part, text, advice);
        }
        if before.features.json_at_best() != after.features.json_at_best() {
            let (from, to) = json_formats(before.features.json_at_best());
            let text = format!("Enum \"{name}\" JSON format support changed from {from} to {to}.");
            let advice = json_format_advice();
            self.report_at("ENUM_SAME_JSON_FORMAT", &after.home, &[], text, advice);
        }
    }

    pub(super) fn value(
        &mut self,
        number: i32,
        before: &[(&str, usize)],
        after: &[(&str, usize)],
        of: &Enum<'_>,
    ) {
        let is_kept = |(name, _): &(&str, usize)| after.iter().any(|(other, _)| name == other);
        if before.iter().all(is_kept) {
            return;
        }
        let list = |values: &[(&str, usize)]| match values {
            [(name, _)] => format!("\"{name}\""),
            values => {
                let names: Vec<String> =
                    values.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                names.join(",")
            }
        };
        let name = &of.home.nested_name;
        let plural = if before.len() > 1 || after.len() > 1 { "s" } else { "" };
        let text = format!(
            "Enum value \"{number}\" on enum \"{name}\" changed name{plural} from {} to {}.",
            list(before),
            list(after)
        );
        let gone = before.iter().find(|value| !is_kept(value)).map_or("", |(name, _)| name);
        let advice = Advice::default()
            .json(format!("the value \"{gone}\" is not known"))
            .source(format!("whatever uses `{gone}` does not compile"))
            .instead(format!("keep `{gone} = {number};`, with the new name as an alias"));
        for (_, index) in after {
            let part = [paths::enumeration::VALUE, at(*index), paths::value::NAME];
            self.report_at("ENUM_VALUE_SAME_NAME", &of.home, &part, text.clone(), advice.clone());
        }
    }

    pub(super) fn deleted_value(&mut self, number: i32, names: &[(&str, usize)], after: &Enum<'_>) {
        let of = &after.home.nested_name;
        let text =
            format!("Previously present enum value \"{number}\" on enum \"{of}\" was deleted");
        let has_number = is_in(number, &after.reserved);
        let reserved = |name: &str| after.proto.reserved_name.iter().any(|other| other == name);
        let missing: Vec<&str> =
            names.iter().map(|(name, _)| *name).filter(|name| !reserved(name)).collect();
        let first = names.first().map_or("", |(name, _)| name);
        let mut advice = Advice::default();
        if !has_number {
            advice = advice.wire(format!(
                "should {number} be used again, old messages come to mean something else"
            ));
        }
        advice = advice
            .json(format!("the value \"{first}\" is not known: readers refuse old messages"))
            .source(format!("whatever uses `{first}` does not compile"));
        let quoted: Vec<String> = missing.iter().map(|name| format!("\"{name}\"")).collect();
        let mut lines = Vec::new();
        if !has_number {
            lines.push(format!("reserved {number};"));
        }
        if !quoted.is_empty() {
            lines.push(format!("reserved {};", quoted.join(", ")));
        }
        advice = match lines.is_empty() {
            true => advice.instead("keep it until nobody uses it, with `[deprecated = true]`"),
            false => advice.instead(format!("write `{}` into `{of}`", lines.join(" "))),
        };
        self.report_at(
            "ENUM_VALUE_NO_DELETE",
            &after.home,
            &[],
            format!("{text}."),
            advice.clone(),
        );
        if !has_number {
            let text = format!("{text} without reserving the number \"{number}\".");
            let rule = "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED";
            self.report_at(rule, &after.home, &[], text, advice.clone());
        }
        if !missing.is_empty() {
            let what = if missing.len() > 1 { "names" } else { "name" };
            let text = format!("{text} without reserving the {what} {}.", quoted.join(", "));
            let rule = "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED";
            self.report_at(rule, &after.home, &[], text, advice);
        }
    }
}

/// What an enum or a message says of JSON, before and after.
pub(super) fn json_formats(was_best_effort: bool) -> (&'static str, &'static str) {
    let name = |best_effort| if best_effort { "LEGACY_BEST_EFFORT" } else { "ALLOW" };
    (name(was_best_effort), name(!was_best_effort))
}

pub(super) fn json_format_advice() -> Advice {
    Advice::default()
        .json("one side does not promise to read what the other one writes")
        .instead("keep `features.json_format` as it was")
}
