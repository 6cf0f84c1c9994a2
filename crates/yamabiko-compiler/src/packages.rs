//! Putting a package together: the messages and services of all its files.

use std::collections::{BTreeMap, BTreeSet};

use buffa_codegen::context::CodeGenContext;
use buffa_codegen::generated::descriptor::FileDescriptorProto;
use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::diagnostic::Diagnostic;
use crate::front_end::Compiled;
use crate::{messages, service};

/// The code of one package.
pub(crate) struct Package {
    /// The formatted items.
    pub(crate) code: String,
    /// The packages whose types the code names.
    pub(crate) uses: BTreeSet<String>,
    /// The files that it was generated from.
    pub(crate) sources: Vec<String>,
}

/// The code of every package, by its name. What could not be generated is added
/// to `warnings`.
pub(crate) fn generate(
    compiled: &Compiled,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Package>, Diagnostic> {
    let configuration = messages::configuration();
    let messages =
        messages::generate(&compiled.files, &compiled.generate, &configuration, warnings)?;
    let context = CodeGenContext::for_generate(&compiled.files, &compiled.generate, &configuration);
    let mut packages = BTreeMap::new();
    for (name, items) in messages {
        let mut taken = root_names(&items);
        let mut services = TokenStream::new();
        let mut uses = BTreeSet::new();
        let mut sources = Vec::new();
        for file in files_of(&name, compiled) {
            service::generate(file, &context, &mut taken, &mut services, warnings);
            uses.extend(packages_used(file, compiled));
            sources.extend(file.name.clone());
        }
        let mut tokens = TokenStream::new();
        items.iter().for_each(|item| item.to_tokens(&mut tokens));
        tokens.extend(services);
        let file = syn::parse2(tokens)
            .map_err(|error| Diagnostic::new(format!("generated code does not parse: {error}")))?;
        packages.insert(name, Package { code: prettyplease::unparse(&file), uses, sources });
    }
    Ok(packages)
}

/// The files of a package that code is generated for.
fn files_of<'a>(
    package: &'a str,
    compiled: &'a Compiled,
) -> impl Iterator<Item = &'a FileDescriptorProto> {
    compiled.files.iter().filter(move |file| {
        file.package.as_deref().unwrap_or_default() == package
            && file.name.as_ref().is_some_and(|name| compiled.generate.contains(name))
    })
}

/// The packages of the files that `file` imports, directly or publicly, and
/// that code is generated for.
fn packages_used(file: &FileDescriptorProto, compiled: &Compiled) -> BTreeSet<String> {
    let mut packages = BTreeSet::new();
    let mut next: Vec<&String> = file.dependency.iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = next.pop() {
        if !seen.insert(name) {
            continue;
        }
        let Some(import) = compiled.files.iter().find(|file| file.name.as_ref() == Some(name))
        else {
            continue;
        };
        if compiled.generate.contains(name) {
            packages.insert(import.package.clone().unwrap_or_default());
        }
        next.extend(
            import
                .public_dependency
                .iter()
                .filter_map(|index| import.dependency.get(usize::try_from(*index).ok()?)),
        );
    }
    packages
}

/// The names that the package's messages and enums have taken in its module.
fn root_names(items: &[syn::Item]) -> BTreeSet<String> {
    fn imported(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
        match tree {
            syn::UseTree::Path(path) => imported(&path.tree, names),
            syn::UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
            syn::UseTree::Rename(rename) => drop(names.insert(rename.rename.to_string())),
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|tree| imported(tree, names));
            }
            syn::UseTree::Glob(_) => {}
        }
    }
    let mut names = BTreeSet::new();
    for item in items {
        match item {
            syn::Item::Struct(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Enum(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Mod(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Type(item) => drop(names.insert(item.ident.to_string())),
            syn::Item::Use(item) => imported(&item.tree, &mut names),
            _ => {}
        }
    }
    names
}
