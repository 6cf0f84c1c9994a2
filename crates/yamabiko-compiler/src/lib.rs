//! The compiler.
#![forbid(unsafe_code)]
