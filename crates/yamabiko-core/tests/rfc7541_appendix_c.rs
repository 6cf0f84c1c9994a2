//! The examples of RFC 7541 appendix C: decoded, with the dynamic table after each block; and
//! encoded where the example chooses as our encoder does: Huffman-coded, nothing evicted.
//!
//! C.1.3, an integer with a prefix of eight bits, does not occur in HPACK.
mod hpack_support;

use hpack_support::{MAX_STRING, decode, decoder, hex, table};
use yamabiko_core::hpack::{Decoder, Encoder, Indexing};

struct Example {
    block: &'static str,
    fields: &'static [&'static str],
    /// The dynamic table after the block, the newest first.
    table: &'static [&'static str],
    table_size: usize,
}

fn check(decoder: &mut Decoder, examples: &[Example]) {
    for example in examples {
        let (fields, result) = decode(decoder, &hex(example.block));
        assert_eq!(result, Ok(()), "{}", example.block);
        assert_eq!(fields, example.fields);
        assert_eq!(table(decoder), example.table);
        assert_eq!(decoder.table_size(), example.table_size);
    }
}

fn check_encoded(encoder: &mut Encoder, example: &Example) {
    let mut block = Vec::new();
    encoder.begin(&mut block);
    for field in example.fields {
        let (name, value) = field[1..].split_once(": ").expect("`name: value`");
        let name = &field[..=name.len()];
        encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Remember, &mut block);
    }
    assert_eq!(block, hex(example.block), "{}", example.block);
}

#[test]
fn c_1_integers() {
    // The prefix of a table size update has five bits.
    for (size, block) in [(10, "2a"), (1337, "3f9a0a")] {
        let mut encoder = Encoder::new();
        encoder.set_max_table_size(size);
        let mut encoded = Vec::new();
        encoder.begin(&mut encoded);
        assert_eq!(encoded, hex(block));
        assert_eq!(decode(&mut decoder(), &encoded), (vec![], Ok(())));
    }
}

#[test]
fn c_2_1_literal_with_indexing() {
    check(
        &mut decoder(),
        &[Example {
            block: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
            fields: &["custom-key: custom-header"],
            table: &["custom-key: custom-header"],
            table_size: 55,
        }],
    );
}

#[test]
fn c_2_2_literal_without_indexing() {
    check(
        &mut decoder(),
        &[Example {
            block: "040c 2f73 616d 706c 652f 7061 7468",
            fields: &[":path: /sample/path"],
            table: &[],
            table_size: 0,
        }],
    );
}

#[test]
fn c_2_3_literal_never_indexed() {
    check(
        &mut decoder(),
        &[Example {
            block: "1008 7061 7373 776f 7264 0673 6563 7265 74",
            fields: &["password: secret"],
            table: &[],
            table_size: 0,
        }],
    );
}

#[test]
fn c_2_4_indexed() {
    let example = Example { block: "82", fields: &[":method: GET"], table: &[], table_size: 0 };
    check_encoded(&mut Encoder::new(), &example);
    check(&mut decoder(), &[example]);
}

/// C.3 and C.4 are the same requests in other octets.
fn requests(blocks: [&'static str; 3]) -> [Example; 3] {
    let [first, second, third] = blocks;
    [
        Example {
            block: first,
            fields: &[":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
            table: &[":authority: www.example.com"],
            table_size: 57,
        },
        Example {
            block: second,
            fields: &[
                ":method: GET",
                ":scheme: http",
                ":path: /",
                ":authority: www.example.com",
                "cache-control: no-cache",
            ],
            table: &["cache-control: no-cache", ":authority: www.example.com"],
            table_size: 110,
        },
        Example {
            block: third,
            fields: &[
                ":method: GET",
                ":scheme: https",
                ":path: /index.html",
                ":authority: www.example.com",
                "custom-key: custom-value",
            ],
            table: &[
                "custom-key: custom-value",
                "cache-control: no-cache",
                ":authority: www.example.com",
            ],
            table_size: 164,
        },
    ]
}

#[test]
fn c_3_requests_without_huffman() {
    let examples = requests([
        "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
        "8286 84be 5808 6e6f 2d63 6163 6865",
        "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ]);
    check(&mut decoder(), &examples);
}

#[test]
fn c_4_requests_with_huffman() {
    let examples = requests([
        "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
        "8286 84be 5886 a8eb 1064 9cbf",
        "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ]);
    check(&mut decoder(), &examples);
    let mut encoder = Encoder::new();
    for example in &examples {
        check_encoded(&mut encoder, example);
    }
}

/// C.5 and C.6 are the same responses in other octets, with a table of 256 octets.
fn responses(blocks: [&'static str; 3]) -> [Example; 3] {
    let [first, second, third] = blocks;
    [
        Example {
            block: first,
            fields: &[
                ":status: 302",
                "cache-control: private",
                "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "location: https://www.example.com",
            ],
            table: &[
                "location: https://www.example.com",
                "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "cache-control: private",
                ":status: 302",
            ],
            table_size: 222,
        },
        Example {
            block: second,
            fields: &[
                ":status: 307",
                "cache-control: private",
                "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "location: https://www.example.com",
            ],
            table: &[
                ":status: 307",
                "location: https://www.example.com",
                "date: Mon, 21 Oct 2013 20:13:21 GMT",
                "cache-control: private",
            ],
            table_size: 222,
        },
        Example {
            block: third,
            fields: &[
                ":status: 200",
                "cache-control: private",
                "date: Mon, 21 Oct 2013 20:13:22 GMT",
                "location: https://www.example.com",
                "content-encoding: gzip",
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ],
            table: &[
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
                "content-encoding: gzip",
                "date: Mon, 21 Oct 2013 20:13:22 GMT",
            ],
            table_size: 215,
        },
    ]
}

#[test]
fn c_5_responses_without_huffman() {
    let examples = responses([
        "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
         2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
         6c65 2e63 6f6d",
        "4803 3330 37c1 c0bf",
        "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
         54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
         5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
         3d31",
    ]);
    check(&mut Decoder::new(256, MAX_STRING), &examples);
}

#[test]
fn c_6_responses_with_huffman() {
    let examples = responses([
        "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
         2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
        "4883 640e ffc1 c0bf",
        "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
         77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
         9587 3160 65c0 03ed 4ee5 b106 3d50 07",
    ]);
    check(&mut Decoder::new(256, MAX_STRING), &examples);

    let mut encoder = Encoder::new();
    encoder.set_max_table_size(256);
    encoder.begin(&mut Vec::new());
    check_encoded(&mut encoder, &examples[0]);
}
