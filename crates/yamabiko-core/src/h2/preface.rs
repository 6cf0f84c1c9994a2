//! The first bytes of a connection (RFC 9113 §3.4), and what to say to a peer
//! that speaks something else.

use super::error::Speaks;

/// What a client sends first.
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Letters of the longest method that is looked for: the longest registered one.
const LONGEST_METHOD: usize = b"UPDATEREDIRECTREF".len();

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The preface, whole.
    Preface,
    /// So far like the preface, or too little to tell.
    Unfinished,
    /// Something else.
    Other(Speaks),
}

/// Looks at the first bytes that a client has sent.
pub fn look(bytes: &[u8]) -> First {
    if bytes.starts_with(PREFACE) {
        return First::Preface;
    }
    if PREFACE.starts_with(bytes) {
        return First::Unfinished;
    }
    // TLS: a handshake record, any version (RFC 8446 §5.1).
    match bytes {
        [0x16] => return First::Unfinished,
        [0x16, 0x03, ..] => return First::Other(Speaks::Tls),
        _ => {}
    }
    // HTTP/1: a method, which is upper-case letters and a space. Shorter than a method is
    // too little to tell.
    let bytes = &bytes[..bytes.len().min(LONGEST_METHOD + 1)];
    let word = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    match bytes.get(word) {
        Some(b' ') if word > 0 => First::Other(Speaks::Http1),
        None if word <= LONGEST_METHOD => First::Unfinished,
        _ => First::Other(Speaks::Unknown),
    }
}

/// What a peer that speaks something else is told, in its own tongue.
pub fn farewell(speaks: Speaks) -> &'static [u8] {
    match speaks {
        Speaks::Http1 => {
            b"HTTP/1.1 505 HTTP Version Not Supported\r\n\
              content-type: text/plain; charset=utf-8\r\n\
              content-length: 101\r\n\
              connection: close\r\n\r\n\
              This port speaks gRPC: HTTP/2 without TLS, by prior knowledge. Use a gRPC client, not HTTP/1.1 here.\n"
        }
        // A TLS alert, fatal, protocol_version: "the server speaks no TLS" has no alert of its own.
        Speaks::Tls => &[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 70],
        Speaks::Unknown => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preface_is_known_at_every_length() {
        for cut in 0..PREFACE.len() {
            assert_eq!(look(&PREFACE[..cut]), First::Unfinished, "{cut}");
        }
        assert_eq!(look(PREFACE), First::Preface);
    }

    #[test]
    fn other_protocols_are_told_apart() {
        assert_eq!(look(b"GET / HTTP/1.1\r\n"), First::Other(Speaks::Http1));
        assert_eq!(look(b"POST"), First::Unfinished);
        assert_eq!(look(b"PRI * HTTP/1.1"), First::Other(Speaks::Http1));
        assert_eq!(look(&[0x16]), First::Unfinished);
        assert_eq!(look(&[0x16, 3, 1, 2, 0]), First::Other(Speaks::Tls));
        assert_eq!(look(&[0x16, 9]), First::Other(Speaks::Unknown));
        assert_eq!(look(b"\0\0\0"), First::Other(Speaks::Unknown));
        assert_eq!(look(b"hello?"), First::Other(Speaks::Unknown));
    }

    #[test]
    fn the_answer_to_http1_is_a_whole_response() {
        let answer = std::str::from_utf8(farewell(Speaks::Http1)).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
