//! The calls of one connection that wait for their answer, and the callers
//! that wait for a place on it: the same for every driver.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use yamabiko_core::grpc::client::{ClientConnection, Event};
use yamabiko_core::grpc::{Code, Metadata, Status};
use yamabiko_core::h2::StreamKey;

use crate::compression::Incoming;
use crate::stream::Inbox;

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
    pub(crate) message: Option<Incoming>,
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
    Stream(Box<Stream>),
}

/// What the caller of a stream may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// What the server says before its messages.
    Head,
    /// Messages, or their end.
    Messages,
    /// Room for requests.
    #[cfg(feature = "blocking")]
    Room,
}

/// A call whose responses are a stream, or whose requests are.
pub(crate) struct Stream {
    key: StreamKey,
    /// Its callers, when they wait, can drive the connection themselves.
    drives: bool,
    head: Option<Metadata>,
    pub(crate) inbox: Inbox,
    /// How the call has ended. What is in the inbox came before that.
    pub(crate) end: Option<End>,
    /// Waits for the head.
    reader: Option<Waker>,
    /// Waits for room for requests.
    pub(crate) room: Option<Waker>,
}

impl Stream {
    fn new(key: StreamKey, drives: bool) -> Self {
        let inbox = Inbox::default();
        Stream { key, drives, head: None, inbox, end: None, reader: None, room: None }
    }

    /// Whether somebody waits for this and has not been woken.
    #[cfg(feature = "blocking")]
    pub(crate) fn is_awaited(&self, wanted: Wanted) -> bool {
        self.waiting(wanted).is_some()
    }

    #[cfg(feature = "blocking")]
    fn waiting(&self, wanted: Wanted) -> Option<&Waker> {
        match wanted {
            Wanted::Head => self.reader.as_ref(),
            Wanted::Messages => self.inbox.reader(),
            Wanted::Room => self.room.as_ref(),
        }
    }

    /// What the server says before its messages.
    pub(crate) fn poll_head(&mut self, cx: &Context<'_>) -> Poll<Result<Metadata, Status>> {
        match (&mut self.head, &self.end) {
            (Some(head), _) => Poll::Ready(Ok(std::mem::take(head))),
            (None, Some(End { status, .. })) if status.code() == Code::Ok => {
                Poll::Ready(Ok(Metadata::new()))
            }
            (None, Some(end)) => Poll::Ready(Err(end.status.clone())),
            (None, None) => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// What the server has said behind its messages.
    pub(crate) fn trailers(&mut self) -> Metadata {
        self.end.as_mut().map(|end| std::mem::take(end.status.metadata_mut())).unwrap_or_default()
    }

    fn finish(&mut self, end: End, woken: &mut Vec<Waker>) {
        if self.end.is_some() {
            return;
        }
        let outcome = match end.status.code() {
            Code::Ok => Ok(()),
            _ => Err(end.status.clone()),
        };
        self.end = Some(end);
        woken.extend(self.inbox.end(outcome));
        woken.extend(self.reader.take());
        woken.extend(self.room.take());
    }
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
        self.put(stream, open)
    }

    /// A call has begun that is read as a stream. `drives` says whether its callers, when they
    /// wait, can drive the connection.
    pub(crate) fn expect_stream(&mut self, stream: StreamKey, drives: bool) -> CallKey {
        self.carried += usize::from(!drives);
        self.put(stream, Place::Stream(Box::new(Stream::new(stream, drives))))
    }

    fn put(&mut self, stream: StreamKey, open: Place) -> CallKey {
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
                Place::Free | Place::Open { .. } | Place::Stream(_) => {
                    unreachable!("the key is given up with it")
                }
            },
        }
    }

    /// A call that is read as a stream, until it is forgotten.
    pub(crate) fn stream(&mut self, key: CallKey) -> Option<&mut Stream> {
        match self.places.get_mut(key.place)? {
            Place::Stream(stream) if stream.key == key.stream => Some(stream),
            _ => None,
        }
    }

    /// The sender of a stream ends its call. Returns who is to be woken.
    pub(crate) fn fail(&mut self, key: CallKey, status: Status, woken: &mut Vec<Waker>) {
        if let Some(Place::Stream(stream)) = self.places.get_mut(key.place)
            && stream.key == key.stream
            && stream.end.is_none()
        {
            self.carried -= usize::from(!stream.drives);
            stream.finish(End { status, unprocessed: false }, woken);
            woken.extend(self.next_in());
        }
    }

    /// Wakes the senders that there is room for.
    #[inline]
    pub(crate) fn tell_room(&mut self, core: &mut ClientConnection, woken: &mut Vec<Waker>) {
        while let Some(stream) = core.next_room() {
            let place = self.by_stream.get(stream.slot()).copied().unwrap_or(usize::MAX);
            if let Some(Place::Stream(found)) = self.places.get_mut(place)
                && found.key == stream
            {
                woken.extend(found.room.take());
            }
        }
    }

    /// A call is given up. Returns who may try for its place.
    pub(crate) fn forget(&mut self, key: CallKey) -> Option<Waker> {
        let before = std::mem::replace(&mut self.places[key.place], Place::Free);
        match before {
            Place::Open { drives: false, .. } => self.carried -= 1,
            // Nobody hears of an end that has come already.
            Place::Stream(stream) if stream.end.is_none() => {
                self.carried -= usize::from(!stream.drives);
            }
            _ => {}
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
            Event::Head { stream, metadata } => match self.find(stream) {
                Some(Place::Open { answer, .. }) => answer.head = metadata,
                Some(Place::Stream(stream)) => {
                    stream.head = Some(metadata);
                    woken.extend(stream.reader.take());
                }
                _ => {}
            },
            Event::Message { stream, message } => match self.find(stream) {
                Some(Place::Open { answer, .. }) => {
                    answer.surplus |= answer.message.is_some();
                    answer.message = Some(message.into());
                }
                Some(Place::Stream(stream)) => woken.extend(stream.inbox.push(message)),
                _ => {}
            },
            Event::Messages { stream, run } => {
                if let Some(Place::Stream(stream)) = self.find(stream) {
                    woken.extend(stream.inbox.push_run(run));
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
            Place::Stream(stream) if stream.drives => {
                let mut wanted = [Wanted::Messages, Wanted::Room, Wanted::Head].into_iter();
                wanted.find_map(|wanted| stream.waiting(wanted))
            }
            _ => None,
        })
    }

    #[inline]
    fn find(&mut self, stream: StreamKey) -> Option<&mut Place> {
        let place = *self.by_stream.get(stream.slot())?;
        self.places.get_mut(place)
    }
}

fn finish(place: &mut Place, end: End, woken: &mut Vec<Waker>, carried: &mut usize) {
    match std::mem::replace(place, Place::Free) {
        Place::Open { answer, waker, drives } => {
            *carried -= usize::from(!drives);
            *place = Place::Done { answer, end };
            woken.push(waker);
        }
        Place::Stream(mut stream) => {
            *carried -= usize::from(stream.end.is_none() && !stream.drives);
            stream.finish(end, woken);
            *place = Place::Stream(stream);
        }
        other => *place = other,
    }
}
