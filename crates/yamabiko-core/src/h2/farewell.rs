//! How a connection ends in good order: GOAWAY and drain (RFC 9113 §6.8).
//!
//! A server first announces that it is leaving, with the largest identifier
//! there is and a PING. When the PING returns, every stream that the client
//! opened before it heard the announcement has arrived, and the final GOAWAY
//! can name the last of them. So no accepted call is lost.

use super::connection::{Connection, Side};
use super::error::Error;
use super::streams::StreamKey;
use crate::frame::{ErrorCode, LARGEST_STREAM, write_goaway, write_ping};

/// The payload of the PING that goes with the announcement.
pub(super) const FAREWELL_PING: [u8; 8] = *b"farewell";

/// How far we and the peer are on the way out.
#[derive(Debug, Default)]
pub struct Farewell {
    pub(super) ours: Ours,
    /// Why we leave, for whoever reads the peer's log.
    reason: &'static [u8],
    /// The last stream of ours that the peer will look at.
    pub(super) theirs: Option<u32>,
    /// Streams that the peer will not look at, whose loss has not been told yet.
    pub(super) doomed: Vec<StreamKey>,
    /// What the connection fails with when they have been told.
    pub(super) last_words: Option<Error>,
}

/// How far we are on the way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ours {
    /// Not leaving.
    #[default]
    Staying,
    /// The announcement is out, new streams are still welcome.
    Announced,
    /// Streams above this one are not looked at any more.
    Final(u32),
}

impl Farewell {
    /// Whether there is something to tell that the peer's GOAWAY has cost.
    #[inline]
    pub(super) fn has_news(&self) -> bool {
        !self.doomed.is_empty() || self.last_words.is_some()
    }

    /// Whether we have said which stream is the last.
    #[inline]
    pub(super) fn is_final(&self) -> bool {
        matches!(self.ours, Ours::Final(_))
    }
}

impl<C: Default> Connection<C> {
    /// Begins to leave: no new streams after a round trip, the live ones go on to their end.
    pub fn shut_down(&mut self) {
        self.shut_down_because(b"");
    }

    /// The same, with words for the GOAWAY.
    pub(super) fn shut_down_because(&mut self, reason: &'static [u8]) {
        if self.farewell.ours != Ours::Staying || self.opening.has_failed() {
            return;
        }
        self.farewell.reason = reason;
        match self.opening.side() {
            Side::Server if !self.opening.is_open() => self.say_final_goaway(),
            Side::Server => {
                self.farewell.ours = Ours::Announced;
                write_goaway(&mut self.output.bytes, LARGEST_STREAM, ErrorCode::NO_ERROR, reason);
                write_ping(&mut self.output.bytes, false, FAREWELL_PING);
            }
            Side::Client => self.say_final_goaway(),
        }
    }

    pub(super) fn say_final_goaway(&mut self) {
        let last = self.ids.last_peer;
        self.farewell.ours = Ours::Final(last);
        let reason = self.farewell.reason;
        write_goaway(&mut self.output.bytes, last, ErrorCode::NO_ERROR, reason);
    }

    /// Whether either side has said that it is leaving.
    pub fn is_leaving(&self) -> bool {
        self.farewell.ours != Ours::Staying || self.farewell.theirs.is_some()
    }

    /// Whether we have left: nothing is live, nothing waits, nothing will come.
    pub fn is_drained(&self) -> bool {
        let done = self.farewell.is_final() || self.farewell.theirs.is_some();
        done && self.streams.is_empty() && self.output().is_empty()
    }

    /// The last stream of the peer's that we look at, for a GOAWAY: it may fall, not rise
    /// (RFC 9113 §6.8).
    pub(super) fn last_stream(&self) -> u32 {
        match self.farewell.ours {
            Ours::Final(last) => last,
            _ => self.ids.last_peer,
        }
    }

    /// The peer is leaving: streams of ours above `last` are lost to us. Collects them.
    pub(super) fn hear_goaway(&mut self, last: u32, code: ErrorCode, debug: &[u8]) {
        // RFC 9113 §6.8: a second GOAWAY may lower the identifier, not raise it.
        let last = self.farewell.theirs.map_or(last, |before| before.min(last));
        self.farewell.theirs = Some(last);
        if self.opening.side() == Side::Client {
            self.farewell.doomed.extend(self.streams.keys().filter(|key| key.id() > last));
        }
        // RFC 9113 §5.4.1: with an error, the peer closes the connection: nothing will come.
        if code != ErrorCode::NO_ERROR {
            let debug = String::from_utf8_lossy(debug).into_owned();
            self.farewell.last_words = Some(Error::GoAway { code, debug });
        }
    }
}
