//! The tokio runtime that every asynchronous program of the bench runs on, so that they differ in
//! nothing but the gRPC library. The harness chooses the flavour for all of them.

use std::future::Future;
use std::io;

use tokio::runtime::Builder;

/// The environment variable that chooses the flavour.
pub const FLAVOUR: &str = "BENCH_RUNTIME";
/// The value of [`FLAVOUR`] for what `#[tokio::main]` means, the default: a thread a core.
pub const MULTI_THREAD: &str = "multi-thread";
/// The value of [`FLAVOUR`] for one thread.
pub const CURRENT_THREAD: &str = "current-thread";

/// Runs the program's future to its end.
pub fn block_on<F, T, E>(program: F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<io::Error>,
{
    let current_thread = std::env::var(FLAVOUR).is_ok_and(|flavour| flavour == CURRENT_THREAD);
    let mut builder =
        if current_thread { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.enable_all().build()?.block_on(program)
}
