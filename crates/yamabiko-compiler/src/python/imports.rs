//! `import` statements: absolute as protoc writes them, or relative to the
//! importing module, which is ours.

use std::collections::BTreeSet;

use super::names;

/// How generated modules find each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Imports {
    /// Whether modules name each other relative to themselves, so that a
    /// directory of them can be put anywhere below a package.
    pub relative: bool,
    /// The `.proto` files that code is generated for in the same run.
    pub generated: BTreeSet<String>,
}

impl Imports {
    /// The module that `importer` has to name to get at the messages of `file`:
    /// `a.b_pb2`, or `..b_pb2` if relative.
    ///
    /// What lies below `google/` comes from packages that are installed, which
    /// is why its names are absolute even then, unless it is generated too.
    pub(super) fn module(&self, importer: &str, file: &str) -> String {
        let module = names::module(file);
        if !self.relative || (file.starts_with("google/") && !self.generated.contains(file)) {
            return module;
        }
        let own = names::module(importer);
        let mut here: Vec<&str> = own.split('.').collect();
        let mut there: Vec<&str> = module.split('.').collect();
        here.pop();
        let name = there.pop().unwrap_or_default();
        let shared = here.iter().zip(&there).take_while(|(one, other)| one == other).count();
        let mut relative = ".".repeat(1 + here.len() - shared);
        for directory in &there[shared..] {
            relative.push_str(directory);
            relative.push('.');
        }
        relative + name
    }
}

/// The statement that imports `module` as `alias`. The caller sees to it that
/// no part of the module is a keyword.
pub(super) fn statement(module: &str, alias: &str) -> String {
    match module.rfind('.') {
        None => format!("import {module} as {alias}"),
        Some(dot) => {
            let name = &module[dot + 1..];
            // The dots of a relative import belong to the package.
            let package = if module[..dot].bytes().all(|byte| byte == b'.') {
                &module[..=dot]
            } else {
                &module[..dot]
            };
            format!("from {package} import {name} as {alias}")
        }
    }
}

/// The expression that imports `module` when its name cannot be written in a
/// statement.
pub(super) fn expression(module: &str) -> String {
    if module.starts_with('.') {
        format!("importlib.import_module('{module}', __package__)")
    } else {
        format!("importlib.import_module('{module}')")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative(importer: &str, file: &str) -> String {
        Imports { relative: true, generated: BTreeSet::new() }.module(importer, file)
    }

    #[test]
    fn a_relative_module_climbs_to_what_both_share() {
        assert_eq!(relative("a.proto", "b.proto"), ".b_pb2");
        assert_eq!(relative("x/a.proto", "x/b.proto"), ".b_pb2");
        assert_eq!(relative("x/a.proto", "b.proto"), "..b_pb2");
        assert_eq!(relative("x/y/a.proto", "x/z/b.proto"), "..z.b_pb2");
        assert_eq!(relative("a.proto", "x/y/b.proto"), ".x.y.b_pb2");
    }

    #[test]
    fn modules_of_installed_packages_stay_absolute() {
        assert_eq!(relative("a.proto", "google/api/http.proto"), "google.api.http_pb2");
        let imports =
            Imports { relative: true, generated: ["google/api/http.proto".to_owned()].into() };
        assert_eq!(imports.module("a.proto", "google/api/http.proto"), ".google.api.http_pb2");
    }

    #[test]
    fn statements_are_python() {
        assert_eq!(statement("a_pb2", "a__pb2"), "import a_pb2 as a__pb2");
        assert_eq!(statement("x.a_pb2", "b"), "from x import a_pb2 as b");
        assert_eq!(statement(".a_pb2", "b"), "from . import a_pb2 as b");
        assert_eq!(statement("..a_pb2", "b"), "from .. import a_pb2 as b");
        assert_eq!(statement("..x.a_pb2", "b"), "from ..x import a_pb2 as b");
    }
}
