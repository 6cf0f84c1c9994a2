//! Header block in, fields out.
use std::fmt;

use super::dynamic_table::DynamicTable;
use super::{huffman, integer, representation as bits, static_table};
use crate::field::{Field, FieldKind, FieldRef};

/// Why a header block cannot be decoded. The tables of the two ends no longer agree then: each is
/// a connection error COMPRESSION_ERROR (RFC 9113 §4.3).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// The block ends within a field (RFC 7541 §5).
    Unfinished,
    /// An integer above 2³²−1, or one that is written with needless octets (RFC 7541 §5.1).
    IntegerOverflow,
    /// An index of no entry (RFC 7541 §2.3.3, §6.1).
    InvalidIndex,
    /// Padding of a Huffman-coded string that is longer than 7 bits or not all ones
    /// (RFC 7541 §5.2).
    HuffmanPadding,
    /// The end-of-string symbol within a Huffman-coded string (RFC 7541 §5.2).
    HuffmanEndOfString,
    /// A name or a value that is longer than our limit.
    StringTooLong,
    /// A table size above the limit that we have set (RFC 7541 §6.3).
    SizeUpdateTooLarge,
    /// A table size update after a field (RFC 7541 §4.2).
    SizeUpdateMisplaced,
    /// No table size update after we have lowered the limit (RFC 9113 §4.3.1).
    SizeUpdateMissing,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            DecodeError::Unfinished => "the header block ends within a field",
            DecodeError::IntegerOverflow => "an integer in the header block is too large",
            DecodeError::InvalidIndex => "the header block names an entry that no table has",
            DecodeError::HuffmanPadding => "a string in the header block is not padded by the rule",
            DecodeError::HuffmanEndOfString => "a string in the header block holds its own end",
            DecodeError::StringTooLong => "a name or value in the header block is too long",
            DecodeError::SizeUpdateTooLarge => "the table size is larger than we allow",
            DecodeError::SizeUpdateMisplaced => "the table size changes within the header block",
            DecodeError::SizeUpdateMissing => "the table size must be lowered first",
        })
    }
}

impl std::error::Error for DecodeError {}

/// The decoder of one direction of a connection.
#[derive(Debug)]
pub struct Decoder {
    table: DynamicTable,
    /// The largest table that we allow: our SETTINGS_HEADER_TABLE_SIZE.
    max_table_size: usize,
    /// The smallest limit since the last block, where it was below the table's maximum.
    size_update_due: Option<usize>,
    max_string: usize,
    /// Where Huffman-coded strings are decoded to.
    scratch: Vec<u8>,
}

impl Decoder {
    /// A decoder that allocates nothing yet. `max_table_size` is the size in octets with which both
    /// ends begin: [`DEFAULT_TABLE_SIZE`](super::DEFAULT_TABLE_SIZE) in HTTP/2, whatever our first
    /// SETTINGS say. Names and values of more than `max_string` octets are errors of the whole
    /// connection, so that should be no smaller than the limit of the header list, which the sink of
    /// [`decode`](Decoder::decode) can enforce for one stream alone.
    pub fn new(max_table_size: usize, max_string: usize) -> Decoder {
        Decoder {
            table: DynamicTable::new(max_table_size),
            max_table_size,
            size_update_due: None,
            max_string,
            scratch: Vec::new(),
        }
    }

    /// Changes the limit of the table, in octets, when the peer has acknowledged it: our
    /// SETTINGS_HEADER_TABLE_SIZE.
    pub fn set_max_table_size(&mut self, max_table_size: usize) {
        self.max_table_size = max_table_size;
        if max_table_size < self.table.max_size() {
            let due = self.size_update_due.map_or(max_table_size, |due| due.min(max_table_size));
            self.size_update_due = Some(due);
        }
    }

    /// The entries of the dynamic table, the newest first.
    pub fn table(&self) -> impl ExactSizeIterator<Item = &Field> {
        self.table.entries()
    }

    /// How often the dynamic table has changed. A block that has been decoded without a change, and
    /// comes again before one, says the same again.
    pub fn changes(&self) -> u64 {
        self.table.changes()
    }

    /// The size in octets of the dynamic table (RFC 7541 §4.1).
    pub fn table_size(&self) -> usize {
        self.table.size()
    }

    /// Decodes one complete header block and gives each of its fields to `sink`, in order. After an
    /// error the connection cannot go on; the fields before it have been given.
    ///
    /// The sink bounds the header list: it sees each field's [`FieldRef::size`], and may ignore
    /// fields above its limit while the rest of the block keeps the tables in step. What the
    /// decoder itself holds is bounded by the table size and `max_string`.
    #[inline]
    pub fn decode(
        &mut self,
        block: &[u8],
        mut sink: impl FnMut(FieldRef<'_>),
    ) -> Result<(), DecodeError> {
        let mut rest = self.decode_size_updates(block)?;
        while let Some((&first, after)) = rest.split_first() {
            rest = after;
            if first & bits::INDEXED != 0 {
                let index = integer::decode(first, bits::INDEXED_PREFIX, &mut rest)?;
                sink(self.entry_at(index)?);
            } else {
                self.decode_literal(first, &mut rest, &mut sink)?;
            }
        }
        if self.scratch.capacity() > KEPT_SCRATCH {
            self.scratch = Vec::new();
        }
        Ok(())
    }

    /// The entry of the static or the dynamic table (RFC 7541 §2.3.3).
    #[inline]
    fn entry_at(&self, index: usize) -> Result<FieldRef<'_>, DecodeError> {
        if let Some(position) = index.checked_sub(static_table::LENGTH + 1) {
            self.table.entry_at(position).map(Field::as_field_ref)
        } else {
            static_table::entry_at(index)
        }
        .ok_or(DecodeError::InvalidIndex)
    }

    /// RFC 7541 §4.2: the updates that begin a block.
    #[inline]
    fn decode_size_updates<'a>(&mut self, block: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        match block.first() {
            Some(&first) if is_size_update(first) => self.decode_each_size_update(block),
            _ if self.size_update_due.is_some() => Err(DecodeError::SizeUpdateMissing),
            _ => Ok(block),
        }
    }

    #[cold]
    fn decode_each_size_update<'a>(&mut self, block: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        let mut rest = block;
        while let Some((&first, mut after)) = rest.split_first()
            && is_size_update(first)
        {
            let max_size = integer::decode(first, bits::SIZE_UPDATE_PREFIX, &mut after)?;
            // RFC 7541 §4.2: of several changes, the smallest must be told.
            if max_size > self.size_update_due.take().unwrap_or(self.max_table_size) {
                return Err(DecodeError::SizeUpdateTooLarge);
            }
            self.table.set_max_size(max_size);
            rest = after;
        }
        Ok(rest)
    }

    /// RFC 7541 §6.2: a literal field, which may enter the table.
    fn decode_literal(
        &mut self,
        first: u8,
        rest: &mut &[u8],
        sink: &mut impl FnMut(FieldRef<'_>),
    ) -> Result<(), DecodeError> {
        if is_size_update(first) {
            return Err(DecodeError::SizeUpdateMisplaced);
        }
        let remembered = first & bits::LITERAL_REMEMBERED != 0;
        let prefix =
            if remembered { bits::LITERAL_REMEMBERED_PREFIX } else { bits::LITERAL_PREFIX };
        let index = integer::decode(first, prefix, rest)?;

        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let name = match index {
            0 => Some(self.decode_string(rest, &mut scratch)?),
            _ => None,
        };
        let value = self.decode_string(rest, &mut scratch)?;
        let value = value.octets(&scratch);
        let field = match name {
            Some(name) => FieldRef::new(name.octets(&scratch), value),
            None => {
                let entry = self.entry_at(index)?;
                let kind = FieldKind::classify_named_by(entry.kind, entry.name, value);
                FieldRef::with_kind(kind, entry.name, value)
            }
        };
        if remembered && field.size() <= self.table.max_size() {
            let field = field.to_field();
            sink(field.as_field_ref());
            self.table.insert(field);
        } else {
            sink(field);
            if remembered {
                self.table.clear();
            }
        }
        self.scratch = scratch;
        Ok(())
    }

    /// RFC 7541 §5.2: a string literal; a Huffman-coded one is appended to `scratch`.
    fn decode_string<'a>(
        &self,
        rest: &mut &'a [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<Octets<'a>, DecodeError> {
        let (&first, after) = rest.split_first().ok_or(DecodeError::Unfinished)?;
        *rest = after;
        let length = integer::decode(first, bits::STRING_PREFIX, rest)?;
        let (octets, after) = rest.split_at_checked(length).ok_or(DecodeError::Unfinished)?;
        *rest = after;
        if first & bits::HUFFMAN != 0 {
            let start = scratch.len();
            huffman::decode(octets, self.max_string, scratch)?;
            Ok(Octets::Decoded { start, end: scratch.len() })
        } else if length > self.max_string {
            Err(DecodeError::StringTooLong)
        } else {
            Ok(Octets::Borrowed(octets))
        }
    }
}

/// The capacity in octets that the decoder keeps from one block to the next.
const KEPT_SCRATCH: usize = 1024;

/// The octets of a string literal: in the block, or decoded in the scratch buffer.
enum Octets<'a> {
    Borrowed(&'a [u8]),
    Decoded { start: usize, end: usize },
}

impl<'a> Octets<'a> {
    fn octets<'b>(&self, scratch: &'b [u8]) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            Octets::Borrowed(octets) => octets,
            Octets::Decoded { start, end } => &scratch[start..end],
        }
    }
}

#[inline]
fn is_size_update(first: u8) -> bool {
    first & 0xe0 == bits::SIZE_UPDATE
}
