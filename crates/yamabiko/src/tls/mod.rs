//! TLS by rustls, as bytes in and bytes out: a [`Session`] lies between the
//! socket and the core of a connection, the same for every driver.
//!
//! A driver gives it what it has read and finds plaintext in its receive
//! buffer; it seals what the core has to say and sends what the session has.

mod client;
mod material;
mod reload;
mod server;
#[cfg(test)]
mod tests;
mod words;

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::Connection;
use yamabiko_core::ReceiveBuffer;
use yamabiko_core::frame::{ErrorCode, write_goaway, write_settings};
use yamabiko_core::h2::PREFACE;

use crate::{Peer, read_buffer};

pub use client::ClientTls;
pub(crate) use client::Destination;
pub use material::{Authorities, Identity};
pub use server::ServerTls;

/// What both sides must agree on (RFC 9113 §3.2).
const H2: &[u8] = b"h2";
/// Reads without plaintext, after which others have their turn.
const READS_PER_TURN: usize = 8;
/// Sealed bytes that wait for the socket, at which nothing more is sealed.
const MAX_OUTPUT: usize = 64 * 1024;
/// A buffer that has grown larger is given back when it is empty, in bytes.
const KEPT: usize = 32 * 1024;

/// One end of a TLS connection, between its bytes and the plaintext.
pub(crate) struct Session {
    connection: Connection,
    output: Vec<u8>,
    /// How many bytes of the output have been sent.
    sent: usize,
    stage: Stage,
    /// Who is told what the peer has shown.
    peer: Option<Arc<Peer>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing has come from the peer.
    Begun,
    Handshake,
    Open,
    /// The peer writes nothing more.
    Ended,
    Failed,
}

impl Session {
    /// The client's hello, if it is a client, is ready to be sent.
    fn new(mut connection: Connection, peer: Option<Arc<Peer>>) -> Self {
        // Whatever is sealed moves on to our own output at once, which has a limit.
        connection.set_buffer_limit(None);
        let (output, stage) = (Vec::new(), Stage::Begun);
        let mut session = Session { connection, output, sent: 0, stage, peer };
        session.collect();
        session
    }

    /// Takes bytes of the peer's, and puts what they say behind what `input` holds. How many bytes
    /// that is.
    ///
    /// # Errors
    /// The session has failed; its last words are in the output.
    pub(crate) fn receive(
        &mut self,
        mut sealed: &[u8],
        input: &mut ReceiveBuffer,
    ) -> io::Result<usize> {
        if self.stage == Stage::Begun && !sealed.is_empty() {
            self.look(sealed)?;
            self.stage = Stage::Handshake;
        }
        let before = input.unread().len();
        while !sealed.is_empty() && matches!(self.stage, Stage::Handshake | Stage::Open) {
            self.connection.read_tls(&mut sealed)?;
            let processed = self.connection.process_new_packets();
            self.collect();
            if let Err(error) = processed {
                return Err(self.failed(words::of(&error, self.is_client())));
            }
            if self.stage == Stage::Handshake && !self.connection.is_handshaking() {
                self.opened()?;
            }
            self.open_all(input)?;
        }
        Ok(input.unread().len() - before)
    }

    /// Looks whether the peer speaks TLS at all, and tells it in its own tongue if it does not.
    fn look(&mut self, first: &[u8]) -> io::Result<()> {
        // RFC 8446 §5.1: every record begins with one of these.
        if matches!(first[0], 0x14..=0x17) {
            return Ok(());
        }
        if self.is_client() {
            return Err(self.failed(words::PLAIN_SERVER.to_owned()));
        }
        self.output.clear();
        if first.starts_with(PREFACE) || PREFACE.starts_with(first) {
            write_settings(&mut self.output, &[]);
            let reason = words::USE_TLS.as_bytes();
            write_goaway(&mut self.output, 0, ErrorCode::INADEQUATE_SECURITY, reason);
        } else if first[0].is_ascii_uppercase() {
            self.output.extend_from_slice(words::http1_answer().as_bytes());
        }
        Err(self.failed(words::PLAIN_CLIENT.to_owned()))
    }

    /// The handshake is done: who is it, and do we both speak HTTP/2?
    fn opened(&mut self) -> io::Result<()> {
        if self.connection.alpn_protocol() != Some(H2) {
            self.connection.send_close_notify();
            self.collect();
            let client = self.is_client();
            let words = if client { words::SERVER_WITHOUT_H2 } else { words::CLIENT_WITHOUT_H2 };
            return Err(self.failed(words.to_owned()));
        }
        self.stage = Stage::Open;
        if let Some(peer) = &self.peer {
            let shown = self.connection.peer_certificates().unwrap_or_default();
            peer.identified(shown.iter().map(|certificate| certificate.to_vec()).collect());
        }
        Ok(())
    }

    /// Moves all plaintext that there is.
    fn open_all(&mut self, input: &mut ReceiveBuffer) -> io::Result<()> {
        /// The plaintext of a record (RFC 8446 §5.1).
        const RECORD: usize = 16 * 1024;
        loop {
            match self.connection.reader().read(input.space(RECORD)) {
                Ok(0) => {
                    self.stage = Stage::Ended;
                    return Ok(());
                }
                Ok(count) => input.filled(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the handshake is done, so that plaintext may be sealed.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Ended)
    }

    /// Whether the peer has said that it writes nothing more.
    pub(crate) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// Whether it seals now: not before the handshake is done, and not when much waits to be sent.
    pub(crate) fn takes(&self) -> bool {
        self.is_open() && self.output().len() < MAX_OUTPUT
    }

    /// Seals the front of `plain`. How many bytes that is, none if it does not
    /// [take](Self::takes) any.
    pub(crate) fn seal(&mut self, plain: &[u8]) -> usize {
        if !self.takes() {
            return 0;
        }
        let count = plain.len().min(MAX_OUTPUT);
        // Without a limit it takes everything.
        let taken = self.connection.writer().write(&plain[..count]).unwrap_or(0);
        self.collect();
        taken
    }

    /// Says that we write nothing more.
    pub(crate) fn close(&mut self) {
        if self.is_open() {
            self.connection.send_close_notify();
            self.collect();
        }
    }

    /// Bytes for the peer.
    pub(crate) fn output(&self) -> &[u8] {
        &self.output[self.sent..]
    }

    /// The driver has sent `count` bytes of the output.
    pub(crate) fn sent(&mut self, count: usize) {
        self.sent += count;
        if self.sent >= self.output.len() {
            self.sent = 0;
            if self.output.capacity() > KEPT {
                self.output = Vec::new();
            } else {
                self.output.clear();
            }
        }
    }

    fn is_client(&self) -> bool {
        matches!(self.connection, Connection::Client(_))
    }

    /// Moves what rustls has to say to our output.
    fn collect(&mut self) {
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut self.output).is_err() {
                // A Vec takes everything.
                return;
            }
        }
    }

    fn failed(&mut self, words: String) -> io::Error {
        self.stage = Stage::Failed;
        if let Some(peer) = &self.peer {
            tracing::debug!(%peer, reason = words, "no TLS");
        }
        io::Error::new(io::ErrorKind::InvalidData, words)
    }
}

/// Reads with `read` until there is plaintext, and puts it behind what `input` holds. Zero bytes
/// mean that the peer has closed.
///
/// # Errors
/// What `read` says, [`WouldBlock`](io::ErrorKind::WouldBlock) too: the handshake may have got on
/// by then, and there may be something to send. [`Interrupted`](io::ErrorKind::Interrupted) if much
/// has come and no plaintext, and it is somebody else's turn. Anything else ends the connection.
pub(crate) fn read(
    session: &mut Session,
    input: &mut ReceiveBuffer,
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    read_buffer::with_sealed(|space| {
        for _ in 0..READS_PER_TURN {
            if session.has_ended() {
                return Ok(0);
            }
            let count = read(space)?;
            let opened = session.receive(&space[..count], input)?;
            if count == 0 || opened > 0 {
                return Ok(opened);
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    })
}
