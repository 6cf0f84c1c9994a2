//! Names that do not exist: types, imports and options.

use super::{Finding, Mark, Scene, similar};

/// The types that are part of the language.
pub(crate) const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// What other languages call them.
pub(crate) const FOREIGN: [(&str, &str); 22] = [
    ("int", "`int32` or `int64`"),
    ("integer", "`int32` or `int64`"),
    ("short", "`int32`"),
    ("long", "`int64`"),
    ("int8", "`int32`"),
    ("int16", "`int32`"),
    ("i32", "`int32`"),
    ("i64", "`int64`"),
    ("uint", "`uint32` or `uint64`"),
    ("u32", "`uint32`"),
    ("u64", "`uint64`"),
    ("float32", "`float`"),
    ("float64", "`double`"),
    ("f32", "`float`"),
    ("f64", "`double`"),
    ("boolean", "`bool`"),
    ("str", "`string`"),
    ("char", "`string`"),
    ("byte", "`bytes`, or `uint32` for a single one"),
    ("date", "`google.protobuf.Timestamp`"),
    ("datetime", "`google.protobuf.Timestamp`"),
    ("object", "`google.protobuf.Struct`"),
];

/// The files that come with protobuf, and what is in them.
pub(crate) const WELL_KNOWN: [(&str, &[&str]); 9] = [
    ("any", &["Any"]),
    ("descriptor", &["FileDescriptorProto", "MethodOptions", "FieldOptions", "MessageOptions"]),
    ("duration", &["Duration"]),
    ("empty", &["Empty"]),
    ("field_mask", &["FieldMask"]),
    ("source_context", &["SourceContext"]),
    ("struct", &["Struct", "Value", "ListValue", "NullValue"]),
    ("timestamp", &["Timestamp"]),
    (
        "wrappers",
        &[
            "DoubleValue",
            "FloatValue",
            "Int64Value",
            "UInt64Value",
            "Int32Value",
            "UInt32Value",
            "BoolValue",
            "StringValue",
            "BytesValue",
        ],
    ),
];

/// The options that people set.
const OPTIONS: [&str; 18] = [
    "java_package",
    "java_outer_classname",
    "java_multiple_files",
    "go_package",
    "csharp_namespace",
    "objc_class_prefix",
    "php_namespace",
    "ruby_package",
    "swift_prefix",
    "optimize_for",
    "cc_enable_arenas",
    "deprecated",
    "packed",
    "json_name",
    "default",
    "allow_alias",
    "idempotency_level",
    "lazy",
];

pub(super) fn improve(scene: &Scene<'_>) -> Option<Finding> {
    let name = *scene.quoted().first()?;
    let mark = scene.mark()?;
    let here = Mark::new(mark.offset, mark.length, "");
    if scene.message.starts_with("name ") && scene.message.ends_with("is not defined") {
        return Some(unknown_type(name, scene, here));
    }
    if scene.message.starts_with("import ") && scene.message.ends_with("not found") {
        return Some(unknown_import(name, scene, here));
    }
    if scene.message.starts_with("import ") {
        return Some(Finding::new(format!("\"{name}\" is imported twice"), here));
    }
    if scene.message.starts_with("option field") {
        let finding = Finding::new(format!("there is no option `{name}`"), here);
        return Some(match similar::best(name, OPTIONS.into_iter()) {
            Some(option) => finding.help(format!("did you mean `{option}`?")),
            None => finding,
        });
    }
    None
}

fn unknown_type(name: &str, scene: &Scene<'_>, here: Mark) -> Finding {
    let (before, _) = scene.around();
    let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default();
    if SCALARS.contains(&name) && statement.contains("rpc") {
        return Finding::new(format!("a method takes and returns messages, not `{name}`"), here)
            .help(format!("put it into one: `message … {{ {name} value = 1; }}`"));
    }
    let finding = Finding::new(format!("there is no type `{name}`"), here);
    if let Some(file) = well_known(name) {
        let mut finding = finding;
        finding.message = format!("`{name}` is defined in a file that is not imported");
        return finding.help(format!("add `import \"{file}\";`"));
    }
    let declared = declared(scene);
    let simple = name.rsplit('.').next().unwrap_or(name);
    if let Some((package, file)) = declared
        .iter()
        .find_map(|(declared, package, file)| (*declared == simple).then_some((package, file)))
    {
        let full = format!("{package}.{simple}");
        return if name.trim_start_matches('.') == full {
            finding.help(format!("add `import \"{file}\";`, which defines it"))
        } else {
            finding.help(format!("{file} defines `{full}`; write it in full"))
        };
    }
    let lower = name.to_lowercase();
    if let Some((_, meant)) = FOREIGN.iter().find(|(foreign, _)| *foreign == lower) {
        return finding.help(format!("did you mean {meant}?"));
    }
    let candidates = SCALARS.into_iter().chain(declared.iter().map(|(name, ..)| *name));
    match similar::best(name, candidates) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding,
    }
}

/// The file that defines a name of `google.protobuf`, written with the package.
pub(crate) fn well_known(name: &str) -> Option<String> {
    let simple = name.trim_start_matches('.').strip_prefix("google.protobuf.")?;
    let (file, _) = WELL_KNOWN.iter().find(|(_, names)| names.contains(&simple))?;
    Some(format!("google/protobuf/{file}.proto"))
}

/// The messages and enums of the files that were read, each with its package
/// and its file.
fn declared<'a>(scene: &Scene<'a>) -> Vec<(&'a str, &'a str, &'a str)> {
    let mut declared = Vec::new();
    for (file, text) in scene.sources.texts() {
        let words: Vec<&str> = text
            .split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '.')))
            .filter(|word| !word.is_empty())
            .collect();
        let after = |keyword: &'a str| {
            words.windows(2).filter(move |pair| pair[0] == keyword).map(|pair| pair[1])
        };
        let package = after("package").next().unwrap_or_default();
        declared.extend(after("message").chain(after("enum")).map(|name| (name, package, file)));
    }
    declared
}

fn unknown_import(name: &str, scene: &Scene<'_>, mut here: Mark) -> Finding {
    // The front end marks the statement; the mistake is in the string.
    if let Some(quote) = scene.marked(&here).find(['"', '\'']) {
        here = Mark::new(here.offset + quote, name.len() + 2, "");
    }
    let finding = Finding::new(format!("no file \"{name}\" to import"), here);
    let directories = scene.sources.directories();
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let mut present: Vec<String> =
        WELL_KNOWN.iter().map(|(file, _)| format!("google/protobuf/{file}.proto")).collect();
    for directory in directories {
        let entries = std::fs::read_dir(directory.join(folder)).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        present.extend(
            names
                .filter(|name| name.ends_with(".proto"))
                .map(|file| if folder.is_empty() { file } else { format!("{folder}/{file}") }),
        );
    }
    let finding = match similar::best(name, present.iter().map(String::as_str)) {
        Some(meant) => finding.help(format!("did you mean \"{meant}\"?")),
        None => finding,
    };
    if well_known_folder(folder) {
        return finding;
    }
    let searched: Vec<String> = directories
        .iter()
        .map(|directory| format!("  {}", directory.join(folder).join(file).display()))
        .collect();
    finding.help(format!("these were looked for:\n{}", searched.join("\n")))
}

fn well_known_folder(folder: &str) -> bool {
    folder == "google/protobuf"
}
