//! What a set of linked files defines: types, extensions and files by name.

use std::collections::HashMap;

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto,
};

use super::named::Named as _;

/// A message and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Message<'a> {
    /// The file that defines it.
    pub file: &'a FileDescriptorProto,
    /// The definition.
    pub proto: &'a DescriptorProto,
    /// The messages around it, the outermost first.
    pub parents: Vec<&'a DescriptorProto>,
}

/// An enum and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Enum<'a> {
    /// The file that defines it.
    pub file: &'a FileDescriptorProto,
    /// The definition.
    pub proto: &'a EnumDescriptorProto,
    /// The messages around it, the outermost first.
    pub parents: Vec<&'a DescriptorProto>,
}

/// Everything that a set of files defines.
///
/// The files are complete: whatever one of them names is defined in the set.
/// [`Pool::new`] checks that, so that nobody else has to.
pub(crate) struct Pool<'a> {
    by_name: HashMap<&'a str, &'a FileDescriptorProto>,
    messages: HashMap<String, Message<'a>>,
    enums: HashMap<String, Enum<'a>>,
}

impl<'a> Pool<'a> {
    /// A pool of `files`; an error names what one of them needs and none has.
    pub(crate) fn new(files: &'a [FileDescriptorProto]) -> Result<Self, String> {
        let mut pool =
            Self { by_name: HashMap::new(), messages: HashMap::new(), enums: HashMap::new() };
        for file in files {
            pool.by_name.entry(file.name()).or_insert(file);
            let package = file.package.as_deref().unwrap_or_default();
            pool.add(file, package, &[], &file.message_type, &file.enum_type);
        }
        pool.check(files)?;
        Ok(pool)
    }

    fn add(
        &mut self,
        file: &'a FileDescriptorProto,
        scope: &str,
        parents: &[&'a DescriptorProto],
        messages: &'a [DescriptorProto],
        enums: &'a [EnumDescriptorProto],
    ) {
        for proto in enums {
            let full_name = joined(scope, proto.name());
            self.enums.insert(full_name, Enum { file, proto, parents: parents.to_vec() });
        }
        for proto in messages {
            let full_name = joined(scope, proto.name());
            let mut within = parents.to_vec();
            within.push(proto);
            self.add(file, &full_name, &within, &proto.nested_type, &proto.enum_type);
            self.messages.insert(full_name, Message { file, proto, parents: parents.to_vec() });
        }
    }

    /// The file of that name.
    pub(crate) fn file(&self, name: &str) -> Option<&'a FileDescriptorProto> {
        self.by_name.get(name).copied()
    }

    /// The files that `file` imports, in its order.
    pub(crate) fn imports(
        &self,
        file: &'a FileDescriptorProto,
    ) -> impl Iterator<Item = &'a FileDescriptorProto> {
        file.dependency.iter().filter_map(|name| self.file(name))
    }

    /// The files that `file` imports publicly, in its order.
    pub(crate) fn public_imports(
        &self,
        file: &'a FileDescriptorProto,
    ) -> impl Iterator<Item = &'a FileDescriptorProto> {
        file.public_dependency
            .iter()
            .filter_map(|&index| file.dependency.get(usize::try_from(index).ok()?))
            .filter_map(|name| self.file(name))
    }

    /// The message of that name, with or without a leading dot.
    pub(crate) fn message(&self, name: &str) -> Option<&Message<'a>> {
        self.messages.get(without_dot(name))
    }

    /// The enum of that name, with or without a leading dot.
    pub(crate) fn enumeration(&self, name: &str) -> Option<&Enum<'a>> {
        self.enums.get(without_dot(name))
    }

    fn check(&self, files: &[FileDescriptorProto]) -> Result<(), String> {
        for file in files {
            let missing = file.dependency.iter().find(|name| self.file(name).is_none());
            if let Some(import) = missing {
                return Err(format!("{}: Import \"{import}\" has not been loaded.", file.name()));
            }
            for service in &file.service {
                for method in &service.method {
                    self.known(file, method.input_type.as_deref())?;
                    self.known(file, method.output_type.as_deref())?;
                }
            }
        }
        for message in self.messages.values() {
            for field in message.proto.field.iter().filter(|field| field.type_name.is_some()) {
                self.known(message.file, field.type_name.as_deref())?;
            }
        }
        Ok(())
    }

    fn known(&self, file: &FileDescriptorProto, name: Option<&str>) -> Result<(), String> {
        let name = name.unwrap_or_default();
        if self.message(name).is_some() || self.enumeration(name).is_some() {
            return Ok(());
        }
        Err(format!("{}: \"{}\" is not defined.", file.name(), without_dot(name)))
    }
}

fn joined(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn without_dot(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}
