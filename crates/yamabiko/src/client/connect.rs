//! From an address to a connected socket.

use std::io;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::address::Address;
use crate::back_off::{STAGGER, interleaved};

/// Connects to the first of the host's addresses that answers.
///
/// # Errors
/// Every address that was tried, and what came of it.
pub(super) async fn connect(address: &Address) -> Result<TcpStream, String> {
    let found = address.resolve().await.map_err(|error| error.to_string())?;
    let mut untried = interleaved(found);
    let mut failed: Vec<String> = Vec::new();
    let mut attempts = JoinSet::new();
    loop {
        if let Some(next) = untried.pop_front() {
            attempts.spawn(async move { (next, TcpStream::connect(next).await) });
        }
        let outcome = if untried.is_empty() {
            attempts.join_next().await
        } else {
            match tokio::time::timeout(STAGGER, attempts.join_next()).await {
                Ok(outcome) => outcome,
                Err(_) => continue,
            }
        };
        match outcome {
            Some(Ok((_, Ok(socket)))) => {
                // A request is written whole: nothing is gained by waiting for more.
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Some(Ok((tried, Err(error)))) => failed.push(format!("{tried}: {}", words(&error))),
            Some(Err(_)) => {}
            None if untried.is_empty() && failed.is_empty() => return Err("no address".to_owned()),
            None if untried.is_empty() => return Err(failed.join("; ")),
            None => {}
        }
    }
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused, no server listens there".into(),
        _ => error.to_string(),
    }
}
