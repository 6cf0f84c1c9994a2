//! A header field, classified once: everything above HPACK asks a field for its [`FieldKind`]
//! and compares no names. A [`Field`] owns its bytes and is cheap to clone; a [`FieldRef`] is one
//! field of a block that is being decoded and borrows from the block or from a table.
use std::fmt;
use std::sync::Arc;

/// What a field is to HTTP/2 and gRPC, from its name and, where a rule needs it, its value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum FieldKind {
    /// `:method`
    Method,
    /// `:scheme`
    Scheme,
    /// `:authority`
    Authority,
    /// `:path`
    Path,
    /// `:status`
    Status,
    /// Any other name that starts with a colon.
    UnknownPseudo,
    /// `content-type`
    ContentType,
    /// `te: trailers`; every other `te` is [`FieldKind::ConnectionSpecific`].
    Te,
    /// `user-agent`
    UserAgent,
    /// `content-length`
    ContentLength,
    /// `grpc-timeout`
    GrpcTimeout,
    /// `grpc-encoding`
    GrpcEncoding,
    /// `grpc-accept-encoding`
    GrpcAcceptEncoding,
    /// `grpc-status`
    GrpcStatus,
    /// `grpc-message`
    GrpcMessage,
    /// `grpc-status-details-bin`
    GrpcStatusDetails,
    /// A field that HTTP/2 forbids (RFC 9113 §8.2.2): `connection`, `keep-alive`,
    /// `proxy-connection`, `transfer-encoding`, `upgrade`, and `te` unless it is `trailers`.
    ConnectionSpecific,
    /// A name or value that breaks RFC 9113 §8.2.1.
    Malformed,
    /// Everything else.
    Metadata,
}

impl FieldKind {
    /// The kind of the field `name: value`.
    pub const fn classify(name: &[u8], value: &[u8]) -> FieldKind {
        FieldKind::of_name(name).with_value(value)
    }

    /// The kind by the name alone: [`FieldKind::with_value`] completes it.
    const fn of_name(name: &[u8]) -> FieldKind {
        match name {
            b":method" => FieldKind::Method,
            b":scheme" => FieldKind::Scheme,
            b":authority" => FieldKind::Authority,
            b":path" => FieldKind::Path,
            b":status" => FieldKind::Status,
            b"content-type" => FieldKind::ContentType,
            b"te" => FieldKind::Te,
            b"user-agent" => FieldKind::UserAgent,
            b"content-length" => FieldKind::ContentLength,
            b"grpc-timeout" => FieldKind::GrpcTimeout,
            b"grpc-encoding" => FieldKind::GrpcEncoding,
            b"grpc-accept-encoding" => FieldKind::GrpcAcceptEncoding,
            b"grpc-status" => FieldKind::GrpcStatus,
            b"grpc-message" => FieldKind::GrpcMessage,
            b"grpc-status-details-bin" => FieldKind::GrpcStatusDetails,
            b"connection" | b"keep-alive" | b"proxy-connection" | b"transfer-encoding"
            | b"upgrade" => FieldKind::ConnectionSpecific,
            [b':', rest @ ..] if name_is_valid(rest) => FieldKind::UnknownPseudo,
            [_, ..] if name_is_valid(name) => FieldKind::Metadata,
            _ => FieldKind::Malformed,
        }
    }

    /// The kind of a field with this kind of name and this value.
    const fn with_value(self, value: &[u8]) -> FieldKind {
        if !value_is_valid(value) {
            return FieldKind::Malformed;
        }
        match self {
            // RFC 9113 §8.2.2: `te` must not say anything but `trailers`.
            FieldKind::Te if !is_trailers(value) => FieldKind::ConnectionSpecific,
            kind => kind,
        }
    }

    /// The kind of a field that takes its name from a table entry of kind `named_by`, without a
    /// look at the name where that kind tells enough.
    pub(crate) fn classify_named_by(named_by: FieldKind, name: &[u8], value: &[u8]) -> FieldKind {
        match named_by {
            // These may come from the entry's value.
            FieldKind::Malformed | FieldKind::ConnectionSpecific => {
                FieldKind::classify(name, value)
            }
            kind => kind.with_value(value),
        }
    }
}

/// Whether the value of this field is a secret: such a field is sent with
/// [`Indexing::Never`](crate::hpack::Indexing::Never) (RFC 7541 §7.1.3) and stays out of `Debug`.
pub fn is_sensitive(name: &[u8]) -> bool {
    matches!(name, b"authorization" | b"cookie" | b"proxy-authorization" | b"set-cookie")
}

/// One header field that owns its bytes. A clone shares them.
#[derive(Clone, PartialEq, Eq)]
pub struct Field {
    /// The name, then the value: one allocation.
    bytes: Arc<[u8]>,
    name_length: u32,
    kind: FieldKind,
}

impl Field {
    /// Copies and classifies `name: value`.
    ///
    /// # Panics
    /// If the name is 4 GiB long; no limit of this crate lets such a name in.
    pub fn new(name: &[u8], value: &[u8]) -> Field {
        Field::with_kind(name, value, FieldKind::classify(name, value))
    }

    fn with_kind(name: &[u8], value: &[u8], kind: FieldKind) -> Field {
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, name.len() + value.len()).collect();
        let (name_bytes, value_bytes) =
            Arc::get_mut(&mut bytes).expect("nobody shares it yet").split_at_mut(name.len());
        name_bytes.copy_from_slice(name);
        value_bytes.copy_from_slice(value);
        let name_length = u32::try_from(name.len()).expect("a name is shorter than 4 GiB");
        Field { bytes, name_length, kind }
    }

    /// The name, in lower case unless the field is malformed.
    #[inline]
    pub fn name(&self) -> &[u8] {
        &self.bytes[..self.name_length as usize]
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> &[u8] {
        &self.bytes[self.name_length as usize..]
    }

    /// What the field is.
    #[inline]
    pub fn kind(&self) -> FieldKind {
        self.kind
    }

    /// The size in octets by which tables and header lists are limited (RFC 7541 §4.1).
    #[inline]
    pub fn size(&self) -> usize {
        self.bytes.len() + ENTRY_OVERHEAD
    }

    /// The field as the decoder hands it out; [`FieldRef::to_field`] clones this one.
    #[inline]
    pub fn as_field_ref(&self) -> FieldRef<'_> {
        let (name, value) = self.bytes.split_at(self.name_length as usize);
        FieldRef { kind: self.kind, name, value, stored: Some(self) }
    }

    /// Whether this is the field `name: value`; the lengths decide most cases.
    #[inline]
    pub(crate) fn is(&self, name: &[u8], value: &[u8]) -> bool {
        self.name_length as usize == name.len()
            && self.bytes.len() == name.len() + value.len()
            && self.value() == value
            && self.name() == name
    }

    #[inline]
    pub(crate) fn shares_octets_with(&self, other: &Field) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_field_ref().fmt(formatter)
    }
}

/// One header field of a block, borrowed from the block or from a table.
#[derive(Copy, Clone)]
pub struct FieldRef<'a> {
    /// What the field is.
    pub kind: FieldKind,
    /// The name.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    stored: Option<&'a Field>,
}

impl<'a> FieldRef<'a> {
    /// Classifies `name: value`.
    pub fn new(name: &'a [u8], value: &'a [u8]) -> FieldRef<'a> {
        FieldRef::with_kind(FieldKind::classify(name, value), name, value)
    }

    #[inline]
    pub(crate) const fn with_kind(kind: FieldKind, name: &'a [u8], value: &'a [u8]) -> Self {
        FieldRef { kind, name, value, stored: None }
    }

    /// The size in octets by which tables and header lists are limited (RFC 7541 §4.1).
    #[inline]
    pub fn size(&self) -> usize {
        FieldRef::size_of(self.name, self.value)
    }

    #[inline]
    pub(crate) fn size_of(name: &[u8], value: &[u8]) -> usize {
        name.len() + value.len() + ENTRY_OVERHEAD
    }

    /// The field as one that owns its bytes: a clone where a table holds it, else a copy.
    pub fn to_field(&self) -> Field {
        match self.stored {
            Some(field) => field.clone(),
            None => Field::with_kind(self.name, self.value, self.kind),
        }
    }
}

impl fmt::Debug for FieldRef<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.name.escape_ascii())?;
        if is_sensitive(self.name) {
            write!(formatter, "({} secret bytes)", self.value.len())
        } else {
            write!(formatter, "{}", self.value.escape_ascii())
        }
    }
}

/// RFC 7541 §4.1: what an entry counts beyond its name and value.
const ENTRY_OVERHEAD: usize = 32;

/// RFC 9113 §8.2.1, for a name without its pseudo-header colon.
const fn name_is_valid(name: &[u8]) -> bool {
    let mut index = 0;
    while index < name.len() {
        if matches!(name[index], 0x00..=0x20 | b'A'..=b'Z' | b':' | 0x7f..=0xff) {
            return false;
        }
        index += 1;
    }
    true
}

/// RFC 9113 §8.2.1: no NUL, LF or CR.
///
/// It forbids SP and HTAB at either end too, but gRPC sends a `grpc-message` that ends in a space
/// as it stands and lets a receiver strip such whitespace (grpc `doc/PROTOCOL-HTTP2.md`,
/// "Status-Message", "Custom-Metadata"). To refuse it would lose the status of a call.
const fn value_is_valid(value: &[u8]) -> bool {
    let mut index = 0;
    while index < value.len() {
        if matches!(value[index], 0 | b'\n' | b'\r') {
            return false;
        }
        index += 1;
    }
    true
}

/// RFC 9110 §10.1.4: the names of transfer codings are case-insensitive.
const fn is_trailers(value: &[u8]) -> bool {
    let expected = b"trailers";
    let mut index = 0;
    while index < expected.len() && index < value.len() {
        if value[index].to_ascii_lowercase() != expected[index] {
            return false;
        }
        index += 1;
    }
    value.len() == expected.len()
}
