//! The hello service as tonic and prost generate it, for tonic's server, its client and the
//! harness.
#![expect(missing_docs, clippy::allow_attributes_without_reason, reason = "generated code")]

tonic::include_proto!("hello");
