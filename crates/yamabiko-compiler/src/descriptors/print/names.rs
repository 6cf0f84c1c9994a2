//! How a type is called where it is used: by as little of its name as means
//! it, whatever the scopes around define.

use std::collections::HashSet;

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use super::joined;
use crate::descriptors::Named as _;

/// The full names of everything in a set of files, packages included.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    names: HashSet<String>,
}

impl Symbols {
    pub(super) fn new(files: &[FileDescriptorProto]) -> Self {
        let mut symbols = Self::default();
        for file in files {
            let package = file.package.as_deref().unwrap_or_default();
            for (end, _) in package.match_indices('.').chain([(package.len(), "")]) {
                symbols.names.insert(package[..end].to_owned());
            }
            symbols.messages(package, &file.message_type);
            symbols.enums(package, &file.enum_type);
            symbols.fields(package, &file.extension);
            for service in &file.service {
                let service_name = symbols.add(package, service.name());
                for method in &service.method {
                    symbols.add(&service_name, method.name());
                }
            }
        }
        symbols
    }

    fn add(&mut self, scope: &str, name: &str) -> String {
        let full = joined(scope, name);
        self.names.insert(full.clone());
        full
    }

    fn messages(&mut self, scope: &str, messages: &[DescriptorProto]) {
        for message in messages {
            let name = self.add(scope, message.name());
            self.messages(&name, &message.nested_type);
            self.enums(&name, &message.enum_type);
            self.fields(&name, &message.field);
            self.fields(&name, &message.extension);
            for oneof in &message.oneof_decl {
                self.add(&name, oneof.name());
            }
        }
    }

    fn enums(&mut self, scope: &str, enums: &[EnumDescriptorProto]) {
        for declared in enums {
            self.add(scope, declared.name());
            for value in &declared.value {
                self.add(scope, value.name());
            }
        }
    }

    fn fields(&mut self, scope: &str, fields: &[FieldDescriptorProto]) {
        for field in fields {
            self.add(scope, field.name());
        }
    }

    /// The shortest name that means `.full.name` in `scope`, itself the full
    /// name of a message, a service or a package.
    pub(super) fn shortest(&self, full: &str, scope: &str) -> String {
        let full = full.strip_prefix('.').unwrap_or(full);
        let starts = full.match_indices('.').map(|(dot, _)| dot + 1);
        let mut starts: Vec<usize> = starts.collect();
        starts.reverse();
        starts.push(0);
        starts
            .into_iter()
            .map(|start| &full[start..])
            .find(|name| self.means(name, full, scope))
            .map_or_else(|| format!(".{full}"), str::to_owned)
    }

    /// Whether `name` in `scope` means `full`: of the scopes around, the inmost
    /// that has anything of its first part decides.
    pub(super) fn means(&self, name: &str, full: &str, scope: &str) -> bool {
        let first = name.split('.').next().unwrap_or(name);
        let mut scope = scope;
        loop {
            if self.names.contains(&joined(scope, first)) {
                return joined(scope, name) == full;
            }
            if scope.is_empty() {
                return false;
            }
            scope = scope.rfind('.').map_or("", |dot| &scope[..dot]);
        }
    }
}
