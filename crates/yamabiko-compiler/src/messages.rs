//! The Rust code of messages and enums: `buffa-codegen`, with the runtime
//! taken from where `yamabiko` re-exports it.

use std::collections::BTreeMap;

use buffa_codegen::generated::descriptor::FileDescriptorProto;
use buffa_codegen::{CodeGenConfig, CodeGenWarning, GeneratedFileKind};
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::visit_mut::{self, VisitMut};

use crate::diagnostic::Diagnostic;
use crate::far_numbers::FarNumbers;
use crate::renames::Renames;

/// The crates that buffa-codegen's output names, as `::name::…`. There is no
/// option to say where they are.
const RUNTIME_CRATES: [&str; 3] = ["buffa", "buffa_types", "buffa_descriptor"];

/// How messages are generated; services must see the same names.
pub(crate) fn configuration() -> CodeGenConfig {
    let mut configuration = CodeGenConfig::default();
    configuration.file_per_package = true;
    // Handlers take owned messages; a view doubles the code to compile.
    configuration.generate_views = false;
    configuration.emit_register_fn = false;
    // What proto2 allows is not refused, be it old.
    configuration.allow_message_set = true;
    // `userName` is `user_name` in Rust, as methods are in snake case.
    configuration.idiomatic_field_names = true;
    configuration
}

/// The items of each package's messages. What the generator warns of is added
/// to `warnings`.
pub(crate) fn generate(
    files: &[FileDescriptorProto],
    names: &[String],
    configuration: &CodeGenConfig,
    renames: &Renames,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Vec<syn::Item>>, Diagnostic> {
    let (replaced, mut far_numbers) = FarNumbers::replace(files).unzip();
    let files = replaced.as_deref().unwrap_or(files);
    let (generated, told) = buffa_codegen::generate_with_diagnostics(files, names, configuration)
        .map_err(|error| Diagnostic::new(error.to_string()))?;
    let mut packages = BTreeMap::new();
    for file in generated {
        debug_assert_eq!(file.kind, GeneratedFileKind::PackageMod, "file_per_package is set");
        let mut parsed = syn::parse_file(&file.content)
            .map_err(|error| Diagnostic::new(format!("generated code does not parse: {error}")))?;
        ThroughYamabiko.visit_file_mut(&mut parsed);
        if let Some(far_numbers) = &mut far_numbers {
            far_numbers.restore(&mut parsed);
        }
        renames.restore(&mut parsed);
        packages.insert(file.package, parsed.items);
    }
    // That values which differ in case have no second name in camel case is nothing that the
    // author of the file could mend: they have their own.
    let is_worth_telling =
        |told: &&CodeGenWarning| !matches!(told, CodeGenWarning::IdiomaticAliasesSuppressed { .. });
    warnings.extend(told.iter().filter(is_worth_telling).map(warning));
    Ok(packages)
}

/// What the generator warns of; what to do about it is to be done here.
fn warning(warning: &CodeGenWarning) -> String {
    match warning {
        CodeGenWarning::ExcludedPackageFieldRef {
            file_name,
            message_name,
            field_name,
            type_fqn,
            ..
        } => format!(
            "{file_name}: `{field_name}` of `{message_name}` is a `{}`, for which no code is \
             generated; generate code for its file too",
            type_fqn.trim_start_matches('.')
        ),
        other => other.to_string(),
    }
}

/// A path that services name a message by, with the runtime's crates redirected.
pub(crate) fn message_path(path: &str) -> TokenStream {
    redirect(buffa_codegen::idents::rust_path_to_tokens(path))
}

/// Turns `::buffa::…` into `::yamabiko::buffa::…`, so that the user's crate
/// depends on yamabiko alone and both always match.
struct ThroughYamabiko;

impl VisitMut for ThroughYamabiko {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        if path.leading_colon.is_some()
            && path.segments.first().is_some_and(|first| is_runtime(&first.ident))
        {
            path.segments.insert(0, syn::parse_quote!(yamabiko));
        }
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_item_use_mut(&mut self, item: &mut syn::ItemUse) {
        if item.leading_colon.is_some()
            && matches!(&item.tree, syn::UseTree::Path(path) if is_runtime(&path.ident))
        {
            let tree = &item.tree;
            item.tree = syn::parse_quote!(yamabiko::#tree);
        }
    }

    /// The arguments of a macro are tokens, not paths.
    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        self.visit_path_mut(&mut call.path);
        call.tokens = redirect(std::mem::take(&mut call.tokens));
    }
}

fn is_runtime(ident: &syn::Ident) -> bool {
    RUNTIME_CRATES.iter().any(|name| ident == name)
}

/// The same for tokens. A `::` that follows a name or `>` is in the middle of
/// a path, unless the name is a keyword.
fn redirect(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut before_colons = true;
    let mut colons = 0;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) => {
                if colons == 2 && before_colons && is_runtime(ident) {
                    out.extend(quote!(yamabiko::));
                }
                before_colons = buffa_codegen::idents::is_rust_keyword(&ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Punct(punct) => {
                before_colons = punct.as_char() != '>';
                colons = 0;
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => {
                before_colons = true;
                colons = 0;
            }
        }
        match token {
            TokenTree::Group(group) => {
                let inner = redirect(group.stream());
                out.extend([TokenTree::Group(Group::new(group.delimiter(), inner))]);
            }
            other => out.extend([other]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(source: &str) -> String {
        let mut file = syn::parse_file(source).expect("test source parses");
        ThroughYamabiko.visit_file_mut(&mut file);
        prettyplease::unparse(&file)
    }

    #[test]
    fn paths_to_the_runtime_go_through_yamabiko() {
        assert_eq!(
            redirected(
                "impl ::buffa::Message for A { fn f(x: ::buffa_types::B) { other::buffa::g() } }"
            ),
            redirected(
                "impl ::yamabiko::buffa::Message for A { fn f(x: ::yamabiko::buffa_types::B) { other::buffa::g() } }"
            ),
        );
    }

    #[test]
    fn so_do_imports_and_the_arguments_of_macros() {
        assert_eq!(
            redirected("use ::buffa::Message; m!(a::buffa::x, ::buffa::y, return ::buffa::z);"),
            redirected(
                "use ::yamabiko::buffa::Message; m!(a::buffa::x, ::yamabiko::buffa::y, return ::yamabiko::buffa::z);"
            ),
        );
    }
}
