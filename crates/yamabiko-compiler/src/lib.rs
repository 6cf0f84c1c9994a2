//! From `.proto` to Rust with cargo alone.
//!
//! A build script of one line turns `.proto` files into messages, services and
//! clients for the crate `yamabiko`; no protoc and no C compiler is needed:
//!
//! ```no_run
//! // build.rs, in its function main
//! yamabiko_compiler::build(["proto/hello.proto"]);
//! ```
//!
//! The crate then says `yamabiko::include_proto!("hello");`, with the package
//! of the file, and has the package's messages and, for a service
//! `HelloService`, a trait of that name, `HelloServiceServer` and
//! `HelloServiceClient`.
//!
//! The way through the crate: `front_end` reads files to descriptors,
//! `messages` and `service` turn descriptors into code, `packages` puts the code
//! of a package together and `layout` puts it into files; `diagnostic` says what
//! went wrong, in the words of `hints`.
#![forbid(unsafe_code)]

use std::path::Path;

mod build;
mod check;
mod comments;
mod config;
mod descriptors;
mod diagnostic;
mod front_end;
mod hints;
mod layout;
mod lex;
mod messages;
mod names;
mod packages;
mod parse;
mod problem;
mod proto;
pub mod protoc;
mod python;
mod resolve;
mod service;
mod sources;
mod well_known;

pub use config::{Config, Generated, GeneratedFile};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Position};

/// Compiles `.proto` files in a build script.
///
/// Paths are relative to the root of the crate. Imports are looked for in
/// `proto/`, in the root of the crate and beside each of the files; imported
/// files are compiled too. The code goes to `OUT_DIR`, one file for each
/// package, for `yamabiko::include_proto!`. Cargo is told to run the script
/// again when one of the files has changed.
///
/// When a file is broken, this prints what is wrong and where, and ends the
/// process with exit code 1. [`Config::try_build`] returns it instead.
pub fn build<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) {
    Config::new().build(files);
}
