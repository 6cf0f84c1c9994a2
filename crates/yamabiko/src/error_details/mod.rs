//! What a status has to say to programs: the details of
//! `google/rpc/error_details.proto`, and messages of your own.
//!
//! They go over the wire in `grpc-status-details-bin`, as every gRPC library
//! has them (grpc `doc/PROTOCOL-HTTP2.md`, `google/rpc/status.proto`).
//!
//! ```
//! use std::time::Duration;
//!
//! use yamabiko::Status;
//! use yamabiko::error_details::{BadRequest, RetryInfo, StatusDetails};
//!
//! // In a handler:
//! let status = Status::invalid_argument("the name is too long")
//!     .with_detail(BadRequest::field("name", "at most 20 letters"))
//!     .with_detail(RetryInfo::after(Duration::from_secs(5)));
//!
//! // At the caller's:
//! if let Some(retry) = status.detail::<RetryInfo>() {
//!     assert_eq!(retry.retry_delay, Some(Duration::from_secs(5)));
//! }
//! ```
//!
//! Details are metadata, for which peers have limits: keep all of them under
//! some 4 KiB. Ours sends a status without its details rather than not at all
//! when they are more than the client takes.

mod messages;
mod wire;

use buffa::{Message, MessageName};
use yamabiko_core::grpc::Status;

pub use messages::{
    BadRequest, DebugInfo, ErrorInfo, FieldViolation, Help, Link, LocalizedMessage,
    PreconditionFailure, PreconditionViolation, QuotaFailure, QuotaViolation, RequestInfo,
    ResourceInfo, RetryInfo,
};
use wire::{Fields, Kind};

/// What stands before the name of a message in `type_url`.
const TYPE_URL: &str = "type.googleapis.com/";

/// A message that can be a detail of a status. Generated messages are.
pub trait Detail: Sized {
    /// The message's name, such as `google.rpc.RetryInfo`.
    fn full_name() -> &'static str;

    /// The message in protobuf's binary format.
    fn encode(&self) -> Vec<u8>;

    /// The message that `bytes`, all of them, encode; None if they are none.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

impl<T: Message + MessageName> Detail for T {
    fn full_name() -> &'static str {
        T::FULL_NAME
    }

    fn encode(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        T::decode_from_slice(bytes).ok()
    }
}

/// A detail of any type: its name and its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnyDetail {
    /// The name of the message, behind the last `/`.
    pub type_url: String,
    /// The message in protobuf's binary format.
    pub value: Vec<u8>,
}

impl AnyDetail {
    /// Whether it is a message of this type.
    pub fn is<D: Detail>(&self) -> bool {
        self.type_url.rsplit('/').next() == Some(D::full_name())
    }

    /// The message, if it is one of this type.
    pub fn unpack<D: Detail>(&self) -> Option<D> {
        if self.is::<D>() { D::decode(&self.value) } else { None }
    }
}

impl Fields for AnyDetail {
    fn put(&self, out: &mut Vec<u8>) {
        self.type_url.put(1, out);
        self.value.put(2, out);
    }

    fn take(
        &mut self,
        tag: buffa::encoding::Tag,
        bytes: &mut &[u8],
    ) -> Result<bool, buffa::DecodeError> {
        match tag.field_number() {
            1 => self.type_url.take(tag, bytes)?,
            2 => self.value.take(tag, bytes)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `google.rpc.Status`
#[derive(Default)]
struct RpcStatus {
    code: i64,
    message: String,
    details: Vec<AnyDetail>,
}

impl Fields for RpcStatus {
    fn put(&self, out: &mut Vec<u8>) {
        self.code.put(1, out);
        self.message.put(2, out);
        self.details.put(3, out);
    }

    fn take(
        &mut self,
        tag: buffa::encoding::Tag,
        bytes: &mut &[u8],
    ) -> Result<bool, buffa::DecodeError> {
        match tag.field_number() {
            1 => self.code.take(tag, bytes)?,
            2 => self.message.take(tag, bytes)?,
            3 => self.details.take(tag, bytes)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The details of a [`Status`].
pub trait StatusDetails: Sized {
    /// With this detail behind those that it has.
    #[must_use]
    fn with_detail(self, detail: impl Detail) -> Self;

    /// The first detail of this type. None as well if the peer sent one that cannot be decoded.
    fn detail<D: Detail>(&self) -> Option<D>;

    /// All details, of whatever type. Empty as well if the peer sent what cannot be decoded.
    fn all_details(&self) -> Vec<AnyDetail>;
}

impl StatusDetails for Status {
    fn with_detail(self, detail: impl Detail) -> Self {
        let mut bytes = self.details().to_vec();
        if bytes.is_empty() {
            // google/rpc/status.proto: the code and the message are said again.
            let (code, message) = (i64::from(self.code().number()), self.message().to_owned());
            RpcStatus { code, message, ..RpcStatus::default() }.put(&mut bytes);
        }
        let detail = AnyDetail {
            type_url: format!("{TYPE_URL}{}", full_name_of(&detail)),
            value: detail.encode(),
        };
        // A repeated field goes on where the message ends.
        RpcStatus { details: vec![detail], ..RpcStatus::default() }.put(&mut bytes);
        self.with_details(bytes)
    }

    fn detail<D: Detail>(&self) -> Option<D> {
        self.all_details().iter().find_map(AnyDetail::unpack)
    }

    fn all_details(&self) -> Vec<AnyDetail> {
        wire::decode::<RpcStatus>(self.details()).map(|status| status.details).unwrap_or_default()
    }
}

fn full_name_of<D: Detail>(_: &D) -> &'static str {
    D::full_name()
}
