//! Rust names for what a `.proto` file names: case, keywords, and the names
//! that generated code needs for itself.

use std::collections::BTreeSet;

use buffa_codegen::idents;
use proc_macro2::{Ident, Span};

/// What the client has by itself, besides one function for each method.
const CLIENT_FUNCTIONS: [&str; 2] = ["new", "connect"];

/// The module, in that of a package, with the code for threads.
pub(crate) const BLOCKING: &str = "blocking";

/// The three types that are generated for one service.
pub(crate) struct ServiceNames {
    /// The trait with the methods, `HelloService`.
    pub(crate) service: Ident,
    /// The server adapter, `HelloServiceServer`.
    pub(crate) server: Ident,
    /// The client, `HelloServiceClient`.
    pub(crate) client: Ident,
}

impl ServiceNames {
    /// Names that nothing else at the root of the package has; they are added
    /// to `taken`. A name that is taken gets an underscore.
    pub(crate) fn claim(proto_name: &str, taken: &mut BTreeSet<String>) -> Self {
        let base = if proto_name.starts_with(|first: char| first.is_ascii_uppercase()) {
            proto_name.to_owned()
        } else {
            idents::to_upper_camel_case(proto_name)
        };
        let mut claim = |wanted: String| idents::make_field_ident(&unused(wanted, taken));
        Self {
            service: claim(base.clone()),
            server: claim(format!("{base}Server")),
            client: claim(format!("{base}Client")),
        }
    }
}

/// The names of a service's methods in Rust, in the order of `proto_names`:
/// snake case, unique, and different from what the client has by itself.
pub(crate) fn methods<'a>(proto_names: impl Iterator<Item = &'a str>) -> Vec<Ident> {
    let mut taken: BTreeSet<String> = CLIENT_FUNCTIONS.map(str::to_owned).into();
    proto_names
        .map(|name| idents::make_field_ident(&unused(snake_case(name), &mut taken)))
        .collect()
}

/// `wanted`, unless something in `taken` is called so.
pub(crate) fn fresh(wanted: &str, taken: &BTreeSet<String>) -> Ident {
    let mut name = wanted.to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::call_site())
}

fn unused(mut wanted: String, taken: &mut BTreeSet<String>) -> String {
    while !taken.insert(wanted.clone()) {
        wanted.push('_');
    }
    wanted
}

/// `SayHello` → `say_hello`, `GetHTTPInfo` → `get_http_info`, `V2Get` → `v2_get`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        if letter.is_uppercase() && index > 0 && letters[index - 1] != '_' {
            let after_word = !letters[index - 1].is_uppercase();
            let before_word = letters.get(index + 1).is_some_and(|next| next.is_lowercase());
            if after_word || before_word {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method_names(proto_names: &[&str]) -> Vec<String> {
        methods(proto_names.iter().copied()).iter().map(Ident::to_string).collect()
    }

    #[test]
    fn a_method_is_in_snake_case() {
        assert_eq!(
            method_names(&["SayHello", "GetHTTPInfo", "V2Get", "list_all", "lowerCamel", "X"]),
            ["say_hello", "get_http_info", "v2_get", "list_all", "lower_camel", "x"],
        );
    }

    #[test]
    fn a_keyword_is_a_raw_identifier_or_gets_an_underscore() {
        assert_eq!(
            method_names(&["Type", "Self", "Async", "Crate"]),
            ["r#type", "self_", "r#async", "crate_"],
        );
    }

    #[test]
    fn methods_that_differ_in_case_only_stay_apart() {
        assert_eq!(method_names(&["DoIt", "doIt", "do_it"]), ["do_it", "do_it_", "do_it__"]);
    }

    #[test]
    fn a_method_is_not_called_like_a_function_of_the_client() {
        assert_eq!(method_names(&["New", "Connect"]), ["new_", "connect_"]);
    }

    #[test]
    fn a_service_yields_to_a_message() {
        let mut taken = BTreeSet::from(["EchoServer".to_owned()]);
        let names = ServiceNames::claim("Echo", &mut taken);
        assert_eq!(names.server, "EchoServer_");
        assert_eq!(names.client, "EchoClient");
    }

    #[test]
    fn a_service_is_in_upper_camel_case() {
        let names = ServiceNames::claim("hello_service", &mut BTreeSet::new());
        assert_eq!(names.service, "HelloService");
    }
}
