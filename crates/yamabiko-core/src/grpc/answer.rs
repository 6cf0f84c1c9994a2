//! How a server answers: response commands in order (head, messages, status),
//! or all of them in one go.

use super::head;
use super::head_size;
use super::message::{self, PREFIX_LEN};
use super::server::{Call, Response, ServerConnection};
use super::{Code, Encoding, Metadata, Status};
use crate::h2::{Gone, Responded, StreamKey};
use crate::hpack::Indexing;

impl ServerConnection {
    /// Messages of the answer may be compressed so: its head will say it. False if it has been sent
    /// and has said something else. The client must be known to understand it, from
    /// [`RequestHead::accepts`].
    ///
    /// [`RequestHead::accepts`]: super::RequestHead::accepts
    pub fn set_encoding(&mut self, stream: StreamKey, encoding: Encoding) -> bool {
        let Some(call) = self.h2.call(stream) else { return false };
        if call.response == Response::NotBegun {
            call.encoding = Some(encoding);
        }
        call.encoding == Some(encoding)
    }

    /// Begins the response. Not needed without metadata: the first message does it.
    ///
    /// # Errors
    /// [`Gone`]; also when the client does not take so much metadata: it has been told
    /// RESOURCE_EXHAUSTED then, and the call is over.
    pub fn send_head(&mut self, stream: StreamKey, metadata: &Metadata) -> Result<(), Gone> {
        let limit = self.h2.peer_max_header_list();
        let too_large = head_size::response_too_large(metadata, limit);
        let call = self.h2.call(stream).ok_or(Gone)?;
        if let Some(status) = too_large.filter(|_| call.response == Response::NotBegun) {
            self.finish(stream, &status);
            return Err(Gone);
        }
        match call.response {
            Response::Begun => return Ok(()),
            Response::Ended => return Err(Gone),
            Response::NotBegun => call.response = Response::Begun,
        }
        let encoding = call.encoding;
        self.h2.send_headers(stream, |encoder, out| {
            head::write_response(encoder, out, encoding, metadata);
        })
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

    /// Sends a message that is compressed as [`set_encoding`](Self::set_encoding) has said, and the
    /// head before it if it has not been sent.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_compressed(&mut self, stream: StreamKey, message: &[u8]) -> Result<(), Gone> {
        self.send_head(stream, &Metadata::new())?;
        self.h2.send_data(stream, PREFIX_LEN + message.len(), false, |out| {
            message::write_compressed_prefix(out, message.len());
            out.extend_from_slice(message);
        })
    }

    /// Sends messages that have their prefixes already, and the head before them if it has not
    /// been sent. They are packed into as few DATA frames as may be, and `messages` is left empty.
    ///
    /// # Errors
    /// [`Gone`].
    pub fn send_framed(&mut self, stream: StreamKey, messages: &mut Vec<u8>) -> Result<(), Gone> {
        self.send_head(stream, &Metadata::new())?;
        self.h2.send_bytes(stream, messages, false)
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
            let ready = |call: &Call| {
                call.response == Response::NotBegun && call.receiving.assembler.is_empty()
            };
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
        let receiving = std::mem::take(&mut call.receiving);
        let before = std::mem::replace(&mut call.response, Response::Ended);
        self.forget(stream, &receiving);
        let sent = if before == Response::Ended {
            return;
        } else if before == Response::NotBegun {
            // Trailers-Only: head and status in one block.
            let status = self.fitting(status);
            self.h2.send_trailers(stream, move |encoder, out| {
                head::write_response(encoder, out, None, &Metadata::new());
                head::write_status(encoder, out, &status);
            })
        } else if status.code() == Code::Ok && status.metadata().is_empty() {
            self.h2.send_trailers(stream, |encoder, out| {
                head::write_status(encoder, out, &Status::ok());
            })
        } else {
            let status = self.fitting(status);
            self.h2.send_trailers(stream, move |encoder, out| {
                head::write_status(encoder, out, &status);
            })
        };
        debug_assert!(sent.is_ok() || self.h2.has_failed(), "the call was live");
    }

    /// The status as the client takes it.
    fn fitting(&self, status: &Status) -> Status {
        head_size::fitting(status, self.h2.peer_max_header_list()).into_owned()
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
