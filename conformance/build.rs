//! Turns the two services into Rust, and the cases of our client on tokio into
//! those on plain threads.

use std::path::Path;
use std::{env, fs};

const CASES: &str = "src/standard/cases.rs";

fn main() {
    yamabiko_compiler::build(["proto/interop.proto", "proto/testing.proto"]);

    println!("cargo::rerun-if-changed={CASES}");
    let text = fs::read_to_string(CASES).expect("it is in this package");
    let directory = env::var_os("OUT_DIR").expect("cargo gives one");
    let twin = Path::new(&directory).join("blocking_cases.rs");
    fs::write(twin, without_await(&text)).expect("cargo's directory can be written");
}

/// The names are the same on plain threads, where nothing is awaited and a call is sent.
fn without_await(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("//!"));
    let mut text = lines.collect::<Vec<_>>().join("\n");
    for (asynchronous, blocking) in [
        ("WAIT).await", "WAIT).send()"),
        ("call.await", "call.send()"),
        (".await", ""),
        ("async fn", "fn"),
        ("on_tokio", "on_threads"),
    ] {
        text = text.replace(asynchronous, blocking);
    }
    text
}
