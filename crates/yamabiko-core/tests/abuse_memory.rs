//! What a peer can make grow, counted in bytes by the allocator of this test.
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use support::{
    End, Got, Seen, base, block, continuation, data, frame, headers, message, request,
    request_fields, reset, server, server_with, settings, window_update,
};
use yamabiko_core::frame::{ErrorCode, kind, setting};
use yamabiko_core::grpc::server::ServerConnection;
use yamabiko_core::grpc::{MessageLimits, Status};
use yamabiko_core::h2::{Config, MAX_CONCURRENT_STREAMS, MAX_OUTPUT, MAX_QUEUED};
use yamabiko_core::hpack::{Encoder, Indexing};

const KIB: isize = 1024;

/// The system's allocator, and how much of it each thread holds now and held at most.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(change: isize) {
    let held = HELD.get() + change;
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
}

// SAFETY: every call is passed on as it came; counting neither allocates nor panics, since the
// thread-locals are constants without destructors.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as above; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes held behind `work` more than before it, and the most that were held on the way.
fn growth<T>(work: impl FnOnce() -> T) -> (isize, isize, T) {
    let before = HELD.get();
    PEAK.set(before);
    let kept = work();
    (HELD.get() - before, PEAK.get() - before, kept)
}

#[test]
fn an_idle_connection_is_small() {
    let (held, _, core) = growth(|| {
        let mut server = server();
        server.feed(&request(1, true));
        server.answer(1, b"hello");
        server.frames();
        server.core
    });
    assert_eq!(core.live_calls(), 0);
    let size = size_of::<ServerConnection>() as isize;
    println!("an idle connection: {size} bytes and {held} on the heap");
    assert!(size + held < 4 * KIB, "{size} and {held} on the heap");
}

#[test]
fn a_busy_hour_leaves_nothing_behind() {
    let (held, _, core) = growth(|| {
        let mut server = server();
        for round in 0..10 {
            server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]));
            server.feed(&window_update(0, 10 << 20));
            let ids: Vec<u32> = (0..1000).map(|index| 2 * (1000 * round + index) + 1).collect();
            for id in &ids {
                server.feed(&request(*id, true));
            }
            for id in &ids {
                server.answer(*id, &[1; 1000]);
            }
            server.output();
        }
        server.core
    });
    assert_eq!(core.live_calls(), 0);
    assert!(held < 4 * KIB, "{held}");
}

#[test]
fn answers_for_windows_that_never_open_are_bounded() {
    let mut server = server();
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 0)]));
    server.frames();
    let mut waiting = Vec::new();
    let (held, _, ()) = growth(|| {
        for index in 0..1000 {
            let id = 2 * index + 1;
            server.feed(&request(id, true));
            // What a driver does: a handler that begins now has nowhere to put its answer.
            if server.core.is_full() {
                waiting.push(id);
            } else {
                server.answer(id, &[7; 100_000]);
            }
            server.output();
        }
    });
    assert!(waiting.len() > 800, "{}", waiting.len());
    assert!(held < MAX_QUEUED as isize + 1024 * KIB, "{held}");
    // When the client has taken them, there is room again.
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]));
    server.feed(&window_update(0, 1 << 30));
    for id in waiting {
        assert!(!server.core.is_full());
        server.answer(id, &[7; 100_000]);
        server.output();
    }
    assert_eq!(server.core.live_calls(), 0);
}

#[test]
fn output_for_a_client_that_does_not_read_is_bounded() {
    let mut server = server();
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, (1 << 31) - 1)]));
    server.feed(&window_update(0, (1 << 31) - 1 - 65_535));
    server.frames();
    let (held, _, calls) = growth(|| {
        let mut calls = 0;
        // What a driver does: it reads no more while the connection is backed up.
        while !server.core.is_backed_up() {
            assert!(calls < 10_000, "it must be backed up by then");
            let id = 2 * calls + 1;
            server.feed(&request(id, true));
            server.answer(id, &[7; 10_000]);
            calls += 1;
        }
        calls
    });
    assert!(server.core.output().len() < MAX_OUTPUT + 20_000);
    assert!(held < 3 * MAX_OUTPUT as isize, "{held}");
    // Calls that run already find room in their queue, not in the output.
    let before = server.core.output().len();
    server.feed(&request(90_001, true));
    server.answer(90_001, &[7; 10_000]);
    assert!(server.core.output().len() < before + 200);
    let seen = server.frames();
    let ended = seen.iter().filter(|seen| matches!(seen, Seen::Headers { end: true, .. })).count();
    assert_eq!(ended, calls as usize + 1, "nothing is lost when it reads again");
    assert!(!server.core.is_backed_up());
}

#[test]
fn a_large_answer_leaves_its_queue_as_the_output_empties() {
    let mut server = server();
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, (1 << 31) - 1)]));
    server.feed(&window_update(0, (1 << 31) - 1 - 65_535));
    server.feed(&request(1, true));
    server.frames();
    server.answer(1, &vec![7; 4 << 20]);
    assert!(server.core.output().len() < 512 * 1024);
    let seen = server.frames();
    assert!(matches!(seen.last(), Some(Seen::Headers { end: true, .. })));
}

#[test]
fn streams_above_the_limit_are_refused() {
    let mut server = server();
    for index in 0..MAX_CONCURRENT_STREAMS + 500 {
        server.feed(&request(2 * index + 1, false));
    }
    assert_eq!(server.core.live_calls(), MAX_CONCURRENT_STREAMS as usize);
    let refused = server.frames();
    assert_eq!(refused.len(), 500);
    assert!(refused.iter().all(|seen| matches!(seen, Seen::Reset(_, ErrorCode::REFUSED_STREAM))));
    assert_eq!(server.feed(&data(2 * MAX_CONCURRENT_STREAMS + 1, b"its body", true)), []);
    assert_eq!(server.frames(), [], "its body was on the way");
    server.answer(1, b"x");
    let next = 2 * MAX_CONCURRENT_STREAMS + 2001;
    assert!(matches!(server.feed(&request(next, true))[0], Got::Call { .. }));
}

#[test]
fn refused_streams_leave_nothing_behind() {
    let mut config = Config::default();
    config.max_concurrent_streams = 1;
    let mut server = server_with(config, MessageLimits::default());
    server.feed(&request(1, false));
    let (held, _, ()) = growth(|| {
        for index in 1..50_000 {
            server.feed(&request(2 * index + 1, false));
            server.output();
        }
        server.input = Default::default();
    });
    assert!(held < 16 * KIB, "{held}");
}

#[test]
fn far_deadlines_leave_nothing_behind() {
    let mut server = server();
    let mut fields = request_fields("/s/m");
    fields.push(("grpc-timeout", "99999999H"));
    let bytes = headers(1, &fields, true);
    let (held, _, ()) = growth(|| {
        for index in 0..30_000_u32 {
            let mut bytes = bytes.clone();
            bytes[5..9].copy_from_slice(&(2 * index + 1).to_be_bytes());
            server.feed(&bytes);
            server.core.finish(server.key(2 * index + 1), &Status::ok());
            server.output();
            if index % 1000 == 0 {
                forget_keys(&mut server);
            }
        }
    });
    assert!(held < 256 * KIB, "{held}");
}

#[test]
fn resets_of_streams_that_wait_leave_nothing_behind() {
    let mut server = server();
    server.feed(&settings(&[(setting::INITIAL_WINDOW_SIZE, 1 << 20)]));
    server.feed(&request(1, true));
    // It takes the window of the connection, so that nothing in the line moves.
    server.answer(1, &[7; 100_000]);
    server.output();
    let (held, _, ()) = growth(|| {
        for index in 1..20_000 {
            let id = 2 * index + 1;
            server.feed(&request(id, true));
            server.answer(id, &[7; 1000]);
            server.feed(&reset(id, ErrorCode::CANCEL));
            server.output();
            // Slow enough to be no flood.
            server.pass(Duration::from_millis(5));
            if index % 1000 == 0 {
                forget_keys(&mut server);
            }
        }
        forget_keys(&mut server);
    });
    assert_eq!(server.core.live_calls(), 1);
    assert!(held < 16 * KIB, "{held}");
}

/// The test's own memory is not what is measured.
fn forget_keys(server: &mut End<ServerConnection>) {
    let now = server.now;
    let unused = ServerConnection::new(Config::default(), MessageLimits::default(), base());
    *server = End::new(std::mem::replace(&mut server.core, unused));
    server.now = now;
}

#[test]
fn a_small_block_that_names_large_fields_is_not_built() {
    let mut encoder = Encoder::new();
    let mut block = block(&request_fields("/s/m"));
    let value = vec![b'~'; 3900];
    encoder.encode(b"bomb", &value, Indexing::Remember, &mut block);
    // 8 frames of one octet each for 3,936 octets of header list.
    let bytes = frame(kind::HEADERS, 1, 1, &block);
    let mut all = bytes;
    for index in 0..8 {
        all.extend(continuation(1, &[0xbe; 16_000], index == 7));
    }
    let mut server = server();
    let (_, peak, got) = growth(|| server.feed(&all));
    assert_eq!(got, []);
    // The input itself is 130 KB; unpacked it would be 500 MB.
    assert!(peak < 1024 * KIB, "{peak}");
    let seen = server.frames();
    let said = format!("{seen:?}");
    let size = 8 * 16_000 * 3936;
    assert!(said.contains("grpc-status: 8"), "{said}");
    let named = said.split("too large: ").nth(1).and_then(|rest| rest.split(' ').next());
    let named: usize = named.and_then(|size| size.parse().ok()).unwrap();
    assert!(named > size && named < size + 10_000, "both numbers: {said}");
    server.assert_serves(3);
}

#[test]
fn a_promise_of_large_messages_takes_no_memory() {
    let mut server = server();
    let (held, _, ()) = growth(|| {
        for index in 0..1000 {
            let id = 2 * index + 1;
            server.feed(&request(id, false));
            server.feed(&data(id, &[0, 0, 0x3f, 0xff, 0xff, 1], false));
        }
        server.input = Default::default();
    });
    assert!(held < 2048 * KIB, "{held}");
}

#[test]
fn many_empty_messages_in_one_frame_are_one_copy_of_it() {
    let mut server = server();
    server.feed(&request(1, false));
    let bytes = data(1, &message(b"").repeat(3276), false);
    server.input.extend(&bytes);
    let (_, peak, count) = growth(|| {
        let mut count = 0;
        while server.next().is_some() {
            count += 1;
        }
        count
    });
    assert_eq!(count, 3276);
    assert!(peak < 64 * KIB, "{peak}");
}
