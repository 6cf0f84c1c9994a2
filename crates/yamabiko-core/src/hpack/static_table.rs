//! The static table (RFC 7541 appendix A), each entry with its kind, and the search in it.
use crate::field::{FieldKind, FieldRef};

/// The number of entries; the dynamic table begins after them (RFC 7541 §2.3.3).
pub(super) const LENGTH: usize = ENTRIES.len();

/// The entry at `index`, which counts from 1.
#[inline]
pub(super) fn entry_at(index: usize) -> Option<FieldRef<'static>> {
    ENTRIES.get(index.wrapping_sub(1)).copied()
}

/// The index of the entry `name: value`.
#[inline]
pub(super) fn find(name: &[u8], value: &[u8]) -> Option<usize> {
    with_name_length(name.len())
        .iter()
        .map(|&index| usize::from(index))
        .find(|&index| ENTRIES[index].value == value && ENTRIES[index].name == name)
        .map(|index| index + 1)
}

/// The index of the first entry with this name.
pub(super) fn find_name(name: &[u8]) -> Option<usize> {
    with_name_length(name.len())
        .iter()
        .map(|&index| usize::from(index))
        .find(|&index| ENTRIES[index].name == name)
        .map(|index| index + 1)
}

static ENTRIES: [FieldRef<'static>; 61] = [
    entry(b":authority", b""),
    entry(b":method", b"GET"),
    entry(b":method", b"POST"),
    entry(b":path", b"/"),
    entry(b":path", b"/index.html"),
    entry(b":scheme", b"http"),
    entry(b":scheme", b"https"),
    entry(b":status", b"200"),
    entry(b":status", b"204"),
    entry(b":status", b"206"),
    entry(b":status", b"304"),
    entry(b":status", b"400"),
    entry(b":status", b"404"),
    entry(b":status", b"500"),
    entry(b"accept-charset", b""),
    entry(b"accept-encoding", b"gzip, deflate"),
    entry(b"accept-language", b""),
    entry(b"accept-ranges", b""),
    entry(b"accept", b""),
    entry(b"access-control-allow-origin", b""),
    entry(b"age", b""),
    entry(b"allow", b""),
    entry(b"authorization", b""),
    entry(b"cache-control", b""),
    entry(b"content-disposition", b""),
    entry(b"content-encoding", b""),
    entry(b"content-language", b""),
    entry(b"content-length", b""),
    entry(b"content-location", b""),
    entry(b"content-range", b""),
    entry(b"content-type", b""),
    entry(b"cookie", b""),
    entry(b"date", b""),
    entry(b"etag", b""),
    entry(b"expect", b""),
    entry(b"expires", b""),
    entry(b"from", b""),
    entry(b"host", b""),
    entry(b"if-match", b""),
    entry(b"if-modified-since", b""),
    entry(b"if-none-match", b""),
    entry(b"if-range", b""),
    entry(b"if-unmodified-since", b""),
    entry(b"last-modified", b""),
    entry(b"link", b""),
    entry(b"location", b""),
    entry(b"max-forwards", b""),
    entry(b"proxy-authenticate", b""),
    entry(b"proxy-authorization", b""),
    entry(b"range", b""),
    entry(b"referer", b""),
    entry(b"refresh", b""),
    entry(b"retry-after", b""),
    entry(b"server", b""),
    entry(b"set-cookie", b""),
    entry(b"strict-transport-security", b""),
    entry(b"transfer-encoding", b""),
    entry(b"user-agent", b""),
    entry(b"vary", b""),
    entry(b"via", b""),
    entry(b"www-authenticate", b""),
];

const fn entry(name: &'static [u8], value: &'static [u8]) -> FieldRef<'static> {
    FieldRef::with_kind(FieldKind::classify(name, value), name, value)
}

/// The positions of the entries whose name has `length` octets, in order.
#[inline]
fn with_name_length(length: usize) -> &'static [u8] {
    match BY_NAME_LENGTH.starts.get(length..length + 2) {
        Some(&[start, end]) => &BY_NAME_LENGTH.positions[usize::from(start)..usize::from(end)],
        _ => &[],
    }
}

/// The entries' positions, ordered by the length of the name.
struct ByNameLength {
    positions: [u8; LENGTH],
    /// Where each length starts in `positions`; the next length's start ends it.
    starts: [u8; LONGEST_NAME + 2],
}

static BY_NAME_LENGTH: ByNameLength = by_name_length();

const LONGEST_NAME: usize = 27;

const fn by_name_length() -> ByNameLength {
    let mut table = ByNameLength { positions: [0; LENGTH], starts: [0; LONGEST_NAME + 2] };
    let mut filled = 0;
    let mut length = 0;
    while length <= LONGEST_NAME {
        table.starts[length] = filled as u8;
        let mut position = 0;
        while position < LENGTH {
            if ENTRIES[position].name.len() == length {
                table.positions[filled] = position as u8;
                filled += 1;
            }
            position += 1;
        }
        length += 1;
    }
    assert!(filled == LENGTH, "no name is longer than LONGEST_NAME");
    table.starts[length] = filled as u8;
    table
}
