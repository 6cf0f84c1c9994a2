//! What the author of a file probably meant.

use crate::hints::{lookup, similar};
use crate::problem::Problem;
use crate::resolve::{Builder, EnumId};

/// Whether it is still worth the time to look for what was meant, after so many
/// problems: who has a thousand reads the first.
pub(crate) fn may_guess(problems: &[Problem]) -> bool {
    problems.len() < 200
}

/// What a type that is not defined stands for in other languages, or where it
/// is defined.
pub(crate) fn meant_type(name: &str) -> Option<String> {
    if let Some(file) = lookup::well_known(name) {
        return Some(format!("add `import \"{file}\";`, which defines it"));
    }
    let lower = name.to_lowercase();
    if lookup::SCALARS.contains(&lower.as_str()) {
        return Some(format!("did you mean `{lower}`?"));
    }
    let (_, meant) = lookup::FOREIGN.iter().find(|(foreign, _)| *foreign == lower)?;
    Some(format!("did you mean {meant}?"))
}

/// The file that an import is a misspelling of.
pub(crate) fn similar_import<'n>(
    name: &str,
    loaded: impl Iterator<Item = &'n str>,
) -> Option<String> {
    let mut names: Vec<String> = lookup::WELL_KNOWN
        .iter()
        .map(|(stem, _)| format!("google/protobuf/{stem}.proto"))
        .collect();
    names.extend(loaded.map(str::to_owned));
    let best = similar::best(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean \"{best}\"?"))
}

/// A value's name with that of its enum before it.
pub(crate) fn prefixed_value(owner: &str, value: &str) -> String {
    let mut prefix = String::new();
    let mut after_lower = false;
    for letter in owner.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            prefix.push('_');
        }
        after_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        prefix.push(letter.to_ascii_uppercase());
    }
    format!("{prefix}_{value}")
}

/// The value of an enum that a name is a misspelling of.
pub(crate) fn similar_value(builder: &Builder<'_>, of: EnumId, name: &str) -> Option<String> {
    if !may_guess(builder.problems) {
        return None;
    }
    let pool = &builder.pool;
    let names = pool[of].values.iter().map(|value| pool[*value].name.as_str());
    Some(format!("did you mean `{}`?", similar::best(name, names)?))
}
