//! What can be said of a server's and a channel's connections, the same for
//! every driver: how long they last, and whether anybody is still there.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use yamabiko_core::h2::{Config, Error};

use crate::memory::MEMORY;

/// The methods of a builder of servers, whose [`Config`] is the field of this name.
macro_rules! server_options {
    ($($config:ident).+) => {
        /// After how long a silence a client is asked, by a PING, whether it is still there: 2
        /// hours by default, `None` for never. One that does not answer within
        /// [`keepalive_timeout`](Self::keepalive_timeout) is gone, with its calls (gRFC A9).
        ///
        /// Asking after seconds finds clients that have lost their network, which a TCP
        /// connection does not tell.
        pub fn keepalive_time(mut self, time: impl Into<Option<std::time::Duration>>) -> Self {
            self.$($config).+.keepalive.time = time.into();
            self
        }

        /// How long a client may take to answer that, or to send anything else: 20 s by default.
        pub fn keepalive_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$($config).+.keepalive.timeout = timeout;
            self
        }

        /// How often a client may ask whether the server is there: every 5 minutes by default. One
        /// that asks more often, three times without getting an answer of a call in between, is
        /// sent away with ENHANCE_YOUR_CALM and "too_many_pings" (gRFC A8).
        pub fn permit_keepalive_time(mut self, at_least: std::time::Duration) -> Self {
            self.$($config).+.permitted_pings.interval = at_least;
            self
        }

        /// Whether a client may ask as often while it has no call: `false` by default, and then it
        /// may do so every 2 hours (gRFC A8).
        pub fn permit_keepalive_without_calls(mut self, permit: bool) -> Self {
            self.$($config).+.permitted_pings.without_calls = permit;
            self
        }

        /// How long a connection may be without a call: for ever by default. Then the client is
        /// told to leave, by a GOAWAY, and connects anew for its next call (gRFC A9).
        pub fn max_connection_idle(
            mut self,
            time: impl Into<Option<std::time::Duration>>,
        ) -> Self {
            self.$($config).+.lifetime.idle = time.into();
            self
        }

        /// How old a connection may become, give or take a tenth: for ever by default. Then the
        /// client is told to leave, by a GOAWAY, its calls are finished, and it connects anew for
        /// the next one: to another server, if there is a balancer in between (gRFC A9).
        pub fn max_connection_age(mut self, age: impl Into<Option<std::time::Duration>>) -> Self {
            self.$($config).+.lifetime.age = age.into();
            self
        }

        /// How long the calls of such an old connection may go on before they are cut: for ever by
        /// default.
        pub fn max_connection_age_grace(
            mut self,
            grace: impl Into<Option<std::time::Duration>>,
        ) -> Self {
            self.$($config).+.lifetime.grace = grace.into();
            self
        }

        /// How long a client may take to begin, and to send a head that it has begun: 10 s by
        /// default. A message may take as long as its call.
        pub fn handshake_timeout(mut self, at_most: std::time::Duration) -> Self {
            self.$($config).+.handshake = at_most;
            self
        }

        /// How long a client may leave what it is sent unread, all of it, before its connection is
        /// cut: 1 to 2 minutes by default (this time, up to twice), `None` for ever.
        pub fn write_timeout(
            mut self,
            at_most: impl Into<Option<std::time::Duration>>,
        ) -> Self {
            self.$($config).+.write_stall = at_most.into();
            self
        }
    };
}

/// The methods of a builder of channels, whose [`Config`] is the field of this name.
macro_rules! channel_options {
    ($config:ident) => {
        /// After how long a silence the server is asked, by a PING, whether it is still there:
        /// never by default. If it does not answer within
        /// [`keepalive_timeout`](Self::keepalive_timeout), the calls end with UNAVAILABLE, and the
        /// next one connects anew (gRFC A8).
        ///
        /// A server allows this every 5 minutes, unless it was told otherwise. One that finds it
        /// too often ends the connection, and then it is asked half as often.
        pub fn keepalive_time(mut self, time: impl Into<Option<std::time::Duration>>) -> Self {
            self.$config.keepalive.time = time.into();
            self
        }

        /// How long the server may take to answer that, or to send anything else: 20 s by default.
        pub fn keepalive_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.$config.keepalive.timeout = timeout;
            self
        }

        /// Whether the server is asked even while there is no call: `false` by default, since a
        /// server has to permit it (gRFC A8).
        pub fn keepalive_without_calls(mut self, ask: bool) -> Self {
            self.$config.keepalive.without_calls = ask;
            self
        }

        /// How long a connection is kept without a call: 30 minutes by default, `None` for ever.
        /// The next call connects anew.
        pub fn idle_timeout(mut self, time: impl Into<Option<std::time::Duration>>) -> Self {
            self.$config.lifetime.idle = time.into();
            self
        }
    };
}

pub(crate) use {channel_options, server_options};

/// The limits of a connection that a server has accepted: the core takes chance as an argument.
pub(crate) fn for_connection(config: &Config) -> Config {
    let mut config = config.clone();
    config.memory = MEMORY;
    if config.lifetime.age.is_some() {
        config.lifetime.seed = RandomState::new().hash_one(());
    }
    config
}

/// How often servers have told a channel that it asks too often whether they are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calmed(Arc<AtomicU32>);

impl Calmed {
    /// A connection has ended so.
    pub(crate) fn hear(&self, error: &Error) {
        if error.is_too_many_pings() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The limits of the next connection: each time it asks half as often.
    pub(crate) fn config(&self, config: &Config) -> Config {
        /// After which nobody asks any more.
        const MOST: u32 = 31;
        let mut config = config.clone();
        config.memory = MEMORY;
        for _ in 0..self.0.load(Ordering::Relaxed).min(MOST) {
            config.keepalive = config.keepalive.calmed();
        }
        config
    }
}
