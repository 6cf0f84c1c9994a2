//! The seventeen status codes of gRPC (grpc `doc/statuscodes.md`).

use std::fmt;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    /// The call succeeded.
    Ok = 0,
    /// The call was cancelled, typically by the caller.
    Cancelled = 1,
    /// An error that says too little to be anything else.
    Unknown = 2,
    /// The request is wrong whatever the state of the system.
    InvalidArgument = 3,
    /// The deadline passed before the call was complete; it may have had its effect.
    DeadlineExceeded = 4,
    /// What was asked for does not exist.
    NotFound = 5,
    /// What was to be created exists.
    AlreadyExists = 6,
    /// The caller is known and may not do this.
    PermissionDenied = 7,
    /// A quota, a limit or some space is used up.
    ResourceExhausted = 8,
    /// The system is not in the state that the call needs; do not retry before it is mended.
    FailedPrecondition = 9,
    /// A conflict with another call; retry the whole transaction.
    Aborted = 10,
    /// Past the valid range, as of now.
    OutOfRange = 11,
    /// The method does not exist or is not supported here.
    Unimplemented = 12,
    /// An invariant is broken: a bug on one of the sides.
    Internal = 13,
    /// The service cannot be reached now; retry with a pause.
    Unavailable = 14,
    /// Data is lost or damaged for good.
    DataLoss = 15,
    /// The caller has not shown who it is.
    Unauthenticated = 16,
}

/// Code, name, and `grpc-status` on the wire, each at the index of its number.
const TABLE: [(Code, &str, &[u8]); 17] = [
    (Code::Ok, "OK", b"0"),
    (Code::Cancelled, "CANCELLED", b"1"),
    (Code::Unknown, "UNKNOWN", b"2"),
    (Code::InvalidArgument, "INVALID_ARGUMENT", b"3"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", b"4"),
    (Code::NotFound, "NOT_FOUND", b"5"),
    (Code::AlreadyExists, "ALREADY_EXISTS", b"6"),
    (Code::PermissionDenied, "PERMISSION_DENIED", b"7"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", b"8"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION", b"9"),
    (Code::Aborted, "ABORTED", b"10"),
    (Code::OutOfRange, "OUT_OF_RANGE", b"11"),
    (Code::Unimplemented, "UNIMPLEMENTED", b"12"),
    (Code::Internal, "INTERNAL", b"13"),
    (Code::Unavailable, "UNAVAILABLE", b"14"),
    (Code::DataLoss, "DATA_LOSS", b"15"),
    (Code::Unauthenticated, "UNAUTHENTICATED", b"16"),
];

impl Code {
    /// Every code, by ascending number.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        TABLE.iter().map(|entry| entry.0)
    }

    /// The code of this number, if there is one.
    #[inline]
    pub fn from_number(number: u32) -> Option<Self> {
        TABLE.get(number as usize).map(|entry| entry.0)
    }

    /// The number, 0 to 16.
    #[inline]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The name in the specification, such as `DEADLINE_EXCEEDED`.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Reads the value of `grpc-status`: decimal digits and nothing else.
    #[inline]
    pub fn from_wire(value: &[u8]) -> Option<Self> {
        let number = match *value {
            [digit @ b'0'..=b'9'] => u32::from(digit - b'0'),
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                u32::from(tens - b'0') * 10 + u32::from(ones - b'0')
            }
            _ => return None,
        };
        Self::from_number(number)
    }

    /// The value of `grpc-status`.
    #[inline]
    pub const fn as_wire(self) -> &'static [u8] {
        TABLE[self as usize].2
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
