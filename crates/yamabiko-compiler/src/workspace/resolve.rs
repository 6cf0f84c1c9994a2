//! Names looked up as protobuf does: from the inside out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::document::{Definition, Document, Reference};
use super::{Kind, Workspace};

impl Workspace {
    /// The full name that a reference stands for, if something has it.
    pub(super) fn full_name(&self, reference: &Reference) -> Option<String> {
        if let Some(name) = reference.written.strip_prefix('.') {
            return self.definitions.contains_key(name).then(|| name.to_owned());
        }
        let mut scope = reference.scope.as_str();
        loop {
            let name = match scope {
                "" => reference.written.clone(),
                scope => format!("{scope}.{}", reference.written),
            };
            let is_type =
                |kind: &Kind| matches!(kind, Kind::Message | Kind::Enum | Kind::Extension);
            let found = self.definitions.get(&name);
            if found.is_some_and(|places| places.iter().any(|(_, kind)| is_type(kind))) {
                return Some(name);
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// Where a name is defined, as a file sees it: in a file that it imports,
    /// or else in any.
    pub(super) fn defined(&self, from: &Path, full_name: &str) -> Option<(&Path, &Definition)> {
        let places = self.definitions.get(full_name)?;
        let visible = self.visible(from);
        let (path, _) = places.iter().find(|(path, _)| visible.contains(path)).or(places.first())?;
        let document = self.documents.get(path)?;
        let definition = document.definitions.iter().find(|one| one.full_name == full_name)?;
        Some((path, definition))
    }

    /// The files whose definitions a file may use: its own, what it imports,
    /// and what those import publicly.
    pub(super) fn visible(&self, file: &Path) -> BTreeSet<PathBuf> {
        let mut seen = BTreeSet::from([file.to_owned()]);
        let Some(document) = self.documents.get(file) else { return seen };
        let mut todo: Vec<&str> = document.imports.iter().map(|one| one.name.as_str()).collect();
        while let Some(name) = todo.pop() {
            let Some(path) = self.imported(name) else { continue };
            if let (true, Some(document)) = (seen.insert(path.clone()), self.documents.get(&path)) {
                let public = document.imports.iter().filter(|import| import.is_public);
                todo.extend(public.map(|import| import.name.as_str()));
            }
        }
        seen
    }

    /// The file that an import means.
    pub(super) fn imported(&self, name: &str) -> Option<PathBuf> {
        let below = |root: &PathBuf| {
            let path = root.join(name);
            self.documents.contains_key(&path).then_some(path)
        };
        let built_in = PathBuf::from(super::BUILT_IN).join(name);
        let built_in = self.documents.contains_key(&built_in).then_some(built_in);
        self.roots.iter().find_map(below).or(built_in)
    }

    /// What imports call a file.
    pub(super) fn import_name(&self, file: &Path) -> Option<String> {
        let built_in = Path::new(super::BUILT_IN);
        let mut roots = self.roots.iter().map(PathBuf::as_path).chain([built_in]);
        let name = roots.find_map(|root| file.strip_prefix(root).ok())?;
        Some(name.to_string_lossy().replace('\\', "/"))
    }

    /// The full name of what stands at a place, whether it is defined there or
    /// used.
    pub(super) fn named_at(&self, document: &Document, offset: usize) -> Option<String> {
        match document.reference_at(offset) {
            Some(reference) => self.full_name(reference),
            None => document.name_at(offset).map(|definition| definition.full_name.clone()),
        }
    }
}

/// The shortest way to write a full name within a scope: without what both
/// start with.
pub(super) fn shortest<'n>(full_name: &'n str, scope: &str) -> &'n str {
    let mut rest = full_name;
    let mut scope = scope;
    while let Some((part, inner)) = rest.split_once('.') {
        let (outer, deeper) = scope.split_once('.').unwrap_or((scope, ""));
        if part != outer || outer.is_empty() {
            break;
        }
        rest = inner;
        scope = deeper;
    }
    rest
}
