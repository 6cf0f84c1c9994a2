//! What a connection is made of, and how it opens and fails. The rules are in
//! the files beside this one.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::Instant;

use super::clocks::{Clocks, after};
use super::config::{Config, RESETS_REMEMBERED};
use super::error::{Error, Speaks};
use super::farewell::Farewell;
use super::field_rules::{FieldRules, Section, Unusable};
use super::floods::Floods;
use super::header_block::{HeaderBlock, LONGEST_BLOCK};
use super::output::Output;
use super::preface::{self, First, PREFACE};
use super::room::Room;
use super::settings::{OwnSettings, PeerSettings};
use super::streams::{StreamKey, Streams};
use super::window::{DEFAULT_WINDOW, ReceiveWindow, SendWindow};
use crate::ReceiveBuffer;
use crate::field::FieldRef;
use crate::frame::{ErrorCode, write_goaway, write_window_update};
use crate::hpack::{DEFAULT_TABLE_SIZE, Decoder, Encoder};

/// The most that a string of the longest header block can be: a Huffman code has at least 5 bits.
const LONGEST_STRING: usize = LONGEST_BLOCK * 8 / 5;
/// How a server of HTTP/1 begins its answer.
const HTTP1: &[u8] = b"HTTP/1.";
/// How a server of TLS begins its answer (RFC 8446 §5.1).
const TLS_ALERT: u8 = 0x15;

/// Which end of the connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// We opened it.
    Client,
    /// We accepted it.
    Server,
}

/// How far the connection has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The client's preface is to come.
    Preface,
    /// The peer's SETTINGS are to come (RFC 9113 §3.4: its first frame).
    Settings,
    Open,
    /// An error has ended it. Nothing is read any more.
    Failed,
}

/// The opening of the connection, and its failure.
#[derive(Debug)]
pub(super) struct Opening {
    side: Side,
    phase: Phase,
    deadline: Instant,
}

impl Opening {
    #[inline]
    pub(super) fn side(&self) -> Side {
        self.side
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    #[inline]
    pub(super) fn has_failed(&self) -> bool {
        self.phase == Phase::Failed
    }

    /// When the peer must have opened its side, and with what.
    #[inline]
    pub(super) fn deadline(&self) -> Option<(Instant, &'static str)> {
        match self.phase {
            Phase::Preface => Some((self.deadline, "the HTTP/2 preface")),
            Phase::Settings => Some((self.deadline, "its SETTINGS")),
            Phase::Open | Phase::Failed => None,
        }
    }
}

/// Both windows of the connection, and the streams that wait for one.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) send: SendWindow,
    pub(super) receive: ReceiveWindow,
    /// Streams with something to send, in turn.
    pub(super) line: VecDeque<StreamKey>,
    /// Bytes that wait on all streams together.
    pub(super) queued: usize,
    pub(super) room: Room,
}

/// The stream identifiers of both sides (RFC 9113 §5.1.1).
#[derive(Debug)]
pub(super) struct Identifiers {
    pub(super) last_peer: u32,
    pub(super) next_own: u32,
    /// Streams that we have reset while the peer could send on them, the latest last.
    reset: VecDeque<u32>,
}

impl Identifiers {
    /// We have reset a stream, and the peer does not know it yet.
    pub(super) fn remember_reset(&mut self, id: u32) {
        if self.reset.len() >= RESETS_REMEMBERED {
            self.reset.pop_front();
        }
        self.reset.push_back(id);
    }

    /// Whether the peer may have sent a frame before it heard that the stream is reset.
    pub(super) fn was_reset(&self, id: u32) -> bool {
        self.reset.contains(&id)
    }
}

/// One HTTP/2 connection, client or server. `C` is what the layer above keeps for each stream.
///
/// The contract with the driver: read into a [`ReceiveBuffer`]; call
/// [`next_event`](Connection::next_event) until it says `None`; give commands at any time; send
/// what [`output`](Connection::output) holds and say so with [`sent`](Connection::sent); call
/// [`handle_timeout`](Connection::handle_timeout) at [`poll_timeout`](Connection::poll_timeout).
#[derive(Debug)]
pub struct Connection<C> {
    pub(super) opening: Opening,
    pub(super) config: Config,
    pub(super) decoder: Decoder,
    pub(super) encoder: Encoder,
    pub(super) header_block: HeaderBlock,
    pub(super) streams: Streams<C>,
    pub(super) flow: Flow,
    pub(super) ids: Identifiers,
    pub(super) peer: PeerSettings,
    pub(super) own: OwnSettings,
    pub(super) farewell: Farewell,
    pub(super) floods: Floods,
    pub(super) clocks: Clocks,
    pub(super) output: Output,
}

impl<C: Default> Connection<C> {
    /// A connection that has just been accepted or opened. The preface and SETTINGS of a client
    /// are ready to be sent; a server's leave when it has seen that the peer speaks HTTP/2.
    pub fn new(side: Side, config: Config, now: Instant) -> Self {
        let phase = if side == Side::Server { Phase::Preface } else { Phase::Settings };
        let mut connection = Connection {
            opening: Opening { side, phase, deadline: after(now, config.handshake) },
            // A string that is too long for the list costs its stream, not the connection.
            decoder: Decoder::new(DEFAULT_TABLE_SIZE, LONGEST_STRING),
            encoder: Encoder::new(),
            header_block: HeaderBlock::default(),
            streams: Streams::default(),
            flow: Flow {
                send: SendWindow::new(DEFAULT_WINDOW),
                receive: ReceiveWindow::new(DEFAULT_WINDOW),
                line: VecDeque::new(),
                queued: 0,
                room: Room::default(),
            },
            ids: Identifiers {
                last_peer: 0,
                next_own: if side == Side::Client { 1 } else { 2 },
                reset: VecDeque::new(),
            },
            peer: PeerSettings::default(),
            own: OwnSettings::default(),
            farewell: Farewell::default(),
            floods: Floods::new(now),
            clocks: Clocks::new(&config, now),
            output: Output::default(),
            config,
        };
        if side == Side::Client {
            connection.output.bytes.extend_from_slice(PREFACE);
        }
        connection.announce_settings();
        if let Some(more) = connection.flow.receive.grow_to(connection.config.connection_window) {
            write_window_update(&mut connection.output.bytes, 0, more);
        }
        connection
    }

    /// The limits in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Bytes for the peer: all of them, or with [`Config::gathers`] a piece.
    pub fn output(&self) -> &[u8] {
        match self.opening.phase {
            // A peer that speaks something else is answered in its own tongue, and nothing before.
            Phase::Preface => &[],
            _ => self.output.unsent(),
        }
    }

    /// [`output`](Self::output) in pieces, as many as there is room for. Says how many.
    pub fn gather<'a>(&'a self, pieces: &mut [IoSlice<'a>]) -> usize {
        match self.opening.phase {
            Phase::Preface => 0,
            _ => self.output.gather(pieces),
        }
    }

    /// Bytes of output that wait, in all pieces.
    #[inline]
    pub fn unsent(&self) -> usize {
        self.output.len()
    }

    /// Whether [`output`](Self::output) is one piece of several.
    #[inline]
    pub fn is_scattered(&self) -> bool {
        self.output.is_scattered()
    }

    /// The driver has sent `count` bytes of [`output`](Self::output).
    pub fn sent(&mut self, count: usize) {
        self.output.sent(count);
        self.pump();
        self.room_in_output();
    }

    /// Whether so much output waits that nothing more should be read from this peer.
    #[inline]
    pub fn is_backed_up(&self) -> bool {
        self.output.len() >= self.config.max_output
    }

    /// Whether so many answers wait for the peer's windows that no further call should be begun: it
    /// waits, and is begun when there is room again.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.flow.queued >= self.config.max_queued
    }

    /// How many streams are live.
    pub fn live_streams(&self) -> usize {
        self.streams.len()
    }

    /// Whether the connection has failed: it reads and writes nothing more.
    pub fn has_failed(&self) -> bool {
        self.opening.has_failed()
    }

    /// What the layer above keeps for a stream, while it is live.
    #[inline]
    pub fn call(&mut self, key: StreamKey) -> Option<&mut C> {
        self.streams.get_mut(key).map(|stream| &mut stream.call)
    }

    /// The keys of all live streams.
    pub fn keys(&self) -> impl Iterator<Item = StreamKey> + '_ {
        self.streams.keys()
    }

    /// Ends the connection: says why to the peer, reads nothing more.
    #[cold]
    pub(super) fn fail(&mut self, error: Error) -> Error {
        if self.opening.phase == Phase::Failed {
            return error;
        }
        match &error {
            Error::NotHttp2(speaks) if self.opening.side == Side::Server => {
                self.output.clear();
                self.output.bytes.extend_from_slice(preface::farewell(*speaks));
            }
            Error::Peer { reason, code } => {
                let last = self.last_stream();
                write_goaway(&mut self.output.bytes, last, *code, reason.as_bytes());
            }
            other => {
                let words = other.to_string();
                let last = self.last_stream();
                write_goaway(&mut self.output.bytes, last, other.code(), words.as_bytes());
            }
        }
        self.opening.phase = Phase::Failed;
        error
    }

    /// Takes the preface off the front, on the server's side. Says whether frames may follow.
    pub(super) fn open(&mut self, input: &ReceiveBuffer) -> Result<bool, Error> {
        match (self.opening.phase, self.opening.side) {
            (Phase::Failed, _) => Ok(false),
            (Phase::Preface, _) if input.is_empty() => Ok(false),
            (Phase::Preface, _) => match preface::look(input.unread()) {
                First::Unfinished => Ok(false),
                First::Other(speaks) => Err(Error::NotHttp2(speaks)),
                First::Preface => {
                    input.take(PREFACE.len());
                    self.opening.phase = Phase::Settings;
                    Ok(true)
                }
            },
            // A server's first bytes are the head of a SETTINGS frame: 00 00 xx 04 00 00 00.
            (Phase::Settings, Side::Client) => {
                let unread = input.unread();
                if unread.starts_with(HTTP1) {
                    Err(Error::NotHttp2(Speaks::Http1))
                } else if unread.first() == Some(&TLS_ALERT) {
                    Err(Error::NotHttp2(Speaks::Tls))
                } else {
                    Ok(unread.len() >= HTTP1.len())
                }
            }
            _ => Ok(true),
        }
    }

    /// The peer's first SETTINGS have come.
    pub(super) fn opened(&mut self) {
        if self.opening.phase == Phase::Settings {
            self.opening.phase = Phase::Open;
            self.peer.max_concurrent_streams = u32::MAX;
        }
    }

    /// The state of the peer's compression, another one after each change.
    pub fn compression(&self) -> u64 {
        self.decoder.changes()
    }

    /// Our compression, to look at.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Decodes a header block, field by field.
    ///
    /// Every block must pass through here, in order, whatever becomes of its stream: the peer's
    /// compression state depends on it. Only one that has left [`compression`](Self::compression)
    /// as it was, and comes again in the same state, says the same again and need not.
    ///
    /// # Errors
    /// `Err(Err(error))` ends the connection; `Err(Ok(unusable))` concerns the stream alone.
    pub fn decode(
        &mut self,
        block: &[u8],
        section: Section,
        mut sink: impl FnMut(FieldRef<'_>),
    ) -> Result<(), Result<Unusable, Error>> {
        let limit = self.config.max_header_list as usize;
        let mut rules = FieldRules::new(section);
        let decoded = self.decoder.decode(block, &mut |field: FieldRef<'_>| {
            if rules.admit(&field, limit) {
                sink(field);
            }
        });
        if decoded.is_err() {
            let error =
                Error::Peer { code: ErrorCode::COMPRESSION_ERROR, reason: "a broken header block" };
            return Err(Err(self.fail(error)));
        }
        rules.finish(limit).map_err(Ok)
    }
}
