//! Streams of messages in both directions for a client on plain threads, whatever serves it: the
//! parent says so with `serve`, which gives a server and its address.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use yamabiko::blocking::{
    Call, Channel, IntoRequests, Requests, Streaming, bidi_streaming, client_streaming,
    server_streaming,
};
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::codegen::Buffa;
use yamabiko::{Code, Origin, Status};

use super::serve;
use super::support::served::eventually;
use super::support::streams::{Streams, pause, texts};
use super::support::{Count, PATIENCE, text};

fn connect(address: &str) -> Channel {
    Channel::connect(address).expect("the server listens")
}

fn down(channel: &Channel, request: &str) -> Call<Streaming<StringValue>> {
    let call = server_streaming::<Buffa, _, _>(channel, "/test.Streams/Down", text(request));
    call.timeout(PATIENCE)
}

fn up(channel: &Channel, requests: impl IntoRequests<StringValue>) -> Call<StringValue> {
    let path = "/test.Streams/Up";
    client_streaming::<Buffa, StringValue, _>(channel, path, requests).timeout(PATIENCE)
}

fn both(
    channel: &Channel,
    requests: impl IntoRequests<StringValue>,
) -> Call<Streaming<StringValue>> {
    let path = "/test.Streams/Both";
    bidi_streaming::<Buffa, StringValue, _>(channel, path, requests).timeout(PATIENCE)
}

fn failure(stream: &mut Streaming<StringValue>) -> Status {
    stream.find_map(Result::err).expect("it does not end well")
}

#[test]
fn responses_come_in_order_and_end() {
    let (_server, address) = serve(Streams::plain());
    let channel = connect(&address);
    for count in [0_u32, 1, 2, 31, 32, 33, 10_000] {
        let mut numbers = down(&channel, &count.to_string()).send().expect("it was sent");
        for expected in 1..=count {
            let number = numbers.message().expect("a stream").expect("another one");
            assert_eq!(number.value, expected.to_string());
        }
        assert_eq!(numbers.message().expect("an end"), None);
        assert_eq!(numbers.message().expect("still the end"), None);
    }
}

#[test]
fn requests_come_in_order_and_end() {
    let (_server, address) = serve(Streams::plain());
    let channel = connect(&address);
    for count in [0_usize, 1, 40, 10_000] {
        let requests: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let joined = requests.concat();
        // Known to be there, and drawn one by one.
        let (all, each) = (requests.clone(), requests.into_iter().map(text).filter(|_| true));
        let answer = up(&channel, all.into_iter().map(text)).send();
        assert_eq!(answer.expect("an answer").value, joined);
        assert_eq!(up(&channel, each).send().expect("an answer").value, joined);
    }
}

#[test]
fn requests_are_sent_while_responses_are_read() {
    let (_server, address) = serve(Streams::plain());
    let (mut sender, requests) = yamabiko::blocking::channel();
    let mut replies = both(&connect(&address), requests).send().expect("it was sent");
    for number in 0..1000 {
        sender.send(text(number.to_string())).expect("it is taken");
        let reply = replies.message().expect("a reply").expect("a reply");
        assert_eq!(reply.value, number.to_string());
    }
    drop(sender);
    assert_eq!(replies.message().expect("an end"), None);
}

#[test]
fn an_iterator_of_requests_may_wait_for_the_responses() {
    let (_server, address) = serve(Streams::plain());
    let (heard, hears) = mpsc::channel();
    heard.send(0).expect("it is heard");
    // Says that there is more, and yet does not know it before the reply has come.
    let requests = (0..200).map(move |_| text(hears.recv().expect("a number").to_string()));
    let replies = both(&connect(&address), requests).send().expect("it was sent");
    for (number, reply) in (1..).zip(replies) {
        let reply: usize = reply.expect("a reply").value.parse().expect("a number");
        assert_eq!(reply + 1, number);
        let _ = heard.send(number);
    }
}

#[test]
fn two_threads_share_a_call() {
    let (_server, address) = serve(Streams::plain());
    let (mut sender, requests) = yamabiko::blocking::channel();
    let replies = both(&connect(&address), requests).send().expect("it was sent");
    let sending = thread::spawn(move || {
        for _ in 0..20_000 {
            sender.send(text("x".repeat(100))).expect("it is taken");
        }
    });
    let replies: Result<Vec<_>, _> = replies.collect();
    assert_eq!(replies.expect("all of them").len(), 20_000);
    sending.join().expect("no panic");
}

#[test]
fn headers_come_before_the_first_message_and_trailers_behind_the_last() {
    let (_server, address) = serve(Streams::plain().both(|mut requests, context| async move {
        context.add_header("early", "1").expect("valid");
        Ok(texts(move |mut replies| async move {
            while let Some(request) = requests.message().await? {
                replies.send(request).await?;
            }
            context.add_trailer("late", "2").expect("valid");
            Ok(())
        }))
    }));
    let (mut sender, requests) = yamabiko::blocking::channel();
    let response = both(&connect(&address), requests).response().expect("headers");
    assert_eq!(response.headers.get("early"), Some("1"));
    let mut replies = response.message;
    sender.send(text("hello")).expect("it is taken");
    drop(sender);
    assert_eq!(replies.message().expect("one").expect("one").value, "hello");
    assert_eq!(replies.message().expect("an end"), None);
    assert_eq!(replies.trailers().get("late"), Some("2"));

    let requests: Requests<StringValue> = yamabiko::blocking::channel().1;
    let mut replies = both(&connect(&address), requests).send().expect("it was sent");
    assert_eq!(replies.headers().expect("headers").get("early"), Some("1"));
}

#[test]
fn an_error_comes_behind_the_messages_before_it() {
    let (_server, address) = serve(Streams::plain().down(|_, _| async {
        Ok(texts(|mut replies| async move {
            replies.send(text("one")).await?;
            Err(Status::data_loss("the disk is gone"))
        }))
    }));
    let mut replies = down(&connect(&address), "").send().expect("it was sent");
    assert_eq!(replies.message().expect("one").expect("one").value, "one");
    let status = replies.message().expect_err("the error");
    assert_eq!((status.code(), status.message()), (Code::DataLoss, "the disk is gone"));
    assert_eq!(status.origin(), Origin::Server);
    assert_eq!(replies.message().expect("over"), None);
}

#[test]
fn a_server_may_answer_while_the_client_still_sends() {
    let (_server, address) = serve(Streams::plain().up(|mut requests, _| async move {
        let first = requests.message().await?.map(|first| first.value);
        Ok(first.unwrap_or_default())
    }));
    // Without an end: the answer is what stops it.
    let requests = std::iter::repeat_with(|| text("first"));
    assert_eq!(up(&connect(&address), requests).send().expect("an answer").value, "first");
}

#[test]
fn a_caller_that_leaves_ends_the_handler() {
    let gone = Count::default();
    let count = gone.clone();
    let (_server, address) = serve(Streams::plain().both(move |mut requests, _| {
        let at_drop = count.at_drop();
        async move {
            Ok(texts(move |mut replies| async move {
                let _at_drop = at_drop;
                while let Some(request) = requests.message().await? {
                    replies.send(request).await?;
                }
                Ok(())
            }))
        }
    }));
    let (mut sender, requests) = yamabiko::blocking::channel();
    let mut replies = both(&connect(&address), requests).send().expect("it was sent");
    sender.send(text("one")).expect("it is taken");
    assert!(replies.message().expect("a reply").is_some());
    assert_eq!(gone.get(), 0);
    drop(replies);
    eventually("the handler is dropped", || gone.get() == 1);
    let error = sender.send(text("two")).expect_err("the call is over");
    assert_eq!(error.status().code(), Code::Cancelled);
}

#[test]
fn a_stream_that_is_given_up_is_cancelled() {
    let (_server, address) = serve(Streams::plain());
    let mut replies = down(&connect(&address), "1000000").send().expect("it was sent");
    assert!(replies.message().expect("a reply").is_some());
    replies.cancel();
    assert_eq!(replies.message().expect_err("cancelled").code(), Code::Cancelled);
    assert_eq!(replies.message().expect("over"), None);
}

#[test]
fn a_sender_of_responses_waits_for_a_client_that_does_not_read() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let (_server, address) = serve(Streams::plain().down(move |_, _| {
        let count = Arc::clone(&count);
        async move {
            Ok(texts(move |mut replies| async move {
                loop {
                    replies.send(text("x".repeat(1000))).await?;
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }))
        }
    }));
    let channel = connect(&address);
    let mut replies = down(&channel, "").send().expect("it was sent");
    assert!(replies.message().expect("a reply").is_some());
    thread::sleep(Duration::from_millis(300));
    let ahead = sent.load(Ordering::SeqCst);
    assert!(ahead < 2000, "{ahead} messages of 1 kB were sent to a client that reads none");
    assert_eq!(replies.by_ref().take(5000).filter(Result::is_ok).count(), 5000);
}

#[test]
fn a_sender_of_requests_waits_for_a_server_that_does_not_read() {
    let (_server, address) = serve(Streams::plain().up(|mut requests, _| async move {
        pause(Duration::from_millis(400)).await;
        let mut count = 0;
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(count.to_string())
    }));
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let requests = (0..3000).map(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        text("x".repeat(1000))
    });
    let channel = connect(&address);
    let call = thread::spawn(move || up(&channel, requests).send());
    thread::sleep(Duration::from_millis(200));
    let ahead = sent.load(Ordering::SeqCst);
    assert!((1..2000).contains(&ahead), "{ahead} messages of 1 kB were sent to nobody");
    assert_eq!(call.join().expect("no panic").expect("an answer").value, "3000");
}

#[test]
fn a_deadline_holds_for_a_stream_that_flows_and_one_that_does_not() {
    let (_server, address) = serve(Streams::plain().down(|request, _| async move {
        Ok(texts(move |mut replies| async move {
            loop {
                if request == "flows" {
                    replies.send(text("tick")).await?;
                }
                pause(Duration::from_millis(10)).await;
            }
        }))
    }));
    let channel = connect(&address);
    for request in ["flows", "does not"] {
        let began = Instant::now();
        let call = down(&channel, request).timeout(Duration::from_millis(200));
        let status = failure(&mut call.send().expect("it was sent"));
        assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
        assert!(began.elapsed() >= Duration::from_millis(190), "{:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[test]
fn a_deadline_ends_a_sender_that_waits() {
    // It reads nothing, and does not end.
    let (_server, address) = serve(Streams::plain().up(|requests, _| async move {
        pause(PATIENCE).await;
        drop(requests);
        Ok(String::new())
    }));
    let requests = std::iter::repeat_with(|| text("x".repeat(10_000)));
    let began = Instant::now();
    let call = up(&connect(&address), requests).timeout(Duration::from_millis(200));
    let status = call.send().expect_err("too late");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[test]
fn a_panic_in_the_midst_of_a_stream_is_internal_and_nobody_else_s() {
    let (_server, address) = serve(Streams::plain().down(|request, _| async move {
        Ok(texts(move |mut replies| async move {
            replies.send(text("one")).await?;
            assert!(request == "well", "on purpose");
            Ok(())
        }))
    }));
    let channel = connect(&address);
    let mut well = down(&channel, "well").send().expect("it was sent");
    let status = failure(&mut down(&channel, "ill").send().expect("it was sent"));
    assert_eq!((status.code(), status.message()), (Code::Internal, "the handler panicked"));
    assert!(well.message().expect("one").is_some());
    assert_eq!(well.message().expect("an end"), None);
}

#[test]
fn large_messages_go_both_ways() {
    let (_server, address) = serve(Streams::plain());
    let large = "山".repeat(1_000_000);
    let requests: Vec<_> = (0..5).map(|_| text(large.clone())).collect();
    let replies = both(&connect(&address), requests).send().expect("it was sent");
    let mut count = 0;
    for reply in replies {
        assert!(reply.expect("a reply").value == large);
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn streams_and_calls_share_a_connection_between_threads() {
    let (_server, address) = serve(Streams::plain());
    let channel = connect(&address);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let channel = &channel;
                scope.spawn(move || {
                    for _ in 0..20 {
                        let count = 10 * (number + 1);
                        let numbers = down(channel, &count.to_string()).send();
                        assert_eq!(numbers.expect("it was sent").flatten().count(), count);
                        let letters = ["a", "b", "c"].map(text);
                        assert_eq!(up(channel, letters).send().expect("an answer").value, "abc");
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    });
}

#[test]
fn a_lost_connection_ends_its_streams_with_one_status() {
    let (server, address) = serve(Streams::plain());
    let (mut sender, requests) = yamabiko::blocking::channel();
    let mut replies = both(&connect(&address), requests).send().expect("it was sent");
    sender.send(text("one")).expect("it is taken");
    assert!(replies.message().expect("a reply").is_some());
    drop(server);
    let status = replies.message().expect_err("lost");
    let conclusion = (status.code(), status.origin());
    assert_eq!(conclusion, (Code::Unavailable, Origin::Concluded), "{status}");
    let error = loop {
        if let Err(error) = sender.send(text("two")) {
            break error;
        }
    };
    assert_eq!(error.status().code(), Code::Unavailable);
}

#[test]
fn requests_that_fail_elsewhere_end_a_call_that_waits() {
    let (_server, address) = serve(Streams::plain());
    let channel = connect(&address);
    let (mut sender, requests) = yamabiko::blocking::channel();
    sender.send(text("one")).expect("it is taken");
    let began = Instant::now();
    let failing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        sender.fail(Status::aborted("changed my mind"));
    });
    let status = up(&channel, requests).send().expect_err("the requests failed");
    assert_eq!((status.code(), status.message()), (Code::Aborted, "changed my mind"));
    assert!(began.elapsed() < PATIENCE / 4, "{:?}", began.elapsed());
    failing.join().expect("no panic");
}

#[test]
fn requests_that_fail_end_their_call() {
    let (_server, address) = serve(Streams::plain());
    let (sender, requests) = yamabiko::blocking::channel();
    let mut replies = both(&connect(&address), requests).send().expect("it was sent");
    sender.fail(Status::aborted("changed my mind"));
    let status = replies.message().expect_err("it was given up");
    assert_eq!((status.code(), status.message()), (Code::Aborted, "changed my mind"));
}
