//! Many threads on one channel on plain threads: whatever their calls meet, each has one end and
//! nobody is forgotten.
#![cfg(feature = "blocking")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::served::{Served, answer, eventually, say};
use support::{Count, Echo, Reserved, SAY, random};
use yamabiko::blocking::{Channel, Exchange};
use yamabiko::{Code, Metadata};

/// Answers at once, or after up to two milliseconds.
fn moody() -> Echo {
    Echo::new(|text, _| async move {
        let length = text.len() as u64;
        if length.is_multiple_of(3) {
            tokio::time::sleep(Duration::from_micros(length * 100 % 2000)).await;
        }
        Ok(text)
    })
}

/// Makes calls with all sorts of deadlines, some of which go on by themselves and are given up.
fn call_at_random(channel: &Channel, seed: u64, ended: &Count, wrong: &Count) {
    static NONE: Metadata = Metadata::new();
    let mut random = random(seed);
    for _ in 0..300 {
        let text = "x".repeat(random() as usize % 60);
        let deadline = match random() % 4 {
            0 => Instant::now() + Duration::from_micros(random() % 1500),
            _ => Instant::now() + support::PATIENCE,
        };
        if random().is_multiple_of(4) {
            let message = [&[0x0a, text.len() as u8][..], text.as_bytes()].concat();
            let (path, metadata, deadline) = (SAY, &NONE, Some(deadline));
            let wait_for_ready = random().is_multiple_of(2);
            let (compression, max_message) = (None, None);
            let exchange = Exchange {
                path,
                message: &message,
                metadata,
                deadline,
                wait_for_ready,
                compression,
                max_message,
            };
            let started = channel.start(&exchange);
            let count = ended.clone();
            started.on_end(move || count.add());
            if random().is_multiple_of(2) {
                started.cancel();
            } else if random().is_multiple_of(2) {
                assert!(started.wait(2 * support::PATIENCE), "a call without an end");
                let outcome = started.outcome().expect("it has ended");
                if outcome.message.is_some_and(|answer| !text.is_empty() && *answer != *message) {
                    wrong.add();
                }
            }
            continue;
        }
        match say(channel, &*text).deadline(deadline).send() {
            Ok(reply) if reply.value != text => wrong.add(),
            Err(status) if !matches!(status.code(), Code::DeadlineExceeded | Code::Unavailable) => {
                panic!("{status}")
            }
            _ => {}
        }
        ended.add();
    }
}

#[test]
fn every_call_has_one_end_and_its_own_answer() {
    let served = Served::new(moody());
    let channel = served.channel();
    let (ended, wrong) = (Count::default(), Count::default());
    thread::scope(|scope| {
        for seed in 0..12 {
            let (channel, ended, wrong) = (&channel, &ended, &wrong);
            scope.spawn(move || call_at_random(channel, seed, ended, wrong));
        }
    });
    eventually("each has ended", || ended.get() == 12 * 300);
    assert_eq!((wrong.get(), served.connections()), (0, 1));
    assert_eq!(answer(&channel, "after"), "after");
}

#[test]
fn the_same_while_the_server_comes_and_goes() {
    let place = Reserved::new();
    let channel = Channel::lazy(place.address()).expect("an address");
    let (ended, wrong) = (Count::default(), Count::default());
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let coming_and_going = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let served = Served::at(&place.address(), moody());
                thread::sleep(Duration::from_millis(50));
                drop(served);
            }
        });
        thread::scope(|scope| {
            for seed in 0..8 {
                let (channel, ended, wrong) = (&channel, &ended, &wrong);
                scope.spawn(move || call_at_random(channel, seed, ended, wrong));
            }
        });
        over.store(true, Ordering::Relaxed);
        coming_and_going.join().expect("no panic");
    });
    eventually("each has ended", || ended.get() == 8 * 300);
    assert_eq!(wrong.get(), 0);
    let _served = Served::at(&place.address(), Echo::plain());
    assert_eq!(say(&channel, "y").wait_for_ready().send().expect("an answer").value, "y");
}
