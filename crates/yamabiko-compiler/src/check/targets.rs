//! Options that are only for some kinds of elements.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::problem::Problem;
use crate::resolve::{Pool, options_with_targets};

/// Options that stand at elements which they are not for. protoc looks for them
/// once all files are linked.
pub(crate) fn targets(pool: &Pool, proto: &mut FileDescriptorProto, problems: &mut Vec<Problem>) {
    for (option, element) in options_with_targets(pool, proto) {
        let text = format!("Option {option} cannot be set on an entity of type `{element}`.");
        let file = proto.name.as_deref().unwrap_or_default();
        problems.push(Problem::error(file, None, text));
    }
}
