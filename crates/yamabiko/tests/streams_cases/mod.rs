//! Streams of messages in both directions for a client on tokio, whatever serves it: order, ends,
//! back-pressure, and who hears of what when a side leaves early. The parent says what serves, by
//! `serve` and `shut_down`.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;
use yamabiko::buffa_types::google::protobuf::StringValue;
use yamabiko::{Code, Origin, Requests, Status, Stream};

use super::support::streams::{Streams, both, down, pause, texts, up};
use super::support::{PATIENCE, text};
use super::{serve, shut_down};

/// Counts as long as it lives.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Alive(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn responses_come_in_order_and_end() {
    let (_server, channel) = serve(Streams::plain()).await;
    for count in [0_u32, 1, 2, 31, 32, 33, 10_000] {
        let mut numbers = down(&channel, &count.to_string()).await.expect("it was sent");
        for expected in 1..=count {
            let number = numbers.message().await.expect("a stream").expect("another one");
            assert_eq!(number.value, expected.to_string());
        }
        assert_eq!(numbers.message().await.expect("an end"), None);
        assert_eq!(numbers.message().await.expect("still the end"), None);
    }
}

#[tokio::test]
async fn requests_come_in_order_and_end() {
    let (_server, channel) = serve(Streams::plain()).await;
    for count in [0_usize, 1, 40, 10_000] {
        let requests: Vec<String> = (0..count).map(|number| number.to_string()).collect();
        let joined = requests.concat();
        let all: Requests<_> = requests.into_iter().map(text).collect();
        assert_eq!(up(&channel, all).await.expect("an answer").value, joined);
    }
}

#[tokio::test]
async fn requests_are_sent_while_responses_are_read() {
    let (_server, channel) = serve(Streams::plain()).await;
    let (mut sender, requests) = yamabiko::channel();
    let mut replies = both(&channel, requests).await.expect("it was sent");
    for number in 0..1000 {
        sender.send(text(number.to_string())).await.expect("it is taken");
        let reply = replies.message().await.expect("a reply").expect("a reply");
        assert_eq!(reply.value, number.to_string());
    }
    drop(sender);
    assert_eq!(replies.message().await.expect("an end"), None);
}

#[tokio::test]
async fn a_stream_of_requests_goes_on_while_nobody_reads() {
    let (_server, channel) = serve(Streams::plain().up(|mut requests, _| async move {
        let mut count = 0;
        while requests.message().await?.is_some() {
            count += 1;
        }
        Ok(count.to_string())
    }))
    .await;
    let requests = Ticks { left: 100_000, rests: false };
    assert_eq!(up(&channel, requests).await.expect("an answer").value, "100000");
}

/// A stream of so many messages, which is not always ready.
struct Ticks {
    left: u32,
    rests: bool,
}

impl Stream for Ticks {
    type Item = StringValue;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<StringValue>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.left.is_multiple_of(1000) && !self.rests {
            self.rests = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.rests = false;
        self.left -= 1;
        Poll::Ready(Some(text("x")))
    }
}

#[tokio::test]
async fn headers_come_before_the_first_message_and_trailers_behind_the_last() {
    let (_server, channel) = serve(Streams::plain().both(|mut requests, context| async move {
        context.add_header("early", "1").expect("valid");
        Ok(texts(move |mut replies| async move {
            while let Some(request) = requests.message().await? {
                replies.send(request).await?;
            }
            context.add_trailer("late", "2").expect("valid");
            Ok(())
        }))
    }))
    .await;
    let (mut sender, requests) = yamabiko::channel();
    let response = timeout(PATIENCE, both(&channel, requests).response());
    let response = response.await.expect("they do not wait for a message").expect("headers");
    assert_eq!(response.headers.get("early"), Some("1"));
    let mut replies = response.message;
    sender.send(text("hello")).await.expect("it is taken");
    drop(sender);
    assert_eq!(replies.message().await.expect("one").expect("one").value, "hello");
    assert_eq!(replies.message().await.expect("an end"), None);
    assert_eq!(replies.trailers().get("late"), Some("2"));
}

#[tokio::test]
async fn an_error_comes_behind_the_messages_before_it() {
    let (_server, channel) = serve(Streams::plain().down(|_, _| async {
        Ok(texts(|mut replies| async move {
            replies.send(text("one")).await?;
            Err(Status::data_loss("the disk is gone"))
        }))
    }))
    .await;
    let mut replies = down(&channel, "").await.expect("it was sent");
    assert_eq!(replies.message().await.expect("one").expect("one").value, "one");
    let status = replies.message().await.expect_err("the error");
    assert_eq!((status.code(), status.message()), (Code::DataLoss, "the disk is gone"));
    assert_eq!(status.origin(), Origin::Server);
    assert_eq!(replies.message().await.expect("over"), None);
}

#[tokio::test]
async fn a_server_may_answer_while_the_client_still_sends() {
    let (_server, channel) = serve(Streams::plain().up(|mut requests, _| async move {
        let first = requests.message().await?.map(|first| first.value);
        Ok(first.unwrap_or_default())
    }))
    .await;
    let (mut sender, requests) = yamabiko::channel();
    let answer = tokio::spawn(up(&channel, requests).into_future());
    sender.send(text("first")).await.expect("it is taken");
    assert_eq!(answer.await.expect("no panic").expect("an answer").value, "first");
    let refused = timeout(PATIENCE, async {
        loop {
            if let Err(error) = sender.send(text("more")).await {
                return error;
            }
        }
    });
    let error = refused.await.expect("the sender hears of it");
    assert_eq!(error.status().code(), Code::Cancelled);
}

#[tokio::test]
async fn a_caller_that_leaves_ends_the_handler() {
    let alive = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&alive);
    let (_server, channel) = serve(Streams::plain().both(move |mut requests, _| {
        let guard = Alive::new(&count);
        async move {
            Ok(texts(move |mut replies| async move {
                let _guard = guard;
                while let Some(request) = requests.message().await? {
                    replies.send(request).await?;
                }
                Ok(())
            }))
        }
    }))
    .await;
    let (mut sender, requests) = yamabiko::channel();
    let mut replies = both(&channel, requests).await.expect("it was sent");
    sender.send(text("one")).await.expect("it is taken");
    assert!(replies.message().await.expect("a reply").is_some());
    assert_eq!(alive.load(Ordering::SeqCst), 1);
    drop(replies);
    until("the handler is dropped", || alive.load(Ordering::SeqCst) == 0).await;
    let sent = timeout(PATIENCE, sender.send(text("two"))).await.expect("it does not hang");
    assert_eq!(sent.expect_err("the call is over").status().code(), Code::Cancelled);
}

#[tokio::test]
async fn a_sender_of_responses_waits_for_a_client_that_does_not_read() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let (_server, channel) = serve(Streams::plain().down(move |_, _| {
        let count = Arc::clone(&count);
        async move {
            Ok(texts(move |mut replies| async move {
                loop {
                    replies.send(text("x".repeat(1000))).await?;
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }))
        }
    }))
    .await;
    let mut replies = down(&channel, "").await.expect("it was sent");
    assert!(replies.message().await.expect("a reply").is_some());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ahead = sent.load(Ordering::SeqCst);
    assert!(ahead < 2000, "{ahead} messages of 1 kB were sent to a client that reads none");
    for _ in 0..5000 {
        assert!(replies.message().await.expect("a reply").is_some());
    }
    // The rest of the connection is well.
    let mut numbers = down(&channel, "1").await.expect("it was sent");
    assert!(numbers.message().await.expect("a reply").is_some());
}

#[tokio::test]
async fn a_sender_of_requests_waits_for_a_server_that_does_not_read() {
    let (go, wait) = oneshot::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(Some(wait)));
    let (_server, channel) = serve(Streams::plain().up(move |mut requests, _| {
        let wait = wait.lock().expect("no panic").take();
        async move {
            if let Some(wait) = wait {
                let _ = wait.await;
            }
            let mut count = 0;
            while requests.message().await?.is_some() {
                count += 1;
            }
            Ok(count.to_string())
        }
    }))
    .await;
    let (mut sender, requests) = yamabiko::channel();
    let answer = tokio::spawn(up(&channel, requests).into_future());
    let mut sent = 0;
    while let Ok(taken) =
        timeout(Duration::from_millis(300), sender.send(text("x".repeat(1000)))).await
    {
        taken.expect("it is taken");
        sent += 1;
        assert!(sent < 2000, "the sender runs ahead");
    }
    go.send(()).expect("the handler waits");
    drop(sender);
    // The message whose sending was given up had been packed.
    let count: usize =
        answer.await.expect("no panic").expect("an answer").value.parse().expect("a number");
    assert!(count == sent || count == sent + 1, "{count} of {sent}");
}

#[tokio::test]
async fn a_deadline_holds_for_a_stream_that_flows() {
    let (_server, channel) = serve(Streams::plain().down(|_, _| async {
        Ok(texts(|mut replies| async move {
            loop {
                replies.send(text("tick")).await?;
                pause(Duration::from_millis(10)).await;
            }
        }))
    }))
    .await;
    let began = Instant::now();
    let call = down(&channel, "").timeout(Duration::from_millis(200));
    let mut replies = call.await.expect("it was sent");
    let status = loop {
        match replies.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it has no end"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
    assert!(began.elapsed() >= Duration::from_millis(190), "{:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_panic_in_the_midst_of_a_stream_is_internal_and_nobody_else_s() {
    let (_server, channel) = serve(Streams::plain().down(|request, _| async move {
        Ok(texts(move |mut replies| async move {
            replies.send(text("one")).await?;
            assert!(request == "well", "on purpose");
            Ok(())
        }))
    }))
    .await;
    let mut well = down(&channel, "well").await.expect("it was sent");
    let mut ill = down(&channel, "ill").await.expect("it was sent");
    let status = loop {
        match ill.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it does not end well"),
            Err(status) => break status,
        }
    };
    assert_eq!((status.code(), status.message()), (Code::Internal, "the handler panicked"));
    assert!(well.message().await.expect("one").is_some());
    assert_eq!(well.message().await.expect("an end"), None);
}

#[tokio::test]
async fn large_messages_go_both_ways() {
    let (_server, channel) = serve(Streams::plain()).await;
    let (mut sender, requests) = yamabiko::channel();
    let mut replies = both(&channel, requests).await.expect("it was sent");
    let large = "山".repeat(1_000_000);
    let sending = tokio::spawn({
        let large = large.clone();
        async move {
            for _ in 0..10 {
                sender.send(text(large.clone())).await.expect("it is taken");
            }
        }
    });
    for _ in 0..10 {
        let reply = replies.message().await.expect("a reply").expect("a reply");
        assert!(reply.value == large);
    }
    assert_eq!(replies.message().await.expect("an end"), None);
    sending.await.expect("no panic");
}

#[tokio::test]
async fn a_server_that_leaves_finishes_its_streams() {
    let (go, wait) = oneshot::channel::<()>();
    let wait = Arc::new(std::sync::Mutex::new(Some(wait)));
    let (server, channel) = serve(Streams::plain().down(move |_, _| {
        let wait = wait.lock().expect("no panic").take();
        async move {
            Ok(texts(move |mut replies| async move {
                replies.send(text("one")).await?;
                if let Some(wait) = wait {
                    let _ = wait.await;
                }
                replies.send(text("two")).await?;
                Ok(())
            }))
        }
    }))
    .await;
    let mut replies = down(&channel, "").await.expect("it was sent");
    assert!(replies.message().await.expect("one").is_some());
    let leaving = tokio::spawn(shut_down(server));
    tokio::time::sleep(Duration::from_millis(50)).await;
    go.send(()).expect("the handler waits");
    assert_eq!(replies.message().await.expect("two").expect("two").value, "two");
    assert_eq!(replies.message().await.expect("an end"), None);
    timeout(PATIENCE, leaving).await.expect("it leaves").expect("no panic");
}

#[tokio::test]
async fn a_thousand_streams_flow_on_one_connection() {
    let (_server, channel) = serve(Streams::plain()).await;
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move {
                let mut numbers = down(&channel, "100").await?;
                let mut count = 0;
                while numbers.message().await?.is_some() {
                    count += 1;
                }
                Ok::<u32, Status>(count)
            })
        })
        .collect();
    for call in calls {
        let count = timeout(PATIENCE, call).await.expect("in time").expect("no panic");
        assert_eq!(count.expect("no error"), 100);
    }
}

#[tokio::test]
async fn a_lost_connection_ends_its_streams_with_one_status() {
    let (server, channel) = serve(Streams::plain()).await;
    let (mut sender, requests) = yamabiko::channel();
    let mut replies = both(&channel, requests).await.expect("it was sent");
    sender.send(text("one")).await.expect("it is taken");
    assert!(replies.message().await.expect("a reply").is_some());
    drop(server);
    let status = timeout(PATIENCE, replies.message()).await.expect("in time").expect_err("lost");
    assert_eq!(
        (status.code(), status.origin()),
        (Code::Unavailable, Origin::Concluded),
        "{status}"
    );
    let error = timeout(PATIENCE, async {
        loop {
            if let Err(error) = sender.send(text("two")).await {
                return error;
            }
        }
    });
    assert_eq!(error.await.expect("in time").status().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_stream_that_is_given_up_is_cancelled_on_both_sides() {
    let alive = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&alive);
    let (_server, channel) = serve(Streams::plain().both(move |mut requests, _| {
        let guard = Alive::new(&count);
        async move {
            Ok(texts(move |mut replies| async move {
                let _guard = guard;
                while let Some(request) = requests.message().await? {
                    replies.send(request).await?;
                }
                Ok(())
            }))
        }
    }))
    .await;
    let (mut sender, requests) = yamabiko::channel();
    let mut replies = both(&channel, requests).await.expect("it was sent");
    sender.send(text("one")).await.expect("it is taken");
    assert!(replies.message().await.expect("a reply").is_some());
    replies.cancel();
    let status = replies.message().await.expect_err("it is over");
    assert_eq!((status.code(), status.origin()), (Code::Cancelled, Origin::Application));
    assert_eq!(replies.message().await.expect("and stays over"), None);
    until("the handler is dropped", || alive.load(Ordering::SeqCst) == 0).await;

    let (mut sender, requests) = yamabiko::channel();
    let mut replies = both(&channel, requests).await.expect("it was sent");
    sender.send(text("one")).await.expect("it is taken");
    assert!(replies.message().await.expect("a reply").is_some());
    sender.fail(Status::aborted("the file is broken"));
    let status = replies.message().await.expect_err("it is over");
    assert_eq!((status.code(), status.message()), (Code::Aborted, "the file is broken"));
    until("the handler is dropped", || alive.load(Ordering::SeqCst) == 0).await;
}

#[tokio::test]
async fn a_call_whose_requests_fail_ends_with_their_status() {
    let (_server, channel) = serve(Streams::plain()).await;
    let (mut sender, requests) = yamabiko::channel();
    sender.send(text("one")).await.expect("it is taken");
    sender.fail(Status::data_loss("the file is broken"));
    let status = up(&channel, requests).await.expect_err("the requests failed");
    assert_eq!((status.code(), status.message()), (Code::DataLoss, "the file is broken"));
}
