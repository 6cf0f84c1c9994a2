//! Handlers without `await`, whose streams make their threads wait: what they hear when the other
//! side leaves, and what they cost the rest.

mod support;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use support::blocking::{serve, serve_with};
use support::served::{Served, eventually};
use support::{Count, Gate, PATIENCE, assert_status, text};
use yamabiko::blocking::{Channel, Server, Streaming};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::blocking::{bidi_streaming, client_streaming, server_streaming};
use yamabiko::codegen::{Buffa, Methods};
use yamabiko::{Code, Context, Service, Status};

type Texts = Box<dyn Iterator<Item = Result<StringValue, Status>> + Send>;
type Down = dyn Fn(&Context) -> Result<Texts, Status> + Send + Sync;
type Up = dyn Fn(Streaming<StringValue>) -> Result<String, Status> + Send + Sync;

/// Written by hand as generated code would be. `Both` echoes.
#[derive(Clone)]
struct Handlers {
    down: Arc<Down>,
    up: Arc<Up>,
    /// `Both` has heard of its end, one way or the other.
    over: Count,
}

impl Handlers {
    fn new() -> Self {
        Handlers {
            down: Arc::new(|_| Ok(Box::new((1..=3).map(|number| Ok(text(number.to_string())))))),
            up: Arc::new(|requests| {
                requests.map(|request| request.map(|request| request.value)).collect()
            }),
            over: Count::default(),
        }
    }

    fn down(
        mut self,
        down: impl Fn(&Context) -> Result<Texts, Status> + Send + Sync + 'static,
    ) -> Self {
        self.down = Arc::new(down);
        self
    }
}

impl Service for Handlers {
    fn name(&self) -> &'static str {
        "test.Streams"
    }

    fn register(&self, methods: &mut Methods) {
        let Handlers { down, up, over } = self.clone();
        methods.server_streaming::<Buffa, StringValue, StringValue, _, _>(
            "/test.Streams/Down",
            move |_, context, replies| {
                let down = Arc::clone(&down);
                async move { replies.send_together(down(&context)?) }
            },
        );
        methods.client_streaming::<Buffa, StringValue, StringValue, _, _>(
            "/test.Streams/Up",
            move |requests, _| {
                let up = Arc::clone(&up);
                async move { up(requests.into()).map(text) }
            },
        );
        methods.bidi_streaming::<Buffa, StringValue, StringValue, _, _>(
            "/test.Streams/Both",
            move |requests, _, replies| {
                let at_drop = over.at_drop();
                async move {
                    let _at_drop = at_drop;
                    replies.send_each(Streaming::from(requests))
                }
            },
        );
    }
}

fn connect(address: &str) -> Channel {
    Channel::connect(address).expect("the server listens")
}

fn down(channel: &Channel, timeout: Duration) -> Streaming<StringValue> {
    let call = server_streaming::<Buffa, _, _>(channel, "/test.Streams/Down", text(""));
    call.timeout(timeout).send().expect("it was sent")
}

fn echo(channel: &Channel) -> (yamabiko::blocking::Sender<StringValue>, Streaming<StringValue>) {
    let (sender, requests) = yamabiko::blocking::channel();
    let call = bidi_streaming::<Buffa, StringValue, _>(channel, "/test.Streams/Both", requests);
    (sender, call.timeout(PATIENCE).send().expect("it was sent"))
}

fn up(channel: &Channel) -> Result<String, Status> {
    let requests = ["a", "b", "c"].map(text);
    let call =
        client_streaming::<Buffa, StringValue, StringValue>(channel, "/test.Streams/Up", requests);
    call.timeout(PATIENCE).send().map(|joined| joined.value)
}

/// Calls of each kind are answered.
fn all_kinds(channel: &Channel) {
    let numbers: Result<Vec<_>, _> = down(channel, PATIENCE).collect();
    assert_eq!(numbers.expect("three"), ["1", "2", "3"].map(text));
    assert_eq!(up(channel).expect("an answer"), "abc");
    let (mut sender, mut replies) = echo(channel);
    for number in 0..100 {
        sender.send(text(number.to_string())).expect("it is taken");
        let reply = replies.message().expect("a reply").expect("a reply");
        assert_eq!(reply.value, number.to_string());
    }
    drop(sender);
    assert_eq!(replies.message().expect("an end"), None);
}

#[test]
fn handlers_for_threads_run_on_both_servers() {
    let (_server, address) = serve(Handlers::new());
    all_kinds(&connect(&address));
    all_kinds(&Served::new(Handlers::new()).channel());
}

#[test]
fn a_handler_that_waits_for_requests_hears_that_the_client_has_left() {
    let handlers = Handlers::new();
    let over = handlers.over.clone();
    let (_server, address) = serve(handlers);
    let channel = connect(&address);
    let (mut sender, mut replies) = echo(&channel);
    sender.send(text("one")).expect("it is taken");
    assert!(replies.message().expect("a reply").is_some());
    assert_eq!(over.get(), 0);
    drop(replies);
    eventually("the handler returns", || over.get() == 1);
    assert_eq!(sender.send(text("two")).expect_err("over").status().code(), Code::Cancelled);
}

#[test]
fn a_handler_that_waits_for_room_hears_that_the_client_has_left() {
    let over = Count::default();
    let count = over.clone();
    let (_server, address) = serve(Handlers::new().down(move |_| {
        let at_drop = count.at_drop();
        Ok(Box::new(std::iter::repeat_with(move || {
            let _ = &at_drop;
            Ok(text("x".repeat(1000)))
        })))
    }));
    let mut replies = down(&connect(&address), PATIENCE);
    assert!(replies.message().expect("a reply").is_some());
    thread::sleep(Duration::from_millis(100));
    assert_eq!(over.get(), 0);
    drop(replies);
    eventually("the handler returns", || over.get() == 1);
}

#[test]
fn a_deadline_ends_a_handler_that_waits() {
    let handlers = Handlers::new();
    let over = handlers.over.clone();
    let (_server, address) = serve(handlers);
    let (_sender, requests) = yamabiko::blocking::channel();
    let channel = connect(&address);
    let call = bidi_streaming::<Buffa, StringValue, _>(&channel, "/test.Streams/Both", requests);
    let call: yamabiko::blocking::Call<Streaming<StringValue>> = call;
    let mut replies = call.timeout(Duration::from_millis(100)).send().expect("it was sent");
    assert_status(&replies.message().expect_err("late"), Code::DeadlineExceeded, &[]);
    eventually("the handler returns", || over.get() == 1);
}

#[test]
fn a_message_leaves_although_its_handler_computes_on() {
    let gate = Gate::default();
    let computes = gate.clone();
    let (_server, address) = serve(Handlers::new().down(move |_| {
        let (mut first, computes) = (true, computes.clone());
        Ok(Box::new(std::iter::from_fn(move || {
            if !std::mem::take(&mut first) {
                computes.block();
            }
            Some(Ok(text("tick")))
        })))
    }));
    let mut replies = down(&connect(&address), PATIENCE);
    assert!(replies.message().expect("a reply").is_some());
    gate.open();
}

#[test]
fn streams_that_wait_take_a_worker_each_and_no_more() {
    let (server, address) = serve_with(Server::new().workers(3), Handlers::new());
    let channel = connect(&address);
    let mut streams: Vec<_> = (0..3).map(|_| echo(&channel)).collect();
    for (sender, replies) in &mut streams[..2] {
        sender.send(text("one")).expect("it is taken");
        assert!(replies.message().expect("a reply").is_some());
    }
    // All workers wait for messages: another call waits for a worker, and gets it.
    let waiting = thread::spawn({
        let channel = channel.clone();
        move || up(&channel)
    });
    thread::sleep(Duration::from_millis(100));
    assert!(!waiting.is_finished());
    streams.pop();
    assert_eq!(waiting.join().expect("no panic").expect("an answer"), "abc");
    drop(streams);
    let report = server.shut_down();
    assert!(report.cut.is_empty(), "{report:?}");
}

#[test]
fn a_panic_ends_its_own_call() {
    let (_server, address) = serve(Handlers::new().down(|_| panic!("on purpose")));
    let channel = connect(&address);
    let status = down(&channel, PATIENCE).message().expect_err("a failure");
    assert_status(&status, Code::Internal, &["the handler panicked"]);
    assert_eq!(up(&channel).expect("an answer"), "abc");
}
