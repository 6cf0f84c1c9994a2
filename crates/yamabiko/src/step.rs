//! A step of a handler and the writing of its answer, with the handler's and
//! the codec's mistakes kept to their own call.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use yamabiko_core::grpc::Status;

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

fn panicked(panic: &(dyn Any + Send)) -> Status {
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = words.unwrap_or("unknown"), "a handler panicked");
    Status::internal("the handler panicked")
}
