//! The files of a project as an editor works on them: what is defined where,
//! what a name stands for, what may come next.
//!
//! Each file is read once and again when its text changes, also when it is
//! broken; the others are left as they are. Places are bytes.
//!
//! `document` is what one file says, `resolve` looks names up, `complete` says
//! what may be written.

mod complete;
mod document;
mod resolve;

pub use complete::{Completes, Completion};
pub use document::Kind;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};

use document::Document;

/// Where the files of protobuf itself seem to be.
const BUILT_IN: &str = "<built in>";

/// The files of a project.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The directories that imports are relative to.
    roots: Vec<PathBuf>,
    documents: BTreeMap<PathBuf, Document>,
    /// By full name: where it is defined, and as what.
    definitions: HashMap<String, Vec<(PathBuf, Kind)>>,
    /// New texts that nobody has asked about yet.
    waiting: BTreeMap<PathBuf, Vec<u8>>,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The bytes.
    pub range: (usize, usize),
}

/// Something that a file defines, with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The whole definition.
    pub range: Range<usize>,
    /// The name in it.
    pub name_range: Range<usize>,
    /// What is defined in it.
    pub children: Vec<Symbol>,
}

impl Workspace {
    /// A project whose imports are relative to these directories; it has no
    /// files yet but protobuf's own.
    pub fn new(roots: Vec<PathBuf>) -> Self {
        let mut workspace = Self { roots, ..Self::default() };
        for (name, text) in crate::well_known::FILES {
            workspace.set(&Path::new(BUILT_IN).join(name), text.as_bytes().to_vec());
        }
        workspace
    }

    /// Takes in a file, or its new text; says whether that is another one.
    pub fn set(&mut self, file: &Path, text: Vec<u8>) -> bool {
        self.waiting.remove(file);
        if self.documents.get(file).is_some_and(|document| document.text == text) {
            return false;
        }
        self.remove(file);
        let document = Document::new(text);
        for definition in &document.definitions {
            let places = self.definitions.entry(definition.full_name.clone()).or_default();
            places.push((file.to_owned(), definition.kind));
        }
        self.documents.insert(file.to_owned(), document);
        true
    }

    /// The same, but the text is read when [`Workspace::catch_up`] is called:
    /// whoever types brings many, and asks about few of them. Until then, answers
    /// are those of the old text.
    pub fn set_later(&mut self, file: &Path, text: Vec<u8>) {
        if self.documents.contains_key(file) {
            self.waiting.insert(file.to_owned(), text);
        } else {
            // Others may have been waiting for the file.
            self.set(file, text);
        }
    }

    /// Reads the texts that wait, but for the one of `spared`.
    pub fn catch_up(&mut self, spared: Option<&Path>) {
        let spared = spared.and_then(|file| self.waiting.remove_entry(file));
        for (file, text) in std::mem::take(&mut self.waiting) {
            self.set(&file, text);
        }
        self.waiting.extend(spared);
    }

    /// Forgets a file.
    pub fn remove(&mut self, file: &Path) {
        self.waiting.remove(file);
        let Some(document) = self.documents.remove(file) else { return };
        for definition in &document.definitions {
            if let Some(places) = self.definitions.get_mut(&definition.full_name) {
                places.retain(|(path, _)| path != file);
                if places.is_empty() {
                    self.definitions.remove(&definition.full_name);
                }
            }
        }
    }

    /// The text of a file.
    pub fn text(&self, file: &Path) -> Option<&[u8]> {
        self.documents.get(file).map(|document| document.text.as_slice())
    }

    /// Whether a file imports another one, at once or by way of others.
    pub fn depends_on(&self, file: &Path, other: &Path) -> bool {
        let mut seen = BTreeSet::new();
        let mut todo = vec![file.to_owned()];
        while let Some(file) = todo.pop() {
            let Some(document) = self.documents.get(&file) else { continue };
            let imports = document.imports.iter();
            for path in imports.filter_map(|import| self.imported(&import.name)) {
                if path == other {
                    return true;
                }
                if seen.insert(path.clone()) {
                    todo.push(path);
                }
            }
        }
        false
    }

    /// Where what stands at a place is defined: a type, or an imported file.
    pub fn definition(&self, file: &Path, offset: usize) -> Option<Place> {
        let document = self.documents.get(file)?;
        let is_in = |range: &Range<usize>| range.start <= offset && offset <= range.end;
        if let Some(import) = document.imports.iter().find(|import| is_in(&import.range)) {
            let file = self.imported(&import.name)?;
            return on_disk(Place { file, range: (0, 0) });
        }
        let full_name = self.named_at(document, offset)?;
        let (path, definition) = self.defined(file, &full_name)?;
        let range = (definition.name.start, definition.name.end);
        on_disk(Place { file: path.to_owned(), range })
    }

    /// What there is to say about what stands at a place, in Markdown, and the
    /// bytes that it is said about.
    pub fn hover(&self, file: &Path, offset: usize) -> Option<(Range<usize>, String)> {
        let document = self.documents.get(file)?;
        let range = match document.reference_at(offset) {
            Some(reference) => reference.range.clone(),
            None => document.name_at(offset)?.name.clone(),
        };
        let full_name = self.named_at(document, offset)?;
        let (path, definition) = self.defined(file, &full_name)?;
        let text = &self.documents.get(path)?.text[definition.range.clone()];
        let end = text.iter().position(|byte| matches!(byte, b'{' | b';')).unwrap_or(text.len());
        let head = String::from_utf8_lossy(text[..end].trim_ascii_end()).into_owned();
        let comment: Vec<&str> = definition.comment.lines().map(str::trim).collect();
        let name = self.import_name(path).unwrap_or_default();
        let mut said = format!("```protobuf\n{head}\n```\n");
        if !comment.is_empty() {
            said.push_str(&format!("\n{}\n", comment.join("\n").trim()));
        }
        said.push_str(&format!("\n`{full_name}` — {name}\n"));
        Some((range, said))
    }

    /// Everywhere that names what stands at a place, its definition included.
    pub fn references(&self, file: &Path, offset: usize) -> Vec<Place> {
        let found = self.documents.get(file).and_then(|one| self.named_at(one, offset));
        let Some(full_name) = found else { return Vec::new() };
        let short = full_name.rsplit('.').next().unwrap_or(&full_name);
        let mut places = Vec::new();
        for (path, document) in &self.documents {
            let place =
                |range: Range<usize>| Place { file: path.clone(), range: (range.start, range.end) };
            for definition in &document.definitions {
                if definition.full_name == full_name {
                    places.push(place(definition.name.clone()));
                }
            }
            for reference in &document.references {
                // Most names are others; those need not be looked up.
                let parts = reference.written.split('.').any(|part| part == short);
                if parts {
                    places.extend(self.part_named(reference, &full_name).map(place));
                }
            }
        }
        places.retain(|place| on_disk(place.clone()).is_some());
        places.sort();
        places
    }

    /// The part of a reference that names something: of `Outer.Inner`, either
    /// can be it.
    fn part_named(&self, reference: &document::Reference, full_name: &str) -> Option<Range<usize>> {
        let mut named = self.full_name(reference)?;
        let mut end = reference.range.end;
        loop {
            let last = named.rsplit('.').next().unwrap_or(&named).len();
            let start = end.checked_sub(last).filter(|start| *start >= reference.range.start)?;
            if named == full_name {
                return Some(start..end);
            }
            named.truncate(named.rfind('.')?);
            end = start.checked_sub(1)?;
        }
    }

    /// What must be changed to give another name to what stands at a place.
    ///
    /// Fields, values and extensions cannot be renamed: their names are in JSON
    /// and in options. An error says why not.
    pub fn rename(&self, file: &Path, offset: usize, name: &str) -> Result<Vec<Place>, String> {
        let document = self.documents.get(file).ok_or("the file is not known")?;
        let full_name =
            self.named_at(document, offset).ok_or("there is no name here that is known")?;
        let (path, definition) =
            self.defined(file, &full_name).ok_or("it is not known where this is defined")?;
        if path.starts_with(BUILT_IN) {
            return Err(format!("`{full_name}` is part of protobuf"));
        }
        if matches!(definition.kind, Kind::Field | Kind::Value | Kind::Extension) {
            return Err("the names of fields, values and extensions are used in JSON and in \
                        options, so they are not renamed"
                .to_owned());
        }
        let is_word = !name.is_empty() && crate::lex::is_identifier(name.as_bytes());
        if !is_word {
            return Err(format!("`{name}` is no name: use letters, digits and _"));
        }
        let scope = full_name.rsplit_once('.').map_or("", |(scope, _)| scope);
        let new = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        if self.definitions.contains_key(&new) {
            return Err(format!("there is a `{new}` already"));
        }
        Ok(self.references(file, offset))
    }

    /// What a file defines.
    pub fn symbols(&self, file: &Path) -> Vec<Symbol> {
        let Some(document) = self.documents.get(file) else { return Vec::new() };
        let mut top: Vec<Symbol> = Vec::new();
        for definition in &document.definitions {
            let name = definition.full_name.rsplit('.').next().unwrap_or_default().to_owned();
            let symbol = Symbol {
                name,
                kind: definition.kind,
                range: definition.range.clone(),
                name_range: definition.name.clone(),
                children: Vec::new(),
            };
            insert(&mut top, symbol);
        }
        top
    }
}

/// Puts a symbol into the one that it lies in.
fn insert(list: &mut Vec<Symbol>, symbol: Symbol) {
    let around = list.iter().position(|other| {
        other.range.start <= symbol.range.start && symbol.range.end <= other.range.end
    });
    match around {
        Some(index) if list[index].range != symbol.range => {
            insert(&mut list[index].children, symbol);
        }
        _ => list.push(symbol),
    }
}

/// A place that an editor can show.
fn on_disk(place: Place) -> Option<Place> {
    (!place.file.starts_with(BUILT_IN)).then_some(place)
}
