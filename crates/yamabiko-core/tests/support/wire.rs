//! Frames written and read by hand.

use yamabiko_core::field::FieldRef;
use yamabiko_core::frame::{ErrorCode, Frame, FrameHead, HEAD_LEN, flag, kind};
use yamabiko_core::hpack::{Decoder, Encoder, Indexing};

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    let mut out = FrameHead { length, kind, flags, stream }.to_bytes().to_vec();
    out.extend_from_slice(payload);
    out
}

/// A header block that needs no dynamic table.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new();
    for (name, value) in fields {
        encoder.encode(name.as_bytes(), value.as_bytes(), Indexing::Plain, &mut out);
    }
    out
}

pub fn headers(stream: u32, fields: &[(&str, &str)], end: bool) -> Vec<u8> {
    let end = if end { flag::END_STREAM } else { 0 };
    frame(kind::HEADERS, flag::END_HEADERS | end, stream, &block(fields))
}

pub fn continuation(stream: u32, fragment: &[u8], end: bool) -> Vec<u8> {
    frame(kind::CONTINUATION, if end { flag::END_HEADERS } else { 0 }, stream, fragment)
}

pub fn request_fields(path: &str) -> Vec<(&str, &str)> {
    vec![
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "test"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
    ]
}

/// The head of a call of `/s/m`.
pub fn request(stream: u32, end: bool) -> Vec<u8> {
    headers(stream, &request_fields("/s/m"), end)
}

pub fn response_head(stream: u32) -> Vec<u8> {
    headers(stream, &[(":status", "200"), ("content-type", "application/grpc")], false)
}

pub fn trailers(stream: u32, code: &str) -> Vec<u8> {
    headers(stream, &[("grpc-status", code)], true)
}

pub fn data(stream: u32, bytes: &[u8], end: bool) -> Vec<u8> {
    frame(kind::DATA, if end { flag::END_STREAM } else { 0 }, stream, bytes)
}

/// A gRPC message with its prefix.
pub fn message(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0];
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

pub fn settings(all: &[(u16, u32)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (id, value) in all {
        payload.extend_from_slice(&id.to_be_bytes());
        payload.extend_from_slice(&value.to_be_bytes());
    }
    frame(kind::SETTINGS, 0, 0, &payload)
}

pub fn ping(ack: bool, payload: [u8; 8]) -> Vec<u8> {
    frame(kind::PING, if ack { flag::ACK } else { 0 }, 0, &payload)
}

pub fn reset(stream: u32, code: ErrorCode) -> Vec<u8> {
    frame(kind::RST_STREAM, 0, stream, &code.0.to_be_bytes())
}

pub fn goaway(last: u32, code: ErrorCode, debug: &str) -> Vec<u8> {
    let payload = [&last.to_be_bytes()[..], &code.0.to_be_bytes(), debug.as_bytes()].concat();
    frame(kind::GOAWAY, 0, 0, &payload)
}

pub fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(kind::WINDOW_UPDATE, 0, stream, &increment.to_be_bytes())
}

/// A frame that an endpoint wrote. Header blocks are decoded, CONTINUATION included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Data { stream: u32, data: Vec<u8>, end: bool },
    Headers { stream: u32, fields: Vec<String>, end: bool },
    Reset(u32, ErrorCode),
    Settings(Vec<(u16, u32)>),
    SettingsAck,
    Ping(bool, [u8; 8]),
    GoAway { last: u32, code: ErrorCode, debug: String },
    WindowUpdate(u32, u32),
}

/// Reads what an endpoint writes, as its peer would.
pub struct Reader {
    pub decoder: Decoder,
    pub unread: Vec<u8>,
    block: Option<(u32, bool, Vec<u8>)>,
}

impl Default for Reader {
    fn default() -> Self {
        Reader { decoder: Decoder::new(4096, 1 << 20), unread: Vec::new(), block: None }
    }
}

impl Reader {
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Seen> {
        self.unread.extend_from_slice(bytes);
        let mut seen = Vec::new();
        loop {
            let Some(head) = self.unread.first_chunk::<HEAD_LEN>() else { return seen };
            let head = FrameHead::parse(head);
            let whole = HEAD_LEN + head.length as usize;
            if self.unread.len() < whole {
                return seen;
            }
            let rest = self.unread.split_off(whole);
            let bytes = std::mem::replace(&mut self.unread, rest);
            let frame = Frame::parse(head, &bytes[HEAD_LEN..]).expect("we write valid frames");
            seen.extend(self.one(frame));
        }
    }

    fn one(&mut self, frame: Frame<'_>) -> Option<Seen> {
        Some(match frame {
            Frame::Data { stream, data, end_stream, .. } => {
                Seen::Data { stream, data: data.to_vec(), end: end_stream }
            }
            Frame::Headers { stream, fragment, end_headers, end_stream } => {
                assert!(self.block.is_none(), "HEADERS inside a header block");
                self.block = Some((stream, end_stream, fragment.to_vec()));
                return self.finish_block(end_headers);
            }
            Frame::Continuation { stream, fragment, end_headers } => {
                let block = self.block.as_mut().expect("CONTINUATION behind HEADERS");
                assert_eq!(block.0, stream);
                block.2.extend_from_slice(fragment);
                return self.finish_block(end_headers);
            }
            Frame::Reset { stream, code } => Seen::Reset(stream, code),
            Frame::Settings(settings) if settings.ack => Seen::SettingsAck,
            Frame::Settings(settings) => Seen::Settings(settings.iter().collect()),
            Frame::Ping { ack, payload } => Seen::Ping(ack, payload),
            Frame::GoAway { last_stream, code, debug } => Seen::GoAway {
                last: last_stream,
                code,
                debug: String::from_utf8_lossy(debug).into_owned(),
            },
            Frame::WindowUpdate { stream, increment } => Seen::WindowUpdate(stream, increment),
            other => panic!("we never write this: {other:?}"),
        })
    }

    fn finish_block(&mut self, whole: bool) -> Option<Seen> {
        if !whole {
            return None;
        }
        let (stream, end, bytes) = self.block.take()?;
        let mut fields = Vec::new();
        let mut push = |field: FieldRef<'_>| {
            fields.push(format!("{}: {}", field.name.escape_ascii(), field.value.escape_ascii()));
        };
        self.decoder.decode(&bytes, &mut push).expect("we write valid header blocks");
        Some(Seen::Headers { stream, fields, end })
    }
}
