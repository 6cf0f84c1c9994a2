//! Options that are only for the source are taken out of what leaves the
//! compiler.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use super::{element, known};
use crate::resolve::dynamic::Dynamic;
use crate::resolve::pool::Pool;
use crate::resolve::symbols::Symbol;

/// The file of protobuf's own options.
const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// Takes such options, and what the source information says about them, out of
/// a file. The fields of all options come in the order of their numbers.
pub(crate) fn without_source_options(pool: &Pool, proto: &mut FileDescriptorProto) {
    let mut stripped = Vec::new();
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
        let Some(mut dynamic) = Dynamic::decode(pool, message, &options.bytes()) else { continue };
        let before = stripped.len();
        dynamic.strip(pool, &mut path, &mut stripped);
        let bytes = dynamic.encode(pool);
        // Where nothing else was said, protoc takes the whole message away, but
        // only of the options that it knows by the name of their file.
        let is_own = pool[pool[message].file].name == DESCRIPTOR;
        if bytes.is_empty() && stripped.len() > before && is_own {
            element::remove(proto, &path);
            stripped.push(path);
        } else {
            options.replace(&bytes);
        }
    }
    if let Some(info) = proto.source_code_info.as_option_mut()
        && !stripped.is_empty()
    {
        info.location
            .retain(|location| !stripped.iter().any(|path| location.path.starts_with(path)));
    }
}
