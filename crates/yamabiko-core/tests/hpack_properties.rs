//! HPACK under random fields, blocks, table sizes and cuts.
mod hpack_support;

use hpack_support::{MAX_STRING, decode, decoder};
use proptest::collection::vec;
use proptest::prelude::*;
use yamabiko_core::hpack::{DEFAULT_TABLE_SIZE, DecodeError, Decoder, Encoder, Indexing};

type OwnedField = (Vec<u8>, Vec<u8>, Indexing);

fn indexing() -> impl Strategy<Value = Indexing> {
    prop_oneof![
        Just(Indexing::Remember),
        Just(Indexing::RememberName),
        Just(Indexing::Plain),
        Just(Indexing::Never),
    ]
}

/// Names and values that come again, some of them in the static table, and some of any octets.
fn field() -> impl Strategy<Value = OwnedField> {
    let name = prop_oneof![
        4 => "(:path|:status|:method|te|content-type|grpc-status|date|x-[a-d])".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..40),
    ];
    let value = prop_oneof![
        4 => "(|200|GET|/|trailers|application/grpc|[a-c]{1,3})".prop_map(String::into_bytes),
        2 => "[ -~]{0,60}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..300),
    ];
    (name, value, indexing())
}

/// A block, before which the table sizes are set one after the other.
fn block() -> impl Strategy<Value = (Vec<usize>, Vec<OwnedField>)> {
    let size = prop_oneof![Just(0), 0..300usize, 0..6000usize];
    (prop_oneof![3 => vec(size.clone(), 0..1), 1 => vec(size, 1..4)], vec(field(), 0..12))
}

fn encode(encoder: &mut Encoder, fields: &[OwnedField]) -> Vec<u8> {
    let mut block = Vec::new();
    encoder.begin(&mut block);
    for (name, value, indexing) in fields {
        encoder.encode(name, value, *indexing, &mut block);
    }
    block
}

fn text(fields: &[OwnedField]) -> Vec<String> {
    let line = |(name, value, _): &OwnedField| {
        format!("{}: {}", name.escape_ascii(), value.escape_ascii())
    };
    fields.iter().map(line).collect()
}

fn check_table(decoder: &Decoder, limit: usize) {
    let size: usize = decoder.table().map(|field| field.size()).sum();
    assert_eq!(decoder.table_size(), size);
    assert!(size <= limit, "{size} octets in a table of {limit}");
}

proptest! {
    #[test]
    fn what_is_encoded_comes_back(blocks in vec(block(), 1..12)) {
        let mut encoder = Encoder::new();
        let mut decoder = decoder();
        let mut limit = DEFAULT_TABLE_SIZE;
        for (sizes, fields) in blocks {
            for size in sizes {
                encoder.set_max_table_size(size);
                decoder.set_max_table_size(size);
                limit = size;
            }
            let encoded = encode(&mut encoder, &fields);
            let (decoded, result) = decode(&mut decoder, &encoded);
            prop_assert_eq!(result, Ok(()));
            prop_assert_eq!(decoded, text(&fields));
            check_table(&decoder, limit.min(DEFAULT_TABLE_SIZE));
        }
    }

    #[test]
    fn a_cut_block_is_an_error_or_the_fields_before_the_cut(fields in vec(field(), 0..12)) {
        let block = encode(&mut Encoder::new(), &fields);
        let fields = text(&fields);
        for cut in 0..block.len() {
            let (decoded, result) = decode(&mut decoder(), &block[..cut]);
            prop_assert!(matches!(result, Ok(()) | Err(DecodeError::Unfinished)), "{:?}", result);
            prop_assert!(decoded.len() < fields.len());
            prop_assert_eq!(&decoded, &fields[..decoded.len()]);
        }
    }

    #[test]
    fn random_octets_stay_within_the_limits(
        blocks in vec(vec(any::<u8>(), 0..200), 1..10),
        table_size in 0..1000usize,
        max_string in 0..100usize,
    ) {
        let mut decoder = Decoder::new(table_size, max_string);
        for block in blocks {
            let result = decoder.decode(&block, |field| {
                assert!(field.name.len() <= max_string.max("access-control-allow-origin".len()));
                assert!(field.value.len() <= max_string.max("gzip, deflate".len()));
            });
            check_table(&decoder, table_size);
            if result.is_err() {
                break;
            }
        }
    }

    #[test]
    fn a_changed_octet_never_panics(
        fields in vec(field(), 1..12),
        position in any::<prop::sample::Index>(),
        octet in any::<u8>(),
    ) {
        let mut block = encode(&mut Encoder::new(), &fields);
        let position = position.index(block.len());
        block[position] = octet;
        let mut decoder = Decoder::new(DEFAULT_TABLE_SIZE, MAX_STRING);
        let _ = decode(&mut decoder, &block);
        check_table(&decoder, DEFAULT_TABLE_SIZE);
    }
}
