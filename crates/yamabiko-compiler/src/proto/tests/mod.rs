//! The front end beside protoc, and on its own.

mod equal_to_protoc;
mod support;
