//! From an address to a connection, and what a call is told without one.

mod support;

use std::future::Future;
use std::time::{Duration, Instant};

use support::{Echo, PATIENCE, Reserved, answer, assert_status, connect, eventually, failure};
use support::{in_time, say, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yamabiko::{Channel, Code, Error, Origin, Peer, Server};

#[tokio::test]
async fn a_lazy_channel_connects_with_its_first_call() {
    let (server, address) = serve(Echo::plain()).await;
    let channel = Channel::lazy(format!("http://{address}/")).expect("an address");
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(server.connections(), 0);
    assert_eq!(answer(&channel, "hello").await, "hello");
    assert_eq!(answer(&channel.clone(), "again").await, "again");
    assert_eq!(server.connections(), 1, "clones share it");
}

#[tokio::test]
async fn a_channel_reconnects_when_its_server_has_been_restarted() {
    let place = Reserved::new();
    let start = async || {
        Server::new().add(Echo::plain()).bind(place.address()).await.expect("free").start()
    };
    let server = start().await;
    let channel = connect(&place.address()).await;
    assert_eq!(answer(&channel, "one").await, "one");
    in_time(server.shut_down()).await;
    let server = start().await;
    assert_eq!(answer(&channel, "two").await, "two");
    // Not in good order this time.
    drop(server);
    let began = Instant::now();
    let _server = loop {
        match Server::new().add(Echo::plain()).bind(place.address()).await {
            Ok(listening) => break listening.start(),
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        tokio::task::yield_now().await;
    };
    while say(&channel, "three").wait_for_ready().await.is_err() {
        assert!(began.elapsed() < PATIENCE);
    }
}

#[tokio::test]
async fn without_a_server_a_call_fails_with_the_address_and_the_cause() {
    let nobody = Reserved::new();
    let address = nobody.address();
    let channel = Channel::lazy(&address).expect("an address");
    let first = failure(say(&channel, "")).await;
    assert_status(&first, Code::Unavailable, &[&address, "connection refused"]);
    assert_eq!(first.origin(), Origin::Concluded);
    let error = in_time(Channel::connect(&address)).await.expect_err("nobody is there");
    assert!(matches!(&error, Error::Connect { status } if status.message().contains(&address)));
    assert!(error.to_string().contains("connection refused"), "{error}");
}

#[tokio::test]
async fn between_attempts_calls_fail_at_once_and_patient_ones_wait() {
    // A machine that pauses may do so until the next attempt is due.
    let mut rounds = 0;
    while !between_attempts().await {
        rounds += 1;
        assert!(rounds < 5, "a hundred calls between two attempts take too long");
    }
}

/// Whether all of it happened before the next attempt was due.
async fn between_attempts() -> bool {
    let nobody = Reserved::new();
    let address = nobody.address();
    let channel = Channel::lazy(&address).expect("an address");
    let first = failure(say(&channel, "")).await;
    let began = Instant::now();
    let patient = tokio::spawn(say(&channel, "patient").wait_for_ready().into_future());
    // A server comes, but the next attempt is not due before 0.8 s.
    let server = Server::new().add(Echo::plain()).bind(&address).await.expect("free").start();
    for _ in 0..100 {
        let outcome = in_time(say(&channel, "").into_future()).await;
        if began.elapsed() > Duration::from_millis(400) {
            return false;
        }
        assert_eq!(outcome.expect_err("a failure").message(), first.message());
    }
    if server.connections() != 0 {
        assert!(began.elapsed() > Duration::from_millis(700), "{:?}", began.elapsed());
        return false;
    }
    assert_eq!(in_time(patient).await.expect("no panic").expect("an answer").value, "patient");
    assert!(began.elapsed() > Duration::from_millis(700), "{:?}", began.elapsed());
    assert_eq!(answer(&channel, "now").await, "now");
    true
}

#[tokio::test]
async fn localhost_is_found_on_either_family() {
    let v4 = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = v4.local_addr().expect("an address").port();
    drop(v4);
    for server_at in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
        if server_at.starts_with('[') && !has_ipv6().await {
            continue;
        }
        let server = Server::new().add(Echo::plain()).bind(&server_at).await.expect("free").start();
        let channel = connect(&format!("localhost:{port}")).await;
        assert_eq!(answer(&channel, "found").await, "found", "{server_at}");
        in_time(server.shut_down()).await;
    }
    let nobody = in_time(Channel::connect(format!("localhost:{port}"))).await.expect_err("nobody");
    let words = nobody.to_string();
    assert!(words.contains("127.0.0.1") && words.contains("[::1]"), "{words}");
}

#[tokio::test]
async fn a_server_on_localhost_listens_on_both_families() {
    let server = Server::new().add(Echo::plain()).bind("localhost:0").await.expect("free").start();
    let port = server.local_address().port();
    answer(&connect(&format!("127.0.0.1:{port}")).await, "").await;
    if has_ipv6().await {
        answer(&connect(&format!("[::1]:{port}")).await, "").await;
    }
}

#[tokio::test]
async fn the_unspecified_ipv6_address_is_both_families() {
    if !has_ipv6().await {
        return;
    }
    let server = Server::new()
        .add(Echo::new(|_, context| async move {
            Ok(context
                .peer()
                .and_then(Peer::socket_address)
                .expect("an IP address")
                .ip()
                .to_canonical()
                .to_string())
        }))
        .bind("[::]:0");
    let server = server.await.expect("a free port").start();
    let port = server.local_address().port();
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let from = answer(&connect(&format!("{host}:{port}")).await, "").await;
        assert!(["127.0.0.1", "::1"].contains(&from.as_str()), "{from}");
    }
}

async fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").await.is_ok()
}

#[tokio::test]
async fn a_port_in_use_is_told_with_the_address_and_the_cause() {
    let (_server, address) = serve(Echo::plain()).await;
    let error = Server::new().bind(&address).await.expect_err("it is in use");
    let words = error.to_string();
    assert!(words.contains(&address) && words.contains("in use"), "{words}");
    assert!(words.contains("choose another port"), "{words}");
    let port = address.rsplit_once(':').expect("a port").1;
    for taken in [format!("localhost:{port}"), format!("[::]:{port}"), format!("0.0.0.0:{port}")] {
        let error = Server::new().bind(&taken).await.expect_err("some clients would miss it");
        assert!(matches!(error, Error::Listen { .. }), "{taken}: {error}");
    }
}

#[tokio::test]
async fn a_bad_address_is_refused_before_anything_is_done() {
    for (address, words) in [
        ("", "port is missing"),
        ("localhost", "port is missing"),
        ("localhost:", "not a number"),
        ("localhost:99999", "not a number"),
        ("::1:50051", "in brackets"),
        (":50051", "host is missing"),
        ("ftp://localhost:1", "expected HOST:PORT"),
        ("http://localhost:1/path", "expected HOST:PORT"),
    ] {
        let lazy = Channel::lazy(address).expect_err("bad").to_string();
        let bind = Server::new().bind(address).await.expect_err("bad").to_string();
        let connect = Channel::connect(address).await.expect_err("bad").to_string();
        for error in [lazy, bind, connect] {
            assert!(error.contains(words) && error.contains(address), "{error}");
        }
    }
    let error = Server::new().bind("192.0.2.1:0").await.expect_err("not ours");
    assert!(error.to_string().contains("192.0.2.1:0"), "{error}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told() {
    let channel = Channel::lazy("no-such-host.invalid:1").expect("an address");
    let status = failure(say(&channel, "").timeout(Duration::from_secs(15))).await;
    // A resolver that answers nobody takes its time.
    if status.code() != Code::DeadlineExceeded {
        assert_status(&status, Code::Unavailable, &["no-such-host.invalid:1"]);
    }
}

#[tokio::test]
async fn two_services_of_one_name_are_refused() {
    let error = Server::new().add(Echo::plain()).add(Echo::plain()).bind("127.0.0.1:0").await;
    assert!(matches!(error, Err(Error::Duplicate { service: "test.Echo" })));
}

/// Something that listens and is no gRPC server.
async fn pretend<F, Fut>(act: F) -> String
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(act(socket));
        }
    });
    address
}

/// Every call to it fails, with the address and these words.
async fn is_no_server(address: &str, words: &[&str]) {
    let channel = Channel::lazy(address).expect("an address");
    for _ in 0..3 {
        let status = failure(say(&channel, "")).await;
        assert_status(&status, Code::Unavailable, &[address]);
        assert_status(&status, Code::Unavailable, words);
        assert_eq!(status.origin(), Origin::Concluded);
    }
}

async fn say_bytes(mut socket: TcpStream, bytes: &[u8]) {
    let mut some = [0; 1024];
    let _ = socket.read(&mut some).await;
    let _ = socket.write_all(bytes).await;
    let _ = socket.shutdown().await;
    while matches!(socket.read(&mut some).await, Ok(1..)) {}
}

#[tokio::test]
async fn a_server_of_http1_is_told_apart() {
    let address = pretend(|socket| {
        say_bytes(socket, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
    });
    is_no_server(&address.await, &["HTTP/1"]).await;
}

#[tokio::test]
async fn a_server_of_tls_is_told_apart() {
    let address = pretend(|socket| say_bytes(socket, &[0x15, 3, 1, 0, 2, 2, 10]));
    is_no_server(&address.await, &["TLS"]).await;
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_unavailable() {
    let address = pretend(|socket| async move { drop(socket) });
    is_no_server(&address.await, &[]).await;
}

#[tokio::test]
async fn a_server_of_something_else_is_unavailable() {
    let address = pretend(|socket| say_bytes(socket, b"220 mail.example ESMTP ready\r\n"));
    is_no_server(&address.await, &[]).await;
    let zeros = pretend(|socket| say_bytes(socket, &[0; 64]));
    is_no_server(&zeros.await, &[]).await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_unavailable_in_the_end() {
    let address = pretend(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    });
    is_no_server(&address.await, &["took too long"]).await;
}

#[tokio::test]
async fn a_connection_that_is_cut_ends_its_calls() {
    let (server, address) = serve(Echo::new(|_, _| async { std::future::pending().await })).await;
    let channel = connect(&address).await;
    let calls: Vec<_> = (0..20).map(|_| tokio::spawn(say(&channel, "").into_future())).collect();
    eventually("the calls are there", || server.live_calls() == 20).await;
    drop(server);
    for call in calls {
        let status = in_time(call).await.expect("no panic").expect_err("it was cut");
        assert_status(&status, Code::Unavailable, &[&address]);
    }
}
