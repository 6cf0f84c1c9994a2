//! How long the connections of a server last: the same for every driver, so
//! written for whatever builder and server have the names.

/// The tests, for a server that `$new` makes and `$serve` serves.
macro_rules! server_clocks {
    ($new:expr, $serve:path) => {
        #[tokio::test]
        async fn a_silent_client_is_asked_and_then_cut() {
            let server = $new.keepalive_time(SHORT).keepalive_timeout(SHORT);
            let (server, address) = $serve(server, Echo::plain()).await;
            let mut silent = raw::open(&address).await;
            let began = Instant::now();
            let (answer, closed) = read_to_end(&mut silent, PATIENCE).await;
            assert!(closed && began.elapsed() >= SHORT, "{:?}", began.elapsed());
            let kinds: Vec<u8> = frames(&answer).iter().map(|(kind, ..)| *kind).collect();
            assert!(kinds.contains(&kind::PING), "{kinds:?}");
            eventually("it is gone", || server.connections() == 0).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn a_client_that_is_there_stays() {
            let server = $new.keepalive_time(SHORT).keepalive_timeout(SHORT);
            let (server, address) = $serve(server, Echo::plain()).await;
            let channel = connect(&address).await;
            assert_eq!(answer(&channel, "before").await, "before");
            tokio::time::sleep(8 * SHORT).await;
            assert_eq!(server.connections(), 1);
            assert_eq!(answer(&channel, "after").await, "after");
        }

        #[tokio::test]
        async fn a_client_that_asks_too_often_is_sent_away() {
            let (server, address) = $serve($new, Echo::plain()).await;
            let mut hasty = raw::open(&address).await;
            let mut bytes = Vec::new();
            for _ in 0..4 {
                write_ping(&mut bytes, false, [9; 8]);
            }
            hasty.write_all(&bytes).await.expect("it reads");
            let (answer, closed) = read_to_end(&mut hasty, PATIENCE).await;
            assert!(closed);
            let last = frames(&answer).pop().expect("last words");
            assert_eq!((last.0, &last.2[8..]), (kind::GOAWAY, &b"too_many_pings"[..]));
            assert_eq!(last.2[4..8], ErrorCode::ENHANCE_YOUR_CALM.0.to_be_bytes());
            eventually("it is gone", || server.connections() == 0).await;

            let lenient =
                $new.permit_keepalive_time(Duration::ZERO).permit_keepalive_without_calls(true);
            let (_server, address) = $serve(lenient, Echo::plain()).await;
            let mut hasty = raw::open(&address).await;
            hasty.write_all(&bytes.repeat(20)).await.expect("it reads");
            let (_, closed) = read_until(&mut hasty, "each is answered", |all| {
                all.iter().filter(|(kind, ..)| *kind == kind::PING).count() == 80
            })
            .await;
            assert!(!closed);
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn a_connection_without_calls_ends_and_the_next_call_makes_another() {
            let (server, address) = $serve($new.max_connection_idle(SHORT), Echo::plain()).await;
            let channel = connect(&address).await;
            for round in 0..3 {
                assert_eq!(answer(&channel, "a call").await, "a call", "round {round}");
                assert_eq!(server.connections(), 1);
                eventually("it is left", || server.connections() == 0).await;
            }
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn no_call_fails_while_connections_grow_old() {
            let (_server, address) = $serve($new.max_connection_age(SHORT), Echo::plain()).await;
            let channel = connect(&address).await;
            let callers: Vec<_> = (0..8)
                .map(|number: usize| {
                    let channel = channel.clone();
                    tokio::spawn(async move {
                        let (began, mut calls) = (Instant::now(), 0);
                        while began.elapsed() < 12 * SHORT {
                            let text = format!("{number} {calls}");
                            assert_eq!(answer(&channel, &text).await, text);
                            calls += 1;
                        }
                        calls
                    })
                })
                .collect();
            for caller in callers {
                let calls = in_time(caller).await.expect("every call is answered");
                assert!(calls > 12, "{calls}");
            }
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn an_old_connection_says_why_it_goes_and_cuts_what_stays() {
            let server = $new.max_connection_age(SHORT).max_connection_age_grace(SHORT);
            let never = Echo::new(|_, _| std::future::pending());
            let (server, address) = $serve(server, never).await;
            let channel = connect(&address).await;
            let status = failure(say(&channel, "never")).await;
            assert_status(&status, Code::Unavailable, &[&address]);
            let mut old = raw::open(&address).await;
            let (answer, closed) = read_to_end(&mut old, PATIENCE).await;
            assert!(closed);
            let reasons: Vec<_> = frames(&answer)
                .into_iter()
                .filter(|(kind, ..)| *kind == kind::GOAWAY)
                .map(|(.., payload)| String::from_utf8_lossy(&payload[8..]).into_owned())
                .collect();
            assert_eq!(reasons.first().map(String::as_str), Some("max_age"));
            eventually("all are gone", || server.connections() == 0).await;
            eventually("no call is left", || server.live_calls() == 0).await;
        }

        #[tokio::test]
        async fn a_client_that_does_not_read_is_cut() {
            let server = $new.write_timeout(SHORT);
            let echo = Echo::new(|_, _| async { Ok("x".repeat(1_000_000)) });
            let (server, address) = $serve(server, echo).await;
            let mut socket = TcpStream::connect(&address).await.expect("it listens");
            socket.write_all(&hello(true)).await.expect("it reads");
            for number in 0..20 {
                socket.write_all(&call(2 * number + 1, "much")).await.expect("it reads");
            }
            eventually("it is cut", || server.connections() == 0).await;
            assert_eq!(server.live_calls(), 0);
        }

        #[tokio::test]
        async fn a_client_that_does_not_begin_is_cut() {
            let (server, address) = $serve($new.handshake_timeout(SHORT), Echo::plain()).await;
            let mut nothing = TcpStream::connect(&address).await.expect("it listens");
            let mut half = raw::open(&address).await;
            half.write_all(&head(1, &[])[..20]).await.expect("it reads");
            for socket in [&mut nothing, &mut half] {
                assert!(read_to_end(socket, PATIENCE).await.1);
            }
            eventually("both are gone", || server.connections() == 0).await;
        }
    };
}
pub(crate) use server_clocks;
