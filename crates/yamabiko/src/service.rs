//! A service as the server sees it: a table of methods, each of which can run
//! a call.
//!
//! A call runs in a [`Run`]: the decoded request becomes a future, the future
//! an answer, the answer bytes. A connection keeps its runs and uses them
//! again, so a call that is answered at once allocates nothing for them. A
//! streaming call is a run too, whose messages go past it over a [`Source`] and
//! a [`Sink`]; what it answers with is the status alone.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{self, Poll, ready};
use std::time::Instant;

use yamabiko_core::grpc::Status;

#[cfg(feature = "blocking")]
use crate::blocking::send_all;
use crate::stream::{Sink, Source, Streaming, forward};
use crate::{Codec, Context, current};

/// What generated code implements for each service, so that a server can serve it.
pub trait Service: Send + Sync + 'static {
    /// The name on the wire, such as `hello.HelloService`.
    fn name(&self) -> &'static str;

    /// Enters each method of the service.
    fn register(&self, methods: &mut Methods);
}

/// The methods that a server knows, by path.
#[derive(Default)]
pub struct Methods {
    by_path: HashMap<&'static str, usize>,
    all: Vec<Method>,
}

impl Methods {
    /// Enters a method with one request and one response. `path` is `/package.Service/Method`.
    pub fn unary<C, Req, Res, F, Fut>(&mut self, path: &'static str, handler: F)
    where
        C: Codec<Req> + Codec<Res>,
        Req: Send + 'static,
        Res: Send + 'static,
        <C as Codec<Res>>::Sizes: Send,
        F: Fn(Req, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Res, Status>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let new_run = move || -> Box<dyn Run> {
            Box::new(UnaryRun::<C, Req, Res, F, Fut> {
                path,
                deadline: None,
                handler: Arc::clone(&handler),
                future: Box::pin(None),
                response: None,
                request: std::marker::PhantomData,
            })
        };
        self.enter(path, Kind::Unary { new_run: Box::new(new_run) });
    }

    /// Enters a method with one request and a stream of responses.
    pub fn server_streaming<C, Req, Res, F, Fut>(&mut self, path: &'static str, handler: F)
    where
        C: Codec<Req> + Codec<Res>,
        Req: Send + 'static,
        Res: Send + 'static,
        F: Fn(Req, Context, Replies<C, Res>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Status>> + Send + 'static,
    {
        self.streaming(path, false, move |request, sink, context| {
            let Request::Message(request) = request else { return Err(misplaced()) };
            let request = <C as Codec<Req>>::decode(request)?;
            Ok(Box::pin(handler(request, context, Replies::new(sink))))
        });
    }

    /// Enters a method with a stream of requests and one response.
    pub fn client_streaming<C, Req, Res, F, Fut>(&mut self, path: &'static str, handler: F)
    where
        C: Codec<Req> + Codec<Res>,
        Req: Send + 'static,
        Res: Send + 'static,
        F: Fn(Streaming<Req>, Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Res, Status>> + Send + 'static,
    {
        self.streaming(path, true, move |request, sink, context| {
            let Request::Stream(source) = request else { return Err(misplaced()) };
            let requests = Streaming::new(source, <C as Codec<Req>>::decode);
            let replies = Replies::<C, Res>::new(sink);
            let response = handler(requests, context);
            Ok(Box::pin(async move { replies.send(response.await?).await }))
        });
    }

    /// Enters a method with a stream of requests and a stream of responses.
    pub fn bidi_streaming<C, Req, Res, F, Fut>(&mut self, path: &'static str, handler: F)
    where
        C: Codec<Req> + Codec<Res>,
        Req: Send + 'static,
        Res: Send + 'static,
        F: Fn(Streaming<Req>, Context, Replies<C, Res>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Status>> + Send + 'static,
    {
        self.streaming(path, true, move |request, sink, context| {
            let Request::Stream(source) = request else { return Err(misplaced()) };
            let requests = Streaming::new(source, <C as Codec<Req>>::decode);
            Ok(Box::pin(handler(requests, context, Replies::new(sink))))
        });
    }

    fn streaming(
        &mut self,
        path: &'static str,
        takes_stream: bool,
        begin: impl Fn(Request<'_>, Box<dyn Sink>, Context) -> Result<Answering, Status>
        + Send
        + Sync
        + 'static,
    ) {
        self.enter(path, Kind::Streaming { takes_stream, begin: Arc::new(begin) });
    }

    fn enter(&mut self, path: &'static str, kind: Kind) {
        let method = Method {
            path,
            kind,
            #[cfg(feature = "tokio")]
            pace: Pace::default(),
        };
        match self.by_path.insert(path, self.all.len()) {
            None => self.all.push(method),
            // The later one wins, as with any map; the server refuses two services of one name.
            Some(before) => {
                self.by_path.insert(path, before);
                self.all[before] = method;
            }
        }
    }

    pub(crate) fn find(&self, path: &[u8]) -> Option<usize> {
        self.by_path.get(std::str::from_utf8(path).ok()?).copied()
    }

    pub(crate) fn method(&self, index: usize) -> &Method {
        &self.all[index]
    }
}

impl std::fmt::Debug for Methods {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.all.iter().map(|method| method.path)).finish()
    }
}

/// One method.
pub(crate) struct Method {
    path: &'static str,
    pub(crate) kind: Kind,
    #[cfg(feature = "tokio")]
    pub(crate) pace: Pace,
}

/// How the calls of a method run.
pub(crate) enum Kind {
    /// One request, one response.
    Unary { new_run: Box<dyn Fn() -> Box<dyn Run> + Send + Sync> },
    /// A stream of responses, or of requests, or both.
    Streaming { takes_stream: bool, begin: Arc<Begin> },
}

/// Calls the handler of a streaming method.
pub(crate) type Begin =
    dyn Fn(Request<'_>, Box<dyn Sink>, Context) -> Result<Answering, Status> + Send + Sync;

/// A streaming call that is being answered, for its status.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<(), Status>> + Send>>;

/// What a streaming method is called with.
pub(crate) enum Request<'a> {
    Message(&'a [u8]),
    Stream(Box<dyn Source>),
}

/// A method that takes one message has been given a stream, or the other way about.
#[cold]
fn misplaced() -> Status {
    Status::internal("the request is of another kind than the method's")
}

/// Where a streaming handler's responses go.
pub struct Replies<C, Res> {
    sink: Box<dyn Sink>,
    codec: std::marker::PhantomData<fn(C, Res)>,
}

impl<C: Codec<Res>, Res> Replies<C, Res> {
    fn new(sink: Box<dyn Sink>) -> Self {
        Replies { sink, codec: std::marker::PhantomData }
    }

    /// Sends a stream of responses to its end.
    ///
    /// # Errors
    /// The status that the stream gave instead of a message.
    pub async fn send_all<S>(mut self, responses: S) -> Result<(), Status>
    where
        S: futures_core::Stream<Item = Result<Res, Status>>,
    {
        forward::<C, Res, S>(responses, &mut *self.sink).await
    }

    /// Sends an iterator of responses to its end, each as it comes: its thread may wait for a
    /// request that the client makes only when it has the response before.
    ///
    /// # Errors
    /// The status that the iterator gave instead of a message.
    #[cfg(feature = "blocking")]
    pub fn send_each<I>(mut self, responses: I) -> Result<(), Status>
    where
        I: Iterator<Item = Result<Res, Status>>,
    {
        send_all::<C, Res>(responses, &mut *self.sink, false)
    }

    /// The same for responses that wait for nothing from the client: those that are known to be
    /// there leave together.
    ///
    /// # Errors
    /// The status that the iterator gave instead of a message.
    #[cfg(feature = "blocking")]
    pub fn send_together<I>(mut self, responses: I) -> Result<(), Status>
    where
        I: Iterator<Item = Result<Res, Status>>,
    {
        send_all::<C, Res>(responses, &mut *self.sink, true)
    }

    async fn send(mut self, response: Res) -> Result<(), Status> {
        let mut framed = Vec::new();
        let sending = self.sink.sending();
        crate::stream::frame::<C, Res>(&response, sending, &mut framed)?;
        self.sink.send(&mut framed)
    }
}

impl<C, Res> std::fmt::Debug for Replies<C, Res> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replies").finish_non_exhaustive()
    }
}

/// Whether a method has shown to be slow, so that its calls do not run in the connection's own
/// task any more, or to block its thread, so that they leave the runtime's workers alone. It has to
/// show itself quick for a while to come back.
#[cfg(feature = "tokio")]
#[derive(Debug, Default)]
pub(crate) struct Pace {
    quick_steps_owed: AtomicU32,
    blocks: AtomicBool,
}

#[cfg(feature = "tokio")]
impl Pace {
    const OWED: u32 = 64;

    pub(crate) fn is_slow(&self) -> bool {
        self.quick_steps_owed.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn blocks(&self) -> bool {
        self.blocks.load(Ordering::Relaxed)
    }

    pub(crate) fn was_slow(&self) {
        self.quick_steps_owed.store(Self::OWED, Ordering::Relaxed);
    }

    pub(crate) fn has_blocked(&self) {
        self.was_slow();
        self.blocks.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_quick(&self) {
        // Two threads may count one step; it does not matter.
        match self.quick_steps_owed.load(Ordering::Relaxed) {
            0 => {}
            owed => {
                self.quick_steps_owed.store(owed - 1, Ordering::Relaxed);
                if owed == 1 {
                    self.blocks.store(false, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Where one call of a method runs.
pub(crate) trait Run: Send {
    /// Decodes the request and calls the handler, which does not begin before the first poll.
    fn start(&mut self, request: &[u8], context: Context) -> Result<(), Status>;

    /// The path of the method.
    fn path(&self) -> &str;

    /// Goes on. Ready with the length of the answer.
    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<usize, Status>>;

    /// Appends the answer: as many bytes as [`poll`](Run::poll) said.
    fn write(&mut self, out: &mut Vec<u8>);

    /// Forgets the call, whatever it was doing.
    fn clear(&mut self);
}

/// Where a streaming call runs.
pub(crate) struct StreamingRun {
    begin: Arc<Begin>,
    /// Until the call begins.
    wires: Option<Wires>,
    answering: Option<Answering>,
    context: Context,
}

/// Where the messages of a streaming call come from and go to.
struct Wires {
    /// Without one the request is a message.
    source: Option<Box<dyn Source>>,
    sink: Box<dyn Sink>,
}

impl StreamingRun {
    pub(crate) fn new(
        begin: &Arc<Begin>,
        source: Option<Box<dyn Source>>,
        sink: Box<dyn Sink>,
    ) -> Self {
        let wires = Some(Wires { source, sink });
        let context = Context::default();
        StreamingRun { begin: Arc::clone(begin), wires, answering: None, context }
    }
}

impl Run for StreamingRun {
    fn start(&mut self, request: &[u8], context: Context) -> Result<(), Status> {
        let Some(Wires { source, sink }) = self.wires.take() else { return Err(misplaced()) };
        let request = source.map_or(Request::Message(request), Request::Stream);
        self.context = context.clone();
        self.answering = Some((self.begin)(request, sink, context)?);
        Ok(())
    }

    fn path(&self) -> &str {
        self.context.method()
    }

    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<usize, Status>> {
        let Some(answering) = &mut self.answering else {
            return Poll::Ready(Err(Status::internal("the call was polled after its end")));
        };
        let deadline = self.context.deadline();
        let outcome = ready!(current::until(deadline, || answering.as_mut().poll(cx)));
        self.answering = None;
        Poll::Ready(outcome.map(|()| 0))
    }

    fn write(&mut self, _: &mut Vec<u8>) {
        // Its messages have gone over the wire already.
    }

    fn clear(&mut self) {
        self.answering = None;
        self.wires = None;
    }
}

struct UnaryRun<C: Codec<Res>, Req, Res, F, Fut> {
    path: &'static str,
    deadline: Option<Instant>,
    handler: Arc<F>,
    /// Pinned storage that outlives its calls.
    future: Pin<Box<Option<Fut>>>,
    response: Option<(Res, C::Sizes)>,
    request: std::marker::PhantomData<fn(Req)>,
}

impl<C, Req, Res, F, Fut> Run for UnaryRun<C, Req, Res, F, Fut>
where
    C: Codec<Req> + Codec<Res>,
    <C as Codec<Res>>::Sizes: Send,
    Res: Send,
    F: Fn(Req, Context) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Res, Status>> + Send,
{
    fn start(&mut self, request: &[u8], context: Context) -> Result<(), Status> {
        let request = <C as Codec<Req>>::decode(request)?;
        self.deadline = context.deadline();
        self.future.set(Some((self.handler)(request, context)));
        Ok(())
    }

    fn path(&self) -> &str {
        self.path
    }

    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<usize, Status>> {
        let Some(future) = self.future.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(Status::internal("the call was polled after its end")));
        };
        let outcome = ready!(current::until(self.deadline, || future.poll(cx)));
        self.future.set(None);
        Poll::Ready(outcome.map(|response| {
            let (length, sizes) = <C as Codec<Res>>::size(&response);
            self.response = Some((response, sizes));
            length
        }))
    }

    fn write(&mut self, out: &mut Vec<u8>) {
        if let Some((response, sizes)) = self.response.take() {
            <C as Codec<Res>>::encode(&response, sizes, out);
        }
    }

    fn clear(&mut self) {
        self.future.set(None);
        self.response = None;
    }
}
