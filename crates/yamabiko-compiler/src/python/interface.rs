//! `x_pb2.pyi`: what type checkers and editors are to know of a module of
//! messages.

use buffa_codegen::generated::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto,
};

use super::Source;
use super::imports::Imports;
use super::interface_imports;
use super::interface_types::Types;
use super::messages::has_generic_services;
use super::names;
use super::text::Text;
use crate::descriptors::Named as _;

/// The text of the stub file. With `functional_only`, imports that are there for
/// features alone are left out.
pub(super) fn write(source: &Source<'_, '_>, imports: &Imports, functional_only: bool) -> String {
    let Source { pool, file, .. } = *source;
    let mut text = Text::new(4);
    let aliases = interface_imports::write(&mut text, pool, file, imports, functional_only);
    let interface = Interface { types: Types::new(pool, file, aliases) };
    text.line("DESCRIPTOR: _descriptor.FileDescriptor");
    for import in pool.public_imports(file) {
        extensions(&mut text, &import.extension);
        for proto in &import.enum_type {
            let r#type = interface.types.level(import, &[], proto.name());
            values(&mut text, proto, &r#type);
        }
    }
    for proto in &file.enum_type {
        text.line("");
        interface.enumeration(&mut text, &[], proto);
    }
    for proto in &file.enum_type {
        values(&mut text, proto, &interface.types.level(file, &[], proto.name()));
    }
    extensions(&mut text, &file.extension);
    for proto in &file.message_type {
        text.line("");
        interface.message(&mut text, &[], proto);
    }
    if has_generic_services(file) {
        for service in &file.service {
            let name = service.name();
            text.line(format!("\nclass {name}(_service.service): ...\n"));
            text.line(format!("class {name}_Stub({name}): ..."));
        }
    }
    text.into_string()
}

/// The constants of extensions.
fn extensions(text: &mut Text, extensions: &[FieldDescriptorProto]) {
    for extension in extensions {
        let name = extension.name();
        text.line(format!("{}_FIELD_NUMBER: _ClassVar[int]", name.to_ascii_uppercase()));
        text.line(format!("{name}: _descriptor.FieldDescriptor"));
    }
}

/// The values of an enum as constants of the scope that it is in.
fn values(text: &mut Text, proto: &EnumDescriptorProto, r#type: &str) {
    for value in &proto.value {
        text.line(format!("{}: {type}", value.name()));
    }
}

struct Interface<'a, 'p> {
    types: Types<'a, 'p>,
}

impl Interface<'_, '_> {
    fn enumeration(
        &self,
        text: &mut Text,
        parents: &[&DescriptorProto],
        proto: &EnumDescriptorProto,
    ) {
        let r#type = self.types.level(self.types.file, parents, proto.name());
        text.line(format!(
            "class {}(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):",
            proto.name()
        ));
        text.indented(|text| {
            text.line("__slots__ = ()");
            for value in &proto.value {
                text.line(format!("{}: _ClassVar[{type}]", value.name()));
            }
        });
    }

    fn message(&self, text: &mut Text, parents: &[&DescriptorProto], proto: &DescriptorProto) {
        let within = [parents, &[proto]].concat();
        let base = if self.types.is_well_known(parents, proto) {
            format!(", _well_known_types.{}", proto.name())
        } else {
            String::new()
        };
        text.line(format!("class {}(_message.Message{base}):", proto.name()));
        text.indented(|text| {
            slots(text, proto);
            if !proto.extension_range.is_empty() {
                text.line("Extensions: _python_message._ExtensionDict");
            }
            for nested in &proto.enum_type {
                self.enumeration(text, &within, nested);
                values(text, nested, &self.types.level(self.types.file, &within, nested.name()));
            }
            for nested in &proto.nested_type {
                self.message(text, &within, nested);
            }
            extensions(text, &proto.extension);
            for field in &proto.field {
                let name = field.name().to_ascii_uppercase();
                text.line(format!("{name}_FIELD_NUMBER: _ClassVar[int]"));
            }
            for field in named(proto) {
                text.line(format!("{}: {}", field.name(), self.types.attribute(&within, field)));
            }
            text.line(self.constructor(&within, proto));
        });
    }

    /// A parameter may have no keyword for a name, and `self` must not be one
    /// of a field.
    fn constructor(&self, within: &[&DescriptorProto], proto: &DescriptorProto) -> String {
        let mut this = "self".to_owned();
        while proto.field.iter().any(|field| field.name() == this) {
            this.push('_');
        }
        let mut line = format!("def __init__({this}");
        for field in named(proto) {
            let argument = self.types.argument(within, field);
            line.push_str(&format!(", {}: _Optional[{argument}] = ...", field.name()));
        }
        if proto.field.iter().any(|field| names::is_keyword(field.name())) {
            line.push_str(", **kwargs");
        }
        line + ") -> None: ..."
    }
}

fn slots(text: &mut Text, proto: &DescriptorProto) {
    let slots: Vec<String> = named(proto).map(|field| format!("\"{}\"", field.name())).collect();
    let comma = if slots.len() == 1 { "," } else { "" };
    text.line(format!("__slots__ = ({}{comma})", slots.join(", ")));
}

/// The fields that can be named in Python; others are reached with `getattr`.
pub(super) fn named(proto: &DescriptorProto) -> impl Iterator<Item = &FieldDescriptorProto> {
    proto.field.iter().filter(|field| !names::is_keyword(field.name()))
}
