//! A connection on tokio, as its streaming calls know it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;
use yamabiko_core::grpc::Status;
use yamabiko_core::grpc::client::ClientConnection;

use super::connection::Connection;
use crate::answers::{Answers, CallKey};
use crate::stream::calling;

pub(super) type Deadline = calling::Deadline<Timer>;
pub(super) type Requests = calling::Requests<Connection>;
pub(super) type Responses = calling::Responses<Connection>;

/// Tokio's timer, once somebody waits.
#[derive(Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl calling::Alarm for Timer {
    fn poll(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = || Box::pin(tokio::time::sleep_until(at.into()));
        self.0.get_or_insert_with(sleep).as_mut().poll(cx)
    }
}

impl calling::Carrier for Connection {
    type Alarm = Timer;

    fn with<T>(&self, action: impl FnOnce(&mut ClientConnection, &mut Answers) -> T) -> T {
        Connection::with(self, action)
    }

    fn address(&self) -> &str {
        Connection::address(self)
    }

    fn give_up(&self, key: CallKey) {
        Connection::give_up(self, key);
    }

    fn fail(&self, key: CallKey, status: Status) {
        Connection::fail(self, key, status);
    }
}
