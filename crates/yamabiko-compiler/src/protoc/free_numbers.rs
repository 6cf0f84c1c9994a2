//! `--print_free_field_numbers`: which numbers the messages of a file have left.

use std::collections::BTreeSet;

use buffa_codegen::generated::descriptor::{DescriptorProto, FileDescriptorProto};

use super::streams::Streams;
use crate::descriptors::Named as _;

/// The largest number that a field can have.
const LARGEST: i32 = (1 << 29) - 1;

/// Says it for all messages of `file`, those within a message before it.
pub(super) fn print(file: &FileDescriptorProto, streams: &mut Streams<'_>) {
    let package = file.package.as_deref().unwrap_or_default();
    for message in &file.message_type {
        print_message(package, message, streams);
    }
}

fn print_message(scope: &str, message: &DescriptorProto, streams: &mut Streams<'_>) {
    let name = full_name(scope, message.name());
    for nested in &message.nested_type {
        print_message(&name, nested, streams);
    }
    let mut line = format!("{name:<35} free:");
    let mut next = 1;
    for (start, end) in occupied(message) {
        if next >= end {
            continue;
        }
        if next + 1 == start {
            line.push_str(&format!(" {next}"));
        } else if next < start {
            line.push_str(&format!(" {next}-{}", start - 1));
        }
        next = end;
    }
    if next <= LARGEST {
        line.push_str(&format!(" {next}-INF"));
    }
    streams.say(line);
}

/// The ranges of numbers in use, without their ends.
fn occupied(message: &DescriptorProto) -> BTreeSet<(i32, i32)> {
    let fields = message.field.iter().filter_map(|field| field.number);
    let extensions = message.extension_range.iter().map(|range| (range.start, range.end));
    let reserved = message.reserved_range.iter().map(|range| (range.start, range.end));
    fields
        .map(|number| (number, number + 1))
        .chain(
            extensions
                .chain(reserved)
                .map(|(start, end)| (start.unwrap_or_default(), end.unwrap_or_default())),
        )
        .collect()
}

fn full_name(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
