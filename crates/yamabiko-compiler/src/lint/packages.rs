//! Rules about packages: where their files lie, what they are called, what they
//! import, and what the files of one have in common.

use std::collections::{BTreeMap, BTreeSet};

use buffa_codegen::generated::descriptor::FileOptions;

use super::context::Context;
use super::names::{self, Version};
use crate::elements::at;
use crate::parse::paths;

const PACKAGE: &[i32] = &[paths::file::PACKAGE];

pub(super) fn defined(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        if context.files[index].package().is_empty() {
            context.report_file(index, "Files must have a package defined.".to_owned());
        }
    }
}

pub(super) fn lower_snake_case(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let package = context.files[index].package();
        let parts: Vec<String> = package.split('.').map(names::lower_snake_case).collect();
        let best = parts.join(".");
        if package != best {
            let message = format!(
                "Package name \"{package}\" should be lower_snake.case, such as \"{best}\"."
            );
            context.report(index, PACKAGE, message);
        }
    }
}

pub(super) fn version_suffix(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let package = context.files[index].package();
        if !package.is_empty() && names::version(package).is_none() {
            let message = format!(
                "Package name \"{package}\" should be suffixed with a correctly formed version, \
                 such as \"{package}.v1\"."
            );
            context.report(index, PACKAGE, message);
        }
    }
}

pub(super) fn directory_match(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let file = &context.files[index];
        let (package, directory) = (file.package(), file.directory());
        let expected = package.replace('.', "/");
        if !package.is_empty() && directory != expected {
            let message = format!(
                "Files with package \"{package}\" must be within a directory \"{expected}\" \
                 relative to root but were in directory \"{directory}\"."
            );
            context.report(index, PACKAGE, message);
        }
    }
}

pub(super) fn directory_same_package(context: &mut Context<'_>) {
    let mut packages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &context.files {
        packages.entry(file.directory()).or_default().insert(file.package());
    }
    for index in 0..context.files.len() {
        let file = &context.files[index];
        let (directory, packages) = (file.directory(), &packages[file.directory()]);
        if packages.len() < 2 {
            continue;
        }
        let named: Vec<&str> = packages.iter().copied().filter(|name| !name.is_empty()).collect();
        let list = named.join(",");
        let subject = match (named.len() == packages.len(), named.len()) {
            (true, _) => format!("Multiple packages \"{list}\""),
            (false, 1) => format!("Package \"{list}\" and file with no package"),
            (false, _) => format!("Multiple packages \"{list}\" and file with no package"),
        };
        let message = format!("{subject} detected within directory \"{directory}\".");
        match file.package() {
            "" => context.report_file(index, message),
            _ => context.report(index, PACKAGE, message),
        }
    }
}

pub(super) fn same_directory(context: &mut Context<'_>) {
    let mut directories: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in context.files.iter().filter(|file| !file.package().is_empty()) {
        directories.entry(file.package()).or_default().insert(file.directory());
    }
    for index in 0..context.files.len() {
        let package = context.files[index].package();
        let Some(directories) = directories.get(package).filter(|all| all.len() > 1) else {
            continue;
        };
        let list: Vec<&str> = directories.iter().copied().collect();
        let message = format!(
            "Multiple directories \"{}\" contain files with package \"{package}\".",
            list.join(",")
        );
        context.report(index, PACKAGE, message);
    }
}

pub(super) fn no_import_cycle(context: &mut Context<'_>) {
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &context.files {
        let others = file.proto.dependency.iter().filter_map(|name| context.package_of(name));
        let others = others.filter(|other| *other != file.package());
        imports.entry(file.package()).or_default().extend(others);
    }
    for index in 0..context.files.len() {
        let proto = context.files[index].proto;
        let package = context.files[index].package();
        for (import, name) in proto.dependency.iter().enumerate() {
            let Some(other) = context.package_of(name) else { continue };
            let Some(way) = way(&imports, other, package).filter(|_| other != package) else {
                continue;
            };
            let message = format!("Package import cycle: {package} -> {}", way.join(" -> "));
            context.report(index, &[paths::file::DEPENDENCY, at(import)], message);
        }
    }
}

/// A shortest way from one package to another, both included.
fn way<'a>(
    imports: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    from: &'a str,
    to: &'a str,
) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut todo = std::collections::VecDeque::from([from]);
    while let Some(package) = todo.pop_front() {
        if package == to {
            let mut way = vec![to];
            while let Some(&before) = way.last().and_then(|last| came_from.get(last)) {
                way.push(before);
            }
            way.reverse();
            return Some(way);
        }
        for &next in imports.get(package).into_iter().flatten() {
            if next != from && !came_from.contains_key(next) {
                came_from.insert(next, package);
                todo.push_back(next);
            }
        }
    }
    None
}

pub(super) fn stable_no_import_unstable(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let proto = context.files[index].proto;
        let package = context.files[index].package();
        if names::version(package) != Some(Version::Stable) {
            continue;
        }
        for (import, name) in proto.dependency.iter().enumerate() {
            let Some(other) = context.package_of(name) else { continue };
            if names::version(other) == Some(Version::Unstable) {
                let message = format!(
                    "This file is in stable package \"{package}\", so it should not depend on \
                     \"{name}\" from unstable package \"{other}\"."
                );
                context.report(index, &[paths::file::DEPENDENCY, at(import)], message);
            }
        }
    }
}

impl<'a> Context<'a> {
    /// The package of a file, if that has one.
    fn package_of(&self, name: &str) -> Option<&'a str> {
        self.packages.get(name).copied().filter(|package| !package.is_empty())
    }
}

/// Complains if the files of a package have several values of an option, whose
/// number in `FileOptions` is given.
fn same(
    context: &mut Context<'_>,
    option: &str,
    number: i32,
    value: fn(&FileOptions) -> Option<String>,
) {
    let mut values: BTreeMap<&str, BTreeSet<Option<String>>> = BTreeMap::new();
    for file in context.files.iter().filter(|file| !file.package().is_empty()) {
        values.entry(file.package()).or_default().insert(value(&file.proto.options));
    }
    for index in 0..context.files.len() {
        let package = context.files[index].package();
        let Some(values) = values.get(package).filter(|all| all.len() > 1) else { continue };
        let list: Vec<&str> = values.iter().flatten().map(String::as_str).collect();
        let list = list.join(",");
        let subject = if values.contains(&None) {
            format!("have both values \"{list}\" and no value")
        } else {
            format!("have multiple values \"{list}\"")
        };
        let message = format!(
            "Files in package \"{package}\" {subject} for option \"{option}\" and all values \
             must be equal."
        );
        let path = [paths::file::OPTIONS, number];
        match context.files[index].locations.find(&path) {
            Some(_) => context.report(index, &path, message),
            None => context.report_file(index, message),
        }
    }
}

pub(super) fn same_csharp_namespace(context: &mut Context<'_>) {
    same(context, "csharp_namespace", 37, |options| options.csharp_namespace.clone());
}

pub(super) fn same_go_package(context: &mut Context<'_>) {
    same(context, "go_package", 11, |options| options.go_package.clone());
}

pub(super) fn same_java_multiple_files(context: &mut Context<'_>) {
    same(context, "java_multiple_files", 10, |options| {
        options.java_multiple_files.map(|value| value.to_string())
    });
}

pub(super) fn same_java_package(context: &mut Context<'_>) {
    same(context, "java_package", 1, |options| options.java_package.clone());
}

pub(super) fn same_php_namespace(context: &mut Context<'_>) {
    same(context, "php_namespace", 41, |options| options.php_namespace.clone());
}

pub(super) fn same_ruby_package(context: &mut Context<'_>) {
    same(context, "ruby_package", 45, |options| options.ruby_package.clone());
}

pub(super) fn same_swift_prefix(context: &mut Context<'_>) {
    same(context, "swift_prefix", 39, |options| options.swift_prefix.clone());
}
