//! Enums, and names that are the same in JSON or in generated code.

use super::{Verdict, general};
use crate::diagnose::context::{Context, quoted};
use crate::diagnose::finding::Finding;
use crate::diagnose::outline::{Sort, Statement};
use crate::explain::codes;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    match message {
        "The first enum value must be zero for open enums." => first_value(context).into(),
        "Enums must contain at least one value." => no_values(context).into(),
        _ if message.contains("uses the same enum value as") => alias(context).into(),
        _ if message.starts_with("Enum name ") => same_name(context).into(),
        _ if message.contains("enum aliases but no enum values share")
            || message.contains("allow_alias = false") =>
        {
            useless_alias(context).into()
        }
        _ if message.starts_with("Enum value \"") && message.contains("reserved") => {
            reserved(context).into()
        }
        _ if message.starts_with("Enum type \"") && message.contains("is not an open enum") => {
            Finding::new(
                codes::CLOSED_ENUM,
                "an enum of proto2 in a message of proto3",
                context.here(),
            )
            .help(general::plain(message))
            .into()
        }
        _ if message.starts_with("Enum value in map must define 0") => {
            Finding::new(codes::FIRST_VALUE, "an enum in a map must start with 0", context.here())
                .into()
        }
        _ if message.contains(" JSON name of field \"") && message.contains("conflicts with") => {
            json(context).into()
        }
        _ => Verdict::Unknown,
    }
}

fn owner<'c>(context: &'c Context<'_>) -> Option<&'c Statement> {
    context.enclosing(Sort::Enum)
}

fn first_value(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let owner = owner(context)?;
    let name = context.name_of(owner);
    let values = owner.members();
    let first = values.first()?;
    let number = first.member(text)?.number;
    let range = text.span(number);
    let syntax = match text.word(2) {
        "\"proto3\"" | "'proto3'" => " in proto3",
        _ => "",
    };
    let finding = Finding::new(
        codes::FIRST_VALUE,
        format!("the first value of `{name}` must be 0{syntax}"),
        range,
    );
    let start = context.range_of(first).start;
    let line = text.line(start);
    let indent = text.indent(line).to_owned();
    let is_alone = text.line_start(line) + indent.len() == start;
    let separator = if is_alone { format!("\n{indent}") } else { " ".to_owned() };
    if let Some(zero) = values.iter().find(|one| one.number(text) == Some(0)) {
        let written = text.written(zero.all.clone()).to_owned();
        return Some(finding.edit(
            format!("move `{}` to the top", context.name_of(zero)),
            vec![
                (start..start, format!("{written}{separator}").into_bytes()),
                (context.lines_of(zero), Vec::new()),
            ],
        ));
    }
    let zero = context.free_name(&crate::check::prefixed_value(name, "UNSPECIFIED"));
    Some(finding.replace(
        format!("insert `{zero} = 0;` before it"),
        start..start,
        format!("{zero} = 0;{separator}"),
    ))
}

fn no_values(context: &Context<'_>) -> Option<Finding> {
    let owner = owner(context)?;
    let name = context.name_of(owner).to_owned();
    let text = context.text();
    let brace = owner.head.end;
    let zero = context.free_name(&crate::check::prefixed_value(&name, "UNSPECIFIED"));
    let indent = text.indent(text.line(text.range(owner.all.start).start)).to_owned();
    let at = text.range(brace).end;
    Some(
        Finding::new(
            codes::NO_VALUES,
            format!("enum `{name}` has no value"),
            context.name_range(owner),
        )
        .replace(
            format!("insert `{zero} = 0;`"),
            at..at,
            format!("\n{indent}  {zero} = 0;"),
        ),
    )
}

fn alias(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let owner = owner(context)?;
    let words = quoted(context.message());
    let simple = |full: &str| full.rsplit('.').next().unwrap_or(full).to_owned();
    let (name, other) = (simple(words.first()?), simple(words.get(1)?));
    let values = owner.members();
    let find = |name: &str| values.iter().find(|one| context.name_of(one) == name);
    let range = text.span(find(&name)?.member(text)?.number);
    let number = text.slice(range.clone()).to_owned();
    let mut finding = Finding::new(
        codes::ALIAS,
        format!("number {number} is already used by `{other}`"),
        range.clone(),
    );
    if let Some(first) = find(&other).and_then(|one| one.member(text)) {
        finding = finding.other(text.span(first.number), "first used here");
    }
    let greatest = values.iter().filter_map(|one| one.number(text)).max().unwrap_or(0);
    let next = greatest + 1;
    Some(
        finding
            .help("if both names are meant, say so by `option allow_alias = true;` in the enum")
            .replace(format!("the next free number is {next}"), range, next.to_string()),
    )
}

fn same_name(context: &Context<'_>) -> Option<Finding> {
    let mut words = context.message().strip_prefix("Enum name ")?.split(' ');
    let name = words.next()?;
    let other = words.nth(5)?;
    let owner = owner(context)?;
    let values = owner.members();
    let first = values.iter().find(|one| context.name_of(one) == other);
    let mut finding = Finding::new(
        codes::SAME_WITHOUT_PREFIX,
        format!("`{name}` and `{other}` are the same in generated code"),
        context.here(),
    )
    .help("generators leave out the enum's name and write values in their language's case: rename one");
    if let Some(first) = first {
        finding = finding.other(context.name_range(first), "the other one");
    }
    Some(finding)
}

fn useless_alias(context: &Context<'_>) -> Option<Finding> {
    // protoc points behind the enum.
    let name = *quoted(context.message()).first()?;
    let view = &context.view;
    let mut found = None;
    view.outline.visit(&view.text, &mut |statement, _| {
        if statement.sort == Sort::Enum && context.name_of(statement) == name {
            let option = statement.block.iter().find(|one| {
                one.sort == Sort::Option && view.text.is(one.head.start + 1, "allow_alias")
            });
            found = found.or(option);
        }
    });
    let option = found?;
    Some(
        Finding::new(
            codes::USELESS_ALIAS,
            format!("no two values of `{name}` share a number, so `allow_alias` means nothing"),
            context.range_of(option),
        )
        .replace("remove the option", context.lines_of(option), ""),
    )
}

fn reserved(context: &Context<'_>) -> Option<Finding> {
    let text = context.text();
    let name = *quoted(context.message()).first()?;
    let owner = owner(context)?;
    let values = owner.members();
    let value = values.iter().find(|one| context.name_of(one) == name)?;
    if !context.message().contains("uses reserved number") {
        let range = context.name_range(value);
        return Some(
            Finding::new(codes::ENUM_RESERVED, format!("the name `{name}` is reserved"), range)
                .help("a reserved name was used before: take another one"),
        );
    }
    let range = text.span(value.member(text)?.number);
    let number = value.number(text)?;
    let mut finding =
        Finding::new(codes::ENUM_RESERVED, format!("number {number} is reserved"), range.clone());
    let reserved: Vec<_> = owner
        .block
        .iter()
        .filter(|one| one.sort == Sort::Reserved)
        .flat_map(|one| one.ranges(text))
        .collect();
    if let Some((_, _, tokens)) =
        reserved.iter().find(|(start, end, _)| (*start..=*end).contains(&number))
    {
        finding = finding.other(text.span(tokens.clone()), "reserved here");
    }
    let taken = |number: i64| {
        values.iter().any(|one| one.number(text) == Some(number))
            || reserved.iter().any(|(start, end, _)| (*start..=*end).contains(&number))
    };
    let next = (0..10_000).find(|number| !taken(*number))?;
    Some(finding.replace(format!("the next free number is {next}"), range, next.to_string()))
}

fn json(context: &Context<'_>) -> Option<Finding> {
    let words = quoted(context.message());
    let (name, json, other) = (*words.first()?, *words.get(1)?, *words.get(2)?);
    let message = context.message_around()?;
    let members = message.members();
    let find = |name: &str| members.iter().find(|one| context.name_of(one) == name);
    let range = context.name_range(find(name)?);
    let mut finding = Finding::new(
        codes::JSON_NAMES,
        format!("`{name}` and `{other}` are both called `{json}` in JSON"),
        range.clone(),
    );
    if let Some(first) = find(other) {
        finding = finding.other(context.name_range(first), "the other one");
    }
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    let new = context.free_name(&format!("{}_2", snake.trim_matches('_')));
    Some(
        finding
            .help("in JSON underscores go, and the next letter is a capital: rename one of the two")
            .replace(format!("for example `{new}`"), range, new),
    )
}
