//! The dynamic table (RFC 7541 §2.3.2 and §4): the newest entry is the first, the oldest ones leave
//! when the size exceeds the maximum.
use std::collections::VecDeque;

use crate::field::{Field, FieldRef};

/// A dynamic table. It takes memory with its first entry.
#[derive(Debug)]
pub(super) struct DynamicTable {
    /// Newest first.
    entries: VecDeque<Field>,
    size: usize,
    max_size: usize,
    changes: u64,
}

impl DynamicTable {
    pub(super) fn new(max_size: usize) -> DynamicTable {
        DynamicTable { entries: VecDeque::new(), size: 0, max_size, changes: 0 }
    }

    /// The entry at `position`, the newest having 0.
    #[inline]
    pub(super) fn entry_at(&self, position: usize) -> Option<&Field> {
        self.entries.get(position)
    }

    /// The entries, newest first.
    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = &Field> {
        self.entries.iter()
    }

    /// The position of the entry `name: value`.
    #[inline]
    pub(super) fn find(&self, name: &[u8], value: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.is(name, value))
    }

    /// The position of the entry that shares its octets with `field`.
    #[inline]
    pub(super) fn find_shared(&self, field: &Field) -> Option<usize> {
        self.entries.iter().position(|entry| entry.shares_octets_with(field))
    }

    /// The position of the newest entry with this name.
    pub(super) fn find_name(&self, name: &[u8]) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name() == name)
    }

    /// The sum of the entries' sizes (RFC 7541 §4.1).
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// How often the entries or their maximum have changed.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn max_size(&self) -> usize {
        self.max_size
    }

    /// RFC 7541 §4.3: evicts what no longer fits.
    pub(super) fn set_max_size(&mut self, max_size: usize) {
        self.max_size = max_size;
        self.changes += 1;
        self.evict_to(max_size);
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
    }

    /// Whether the field `name: value` can enter without an eviction.
    pub(super) fn has_room_for(&self, name: &[u8], value: &[u8]) -> bool {
        FieldRef::size_of(name, value) <= self.max_size - self.size
    }

    /// RFC 7541 §4.4: evicts what must make room; an entry that is larger than the table empties it.
    pub(super) fn insert(&mut self, entry: Field) {
        let size = entry.size();
        self.changes += 1;
        if size > self.max_size {
            self.clear();
        } else {
            self.evict_to(self.max_size - size);
            self.size += size;
            self.entries.push_front(entry);
        }
    }

    pub(super) fn clear(&mut self) {
        self.changes += 1;
        self.evict_to(0);
    }

    fn evict_to(&mut self, size: usize) {
        while self.size > size
            && let Some(entry) = self.entries.pop_back()
        {
            self.size -= entry.size();
        }
    }
}
