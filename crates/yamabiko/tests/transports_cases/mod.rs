//! What holds however a server and a client are joined.

mod custom;
mod streaming;
pub mod world;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use world::{Asked, Driver, Over, World};
use yamabiko::{Code, Metadata, Origin, Status};

use super::support::{Count, Echo, PATIENCE, assert_status};

/// How the two are joined.
pub type Join = (Driver, Driver, Over);

fn world((serves, calls, over): Join, echo: Echo) -> World {
    World::new(serves, calls, over, echo)
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// A call is answered, with metadata both ways, and refused with the words of the handler.
pub fn calls_are_answered(join: Join) {
    let world = world(
        join,
        Echo::new(|text, context| async move {
            if text.is_empty() {
                return Err(Status::invalid_argument("say something"));
            }
            let greeting = context.metadata().get("greeting").unwrap_or("none").to_owned();
            context.add_header("before", &greeting).expect("good");
            context.add_trailer("behind", "it").expect("good");
            Ok(format!("{text}!"))
        }),
    );
    let mut metadata = Metadata::new();
    metadata.append("greeting", "hello").expect("good");
    let asked = Asked { text: "hey".to_owned(), metadata, ..Asked::default() };
    let response = world.ask(asked).expect("an answer");
    assert_eq!(response.message, "hey!");
    assert_eq!(response.headers.get("before"), Some("hello"));
    assert_eq!(response.trailers.get("behind"), Some("it"));
    let refused = world.ask(Asked::default()).expect_err("it is empty");
    assert_status(&refused, Code::InvalidArgument, &["say something"]);
    assert_eq!(refused.origin(), Origin::Server);
    assert_eq!(world.connections(), 1, "all went over one connection");
}

/// Messages larger than any buffer on the way pass whole, both ways.
pub fn large_messages_pass(join: Join) {
    let world = world(join, Echo::plain());
    let mut next = super::support::random(7);
    let text: String = (0..3_000_000).map(|_| char::from(b'a' + (next() % 26) as u8)).collect();
    let answer = world.answer(&text);
    assert!(answer == text, "{} bytes came back changed", answer.len());
    assert_eq!(world.answer("small"), "small", "a small one behind it");
}

/// Many calls at once get each its own answer.
pub fn many_calls_at_once(join: Join) {
    let world = world(join, Echo::plain());
    thread::scope(|scope| {
        for caller in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for call in 0..50 {
                    // Some larger than a frame, so that they are mixed on the wire.
                    let text = format!("{caller}.{call}.").repeat(1 + (call % 7) * 900);
                    assert_eq!(world.answer(&text), text);
                }
            });
        }
    });
    assert_eq!(world.connections(), 1);
}

/// A deadline ends a call on both sides.
pub fn a_deadline_ends_a_call_on_both_sides(join: Join) {
    let cancelled = Count::default();
    let counted = cancelled.clone();
    let world = world(
        join,
        Echo::new(move |text, context| {
            let counted = counted.clone();
            async move {
                assert!(context.deadline().is_some(), "it has been passed on");
                let _dropped = counted.at_drop();
                context.cancelled().await;
                Ok(text)
            }
        }),
    );
    let asked = Asked { timeout: Some(Duration::from_millis(150)), ..Asked::default() };
    let late = world.ask(asked).expect_err("nobody answers");
    assert_status(&late, Code::DeadlineExceeded, &[]);
    eventually("the handler ends", || cancelled.get() == 1);
}

/// A handler knows who calls.
pub fn the_peer_is_known(join: Join) {
    let world = world(
        join,
        Echo::new(|_, context| async move {
            let peer = context.peer().expect("a call has a peer");
            Ok(format!("{peer} {}", peer.certificates().len()))
        }),
    );
    let peer = world.answer("");
    let (address, certificates) = peer.rsplit_once(' ').expect("two parts");
    match join.2 {
        Over::Tcp | Over::Tls | Over::MutualTls | Over::Custom => {
            let address: std::net::SocketAddr = address.parse().expect("an IP address");
            assert!(address.ip().is_loopback() && address.port() > 0, "{peer}");
        }
        Over::Memory => assert_eq!(address, "in-process"),
        _ => assert_eq!(address, "unix:", "a client's socket has no name"),
    }
    assert_eq!(certificates, if join.2 == Over::MutualTls { "1" } else { "0" });
}

/// A server that leaves answers what it has accepted, and says so.
pub fn a_server_that_leaves_answers_first(join: Join) {
    let (entered, release) = (Count::default(), Arc::new(Barrier::new(2)));
    let (counted, released) = (entered.clone(), Arc::clone(&release));
    let mut world = world(
        join,
        Echo::new(move |text, _| {
            let (counted, released) = (counted.clone(), Arc::clone(&released));
            async move {
                if text == "wait" {
                    counted.add();
                    released.wait();
                }
                Ok(text)
            }
        }),
    );
    assert_eq!(world.answer("before"), "before");
    let leave = world.take_server();
    thread::scope(|scope| {
        let waits = scope.spawn(|| world.answer("wait"));
        eventually("the handler runs", || entered.get() == 1);
        let leaves = scope.spawn(leave);
        thread::sleep(Duration::from_millis(50));
        assert!(!leaves.is_finished(), "a call is in progress");
        release.wait();
        assert_eq!(waits.join().expect("no panic"), "wait");
        let report = leaves.join().expect("no panic");
        assert_eq!(report.finished, 1, "{report}");
        assert!(report.cut.is_empty(), "{report}");
    });
    let asked = Asked { timeout: Some(Duration::from_secs(5)), ..Asked::default() };
    let gone = world.ask(asked).expect_err("nobody is there");
    assert_status(&gone, Code::Unavailable, &["cannot connect to"]);
}

/// Streams pass in every direction, with small and large messages.
pub fn streams_pass(join: Join) {
    let world = world(join, Echo::plain());
    let numbers = world.down(10_000);
    let expected: Vec<_> = (1..=10_000).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
    let parts: Vec<_> = (0..1_000).map(|part| format!("{part},")).collect();
    assert_eq!(world.up(&parts), parts.concat());
    let sent: Vec<_> = (0..200)
        .map(|round| if round == 100 { "x".repeat(1 << 20) } else { round.to_string() })
        .collect();
    assert!(world.both(&sent) == sent, "each has come back in its turn");
}

/// A call that is dropped ends at the server too.
pub fn a_dropped_call_ends_at_the_server(join: Join) {
    let (entered, dropped) = (Count::default(), Count::default());
    let (counted, ended) = (entered.clone(), dropped.clone());
    let world = world(
        join,
        Echo::new(move |text, context| {
            let (counted, ended) = (counted.clone(), ended.clone());
            async move {
                let _dropped = ended.at_drop();
                counted.add();
                context.cancelled().await;
                Ok(text)
            }
        }),
    );
    world.on_tokio(|channel| async move {
        let call = tokio::spawn(super::support::say(&channel, "").into_future());
        super::support::eventually("the handler runs", || entered.get() == 1).await;
        call.abort();
        super::support::eventually("the handler ends", || dropped.get() == 1).await;
    });
    assert_eq!(world.connections(), 1, "the connection goes on");
}

/// A test of each case, for one way of joining.
macro_rules! join {
    ($name:ident: $serves:ident, $calls:ident, $over:ident $(, $more:ident)*) => {
        mod $name {
            use super::transports_cases::world::{Driver, Over};
            use super::transports_cases::{self as cases, Join};

            const JOIN: Join = (Driver::$serves, Driver::$calls, Over::$over);

            each! { JOIN:
                calls_are_answered
                large_messages_pass
                many_calls_at_once
                a_deadline_ends_a_call_on_both_sides
                streams_pass
                the_peer_is_known
                a_server_that_leaves_answers_first
                $($more)*
            }
        }
    };
}

/// A test of each case.
macro_rules! each {
    ($join:ident: $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                cases::$case($join);
            }
        )*
    };
}
