//! The live streams of a connection: a slab that is reused, found by
//! identifier.

use std::collections::VecDeque;

use bytes::Bytes;

use super::stream_ids::StreamIds;
use super::stream_state::State;
use super::window::{ReceiveWindow, SendWindow};
use crate::hpack::Encoder;

/// Names a stream. A key of a stream that is gone names nothing, never another stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamKey {
    id: u32,
    slot: u32,
}

impl StreamKey {
    /// The stream identifier of HTTP/2.
    pub fn id(self) -> u32 {
        self.id
    }

    /// A small number that no other live stream of the connection has: at most as large as the
    /// number of streams that have been live at once.
    pub fn slot(self) -> usize {
        self.slot as usize
    }
}

/// Writes a header block that had to wait for the DATA before it.
pub type DeferredBlock = Box<dyn FnOnce(&mut Encoder, &mut Vec<u8>) + Send>;

/// How our side of a stream ends, once what is queued has been sent.
pub enum Ending {
    /// END_STREAM on the last DATA frame.
    Data,
    /// A header block with END_STREAM.
    Trailers(DeferredBlock),
}

impl std::fmt::Debug for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Ending::Data => "Data",
            Ending::Trailers(_) => "Trailers",
        })
    }
}

/// What is waiting to be sent on a stream.
#[derive(Debug, Default)]
pub struct Queue {
    pub(super) chunks: VecDeque<Bytes>,
    /// Bytes of the first chunk that are sent already.
    pub(super) sent: usize,
    pub(super) ending: Option<Ending>,
    /// Whether the stream stands in the line of those that may send.
    pub(super) in_line: bool,
    /// Whether somebody wants to hear when nothing waits any more.
    pub(super) wants_room: bool,
}

impl Queue {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.ending.is_none()
    }

    /// Bytes that wait.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum::<usize>() - self.sent
    }
}

/// One stream. `C` is what the layer above keeps for it.
#[derive(Debug)]
pub struct Stream<C> {
    id: u32,
    pub(super) state: State,
    pub(super) send: SendWindow,
    pub(super) receive: ReceiveWindow,
    /// What has had to wait. Most streams send all at once, and never have one.
    pub(super) queue: Option<Box<Queue>>,
    /// What `content-length` promised and has not come yet (RFC 9113 §8.1.1).
    pub(super) promised: Option<u64>,
    pub(super) call: C,
}

impl<C> Stream<C> {
    pub(super) fn new(send: u32, receive: u32, call: C) -> Self {
        Stream {
            id: 0,
            state: State::Idle,
            send: SendWindow::new(send),
            receive: ReceiveWindow::new(receive),
            queue: None,
            promised: None,
            call,
        }
    }

    /// Whether something waits to be sent.
    #[inline]
    pub(super) fn waits(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| !queue.is_empty())
    }

    /// Whether we have been told the end of our side, and it waits.
    #[inline]
    pub(super) fn is_ending(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.ending.is_some())
    }
}

/// The live streams.
#[derive(Debug)]
pub struct Streams<C> {
    slots: Vec<Option<Stream<C>>>,
    free: Vec<u32>,
    ids: StreamIds,
    /// How many have a receive window that has grown.
    pub(super) grown: usize,
}

impl<C> Default for Streams<C> {
    fn default() -> Self {
        Streams { slots: Vec::new(), free: Vec::new(), ids: StreamIds::default(), grown: 0 }
    }
}

impl<C> Streams<C> {
    /// How many are live.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none is live.
    pub fn is_empty(&self) -> bool {
        self.ids.len() == 0
    }

    #[inline]
    pub(super) fn insert(&mut self, id: u32, mut stream: Stream<C>) -> StreamKey {
        stream.id = id;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                u32::try_from(self.slots.len() - 1).expect("fewer slots than stream identifiers")
            }
        };
        self.slots[slot as usize] = Some(stream);
        self.ids.insert(id, slot);
        StreamKey { id, slot }
    }

    /// Takes a stream out, with what was kept for it.
    pub(super) fn remove(&mut self, key: StreamKey) -> Option<Stream<C>> {
        let stream = self.slots.get_mut(key.slot())?.take_if(|stream| stream.id == key.id)?;
        self.grown -= usize::from(stream.receive.has_grown());
        self.removed(key);
        Some(stream)
    }

    /// Drops a stream where it lies, with what was kept for it.
    #[inline]
    pub(super) fn discard(&mut self, key: StreamKey) {
        if let Some(slot) = self.slots.get_mut(key.slot())
            && let Some(stream) = slot.as_ref().filter(|stream| stream.id == key.id)
        {
            self.grown -= usize::from(stream.receive.has_grown());
            *slot = None;
            self.removed(key);
        }
    }

    #[inline]
    fn removed(&mut self, key: StreamKey) {
        self.ids.remove(key.id);
        self.free.push(key.slot);
        if self.ids.len() == 0 && self.slots.len() > 16 {
            // An idle connection keeps no memory for the streams it once had.
            *self = Streams::default();
        }
    }

    /// The key of a live stream.
    #[inline]
    pub fn find(&self, id: u32) -> Option<StreamKey> {
        self.ids.find(id).map(|slot| StreamKey { id, slot })
    }

    #[inline]
    pub(super) fn get(&self, key: StreamKey) -> Option<&Stream<C>> {
        self.slots.get(key.slot())?.as_ref().filter(|stream| stream.id == key.id)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: StreamKey) -> Option<&mut Stream<C>> {
        self.slots.get_mut(key.slot())?.as_mut().filter(|stream| stream.id == key.id)
    }

    /// All of them, in the order of their slots.
    pub fn keys(&self) -> impl Iterator<Item = StreamKey> + '_ {
        self.slots.iter().zip(0..).filter_map(|(stream, slot)| {
            stream.as_ref().map(|stream| StreamKey { id: stream.id, slot })
        })
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream<C>> {
        self.slots.iter_mut().flatten()
    }
}
