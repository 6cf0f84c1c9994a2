//! The status that a call ends with.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::{Code, InvalidMetadata, Metadata, StatusError, percent};

/// How a call ended: a [`Code`], a message for people, and what else the server has to say.
///
/// It is small: metadata, details and source are behind one pointer that is rarely there.
#[derive(Clone)]
pub struct Status {
    code: Code,
    origin: Origin,
    message: Cow<'static, str>,
    rest: Option<Box<Rest>>,
}

/// Who says that the call ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The application on this side.
    Application,
    /// The peer, in its trailers.
    Server,
    /// This library, from what it saw: a deadline, a broken connection, a malformed answer.
    Concluded,
}

/// What most statuses do not have.
#[derive(Clone, Default)]
struct Rest {
    metadata: Metadata,
    details: Vec<u8>,
    source: Option<Arc<dyn Error + Send + Sync>>,
    call: Option<Box<str>>,
}

static NO_METADATA: Metadata = Metadata::new();

impl Status {
    /// A status of the application.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, origin: Origin::Application, message: message.into(), rest: None }
    }

    /// Success, without a message.
    pub const fn ok() -> Self {
        Self { code: Code::Ok, origin: Origin::Application, message: Cow::Borrowed(""), rest: None }
    }

    /// Reads `grpc-status` and `grpc-message`. A `grpc-status` that is none becomes UNKNOWN, and
    /// the message says what was there.
    pub fn from_wire(code: &[u8], message: Option<&[u8]>) -> Self {
        let message = message.map(percent::decode).unwrap_or_default();
        let status = match Code::from_wire(code) {
            Some(code) => Self::new(code, message),
            None if message.is_empty() => {
                Self::unknown(format!("invalid grpc-status: '{}'", code.escape_ascii()))
            }
            None => {
                Self::unknown(format!("invalid grpc-status: '{}': {message}", code.escape_ascii()))
            }
        };
        status.with_origin(Origin::Server)
    }

    /// The code.
    #[inline]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The message; may be empty.
    #[inline]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Appends the message as the value of `grpc-message`.
    pub fn write_message(&self, out: &mut Vec<u8>) {
        percent::encode(&self.message, out);
    }

    /// The trailing metadata that came with the status or is to go with it.
    pub fn metadata(&self) -> &Metadata {
        self.rest.as_ref().map_or(&NO_METADATA, |rest| &rest.metadata)
    }

    /// The trailing metadata, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.rest.get_or_insert_default().metadata
    }

    /// The serialized `google.rpc.Status` of `grpc-status-details-bin`; empty if there is none.
    pub fn details(&self) -> &[u8] {
        self.rest.as_ref().map_or(&[], |rest| &rest.details)
    }

    /// With this serialized `google.rpc.Status`, whose code and message should be the same.
    #[must_use]
    pub fn with_details(mut self, details: Vec<u8>) -> Self {
        self.rest.get_or_insert_default().details = details;
        self
    }

    /// With the error that led to this status. It stays on this side: a peer never sees it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.rest.get_or_insert_default().source = Some(Arc::from(source.into()));
        self
    }

    /// Of a call that was made here: the method and the server, such as
    /// `/hello.HelloService/SayHello at localhost:50051`.
    pub fn call(&self) -> Option<&str> {
        self.rest.as_ref()?.call.as_deref()
    }

    /// What a call that was made here has ended with: the method and the server are known from now
    /// on. The message of a status that this side has [concluded](Origin::Concluded) names them.
    #[must_use]
    pub fn of_call(mut self, path: &str, server: &str) -> Self {
        let call = format!("{path} at {server}");
        if self.origin == Origin::Concluded && !self.message.contains(&call) {
            self.message = format!("{call}: {}", self.message).into();
        }
        self.rest.get_or_insert_default().call = Some(call.into());
        self
    }

    /// What a client may see of a status that a handler gives. The source stays here, and so does
    /// what another server said beside its status. Nor does a client learn how this server fared
    /// with a server that it cannot know.
    #[must_use]
    pub fn for_client(&self) -> Cow<'_, Self> {
        let Some(rest) = self.rest.as_ref().filter(|rest| rest.call.is_some()) else {
            return Cow::Borrowed(self);
        };
        let mut status = match self.origin {
            Origin::Concluded => Self::new(self.code, "a call that the server made has failed"),
            Origin::Server | Origin::Application => Self::new(self.code, self.message.clone()),
        };
        if self.origin != Origin::Concluded && !rest.details.is_empty() {
            status = status.with_details(rest.details.clone());
        }
        Cow::Owned(status)
    }

    /// Who says that the call ended so.
    #[inline]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// With this origin.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

/// One constructor per code that is an error.
macro_rules! constructors {
    ($($name:ident $code:ident)*) => {
        impl Status {
            $(
                #[doc = concat!("A status of the application with [`Code::", stringify!($code), "`].")]
                pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(Code::$code, message)
                }
            )*
        }
    };
}

constructors! {
    cancelled Cancelled
    unknown Unknown
    invalid_argument InvalidArgument
    deadline_exceeded DeadlineExceeded
    not_found NotFound
    already_exists AlreadyExists
    permission_denied PermissionDenied
    resource_exhausted ResourceExhausted
    failed_precondition FailedPrecondition
    aborted Aborted
    out_of_range OutOfRange
    unimplemented Unimplemented
    internal Internal
    unavailable Unavailable
    data_loss DataLoss
    unauthenticated Unauthenticated
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match (self.origin, self.call()) {
            (Origin::Server, Some(call)) => write!(f, " (said by the server: {call})"),
            // The message names the call.
            (Origin::Concluded, Some(_)) => f.write_str(" (concluded here)"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Status");
        debug.field("code", &self.code).field("message", &self.message);
        debug.field("origin", &self.origin);
        if let Some(rest) = &self.rest {
            debug.field("metadata", &rest.metadata).field("details", &rest.details);
            if let Some(source) = &rest.source {
                debug.field("source", source);
            }
            if let Some(call) = &rest.call {
                debug.field("call", call);
            }
        }
        debug.finish()
    }
}

impl Error for Status {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.rest.as_ref()?.source.as_deref()?;
        Some(source)
    }
}

/// Metadata that may not be sent is a mistake of this side, not of the peer.
impl StatusError for InvalidMetadata {
    fn status(&self) -> Status {
        Status::internal(self.to_string())
    }
}
