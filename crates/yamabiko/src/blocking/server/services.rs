//! Services as the answerers of calls: a handler's future is polled on the
//! worker that took the call, which sleeps while it is pending.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Wake, Waker};
use std::thread::{self, Thread};

use bytes::Bytes;
use yamabiko_core::grpc::{Metadata, RequestHead, Status};

use super::call::Call;
use super::host::{Handler, Requests};
use super::shared::lock;
use crate::service::{Begin, Kind, Methods, Run, StreamingRun};
use crate::step::{start, step, write_exactly};
use crate::stream::Source;
use crate::{Context, Error, Service, current};

/// Finished runs that are kept for each method.
const SPARE_RUNS: usize = 16;

/// The services of a server.
pub(super) struct Services {
    methods: Methods,
    /// By method: where calls have run before.
    spare: Mutex<Vec<Vec<Spare>>>,
}

/// What is left of a call, for the next one.
struct Spare {
    run: Box<dyn Run>,
    context: Context,
}

impl Services {
    pub(super) fn new(services: &[Box<dyn Service>]) -> Result<Self, Error> {
        let mut methods = Methods::default();
        for (index, service) in services.iter().enumerate() {
            if services[..index].iter().any(|other| other.name() == service.name()) {
                return Err(Error::Duplicate { service: service.name() });
            }
            service.register(&mut methods);
        }
        Ok(Services { methods, spare: Mutex::default() })
    }

    fn take(&self, method: usize, new_run: &dyn Fn() -> Box<dyn Run>, call: &Call) -> Spare {
        let spare = lock(&self.spare).get_mut(method).and_then(Vec::pop);
        let head = Arc::clone(call.head());
        match spare {
            Some(Spare { run, context }) => {
                let (deadline, peer) = (call.deadline(), call.peer());
                Spare { run, context: context.renew(head, deadline, peer, call.compression()) }
            }
            None => {
                let context = Context::new(head, call.deadline(), call.peer(), call.compression());
                Spare { run: new_run(), context }
            }
        }
    }

    fn keep(&self, method: usize, spare: Spare) {
        let mut all = lock(&self.spare);
        if all.len() <= method {
            all.resize_with(method + 1, Vec::new);
        }
        if all[method].len() < SPARE_RUNS {
            all[method].push(spare);
        }
    }
}

impl Handler for Services {
    fn handle(&self, call: Call, request: Bytes) {
        let path = call.head().path.value();
        let Some(method) = self.methods.find(path) else {
            let path = path.escape_ascii();
            call.finish(&Status::unimplemented(format!("unknown method: {path}")));
            return;
        };
        match &self.methods.method(method).kind {
            Kind::Unary { new_run } => {
                let mut spare = self.take(method, &**new_run, &call);
                if call.request_compressed() {
                    spare.context.set_request_compressed();
                }
                if let Some(outcome) = run(&call, &mut *spare.run, &spare.context, &request) {
                    answer(&call, &mut spare, outcome);
                }
                drop(call);
                self.keep(method, spare);
            }
            Kind::Streaming { begin, .. } => run_stream(&call, begin, &request, None),
        }
    }

    fn takes_stream(&self, head: &RequestHead) -> bool {
        let method = self.methods.find(head.path.value());
        let kind = method.map(|method| &self.methods.method(method).kind);
        matches!(kind, Some(Kind::Streaming { takes_stream: true, .. }))
    }

    fn handle_stream(&self, call: Call, requests: Requests) {
        let method = self.methods.find(call.head().path.value());
        if let Some(method) = method
            && let Kind::Streaming { begin, .. } = &self.methods.method(method).kind
        {
            run_stream(&call, begin, &[], Some(requests.into_source()));
        }
    }
}

/// Runs a handler whose messages go over the wires.
fn run_stream(call: &Call, begin: &Arc<Begin>, request: &[u8], source: Option<Box<dyn Source>>) {
    let context = call.context();
    if call.request_compressed() {
        context.set_request_compressed();
    }
    let mut streaming = StreamingRun::new(begin, source, call.sink(&context));
    if let Some(outcome) = run(call, &mut streaming, &context, request) {
        let (head, trailers) = context.take_answer();
        let mut status = outcome.err().unwrap_or_else(Status::ok);
        with_trailers(&mut status, &trailers);
        call.finish_with(&head, &status);
    }
}

/// Runs a handler on this thread. None if nobody waits for the answer any more.
fn run(
    call: &Call,
    run: &mut dyn Run,
    context: &Context,
    request: &[u8],
) -> Option<Result<usize, Status>> {
    let sleeper = Arc::new(Sleeper { thread: thread::current(), woken: AtomicBool::new(false) });
    let (cancelled, waker) = (context.clone(), Waker::from(Arc::clone(&sleeper)));
    let when_cancelled = {
        let waker = waker.clone();
        move || {
            cancelled.cancel();
            waker.wake();
        }
    };
    if !call.watch().when_cancelled(Box::new(when_cancelled)) {
        return None;
    }
    current::within(context, || match start(run, request, context.clone()) {
        Ok(()) => finish(call, run, context, &sleeper, &waker),
        Err(status) => Some(Err(status)),
    })
}

/// Polls a handler to its end, or until its call is cancelled.
fn finish(
    call: &Call,
    run: &mut dyn Run,
    context: &Context,
    sleeper: &Sleeper,
    waker: &Waker,
) -> Option<Result<usize, Status>> {
    let mut cx = task::Context::from_waker(waker);
    loop {
        if let Poll::Ready(outcome) = step(run, &mut cx) {
            return Some(outcome);
        }
        if !sleeper.is_woken() {
            call.before_waiting();
        }
        sleeper.sleep();
        if context.is_cancelled() {
            // The handler is dropped where it waits.
            let dropped = std::panic::AssertUnwindSafe(|| run.clear());
            let _ = std::panic::catch_unwind(dropped);
            return None;
        }
    }
}

fn answer(call: &Call, spare: &mut Spare, outcome: Result<usize, Status>) {
    let Spare { run, context } = spare;
    let (head, trailers) = context.take_answer();
    match outcome {
        Ok(length) => {
            call.set_compression(context.encoding());
            let mut status = Status::ok();
            with_trailers(&mut status, &trailers);
            call.answer_run(&head, length, |out| write_exactly(&mut **run, length, out), status);
            run.clear();
        }
        Err(mut status) => {
            with_trailers(&mut status, &trailers);
            call.finish_with(&head, &status);
        }
    }
}

fn with_trailers(status: &mut Status, trailers: &Metadata) {
    for field in trailers.fields() {
        status.metadata_mut().push_field(field.clone());
    }
}

/// The thread that runs a handler, while that waits for something.
struct Sleeper {
    thread: Thread,
    woken: AtomicBool,
}

impl Sleeper {
    fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }

    fn sleep(&self) {
        while !self.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}
