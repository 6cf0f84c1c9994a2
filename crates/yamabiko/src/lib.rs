//! gRPC.

mod codec;
mod include_proto;

pub use buffa;
#[doc(hidden)]
pub use buffa_types;
pub use codec::{Buffa, Codec};
