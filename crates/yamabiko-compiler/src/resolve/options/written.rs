//! The features that an element names, with what is known of them.

use buffa::Message as _;
use buffa_codegen::generated::descriptor::FeatureSet;

use super::known;
use crate::resolve::dynamic::Dynamic;
use crate::resolve::pool::{Field, MessageId, Pool, Support, TypeReference, edition};
use crate::resolve::symbols::Symbol;

/// A feature that is set.
pub(crate) struct FeatureValue {
    pub feature: String,
    pub feature_support: Option<Support>,
    /// The value's name, if it is of an enum; a number that has none is an
    /// error.
    pub value: Option<Result<(String, Option<Support>), u64>>,
}

/// All features of a set, those of languages included.
pub(crate) fn set_features(pool: &Pool, set: &FeatureSet) -> Vec<FeatureValue> {
    let name = "google.protobuf.FeatureSet";
    let (pool, message, known) = match pool.symbols.find(name) {
        Some(Symbol::Message(message)) => (pool, message, false),
        _ => match known::message(name) {
            Some(message) => (known::pool(), message, true),
            None => return Vec::new(),
        },
    };
    let mut found = Vec::new();
    if let Some(dynamic) = Dynamic::decode(pool, message, &set.encode_to_vec()) {
        collect(pool, message, &dynamic, known, &mut found);
    }
    found
}

fn collect(
    pool: &Pool,
    message: MessageId,
    set: &Dynamic,
    known: bool,
    found: &mut Vec<FeatureValue>,
) {
    for number in set.numbers() {
        let Some(id) = pool.field_by_number(message, number) else { continue };
        let field = &pool[id];
        if let Some(inner) = set.message_in(number) {
            collect(pool, inner.message, inner, known, found);
            continue;
        }
        let value = match field.refers_to {
            TypeReference::Enum(of) => {
                let number = set.varint(number).unwrap_or_default();
                let value = pool[of]
                    .values
                    .iter()
                    .map(|value| &pool[*value])
                    .find(|value| crate::resolve::wire::sign_extended(value.number) == number);
                Some(value.map_or(Err(number), |value| {
                    Ok((value.full_name.clone(), value.support.as_deref().cloned()))
                }))
            }
            _ => None,
        };
        found.push(FeatureValue {
            feature: field.full_name.clone(),
            feature_support: support(field, known),
            value,
        });
    }
}

fn support(field: &Field, known: bool) -> Option<Support> {
    if known {
        let introduced = known::introduced(field.number);
        debug_assert!(introduced >= edition::E2023);
        return Some(Support { introduced, ..Support::default() });
    }
    field.support.as_deref().cloned()
}
