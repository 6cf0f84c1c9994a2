//! Features come with an edition, and go with one.

use buffa_codegen::generated::descriptor::{FeatureSet, FileDescriptorProto};

use crate::parse::Part;
use crate::resolve::{
    Builder, Element, FeatureValue, Support, edition, edition_name, set_features,
};

/// The features that are written anywhere in the file.
pub(crate) fn lifetimes(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    builder.visit(proto, &mut |builder, element| {
        if let Element::File(proto) = element
            && proto.options.java_multiple_files.is_some()
            && builder.edition >= edition::E2024
        {
            let text = "google.protobuf.FileOptions.java_multiple_files has been removed in \
                        edition 2024: This behavior is enabled by default in editions 2024 and \
                        above. To disable it, you can set `features.(pb.java).nest_in_file_class = \
                        YES` on individual messages, enums, or services.";
            builder.error(Part::Name, text);
        }
        if let Some(set) = written(element) {
            of_element(builder, set);
        }
    });
}

fn written<'p>(element: Element<'p>) -> Option<&'p FeatureSet> {
    match element {
        Element::File(proto) => proto.options.features.as_option(),
        Element::Message(_, proto) => proto.options.features.as_option(),
        Element::Enum(_, proto) => proto.options.features.as_option(),
        Element::Value(_, proto) => proto.options.features.as_option(),
        Element::Oneof(_, proto) => proto.options.features.as_option(),
        Element::Field(_, proto) => proto.options.features.as_option(),
        Element::Range(_, _, proto) => proto.options.features.as_option(),
        Element::Service(_, proto) => proto.options.features.as_option(),
        Element::Method(_, proto) => proto.options.features.as_option(),
    }
}

fn of_element(builder: &mut Builder<'_>, set: &FeatureSet) {
    let mut warnings = Vec::new();
    for FeatureValue { feature, feature_support, value } in set_features(builder.pool, set) {
        match value {
            Some(Ok((name, support))) => one(builder, &name, support.as_ref(), &mut warnings),
            Some(Err(number)) => {
                let text = format!("Feature {feature} has no known value {number}");
                builder.error(Part::Name, text);
                continue;
            }
            None => {}
        }
        one(builder, &feature, feature_support.as_ref(), &mut warnings);
    }
    for text in warnings {
        builder.warning(Part::Name, text);
    }
}

fn one(
    builder: &mut Builder<'_>,
    name: &str,
    support: Option<&Support>,
    warnings: &mut Vec<String>,
) {
    let Some(support) = support else { return };
    let now = builder.edition;
    if now < support.introduced {
        let text = format!(
            "{name} wasn't introduced until edition {} and can't be used in edition {}",
            edition_name(support.introduced),
            edition_name(now)
        );
        builder.error(Part::Name, text);
    }
    match (support.removed, support.deprecated) {
        (Some(removed), _) if now >= removed => {
            let why = support.removal_error.as_ref().map(|why| format!(": {why}"));
            let text = format!(
                "{name} has been removed in edition {}{}",
                edition_name(removed),
                why.unwrap_or_default()
            );
            builder.error(Part::Name, text);
        }
        (_, Some(deprecated)) if now >= deprecated => {
            let text = format!(
                "{name} has been deprecated in edition {}: {}",
                edition_name(deprecated),
                support.deprecation_warning.as_deref().unwrap_or_default()
            );
            warnings.push(text);
        }
        _ => {}
    }
}
