//! Descriptors as a whole: what a set of linked files defines, by name.
//!
//! A [`Pool`] answers what a type is and which file defines it; `retention` takes
//! out of descriptors what is not to leave the compiler, and `json_names` adds
//! and takes away what only some want to see. More than one way out of the
//! compiler needs them.

mod json_names;
mod named;
mod pool;
mod retention;

pub(crate) use json_names::{fill_json_names, without_default_json_names};
pub(crate) use named::Named;
pub(crate) use pool::{Message, Pool};
pub(crate) use retention::without_source_retention;
