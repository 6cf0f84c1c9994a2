//! From parsed files to linked ones: imports are loaded, names looked up,
//! types filled in, features of editions inherited and options interpreted.
//!
//! The way of a file: [`load`] opens it and what it imports; `declare` puts its
//! elements into the [`pool`] and their names into the symbol table; `link`
//! looks up the names that they use; [`options`] turns what is written about
//! options into the option messages; the rules of `check` are asked along the
//! way, in the order in which protoc asks them; `finish` writes what was found
//! into the file's descriptor.

mod builder;
mod declare;
mod declare_enum;
mod dynamic;
mod features;
mod finish;
mod link;
mod load;
mod names;
mod options;
mod pool;
mod scope;
mod symbols;
mod text;
mod unescape;
mod visit;
pub(crate) mod wire;

pub(crate) use builder::Builder;
pub(crate) use features::{FeatureField, Features};
pub(crate) use finish::{fill_json_names, only_explicit_json_names};
pub(crate) use load::Loader;
pub(crate) use names::{camel_case, json_name, pascal_case};
pub(crate) use options::{
    FeatureValue, Original, options_with_targets, set_features, without_source_options,
};
pub(crate) use pool::{
    EnumId, Field, FieldId, FileId, MessageId, Pool, Support, TypeReference, edition, edition_name,
    fields_in_order,
};
pub(crate) use scope::is_qualified_name;
pub(crate) use symbols::Symbol;
pub(crate) use unescape::unescape;
pub(crate) use visit::Element;
