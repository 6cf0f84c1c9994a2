//! Many tasks, cancellations, deadlines and restarts of the server, from a
//! seed: every call ends once, and nothing is left behind.

mod support;

use std::time::{Duration, Instant};

use support::{Count, Echo, Reserved, burn, eventually, in_time, random, say};
use yamabiko::{Channel, Code, Running, Server, Status};

const CALLERS: u64 = 64;
const TIME: Duration = Duration::from_secs(4);
/// What may be left of what was used, in MiB: pools, stacks of threads, fragments.
const MEMORY: usize = 64;

#[derive(Clone, Default)]
struct Counts {
    /// By the handlers.
    begun: Count,
    gone: Count,
    /// By the callers.
    made: Count,
    answered: Count,
    failed: Count,
    given_up: Count,
}

fn echo(counts: &Counts) -> Echo {
    let counts = counts.clone();
    Echo::new(move |text, _| {
        counts.begun.add();
        let at_drop = counts.gone.at_drop();
        async move {
            let _at_drop = at_drop;
            let (kind, rest) = text.split_once(' ').unwrap_or((&text, ""));
            let number = rest.parse::<u64>().unwrap_or(0);
            match kind {
                "wait" => tokio::time::sleep(Duration::from_millis(number % 20)).await,
                "burn" => burn(Duration::from_millis(number % 4)),
                "sleep" => std::thread::sleep(Duration::from_millis(number % 8)),
                "panic" => panic!("as told"),
                "fail" => return Err(Status::not_found(rest.to_owned())),
                "large" => return Ok("x".repeat((number % 300_000) as usize)),
                _ => {}
            }
            Ok(text)
        }
    })
}

async fn start(place: &Reserved, counts: &Counts) -> Running {
    let began = Instant::now();
    loop {
        let server = Server::new().add(echo(counts)).max_concurrent_calls(40);
        match server.bind(place.address()).await {
            Ok(listening) => return listening.start(),
            // The one before it was dropped and may still be letting go.
            Err(error) => assert!(began.elapsed() < support::PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// One call, one outcome.
async fn call(channel: &Channel, mut next: impl FnMut() -> u64, counts: &Counts) {
    let number = next() % 1_000_000;
    let kind = match next() % 100 {
        0..50 => "quick",
        50..75 => "wait",
        75..78 => "burn",
        78..80 => "sleep",
        80..82 => "panic",
        82..92 => "fail",
        _ => "large",
    };
    let text = format!("{kind} {number}");
    let mut call = say(channel, &*text);
    let limited = next().is_multiple_of(4);
    if limited {
        call = call.timeout(Duration::from_micros(next() % 15_000));
    }
    if next().is_multiple_of(2) {
        call = call.wait_for_ready();
    }
    counts.made.add();
    let patience = if next().is_multiple_of(4) { next() % 10_000 } else { u64::from(u32::MAX) };
    match tokio::time::timeout(Duration::from_micros(patience), call.into_future()).await {
        Err(_) => counts.given_up.add(),
        Ok(Ok(answer)) => {
            match kind {
                "large" => assert_eq!(answer.value.len() as u64, number % 300_000),
                _ => assert_eq!(answer.value, text),
            }
            counts.answered.add();
        }
        Ok(Err(status)) => {
            let expected = match status.code() {
                Code::Unavailable => true,
                Code::DeadlineExceeded => limited,
                Code::Internal => kind == "panic",
                Code::NotFound => kind == "fail" && status.message() == number.to_string(),
                _ => false,
            };
            assert!(expected, "{text}: {status}");
            counts.failed.add();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_once_whatever_happens() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={seed}");
    std::panic::set_hook(Box::new(|info| {
        if !info.to_string().contains("as told") {
            eprintln!("{info}");
        }
    }));
    let counts = Counts::default();
    let place = Reserved::new();
    let mut server = start(&place, &counts).await;
    let before = memory();
    let ends = Instant::now() + TIME;
    let channels: Vec<_> =
        (0..4).map(|_| Channel::lazy(place.address()).expect("an address")).collect();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let mut next = random(seed * CALLERS + caller);
            let channel = channels[(caller % 4) as usize].clone();
            let counts = counts.clone();
            tokio::spawn(async move {
                while Instant::now() < ends {
                    call(&channel, &mut next, &counts).await;
                    if next().is_multiple_of(8) {
                        tokio::time::sleep(Duration::from_micros(next() % 3_000)).await;
                    }
                }
            })
        })
        .collect();
    let mut next = random(seed);
    while Instant::now() < ends {
        tokio::time::sleep(Duration::from_millis(100 + next() % 500)).await;
        if next().is_multiple_of(2) {
            assert!(in_time(server.shut_down()).await.is_clean());
        } else {
            drop(server);
        }
        server = start(&place, &counts).await;
    }
    for caller in callers {
        in_time(caller).await.expect("every call ends as it should");
    }
    let ended = counts.answered.get() + counts.failed.get() + counts.given_up.get();
    assert_eq!(counts.made.get(), ended);
    assert!(counts.answered.get() > 1_000, "{}", counts.answered.get());
    eventually("no call is left", || server.live_calls() == 0).await;
    eventually("no handler is left", || counts.begun.get() == counts.gone.get()).await;
    drop(channels);
    eventually("no connection is left", || server.connections() == 0).await;
    assert!(in_time(server.shut_down()).await.is_clean());
    let after = memory();
    assert!(after < before + MEMORY, "from {before} to {after} MiB");
}

/// Resident memory of this process in MiB, where the system tells.
fn memory() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4 / 1024
}
