//! The front end beside protoc, and on its own.

mod advice;
mod broken_links;
#[path = "../../../tests/reference/corpora.rs"]
mod corpora;
mod equal_to_protoc;
mod limits;
mod mutilated;
mod printed;
mod support;
