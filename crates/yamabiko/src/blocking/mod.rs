//! A server and a channel on plain threads, without an async runtime.

