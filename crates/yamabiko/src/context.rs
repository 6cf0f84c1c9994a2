//! What a handler knows of its call, and what it may add to the answer.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use yamabiko_core::field::Field;
use yamabiko_core::grpc::{InvalidMetadata, Metadata, RequestHead};

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
    peer: Option<SocketAddr>,
    deadline: Option<Instant>,
    /// Whether there is anything in the answer, so that most calls need not look.
    touched: AtomicBool,
    answer: Mutex<Answer>,
}

/// What can change while a handler runs.
#[derive(Debug, Default)]
struct Answer {
    headers: Metadata,
    trailers: Metadata,
    cancelled: bool,
    waiting: Vec<Waker>,
}

static NO_METADATA: Metadata = Metadata::new();

impl Context {
    pub(crate) fn new(head: Arc<RequestHead>, deadline: Option<Instant>, peer: SocketAddr) -> Self {
        let (head, peer) = (Some(head), Some(peer));
        Context { call: Arc::new(CallState { head, peer, deadline, ..CallState::default() }) }
    }

    /// The same for another call, in the same memory if nobody else has kept this one.
    #[inline]
    pub(crate) fn renew(
        mut self,
        head: Arc<RequestHead>,
        deadline: Option<Instant>,
        peer: SocketAddr,
    ) -> Self {
        match Arc::get_mut(&mut self.call) {
            Some(call) => {
                (call.head, call.peer, call.deadline) = (Some(head), Some(peer), deadline);
                if std::mem::take(call.touched.get_mut()) {
                    call.answer = Mutex::default();
                }
                self
            }
            None => Context::new(head, deadline, peer),
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

    /// The address that the client calls from. None without a call.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.call.peer
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

    /// Whether the answer is of no use any more: the client has cancelled, its deadline has
    /// passed, or it is gone.
    pub fn is_cancelled(&self) -> bool {
        !self.is_untouched() && self.answer().cancelled
    }

    /// Waits until the call is cancelled. The handler itself need not: it is dropped then. This
    /// is for work that it has spawned.
    pub async fn cancelled(&self) {
        poll_fn(|cx| {
            let mut answer = self.answer();
            if answer.cancelled {
                return Poll::Ready(());
            }
            if !answer.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                answer.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
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
