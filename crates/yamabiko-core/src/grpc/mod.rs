//! gRPC over HTTP/2: the rules that stand by themselves, then the calls.

pub mod binary;
mod code;
pub mod content_type;
mod http_status;
mod invalid_metadata;
mod metadata;
pub mod percent;
mod status;
pub mod timeout;

pub use code::Code;
pub use http_status::{code_for_http_status, code_for_reset};
pub use invalid_metadata::{InvalidMetadata, MetadataRule};
pub use metadata::{Metadata, Value};
pub use status::{Origin, Status};
