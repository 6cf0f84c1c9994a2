//! A zip archive of files that are stored as they are, the same bytes for the
//! same files.

use std::collections::BTreeMap;

/// The first day that the format knows: archives do not say when they were made.
const DATE: u16 = 1 << 5 | 1;

/// An archive of `files`, text by name; `None` if they are more than one can hold.
pub(super) fn zip(files: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in files {
        let offset = size(archive.len())?;
        let common = entry(name, text)?;
        archive.extend(0x0403_4b50_u32.to_le_bytes());
        archive.extend(&common);
        archive.extend(name.as_bytes());
        archive.extend(text.as_bytes());

        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(10_u16.to_le_bytes());
        directory.extend(&common);
        // No comment, the first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let offset = size(archive.len())?;
    let count = u16::try_from(files.len()).ok()?;
    archive.extend(&directory);
    archive.extend(0x0605_4b50_u32.to_le_bytes());
    archive.extend([0; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(size(directory.len())?.to_le_bytes());
    archive.extend(offset.to_le_bytes());
    archive.extend([0; 2]);
    Some(archive)
}

/// What the two headers of a file have in common.
fn entry(name: &str, text: &str) -> Option<Vec<u8>> {
    let length = size(text.len())?;
    let mut entry = Vec::new();
    // Version 1.0, no flags, stored, midnight.
    for number in [10, 0, 0, 0, DATE] {
        entry.extend(number.to_le_bytes());
    }
    entry.extend(crc32(text.as_bytes()).to_le_bytes());
    entry.extend(length.to_le_bytes());
    entry.extend(length.to_le_bytes());
    let name = u16::try_from(name.len()).ok()?;
    entry.extend(name.to_le_bytes());
    entry.extend([0; 2]);
    Some(entry)
}

fn size(length: usize) -> Option<u32> {
    u32::try_from(length).ok()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_format() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }
}
