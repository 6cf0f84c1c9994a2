//! Streams of the channel on plain threads, against the server on tokio.
#![cfg(feature = "blocking")]

mod blocking_streams_cases;
mod support;

use support::served::Served;
use support::streams::Streams;

fn serve(streams: Streams) -> (Served, String) {
    let served = Served::new(streams);
    let address = served.address.clone();
    (served, address)
}
