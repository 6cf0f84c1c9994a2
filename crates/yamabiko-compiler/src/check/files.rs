//! A file and its imports.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::{features, proto3};
use crate::parse::Part;
use crate::resolve::{Builder, edition};

/// A file with its options.
pub(super) fn options(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    features::file(builder, proto);
    let pool = &builder.pool;
    let file = &pool[builder.file];
    if !file.lite {
        let lite = file.dependencies.iter().flatten().find(|import| pool[**import].lite);
        if let Some(name) = lite.map(|import| pool[*import].name.clone()) {
            let text = format!(
                "Files that do not use optimize_for = LITE_RUNTIME cannot import files which do \
                 use this option.  This file is not lite, but it imports \"{name}\" which is."
            );
            builder.import_error(&name, text);
        }
    }
    if builder.edition == edition::PROTO3 {
        proto3::file(builder, proto);
    }
    if builder.edition < edition::E2024 && !proto.option_dependency.is_empty() {
        let text = "option imports are not supported before edition 2024.";
        builder.import_error("option", text.to_owned());
    }
    if builder.edition >= edition::E2024 && !proto.weak_dependency.is_empty() {
        let text = "weak imports are not allowed under edition 2024 and beyond.";
        builder.import_error("weak", text.to_owned());
    }
}

/// A service in a file for the lite runtime.
pub(super) fn lite_service(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    let generic = proto.options.cc_generic_services.unwrap_or(false)
        || proto.options.java_generic_services.unwrap_or(false);
    if builder.pool[builder.file].lite && generic {
        let text = "Files with optimize_for = LITE_RUNTIME cannot define services unless you set \
                    both options cc_generic_services and java_generic_services to false.";
        builder.error(Part::Name, text);
    }
}

/// Imports that nothing was needed from.
pub(crate) fn unused_imports(builder: &mut Builder<'_>) {
    for file in std::mem::take(&mut builder.unused) {
        let name = builder.pool[file].name.clone();
        builder.import_warning(&name, format!("Import {name} is unused."));
    }
}
