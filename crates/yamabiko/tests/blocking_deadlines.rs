//! On plain threads, too, a call that a handler makes ends with the handler's.

mod support;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::blocking::serve;
use support::{Count, Echo, SAY, assert_status, text};
use yamabiko::blocking::{Call, Channel};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::Buffa;
use yamabiko::{Code, Context};

const SHORT: Duration = Duration::from_millis(80);

fn say(channel: &Channel, value: &str) -> Call<StringValue> {
    let request = text(value);
    yamabiko::codegen::blocking::unary::<Buffa, StringValue, StringValue>(channel, SAY, request)
}

/// A service that never answers, what it was called with, and how many handlers were dropped.
fn never() -> (Echo, mpsc::Receiver<Context>, Count) {
    let (called, calls) = mpsc::channel();
    let dropped = Count::default();
    let count = dropped.clone();
    let echo = Echo::new(move |_, context| {
        let at_drop = count.at_drop();
        called.send(context).expect("the test listens");
        async move {
            let _at_drop = at_drop;
            std::future::pending().await
        }
    });
    (echo, calls, dropped)
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < support::PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_call_that_a_handler_makes_inherits_its_deadline() {
    let (echo, calls, dropped) = never();
    let (_behind, behind) = serve(echo);
    let behind = Channel::lazy(behind).expect("an address");
    let (_front, front) = serve(Echo::new(move |_, _| {
        let behind = behind.clone();
        async move { say(&behind, "").send().map(|reply| reply.value) }
    }));
    let channel = Channel::connect(front).expect("it listens");
    let deadline = Instant::now() + 3 * SHORT;
    let status = say(&channel, "").deadline(deadline).send().expect_err("nobody answers");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let inherited = calls.recv().expect("it was called").deadline().expect("a deadline");
    assert!(inherited < deadline + Duration::from_millis(50), "{:?}", inherited - deadline);
    eventually("the handler behind is dropped", || dropped.get() == 1);
}

#[test]
fn a_call_that_a_handler_waits_for_is_cancelled_with_the_handlers() {
    let (echo, calls, dropped) = never();
    let (_behind, behind) = serve(echo);
    let behind = Channel::lazy(behind).expect("an address");
    let (told, ends) = mpsc::channel();
    let (_front, front) = serve(Echo::new(move |_, _| {
        let (behind, told) = (behind.clone(), told.clone());
        async move {
            let status = say(&behind, "").send().expect_err("nobody answers");
            told.send(status.clone()).expect("the test listens");
            Err(status)
        }
    }));
    let channel = Channel::connect(front).expect("it listens");
    let waiting = std::thread::spawn({
        let channel = channel.clone();
        move || say(&channel, "").send().expect_err("the channel is closed")
    });
    calls.recv().expect("it was called");
    channel.close();
    let status = ends.recv_timeout(support::PATIENCE).expect("it ends");
    assert_status(&status, Code::Cancelled, &["the call that it was made for", SAY]);
    eventually("the handler behind is dropped", || dropped.get() == 1);
    assert_eq!(waiting.join().expect("it does not panic").code(), Code::Cancelled);
}

#[test]
fn work_on_another_thread_can_be_made_for_the_call() {
    let (echo, calls, _) = never();
    let (_behind, behind) = serve(echo);
    let channel = Channel::connect(behind).expect("it listens");
    let context = Context::with_deadline(Instant::now() + SHORT);
    let work = {
        let (context, channel) = (context.clone(), channel.clone());
        move || context.enter(|| say(&channel, "").send().expect_err("nobody answers"))
    };
    let status = std::thread::spawn(work).join().expect("it does not panic");
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(calls.recv().expect("it was called").deadline().is_some());
    context.enter(|| {
        let detached = say(&channel, "").detached().timeout(Duration::from_secs(60));
        let _waiting = std::thread::spawn(move || detached.send());
    });
    let deadline = calls.recv().expect("it was called").deadline().expect("its own");
    assert!(deadline > Instant::now() + Duration::from_secs(30));
    channel.close();
}
