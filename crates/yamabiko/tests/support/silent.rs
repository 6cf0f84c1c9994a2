//! A server that opens connections and says nothing more, but counts how often
//! it is asked whether it is there.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use yamabiko_core::frame::{ErrorCode, HEAD_LEN, kind, write_goaway, write_settings};

use super::raw::{self, PREFACE};

pub struct Silent {
    pub address: String,
    /// How long after the greeting each PING came.
    pings: Arc<Mutex<Vec<Duration>>>,
}

impl Silent {
    pub async fn new() -> Self {
        Self::start(false).await
    }

    /// One that answers a PING with "too_many_pings".
    pub async fn sends_away() -> Self {
        Self::start(true).await
    }

    async fn start(sends_away: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let pings = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&pings);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(listen(socket, sends_away, Arc::clone(&heard)));
            }
        });
        Silent { address, pings }
    }

    pub fn pings(&self) -> Vec<Duration> {
        self.pings.lock().expect("nobody panics with it").clone()
    }
}

async fn listen(mut socket: TcpStream, sends_away: bool, heard: Arc<Mutex<Vec<Duration>>>) {
    let mut greeting = Vec::new();
    write_settings(&mut greeting, &[]);
    socket.write_all(&greeting).await.expect("it reads");
    let began = Instant::now();
    let mut bytes = Vec::new();
    while socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        if bytes.len() <= PREFACE.len() + HEAD_LEN {
            continue;
        }
        let pings = raw::frames(&bytes[PREFACE.len()..]);
        if pings.iter().any(|(kind, ..)| *kind == kind::PING) {
            heard.lock().expect("nobody panics with it").push(began.elapsed());
            bytes.truncate(PREFACE.len());
            if sends_away {
                let mut last_words = Vec::new();
                let code = ErrorCode::ENHANCE_YOUR_CALM;
                write_goaway(&mut last_words, 1, code, b"too_many_pings");
                let _ = socket.write_all(&last_words).await;
            }
        }
    }
}
