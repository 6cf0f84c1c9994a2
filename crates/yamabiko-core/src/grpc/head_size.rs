//! How large a header list is, and that no peer is sent a larger one than it
//! says it takes (RFC 9113 §6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE).

use std::borrow::Cow;
use std::time::Duration;

use super::head::{Compressions, Target};
use super::{Code, Metadata, Origin, Status};

/// RFC 9113 §6.5.2: what a field costs besides its name and value.
const FIELD_SIZE: usize = 32;
/// More than the fields cost that every answer without a message has, with the names of those for
/// the message and the details.
const HEAD_SIZE: usize = 300;

/// The names of the fields that every request has, and the values that never change.
const REQUEST_FIELDS: [(&str, &str); 7] = [
    (":method", "POST"),
    (":scheme", ""),
    (":path", ""),
    (":authority", ""),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
    ("user-agent", ""),
];
/// The longest value of `grpc-timeout`: eight digits and a unit.
const LONGEST_TIMEOUT: usize = 9;

/// The size of a request's header list; with a time-out, a few bytes more than it may be.
pub(super) fn of_request(
    path: &str,
    target: &Target,
    timeout: Option<Duration>,
    compressions: &Compressions<'_>,
    metadata: &Metadata,
) -> usize {
    let field = |name: &str, value: usize| name.len() + value + FIELD_SIZE;
    let mut size = of_metadata(metadata);
    for (name, value) in REQUEST_FIELDS {
        size += field(name, value.len());
    }
    size += target.scheme.len() + path.len() + target.authority.len() + target.user_agent.len();
    if timeout.is_some() {
        size += field("grpc-timeout", LONGEST_TIMEOUT);
    }
    if let Some(encoding) = compressions.request {
        size += field("grpc-encoding", encoding.name().len());
    }
    if let Some(accepted) = compressions.accepted {
        size += accepted.name().len() + accepted.value().len() + FIELD_SIZE;
    }
    size
}

fn of_metadata(metadata: &Metadata) -> usize {
    let size = |name: &[u8], value: &[u8]| name.len() + value.len() + FIELD_SIZE;
    metadata.fields().iter().map(|field| size(field.name(), field.value())).sum()
}

/// What a call ends with whose request the server would not take.
pub(super) fn request_too_large(size: usize, limit: u32) -> Status {
    let message = format!("request headers too large: {size} bytes, the server takes {limit}");
    Status::resource_exhausted(message).with_origin(Origin::Concluded)
}

/// Whether the head of a response with this metadata is more than a client takes: the status that
/// it gets in its place.
pub(super) fn response_too_large(metadata: &Metadata, limit: u32) -> Option<Status> {
    if metadata.is_empty() {
        return None;
    }
    let size = of_metadata(metadata);
    if size + HEAD_SIZE <= limit as usize {
        return None;
    }
    let message = format!("response headers too large: {size} bytes, the client takes {limit}");
    Some(Status::resource_exhausted(message))
}

/// The status in no more than `limit` bytes of header list, whose peer would not take more: without
/// its details then, and with less of its message. Metadata that is too large by itself is left
/// out, and OK is not said without it.
pub(super) fn fitting(status: &Status, limit: u32) -> Cow<'_, Status> {
    let (room, size) = ((limit as usize).saturating_sub(HEAD_SIZE), of_metadata(status.metadata()));
    if size > room {
        let message = if status.code() == Code::Ok {
            format!("trailing headers too large: {size} bytes, the client takes {limit}")
        } else {
            status.message().to_owned()
        };
        let code = if status.code() == Code::Ok { Code::ResourceExhausted } else { status.code() };
        let bare = Status::new(code, message).with_details(status.details().to_vec());
        return Cow::Owned(fitting(&bare, limit).into_owned());
    }
    let room = room - size;
    let details = status.details().len().div_ceil(3) * 4;
    // A character may take three octets for each of its bytes.
    if status.message().len() * 3 + details <= room {
        return Cow::Borrowed(status);
    }
    let mut length = status.message().len().min(room / 3);
    while !status.message().is_char_boundary(length) {
        length -= 1;
    }
    let mut cut = Status::new(status.code(), status.message()[..length].to_owned());
    *cut.metadata_mut() = status.metadata().clone();
    Cow::Owned(cut)
}
