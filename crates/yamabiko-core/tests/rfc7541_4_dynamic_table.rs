//! RFC 7541 §4: what enters the dynamic table, what it counts, and what it evicts.
mod hpack_support;

use hpack_support::{MAX_STRING, decode, decoder, table};
use yamabiko_core::field::{Field, FieldKind};
use yamabiko_core::hpack::{DecodeError, Decoder, Encoder, Indexing};

/// A literal with incremental indexing, its name and value not Huffman-coded.
fn remembered(name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![0x40, name.len() as u8];
    block.extend_from_slice(name.as_bytes());
    block.push(value.len() as u8);
    block.extend_from_slice(value.as_bytes());
    block
}

#[test]
fn an_entry_counts_its_octets_and_32() {
    let mut decoder = decoder();
    assert_eq!(decode(&mut decoder, &remembered("name", "value")).1, Ok(()));
    assert_eq!(decoder.table_size(), 4 + 5 + 32);
}

#[test]
fn the_oldest_entries_make_room() {
    let mut decoder = Decoder::new(2 * 34, MAX_STRING);
    for name in ["a", "b", "c"] {
        assert_eq!(decode(&mut decoder, &remembered(name, "1")).1, Ok(()));
    }
    assert_eq!(table(&decoder), ["c: 1", "b: 1"]);
}

#[test]
fn an_entry_larger_than_the_table_empties_it_and_is_still_a_field() {
    let mut decoder = Decoder::new(40, MAX_STRING);
    assert_eq!(decode(&mut decoder, &remembered("a", "1")).1, Ok(()));
    let (fields, result) = decode(&mut decoder, &remembered("a", "123456789"));
    assert_eq!((fields, result), (vec!["a: 123456789".to_owned()], Ok(())));
    assert_eq!(table(&decoder), [""; 0]);
    assert_eq!(decoder.table_size(), 0);
}

#[test]
fn a_name_may_come_from_the_entry_that_it_evicts() {
    let mut decoder = Decoder::new(40, MAX_STRING);
    assert_eq!(decode(&mut decoder, &remembered("abc", "1")).1, Ok(()));
    // Literal with incremental indexing, name of entry 62.
    let (fields, result) = decode(&mut decoder, &[0x7e, 0x02, b'2', b'3']);
    assert_eq!((fields, result), (vec!["abc: 23".to_owned()], Ok(())));
    assert_eq!(table(&decoder), ["abc: 23"]);
}

#[test]
fn the_same_field_twice_is_two_entries() {
    let mut decoder = decoder();
    let block = [remembered("a", "1"), remembered("a", "1")].concat();
    assert_eq!(decode(&mut decoder, &block).1, Ok(()));
    assert_eq!(table(&decoder), ["a: 1", "a: 1"]);
}

#[test]
fn an_index_of_no_entry_is_an_error() {
    for block in [&[0x80][..], &[0xbe], &[0xff, 0x00], &[0x7e, 0x00], &[0x0f, 0x2f, 0x00]] {
        let (fields, result) = decode(&mut decoder(), block);
        assert_eq!((fields, result), (vec![], Err(DecodeError::InvalidIndex)), "{block:02x?}");
    }
}

#[test]
fn the_last_static_entry_is_61() {
    assert_eq!(decode(&mut decoder(), &[0x81]).0, [":authority: "]);
    assert_eq!(decode(&mut decoder(), &[0xbd]).0, ["www-authenticate: "]);
}

#[test]
fn an_indexed_field_keeps_the_kind_of_its_entry() {
    let mut decoder = decoder();
    let block =
        [remembered("grpc-status", "0"), remembered("te", "gzip"), remembered("Up", "1")].concat();
    let mut kinds = Vec::new();
    assert_eq!(decoder.decode(&block, |field| kinds.push(field.kind)), Ok(()));
    assert_eq!(decoder.decode(&[0xc0, 0xbf, 0xbe], |field| kinds.push(field.kind)), Ok(()));
    let expected = [FieldKind::GrpcStatus, FieldKind::ConnectionSpecific, FieldKind::Malformed];
    assert_eq!(kinds, [expected, expected].concat());
}

#[test]
fn a_name_from_the_table_with_another_value_is_classified_anew() {
    let mut decoder = decoder();
    let block = [
        remembered("te", "gzip"),
        [&[0x0f, 0x2f, 8][..], b"trailers"].concat(),
        remembered("x", "\0bad"),
        [&[0x0f, 0x2f, 4][..], b"good"].concat(),
        [&[0x0f, 0x2f, 4][..], b"bad\n"].concat(),
    ]
    .concat();
    let mut kinds = Vec::new();
    assert_eq!(decoder.decode(&block, |field| kinds.push(field.kind)), Ok(()));
    assert_eq!(
        kinds,
        [
            FieldKind::ConnectionSpecific,
            FieldKind::Te,
            FieldKind::Malformed,
            FieldKind::Metadata,
            FieldKind::Malformed,
        ]
    );
}

#[test]
fn a_remembered_field_is_one_octet_the_second_time() {
    let mut encoder = Encoder::new();
    let mut block = Vec::new();
    for _ in 0..2 {
        block.clear();
        encoder.encode(b"content-type", b"application/grpc", Indexing::Remember, &mut block);
    }
    assert_eq!(block, [0xbe]);
}

#[test]
fn a_field_that_is_shared_with_the_encoder_is_the_same_as_its_octets() {
    let field = Field::new(b"content-type", b"application/grpc");
    let mut encoder = Encoder::new();
    let mut first = Vec::new();
    encoder.encode_field(&field, Indexing::Remember, &mut first);
    let mut again = Vec::new();
    encoder.encode_field(&field.clone(), Indexing::Remember, &mut again);
    encoder.encode_field(&Field::new(field.name(), field.value()), Indexing::Remember, &mut again);
    encoder.encode(field.name(), field.value(), Indexing::Remember, &mut again);
    assert_eq!(again, [0xbe; 3]);

    let mut expected = Vec::new();
    Encoder::new().encode(field.name(), field.value(), Indexing::Remember, &mut expected);
    assert_eq!(first, expected);
}

#[test]
fn a_remembered_name_enters_once_for_all_values() {
    let mut encoder = Encoder::new();
    let mut decoder = decoder();
    for value in ["1S", "2S", "3S", "2S"] {
        let mut block = Vec::new();
        encoder.encode(b"grpc-timeout", value.as_bytes(), Indexing::RememberName, &mut block);
        assert_eq!(decode(&mut decoder, &block).0, [format!("grpc-timeout: {value}")]);
        assert_eq!(table(&decoder), ["grpc-timeout: 1S"]);
    }
}

#[test]
fn the_encoder_never_evicts() {
    let mut encoder = Encoder::new();
    let mut decoder = decoder();
    for number in 0..1000 {
        let mut block = Vec::new();
        let path = format!("/package.Service/Method{number}");
        encoder.encode(b":path", path.as_bytes(), Indexing::Remember, &mut block);
        assert_eq!(decode(&mut decoder, &block), (vec![format!(":path: {path}")], Ok(())));
    }
    let mut block = Vec::new();
    encoder.encode(b":path", b"/package.Service/Method0", Indexing::Remember, &mut block);
    assert!(block.len() <= 2, "an index: {block:02x?}");
    let oldest = table(&decoder).pop();
    assert_eq!(oldest.as_deref(), Some(":path: /package.Service/Method0"));
}

#[test]
fn a_secret_is_never_indexed_even_where_a_table_has_it() {
    let mut encoder = Encoder::new();
    let mut block = Vec::new();
    encoder.encode(b"authorization", b"0", Indexing::Remember, &mut block);
    for _ in 0..2 {
        block.clear();
        encoder.encode(b"authorization", b"0", Indexing::Never, &mut block);
        // RFC 7541 §6.2.3: 0001 and the index of the name, 23.
        assert_eq!(block, [0x1f, 23 - 15, 1, b'0']);
    }
}
