//! Rules about files: that they are there, and what they say about themselves.

use buffa::Enumeration as _;
use buffa_codegen::generated::descriptor::file_options::OptimizeMode;
use buffa_codegen::generated::descriptor::{FileDescriptorProto, FileOptions};

use super::change::{Advice, Found};
use super::compare::Comparison;
use crate::parse::paths;

/// The value of an option, as a person would write it.
type Value = fn(&FileOptions) -> String;

/// The rule, the option, its number, and its value.
const OPTIONS: &[(&str, &str, i32, Value)] = &[
    ("FILE_SAME_CC_ENABLE_ARENAS", "cc_enable_arenas", 31, |options| {
        options.cc_enable_arenas.unwrap_or(true).to_string()
    }),
    ("FILE_SAME_CC_GENERIC_SERVICES", "cc_generic_services", 16, |options| {
        options.cc_generic_services.unwrap_or(false).to_string()
    }),
    ("FILE_SAME_CSHARP_NAMESPACE", "csharp_namespace", 37, |options| {
        options.csharp_namespace.clone().unwrap_or_default()
    }),
    ("FILE_SAME_GO_PACKAGE", "go_package", 11, |options| {
        options.go_package.clone().unwrap_or_default()
    }),
    ("FILE_SAME_JAVA_GENERIC_SERVICES", "java_generic_services", 17, |options| {
        options.java_generic_services.unwrap_or(false).to_string()
    }),
    ("FILE_SAME_JAVA_MULTIPLE_FILES", "java_multiple_files", 10, |options| {
        options.java_multiple_files.unwrap_or(false).to_string()
    }),
    ("FILE_SAME_JAVA_OUTER_CLASSNAME", "java_outer_classname", 8, |options| {
        options.java_outer_classname.clone().unwrap_or_default()
    }),
    ("FILE_SAME_JAVA_PACKAGE", "java_package", 1, |options| {
        options.java_package.clone().unwrap_or_default()
    }),
    ("FILE_SAME_OBJC_CLASS_PREFIX", "objc_class_prefix", 36, |options| {
        options.objc_class_prefix.clone().unwrap_or_default()
    }),
    ("FILE_SAME_OPTIMIZE_FOR", "optimize_for", 9, |options| {
        options.optimize_for.unwrap_or(OptimizeMode::SPEED).proto_name().to_owned()
    }),
    ("FILE_SAME_PHP_CLASS_PREFIX", "php_class_prefix", 40, |options| {
        options.php_class_prefix.clone().unwrap_or_default()
    }),
    ("FILE_SAME_PHP_METADATA_NAMESPACE", "php_metadata_namespace", 44, |options| {
        options.php_metadata_namespace.clone().unwrap_or_default()
    }),
    ("FILE_SAME_PHP_NAMESPACE", "php_namespace", 41, |options| {
        options.php_namespace.clone().unwrap_or_default()
    }),
    ("FILE_SAME_PY_GENERIC_SERVICES", "py_generic_services", 18, |options| {
        options.py_generic_services.unwrap_or(false).to_string()
    }),
    ("FILE_SAME_RUBY_PACKAGE", "ruby_package", 45, |options| {
        options.ruby_package.clone().unwrap_or_default()
    }),
    ("FILE_SAME_SWIFT_PREFIX", "swift_prefix", 39, |options| {
        options.swift_prefix.clone().unwrap_or_default()
    }),
];

impl Comparison<'_> {
    pub(super) fn files(&mut self) {
        for (name, before) in &self.before.files {
            match self.after.files.get(name) {
                Some(after) => self.file(name, before, after),
                None => {
                    let advice = Advice::default()
                        .source("whatever imports the file, or its code, does not compile")
                        .instead("keep the file, and import publicly what has moved");
                    self.found.push(Found {
                        rule: "FILE_NO_DELETE",
                        file: String::new(),
                        path: Vec::new(),
                        part: Vec::new(),
                        message: format!("Previously present file \"{name}\" was deleted."),
                        advice,
                    });
                }
            }
        }
    }

    fn file(&mut self, name: &str, before: &FileDescriptorProto, after: &FileDescriptorProto) {
        let mut report = |rule, part: &[i32], message, advice| {
            let (file, path, part) = (name.to_owned(), Vec::new(), part.to_vec());
            self.found.push(Found { rule, file, path, part, message, advice });
        };
        let package = |file: &FileDescriptorProto| file.package.clone().unwrap_or_default();
        let (old, new) = (package(before), package(after));
        if old != new {
            let advice = Advice::default()
                .wire("the paths of methods, and the types in a `google.protobuf.Any`, change")
                .json("the types in a `google.protobuf.Any` change")
                .source("whatever uses the package does not compile")
                .instead("copy the file to the new package, and keep the old one for a while");
            let message = format!("File package changed from \"{old}\" to \"{new}\".");
            report("FILE_SAME_PACKAGE", &[paths::file::PACKAGE], message, advice);
        }
        let syntax = |file: &FileDescriptorProto| match file.syntax.as_deref() {
            None | Some("") => "proto2".to_owned(),
            Some(syntax) => syntax.to_owned(),
        };
        let (old, new) = (syntax(before), syntax(after));
        if old != new {
            let advice = Advice::default()
                .wire("what is not written means something else: presence, packing, open enums")
                .source("the generated code has another form")
                .instead("check the rules about fields and enums, and then leave this one out");
            let message = format!("File syntax changed from \"{old}\" to \"{new}\".");
            report("FILE_SAME_SYNTAX", &[paths::file::SYNTAX], message, advice);
        }
        for (rule, option, number, value) in OPTIONS {
            let (old, new) = (value(&before.options), value(&after.options));
            if old != new {
                let message =
                    format!("File option \"{option}\" changed from \"{old}\" to \"{new}\".");
                let advice = Advice::default()
                    .source("generated code is in another place, or has another form")
                    .instead(format!("keep `option {option}` as it was"));
                report(rule, &[paths::file::OPTIONS, *number], message, advice);
            }
        }
    }
}
