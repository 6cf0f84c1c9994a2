//! The front end beside protoc, and on its own.

mod advice;
mod broken_links;
mod equal_to_protoc;
mod limits;
mod mutilated;
mod support;
