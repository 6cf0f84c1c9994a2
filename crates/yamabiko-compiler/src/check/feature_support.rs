//! Features that a file defines: when they came and when they go.

use crate::problem::Problem;
use crate::resolve::{FieldId, FileId, Pool, Support, TypeReference, fields_in_order};

/// Files whose features protoc takes as they are.
const KNOWN: [&str; 3] = [
    "google/protobuf/descriptor.proto",
    "google/protobuf/cpp_features.proto",
    "google/protobuf/java_features.proto",
];

/// The fields of a file that are features. protoc looks at them once all files
/// are linked.
pub(crate) fn feature_support(pool: &Pool, file: FileId, problems: &mut Vec<Problem>) {
    if KNOWN.contains(&pool[file].name.as_str()) {
        return;
    }
    for field in fields_in_order(pool, file) {
        for text in of_field(pool, field) {
            problems.push(Problem::error(&pool[file].name, None, text));
        }
    }
}

fn of_field(pool: &Pool, id: FieldId) -> Vec<String> {
    let field = &pool[id];
    let Some(support) = field.support.as_deref() else { return Vec::new() };
    let mut found = Vec::new();
    found.extend(fault(&field.full_name, support));
    let TypeReference::Enum(of) = field.refers_to else { return found };
    for value in &pool[of].values {
        let value = &pool[*value];
        let Some(own) = value.support.as_deref() else { continue };
        let merged = own.over(support);
        found.extend(fault(&value.full_name, own).or_else(|| {
            let what = outlives(&merged, support)?;
            Some(format!("value {} was {what} {} was.", value.full_name, field.full_name))
        }));
    }
    found
}

/// What does not go together in when a feature comes and goes.
fn fault(name: &str, support: &Support) -> Option<String> {
    let introduced = support.introduced;
    let fault = match (support.deprecated, &support.deprecation_warning) {
        (Some(deprecated), _) if deprecated < introduced => {
            "was deprecated before it was introduced."
        }
        (Some(_), None) => "is deprecated but does not specify a deprecation warning.",
        (None, Some(_)) => {
            "specifies a deprecation warning but is not marked deprecated in any edition."
        }
        (deprecated, _) => match (support.removed, &support.removal_error) {
            (Some(removed), _) if deprecated.unwrap_or_default() >= removed => {
                "was deprecated after it was removed."
            }
            (Some(removed), _) if removed < introduced => "was removed before it was introduced.",
            (Some(_), None) => "has been removed but does not specify a removal error.",
            (None, Some(_)) => {
                "specifies a removal error but is not marked removed in any edition."
            }
            _ => return None,
        },
    };
    Some(format!("{name} {fault}"))
}

/// How a value goes beyond the feature that has it.
fn outlives(value: &Support, feature: &Support) -> Option<&'static str> {
    let later = |value: Option<i32>, feature: Option<i32>| {
        feature.is_some_and(|feature| value.unwrap_or_default() > feature)
    };
    if value.introduced < feature.introduced {
        Some("introduced before")
    } else if later(value.removed, feature.removed) {
        Some("removed after")
    } else if later(value.deprecated, feature.deprecated) {
        Some("deprecated after")
    } else {
        None
    }
}
