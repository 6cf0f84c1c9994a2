//! The resolved features of everything in the file that defines features.

use buffa_codegen::generated::descriptor::field_descriptor_proto::{Label, Type};
use buffa_codegen::generated::descriptor::field_options::OptionRetention;
use buffa_codegen::generated::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::descriptors::Named as _;
use crate::python::names;
use crate::python::text::Text;

/// Writes the class of resolved features and one of them for each element.
pub(super) fn write(text: &mut Text, file: &FileDescriptorProto) {
    let features = Features::of(file);
    text.line("class _ResolvedFeatures:");
    text.line("  def __init__(self, features = None, **kwargs):");
    text.line("    if features:");
    text.line("      for k, v in features.FIELDS.items():");
    text.line("        setattr(self, k, getattr(features, k))");
    text.line("    else:");
    text.line("      for k, v in kwargs.items():");
    text.line("        setattr(self, k, v)");
    text.line(format!("DESCRIPTOR._features = {}", features.resolved(&[])));
    for proto in &file.message_type {
        message(text, &features, &[], proto);
    }
    for proto in &file.message_type {
        nested_enumerations(text, &features, &[], proto);
    }
    for proto in &file.enum_type {
        enumeration(text, &features, &[], proto);
    }
}

/// The features that Python sees, with the enums that they are of and their
/// values in proto2, which the file is written in.
struct Features(Vec<(String, String, String)>);

impl Features {
    fn of(file: &FileDescriptorProto) -> Self {
        let Some(set) = file.message_type.iter().find(|message| message.name() == "FeatureSet")
        else {
            return Self(Vec::new());
        };
        let mut fields: Vec<_> = set
            .field
            .iter()
            .filter(|field| field.r#type == Some(Type::TYPE_ENUM) && !only_in_source(field))
            .collect();
        fields.sort_by_key(|field| field.number);
        let features = fields.iter().map(|field| {
            let enumeration = field.type_name.as_deref().unwrap_or_default();
            let enumeration = enumeration.rsplit('.').next().unwrap_or_default();
            let descriptor = names::descriptor(&[set], enumeration);
            (field.name().to_owned(), descriptor, default(field).unwrap_or_default())
        });
        Self(features.collect())
    }

    /// The features where `changed` differ from those of the file.
    fn resolved(&self, changed: &[(&str, &str)]) -> String {
        let arguments: Vec<String> = self
            .0
            .iter()
            .map(|(name, descriptor, value)| {
                let change = changed.iter().find(|(feature, _)| feature == name);
                let value = change.map_or(value.as_str(), |(_, value)| value);
                format!("{name}={descriptor}.values_by_name[\"{value}\"].number")
            })
            .collect();
        format!("_ResolvedFeatures({})", arguments.join(","))
    }

    fn of_field(&self, field: &FieldDescriptorProto) -> String {
        let mut changed = Vec::new();
        if field.label == Some(Label::LABEL_REQUIRED) {
            changed.push(("field_presence", "LEGACY_REQUIRED"));
        }
        if field.options.as_option().and_then(|options| options.packed) == Some(true) {
            changed.push(("repeated_field_encoding", "PACKED"));
        }
        if field.r#type == Some(Type::TYPE_GROUP) {
            changed.push(("message_encoding", "DELIMITED"));
        }
        self.resolved(&changed)
    }
}

fn only_in_source(field: &FieldDescriptorProto) -> bool {
    field.options.as_option().and_then(|options| options.retention)
        == Some(OptionRetention::RETENTION_SOURCE)
}

/// The value in proto2: the last one given for it or something older.
fn default(field: &FieldDescriptorProto) -> Option<String> {
    let defaults = &field.options.as_option()?.edition_defaults;
    defaults
        .iter()
        .filter_map(|default| Some((default.edition? as i32, default)))
        .filter(|(edition, _)| *edition <= Edition::EDITION_PROTO2 as i32)
        .max_by_key(|(edition, _)| *edition)
        .map(|(_, default)| default)
        .and_then(|default| default.value.clone())
}

fn message(
    text: &mut Text,
    features: &Features,
    parents: &[&DescriptorProto],
    proto: &DescriptorProto,
) {
    let descriptor = names::descriptor(parents, proto.name());
    text.line(format!("{descriptor}._features = {}", features.resolved(&[])));
    let all = |text: &mut Text, list: &str, fields: &[FieldDescriptorProto]| {
        for (index, field) in fields.iter().enumerate() {
            let resolved = features.of_field(field);
            text.line(format!("{descriptor}.{list}[{index}]._features = {resolved}"));
        }
    };
    all(text, "fields", &proto.field);
    for index in 0..proto.oneof_decl.len() {
        let resolved = features.resolved(&[]);
        text.line(format!("{descriptor}.oneofs[{index}]._features = {resolved}"));
    }
    all(text, "extensions", &proto.extension);
    let within = [parents, &[proto]].concat();
    for nested in &proto.nested_type {
        message(text, features, &within, nested);
    }
}

fn nested_enumerations(
    text: &mut Text,
    features: &Features,
    parents: &[&DescriptorProto],
    proto: &DescriptorProto,
) {
    let within = [parents, &[proto]].concat();
    for nested in &proto.enum_type {
        enumeration(text, features, &within, nested);
    }
    for nested in &proto.nested_type {
        nested_enumerations(text, features, &within, nested);
    }
}

fn enumeration(
    text: &mut Text,
    features: &Features,
    parents: &[&DescriptorProto],
    proto: &EnumDescriptorProto,
) {
    let descriptor = names::descriptor(parents, proto.name());
    let resolved = features.resolved(&[]);
    text.line(format!("{descriptor}._features = {resolved}"));
    for index in 0..proto.value.len() {
        text.line(format!("{descriptor}.values[{index}]._features = {resolved}"));
    }
}
