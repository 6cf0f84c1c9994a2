//! HPACK, the compression of header fields (RFC 7541).
//!
//! A [`Decoder`] turns header blocks into fields, an [`Encoder`] fields into header blocks; each
//! keeps the dynamic table of its direction, which takes memory only once something is in it.
//! Both share the representations below:
//!
//! | file | is |
//! |---|---|
//! | `integer` | integers with a prefix (§5.1) |
//! | `huffman`, `huffman_table` | the Huffman code (§5.2, appendix B) |
//! | `static_table` | the fields that every peer knows (appendix A) |
//! | `dynamic_table` | the fields that this direction has learned (§2.3.2, §4) |
mod decoder;
mod dynamic_table;
mod encoder;
mod huffman;
mod huffman_table;
mod integer;
mod static_table;

pub use decoder::{DecodeError, Decoder};
pub use encoder::{Encoder, Indexing};

/// The size in octets of a dynamic table until a peer says otherwise (RFC 9113 §6.5.2).
pub const DEFAULT_TABLE_SIZE: usize = 4096;

/// The four representations of a field and the size update, by their first octet (RFC 7541 §6).
mod representation {
    pub(super) const INDEXED: u8 = 0x80;
    pub(super) const INDEXED_PREFIX: u32 = 7;
    pub(super) const LITERAL_REMEMBERED: u8 = 0x40;
    pub(super) const LITERAL_REMEMBERED_PREFIX: u32 = 6;
    pub(super) const SIZE_UPDATE: u8 = 0x20;
    pub(super) const SIZE_UPDATE_PREFIX: u32 = 5;
    pub(super) const LITERAL_NEVER_INDEXED: u8 = 0x10;
    pub(super) const LITERAL_PLAIN: u8 = 0x00;
    pub(super) const LITERAL_PREFIX: u32 = 4;
    /// RFC 7541 §5.2: the H bit of a string literal.
    pub(super) const HUFFMAN: u8 = 0x80;
    pub(super) const STRING_PREFIX: u32 = 7;
}
