//! `yamabiko lsp`: what an editor asks about `.proto` files, over standard input
//! and output.
//!
//! `server` keeps the state and goes through the messages, `answers` answers
//! questions, `problems` tells what is wrong and how it is mended, `position`
//! converts places.

mod answers;
mod position;
mod problems;
mod server;

use std::process::ExitCode;

use lsp_server::Connection;

/// Serves one editor until it leaves.
pub(crate) fn run() -> ExitCode {
    let (connection, threads) = Connection::stdio();
    let served = server::serve(&connection);
    // The threads end when nobody holds the connection any more.
    drop(connection);
    let ended = threads.join().map_err(|error| error.to_string());
    match served.and(ended) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
