//! Rules about a field that was there before and still is.

use buffa::Enumeration as _;
use buffa_codegen::generated::descriptor::feature_set::Utf8Validation;
use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;
use buffa_codegen::generated::descriptor::field_options::{CType, JSType};

use super::api::{Api, Field};
use super::change::Advice;
use super::compare::Comparison;
use super::compatible;
use crate::parse::paths;
use crate::resolve::FeatureField;

/// A field as it was and as it is, and how to call it.
pub(super) struct Pair<'f, 'a> {
    pub before: &'f Field<'a>,
    pub after: &'f Field<'a>,
    /// `Field "1" with name "a" on message "M"`.
    pub subject: String,
    /// `Field "1" on message "M"`.
    pub nameless: String,
}

impl Comparison<'_> {
    pub(super) fn field(&mut self, pair: &Pair<'_, '_>) {
        self.field_names(pair);
        self.field_cardinality(pair);
        self.field_type(pair);
        self.field_oneof(pair);
        self.field_default(pair);
        self.field_options(pair);
        self.field_utf8(pair);
    }

    /// Says something about a part of a field.
    fn at_field(
        &mut self,
        rule: &'static str,
        pair: &Pair<'_, '_>,
        part: &[i32],
        text: String,
        advice: Advice,
    ) {
        self.report_at(rule, &pair.after.home, part, text, advice);
    }

    fn field_names(&mut self, pair: &Pair<'_, '_>) {
        let name = |field: &Field<'_>| field.proto.name.clone().unwrap_or_default();
        let (old, new) = (name(pair.before), name(pair.after));
        // The name of an extension is not said in messages.
        if old != new && pair.before.proto.extendee.is_none() {
            let text = format!("{} changed name from \"{old}\" to \"{new}\".", pair.nameless);
            let advice = Advice::default()
                .json(format!(
                    "the key of \"{old}\" is another one, and old readers drop the value"
                ))
                .source(format!("whatever uses `{old}` does not compile"))
                .instead(format!("keep the name `{old}`, or add `{new}` with a new number"));
            self.at_field("FIELD_SAME_NAME", pair, &[paths::field::NAME], text, advice);
        }
        let json = |field: &Field<'_>| field.proto.json_name.clone().unwrap_or_default();
        let (old_key, new_key) = (json(pair.before), json(pair.after));
        if old_key != new_key && pair.before.proto.extendee.is_none() {
            let text = format!(
                "{} changed option \"json_name\" from \"{old_key}\" to \"{new_key}\".",
                pair.subject
            );
            let advice = Advice::default()
                .json(format!("the key \"{old_key}\" is read and written no more"))
                .instead(format!("keep the key: `[json_name = \"{old_key}\"]`"));
            let part = [paths::field::JSON_NAME];
            self.at_field("FIELD_SAME_JSON_NAME", pair, &part, text, advice);
        }
    }

    fn field_cardinality(&mut self, pair: &Pair<'_, '_>) {
        let (old, new) = (pair.before.cardinality, pair.after.cardinality);
        if old == new {
            return;
        }
        let text = format!(
            "{} changed cardinality from \"{}\" to \"{}\".",
            pair.subject,
            old.name(),
            new.name()
        );
        let on_wire = compatible::as_many_on_the_wire(old, new);
        let in_json = compatible::as_many_in_json(old, new);
        let mut advice = Advice::default();
        if !on_wire {
            advice = advice.wire("one side writes values that the other drops or refuses");
        }
        if !in_json {
            advice = advice.json("a value, a list and an object are not read as each other");
        }
        let advice = advice
            .source("the generated field has another type")
            .instead("leave it, and add a field with a new number");
        for (rule, is_broken) in [
            ("FIELD_SAME_CARDINALITY", true),
            ("FIELD_WIRE_COMPATIBLE_CARDINALITY", !on_wire),
            ("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", !in_json),
        ] {
            if is_broken {
                let part = [paths::field::LABEL];
                self.at_field(rule, pair, &part, text.clone(), advice.clone());
            }
        }
    }

    fn field_type(&mut self, pair: &Pair<'_, '_>) {
        let (before, after) = (pair.before, pair.after);
        let same_kind = before.kind == after.kind;
        if same_kind && before.type_name() == after.type_name() {
            return;
        }
        let (old, new) = if same_kind {
            (before.type_name().to_owned(), after.type_name().to_owned())
        } else {
            (before.kind_name(), after.kind_name())
        };
        let text = format!("{} changed type from \"{old}\" to \"{new}\".", pair.subject);
        let (on_wire, in_json) = if same_kind {
            let same = compatible::named((self.before, before), (self.after, after));
            (same, same)
        } else {
            (
                compatible::on_the_wire(before.kind, after.kind),
                compatible::in_json(before.kind, after.kind),
            )
        };
        let mut advice = Advice::default();
        if !on_wire {
            advice = advice.wire("one side reads the other's value as garbage, or not at all");
        }
        if !in_json {
            advice = advice.json("values are written in another form");
        }
        let advice = advice
            .source("the generated field has another type")
            .instead("leave it, and add a field with a new number");
        for (rule, is_broken) in [
            ("FIELD_SAME_TYPE", true),
            ("FIELD_WIRE_COMPATIBLE_TYPE", !on_wire),
            ("FIELD_WIRE_JSON_COMPATIBLE_TYPE", !in_json),
        ] {
            if is_broken {
                let is_named = !after.type_name().is_empty();
                let part = [if is_named { paths::field::TYPE_NAME } else { paths::field::TYPE }];
                self.at_field(rule, pair, &part, text.clone(), advice.clone());
            }
        }
    }

    fn field_oneof(&mut self, pair: &Pair<'_, '_>) {
        let way = match (pair.before.oneof, pair.after.oneof) {
            (Some(_), None) => "moved from inside to outside a oneof".to_owned(),
            (None, Some(_)) => "moved from outside to inside a oneof".to_owned(),
            (Some(old), Some(new)) if old != new => {
                format!("moved from oneof \"{old}\" to oneof \"{new}\"")
            }
            _ => return,
        };
        let advice = Advice::default()
            .wire("a message with several of the fields loses all but one on the way")
            .source("the generated field moves in or out of the oneof's type")
            .instead("add a field with a new number where you want it");
        self.at_field("FIELD_SAME_ONEOF", pair, &[], format!("{} {way}.", pair.subject), advice);
    }

    fn field_default(&mut self, pair: &Pair<'_, '_>) {
        let (Some(old), Some(new)) =
            (default(self.before, pair.before), default(self.after, pair.after))
        else {
            return;
        };
        if old.0 == new.0 || pair.before.kind != pair.after.kind {
            return;
        }
        let text = format!("{} changed default value from {} to {}.", pair.subject, old.1, new.1);
        let advice = Advice::default()
            .wire("a message without the field means another value than its sender meant")
            .source("code that relies on the default works with another value")
            .instead(format!("keep the default {}", old.1));
        self.at_field("FIELD_SAME_DEFAULT", pair, &[paths::field::DEFAULT_VALUE], text, advice);
    }

    fn field_options(&mut self, pair: &Pair<'_, '_>) {
        /// The numbers of the options in `FieldOptions`.
        const CTYPE: i32 = 1;
        const JSTYPE: i32 = 6;
        let jstype = |field: &Field<'_>| {
            field.proto.options.jstype.unwrap_or(JSType::JS_NORMAL).proto_name()
        };
        let ctype =
            |field: &Field<'_>| field.proto.options.ctype.unwrap_or(CType::STRING).proto_name();
        let has_text =
            |field: &Field<'_>| matches!(field.kind, Type::TYPE_STRING | Type::TYPE_BYTES);
        let (old, new) = (jstype(pair.before), jstype(pair.after));
        if old != new {
            let text =
                format!("{} changed option \"jstype\" from \"{old}\" to \"{new}\".", pair.subject);
            let advice = Advice::default()
                .source("the field has another type in JavaScript")
                .instead(format!("keep `[jstype = {old}]`"));
            let part = [paths::field::OPTIONS, JSTYPE];
            self.at_field("FIELD_SAME_JSTYPE", pair, &part, text, advice);
        }
        let (old, new) = (ctype(pair.before), ctype(pair.after));
        if old != new && has_text(pair.before) && has_text(pair.after) {
            let text =
                format!("{} changed C++ string type from \"{old}\" to \"{new}\".", pair.subject);
            let advice = Advice::default()
                .source("the field has another type in C++")
                .instead(format!("keep `[ctype = {old}]`"));
            let part = [paths::field::OPTIONS, CTYPE];
            self.at_field("FIELD_SAME_CPP_STRING_TYPE", pair, &part, text, advice);
        }
    }

    /// Whether strings are checked to be UTF-8, by all languages and by Java.
    fn field_utf8(&mut self, pair: &Pair<'_, '_>) {
        /// The numbers of the feature in `FieldOptions` and `FeatureSet`.
        const UTF8_VALIDATION: [i32; 2] = [21, 4];
        if [pair.before, pair.after].iter().any(|field| field.kind != Type::TYPE_STRING) {
            return;
        }
        let part = [&[paths::field::OPTIONS], &UTF8_VALIDATION[..]].concat();
        let name = |is_checked| if is_checked { "VERIFY" } else { "NONE" };
        let advice = |old| {
            Advice::default()
                .wire("one side refuses strings that the other one sends")
                .instead(format!("keep `features.utf8_validation = {}`", name(old)))
        };
        let (old, new) = (is_utf8(pair.before), is_utf8(pair.after));
        if old != new {
            let text = format!(
                "{} changed UTF8 validation from {} to {}.",
                pair.subject,
                name(old),
                name(new)
            );
            self.at_field("FIELD_SAME_UTF8_VALIDATION", pair, &part, text, advice(old));
        }
        let (old, new) =
            (is_utf8_in_java(self.before, pair.before), is_utf8_in_java(self.after, pair.after));
        if old != new {
            let text = format!(
                "{} changed Java string UTF8 validation from \"{}\" to \"{}\".",
                pair.subject,
                name(old),
                name(new)
            );
            self.at_field("FIELD_SAME_JAVA_UTF8_VALIDATION", pair, &part, text, advice(old));
        }
    }
}

fn is_utf8(field: &Field<'_>) -> bool {
    let value = field.features.get(FeatureField::Utf8Validation);
    value == u8::try_from(Utf8Validation::VERIFY.to_i32()).ok()
}

/// In proto2, Java has an option of its own.
fn is_utf8_in_java(api: &Api<'_>, field: &Field<'_>) -> bool {
    let file = api.files.get(field.home.file.as_str());
    let checks = file.is_some_and(|file| {
        file.syntax.is_none() && file.options.java_string_check_utf8 == Some(true)
    });
    checks || is_utf8(field)
}

/// What a field that is not there counts as: a value to compare, and in words;
/// `None` if it has no such value.
fn default(api: &Api<'_>, field: &Field<'_>) -> Option<(String, String)> {
    use super::api::Cardinality;
    if matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map) {
        return None;
    }
    let written = field.proto.default_value.as_deref();
    Some(match field.kind {
        Type::TYPE_MESSAGE | Type::TYPE_GROUP => return None,
        Type::TYPE_STRING => {
            let text = written.unwrap_or_default();
            (text.to_owned(), format!("\"{text}\""))
        }
        Type::TYPE_BYTES => {
            let bytes = bytes(written.unwrap_or_default());
            let text: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:X}")).collect();
            let text = format!("[{}]", text.join(","));
            (text.clone(), text)
        }
        Type::TYPE_BOOL => {
            let text = written.unwrap_or("false").to_owned();
            (text.clone(), text)
        }
        Type::TYPE_ENUM => {
            let of = api.enums.get(field.type_name())?;
            let is_it = |value: &&_| match written {
                Some(name) => crate::descriptors::Named::name(*value) == name,
                None => true,
            };
            let value = of.proto.value.iter().find(is_it)?;
            let name = crate::descriptors::Named::name(value);
            let text = format!("{}.{name}", of.home.nested_name);
            (value.number.unwrap_or_default().to_string(), text)
        }
        _ => {
            let text = written.unwrap_or("0").to_owned();
            (text.clone(), text)
        }
    })
}

/// The bytes of a default value, which is written with C's escapes.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    crate::lex::strings::unescape(format!("\"{text}\"").as_bytes(), &mut out);
    out
}
