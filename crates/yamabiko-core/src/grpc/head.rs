//! The heads of a request and of a response, read and written.

use std::sync::LazyLock;
use std::time::Duration;

use super::{Code, Encoding, Encodings, Metadata, Status, content_type, timeout};
use crate::field::{Field, FieldKind, FieldRef, is_sensitive};
use crate::h2::KnownBlocks;
use crate::hpack::{Encoder, Indexing};

/// The content type that we send.
static CONTENT_TYPE: LazyLock<Field> =
    LazyLock::new(|| Field::new(b"content-type", b"application/grpc"));
/// The status of a call that went well.
static STATUS_OK: LazyLock<Field> = LazyLock::new(|| Field::new(b"grpc-status", b"0"));

/// `:status: 200` and `:method: POST` in the static table (RFC 7541 appendix A).
const STATUS_200: u8 = 8;
const METHOD_POST: u8 = 3;

/// The header that says which compressions its sender understands.
const ACCEPT_ENCODING: &[u8] = b"grpc-accept-encoding";

/// What a client asks for.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// `/package.Service/Method`
    pub path: Field,
    /// The name that the client used for the server.
    pub authority: Option<Field>,
    /// What is left until the deadline, if there is one.
    pub timeout: Option<Duration>,
    /// The length of the request's body in bytes, if the client says it.
    pub content_length: Option<u64>,
    /// How its messages may be compressed.
    pub encoding: Option<Encoding>,
    /// How the messages of the answer may be compressed.
    pub accepts: Encodings,
    /// What else the client says, `user-agent` included.
    pub metadata: Metadata,
}

/// A request head while its fields are decoded.
#[derive(Debug, Default)]
pub(super) struct RequestReader {
    path: Option<Field>,
    authority: Option<Field>,
    timeout: Option<Duration>,
    metadata: Metadata,
    content_length: Option<u64>,
    /// What we understand, what the client uses, and what it understands.
    known: Encodings,
    encoding: Option<Encoding>,
    accepts: Encodings,
    grpc: bool,
    refusal: Option<Refusal>,
}

/// How a request that is none of ours is answered.
#[derive(Debug)]
pub(super) enum Refusal {
    /// With an HTTP status: the client does not speak gRPC.
    Http(&'static [u8]),
    /// With a gRPC status.
    Grpc(Status),
}

impl RequestReader {
    /// A reader of a server that understands these compressions.
    pub(super) fn new(known: Encodings) -> Self {
        RequestReader { known, ..RequestReader::default() }
    }

    #[inline]
    pub(super) fn take(&mut self, field: FieldRef<'_>) {
        match field.kind {
            FieldKind::Path => self.path = Some(field.to_field()),
            FieldKind::Authority => self.authority = Some(field.to_field()),
            FieldKind::Method if field.value != b"POST" => self.refuse(Refusal::Http(b"405")),
            FieldKind::Method | FieldKind::Scheme | FieldKind::Te => {}
            FieldKind::ContentType => match content_type::is_grpc(field.value) {
                Some(b"proto") => self.grpc = true,
                Some(other) => {
                    self.grpc = true;
                    self.refuse(Refusal::Grpc(Status::unimplemented(format!(
                        "unknown message encoding: {}, this server speaks proto",
                        other.escape_ascii()
                    ))));
                }
                None => {}
            },
            FieldKind::ContentLength => match content_length(field.value) {
                Some(length) => self.content_length = Some(length),
                None => self.refuse(Refusal::Http(b"400")),
            },
            FieldKind::GrpcTimeout => match timeout::parse(field.value) {
                Some(timeout) => self.timeout = Some(timeout),
                None => self.refuse(Refusal::Grpc(Status::internal(format!(
                    "malformed grpc-timeout: {}",
                    field.value.escape_ascii()
                )))),
            },
            FieldKind::GrpcEncoding if field.value == b"identity" => {}
            FieldKind::GrpcEncoding => match known_encoding(field.value, self.known) {
                Some(encoding) => self.encoding = Some(encoding),
                None => {
                    let known = self.known.to_string();
                    let mut status = Status::unimplemented(format!(
                        "unknown grpc-encoding: {}, this server accepts: {known}",
                        field.value.escape_ascii()
                    ));
                    // grpc doc/compression.md: the answer says what would be accepted.
                    let known = Field::new(ACCEPT_ENCODING, known.as_bytes());
                    status.metadata_mut().push_field(known);
                    self.refuse(Refusal::Grpc(status));
                }
            },
            FieldKind::GrpcAcceptEncoding => self.accepts = Encodings::parse(field.value),
            _ => self.metadata.push_field(field.to_field()),
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        // An HTTP refusal weighs more: its client would not understand the other.
        if self.refusal.is_none() || matches!(refusal, Refusal::Http(_)) {
            self.refusal = Some(refusal);
        }
    }

    /// The head, or how the request is to be refused.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub(super) fn finish(self) -> Result<RequestHead, Refusal> {
        match (self.refusal, self.path) {
            (Some(Refusal::Grpc(status)), _) if self.grpc => Err(Refusal::Grpc(status)),
            (Some(Refusal::Http(status)), _) => Err(Refusal::Http(status)),
            (None, Some(path)) if self.grpc => Ok(RequestHead {
                path,
                authority: self.authority,
                timeout: self.timeout,
                content_length: self.content_length,
                encoding: self.encoding,
                accepts: self.accepts,
                metadata: self.metadata,
            }),
            // gRPC over HTTP/2: a content-type that does not begin with application/grpc is 415.
            _ => Err(Refusal::Http(b"415")),
        }
    }
}

fn known_encoding(name: &[u8], known: Encodings) -> Option<Encoding> {
    Encoding::from_name(name).filter(|encoding| known.contains(*encoding))
}

/// How a request and its answer may be compressed.
#[derive(Debug)]
pub(super) struct Compressions<'a> {
    pub(super) request: Option<Encoding>,
    /// What this side understands, as a field.
    pub(super) accepted: Option<&'a Field>,
}

/// What a client says that it understands. Nothing if that is nothing.
pub(super) fn accept_encoding(accepts: Encodings) -> Option<Field> {
    let value = || Field::new(ACCEPT_ENCODING, accepts.to_string().as_bytes());
    (!accepts.is_empty()).then(value)
}

/// Writes the head of a request.
pub(super) fn write_request(
    encoder: &mut Encoder,
    out: &mut Vec<u8>,
    path: &str,
    target: &Target,
    timeout: Option<Duration>,
    compressions: &Compressions<'_>,
    metadata: &Metadata,
) {
    encoder.encode_static(METHOD_POST, out);
    encoder.encode(b":scheme", target.scheme.as_bytes(), Indexing::Remember, out);
    encoder.encode(b":path", path.as_bytes(), Indexing::Remember, out);
    encoder.encode(b":authority", target.authority.as_bytes(), Indexing::Remember, out);
    encoder.encode(b"te", b"trailers", Indexing::Remember, out);
    encoder.encode_field(&CONTENT_TYPE, Indexing::Remember, out);
    encoder.encode(b"user-agent", target.user_agent.as_bytes(), Indexing::Remember, out);
    if let Some(timeout) = timeout {
        let mut value = Vec::with_capacity(9);
        timeout::write(timeout, &mut value);
        encoder.encode(b"grpc-timeout", &value, Indexing::RememberName, out);
    }
    write_encoding(encoder, out, compressions.request);
    if let Some(accepted) = compressions.accepted {
        encoder.encode_field(accepted, Indexing::Remember, out);
    }
    write_metadata(encoder, out, metadata);
}

/// What a client says of itself and of the server in each request.
#[derive(Clone, Debug)]
pub struct Target {
    /// `http` or `https`
    pub scheme: &'static str,
    /// The server's name and port, as the user wrote them.
    pub authority: String,
    /// The client's name and version.
    pub user_agent: String,
}

/// Writes the head of a response.
#[inline]
pub(super) fn write_response(
    encoder: &mut Encoder,
    out: &mut Vec<u8>,
    encoding: Option<Encoding>,
    metadata: &Metadata,
) {
    encoder.encode_static(STATUS_200, out);
    encoder.encode_field(&CONTENT_TYPE, Indexing::Remember, out);
    write_encoding(encoder, out, encoding);
    write_metadata(encoder, out, metadata);
}

fn write_encoding(encoder: &mut Encoder, out: &mut Vec<u8>, encoding: Option<Encoding>) {
    if let Some(encoding) = encoding {
        encoder.encode(b"grpc-encoding", encoding.name().as_bytes(), Indexing::Remember, out);
    }
}

/// Writes the trailers of a response, or the end of a response without a message.
#[inline]
pub(super) fn write_status(encoder: &mut Encoder, out: &mut Vec<u8>, status: &Status) {
    let code = status.code();
    if code == Code::Ok {
        encoder.encode_field(&STATUS_OK, Indexing::Remember, out);
    } else {
        encoder.encode(b"grpc-status", code.as_wire(), Indexing::Plain, out);
    }
    if !status.message().is_empty() {
        let mut message = Vec::new();
        status.write_message(&mut message);
        encoder.encode(b"grpc-message", &message, Indexing::Plain, out);
    }
    if !status.details().is_empty() {
        let details = super::binary::encode(status.details());
        encoder.encode(b"grpc-status-details-bin", details.as_bytes(), Indexing::Plain, out);
    }
    write_metadata(encoder, out, status.metadata());
}

/// What [`write_response`] and [`write_status`] say of a call that went well, without metadata, once
/// they have said it before.
pub(super) fn known_blocks(encoder: &Encoder) -> Option<KnownBlocks> {
    Some(KnownBlocks {
        head: [Encoder::static_octet(STATUS_200), encoder.octet_of(&CONTENT_TYPE)?],
        trailers: [encoder.octet_of(&STATUS_OK)?],
        state: encoder.state()?,
    })
}

fn write_metadata(encoder: &mut Encoder, out: &mut Vec<u8>, metadata: &Metadata) {
    for field in metadata.fields() {
        let sensitive = is_sensitive(field.name());
        let indexing = if sensitive { Indexing::Never } else { Indexing::Plain };
        encoder.encode(field.name(), field.value(), indexing, out);
    }
}

/// RFC 9110 §8.6: digits and nothing else.
fn content_length(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value).ok()?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The head or the trailers of a response while their fields are decoded.
#[derive(Debug, Default)]
pub(super) struct ResponseReader {
    http_status: Option<u16>,
    grpc: bool,
    content_type: Option<Field>,
    /// What we understand, what the server uses, and what it uses that we do not understand.
    known: Encodings,
    pub(super) encoding: Option<Encoding>,
    unknown: Option<Field>,
    code: Option<Field>,
    message: Option<Field>,
    details: Option<Vec<u8>>,
    /// The body's length, if the server says it.
    pub(super) content_length: Option<u64>,
    /// Everything else.
    pub(super) metadata: Metadata,
}

impl ResponseReader {
    /// A reader of a client that understands these compressions.
    pub(super) fn new(known: Encodings) -> Self {
        ResponseReader { known, ..ResponseReader::default() }
    }

    #[inline]
    pub(super) fn take(&mut self, field: FieldRef<'_>) {
        match field.kind {
            FieldKind::Status => {
                let text = std::str::from_utf8(field.value).ok();
                self.http_status = Some(text.and_then(|text| text.parse().ok()).unwrap_or(0));
            }
            FieldKind::ContentType => {
                self.grpc = content_type::is_grpc(field.value).is_some();
                if !self.grpc {
                    self.content_type = Some(field.to_field());
                }
            }
            FieldKind::GrpcEncoding if field.value == b"identity" => {}
            FieldKind::GrpcEncoding => {
                self.encoding = known_encoding(field.value, self.known);
                self.unknown = self.encoding.is_none().then(|| field.to_field());
            }
            FieldKind::GrpcAcceptEncoding => {}
            FieldKind::ContentLength => self.content_length = content_length(field.value),
            FieldKind::GrpcStatus => self.code = Some(field.to_field()),
            FieldKind::GrpcMessage => self.message = Some(field.to_field()),
            FieldKind::GrpcStatusDetails => self.details = super::binary::decode(field.value),
            _ => self.metadata.push_field(field.to_field()),
        }
    }

    /// Whether this is a 1xx head, which a final one follows (RFC 9113 §8.1).
    pub(super) fn is_informational(&self) -> bool {
        matches!(self.http_status, Some(100..200))
    }

    /// Checks a head that more is to follow.
    ///
    /// # Errors
    /// The status that the call ends with: the answer is not gRPC.
    pub(super) fn check_head(&self) -> Result<(), Status> {
        if self.http_status == Some(200) && self.grpc {
            return match &self.unknown {
                None => Ok(()),
                Some(encoding) => Err(Status::internal(format!(
                    "the server answers with an unknown grpc-encoding: {}",
                    encoding.value().escape_ascii()
                ))),
            };
        }
        Err(self.not_grpc())
    }

    fn not_grpc(&self) -> Status {
        let http_status = self.http_status.unwrap_or(0);
        let content_type = self.content_type.as_ref().map_or(&b"none"[..], Field::value);
        let code = match http_status {
            200 => Code::Unknown,
            other => super::code_for_http_status(other),
        };
        let message = format!(
            "not a gRPC response: HTTP status {http_status}, content-type {}",
            content_type.escape_ascii()
        );
        Status::new(code, message).with_origin(super::Origin::Concluded)
    }

    /// The status of a section that ends the call: trailers, or a head with END_STREAM.
    pub(super) fn into_status(self, after_head: bool) -> Status {
        let Some(code) = &self.code else {
            if !after_head && (self.http_status != Some(200) || !self.grpc) {
                return self.not_grpc();
            }
            let message = "the server ended the call without a grpc-status";
            return Status::unknown(message).with_origin(super::Origin::Concluded);
        };
        let mut status = Status::from_wire(code.value(), self.message.as_ref().map(Field::value));
        if let Some(details) = self.details {
            status = status.with_details(details);
        }
        if !self.metadata.is_empty() {
            *status.metadata_mut() = self.metadata;
        }
        status
    }
}
