//! Putting a package together: the messages and services of all its files.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use buffa_codegen::context::CodeGenContext;
use buffa_codegen::generated::descriptor::FileDescriptorProto;
use proc_macro2::TokenStream;
use quote::ToTokens as _;

use crate::descriptors::Named as _;
use crate::diagnostic::Diagnostic;
use crate::service::Services;
use crate::{messages, names, renames};

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
    files: &[FileDescriptorProto],
    generate: &[String],
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, Package>, Diagnostic> {
    let configuration = messages::configuration();
    let (files, renames) = renames::apply(files);
    let messages = messages::generate(&files, generate, &configuration, &renames, warnings)?;
    let context = CodeGenContext::for_generate(&files, generate, &configuration);
    let selection = Selection::new(&files, generate);
    let mut packages = BTreeMap::new();
    for (name, items) in messages {
        let mut taken = root_names(&items);
        if selection.has_beside(&name, names::BLOCKING) {
            taken.insert(names::BLOCKING.to_owned());
        }
        let mut services = Services::default();
        let mut uses = BTreeSet::new();
        let mut sources = Vec::new();
        for &file in selection.by_package.get(name.as_str()).into_iter().flatten() {
            services.add(file, &context, &renames, &mut taken);
            uses.extend(selection.packages_used(file));
            sources.extend(file.name.clone());
        }
        let mut tokens = TokenStream::new();
        items.iter().for_each(|item| item.to_tokens(&mut tokens));
        tokens.extend(std::mem::take(&mut services.always));
        let mut code = formatted(tokens)?;
        code += &where_built("__if_tokio", std::mem::take(&mut services.tokio))?;
        code += &where_built("__if_blocking", services.blocking(&taken))?;
        packages.insert(name, Package { code, uses, sources });
    }
    Ok(packages)
}

fn formatted(tokens: TokenStream) -> Result<String, Diagnostic> {
    let file = syn::parse2(tokens)
        .map_err(|error| Diagnostic::new(format!("generated code does not parse: {error}")))?;
    Ok(prettyplease::unparse(&file))
}

/// Items for builds of the runtime with a feature, which its `condition` knows. They are formatted
/// apart, since formatters leave alone what is in a macro.
fn where_built(condition: &str, items: TokenStream) -> Result<String, Diagnostic> {
    if items.is_empty() {
        return Ok(String::new());
    }
    let mut code = format!("::yamabiko::{condition}! {{\n");
    for line in formatted(items)?.lines() {
        if !line.is_empty() {
            code += "    ";
        }
        code += line;
        code.push('\n');
    }
    code += "}\n";
    Ok(code)
}

/// The files by what is asked of them.
struct Selection<'a> {
    by_name: HashMap<&'a str, &'a FileDescriptorProto>,
    /// The files that code is generated for, in their order.
    by_package: HashMap<&'a str, Vec<&'a FileDescriptorProto>>,
    generate: HashSet<&'a str>,
    /// All packages, and those above them.
    modules: HashSet<&'a str>,
}

impl<'a> Selection<'a> {
    fn new(files: &'a [FileDescriptorProto], generate: &'a [String]) -> Self {
        let generate: HashSet<&str> = generate.iter().map(String::as_str).collect();
        let mut by_package: HashMap<&str, Vec<&FileDescriptorProto>> = HashMap::new();
        for file in files.iter().filter(|file| generate.contains(file.name())) {
            by_package.entry(file.package.as_deref().unwrap_or_default()).or_default().push(file);
        }
        let by_name = files.iter().map(|file| (file.name(), file)).collect();
        let mut modules = HashSet::new();
        for mut package in files.iter().filter_map(|file| file.package.as_deref()) {
            while modules.insert(package)
                && let Some((above, _)) = package.rsplit_once('.')
            {
                package = above;
            }
        }
        Self { by_name, by_package, generate, modules }
    }

    /// Whether a package's module has one of this name in it, or gets it beside it at the root.
    fn has_beside(&self, package: &str, module: &str) -> bool {
        let below = format!("{package}.{module}");
        self.modules.contains(below.as_str()) || self.modules.contains(module)
    }

    /// The packages of the files that `file` imports, directly or publicly, and
    /// that code is generated for.
    fn packages_used(&self, file: &FileDescriptorProto) -> BTreeSet<String> {
        let mut packages = BTreeSet::new();
        let mut next: Vec<&str> = file.dependency.iter().map(String::as_str).collect();
        let mut seen = HashSet::new();
        while let Some(name) = next.pop() {
            if !seen.insert(name.to_owned()) {
                continue;
            }
            let Some(import) = self.by_name.get(name) else { continue };
            if self.generate.contains(name) {
                packages.insert(import.package.clone().unwrap_or_default());
            }
            let public = import.public_dependency.iter();
            let public = public.filter_map(|at| import.dependency.get(usize::try_from(*at).ok()?));
            next.extend(public.map(String::as_str));
        }
        packages
    }
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
