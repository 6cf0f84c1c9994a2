//! Our server of `interop.proto`, and what it has seen.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use yamabiko::{Code, Context, InvalidMetadata, Running, Server, Status, Value};

use crate::facts::bytes;
use crate::interop::*;

/// The service. Clones share what they have seen.
#[derive(Clone, Debug, Default)]
pub struct Ours(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    begun: AtomicU64,
    cancelled: AtomicU64,
    milliseconds_left: AtomicU64,
    /// How many calls wait to meet, and what tells them that they are complete.
    waiting: Mutex<(u32, Arc<Notify>)>,
}

impl Ours {
    /// Serves on a free port of the loopback, and gives the address.
    pub async fn start(&self) -> (Running, String) {
        self.start_on(Server::new(), "127.0.0.1:0").await
    }

    /// Serves on `address` with the options of `server`.
    ///
    /// # Panics
    /// When it cannot.
    pub async fn start_on(&self, server: Server, address: &str) -> (Running, String) {
        let server = server.add(InteropServer::new(self.clone()));
        let listening = server.bind(address).await.expect("the port is free");
        let address = listening.local_address().to_string();
        (listening.start(), address)
    }

    /// Calls of Hello and Sleep whose handlers have begun.
    pub fn begun(&self) -> u64 {
        self.0.begun.load(SeqCst)
    }
}

impl Interop for Ours {
    async fn hello(&self, request: HelloRequest, _: &Context) -> Result<HelloReply, Status> {
        self.0.begun.fetch_add(1, SeqCst);
        Ok(HelloReply {
            message: format!("こんにちは, {}", request.name), ..Default::default()
        })
    }

    async fn empty(&self, _: Nothing, _: &Context) -> Result<Nothing, Status> {
        Ok(Nothing::default())
    }

    async fn large(&self, request: LargeRequest, _: &Context) -> Result<LargeReply, Status> {
        Ok(LargeReply { payload: vec![0; request.reply_size as usize], ..Default::default() })
    }

    async fn echo_metadata(&self, _: Nothing, context: &Context) -> Result<Entries, Status> {
        echo(context)?;
        let entries = context.metadata().iter().map(|(key, value)| Entry {
            key: key.to_owned(),
            value: bytes(value),
            ..Default::default()
        });
        Ok(Entries { entries: entries.collect(), ..Default::default() })
    }

    async fn fail_with(
        &self,
        request: FailWithRequest,
        context: &Context,
    ) -> Result<Nothing, Status> {
        echo(context)?;
        let code = Code::from_number(request.code);
        let code = code.ok_or_else(|| Status::invalid_argument("no such code"))?;
        Err(Status::new(code, request.message).with_details(request.details))
    }

    async fn raise(&self, _: Nothing, _: &Context) -> Result<Nothing, Status> {
        panic!("nobody catches this")
    }

    async fn sleep(&self, request: SleepRequest, context: &Context) -> Result<SleepReply, Status> {
        let left = context.time_remaining();
        let milliseconds_left = left.map_or(0, |left| left.as_millis() as u64);
        self.0.begun.fetch_add(1, SeqCst);
        self.0.milliseconds_left.store(milliseconds_left, SeqCst);
        // The handler is dropped when its call is cancelled; what it has spawned is told.
        let (seen, watched) = (Arc::clone(&self.0), context.clone());
        let watch = tokio::spawn(async move {
            watched.cancelled().await;
            seen.cancelled.fetch_add(1, SeqCst);
        });
        tokio::time::sleep(Duration::from_millis(request.milliseconds.into())).await;
        watch.abort();
        Ok(SleepReply { has_deadline: left.is_some(), milliseconds_left, ..Default::default() })
    }

    async fn meet(&self, request: MeetRequest, context: &Context) -> Result<MeetReply, Status> {
        let complete = {
            let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.0 += 1;
            if waiting.0 < request.calls {
                Some(Arc::clone(&waiting.1).notified_owned())
            } else {
                std::mem::take(&mut *waiting).1.notify_waiters();
                None
            }
        };
        if let Some(complete) = complete {
            complete.await;
        }
        let peer = context.peer().map_or_else(String::new, |peer| peer.to_string());
        Ok(MeetReply { peer, ..Default::default() })
    }

    async fn observe(&self, _: Nothing, _: &Context) -> Result<Observations, Status> {
        Ok(Observations {
            begun: self.begun(),
            cancelled: self.0.cancelled.load(SeqCst),
            milliseconds_left: self.0.milliseconds_left.load(SeqCst),
            ..Default::default()
        })
    }
}

/// Sends the entries back that are to come back.
fn echo(context: &Context) -> Result<(), InvalidMetadata> {
    for (key, value) in context.metadata().iter() {
        match (key.starts_with("head-"), key.starts_with("trail-"), value) {
            (true, _, Value::Ascii(text)) => context.add_header(key, text)?,
            (true, _, Value::Binary(bytes)) => context.add_header_bin(key, &bytes)?,
            (_, true, Value::Ascii(text)) => context.add_trailer(key, text)?,
            (_, true, Value::Binary(bytes)) => context.add_trailer_bin(key, &bytes)?,
            _ => {}
        }
    }
    Ok(())
}
