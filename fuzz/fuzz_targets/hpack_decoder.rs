//! Any bytes are header blocks or an error, and the table stays within its limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yamabiko_core::hpack::Decoder;

const MAX_STRING: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let Some((&limit, bytes)) = bytes.split_first() else { return };
    let limit = usize::from(limit) * 16;
    let mut decoder = Decoder::new(limit, MAX_STRING);
    // The first byte of each piece says how long it is: a block.
    let mut rest = bytes;
    while let Some((&length, after)) = rest.split_first() {
        let (block, after) = after.split_at(after.len().min(usize::from(length)));
        let decoded = decoder.decode(block, |field| {
            assert!(field.name.len() <= MAX_STRING && field.value.len() <= MAX_STRING);
            assert_eq!(field.to_field().value(), field.value);
        });
        assert!(decoder.table_size() <= limit);
        if decoded.is_err() {
            return;
        }
        rest = after;
    }
});
