//! Imports: files that are not there, go round, or are not needed.

use std::ops::Range;

use super::Verdict;
use crate::diagnose::context::{Context, quoted};
use crate::diagnose::files::Opened;
use crate::diagnose::finding::Finding;
use crate::diagnose::names::{Import, imports};
use crate::explain::codes;
use crate::hints::similar;
use crate::well_known;

pub(super) fn explain(context: &mut Context<'_>) -> Verdict {
    let message = context.message();
    if message.starts_with("Import \"") && message.ends_with("was not found or had errors.") {
        return not_found(context);
    }
    if message.starts_with("Import \"") && message.ends_with("was listed twice.") {
        return twice(context).into();
    }
    if message.starts_with("Import ") && message.ends_with("is unused.") {
        return unused(context).into();
    }
    if let Some(cycle) = message.strip_prefix("File recursively imports itself: ") {
        return cycle_of(context, cycle).into();
    }
    if message == "File not found." {
        return Verdict::Follows;
    }
    Verdict::Unknown
}

/// Does something with the imports of the file that have a name.
fn import_of(context: &Context<'_>, name: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let found = imports(&context.view);
    let named = found.iter().filter(|import| import.name == name);
    named
        .map(|Import { statement, range, .. }| (range.clone(), context.lines_of(statement)))
        .collect()
}

fn not_found(context: &mut Context<'_>) -> Verdict {
    let Some(name) = quoted(context.message()).first().map(ToString::to_string) else {
        return Verdict::Unknown;
    };
    let opened = context.files.open(&name);
    // One that is there but broken has been told of by itself.
    if matches!(opened, Opened::Source | Opened::Alias(_)) {
        return Verdict::Follows;
    }
    let Some((range, lines)) = import_of(context, &name).pop() else { return Verdict::Unknown };
    if let Opened::Unreadable(path, error) = opened {
        let headline = format!("cannot read {}: {error}", path.display());
        let finding = Finding::new(codes::UNREADABLE, headline, range);
        return finding.without(lines).losing_names().into();
    }
    let finding = Finding::new(
        codes::IMPORT_NOT_FOUND,
        format!("there is no file \"{name}\" to import"),
        range.clone(),
    );
    let below = context.files.below();
    let present: Vec<&str> = below
        .iter()
        .map(|(name, _)| name.as_str())
        .chain(well_known::FILES.iter().map(|(name, _)| *name))
        .filter(|present| *present != context.name)
        .collect();
    let alike = present.iter().copied().filter(|present| is_alike(&name, present));
    let meant = same_file(&name, &present).or_else(|| similar::best(&name, alike));
    let finding = match meant {
        Some(meant) => {
            finding.replace(format!("did you mean \"{meant}\"?"), range, format!("\"{meant}\""))
        }
        None => finding.losing_names(),
    };
    let directories: Vec<String> = context
        .files
        .directories
        .iter()
        .map(|directory| format!("  {}", directory.join(&name).display()))
        .collect();
    let finding = if name.starts_with("google/protobuf/") || directories.is_empty() {
        finding
    } else {
        finding.help(format!("these were looked for:\n{}", directories.join("\n")))
    };
    finding.without(lines).into()
}

/// Whether the last parts of two names are alike. The rest of a long path would
/// make nearly everything alike.
fn is_alike(name: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let last = name.rsplit('/').next().unwrap_or(name);
        last.strip_suffix(".proto").unwrap_or(last).to_owned()
    };
    let (name, other) = (stem(name), stem(other));
    name == other || similar::best(&name, std::iter::once(other.as_str())).is_some()
}

/// The file that has the same name in another directory, if there is one only.
fn same_file<'p>(name: &str, present: &[&'p str]) -> Option<&'p str> {
    let wanted = name.replace('\\', "/");
    let wanted = wanted.trim_start_matches("./").trim_start_matches("../").trim_start_matches('/');
    let exact = present.iter().find(|present| **present == wanted);
    if exact.is_some() {
        return exact.copied();
    }
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let mut fitting =
        present.iter().filter(|present| ends(present, wanted) || ends(wanted, present));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(*first)
}

fn twice(context: &Context<'_>) -> Option<Finding> {
    let name = *quoted(context.message()).first()?;
    let found = import_of(context, name);
    let (first, _) = found.first()?;
    let (second, _) = found.get(1)?;
    let changes = found[1..].iter().map(|(_, lines)| (lines.clone(), Vec::new())).collect();
    let title = if found.len() == 2 { "remove this line" } else { "remove all but the first" };
    Some(
        Finding::new(codes::IMPORT_TWICE, format!("\"{name}\" is imported twice"), second.clone())
            .other(first.clone(), "first imported here")
            .edit(title, changes),
    )
}

fn unused(context: &Context<'_>) -> Option<Finding> {
    let name = context.message().strip_prefix("Import ")?.strip_suffix(" is unused.")?;
    let (range, lines) = import_of(context, name).pop()?;
    Some(
        Finding::new(codes::IMPORT_UNUSED, format!("nothing from \"{name}\" is used"), range)
            .warning()
            .replace("remove this line", lines, ""),
    )
}

/// `cycle` is a path of imports, `a -> b -> a`. It is told from the first file
/// of the alphabet, whichever was read first.
fn cycle_of(context: &mut Context<'_>, cycle: &str) -> Option<Finding> {
    let mut names: Vec<String> = Vec::new();
    for name in cycle.split(" -> ") {
        let known = context.files.known_name(name).to_owned();
        if names.last() != Some(&known) {
            names.push(known);
        }
    }
    // An import can lead into a cycle that it is not part of.
    let last = names.pop()?;
    let entry = names.iter().position(|name| *name == last).unwrap_or(0);
    names.drain(..entry);
    if names.is_empty() {
        names.push(last);
    }
    let own = names.iter().position(|name| *name == context.name)?;
    names.rotate_left(own);
    let mut lines = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let next = names[(at + 1) % names.len()].clone();
        let view = context.files.view(name)?;
        let found = imports(&view);
        let import = found.iter().find(|import| context.files.known_name(&import.name) == next)?;
        lines.push((name.clone(), next, import.range.clone()));
    }
    let round = |names: &[(String, String, Range<usize>)]| {
        let shown = |name: &str| context.files.shown(name).display().to_string();
        let mut round: Vec<String> = names.iter().map(|(name, ..)| shown(name)).collect();
        round.extend(round.first().cloned());
        round.join(" → ")
    };
    let (_, _, range) = lines.first()?.clone();
    let statement = context.text().token_at(range.start);
    let without = context
        .view
        .outline
        .around(statement)
        .first()
        .map_or(range.clone(), |statement| context.range_of(statement));
    let headline = if lines.len() == 1 {
        "the file imports itself".to_owned()
    } else {
        let mut sorted = lines.clone();
        let first = (0..sorted.len()).min_by_key(|at| sorted[*at].0.clone()).unwrap_or(0);
        sorted.rotate_left(first);
        format!("files import each other: {}", round(&sorted))
    };
    let mut finding = Finding::new(codes::IMPORT_CYCLE, headline, range);
    if lines.len() == 1 {
        let lines =
            import_of(context, context.name).pop().map_or(without.clone(), |(_, lines)| lines);
        return Some(finding.replace("remove this line", lines, ""));
    }
    // A long way round is told by its ends.
    let most = 8;
    for (name, next, range) in lines.iter().skip(1).take(most) {
        let text = format!("and this imports {next}");
        finding = finding.elsewhere(name, range.clone(), text);
    }
    Some(finding.help("move what they share to a file of its own").without(without).losing_names())
}
