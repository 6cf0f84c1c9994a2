//! What goes wrong, and where: the same for every driver.

#![allow(dead_code, reason = "each driver uses a part of it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, Ordering};

use yamabiko_core::frame::{
    ErrorCode, LARGEST_STREAM, flag, kind, setting, write_goaway, write_ping, write_reset,
    write_settings,
};

use crate::support::faulty::{Fault, Wrong};
use crate::support::random;
use crate::support::raw::frame;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidirectional,
}

impl Call {
    pub const ALL: [Call; 4] =
        [Call::Unary, Call::ServerStreaming, Call::ClientStreaming, Call::Bidirectional];
}

/// More than the bytes of a call in this direction, its connection's beginning included.
fn length(up: bool) -> usize {
    if up { 420 } else { 260 }
}

/// The fault at every byte of a call of each kind, in both directions.
pub fn everywhere(what: &Wrong) -> Vec<(Call, Fault)> {
    let mut all = Vec::new();
    for up in [true, false] {
        for at in 0..length(up) {
            let call = Call::ALL[at % Call::ALL.len()];
            let other = Call::ALL[(at + 2) % Call::ALL.len()];
            for call in [call, other] {
                all.push((call, Fault { up, at, what: what.clone() }));
            }
        }
    }
    all
}

/// As many faults at places from a seed.
pub fn sampled(
    seed: u64,
    count: usize,
    mut what: impl FnMut(usize) -> Wrong,
) -> Vec<(Call, Fault)> {
    let mut next = random(seed);
    (0..count)
        .map(|index| {
            let up = next().is_multiple_of(2);
            let at = (next() % length(up) as u64) as usize;
            let call = Call::ALL[(next() % 4) as usize];
            (call, Fault { up, at, what: what(index) })
        })
        .collect()
}

/// Frames that a peer had better not send, between any two of a call.
pub fn insertions() -> Vec<(Call, Fault)> {
    let mut all = Vec::new();
    for up in [true, false] {
        for (index, bytes) in frames().into_iter().enumerate() {
            for step in 0..7 {
                let at = step * length(up) / 6;
                let call = Call::ALL[(index + step) % 4];
                all.push((call, Fault { up, at, what: Wrong::Insert(bytes.clone()) }));
            }
        }
    }
    all
}

fn frames() -> Vec<Vec<u8>> {
    let write = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        bytes
    };
    let mut all = Vec::new();
    // Leaving, in every way.
    for last in [0, 1, LARGEST_STREAM] {
        for code in [ErrorCode::NO_ERROR, ErrorCode::ENHANCE_YOUR_CALM, ErrorCode::INTERNAL_ERROR] {
            all.push(write(&|out| write_goaway(out, last, code, b"too_many_pings")));
        }
    }
    for code in 0..14 {
        all.push(write(&|out| write_reset(out, 1, ErrorCode(code))));
    }
    all.push(write(&|out| write_reset(out, 3, ErrorCode::CANCEL)));
    // Lies about windows.
    for stream in [0, 1, 3] {
        for increment in [0, 1, (1 << 31) - 1] {
            all.push(frame(kind::WINDOW_UPDATE, 0, stream, &u32::to_be_bytes(increment)));
        }
    }
    for window in [0, 1, (1 << 31) - 1, u32::MAX] {
        all.push(write(&|out| write_settings(out, &[(setting::INITIAL_WINDOW_SIZE, window)])));
    }
    for streams in [0, u32::MAX] {
        all.push(write(&|out| write_settings(out, &[(setting::MAX_CONCURRENT_STREAMS, streams)])));
    }
    all.push(write(&|out| write_settings(out, &[(setting::MAX_FRAME_SIZE, 1)])));
    all.push(write(&|out| write_settings(out, &[(setting::MAX_HEADER_LIST_SIZE, 0)])));
    // More than any window, by several frames.
    all.push(frame(kind::DATA, 0, 1, &[0; 16_384]).repeat(70));
    // Lies about lengths: of frames, of messages, of padding.
    all.push(vec![0xff, 0xff, 0xff, kind::DATA, 0, 0, 0, 0, 1]);
    all.push(vec![0, 0x3f, 0xff, kind::HEADERS, 0, 0, 0, 0, 1]);
    all.push(frame(kind::DATA, 0, 1, &[0, 0xff, 0xff, 0xff, 0xff, 1]));
    all.push(frame(kind::DATA, flag::END_STREAM, 1, &[0, 0, 0, 0, 9, 1]));
    all.push(frame(kind::DATA, flag::PADDED, 1, &[200, 1]));
    all.push(frame(kind::DATA, flag::END_STREAM, 1, &[]));
    // What comes where nothing may.
    all.push(frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, 1, &[0x82]));
    all.push(frame(kind::HEADERS, flag::END_HEADERS, 1, &[0x88, 0xff, 0xff, 0xff, 0xff, 0xff]));
    all.push(frame(kind::HEADERS, flag::END_HEADERS, 2, &[0x88]));
    all.push(frame(kind::HEADERS, 0, 1, &[0x88]));
    all.push(frame(kind::CONTINUATION, flag::END_HEADERS, 1, &[0x88]));
    all.push(frame(kind::PUSH_PROMISE, flag::END_HEADERS, 1, &[0, 0, 0, 2, 0x82]));
    all.push(frame(kind::PRIORITY, 0, 1, &[0; 5]));
    all.push(frame(0x42, 0xff, 1, b"unknown"));
    all.push(frame(kind::SETTINGS, flag::ACK, 0, &[]).repeat(3));
    all.push(write(&|out| (0..8).for_each(|_| write_ping(out, false, *b"all well"))));
    all.push(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    all
}

/// The system's allocator, and how much of it the process holds.
pub struct Counting;

static HELD: AtomicIsize = AtomicIsize::new(0);

impl Counting {
    pub fn held() -> isize {
        HELD.load(Ordering::Relaxed)
    }
}

// SAFETY: every call is passed on as it came; counting neither allocates nor panics.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: as above; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
