//! A step of a handler and the writing of its answer, with the handler's and
//! the codec's mistakes kept to their own call.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use yamabiko_core::grpc::{Code, Status};

use crate::service::Run;

/// Decodes the request and calls the handler, without a step yet.
pub(crate) fn start(
    run: &mut dyn Run,
    request: &[u8],
    context: crate::Context,
) -> Result<(), Status> {
    let started = catch_unwind(AssertUnwindSafe(|| run.start(request, context)));
    started.unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// A step of a handler. A panic is this call's end and nobody else's.
pub(crate) fn step(run: &mut dyn Run, cx: &mut Context<'_>) -> Poll<Result<usize, Status>> {
    match catch_unwind(AssertUnwindSafe(|| run.poll(cx))) {
        Ok(Poll::Ready(Err(status))) => Poll::Ready(Err(told(run.path(), status))),
        Ok(poll) => poll,
        Err(panic) => {
            // The future is in an unknown state: it is dropped, and not in our arms.
            let _ = catch_unwind(AssertUnwindSafe(|| run.clear()));
            Poll::Ready(Err(panicked(&*panic)))
        }
    }
}

/// Appends an answer of `length` bytes. A codec that does not keep its word costs this call, not
/// the connection: the bytes that the frame has promised are zeros then.
pub(crate) fn write_exactly(
    run: &mut dyn Run,
    length: usize,
    out: &mut Vec<u8>,
) -> Result<(), Status> {
    let end = out.len() + length;
    let written = catch_unwind(AssertUnwindSafe(|| run.write(out)));
    let status = match written {
        Ok(()) if out.len() == end => return Ok(()),
        Ok(()) => Status::internal("the codec wrote another number of bytes than it had measured"),
        Err(panic) => panicked(&*panic),
    };
    out.resize(end, 0);
    Err(status)
}

/// What the client is told of a status. The rest is told to whoever runs the server.
#[cold]
fn told(method: &str, status: Status) -> Status {
    if status.call().is_some() || status.source().is_some() {
        let cause = causes(&status);
        match status.code() {
            Code::Unknown | Code::Internal | Code::DataLoss => {
                tracing::error!(method, %status, cause, "a call failed");
            }
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => {
                tracing::warn!(method, %status, cause, "a call failed");
            }
            _ => tracing::debug!(method, %status, cause, "a call failed"),
        }
    }
    let told = match status.for_client() {
        Cow::Borrowed(_) => None,
        Cow::Owned(told) => Some(told),
    };
    told.unwrap_or(status)
}

/// The errors that led to another, the nearest first.
fn causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let words: Vec<String> = causes.map(ToString::to_string).collect();
    words.join(": ")
}

fn panicked(panic: &(dyn Any + Send)) -> Status {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = words.unwrap_or("unknown"), "a handler panicked");
    Status::internal("the handler panicked")
}
