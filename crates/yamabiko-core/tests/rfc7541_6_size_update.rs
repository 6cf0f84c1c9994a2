//! RFC 7541 §4.2 and §6.3, RFC 9113 §4.3.1: changes of the table size.
mod hpack_support;

use hpack_support::{decode, decoder, hex, table};
use yamabiko_core::hpack::{DecodeError, Encoder, Indexing};

const A_IS_1: [u8; 5] = [0x40, 0x01, b'a', 0x01, b'1'];

#[test]
fn a_smaller_size_evicts() {
    let mut decoder = decoder();
    assert_eq!(decode(&mut decoder, &A_IS_1).1, Ok(()));
    assert_eq!(decode(&mut decoder, &[0x20 | 30]), (vec![], Ok(())));
    assert_eq!(table(&decoder), [""; 0]);
}

#[test]
fn a_size_above_the_limit_is_an_error() {
    // 4096 and 4097.
    assert_eq!(decode(&mut decoder(), &hex("3fe11f")).1, Ok(()));
    assert_eq!(decode(&mut decoder(), &hex("3fe21f")).1, Err(DecodeError::SizeUpdateTooLarge));
}

#[test]
fn a_raised_limit_may_be_used() {
    let mut decoder = decoder();
    decoder.set_max_table_size(8192);
    assert_eq!(decode(&mut decoder, &hex("3fe13f")).1, Ok(()));
    assert_eq!(decode(&mut decoder, &hex("3fe23f")).1, Err(DecodeError::SizeUpdateTooLarge));
}

#[test]
fn two_updates_may_begin_a_block() {
    let mut decoder = decoder();
    assert_eq!(decode(&mut decoder, &A_IS_1).1, Ok(()));
    assert_eq!(decode(&mut decoder, &hex("20 3fe11f 82")).0, [":method: GET"]);
    assert_eq!(table(&decoder), [""; 0]);
    assert_eq!(decode(&mut decoder, &A_IS_1).1, Ok(()));
    assert_eq!(table(&decoder), ["a: 1"]);
}

#[test]
fn an_update_after_a_field_is_an_error() {
    let (fields, result) = decode(&mut decoder(), &[0x82, 0x20]);
    assert_eq!(fields, [":method: GET"]);
    assert_eq!(result, Err(DecodeError::SizeUpdateMisplaced));
}

#[test]
fn an_update_is_due_when_the_limit_falls() {
    let mut decoder = decoder();
    decoder.set_max_table_size(100);
    assert_eq!(decode(&mut decoder, &[0x82]).1, Err(DecodeError::SizeUpdateMissing));
    assert_eq!(decode(&mut decoder, &[]).1, Err(DecodeError::SizeUpdateMissing));
    assert_eq!(decode(&mut decoder, &[0x20, 0x82]).1, Ok(()));
    assert_eq!(decode(&mut decoder, &[0x82]).1, Ok(()));
}

#[test]
fn no_update_is_due_when_the_table_was_smaller_already() {
    let mut decoder = decoder();
    assert_eq!(decode(&mut decoder, &[0x20]).1, Ok(()));
    decoder.set_max_table_size(100);
    assert_eq!(decode(&mut decoder, &[0x82]).1, Ok(()));
}

#[test]
fn the_smallest_of_several_limits_must_be_told() {
    let mut decoder = decoder();
    decoder.set_max_table_size(10);
    decoder.set_max_table_size(4096);
    assert_eq!(decode(&mut decoder, &hex("3fe11f")).1, Err(DecodeError::SizeUpdateTooLarge));

    decoder = hpack_support::decoder();
    decoder.set_max_table_size(10);
    decoder.set_max_table_size(4096);
    assert_eq!(decode(&mut decoder, &hex("2a 3fe11f 82")).1, Ok(()));
}

#[test]
fn the_encoder_tells_a_change_once() {
    let mut encoder = Encoder::new();
    encoder.set_max_table_size(0);
    let mut block = Vec::new();
    encoder.begin(&mut block);
    assert_eq!(block, [0x20]);
    encoder.begin(&mut block);
    assert_eq!(block, [0x20]);
}

#[test]
fn the_encoder_tells_the_smallest_and_the_last_size() {
    let mut encoder = Encoder::new();
    for size in [100, 10, 50] {
        encoder.set_max_table_size(size);
    }
    let mut block = Vec::new();
    encoder.begin(&mut block);
    assert_eq!(block, hex("2a 3f13"));
}

#[test]
fn the_encoder_never_uses_more_than_the_default() {
    let mut encoder = Encoder::new();
    encoder.set_max_table_size(1 << 20);
    let mut block = Vec::new();
    encoder.begin(&mut block);
    assert_eq!(block, []);
}

#[test]
fn the_encoder_forgets_what_a_smaller_table_cannot_hold() {
    let mut encoder = Encoder::new();
    let mut block = Vec::new();
    encoder.encode(b"a", b"1", Indexing::Remember, &mut block);
    encoder.set_max_table_size(0);
    encoder.set_max_table_size(4096);
    for _ in 0..2 {
        block.clear();
        encoder.begin(&mut block);
        encoder.encode(b"a", b"1", Indexing::Remember, &mut block);
    }
    // It is entry 62 again: remembered anew after the change.
    assert_eq!(block, [0xbe]);
}

#[test]
fn an_encoder_without_a_table_sends_literals() {
    let mut encoder = Encoder::new();
    let mut decoder = decoder();
    encoder.set_max_table_size(0);
    decoder.set_max_table_size(0);
    for _ in 0..2 {
        let mut block = Vec::new();
        encoder.begin(&mut block);
        encoder.encode(b"a", b"1", Indexing::Remember, &mut block);
        assert_eq!(decode(&mut decoder, &block), (vec!["a: 1".to_owned()], Ok(())));
    }
}
