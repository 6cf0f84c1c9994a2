//! A handler that does not return holds up nobody else, and neither does a
//! busy connection.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::raw::{call, frames, hello, read_to_end};
use support::{Count, Echo, answer, burn, connect, eventually, in_time, say, serve};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use yamabiko::Channel;
use yamabiko_core::frame::kind;

const BURN: Duration = Duration::from_millis(50);
/// What a call beside such a handler may take, as a rule. A machine that is busy with other tests
/// takes its time as well: so this is held against the median, and what is less than a stall
/// against all but one in sixteen.
const FEW: Duration = Duration::from_millis(10);
/// Of which one must be good.
const ROUNDS: usize = 5;

/// Burns, or sleeps without letting go of the thread, or answers at once. It is one method, so
/// that what is known of it never fits the next call.
fn echo() -> Echo {
    Echo::new(|text, _| async move {
        match text.as_str() {
            "burn" => burn(BURN),
            "sleep" => std::thread::sleep(BURN),
            "burn later" => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                burn(BURN);
            }
            "wait" => tokio::time::sleep(Duration::from_millis(1)).await,
            _ => {}
        }
        Ok(text)
    })
}

/// How long each of `count` calls takes that are made one after the other.
async fn quick_calls(channel: &Channel, count: usize, text: &str) -> Vec<Duration> {
    let mut took = Vec::new();
    for _ in 0..count {
        let began = Instant::now();
        answer(channel, text).await;
        took.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    took.sort();
    took
}

fn start(channel: &Channel, text: &str, count: usize) -> Vec<JoinHandle<()>> {
    (0..count)
        .map(|_| {
            let (channel, text) = (channel.clone(), text.to_owned());
            tokio::spawn(async move { drop(answer(&channel, &text).await) })
        })
        .collect()
}

/// Calls are fair, some time: a stall would be there in every round, a machine that is busy
/// elsewhere is not.
async fn assert_fair<F: Future<Output = Vec<Duration>>>(
    median: Duration,
    nearly_all: Duration,
    round: impl Fn() -> F,
) {
    for rounds in 1.. {
        let took = round().await;
        let (middle, late) = (took[took.len() / 2], took[took.len() - 1 - took.len() / 16]);
        if middle < median && late < nearly_all {
            return;
        }
        assert!(rounds < ROUNDS, "median {middle:?}, {late:?}: {took:?}");
    }
}

/// The server has a runtime with two workers of its own, so that the client's tasks are not what
/// is held up.
struct Scene {
    _runtime: tokio::runtime::Runtime,
    server: yamabiko::Running,
    address: String,
}

impl Scene {
    fn new(echo: Echo) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let (server, address) = std::thread::scope(|scope| {
            scope.spawn(|| runtime.block_on(serve(echo))).join().expect("it listens")
        });
        Scene { _runtime: runtime, server, address }
    }

    fn end(self) {
        let Scene { _runtime: runtime, server, .. } = self;
        drop(server);
        runtime.shutdown_background();
    }
}

#[tokio::test]
async fn the_first_handler_that_burns_holds_up_nobody() {
    for text in ["burn", "sleep", "burn later"] {
        assert_fair(FEW, Duration::from_millis(40), || async {
            // A new server each time, which knows nothing of its methods.
            let mut took = Vec::new();
            for _ in 0..5 {
                let scene = Scene::new(echo());
                let channel = connect(&scene.address).await;
                answer(&channel, "").await;
                let burning = start(&channel, text, 1);
                tokio::time::sleep(Duration::from_millis(5)).await;
                took.extend(quick_calls(&channel, 10, "").await);
                for call in burning {
                    in_time(call).await.expect("an answer");
                }
                scene.end();
            }
            took.sort();
            took
        })
        .await;
    }
}

#[tokio::test]
async fn calls_behind_a_burning_one_in_the_same_batch_are_not_held_up() {
    // The burning one is the first, or in the middle.
    for place in [0, 5] {
        let mut answered = Vec::new();
        // A stall would be there every time; a machine that is busy elsewhere is not.
        while !answered.contains(&9) {
            answered.push(answered_within_35_ms(place).await);
            assert!(answered.len() < ROUNDS, "all but the burning one: {answered:?}");
        }
    }
}

/// Ten calls in one write to a new server, one of which burns.
async fn answered_within_35_ms(place: u32) -> usize {
    let scene = Scene::new(echo());
    let mut bytes = hello(false);
    for number in 0..10 {
        let text = match number {
            burning if burning == place => "burn",
            odd if odd % 2 == 1 => "wait",
            _ => "",
        };
        bytes.extend(call(2 * number + 1, text));
    }
    let mut socket = TcpStream::connect(&scene.address).await.expect("it listens");
    socket.write_all(&bytes).await.expect("it reads");
    let (answers, _) = read_to_end(&mut socket, Duration::from_millis(35)).await;
    scene.end();
    frames(&answers).iter().filter(|(kind, _, _)| *kind == kind::DATA).count()
}

#[tokio::test]
async fn many_handlers_that_burn_hold_up_nobody() {
    for text in ["burn", "burn later", "sleep"] {
        // The cores are shared with up to 20 threads that burn: what is asked is that nobody
        // waits for all of them (500 ms), or even for some of them, as a rule.
        let median = if text == "sleep" { FEW } else { Duration::from_millis(40) };
        assert_fair(median, Duration::from_millis(250), || async {
            let scene = Scene::new(echo());
            let channel = connect(&scene.address).await;
            let burning = start(&channel, text, 20);
            tokio::time::sleep(Duration::from_millis(10)).await;
            let took = quick_calls(&channel, 20, "").await;
            for call in burning {
                in_time(call).await.expect("an answer");
            }
            scene.end();
            took
        })
        .await;
    }
}

#[tokio::test]
async fn handlers_that_block_their_thread_do_not_queue_for_the_workers() {
    let (asleep, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (Arc::clone(&asleep), Arc::clone(&most));
    let scene = Scene::new(Echo::new(move |text, _| {
        let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
        async move {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(BURN);
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(text)
        }
    }));
    let channel = connect(&scene.address).await;
    for call in start(&channel, "sleep", 40) {
        in_time(call).await.expect("an answer");
    }
    // The runtime has two workers.
    let most = most.load(Ordering::SeqCst);
    assert!(most >= 8, "{most} slept at a time");
    scene.end();
}

#[tokio::test]
async fn a_handler_that_burns_holds_up_no_other_connection() {
    assert_fair(FEW, Duration::from_millis(100), || async {
        let scene = Scene::new(echo());
        let (one, other) = (connect(&scene.address).await, connect(&scene.address).await);
        answer(&other, "").await;
        let burning = start(&one, "burn", 5);
        tokio::time::sleep(Duration::from_millis(2)).await;
        let took = quick_calls(&other, 30, "").await;
        for call in burning {
            in_time(call).await.expect("an answer");
        }
        scene.end();
        took
    })
    .await;
}

#[tokio::test]
async fn a_connection_with_a_thousand_calls_in_flight_starves_no_other() {
    let scene = Scene::new(echo());
    let other = connect(&scene.address).await;
    let calls = Count::default();
    // The busy client has a thread of its own.
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (count, address) = (calls.clone(), scene.address.clone());
    let load = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let busy = connect(&address).await;
            let callers: Vec<_> = (0..1_000)
                .map(|_| {
                    let (busy, stopped, count) = (busy.clone(), stopped.clone(), count.clone());
                    tokio::spawn(async move {
                        while !*stopped.borrow() {
                            say(&busy, "").await.expect("an answer");
                            count.add();
                        }
                    })
                })
                .collect();
            for caller in callers {
                in_time(caller).await.expect("no panic");
            }
        });
    });
    eventually("it is busy", || calls.get() > 2_000).await;
    let (median, nearly_all) = (Duration::from_millis(25), Duration::from_millis(250));
    assert_fair(median, nearly_all, || quick_calls(&other, 100, "")).await;
    stop.send(true).expect("the load goes on");
    load.join().expect("no panic");
    scene.end();
}

#[tokio::test]
async fn connections_end_in_good_order_after_takeovers() {
    let scene = Scene::new(echo());
    for _ in 0..3 {
        let channel = connect(&scene.address).await;
        let calls =
            [start(&channel, "burn", 3), start(&channel, "", 50), start(&channel, "wait", 9)];
        for call in calls.into_iter().flatten() {
            in_time(call).await.expect("an answer");
        }
    }
    eventually("all are gone", || scene.server.connections() == 0).await;
    assert_eq!(scene.server.live_calls(), 0);
    let channel = connect(&scene.address).await;
    let call = tokio::spawn(say(&channel, "burn").into_future());
    eventually("it is there", || scene.server.live_calls() == 1).await;
    let Scene { _runtime: runtime, server, .. } = scene;
    assert!(in_time(server.shut_down()).await.is_clean());
    assert_eq!(in_time(call).await.expect("no panic").expect("an answer").value, "burn");
    runtime.shutdown_background();
}

#[tokio::test]
async fn the_only_thread_of_a_runtime_answers_all_the_same() {
    let (_server, address) = serve(echo()).await;
    let channel = connect(&address).await;
    let calls = [start(&channel, "burn", 3), start(&channel, "sleep", 3), start(&channel, "", 50)];
    for call in calls.into_iter().flatten() {
        in_time(call).await.expect("an answer");
    }
}
