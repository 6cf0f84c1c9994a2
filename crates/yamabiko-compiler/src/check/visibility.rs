//! `export` and `local`: what other files see, since edition 2024.

use buffa_codegen::generated::descriptor::FileDescriptorProto;

use crate::parse::Part;
use crate::resolve::{Builder, Element, EnumId, Features, MessageId, Symbol};

/// `local`, as written.
const LOCAL: i32 = 1;
/// `export`, as written.
const EXPORT: i32 = 2;

/// The values of `default_symbol_visibility`.
mod default {
    pub(super) const EXPORT_TOP_LEVEL: u8 = 2;
    pub(super) const LOCAL_ALL: u8 = 3;
    pub(super) const STRICT: u8 = 4;
}

/// Why the file at hand may not use a symbol, if so; `usage` is what for.
pub(crate) fn hidden(builder: &Builder<'_>, symbol: Symbol, usage: &str) -> Option<String> {
    let pool = &builder.pool;
    let (name, file, nested, written, features) = match symbol {
        Symbol::Message(id) => {
            let message = &pool[id];
            let nested = message.parent.is_some();
            (&message.full_name, message.file, nested, message.visibility, message.features)
        }
        Symbol::Enum(id) => {
            let of = &pool[id];
            (&of.full_name, of.file, of.parent.is_some(), of.visibility, of.features)
        }
        _ => return None,
    };
    if file == builder.file || written == EXPORT {
        return None;
    }
    let reason = if written == LOCAL {
        "It is explicitly marked 'local'".to_owned()
    } else {
        let default = match (features.visibility(), nested) {
            (default::EXPORT_TOP_LEVEL, true) => "EXPORT_TOP_LEVEL",
            (default::LOCAL_ALL, _) => "LOCAL_ALL",
            (default::STRICT, _) => "STRICT",
            _ => return None,
        };
        format!(
            "It defaulted to local from file-level 'option features.default_symbol_visibility = \
             '{default}';"
        )
    };
    Some(format!(
        "Symbol \"{name}\", defined in \"{}\" {usage} is not visible from \"{}\". {reason} and \
         cannot be accessed outside its own file",
        pool[file].name, builder.name
    ))
}

/// What is nested may not be exported if the file is strict.
pub(crate) fn visibility(builder: &mut Builder<'_>, proto: &FileDescriptorProto) {
    if builder.had_errors {
        return;
    }
    let mut enums = Vec::new();
    builder.visit(proto, &mut |builder, element| match element {
        Element::Message(id, _) => {
            let message = &builder.pool[id];
            if message.parent.is_some() && is_strict_export(message.visibility, message.features) {
                let text = format!(
                    "\"{}\" is a nested message and cannot be `export` with STRICT \
                     default_symbol_visibility. It must be moved to top-level, ideally in its own \
                     file in order to be `export`.",
                    message.full_name
                );
                builder.error(Part::InputType, text);
            }
        }
        Element::Enum(id, _) => enums.push((builder.path.clone(), id)),
        _ => {}
    });
    for (path, id) in enums {
        let of = &builder.pool[id];
        let Some(parent) = of.parent else { continue };
        if !is_strict_export(of.visibility, of.features) || is_namespace(builder, parent, id) {
            continue;
        }
        let name = &of.full_name;
        let text = format!(
            "\"{name}\" is a nested enum and cannot be marked `export` with STRICT \
             default_symbol_visibility. It must be moved to top-level, ideally in its own file in \
             order to be `export`. For C++ namespacing of enums in a messages use: `local message \
             <OuterNamespace> {{ export enum {name} {{...}} reserved 1 to max; }}`"
        );
        builder.path = path;
        builder.error(Part::InputType, text);
        builder.path.clear();
    }
}

fn is_strict_export(written: i32, features: Features) -> bool {
    written == EXPORT && features.visibility() == default::STRICT
}

/// A local message at the top of the file without fields, which is only there
/// to give the values of the enum a scope.
fn is_namespace(builder: &Builder<'_>, container: MessageId, of: EnumId) -> bool {
    let message = &builder.pool[container];
    let local_by_default = builder.pool[of].features.visibility() > default::EXPORT_TOP_LEVEL;
    let local = message.visibility == LOCAL || (message.visibility == 0 && local_by_default);
    // protoc asks for one of the two ends only.
    let everything = matches!(message.reserved[..], [(start, end)] if start == 1 || end == 19_999);
    message.parent.is_none() && local && everything
}
