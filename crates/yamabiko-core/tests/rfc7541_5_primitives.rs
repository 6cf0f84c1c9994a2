//! RFC 7541 §5: integers and strings, and the ways in which they can be wrong.
mod hpack_support;

use hpack_support::{decode, decoder};
use yamabiko_core::hpack::{DEFAULT_TABLE_SIZE, DecodeError, Decoder};

fn error_of(block: &[u8]) -> Option<DecodeError> {
    decode(&mut decoder(), block).1.err()
}

/// `a: <string>` as a literal without indexing; `string` begins with its length.
fn with_value(string: &[u8]) -> Vec<u8> {
    [&[0x00, 0x01, b'a'], string].concat()
}

#[test]
fn an_integer_may_be_as_large_as_32_bits_hold() {
    // 127 + (2^32 - 1 - 127): an index, and no entry has it.
    assert_eq!(error_of(&[0xff, 0x80, 0xff, 0xff, 0xff, 0x0f]), Some(DecodeError::InvalidIndex));
    assert_eq!(error_of(&[0xff, 0x81, 0xff, 0xff, 0xff, 0x0f]), Some(DecodeError::IntegerOverflow));
    assert_eq!(error_of(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), Some(DecodeError::IntegerOverflow));
}

#[test]
fn an_integer_has_at_most_six_octets() {
    let zeros = [0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
    assert_eq!(error_of(&zeros), Some(DecodeError::IntegerOverflow));
    // Five octets of zeros are needless and still 127.
    assert_eq!(error_of(&[0xff, 0x80, 0x80, 0x80, 0x80, 0x00]), Some(DecodeError::InvalidIndex));
    let endless = [0xff; 1000];
    assert_eq!(error_of(&endless), Some(DecodeError::IntegerOverflow));
}

#[test]
fn an_integer_that_fills_its_prefix_has_a_further_octet() {
    let mut decoder = decoder();
    // The length 127 is the prefix of seven ones and a zero.
    let block = [&[0x00, 0x7f, 0x00][..], &[b'n'; 127], &[0x00]].concat();
    assert_eq!(decode(&mut decoder, &block).0, [format!("{}: ", "n".repeat(127))]);
}

#[test]
fn an_unfinished_block_is_an_error() {
    let unfinished: [&[u8]; 10] = [
        &[0xff],
        &[0xff, 0x80],
        &[0x40],
        &[0x40, 0x01],
        &[0x40, 0x01, b'a'],
        &[0x40, 0x01, b'a', 0x02],
        &[0x40, 0x01, b'a', 0x02, b'b'],
        &[0x41],
        &[0x40, 0x7f],
        &[0x3f],
    ];
    for block in unfinished {
        assert_eq!(error_of(block), Some(DecodeError::Unfinished), "{block:02x?}");
    }
}

#[test]
fn padding_is_at_most_seven_ones() {
    // `0` is 00000, so 00000111 is `0` and three bits of padding.
    assert_eq!(decode(&mut decoder(), &with_value(&[0x81, 0b0000_0111])).0, ["a: 0"]);
    // `&` is 11111000, eight bits: no padding.
    assert_eq!(decode(&mut decoder(), &with_value(&[0x81, 0b1111_1000])).0, ["a: &"]);
    // `:` is 1011100, seven bits: one bit of padding.
    assert_eq!(decode(&mut decoder(), &with_value(&[0x81, 0b1011_1001])).0, ["a: :"]);
    // 0 and eleven ones; no symbol and eight ones; and 16.
    for string in [&[0x82, 0b0000_0111, 0xff][..], &[0x81, 0xff], &[0x82, 0xff, 0xff]] {
        assert_eq!(error_of(&with_value(string)), Some(DecodeError::HuffmanPadding));
    }
}

#[test]
fn padding_with_a_zero_is_an_error() {
    for octet in [0b0000_0000, 0b0000_0110, 0b0000_0101, 0b0000_0011, 0b1011_1000] {
        let string = [0x81, octet];
        assert_eq!(
            error_of(&with_value(&string)),
            Some(DecodeError::HuffmanPadding),
            "{octet:08b}"
        );
    }
}

#[test]
fn an_empty_huffman_string_is_empty() {
    assert_eq!(decode(&mut decoder(), &with_value(&[0x80])).0, ["a: "]);
}

#[test]
fn the_end_of_string_symbol_is_an_error_wherever_it_is() {
    let strings: [&[u8]; 4] = [
        &[0x84, 0xff, 0xff, 0xff, 0xff],
        &[0x84, 0xff, 0xff, 0xff, 0xfc],
        &[0x85, 0x07, 0xff, 0xff, 0xff, 0xff],
        &[0x8a, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x07],
    ];
    for string in strings {
        assert_eq!(error_of(&with_value(string)), Some(DecodeError::HuffmanEndOfString));
    }
}

#[test]
fn an_unfinished_symbol_is_an_error() {
    // The first 24 of the 30 bits of LF.
    assert_eq!(error_of(&with_value(&[0x83, 0xff, 0xff, 0xff])), Some(DecodeError::HuffmanPadding));
}

#[test]
fn a_string_longer_than_the_limit_is_an_error() {
    let mut decoder = Decoder::new(DEFAULT_TABLE_SIZE, 3);
    assert_eq!(decode(&mut decoder, &with_value(&[0x03, b'1', b'2', b'3'])).0, ["a: 123"]);
    // Three zeros, Huffman-coded, and a bit of padding.
    assert_eq!(decode(&mut decoder, &with_value(&[0x82, 0, 0x01])).0, ["a: 000"]);
    let too_long: [&[u8]; 2] = [&[0x04, b'1', b'2', b'3', b'4'], &[0x83, 0, 0, 0x0f]];
    for string in too_long {
        let (fields, result) = decode(&mut decoder, &with_value(string));
        assert_eq!((fields, result), (vec![], Err(DecodeError::StringTooLong)));
    }
    let name = [0x40, 0x04, b'n', b'a', b'm', b'e', 0x00];
    assert_eq!(decode(&mut decoder, &name).1, Err(DecodeError::StringTooLong));
}

#[test]
fn the_fields_before_an_error_have_been_given() {
    let (fields, result) = decode(&mut decoder(), &[0x82, 0x84, 0x80]);
    assert_eq!(fields, [":method: GET", ":path: /"]);
    assert_eq!(result, Err(DecodeError::InvalidIndex));
}
