//! gRPC over HTTP/2: the rules that stand by themselves, then the calls.

mod answer;
mod assembling;
pub mod binary;
pub mod client;
mod code;
pub mod content_type;
mod deadlines;
mod encoding;
mod head;
mod head_size;
mod http_status;
mod inbound;
mod invalid_metadata;
pub mod message;
mod metadata;
mod pace;
pub mod percent;
mod reading;
mod recent_head;
pub mod server;
mod status;
mod status_error;
pub mod timeout;
mod writing;

pub use code::Code;
pub use encoding::{Encoding, Encodings};
pub use head::{RequestHead, Target};
pub use http_status::{code_for_http_status, code_for_reset};
pub use inbound::MessageLimits;
pub use invalid_metadata::{InvalidMetadata, MetadataRule};
pub use metadata::{Metadata, Value};
pub use pace::MAX_UNREAD;
pub use status::{Origin, Status};
pub use status_error::{OrStatus, StatusError};
