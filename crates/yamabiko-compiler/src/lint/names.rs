//! The spellings of names, and how to come from one to another.

fn is_delimiter(letter: char) -> bool {
    matches!(letter, '.' | '-' | '_' | ' ' | '\t' | '\n' | '\r')
}

/// `userName` as `user_name`. A digit is part of the word that it follows, and
/// capitals in a row are a word up to the last one.
pub(super) fn lower_snake_case(name: &str) -> String {
    snake_case(name).to_lowercase()
}

/// `userName` as `USER_NAME`.
pub(super) fn upper_snake_case(name: &str) -> String {
    snake_case(name).to_uppercase()
}

fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.trim_matches(is_delimiter).chars().collect();
    let mut out = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let letter = if is_delimiter(letter) { '_' } else { letter };
        let begins_word = index > 0
            && letter.is_uppercase()
            && !out.ends_with('_')
            && (letters[index - 1].is_lowercase()
                || letters.get(index + 1).is_some_and(|&next| {
                    !next.is_uppercase() && !next.is_ascii_digit() && !is_delimiter(next)
                }));
        if begins_word {
            out.push('_');
        }
        if letter != '_' || !out.ends_with('_') {
            out.push(letter);
        }
    }
    out
}

/// `line_item` as `LineItem`; capitals stay.
pub(super) fn pascal_case(name: &str) -> String {
    let mut out = String::new();
    let mut begins_word = true;
    for letter in name.trim().chars() {
        if is_delimiter(letter) {
            begins_word = true;
        } else if begins_word {
            out.extend(letter.to_uppercase());
            begins_word = false;
        } else {
            out.push(letter);
        }
    }
    out
}

/// What a package's name says about its stability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// `v1`.
    Stable,
    /// `v1alpha1`, `v1p1beta1`, `v1test…`.
    Unstable,
}

/// The version at the end of a package's name.
pub(super) fn version(package: &str) -> Option<Version> {
    let (_, last) = package.rsplit_once('.')?;
    let rest = number(last.strip_prefix('v')?)?;
    if rest.is_empty() {
        return Some(Version::Stable);
    }
    if rest.starts_with("test") {
        return Some(Version::Unstable);
    }
    let rest = match rest.strip_prefix('p') {
        Some(patch) => number(patch)?,
        None => rest,
    };
    let minor = rest.strip_prefix("alpha").or_else(|| rest.strip_prefix("beta"))?;
    (minor.is_empty() || number(minor)?.is_empty()).then_some(Version::Unstable)
}

/// Passes over a number from 1 without leading zeros.
fn number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (rest.len() < text.len() && !text.starts_with('0')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_where_a_word_begins() {
        for (name, snake, pascal) in [
            ("userName", "user_name", "UserName"),
            ("HTTPStatus", "http_status", "HTTPStatus"),
            ("a__b", "a_b", "AB"),
            ("cash_", "cash", "Cash"),
            ("line1", "line1", "Line1"),
            ("Ipv4Address", "ipv4_address", "Ipv4Address"),
            ("FIRST", "first", "FIRST"),
        ] {
            assert_eq!(lower_snake_case(name), snake);
            assert_eq!(pascal_case(name), pascal);
        }
    }

    #[test]
    fn a_version_ends_a_package() {
        for (package, expected) in [
            ("a.v1", Some(Version::Stable)),
            ("a.v1beta1", Some(Version::Unstable)),
            ("a.v1p2alpha3", Some(Version::Unstable)),
            ("a.v1test_it", Some(Version::Unstable)),
            ("a.v0", None),
            ("a.v1gamma1", None),
            ("a.one", None),
            ("v1", None),
        ] {
            assert_eq!(version(package), expected, "{package}");
        }
    }
}
