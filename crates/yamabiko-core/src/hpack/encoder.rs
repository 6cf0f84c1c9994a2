//! Fields in, header block out. The encoder keeps what it is told to remember and never evicts it:
//! a table that holds a service's few constant fields is worth more than one that follows every
//! changing value, and a full table costs nothing but literals.
use super::dynamic_table::DynamicTable;
use super::{DEFAULT_TABLE_SIZE, huffman, integer, representation as bits, static_table};
use crate::field::Field;

/// What the tables may do with a field.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Indexing {
    /// Insert the field unless that evicts an entry: later uses are one octet. For fields that come
    /// again on this connection.
    Remember,
    /// Insert the field if no table has its name, unless that evicts an entry: later uses have the
    /// name in an octet or two. For fields that come with every call, each time with another value.
    RememberName,
    /// A literal that enters no table (RFC 7541 §6.2.2). For fields that differ from call to call.
    Plain,
    /// A literal that enters no table here or at any intermediary (RFC 7541 §6.2.3). For secrets:
    /// see [`field::is_sensitive`](crate::field::is_sensitive).
    Never,
}

/// The encoder of one direction of a connection.
#[derive(Debug)]
pub struct Encoder {
    table: DynamicTable,
    /// The smallest maximum since the last block, where a change is to be told.
    untold_minimum: Option<usize>,
}

impl Encoder {
    /// An encoder with a table of the default size, which allocates nothing yet.
    pub fn new() -> Encoder {
        Encoder { table: DynamicTable::new(DEFAULT_TABLE_SIZE), untold_minimum: None }
    }

    /// Follows the peer's SETTINGS_HEADER_TABLE_SIZE. It must be called between two blocks; the
    /// next one tells the change. More than [`DEFAULT_TABLE_SIZE`] is never used.
    pub fn set_max_table_size(&mut self, max_table_size: usize) {
        let max_size = max_table_size.min(DEFAULT_TABLE_SIZE);
        if max_size != self.table.max_size() {
            self.table.set_max_size(max_size);
            let minimum = self.untold_minimum.map_or(max_size, |minimum| minimum.min(max_size));
            self.untold_minimum = Some(minimum);
        }
    }

    /// The state of the table, another one after each change. None while a change of its size is
    /// to be told, which the next block does.
    #[inline]
    pub fn state(&self) -> Option<u64> {
        self.untold_minimum.is_none().then(|| self.table.changes())
    }

    /// The octet that says this field for as long as [`state`](Encoder::state) is the same, if the
    /// table has it and one octet can say where.
    pub fn octet_of(&self, field: &Field) -> Option<u8> {
        let index = self.table.find(field.name(), field.value()).map(index_of_position)?;
        let index = u8::try_from(index).ok().filter(|index| *index < bits::INDEXED - 1)?;
        Some(bits::INDEXED | index)
    }

    /// Starts a header block: tells changes of the table size (RFC 7541 §4.2).
    #[inline]
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        if let Some(minimum) = self.untold_minimum.take() {
            self.write_size_updates(minimum, out);
        }
    }

    /// Appends one field to the block. The name is taken as it is: HTTP/2 wants it in lower case.
    #[inline]
    pub fn encode(&mut self, name: &[u8], value: &[u8], indexing: Indexing, out: &mut Vec<u8>) {
        if indexing != Indexing::Never
            && let Some(index) = self.find(name, value)
        {
            integer::encode(index, bits::INDEXED_PREFIX, bits::INDEXED, out);
        } else {
            self.encode_literal(name, value, indexing, out, || Field::new(name, value));
        }
    }

    /// Appends one field to the block, as [`encode`](Encoder::encode) does. It is found without a
    /// look at its octets when it, or what it was cloned from, was remembered by this method.
    #[inline]
    pub fn encode_field(&mut self, field: &Field, indexing: Indexing, out: &mut Vec<u8>) {
        if indexing != Indexing::Never
            && let Some(index) = self
                .table
                .find_shared(field)
                .map(index_of_position)
                .or_else(|| self.find(field.name(), field.value()))
        {
            integer::encode(index, bits::INDEXED_PREFIX, bits::INDEXED, out);
        } else {
            self.encode_literal(field.name(), field.value(), indexing, out, || field.clone());
        }
    }

    /// Appends the field at `index` of the static table, from 1 to 61 (RFC 7541 appendix A).
    #[inline]
    pub fn encode_static(&mut self, index: u8, out: &mut Vec<u8>) {
        out.push(Encoder::static_octet(index));
    }

    /// The octet of the field at `index` of the static table.
    #[inline]
    pub fn static_octet(index: u8) -> u8 {
        debug_assert!((1..=61).contains(&index), "an entry of the static table");
        bits::INDEXED | index
    }

    #[inline]
    fn find(&self, name: &[u8], value: &[u8]) -> Option<usize> {
        // The static table has values for little but pseudo-header fields.
        if let Some(b':') = name.first()
            && let Some(index) = static_table::find(name, value)
        {
            return Some(index);
        }
        match self.table.find(name, value) {
            Some(position) => Some(index_of_position(position)),
            None => static_table::find(name, value),
        }
    }

    fn find_name(&self, name: &[u8]) -> Option<usize> {
        static_table::find_name(name).or_else(|| self.table.find_name(name).map(index_of_position))
    }

    #[inline(never)]
    fn encode_literal(
        &mut self,
        name: &[u8],
        value: &[u8],
        indexing: Indexing,
        out: &mut Vec<u8>,
        field: impl FnOnce() -> Field,
    ) {
        let index = self.find_name(name);
        let remember = match indexing {
            Indexing::Remember => true,
            Indexing::RememberName => index.is_none(),
            Indexing::Plain | Indexing::Never => false,
        };
        let (prefix, pattern) = if remember && self.table.has_room_for(name, value) {
            self.table.insert(field());
            (bits::LITERAL_REMEMBERED_PREFIX, bits::LITERAL_REMEMBERED)
        } else if indexing == Indexing::Never {
            (bits::LITERAL_PREFIX, bits::LITERAL_NEVER_INDEXED)
        } else {
            (bits::LITERAL_PREFIX, bits::LITERAL_PLAIN)
        };
        integer::encode(index.unwrap_or(0), prefix, pattern, out);
        if index.is_none() {
            encode_string(name, out);
        }
        encode_string(value, out);
    }

    #[cold]
    fn write_size_updates(&self, minimum: usize, out: &mut Vec<u8>) {
        if minimum < self.table.max_size() {
            integer::encode(minimum, bits::SIZE_UPDATE_PREFIX, bits::SIZE_UPDATE, out);
        }
        let max_size = self.table.max_size();
        integer::encode(max_size, bits::SIZE_UPDATE_PREFIX, bits::SIZE_UPDATE, out);
    }
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder::new()
    }
}

/// RFC 7541 §2.3.3: the dynamic table's entries come after the static ones.
fn index_of_position(position: usize) -> usize {
    static_table::LENGTH + 1 + position
}

/// RFC 7541 §5.2: a string literal, Huffman-coded when that is shorter.
fn encode_string(string: &[u8], out: &mut Vec<u8>) {
    let huffman_length = huffman::encoded_length(string);
    if huffman_length < string.len() {
        integer::encode(huffman_length, bits::STRING_PREFIX, bits::HUFFMAN, out);
        huffman::encode(string, out);
    } else {
        integer::encode(string.len(), bits::STRING_PREFIX, 0, out);
        out.extend_from_slice(string);
    }
}
