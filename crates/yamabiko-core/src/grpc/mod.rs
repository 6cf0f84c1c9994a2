//! gRPC over HTTP/2: the rules that stand by themselves, then the calls.

mod answer;
pub mod binary;
pub mod client;
mod code;
pub mod content_type;
mod deadlines;
mod head;
mod http_status;
mod inbound;
mod invalid_metadata;
pub mod message;
mod metadata;
pub mod percent;
mod recent_head;
pub mod server;
mod status;
pub mod timeout;

pub use code::Code;
pub use head::{RequestHead, Target};
pub use http_status::{code_for_http_status, code_for_reset};
pub use inbound::MessageLimits;
pub use invalid_metadata::{InvalidMetadata, MetadataRule};
pub use metadata::{Metadata, Value};
pub use status::{Origin, Status};
