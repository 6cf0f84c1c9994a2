//! Rules that ask for comments.

use buffa_codegen::generated::descriptor::field_descriptor_proto::Type;

use super::context::Context;
use super::ignored;
use crate::elements::{Definition, Element};

/// Complains about elements without a comment. What is asked for says whether
/// it is about an element, and how that is called.
fn documented(context: &mut Context<'_>, what: fn(&Definition<'_>) -> Option<&'static str>) {
    for index in 0..context.files.len() {
        let file = &context.files[index];
        let mut missing = Vec::new();
        for Element { definition, path, full_name } in &file.elements {
            let Some(what) = what(definition) else { continue };
            let comment = file.locations.find(path).and_then(|at| at.leading_comments.as_deref());
            if !comment.is_some_and(says_something) {
                let name = full_name.rsplit('.').next().unwrap_or(full_name);
                let message =
                    format!("{what} \"{name}\" should have a non-empty comment for documentation.");
                missing.push((path.clone(), message));
            }
        }
        for (path, message) in missing {
            context.report(index, &path, message);
        }
    }
}

/// Whether a comment is more than an instruction for a linter.
fn says_something(comment: &str) -> bool {
    comment.lines().map(str::trim).any(|line| !line.is_empty() && !ignored::is_instruction(line))
}

pub(super) fn enums(context: &mut Context<'_>) {
    documented(context, |definition| matches!(definition, Definition::Enum(_)).then_some("Enum"));
}

pub(super) fn values(context: &mut Context<'_>) {
    documented(context, |definition| {
        matches!(definition, Definition::Value(..)).then_some("Enum value")
    });
}

pub(super) fn fields(context: &mut Context<'_>) {
    documented(context, |definition| {
        // What stands above a group is the comment of its message.
        let is_group = |kind| kind == Some(Type::TYPE_GROUP);
        let is_field = matches!(definition, Definition::Field(field) if !is_group(field.r#type));
        is_field.then_some("Field")
    });
}

pub(super) fn messages(context: &mut Context<'_>) {
    documented(context, |definition| {
        matches!(definition, Definition::Message(_)).then_some("Message")
    });
}

pub(super) fn oneofs(context: &mut Context<'_>) {
    documented(context, |definition| matches!(definition, Definition::Oneof(_)).then_some("Oneof"));
}

pub(super) fn methods(context: &mut Context<'_>) {
    documented(context, |definition| matches!(definition, Definition::Method(..)).then_some("RPC"));
}

pub(super) fn services(context: &mut Context<'_>) {
    documented(context, |definition| {
        matches!(definition, Definition::Service(_)).then_some("Service")
    });
}
