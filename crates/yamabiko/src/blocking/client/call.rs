//! A call of a generated client: a request and its options, then its answer.

use std::fmt;
use std::time::{Duration, Instant};

use yamabiko_core::grpc::{InvalidMetadata, Metadata, Origin, Status};

use super::channel::Channel;
use super::exchange::Exchange;
use super::waiting::Interrupt;
use crate::response::Response;
use crate::{Codec, Context};

/// A call that has not been made. [Send](Call::send) it, after setting what it needs.
///
/// ```no_run
/// # use std::time::Duration;
/// # fn example(call: yamabiko::blocking::Call<()>) -> Result<(), yamabiko::Status> {
/// let reply = call.timeout(Duration::from_secs(1)).send()?;
/// # Ok(reply)
/// # }
/// ```
#[must_use = "a call does nothing until it is sent"]
pub struct Call<Res> {
    channel: Channel,
    path: &'static str,
    /// The encoded request, or why it could not be encoded.
    request: Result<Vec<u8>, Status>,
    decode: fn(&[u8]) -> Result<Res, Status>,
    metadata: Metadata,
    deadline: Option<Instant>,
    patient: bool,
}

/// Prepares a call of a method with one request and one response.
pub fn unary<C, Req, Res>(channel: &Channel, path: &'static str, request: Req) -> Call<Res>
where
    C: Codec<Req> + Codec<Res>,
{
    let (length, sizes) = <C as Codec<Req>>::size(&request);
    let request = if u32::try_from(length).is_ok() {
        let mut bytes = Vec::with_capacity(length);
        <C as Codec<Req>>::encode(&request, sizes, &mut bytes);
        Ok(bytes)
    } else {
        Err(Status::resource_exhausted(format!(
            "request too large: {length} bytes, a message has at most {}",
            u32::MAX
        )))
    };
    Call {
        channel: channel.clone(),
        path,
        request,
        decode: <C as Codec<Res>>::decode,
        metadata: Metadata::new(),
        deadline: None,
        patient: false,
    }
}

impl<Res> Call<Res> {
    /// How long the call may take from now on, waiting for a connection included. Then it is
    /// cancelled on both sides and ends with DEADLINE_EXCEEDED.
    pub fn timeout(self, timeout: Duration) -> Self {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.deadline(deadline),
            None => self,
        }
    }

    /// When the call must have ended; an earlier one that is set stays.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(self.deadline.map_or(deadline, |before| before.min(deadline)));
        self
    }

    /// Makes the call on behalf of another: its deadline holds for this one too.
    pub fn within(self, context: &Context) -> Self {
        match context.deadline() {
            Some(deadline) => self.deadline(deadline),
            None => self,
        }
    }

    /// Waits for a server to be there, instead of failing at once with UNAVAILABLE.
    pub fn wait_for_ready(mut self) -> Self {
        self.patient = true;
        self
    }

    /// Sends metadata with the call.
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        for field in metadata.fields() {
            self.metadata.push_field(field.clone());
        }
        self
    }

    /// Sends one entry of metadata with the call.
    ///
    /// # Errors
    /// [`InvalidMetadata`], which names the key and the rule.
    pub fn metadata(mut self, key: &str, value: &str) -> Result<Self, InvalidMetadata> {
        self.metadata.append(key, value)?;
        Ok(self)
    }

    /// Makes the call and waits for its message.
    ///
    /// # Errors
    /// The [`Status`] that it ended with.
    pub fn send(self) -> Result<Res, Status> {
        self.response().map(|response| response.message)
    }

    /// Makes the call and waits for its message and metadata.
    ///
    /// # Errors
    /// The [`Status`] that it ended with.
    pub fn response(self) -> Result<Response<Res>, Status> {
        let request = self.request?;
        let exchange = Exchange {
            path: self.path,
            message: &request,
            metadata: &self.metadata,
            deadline: self.deadline,
            wait_for_ready: self.patient,
        };
        let Some(outcome) = self.channel.exchange(&exchange, Interrupt::never()) else {
            return Err(Status::cancelled("interrupted").with_origin(Origin::Concluded));
        };
        let mut status = outcome.status;
        match outcome.message {
            None => Err(status),
            Some(message) => Ok(Response {
                message: (self.decode)(&message)?,
                headers: outcome.headers,
                trailers: std::mem::take(status.metadata_mut()),
            }),
        }
    }
}

impl<Res> fmt::Debug for Call<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Call").field(&self.path).finish()
    }
}
