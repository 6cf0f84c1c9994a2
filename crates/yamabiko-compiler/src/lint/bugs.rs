//! Rules that find what can never work.

use std::collections::BTreeMap;

use super::context::Context;
use super::naming::is_required;
use crate::descriptors::Named as _;
use crate::elements::{Definition, at, joined};
use crate::parse::paths;

/// A message that requires itself, at once or by way of others, cannot be
/// built: each one would need another.
pub(super) fn required_recursion(context: &mut Context<'_>) {
    // By full name: where a message is, and which messages it requires, by
    // which of its fields.
    let mut required: BTreeMap<&str, Required<'_>> = BTreeMap::new();
    for (index, file) in context.files.iter().enumerate() {
        for element in &file.elements {
            let Definition::Message(message) = element.definition else { continue };
            let fields = message.field.iter().enumerate().filter(|(_, field)| is_required(field));
            let needs = fields.filter_map(|(index, field)| {
                let name = field.type_name.as_deref()?.trim_start_matches('.');
                Some((joined(&element.path, &[paths::message::FIELD, at(index)]), name))
            });
            let needs: Vec<_> = needs.collect();
            if !needs.is_empty() {
                required.insert(&element.full_name, Required { file: index, needs });
            }
        }
    }
    let mut found = Vec::new();
    for (&name, Required { file, needs }) in &required {
        let Some((path, next)) = needs.iter().find(|(_, next)| leads_to(&required, next, name))
        else {
            continue;
        };
        let field = context.files[*file].elements.iter().find(|element| element.path == *path);
        let field = match field.map(|element| element.definition) {
            Some(Definition::Field(field)) => field.name(),
            _ => "",
        };
        let by_way = if *next == name { String::new() } else { format!(" by way of \"{next}\"") };
        let message = format!(
            "Message \"{name}\" requires itself{by_way}, so that none can ever be built: make \
             \"{field}\" optional."
        );
        found.push((*file, joined(path, &[paths::field::NAME]), message));
    }
    for (file, path, message) in found {
        context.report(file, &path, message);
    }
}

struct Required<'a> {
    file: usize,
    needs: Vec<(Vec<i32>, &'a str)>,
}

fn leads_to(required: &BTreeMap<&str, Required<'_>>, from: &str, to: &str) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    let mut todo = vec![from];
    while let Some(name) = todo.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            let needs = required.get(name).map(|required| &required.needs);
            todo.extend(needs.into_iter().flatten().map(|(_, next)| *next));
        }
    }
    false
}
