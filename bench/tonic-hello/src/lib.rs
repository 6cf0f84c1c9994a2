//! The services as tonic and prost generate them, for tonic's servers, its clients and the harness.
#![expect(missing_docs, clippy::allow_attributes_without_reason, reason = "generated code")]

tonic::include_proto!("hello");

pub mod streams {
    tonic::include_proto!("streams");
}
