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
//! of a package together and `layout` puts it into files; `targets` are Rust and
//! what else can be generated, by `python` or by a `plugin`; `settings` reads
//! `yamabiko.toml`; `diagnostic` says what went wrong.
#![forbid(unsafe_code)]

use std::path::Path;

pub mod breaking;
mod build;
mod check;
mod checker;
mod comments;
mod config;
mod descriptors;
mod diagnose;
mod diagnostic;
mod elements;
mod explain;
mod far_numbers;
pub mod format;
mod front_end;
mod hints;
mod layout;
mod lex;
pub mod lint;
mod messages;
mod names;
mod packages;
mod parse;
mod plugin;
mod problem;
mod project;
mod proto;
pub mod protoc;
mod python;
mod renames;
mod render;
mod resolve;
mod roots;
mod service;
mod settings;
mod sources;
mod targets;
mod twin;
mod well_known;
pub mod workspace;

pub use checker::{Checker, Fixed, Report};
pub use config::{Config, Generated, GeneratedFile};
pub use descriptors::print_descriptor_set;
pub use diagnostic::{Change, Diagnostic, Diagnostics, Edit, Label, Position, Protoc, Severity};
pub use explain::{Code, Page, explain, pages};
pub use plugin::answer_as_plugin;
pub use render::{Format, Rendered, render};
pub use settings::{BreakingSettings, LintSettings, Output, Settings, generate_project};
pub use targets::{Plugin, Target};

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

/// Compiles the `.proto` files of `yamabiko.toml` in a build script, as
/// [`build()`] does with files: for `yamabiko::include_proto!`. The settings are
/// beside `Cargo.toml`, or in a directory above.
pub fn build_project() {
    build::project();
}
