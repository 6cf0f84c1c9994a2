//! Types that are not there, and names that are there twice.

use std::ops::Range;

use super::{Verdict, general};
use crate::diagnose::context::{Context, quoted};
use crate::diagnose::finding::Finding;
use crate::diagnose::mended::Change;
use crate::diagnose::names::{Known, Meant, guess, resolve, visible, written_in};
use crate::diagnose::outline::{Sort, Statement, join};
use crate::explain::codes;
use crate::hints::lookup;
use crate::lex::Kind;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    let name = quoted(message).first().copied().unwrap_or_default().to_owned();
    if message.starts_with('"') && message.ends_with("\" is not defined.") {
        return not_defined(context, &name).into();
    }
    if message.starts_with('"') && message.contains("\" seems to be defined in \"") {
        return not_imported(context).into();
    }
    if message.starts_with('"') && message.contains("\" is resolved to \"") {
        return shadowed(context, &name).into();
    }
    if message.starts_with('"') && message.contains("\" is already defined") {
        return twice(context, &name);
    }
    if message.starts_with('"')
        && (message.ends_with("\" is not a message type.")
            || message.ends_with("\" is not a type."))
    {
        return not_a_message(context, &name).into();
    }
    if message.starts_with("Note that enum values use C++ scoping rules") {
        return Verdict::Follows;
    }
    if message.starts_with("Symbol \"") && message.contains("is not visible from") {
        return Finding::new(codes::NOT_VISIBLE, general::plain(message), type_range(context))
            .into();
    }
    Verdict::Unknown
}

/// A name of a type with its dots.
fn type_range(context: &Context<'_>) -> Range<usize> {
    let text = context.text();
    let mut end = context.token;
    while text.is(end, ".") || text.kind(end) == Kind::Identifier {
        // A name ends where the next one begins.
        let touches = end == context.token || text.range(end - 1).end == text.range(end).start;
        if !touches || (end > context.token && !text.is(end, ".") && !text.is(end - 1, ".")) {
            break;
        }
        end += 1;
    }
    if end == context.token { context.here() } else { text.span(context.token..end) }
}

/// Where a name stands: protoc points at the start of a type, and for a map at
/// the word `map`.
fn find_name(context: &Context<'_>, name: &str) -> Range<usize> {
    let range = type_range(context);
    if context.text().slice(range.clone()) == name {
        return range;
    }
    let text = context.text();
    let statement = context.statement();
    let end = statement.map_or(context.token + 1, |one| one.head.end);
    let last = name.rsplit('.').next().unwrap_or(name);
    match (context.token..end).find(|token| text.is(*token, last)) {
        Some(token) => {
            let end = text.range(token).end;
            let start = end.saturating_sub(name.len());
            if text.slice(start..end) == name { start..end } else { text.range(token) }
        }
        None => range,
    }
}

/// The full name of what a statement is in.
fn scope(context: &Context<'_>) -> String {
    let text = context.text();
    let package = context.view.outline.package(text);
    let around = context.view.outline.around(context.token);
    let names = around.iter().filter(|one| matches!(one.sort, Sort::Message | Sort::Service));
    names.fold(package, |scope, one| join(&scope, context.name_of(one)))
}

fn is_method(context: &Context<'_>) -> bool {
    context.statement().is_some_and(|one| one.sort == Sort::Method)
}

fn needs_message(context: &Context<'_>) -> bool {
    context.statement().is_some_and(|one| matches!(one.sort, Sort::Method | Sort::Extend))
}

fn not_defined(context: &mut Context<'_>, name: &str) -> Option<Finding> {
    if is_method(context) && lookup::SCALARS.contains(&name) {
        let range = find_name(context, name);
        context.token = context.text().token_at(range.start);
        return super::methods::scalar(context);
    }
    let range = find_name(context, name);
    let scope = scope(context);
    let only_messages = needs_message(context);
    let package = context.view.outline.package(context.text());
    let kind = if only_messages { "message" } else { "type" };
    let within = if package.is_empty() { String::new() } else { format!(" in `{package}`") };
    let unknown = Finding::new(
        codes::UNKNOWN_TYPE,
        format!("there is no {kind} `{name}`{within}"),
        range.clone(),
    );
    let no_type = |scalar: &str, words: Option<&str>| {
        let headline = format!("`{name}` is not a protobuf type");
        let finding = Finding::new(codes::UNKNOWN_TYPE, headline, range.clone());
        let title = match words {
            Some(words) if words != format!("`{scalar}`") => {
                format!("did you mean {words}? write `{scalar}`")
            }
            _ => format!("did you mean `{scalar}`?"),
        };
        finding.replace(title, range.clone(), scalar)
    };
    let found = guess(context, name, &scope, only_messages);
    Some(match found {
        None => {
            let advice = if only_messages {
                "declare it with `message`, or import the file that does"
            } else {
                "declare it with `message` or `enum`, or import the file that does"
            };
            let finding = unknown.help(advice);
            // Without what is extended, its extensions are not there either; a field and a
            // method are nobody else's.
            let loses = context.statement().is_none_or(|one| one.sort == Sort::Extend);
            if loses { finding.losing_names() } else { finding }
        }
        Some(Meant::Scalar(scalar, words)) => no_type(scalar, words),
        Some(Meant::Similar(known, written)) => {
            let place = format!("{}:{}", context.files.shown(&known.file).display(), known.line);
            mentioned(context, unknown, &known).replace(
                format!("did you mean `{written}`? ({place})"),
                range,
                written,
            )
        }
        Some(Meant::Visible(known, written)) => {
            let full = &known.full;
            let headline = format!("`{name}` not found{within}; there is `{full}`");
            let finding = Finding::new(codes::OTHER_PACKAGE, headline, range.clone());
            mentioned(context, finding, &known).replace(
                format!("write `{written}`"),
                range,
                written,
            )
        }
        Some(Meant::Elsewhere(known, written)) => {
            let headline = format!("`{}` is defined in a file that is not imported", known.full);
            let finding = Finding::new(codes::NOT_IMPORTED, headline, range.clone());
            with_import(context, finding, &known, name, &written, range)
        }
        Some(Meant::ElsewhereSimilar(known, written)) => {
            with_import(context, unknown, &known, name, &written, range)
        }
    })
}

/// Adds the place where a type is defined.
fn mentioned(context: &Context<'_>, finding: Finding, known: &Known) -> Finding {
    let text = format!("`{}` is defined here", known.simple());
    if known.file == context.name {
        return finding.other(known.range.clone(), text);
    }
    match context.files.get(&known.file).and_then(|source| source.path.as_ref()) {
        Some(_) => finding.elsewhere(&known.file, known.range.clone(), text),
        None => finding,
    }
}

fn with_import(
    context: &Context<'_>,
    finding: Finding,
    known: &Known,
    name: &str,
    written: &str,
    range: Range<usize>,
) -> Finding {
    let file = &known.file;
    let mut changes: Vec<Change> = Vec::new();
    changes.extend(context.add_import(file));
    let mut title = format!("add `import \"{file}\";`");
    if written != name {
        changes.push((range, written.as_bytes().to_vec()));
        title = format!("did you mean `{written}`? write that, and add `import \"{file}\";`");
    }
    finding.edit(title, changes)
}

/// A type of a file that an imported one imports.
fn not_imported(context: &mut Context<'_>) -> Option<Finding> {
    let words = quoted(context.message());
    let (symbol, file) = (words.first()?.to_string(), words.get(1)?.to_string());
    let range = type_range(context);
    let file = context.files.known_name(&file).to_owned();
    let headline = format!("`{symbol}` is defined in a file that is not imported");
    let finding = Finding::new(codes::NOT_IMPORTED, headline, range)
        .help("that an imported file imports it does not count, unless by `import public`");
    let change = context.add_import(&file)?;
    Some(finding.edit(format!("add `import \"{file}\";`"), vec![change]))
}

/// `a.X` inside `b.a` means `b.a.X`.
fn shadowed(context: &mut Context<'_>, name: &str) -> Option<Finding> {
    let range = find_name(context, name);
    let found = quoted(context.message()).get(1)?.to_string();
    let types = visible(context.files, context.name);
    if let Some(meant) = types.iter().find(|known| known.full == name) {
        let title = format!("write `.{}`, which is looked up from the outermost scope", meant.full);
        let text = format!(".{}", meant.full);
        return Some(
            Finding::new(
                codes::NAME_SHADOWED,
                format!("`{name}` means `{found}` here, which does not exist"),
                range.clone(),
            )
            .replace(title, range, text),
        );
    }
    // The first part is there, the rest is not: as if it were not at all.
    not_defined(context, name)
}

fn not_a_message(context: &mut Context<'_>, name: &str) -> Option<Finding> {
    let range = find_name(context, name);
    let scope = scope(context);
    let types = visible(context.files, context.name);
    let full = resolve(name, &scope, &types)
        .map(|known| (known.clone(), written_in(&known.full, "", &types)));
    let what = if needs_message(context) { "a message" } else { "a message or enum" };
    let finding =
        Finding::new(codes::NOT_A_MESSAGE, format!("`{name}` is not {what} here"), range.clone());
    Some(match full {
        // The name of the method itself is found first.
        Some((known, _)) if known.sort == Sort::Message => {
            let text = format!(".{}", known.full);
            mentioned(context, finding, &known)
                .help("the nearest thing of that name is meant, and that is something else")
                .replace(format!("write `{text}`"), range, text)
        }
        Some((known, _)) => {
            let kind = if known.sort == Sort::Enum { "an enum" } else { "something else" };
            mentioned(context, finding, &known)
                .help(format!("`{}` is {kind}; put it into a message", known.full))
        }
        None => finding,
    })
}

fn twice(context: &mut Context<'_>, name: &str) -> Verdict {
    let name = name.rsplit('.').next().unwrap_or(name).to_owned();
    // What lies in something that is itself there twice follows from that.
    if repeated_outside(context) {
        return Verdict::Follows;
    }
    let is_entry = context
        .rest
        .iter()
        .any(|problem| problem.message.starts_with(&format!("Expanded map entry type {name} ")));
    if is_entry {
        return entry_name(context, &name).into();
    }
    if context.message().contains("as something other than a package") {
        return Finding::new(codes::NAME_TWICE, general::plain(context.message()), context.here())
            .into();
    }
    let text = context.text();
    let here = context.here();
    let around = context.around();
    let Some(statement) = around.iter().find(|one| context.name_of(one) == name) else {
        return Finding::new(codes::NAME_TWICE, format!("`{name}` is already defined"), here)
            .into();
    };
    if statement.sort == Sort::Value {
        return value_twice(context, statement, &name).into();
    }
    let kind = match statement.sort {
        Sort::Message => "message",
        Sort::Enum => "enum",
        Sort::Service => "service",
        Sort::Method => "method",
        Sort::Oneof => "oneof",
        _ => "field",
    };
    let finding = Finding::new(
        codes::NAME_TWICE,
        format!("{kind} `{name}` is already defined"),
        here.clone(),
    );
    if let Some(file) =
        quoted(context.message()).get(1).filter(|_| context.message().contains("in file"))
    {
        let shown = context.files.shown(file).display().to_string();
        return finding
            .help(format!("it is defined in {shown}, in the same package"))
            .covers(context.range_of(statement))
            .without(here.start..here.start)
            .into();
    }
    let mut finding = finding.covers(context.range_of(statement));
    let own = statement.all.clone();
    let mut scopes = around.iter().skip_while(|one| one.all != own).skip(1);
    let siblings = match scopes.next() {
        Some(scope) if scope.sort == Sort::Oneof => {
            scopes.next().map(|message| message.block.as_slice()).unwrap_or_default()
        }
        Some(scope) => scope.block.as_slice(),
        None => context.view.outline.statements.as_slice(),
    };
    let Some(first) = first_of_name(context, siblings, &name, own.start) else {
        return finding.into();
    };
    finding = finding.other(context.name_range(first), "first defined here");
    let same = text.written(first.all.clone()) == text.written(own);
    if same {
        let lines = context.lines_of(statement);
        return finding.replace("remove it: both say the same", lines, "").into();
    }
    finding = finding.help("rename one of the two, or remove it");
    if matches!(statement.sort, Sort::Field | Sort::Method | Sort::Oneof) {
        let separator = if statement.sort == Sort::Method { "" } else { "_" };
        let new = context.free_name(&format!("{name}{separator}2"));
        return finding.replace(format!("for example `{new}`"), here, new).into();
    }
    // Whatever is read on is read of the first.
    let without = context.lines_of(statement);
    finding.without(without).into()
}

/// Something has the name that a map needs for its entries.
fn entry_name(context: &Context<'_>, name: &str) -> Option<Finding> {
    let around = context.around();
    let map_in =
        |message: &Statement| message.members().iter().any(|field| is_map_of(context, field, name));
    let message = around.iter().find(|one| map_in(one))?;
    let members = message.members();
    let map = members.iter().find(|field| is_map_of(context, field, name))?;
    let other = message.block.iter().find(|one| context.name_of(one) == name);
    let finding = match other {
        Some(other) => Finding::new(
            codes::MAP_ENTRY_NAME,
            format!("the map `{}` needs the name `{name}` for its entries", context.name_of(map)),
            context.name_range(other),
        )
        .other(context.name_range(map), "this map"),
        None => Finding::new(
            codes::MAP_ENTRY_NAME,
            format!("two maps need the name `{name}` for their entries"),
            context.name_range(map),
        ),
    };
    Some(finding.help("rename one of the two"))
}

fn is_map_of(context: &Context<'_>, field: &Statement, name: &str) -> bool {
    let text = context.text();
    let is_map = field.member(text).is_some_and(|member| text.is(member.kind.start, "map"));
    let stem = name.strip_suffix("Entry");
    is_map && stem.is_some_and(|stem| crate::resolve::camel_case(context.name_of(field)) == stem)
}

fn first_of_name<'s>(
    context: &Context<'_>,
    siblings: &'s [Statement],
    name: &str,
    before: usize,
) -> Option<&'s Statement> {
    for statement in siblings {
        if statement.all.start >= before {
            return None;
        }
        if statement.sort != Sort::Value && context.name_of(statement) == name {
            return Some(statement);
        }
        if matches!(statement.sort, Sort::Oneof | Sort::Enum) {
            let inside = statement.block.iter();
            let found = inside
                .filter(|one| one.all.start < before)
                .find(|one| context.name_of(one) == name);
            if found.is_some() {
                return found;
            }
        }
    }
    None
}

/// Whether the place lies in a block whose name is there twice.
fn repeated_outside(context: &Context<'_>) -> bool {
    let around = context.view.outline.around(context.token);
    let mut siblings = context.view.outline.statements.as_slice();
    for outer in around.iter().take(around.len().saturating_sub(1)) {
        let name = context.name_of(outer);
        if !name.is_empty() && first_of_name(context, siblings, name, outer.all.start).is_some() {
            return true;
        }
        siblings = &outer.block;
    }
    false
}

/// The values of two enums, or of one, with one name.
fn value_twice(context: &Context<'_>, value: &Statement, name: &str) -> Option<Finding> {
    let around = context.around();
    let owner = around.iter().find(|one| one.sort == Sort::Enum)?;
    let here = context.name_range(value);
    let in_own = owner.block.iter().find(|one| {
        one.sort == Sort::Value && one.all.start < value.all.start && context.name_of(one) == name
    });
    if let Some(first) = in_own {
        let new = context.free_name(&format!("{name}_2"));
        return Some(
            Finding::new(
                codes::NAME_TWICE,
                format!("value `{name}` is already defined"),
                here.clone(),
            )
            .other(context.name_range(first), "first defined here")
            .help("rename one of the two, or remove it")
            .replace(format!("for example `{new}`"), here, new),
        );
    }
    let siblings = around.iter().skip_while(|one| one.all != owner.all).nth(1);
    let siblings =
        siblings.map_or(context.view.outline.statements.as_slice(), |scope| &scope.block);
    let finding = Finding::new(
        codes::VALUE_SCOPE,
        format!("`{name}` is already defined: enum values share the scope around their enum"),
        here.clone(),
    );
    let finding = match first_of_name(context, siblings, name, owner.all.start) {
        Some(first) => finding.other(context.name_range(first), "first defined here"),
        None => finding,
    };
    let new = context.free_name(&crate::check::prefixed_value(context.name_of(owner), name));
    Some(finding.help("put the enum's name before its values").replace(
        format!("write `{new}`"),
        here,
        new,
    ))
}
