//! A service as the server sees it: a table of methods, each of which can run
//! a call.
//!
//! A call runs in a [`Run`]: the decoded request becomes a future, the future
//! an answer, the answer bytes. A connection keeps its runs and uses them
//! again, so a call that is answered at once allocates nothing for them.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{self, Poll, ready};

use yamabiko_core::grpc::Status;

use crate::{Codec, Context};

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
                handler: Arc::clone(&handler),
                future: Box::pin(None),
                response: None,
                request: std::marker::PhantomData,
            })
        };
        let method = Method {
            path,
            new_run: Box::new(new_run),
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
    new_run: Box<dyn Fn() -> Box<dyn Run> + Send + Sync>,
    #[cfg(feature = "tokio")]
    pub(crate) pace: Pace,
}

impl Method {
    pub(crate) fn new_run(&self) -> Box<dyn Run> {
        (self.new_run)()
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

    /// Goes on. Ready with the length of the answer.
    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<usize, Status>>;

    /// Appends the answer: as many bytes as [`poll`](Run::poll) said.
    fn write(&mut self, out: &mut Vec<u8>);

    /// Forgets the call, whatever it was doing.
    fn clear(&mut self);
}

struct UnaryRun<C: Codec<Res>, Req, Res, F, Fut> {
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
        self.future.set(Some((self.handler)(request, context)));
        Ok(())
    }

    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<usize, Status>> {
        let Some(future) = self.future.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(Status::internal("the call was polled after its end")));
        };
        let outcome = ready!(future.poll(cx));
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
