//! Descriptors as a whole: what a set of linked files defines, by name.
//!
//! Generators look types up in a [`Pool`]; it knows what there is, not how it
//! came to be.

mod named;
mod pool;
mod print;

pub(crate) use named::Named;
pub(crate) use pool::{Message, Pool};
pub use print::print_descriptor_set;
