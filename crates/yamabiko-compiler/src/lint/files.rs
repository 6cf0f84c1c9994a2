//! Rules about a file as a whole, and about its imports.

use super::context::Context;
use super::names;
use crate::descriptors::Named as _;
use crate::elements::at;
use crate::parse::paths;

pub(super) fn lower_snake_case(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let name = context.files[index].proto.name();
        let base = name.rsplit('/').next().unwrap_or(name);
        let (stem, extension) = base.rsplit_once('.').unwrap_or((base, ""));
        let best = names::lower_snake_case(stem);
        if stem != best {
            let message = format!(
                "Filename \"{base}\" should be lower_snake_case.{extension}, such as \
                 \"{best}.{extension}\"."
            );
            context.report_file(index, message);
        }
    }
}

pub(super) fn syntax_specified(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        // proto2 is what it is without, so the descriptor does not tell.
        if context.files[index].locations.find(&[paths::file::SYNTAX]).is_none() {
            let message = "Files must have a syntax explicitly specified. If no syntax is \
                           specified, the file defaults to \"proto2\".";
            context.report_file(index, message.to_owned());
        }
    }
}

pub(super) fn import_used(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let file = &context.files[index];
        let proto = file.proto;
        for import in file.unused_imports.clone() {
            let message = format!("Import \"{}\" is unused.", proto.dependency[import]);
            context.report(index, &[paths::file::DEPENDENCY, at(import)], message);
        }
    }
}

pub(super) fn import_no_public(context: &mut Context<'_>) {
    for index in 0..context.files.len() {
        let proto = context.files[index].proto;
        for &import in &proto.public_dependency {
            let name = usize::try_from(import).ok().and_then(|at| proto.dependency.get(at));
            let message = format!("Import \"{}\" must not be public.", name.map_or("", |s| s));
            context.report(index, &[paths::file::DEPENDENCY, import], message);
        }
    }
}
