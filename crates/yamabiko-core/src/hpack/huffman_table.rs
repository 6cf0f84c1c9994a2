//! The Huffman code of RFC 7541 appendix B. The code is canonical: shorter codes come first, codes
//! of one length are consecutive in the order of their symbols. So the lengths say everything, and
//! the tables below follow from them at compile time.

/// The symbol that ends a string but must not appear in one (RFC 7541 §5.2).
pub(super) const END_OF_STRING: u16 = 256;

/// The shortest and the longest code, in bits.
pub(super) const SHORTEST: u32 = 5;
pub(super) const LONGEST: u32 = 30;

/// The length in bits of each symbol's code.
#[rustfmt::skip]
pub(super) const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

/// Each symbol's code, in its low bits.
pub(super) static CODES: [u32; 257] = TABLES.codes;

/// Codes of at most this many bits are found by one look into [`SHORT`].
pub(super) const SHORT_BITS: u32 = 8;

/// By the next eight bits: the symbol in the high byte and its length in the low one, or zero where
/// the code is longer.
pub(super) static SHORT: [u16; 1 << SHORT_BITS] = TABLES.short;

/// All symbols in the order of their codes.
pub(super) static SORTED: [u16; 257] = TABLES.sorted;

/// The codes of one length, as the top bits of a 32-bit word.
#[derive(Copy, Clone)]
pub(super) struct Group {
    /// The first word that begins with a longer code; all words below it that no shorter group
    /// covers begin with a code of this length.
    pub(super) end: u64,
    /// The word that begins with the first code of this length, zero bits following.
    pub(super) first: u64,
    /// The place of the first code's symbol in [`SORTED`].
    pub(super) position: usize,
}

/// The groups by length; a length without codes has an empty group.
pub(super) static GROUPS: [Group; LONGEST as usize + 1] = TABLES.groups;

struct Tables {
    codes: [u32; 257],
    short: [u16; 1 << SHORT_BITS],
    sorted: [u16; 257],
    groups: [Group; LONGEST as usize + 1],
}

const TABLES: Tables = tables();

const fn tables() -> Tables {
    let mut tables = Tables {
        codes: [0; 257],
        short: [0; 1 << SHORT_BITS],
        sorted: [0; 257],
        groups: [Group { end: 0, first: 0, position: 0 }; LONGEST as usize + 1],
    };
    let mut position = 0;
    // The next code, as the top bits of a 32-bit word.
    let mut next = 0u64;
    let mut length = 1;
    while length <= LONGEST {
        let first = next;
        let first_position = position;
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as u32 == length {
                tables.codes[symbol] = (next >> (32 - length)) as u32;
                tables.sorted[position] = symbol as u16;
                position += 1;
                let after = next + (1 << (32 - length));
                if length <= SHORT_BITS {
                    let mut short = next >> (32 - SHORT_BITS);
                    while short < after >> (32 - SHORT_BITS) {
                        tables.short[short as usize] = (symbol as u16) << 8 | length as u16;
                        short += 1;
                    }
                }
                next = after;
            }
            symbol += 1;
        }
        tables.groups[length as usize] = Group { end: next, first, position: first_position };
        length += 1;
    }
    assert!(next == 1 << 32, "the code is complete: every word begins with one of its codes");
    tables
}
