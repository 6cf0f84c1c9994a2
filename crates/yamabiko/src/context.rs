//! What a handler knows of its call, and what it may add to the answer.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

use yamabiko_core::field::Field;
use yamabiko_core::grpc::{Encoding, InvalidMetadata, Metadata, RequestHead};

use crate::Peer;
use crate::current::{self, Scoped};

/// The call that a handler serves: who calls, with what metadata, until when.
///
/// A context is cheap to clone, for work that is spawned. [`Context::default`] is that of no call
/// in particular, for calling a handler directly.
#[derive(Clone, Debug, Default)]
pub struct Context {
    call: Arc<CallState>,
}

/// What a context and the connection share.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    head: Option<Arc<RequestHead>>,
    peer: Option<Arc<Peer>>,
    deadline: Option<Instant>,
    /// How the server compresses, if the client understands it.
    encoding: Option<Encoding>,
    /// Whether there is anything in the answer, so that most calls need not look.
    touched: AtomicBool,
    answer: Mutex<Answer>,
}

/// What can change while a handler runs.
#[derive(Debug, Default)]
struct Answer {
    headers: Metadata,
    trailers: Metadata,
    /// How the handler wants to compress.
    encoding: Option<Option<Encoding>>,
    /// Whether the request came compressed.
    request_compressed: bool,
    cancelled: bool,
    waiting: Vec<Waker>,
}

static NO_METADATA: Metadata = Metadata::new();

impl Context {
    /// The context of a call that is answered by a server which compresses so.
    pub(crate) fn new(
        head: Arc<RequestHead>,
        deadline: Option<Instant>,
        peer: &Arc<Peer>,
        encoding: Option<Encoding>,
    ) -> Self {
        let encoding = encoding.filter(|encoding| head.accepts.contains(*encoding));
        let (head, peer) = (Some(head), Some(Arc::clone(peer)));
        let touched = AtomicBool::new(encoding.is_some());
        let call = CallState { head, peer, deadline, encoding, touched, answer: Mutex::default() };
        Context { call: Arc::new(call) }
    }

    /// The same for another call, in the same memory if nobody else has kept this one.
    #[inline]
    pub(crate) fn renew(
        mut self,
        head: Arc<RequestHead>,
        deadline: Option<Instant>,
        peer: &Arc<Peer>,
        encoding: Option<Encoding>,
    ) -> Self {
        match Arc::get_mut(&mut self.call) {
            Some(call) => {
                call.encoding = encoding.filter(|encoding| head.accepts.contains(*encoding));
                (call.head, call.deadline) = (Some(head), deadline);
                if !call.peer.as_ref().is_some_and(|before| Arc::ptr_eq(before, peer)) {
                    call.peer = Some(Arc::clone(peer));
                }
                if std::mem::replace(call.touched.get_mut(), call.encoding.is_some()) {
                    call.answer = Mutex::default();
                }
                self
            }
            None => Context::new(head, deadline, peer, encoding),
        }
    }

    /// A context with a deadline, for calling a handler directly.
    pub fn with_deadline(deadline: Instant) -> Self {
        let call = CallState { deadline: Some(deadline), ..CallState::default() };
        Context { call: Arc::new(call) }
    }

    /// What the client sent with the call, its `user-agent` included.
    pub fn metadata(&self) -> &Metadata {
        self.call.head.as_ref().map_or(&NO_METADATA, |head| &head.metadata)
    }

    /// The path of the method, such as `/hello.HelloService/SayHello`. Empty without a call.
    pub fn method(&self) -> &str {
        text(self.call.head.as_ref().map(|head| &head.path))
    }

    /// The name by which the client called this server, from `:authority`. May be empty.
    pub fn authority(&self) -> &str {
        text(self.call.head.as_ref().and_then(|head| head.authority.as_ref()))
    }

    /// Who calls. None without a call.
    pub fn peer(&self) -> Option<&Peer> {
        self.call.peer.as_deref()
    }

    /// When the client stops waiting. The call is cancelled then, and so is the handler.
    pub fn deadline(&self) -> Option<Instant> {
        self.call.deadline
    }

    /// What is left until the deadline, zero if it has passed.
    pub fn time_remaining(&self) -> Option<Duration> {
        self.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Adds an entry to what the client gets before the answer. A key that ends in `-bin` wants
    /// [`add_header_bin`](Self::add_header_bin).
    ///
    /// # Errors
    /// [`InvalidMetadata`], which names the key and the rule.
    pub fn add_header(&self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        self.answer().headers.append(key, value)
    }

    /// Adds a binary entry to what the client gets before the answer.
    ///
    /// # Errors
    /// [`InvalidMetadata`], which names the key and the rule.
    pub fn add_header_bin(&self, key: &str, value: &[u8]) -> Result<(), InvalidMetadata> {
        self.answer().headers.append_bin(key, value)
    }

    /// Adds an entry to what the client gets with the status. A key that ends in `-bin` wants
    /// [`add_trailer_bin`](Self::add_trailer_bin).
    ///
    /// # Errors
    /// [`InvalidMetadata`], which names the key and the rule.
    pub fn add_trailer(&self, key: &str, value: &str) -> Result<(), InvalidMetadata> {
        self.answer().trailers.append(key, value)
    }

    /// Adds a binary entry to what the client gets with the status.
    ///
    /// # Errors
    /// [`InvalidMetadata`], which names the key and the rule.
    pub fn add_trailer_bin(&self, key: &str, value: &[u8]) -> Result<(), InvalidMetadata> {
        self.answer().trailers.append_bin(key, value)
    }

    /// Compresses the messages of the answer from now on so, whatever the server does otherwise, if
    /// the client understands it; not at all with None. A stream has to be compressed from its
    /// first message on; single messages are left out by
    /// [`send_uncompressed`](crate::Sender::send_uncompressed).
    pub fn set_compression(&self, encoding: impl Into<Option<Encoding>>) {
        self.answer().encoding = Some(encoding.into());
    }

    /// Whether the request came compressed, if it is one message. Of a stream,
    /// [`came_compressed`](crate::Streaming::came_compressed) tells it.
    pub fn request_compressed(&self) -> bool {
        !self.is_untouched() && self.answer().request_compressed
    }

    /// The request has come compressed.
    pub(crate) fn set_request_compressed(&self) {
        self.answer().request_compressed = true;
    }

    /// How the messages of the answer are to be compressed.
    pub(crate) fn encoding(&self) -> Option<Encoding> {
        if self.is_untouched() {
            return None;
        }
        match self.answer().encoding {
            None => self.call.encoding,
            Some(chosen) => {
                let accepts = self.call.head.as_ref().map(|head| head.accepts).unwrap_or_default();
                chosen.filter(|encoding| accepts.contains(*encoding))
            }
        }
    }

    /// Whether the answer is of no use any more: the client has cancelled, its deadline has
    /// passed, or it is gone.
    pub fn is_cancelled(&self) -> bool {
        !self.is_untouched() && self.answer().cancelled
    }

    /// Waits until the call is cancelled. The handler itself need not: it is dropped then. This
    /// is for work that it has spawned.
    pub async fn cancelled(&self) {
        poll_fn(|cx| self.poll_cancelled(cx)).await;
    }

    pub(crate) fn poll_cancelled(&self, cx: &task::Context<'_>) -> Poll<()> {
        let mut answer = self.answer();
        if answer.cancelled {
            return Poll::Ready(());
        }
        if !answer.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            answer.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// For work that is spawned: the calls that it makes are made for this one. They end with
    /// DEADLINE_EXCEEDED when this one's deadline passes, and with CANCELLED when this one is
    /// cancelled. A handler itself needs no scope.
    ///
    /// ```no_run
    /// # async fn example(context: yamabiko::Context, call: impl FnOnce() -> yamabiko::Call<()> + Send + 'static) {
    /// tokio::spawn(context.scope(async move {
    ///     let _ = call().await;
    /// }));
    /// # }
    /// ```
    pub fn scope<F: Future>(&self, work: F) -> Scoped<F> {
        Scoped::new(self.clone(), work)
    }

    /// The same for work on another thread.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        current::within(self, work)
    }

    pub(crate) fn cancel(&self) {
        let waiting = {
            let mut answer = self.answer();
            answer.cancelled = true;
            std::mem::take(&mut answer.waiting)
        };
        for waker in waiting {
            waker.wake();
        }
    }

    /// What the handler has added to the answer: headers and trailers.
    pub(crate) fn take_answer(&self) -> (Metadata, Metadata) {
        let mut answer = self.answer();
        (std::mem::take(&mut answer.headers), std::mem::take(&mut answer.trailers))
    }

    /// What the handler has added ahead of the answer.
    pub(crate) fn take_headers(&self) -> Metadata {
        if self.is_untouched() {
            Metadata::new()
        } else {
            std::mem::take(&mut self.answer().headers)
        }
    }

    /// Whether the answer has not been touched: nothing was added, nobody has cancelled.
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        !self.call.touched.load(Ordering::Acquire)
    }

    fn answer(&self) -> MutexGuard<'_, Answer> {
        self.call.touched.store(true, Ordering::Release);
        // Nothing in here panics halfway, so a poisoned lock still guards whole data.
        self.call.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(field: Option<&Field>) -> &str {
    field.and_then(|field| std::str::from_utf8(field.value()).ok()).unwrap_or_default()
}
