//! `x_pb2_grpc.pyi`, which grpcio-tools does not write: the types of stubs and
//! servicers, so that a checker knows what a call takes and returns.
use super::imports::Imports;
use crate::descriptors::Pool;
use buffa_codegen::generated::descriptor::FileDescriptorProto;
pub(super) fn write<'a>(
    _pool: &Pool<'a>,
    _file: &'a FileDescriptorProto,
    _imports: &Imports,
) -> String {
    String::new()
}
