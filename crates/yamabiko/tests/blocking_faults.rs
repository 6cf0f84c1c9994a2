//! The same on plain threads: connections that go wrong. Every call ends with
//! one status, no thread is left, and memory comes back.

mod faults_cases;
mod support;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use faults_cases::{Call, Counting, everywhere, insertions, sampled};
use support::faulty::{Fault, Faulty, Wrong};
use support::served::{self, eventually};
use support::streams::Streams;
use support::{Count, Echo, random, text};
use tokio::runtime::Runtime;
use yamabiko::blocking::{Channel, Server, bidi_streaming, client_streaming, server_streaming};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::Buffa;
use yamabiko::{Code, Status};

#[global_allocator]
static COUNTING: Counting = Counting;

/// What a call may take that nothing comes back from.
const PATIENCE: Duration = Duration::from_millis(300);
/// Faults at a time.
const AT_ONCE: usize = 16;
/// Handlers at a time. One that waits for requests has its worker for itself.
const WORKERS: usize = 8;

/// Makes a call to its one end: what came of it.
fn make(channel: &Channel, call: Call) -> Result<String, Status> {
    let requests = (0..4).map(|number: u32| text(number.to_string()));
    let replies = match call {
        Call::Unary => {
            let call = served::say(channel, "0123").timeout(PATIENCE);
            return call.send().map(|one| one.value);
        }
        Call::ClientStreaming => {
            let path = "/test.Streams/Up";
            let call = client_streaming::<Buffa, StringValue, StringValue>(channel, path, requests);
            return call.timeout(PATIENCE).send().map(|one| one.value);
        }
        Call::ServerStreaming => {
            let path = "/test.Streams/Down";
            server_streaming::<Buffa, StringValue, StringValue>(channel, path, text("4"))
        }
        Call::Bidirectional => {
            let path = "/test.Streams/Both";
            bidi_streaming::<Buffa, StringValue, StringValue>(channel, path, requests)
        }
    };
    let mut replies = replies.timeout(PATIENCE).send()?;
    let mut all = String::new();
    loop {
        match replies.message() {
            Ok(Some(reply)) => all.push_str(&reply.value),
            Ok(None) => break,
            Err(status) => {
                let after = replies.message();
                assert!(!matches!(after, Ok(Some(_))), "something comes behind the end: {after:?}");
                return Err(status);
            }
        }
    }
    assert_eq!(replies.message().expect("still the end"), None);
    Ok(all)
}

/// What a call answers over a good link: `Down` counts from 1.
fn answer(call: Call) -> &'static str {
    if call == Call::ServerStreaming { "1234" } else { "0123" }
}

/// A call over a link with a fault. Whether it was answered.
fn suffer(runtime: &Runtime, server: &str, call: Call, fault: &Fault) -> bool {
    let link = runtime.block_on(Faulty::new(server, fault.clone()));
    let channel = Channel::lazy(&link.address).expect("an address");
    match make(&channel, call) {
        // A flipped bit of the text is nobody's fault but the link's.
        Ok(text) => {
            let flipped = matches!(fault.what, Wrong::Flip(_));
            assert!(flipped || text == answer(call), "{call:?} {fault:?}: {text}");
            true
        }
        Err(status) => {
            assert_ne!(status.code(), Code::Ok, "{call:?} {fault:?}");
            assert!(!status.message().is_empty(), "{call:?} {fault:?}: {status:?}");
            false
        }
    }
}

fn suffer_all(runtime: &Runtime, server: &str, faults: &[(Call, Fault)]) -> usize {
    let left = Mutex::new(faults.iter());
    let next = || left.lock().expect("nobody panics with it").next();
    let felt = |(call, fault): &&(Call, Fault)| suffer(runtime, server, *call, fault);
    thread::scope(|scope| {
        let suffering: Vec<_> = (0..AT_ONCE)
            .map(|_| scope.spawn(|| std::iter::from_fn(next).filter(felt).count()))
            .collect();
        suffering.into_iter().map(|answered| answered.join().expect("no panic")).sum()
    })
}

/// Threads of this process that are ours, where the system tells.
fn threads() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("yamabiko-")).collect()
}

/// Runs the faults twice: the second time nothing may be left behind that was not after the first.
fn leaves_nothing_behind(faults: Vec<(Call, Fault)>) {
    let runtime = Runtime::new().expect("a runtime");
    let (begun, ended) = (Count::default(), Count::default());
    let counts = (begun.clone(), ended.clone());
    let echo = Echo::new(move |text, _| {
        counts.0.add();
        let over = counts.1.at_drop();
        async move {
            drop(over);
            Ok(text)
        }
    });
    let server = Server::new().workers(WORKERS).add(echo);
    let (server, address) = support::blocking::serve_with(server, Streams::plain());
    let mut held = [0; 2];
    for round in &mut held {
        let answered = suffer_all(&runtime, &address, &faults);
        println!("{answered} of {} calls were answered all the same", faults.len());
        // Some faults come behind the last byte that matters, or are mended by another attempt.
        assert!(answered < faults.len() && answered > 0, "{answered} of {}", faults.len());
        eventually("every handler ends", || begun.get() == ended.get());
        eventually("the server knows of no call", || server.live_calls() == 0);
        eventually("every connection ends", || server.connections() == 0);
        *round = Counting::held();
    }
    let grown = held[1] - held[0];
    println!("{grown} bytes more behind the second round");
    // Each worker keeps a buffer of 64 KiB, and the last one may have begun in the second round.
    let most = 256 * 1024 + WORKERS as isize * 64 * 1024;
    assert!(grown < most, "{grown} bytes more after {} faults", faults.len());
    // And all is well.
    let channel = Channel::connect(&address).expect("it listens");
    for call in Call::ALL {
        assert_eq!(make(&channel, call).expect("an answer"), answer(call));
    }
    drop(channel);
    assert!(server.shut_down().is_clean());
    eventually("no thread is left", || threads().is_empty());
}

#[test]
fn a_connection_that_is_cut_at_every_byte() {
    leaves_nothing_behind(everywhere(&Wrong::Cut));
}

#[test]
fn a_connection_that_is_reset_at_every_byte() {
    leaves_nothing_behind(everywhere(&Wrong::Reset));
}

#[test]
fn a_connection_that_stalls() {
    leaves_nothing_behind(sampled(1, 150, |_| Wrong::Stall));
}

#[test]
fn bits_that_are_flipped() {
    let mut next = random(2);
    leaves_nothing_behind(sampled(3, 300, |_| Wrong::Flip(1 << (next() % 8))));
}

#[test]
fn frames_in_every_state_that_leave_reset_or_lie() {
    leaves_nothing_behind(insertions());
}
