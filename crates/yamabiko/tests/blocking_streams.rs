//! Streams of messages on plain threads, on both sides.
#![cfg(feature = "blocking")]

mod blocking_streams_cases;
mod support;

use support::blocking::serve;
