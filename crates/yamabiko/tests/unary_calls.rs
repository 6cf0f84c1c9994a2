//! Unary calls from our client to our server.

mod support;

use support::{Echo, connect, say, serve};

#[tokio::test]
async fn a_call_is_answered() {
    let (_server, address) = serve(Echo::new(|text, _| async move { Ok(text + "!") })).await;
    let channel = connect(&address).await;
    assert_eq!(say(&channel, "hello").await.expect("an answer").value, "hello!");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_calls_at_once_are_answered() {
    let (_server, address) = serve(Echo::new(|text, _| async move {
        if text.ends_with('7') {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        Ok(text)
    }))
    .await;
    let channel = connect(&address).await;
    let calls: Vec<_> = (0..5_000)
        .map(|number| {
            let channel = channel.clone();
            tokio::spawn(async move {
                let text = number.to_string();
                assert_eq!(say(&channel, &*text).await.expect("an answer").value, text);
            })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic");
    }
}

#[tokio::test]
async fn large_messages_go_both_ways() {
    let (_server, address) = serve(Echo::new(|text, _| async move { Ok(text.repeat(3)) })).await;
    let channel = connect(&address).await;
    let answer = say(&channel, "x".repeat(1_000_000)).await.expect("an answer");
    assert_eq!(answer.value.len(), 3_000_000);
}
