//! What a name means where it stands: the innermost scope is searched first,
//! and only what is imported is seen.

use super::builder::Builder;
use super::pool::{FileId, Pool};
use super::symbols::Symbol;
use crate::check;
use crate::hints::{lookup, similar};
use crate::parse::Part;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seek {
    /// Anything of that name.
    Anything,
    /// Messages and enums; the search goes on past other symbols.
    Types,
}

impl Builder<'_> {
    /// Adds a file and what it imports publicly to the files that are seen.
    pub(super) fn see(&mut self, file: FileId, for_options: bool) {
        let mut todo = vec![file];
        while let Some(file) = todo.pop() {
            let seen =
                if for_options { &mut self.option_dependencies } else { &mut self.dependencies };
            if seen.insert(file) {
                todo.extend(&self.pool[file].public);
            }
        }
    }

    /// What a full name names, imported or not. What is found in an import
    /// counts as a use of it.
    pub(super) fn find_anywhere(&mut self, name: &str) -> Option<Symbol> {
        let symbol = self.pool.symbols.find(name)?;
        if !matches!(symbol, Symbol::Package(_)) {
            let file = symbol.file(self.pool);
            self.unused.retain(|unused| *unused != file);
        }
        Some(symbol)
    }

    /// What a full name names, if the file may see it.
    pub(super) fn find(&mut self, name: &str) -> Option<Symbol> {
        let symbol = self.find_anywhere(name)?;
        let file = symbol.file(self.pool);
        if file == self.file
            || self.dependencies.contains(&file)
            || (self.option_dependencies.contains(&file) && matches!(symbol, Symbol::Field(_)))
        {
            return Some(symbol);
        }
        // Other files may be in the same package as the first one that was
        // seen to be in it.
        if matches!(symbol, Symbol::Package(_)) {
            let mut files = self.dependencies.iter().chain(&self.option_dependencies);
            if is_in_package(self.pool, self.file, name)
                || files.any(|file| is_in_package(self.pool, *file, name))
            {
                return Some(symbol);
            }
        }
        self.undeclared = Some((file, name.to_owned()));
        None
    }

    /// What a name means inside the element `scope`.
    pub(super) fn look_up(&mut self, name: &str, scope: &str, seek: Seek) -> Option<Symbol> {
        self.undeclared = None;
        self.undefined.clear();
        if let Some(full) = name.strip_prefix('.') {
            return self.find(full);
        }
        let first = name.split('.').next().unwrap_or(name);
        let mut scope = scope.to_owned();
        // Of `a.b.c` the `a` is looked for; only inside the innermost one,
        // `b.c` is.
        while let Some(dot) = scope.rfind('.') {
            scope.truncate(dot);
            let length = scope.len();
            scope.push('.');
            scope.push_str(first);
            if let Some(symbol) = self.find(&scope) {
                if first.len() == name.len() {
                    if seek == Seek::Anything || symbol.is_type() {
                        return Some(symbol);
                    }
                } else if symbol.is_aggregate() {
                    scope.push_str(&name[first.len()..]);
                    let found = self.find(&scope);
                    if found.is_none() {
                        self.undefined = scope;
                    }
                    return found;
                }
            }
            scope.truncate(length);
        }
        self.find(name)
    }

    /// Reports that the last lookup, for `name`, found nothing.
    pub(super) fn not_defined(&mut self, part: Part, name: &str) {
        let undeclared = self.undeclared.clone();
        if let Some((file, symbol)) = &undeclared {
            let defined_in = self.pool[*file].name.clone();
            let message = format!(
                "\"{symbol}\" seems to be defined in \"{defined_in}\", which is not imported by \
                 \"{}\".  To use it here, please add the necessary import.",
                self.name
            );
            let hint = format!("add `import \"{defined_in}\";`");
            self.error_with_hint(part, message, Some(hint));
        }
        if !self.undefined.is_empty() {
            let message = format!(
                "\"{name}\" is resolved to \"{}\", which is not defined. The innermost scope is \
                 searched first in name resolution. Consider using a leading '.'(i.e., \
                 \".{name}\") to start from the outermost scope.",
                self.undefined
            );
            let hint = self.meant(name);
            self.error_with_hint(part, message, hint);
        } else if undeclared.is_none() {
            let hint = self.meant(name);
            self.error_with_hint(part, format!("\"{name}\" is not defined."), hint);
        }
    }

    /// What the author of an unknown name probably meant.
    fn meant(&self, name: &str) -> Option<String> {
        if let Some(hint) = check::meant_type(name) {
            return Some(hint);
        }
        if !check::may_guess(self.problems) {
            return None;
        }
        let wanted = name.rsplit('.').next().unwrap_or(name);
        let visible: Vec<(&str, &str)> = self
            .pool
            .symbols
            .iter()
            .filter(|(_, symbol)| symbol.is_type())
            .filter(|(_, symbol)| {
                let file = symbol.file(self.pool);
                file == self.file || self.dependencies.contains(&file)
            })
            .map(|(full, _)| (full.rsplit('.').next().unwrap_or(full), full))
            .collect();
        let package = &self.pool[self.file].package;
        let simplest = |full: &str| {
            let inside =
                full.strip_prefix(package.as_str()).and_then(|rest| rest.strip_prefix('.'));
            inside.filter(|_| !package.is_empty()).unwrap_or(full).to_owned()
        };
        let mut same: Vec<&str> =
            visible.iter().filter(|(simple, _)| *simple == wanted).map(|(_, full)| *full).collect();
        same.sort_unstable();
        if let Some(full) = same.first() {
            if *full == name {
                return Some(format!(
                    "write `.{full}`, which is looked up from the outermost scope"
                ));
            }
            return Some(format!("`{full}` is defined; write it in full"));
        }
        let candidates = visible.iter().map(|(simple, _)| *simple).chain(lookup::SCALARS);
        let best = similar::best(wanted, candidates)?;
        let mut full: Vec<&str> =
            visible.iter().filter(|(simple, _)| *simple == best).map(|(_, full)| *full).collect();
        full.sort_unstable();
        let meant = full.first().map_or_else(|| best.to_owned(), |full| simplest(full));
        Some(format!("did you mean `{meant}`?"))
    }
}

fn is_in_package(pool: &Pool, file: FileId, package: &str) -> bool {
    match pool[file].package.strip_prefix(package) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

/// Whether a name consists of identifiers with dots between them.
pub(crate) fn is_qualified_name(name: &str) -> bool {
    !name.is_empty()
        && !name.ends_with('.')
        && !name.contains("..")
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}
