//! What files, modules and types of a `.proto` file are called in Python.

use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::descriptors::Named;

/// The module that the messages of a file are in: `a.b_pb2` for `a/b.proto`.
pub(super) fn module(file: &str) -> String {
    format!("{}_pb2", without_extension(file).replace('-', "_").replace('/', "."))
}

/// What a module is imported as. Two modules never share an alias, since
/// an underscore in a name is doubled.
pub(super) fn alias(module: &str) -> String {
    module.replace('_', "__").replace('.', "_dot_")
}

/// The file, with its directories, that a module of messages is written to.
pub(super) fn output_file(file: &str, extension: &str) -> String {
    module(file).replace('.', "/") + extension
}

/// The name of a `.proto` file without its extension.
pub(super) fn without_extension(file: &str) -> &str {
    file.strip_suffix(".protodevel").or_else(|| file.strip_suffix(".proto")).unwrap_or(file)
}

/// Whether `name` is reserved by the language.
pub(super) fn is_keyword(name: &str) -> bool {
    const KEYWORDS: [&str; 35] = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class",
        "continue", "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
        "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return",
        "try", "while", "with", "yield",
    ];
    KEYWORDS.contains(&name)
}

/// Whether a module cannot be named in an `import` statement.
pub(super) fn has_keyword(module: &str) -> bool {
    module.split('.').any(is_keyword)
}

/// The name under which a module of messages keeps the descriptor of a type:
/// `_OUTER_INNER`.
pub(super) fn descriptor(parents: &[&DescriptorProto], name: &str) -> String {
    let mut full = String::from("_");
    for parent in parents {
        full.push_str(parent.name());
        full.push('_');
    }
    full.push_str(name);
    full.to_ascii_uppercase()
}

/// An expression for a type within its module, `Outer.Inner`, whatever the
/// names are.
pub(super) fn expression(parents: &[&DescriptorProto], name: &str) -> String {
    let Some((parent, around)) = parents.split_last() else {
        return if is_keyword(name) { format!("globals()['{name}']") } else { name.to_owned() };
    };
    let prefix = expression(around, parent.name());
    if is_keyword(name) {
        format!("getattr({prefix}, '{name}')")
    } else {
        format!("{prefix}.{name}")
    }
}

/// Whether this is the file that describes descriptors, which Python's
/// protobuf cannot read the usual way: it would need what it reads.
pub(super) fn describes_descriptors(file: &FileDescriptorProto) -> bool {
    matches!(file.name(), "google/protobuf/descriptor.proto" | "net/proto2/proto/descriptor.proto")
}
