//! The calls of one connection that wait for their answer, and the callers
//! that wait for a place on it: the same for every driver.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use yamabiko_core::grpc::client::Event;
use yamabiko_core::grpc::message::Payload;
use yamabiko_core::grpc::{Metadata, Status};
use yamabiko_core::h2::StreamKey;

/// Names a call of a connection until its answer is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallKey {
    pub(crate) stream: StreamKey,
    place: usize,
}

/// What has come of a response.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) head: Metadata,
    pub(crate) message: Option<Bytes>,
    /// More than one message came.
    pub(crate) surplus: bool,
}

/// How a call has ended.
pub(crate) struct End {
    pub(crate) status: Status,
    /// The server has certainly not looked at it.
    pub(crate) unprocessed: bool,
}

enum Place {
    Free,
    Open { answer: Answer, waker: Waker, drives: bool },
    Done { answer: Answer, end: End },
}

/// All calls of a connection that have not taken their answer.
#[derive(Default)]
pub(crate) struct Answers {
    places: Vec<Place>,
    free: Vec<usize>,
    /// By the slot of the stream: the place. A stream is gone before its answer is taken, so the
    /// two are not the same.
    by_stream: Vec<usize>,
    /// Callers that found the connection full, with their tickets.
    outside: VecDeque<(u64, Waker)>,
    /// Open calls whose callers cannot drive the connection themselves.
    carried: usize,
}

impl Answers {
    /// A call has been sent. `drives` says whether its caller, when woken, can drive the connection.
    pub(crate) fn expect(&mut self, stream: StreamKey, waker: &Waker, drives: bool) -> CallKey {
        let open = Place::Open { answer: Answer::default(), waker: waker.clone(), drives };
        self.carried += usize::from(!drives);
        let place = match self.free.pop() {
            Some(place) => {
                self.places[place] = open;
                place
            }
            None => {
                self.places.push(open);
                self.places.len() - 1
            }
        };
        if self.by_stream.len() <= stream.slot() {
            self.by_stream.resize(stream.slot() + 1, usize::MAX);
        }
        self.by_stream[stream.slot()] = place;
        CallKey { stream, place }
    }

    /// The answer, once the call has ended. It can be taken once.
    pub(crate) fn poll(&mut self, key: CallKey, cx: &Context<'_>) -> Poll<(Answer, End)> {
        match &mut self.places[key.place] {
            Place::Open { waker, .. } => {
                if !waker.will_wake(cx.waker()) {
                    waker.clone_from(cx.waker());
                }
                Poll::Pending
            }
            place => match std::mem::replace(place, Place::Free) {
                Place::Done { answer, end } => {
                    self.free.push(key.place);
                    Poll::Ready((answer, end))
                }
                Place::Free | Place::Open { .. } => unreachable!("the key is given up with it"),
            },
        }
    }

    /// A call is given up. Returns who may try for its place.
    pub(crate) fn forget(&mut self, key: CallKey) -> Option<Waker> {
        let before = std::mem::replace(&mut self.places[key.place], Place::Free);
        if let Place::Open { drives: false, .. } = before {
            self.carried -= 1;
        }
        self.free.push(key.place);
        self.next_in()
    }

    /// A caller is to be woken when there may be a place.
    pub(crate) fn wait_outside(&mut self, ticket: u64, waker: &Waker) {
        match self.outside.iter_mut().find(|(waiting, _)| *waiting == ticket) {
            Some((_, before)) => before.clone_from(waker),
            None => self.outside.push_back((ticket, waker.clone())),
        }
    }

    /// A caller waits no more. If it has been woken already, the place is the next one's, who is
    /// returned.
    pub(crate) fn stop_waiting(&mut self, ticket: u64) -> Option<Waker> {
        let before = self.outside.len();
        self.outside.retain(|(waiting, _)| *waiting != ticket);
        if self.outside.len() == before { self.next_in() } else { None }
    }

    fn next_in(&mut self) -> Option<Waker> {
        self.outside.pop_front().map(|(_, waker)| waker)
    }

    /// Everybody who waits for a place may look.
    pub(crate) fn let_all_in(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.outside.drain(..).map(|(_, waker)| waker));
    }

    /// Takes an event. Collects who is to be woken for it.
    #[inline]
    pub(crate) fn receive(&mut self, event: Event<'_>, woken: &mut Vec<Waker>) {
        match event {
            Event::Head { stream, metadata } => {
                if let Some(answer) = self.open(stream) {
                    answer.head = metadata;
                }
            }
            Event::Message { stream, message } => {
                if let Some(answer) = self.open(stream) {
                    answer.surplus |= answer.message.is_some();
                    answer.message = Some(match message {
                        Payload::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
                        Payload::Owned(bytes) => bytes,
                    });
                }
            }
            Event::Status { stream, status, unprocessed } => {
                woken.extend(self.next_in());
                let Some(place) = self.by_stream.get_mut(stream.slot()) else { return };
                let place = std::mem::replace(place, usize::MAX);
                if let Some(place) = self.places.get_mut(place) {
                    finish(place, End { status, unprocessed }, woken, &mut self.carried);
                }
            }
            Event::LimitsChanged => self.let_all_in(woken),
        }
    }

    /// The connection is gone: every call ends with what `end` says.
    pub(crate) fn end_all(&mut self, end: impl Fn() -> End, woken: &mut Vec<Waker>) {
        for place in &mut self.places {
            finish(place, end(), woken, &mut self.carried);
        }
        self.let_all_in(woken);
    }

    /// How many open calls have callers that cannot drive the connection themselves.
    #[cfg(feature = "blocking")]
    pub(crate) fn carried(&self) -> usize {
        self.carried
    }

    /// Somebody who waits for an answer and can drive the connection.
    #[cfg(feature = "blocking")]
    pub(crate) fn next_driver(&self) -> Option<&Waker> {
        self.places.iter().find_map(|place| match place {
            Place::Open { waker, drives: true, .. } => Some(waker),
            _ => None,
        })
    }

    #[inline]
    fn open(&mut self, stream: StreamKey) -> Option<&mut Answer> {
        let place = *self.by_stream.get(stream.slot())?;
        match self.places.get_mut(place)? {
            Place::Open { answer, .. } => Some(answer),
            Place::Free | Place::Done { .. } => None,
        }
    }
}

fn finish(place: &mut Place, end: End, woken: &mut Vec<Waker>, carried: &mut usize) {
    match std::mem::replace(place, Place::Free) {
        Place::Open { answer, waker, drives } => {
            *carried -= usize::from(!drives);
            *place = Place::Done { answer, end };
            woken.push(waker);
        }
        other => *place = other,
    }
}
