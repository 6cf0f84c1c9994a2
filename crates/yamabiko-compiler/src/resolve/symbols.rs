//! Full names and what they name.

use std::collections::HashMap;

use super::pool::{
    EnumId, FieldId, FileId, MessageId, MethodId, OneofId, Pool, ServiceId, ValueId,
};

/// What a full name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbol {
    /// A package, or a prefix of one, with the first file that is in it.
    Package(FileId),
    Message(MessageId),
    Field(FieldId),
    Oneof(OneofId),
    Enum(EnumId),
    Value(ValueId),
    Service(ServiceId),
    Method(MethodId),
}

impl Symbol {
    /// Whether other symbols can be inside it.
    pub(super) fn is_aggregate(self) -> bool {
        matches!(self, Self::Package(_) | Self::Message(_) | Self::Enum(_) | Self::Service(_))
    }

    /// Whether a field can be of it.
    pub(super) fn is_type(self) -> bool {
        matches!(self, Self::Message(_) | Self::Enum(_))
    }

    /// Where it is defined.
    pub(super) fn file(self, pool: &Pool) -> FileId {
        match self {
            Self::Package(file) => file,
            Self::Message(id) => pool[id].file,
            Self::Field(id) => pool[id].file,
            Self::Oneof(id) => pool[pool[id].message].file,
            Self::Enum(id) => pool[id].file,
            Self::Value(id) => pool[pool[id].owner].file,
            Self::Service(id) => pool[id].file,
            Self::Method(id) => pool[pool[id].service].file,
        }
    }
}

/// The symbols of a pool by full name.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    all: HashMap<String, Symbol>,
    /// The names that the file being linked has added.
    added: Vec<String>,
}

impl Symbols {
    pub(super) fn begin(&mut self) {
        self.added.clear();
    }

    pub(super) fn roll_back(&mut self) {
        for name in self.added.drain(..) {
            self.all.remove(&name);
        }
    }

    /// What a full name names.
    pub(super) fn find(&self, name: &str) -> Option<Symbol> {
        self.all.get(name).copied()
    }

    /// Adds a symbol; gives the one that has the name already.
    pub(super) fn add(&mut self, name: &str, symbol: Symbol) -> Result<(), Symbol> {
        if let Some(other) = self.find(name) {
            return Err(other);
        }
        self.all.insert(name.to_owned(), symbol);
        self.added.push(name.to_owned());
        Ok(())
    }

    /// All symbols, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.all.iter().map(|(name, symbol)| (name.as_str(), *symbol))
    }
}
