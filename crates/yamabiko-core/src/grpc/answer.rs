//! How a server answers: response commands in order (head, messages, status),
//! or all of them in one go.

use super::head;
use super::message::{self, PREFIX_LEN};
use super::server::{Call, Response, ServerConnection};
use super::{Code, Metadata, Status};
use crate::h2::{Gone, Responded, StreamKey};
use crate::hpack::Indexing;

impl ServerConnection {
    /// Begins the response. Not needed without metadata: the first message does it.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_head(&mut self, stream: StreamKey, metadata: &Metadata) -> Result<(), Gone> {
        let call = self.h2.call(stream).ok_or(Gone)?;
        match call.response {
            Response::Begun => return Ok(()),
            Response::Ended => return Err(Gone),
            Response::NotBegun => call.response = Response::Begun,
        }
        self.h2.send_headers(stream, |encoder, out| head::write_response(encoder, out, metadata))
    }

    /// Sends a message of `length` bytes that `write` appends, and the head before it if it has
    /// not been sent.
    ///
    /// # Errors
    /// [`Gone`].
    ///
    /// # Panics
    /// If `write` appends another number of bytes.
    pub fn send_message(
        &mut self,
        stream: StreamKey,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Gone> {
        self.send_head(stream, &Metadata::new())?;
        self.h2.send_data(stream, PREFIX_LEN + length, false, |out| {
            message::write_prefix(out, length);
            write(out);
        })
    }

    /// Answers a call with one message of `length` bytes that `write` appends, and with OK or the
    /// status that `write` says it failed with: the same as [`send_message`](Self::send_message)
    /// and [`finish`](Self::finish), in one go where nothing has to wait.
    ///
    /// # Errors
    /// [`Gone`].
    ///
    /// # Panics
    /// If `write` appends another number of bytes.
    #[inline]
    pub fn respond(
        &mut self,
        stream: StreamKey,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Status>,
    ) -> Result<(), Gone> {
        let mut write = move |out: &mut Vec<u8>| {
            message::write_prefix(out, length);
            write(out)
        };
        if let Some(known) = &self.known {
            let ready =
                |call: &Call| call.response == Response::NotBegun && call.assembler.is_empty();
            match self.h2.send_response(stream, known, ready, PREFIX_LEN + length, write) {
                Responded::Whole => return Ok(()),
                Responded::Without(status) => {
                    if let Some(call) = self.h2.call(stream) {
                        call.response = Response::Begun;
                    }
                    self.finish(stream, &status);
                    return Ok(());
                }
                Responded::Nothing(again) => write = again,
            }
        }
        self.respond_in_parts(stream, PREFIX_LEN + length, write)
    }

    #[inline(never)]
    fn respond_in_parts(
        &mut self,
        stream: StreamKey,
        length: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), Status>,
    ) -> Result<(), Gone> {
        let mut status = Status::ok();
        self.send_head(stream, &Metadata::new())?;
        self.h2.send_data(stream, length, false, |out| {
            if let Err(failed) = write(out) {
                status = failed;
            }
        })?;
        self.finish(stream, &status);
        self.known = head::known_blocks(self.h2.encoder());
        Ok(())
    }

    /// Ends the call with a status and its metadata. Nothing if it is over already.
    pub fn finish(&mut self, stream: StreamKey, status: &Status) {
        let Some(call) = self.h2.call(stream) else { return };
        self.inbound.forget(&std::mem::take(&mut call.assembler));
        let before = std::mem::replace(&mut call.response, Response::Ended);
        let sent = if before == Response::Ended {
            return;
        } else if before == Response::NotBegun {
            // Trailers-Only: head and status in one block.
            let status = status.clone();
            self.h2.send_trailers(stream, move |encoder, out| {
                head::write_response(encoder, out, &Metadata::new());
                head::write_status(encoder, out, &status);
            })
        } else if status.code() == Code::Ok && status.metadata().is_empty() {
            self.h2.send_trailers(stream, |encoder, out| {
                head::write_status(encoder, out, &Status::ok());
            })
        } else {
            let status = status.clone();
            self.h2.send_trailers(stream, move |encoder, out| {
                head::write_status(encoder, out, &status);
            })
        };
        debug_assert!(sent.is_ok() || self.h2.has_failed(), "the call was live");
    }

    /// Answers a request that is not gRPC, in plain HTTP.
    pub(super) fn refuse(&mut self, stream: StreamKey, http_status: &'static [u8]) {
        let sent = self.h2.send_trailers(stream, move |encoder, out| {
            encoder.encode(b":status", http_status, Indexing::Plain, out);
            match http_status {
                b"405" => encoder.encode(b"allow", b"POST", Indexing::Plain, out),
                b"415" => {
                    encoder.encode(b"accept", b"application/grpc", Indexing::Plain, out);
                }
                _ => {}
            }
        });
        debug_assert!(sent.is_ok(), "the stream was just opened");
    }
}
