//! How a channel on plain threads connects, loses its connection, and closes.
#![cfg(feature = "blocking")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use support::raw::{PREFACE, block, frame};
use support::served::{Served, answer, eventually, say};
use support::{Count, Echo, PATIENCE, Reserved, assert_status};
use yamabiko::blocking::{Attendant, Channel, Connectivity, Exchange};
use yamabiko::{Code, Metadata};
use yamabiko_core::frame::{FrameHead, HEAD_LEN, flag, kind};

fn exchange(message: &'static [u8]) -> Exchange<'static> {
    static NONE: Metadata = Metadata::new();
    let (path, metadata) = (support::SAY, &NONE);
    Exchange {
        path,
        message,
        metadata,
        deadline: None,
        wait_for_ready: false,
        compression: None,
        max_message: None,
    }
}

#[test]
fn a_lazy_channel_connects_with_its_first_call() {
    let served = Served::new(Echo::plain());
    let channel = Channel::lazy(&served.address).expect("an address");
    assert_eq!((channel.connectivity(false), served.connections()), (Connectivity::Idle, 0));
    assert_eq!(answer(&channel, "hello"), "hello");
    assert_eq!(answer(&channel.clone(), "again"), "again");
    assert_eq!((channel.connectivity(false), served.connections()), (Connectivity::Ready, 1));
}

#[test]
fn without_a_server_a_call_fails_at_once_and_says_why() {
    let nobody = Reserved::new();
    let channel = Channel::lazy(nobody.address()).expect("an address");
    let mut times = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        let status = say(&channel, "").send().expect_err("nobody is there");
        assert_status(&status, Code::Unavailable, &[&nobody.address(), "connection refused"]);
        times.push(began.elapsed());
    }
    // Who waited for the next attempts would wait for both.
    assert!(times[1].min(times[2]) < Duration::from_millis(700), "{times:?}");
    assert_eq!(channel.connectivity(false), Connectivity::TransientFailure);
    let error = Channel::connect(nobody.address()).expect_err("nobody is there");
    assert!(error.to_string().contains("connection refused"), "{error}");
}

#[test]
fn a_patient_call_waits_for_the_server() {
    let place = Reserved::new();
    let channel = Channel::lazy(place.address()).expect("an address");
    let status = say(&channel, "")
        .wait_for_ready()
        .timeout(Duration::from_millis(100))
        .send()
        .expect_err("nobody is there");
    assert_status(&status, Code::DeadlineExceeded, &["before the call could be sent"]);
    thread::scope(|scope| {
        let patient = scope.spawn(|| say(&channel, "patient").wait_for_ready().send());
        thread::sleep(Duration::from_millis(50));
        let _served = Served::at(&place.address(), Echo::plain());
        let reply = patient.join().expect("no panic").expect("an answer");
        assert_eq!(reply.value, "patient");
    });
}

#[test]
fn a_channel_reconnects_when_its_server_has_been_restarted() {
    let place = Reserved::new();
    let served = Served::at(&place.address(), Echo::plain());
    let channel = served.channel();
    assert_eq!(answer(&channel, "one"), "one");
    served.shut_down();
    // At once: the call notices that the server has left before it is sent.
    let served = Served::at(&place.address(), Echo::plain());
    assert_eq!(answer(&channel, "two"), "two");
    drop(served);
    thread::sleep(Duration::from_millis(100));
    let _served = Served::at(&place.address(), Echo::plain());
    eventually("a connection", || say(&channel, "three").wait_for_ready().send().is_ok());
}

#[test]
fn a_server_that_leaves_need_not_wait_for_an_idle_client() {
    let served = Served::new(Echo::plain());
    let channel = served.channel();
    answer(&channel, "");
    let took = served.shut_down();
    assert!(took < Duration::from_secs(5), "{took:?}");
    eventually("the channel is idle", || channel.connectivity(false) == Connectivity::Idle);
}

#[test]
fn a_server_that_leaves_ends_the_calls_that_it_has_accepted_in_good_order() {
    let begun = Count::default();
    let count = begun.clone();
    let served = Served::new(Echo::new(move |text, _| {
        count.add();
        async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Ok(text)
        }
    }));
    let channel = served.channel();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| answer(&channel, "x"))).collect();
        eventually("they have begun", || begun.get() == 4);
        served.shut_down();
        for call in calls {
            assert_eq!(call.join().expect("no panic"), "x");
        }
    });
}

#[test]
fn closing_ends_the_calls_with_cancelled_and_leaves_no_thread() {
    let served = Served::new(Echo::new(|text, _| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(text)
    }));
    let nobody = Reserved::new();
    let attendant = Attendant::new();
    let build = |address: &str| Channel::builder(address).attendant(attendant.clone());
    let (channel, other) = (build(&served.address), build(&nobody.address()));
    let (channel, other) = (channel.lazy().expect("valid"), other.lazy().expect("valid"));
    thread::scope(|scope| {
        let calls = [
            scope.spawn(|| say(&channel, "a").send()),
            scope.spawn(|| say(&channel, "b").send()),
            scope.spawn(|| say(&other, "c").wait_for_ready().send()),
        ];
        let started = channel.start(&exchange(b""));
        thread::sleep(Duration::from_millis(100));
        let began = Instant::now();
        channel.close();
        other.close();
        for call in calls {
            let status = call.join().expect("no panic").expect_err("closed");
            assert_status(&status, Code::Cancelled, &["the channel was closed"]);
        }
        assert!(started.wait(PATIENCE));
        assert_eq!(started.outcome().expect("it has ended").status.code(), Code::Cancelled);
        // Their handlers and deadlines would end none of them by then.
        assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    });
    let status = say(&channel, "").send().expect_err("closed");
    assert_status(&status, Code::Cancelled, &["the channel was closed"]);
    assert_eq!(channel.connectivity(true), Connectivity::Shutdown);
    eventually("the server sees it", || served.connections() == 0);
    eventually("no thread is left", || threads_of_channels().is_empty());
}

#[test]
fn dropping_the_channel_closes_the_connection() {
    let served = Served::new(Echo::plain());
    let channel = served.channel();
    answer(&channel, "");
    assert!(cfg!(not(target_os = "linux")) || !threads_of_channels().is_empty());
    drop(channel);
    eventually("the server sees it", || served.connections() == 0);
    eventually("no thread is left", || threads_of_channels().is_empty());
}

#[test]
fn a_started_call_goes_on_by_itself() {
    let served = Served::new(Echo::new(|text, _| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(text)
    }));
    let channel = Channel::lazy(&served.address).expect("an address");
    let told = Count::default();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (started, told) = (channel.start(&exchange(b"\x0a\x01x")), told.clone());
            started.on_end(move || told.add());
            started
        })
        .collect();
    assert!(!calls[0].has_ended());
    // A call that waits on its thread beside them.
    assert_eq!(answer(&channel, "y"), "y");
    eventually("all are told", || told.get() == 20);
    for call in &calls {
        let outcome = call.outcome().expect("it has ended");
        assert_eq!(outcome.message.as_deref(), Some(&b"\x0a\x01x"[..]));
        assert!(!call.cancel());
    }
    calls[0].on_end(move || told.add());
}

#[test]
fn a_started_call_ends_at_its_deadline_and_when_it_is_cancelled_or_dropped() {
    let dropped = Count::default();
    let count = dropped.clone();
    let served = Served::new(Echo::new(move |text, _| {
        let at_drop = count.at_drop();
        async move {
            let _at_drop = at_drop;
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(text)
        }
    }));
    let channel = served.channel();
    let deadline = Some(Instant::now() + Duration::from_millis(50));
    let late = channel.start(&Exchange { deadline, ..exchange(b"") });
    let (cancelled, forgotten) = (channel.start(&exchange(b"")), channel.start(&exchange(b"")));
    thread::sleep(Duration::from_millis(20));
    assert!(cancelled.cancel());
    assert!(cancelled.has_ended() && !cancelled.cancel());
    drop(forgotten);
    assert!(late.wait(Duration::from_secs(5)));
    assert_eq!(late.outcome().expect("ended").status.code(), Code::DeadlineExceeded);
    eventually("no handler goes on", || dropped.get() == 3);
}

#[test]
fn a_call_that_the_server_has_certainly_not_looked_at_is_made_again() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        peer.wait_for_call(1);
        peer.send(&frame(kind::RST_STREAM, 0, 1, &[0, 0, 0, 7]));
        peer.wait_for_call(3);
        // Leaves the call out of what it will look at.
        peer.send(&frame(kind::GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]));
        let mut next = Peer::accept(&listener);
        next.wait_for_call(1);
        next.answer(1);
        next.wait_for_call(3);
        // Twice is once too often.
        next.send(&frame(kind::RST_STREAM, 0, 3, &[0, 0, 0, 7]));
        next.wait_for_call(5);
        next.send(&frame(kind::RST_STREAM, 0, 5, &[0, 0, 0, 7]));
    });
    let channel = Channel::connect(&address).expect("it listens");
    let status = say(&channel, "").send().expect_err("refused, then left out");
    assert_status(&status, Code::Unavailable, &["leaving"]);
    assert_eq!(answer(&channel, ""), "");
    let status = say(&channel, "").send().expect_err("refused twice");
    assert_status(&status, Code::Unavailable, &["REFUSED_STREAM"]);
    server.join().expect("no panic");
}

#[test]
fn a_connection_that_is_cut_ends_its_calls_with_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept(&listener);
        for stream in [1, 3, 5] {
            peer.wait_for_call(stream);
        }
    });
    let channel = Channel::connect(&address).expect("it listens");
    thread::scope(|scope| {
        let calls = [(); 3].map(|()| scope.spawn(|| say(&channel, "").send()));
        for call in calls {
            let status = call.join().expect("no panic").expect_err("cut");
            assert_status(&status, Code::Unavailable, &[&address, "lost"]);
        }
    });
    server.join().expect("no panic");
}

#[test]
fn a_full_connection_lets_callers_in_as_there_is_room() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = thread::spawn(move || {
        let mut peer = Peer::accept_with(&listener, &[0, 3, 0, 0, 0, 1]);
        for stream in [1, 3, 5, 7] {
            peer.wait_for_call(stream);
            thread::sleep(Duration::from_millis(10));
            peer.answer(stream);
        }
    });
    let channel = Channel::connect(&address).expect("it listens");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(answer(&channel, ""), ""));
        }
    });
    server.join().expect("no panic");
}

/// A server of one connection, by hand.
struct Peer(TcpStream);

impl Peer {
    fn accept(listener: &TcpListener) -> Self {
        Peer::accept_with(listener, &[])
    }

    fn accept_with(listener: &TcpListener, settings: &[u8]) -> Self {
        let (mut socket, _) = listener.accept().expect("a client");
        socket.set_read_timeout(Some(PATIENCE)).expect("an option");
        let mut preface = [0; PREFACE.len()];
        socket.read_exact(&mut preface).expect("the preface");
        let mut peer = Peer(socket);
        peer.send(&frame(kind::SETTINGS, 0, 0, settings));
        peer
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the client reads");
    }

    fn next_frame(&mut self) -> (FrameHead, Vec<u8>) {
        let mut head = [0; HEAD_LEN];
        self.0.read_exact(&mut head).expect("a frame");
        let head = FrameHead::parse(&head);
        let mut payload = vec![0; head.length as usize];
        self.0.read_exact(&mut payload).expect("a frame");
        (head, payload)
    }

    /// Reads until the request of `stream` has ended.
    fn wait_for_call(&mut self, stream: u32) {
        loop {
            let (head, _) = self.next_frame();
            if head.kind == kind::DATA && head.stream == stream && head.flags & 1 == 1 {
                return;
            }
        }
    }

    /// Answers with the empty message.
    fn answer(&mut self, stream: u32) {
        let head = block(&[(":status", b"200"), ("content-type", b"application/grpc")]);
        let trailers = block(&[("grpc-status", b"0")]);
        self.send(&frame(kind::HEADERS, flag::END_HEADERS, stream, &head));
        self.send(&frame(kind::DATA, 0, stream, &[0; 5]));
        self.send(&frame(kind::HEADERS, flag::END_HEADERS | flag::END_STREAM, stream, &trailers));
    }
}

/// The names of this process's threads that channels have started.
fn threads_of_channels() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    let ours = |name: &String| ["yamabiko-attend", "yamabiko-connec"].contains(&name.trim());
    tasks.filter_map(name).filter(ours).collect()
}
