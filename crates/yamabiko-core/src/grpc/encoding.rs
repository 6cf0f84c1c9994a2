//! The names of compressions (grpc `doc/compression.md`). What they do to bytes is not known here.

use std::fmt;

/// How the bytes of a message may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Encoding {
    /// `gzip`, RFC 1952
    Gzip,
    /// `deflate`, which is zlib's format: RFC 1950
    Deflate,
    /// `zstd`, RFC 8878
    Zstd,
}

impl Encoding {
    /// All of them, the ones that most peers know first.
    pub const ALL: [Encoding; 3] = [Encoding::Gzip, Encoding::Deflate, Encoding::Zstd];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::Gzip => "gzip",
            Encoding::Deflate => "deflate",
            Encoding::Zstd => "zstd",
        }
    }

    /// The one with this name on the wire.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Encoding::ALL.into_iter().find(|encoding| encoding.name().as_bytes() == name)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which compressions somebody understands, besides none at all, which everybody does.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Encodings(u8);

impl Encodings {
    /// Only `identity`, which is no compression.
    pub const NONE: Encodings = Encodings(0);

    /// With this one.
    #[must_use]
    pub const fn with(self, encoding: Encoding) -> Self {
        Encodings(self.0 | 1 << encoding as u8)
    }

    /// Whether this one is understood.
    #[inline]
    pub const fn contains(self, encoding: Encoding) -> bool {
        self.0 & (1 << encoding as u8) != 0
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Encoding> {
        Encoding::ALL.into_iter().filter(move |encoding| self.contains(*encoding))
    }

    /// Reads `grpc-accept-encoding`: names between commas, of which unknown ones do not matter.
    pub fn parse(value: &[u8]) -> Self {
        let names = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        names.filter_map(Encoding::from_name).fold(Encodings::NONE, Encodings::with)
    }
}

/// As in `grpc-accept-encoding`.
impl fmt::Display for Encodings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("identity")?;
        self.iter().try_for_each(|encoding| write!(f, ",{encoding}"))
    }
}

impl fmt::Debug for Encodings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
