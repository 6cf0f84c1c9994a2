//! Options that are only for the source are taken out of what leaves the
//! compiler.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::{element, known};
use crate::resolve::dynamic::Dynamic;
use crate::resolve::pool::Pool;
use crate::resolve::symbols::Symbol;

/// The file of protobuf's own options.
const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// What a file was before that, as far as it was something else.
#[derive(Debug)]
pub(crate) enum Original {
    /// The option messages at these paths.
    Options(Vec<(Vec<i32>, Vec<u8>)>),
    /// Something was taken out.
    File(Box<FileDescriptorProto>),
}

impl Original {
    /// The file as it was.
    pub(crate) fn restored(&self, file: &FileDescriptorProto) -> FileDescriptorProto {
        match self {
            Self::File(file) => (**file).clone(),
            Self::Options(all) => {
                let mut file = file.clone();
                for (path, bytes) in all {
                    let restored =
                        element::find(&mut file, path).and_then(|options| options.replace(bytes));
                    debug_assert!(restored.is_some(), "the options were there: {path:?}");
                }
                file
            }
        }
    }
}

/// What becomes of an option message.
struct Change {
    path: Vec<i32>,
    original: Vec<u8>,
    /// The new one; `None` if nothing is left of it.
    bytes: Option<Vec<u8>>,
}

/// Takes such options, and what the source information says about them, out of
/// a file. The fields of all options come in the order of their numbers.
pub(crate) fn without_source_options(pool: &Pool, proto: &mut FileDescriptorProto) -> Original {
    let mut stripped = Vec::new();
    let mut changes: Vec<Change> = Vec::new();
    for mut path in element::paths(proto) {
        let Some(options) = element::find(proto, &path) else { continue };
        if !options.has_custom() && !options.has_source_fields() {
            continue;
        }
        let (pool, message) = match pool.symbols.find(options.type_name()) {
            Some(Symbol::Message(message)) => (pool, message),
            _ => match known::message(options.type_name()) {
                Some(message) => (known::pool(), message),
                None => continue,
            },
        };
        let original = options.bytes();
        let Some(mut dynamic) = Dynamic::decode(pool, message, &original) else { continue };
        let before = stripped.len();
        dynamic.strip(pool, &mut path, &mut stripped);
        let bytes = dynamic.encode(pool);
        // Where nothing else was said, protoc takes the whole message away, but
        // only of the options that it knows by the name of their file.
        let is_own = pool[pool[message].file].name == DESCRIPTOR;
        if bytes.is_empty() && stripped.len() > before && is_own {
            stripped.push(path.clone());
            changes.push(Change { path, original, bytes: None });
        } else if bytes != original {
            changes.push(Change { path, original, bytes: Some(bytes) });
        }
    }
    let whole = (!stripped.is_empty()).then(|| Box::new(proto.clone()));
    for Change { path, bytes, .. } in &changes {
        match bytes {
            None => element::remove(proto, path),
            Some(bytes) => {
                element::find(proto, path).and_then(|options| options.replace(bytes));
            }
        }
    }
    if let Some(info) = proto.source_code_info.as_option_mut()
        && !stripped.is_empty()
    {
        info.location
            .retain(|location| !stripped.iter().any(|path| location.path.starts_with(path)));
    }
    match whole {
        Some(file) => Original::File(file),
        None => {
            let originals = changes.into_iter().map(|change| (change.path, change.original));
            Original::Options(originals.collect())
        }
    }
}
