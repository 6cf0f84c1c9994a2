//! From tokens to a file's descriptor, as protoc's parser leaves it: types are
//! named as written, options are not interpreted, nothing is looked up.

mod places;

pub(crate) use places::{Part, Places};

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::problem::Problem;

/// A file as its text says it.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The descriptor, with source information.
    pub file: FileDescriptorProto,
    /// Where the parts of its elements stand.
    pub places: Places,
    /// Whether the text is broken. What could be read is in `file`.
    pub had_errors: bool,
}
