//! A server compares a request head that comes again instead of decoding it. What it tells must be
//! what RFC 7541 says, whatever has happened to the compression state in between.
mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{Got, frame, request_fields, server};
use yamabiko_core::frame::{flag, kind};
use yamabiko_core::hpack::{Encoder, Indexing};

/// A header block by a peer with a dynamic table.
fn block(encoder: &mut Encoder, extra: &[(String, String, Indexing)]) -> Vec<u8> {
    let mut out = Vec::new();
    encoder.begin(&mut out);
    for (name, value) in request_fields("/s/m") {
        encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Remember, &mut out);
    }
    for (name, value, indexing) in extra {
        encoder.encode(name.as_bytes(), value.as_bytes(), *indexing, &mut out);
    }
    out
}

fn metadata(got: &[Got]) -> Vec<String> {
    match got {
        [Got::Call { metadata, .. }, Got::End(_)] => metadata.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_bytes_mean_something_else_when_the_table_has_changed() {
    let fields = block(&mut Encoder::new(), &[]);
    let request = |id, tail: &[u8]| {
        let block = [&fields[..], tail].concat();
        frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, id, &block)
    };
    // `fields` enters the table at each request, so what follows is plain: index 62 is the newest.
    let mut plain = Vec::new();
    for (name, value) in request_fields("/s/m") {
        Encoder::new().encode(name.as_bytes(), value.as_bytes(), Indexing::Plain, &mut plain);
    }
    let newest = |id| {
        let block = [&plain[..], &[0xbe]].concat();
        frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, id, &block)
    };
    let mut server = server();
    assert_eq!(metadata(&server.feed(&request(1, b"\x40\x01a\x011"))), ["a: 1"]);
    assert_eq!(metadata(&server.feed(&newest(3))), ["a: 1"]);
    assert_eq!(metadata(&server.feed(&newest(5))), ["a: 1"]);
    assert_eq!(metadata(&server.feed(&request(7, b"\x40\x01b\x012"))), ["b: 2"]);
    assert_eq!(metadata(&server.feed(&newest(9))), ["b: 2"], "the same octets as before");
    // A block that nobody wants changes the table too: that of a stream which is gone.
    server.answer(1, b"x");
    let late = frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, b"\x40\x01c\x013");
    assert_eq!(server.feed(&late), []);
    assert_eq!(metadata(&server.feed(&newest(11))), ["c: 3"]);
    // And a size update without any field.
    let emptied = frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, b"\x20");
    assert_eq!(server.feed(&emptied), []);
    assert!(matches!(server.feed(&newest(13))[..], [Got::Failed(_)]), "there is no entry 62");
}

#[test]
fn a_head_that_comes_again_is_judged_again() {
    let mut fields = request_fields("/s/m");
    fields.extend([("content-length", "5"), ("grpc-timeout", "1S")]);
    let mut server = server();
    let mut bytes = support::headers(1, &fields, false);
    bytes.extend(support::data(1, &[0; 5], true));
    assert_eq!(server.feed(&bytes).len(), 2);
    // The same head, but it ends the stream: five bytes are missing.
    assert_eq!(server.feed(&support::headers(3, &fields, true)), []);
    // Its deadline is counted from now.
    server.pass(std::time::Duration::from_millis(600));
    server.feed(&support::headers(5, &fields, false));
    let first = server.pass(std::time::Duration::from_millis(400));
    assert_eq!(first.iter().filter_map(Got::id).collect::<Vec<_>>(), [1]);
    let second = server.pass(std::time::Duration::from_millis(600));
    assert_eq!(second.iter().filter_map(Got::id).collect::<Vec<_>>(), [5]);
}

proptest! {
    #[test]
    fn a_head_is_what_was_encoded_whatever_came_before(
        calls in vec(
            (vec(("[ab]", "[12]", any::<bool>()), 0..3), prop::option::weighted(0.1, 0..200_usize)),
            1..40,
        ),
    ) {
        let (mut encoder, mut server) = (Encoder::new(), server());
        for (index, (extra, table)) in calls.into_iter().enumerate() {
            if let Some(size) = table {
                // A peer may use less of the table than we allow, at any time.
                encoder.set_max_table_size(size);
            }
            let id = 2 * u32::try_from(index).expect("a few calls") + 1;
            let indexing = |known| if known { Indexing::Remember } else { Indexing::Plain };
            let extra: Vec<_> = extra
                .into_iter()
                .map(|(name, value, known)| (name, value, indexing(known)))
                .collect();
            let block = block(&mut encoder, &extra);
            let flags = flag::END_HEADERS | flag::END_STREAM;
            let got = server.feed(&frame(kind::HEADERS, flags, id, &block));
            let expected: Vec<String> =
                extra.iter().map(|(name, value, _)| format!("{name}: {value}")).collect();
            prop_assert_eq!(metadata(&got), expected);
            server.answer(id, b"x");
        }
    }
}
