//! The languages that a file can be written in.

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `proto2`, also for files that do not say.
    Proto2,
    /// `proto3`.
    Proto3,
    /// What the edition says.
    Editions(Edition),
}

/// An edition, whether supported or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edition {
    /// Its number in descriptors; later editions have greater ones.
    pub(super) number: i32,
    /// Its name, as files give it.
    pub(super) name: &'static str,
}

/// Every value of `google.protobuf.Edition` that a file can name. Which ones
/// are supported is not the parser's business.
const EDITIONS: [Edition; 11] = [
    Edition { name: "LEGACY", number: 900 },
    Edition { name: "2023", number: 1000 },
    Edition { name: "2024", number: 1001 },
    Edition { name: "2026", number: 1002 },
    Edition { name: "UNSTABLE", number: UNSTABLE },
    Edition { name: "1_TEST_ONLY", number: 1 },
    Edition { name: "2_TEST_ONLY", number: 2 },
    Edition { name: "99997_TEST_ONLY", number: 99997 },
    Edition { name: "99998_TEST_ONLY", number: 99998 },
    Edition { name: "99999_TEST_ONLY", number: 99999 },
    Edition { name: "MAX", number: i32::MAX },
];

const EDITION_2023: i32 = 1000;
const EDITION_2024: i32 = 1001;
const UNSTABLE: i32 = 9999;

impl Edition {
    pub(super) fn named(name: &str) -> Option<Self> {
        EDITIONS.into_iter().find(|edition| edition.name == name)
    }
}

impl Syntax {
    pub(super) fn is_editions(self) -> bool {
        matches!(self, Self::Editions(_))
    }

    /// The number of the file's edition; 0 if it has none.
    pub(super) fn edition_number(self) -> i32 {
        match self {
            Self::Editions(edition) => edition.number,
            Self::Proto2 | Self::Proto3 => 0,
        }
    }

    /// Whether fields need a label.
    pub(super) fn requires_labels(self) -> bool {
        self == Self::Proto2
    }

    /// Whether there are `import option` and no `import weak`.
    pub(super) fn has_option_imports(self) -> bool {
        self.edition_number() >= EDITION_2024
    }

    /// Whether `export` and `local` are keywords.
    pub(super) fn has_visibility(self) -> bool {
        self.edition_number() > EDITION_2023
    }

    /// Whether the types of integers have the names of the edition to come.
    pub(super) fn has_new_integer_types(self) -> bool {
        self.edition_number() == UNSTABLE
    }
}
