//! What is said of a channel before it is made.

use std::sync::{Arc, Mutex};

use yamabiko_core::grpc::{MessageLimits, Target};
use yamabiko_core::h2::Config;

use super::attendant::Attendant;
use super::channel::Channel;
use super::link::Inner;
use super::waiting;
use crate::Error;
use crate::address::Address;

/// What a channel can be told before it is made.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct ChannelBuilder {
    address: String,
    authority: Option<String>,
    user_agent: Option<String>,
    exact_user_agent: Option<String>,
    attendant: Option<Arc<Attendant>>,
    config: Config,
    limits: MessageLimits,
}

impl ChannelBuilder {
    pub(super) fn new(address: &str) -> Self {
        ChannelBuilder {
            address: address.to_owned(),
            authority: None,
            user_agent: None,
            exact_user_agent: None,
            attendant: None,
            config: Config::default(),
            limits: MessageLimits::default(),
        }
    }

    /// The largest message that is received, in bytes: 4 MiB by default. A larger one ends its
    /// call with RESOURCE_EXHAUSTED.
    pub fn max_message_size(mut self, bytes: usize) -> Self {
        self.limits.max_message = bytes;
        self.limits.max_assembling = self.limits.max_assembling.max(bytes);
        self
    }

    /// The largest list of metadata that is received, in bytes: 16 KiB by default.
    pub fn max_metadata_size(mut self, bytes: u32) -> Self {
        self.config.max_header_list = bytes;
        self
    }

    /// What stands before ours in `user-agent`.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// All of `user-agent`, for a library around this one.
    pub fn exact_user_agent(mut self, text: impl Into<String>) -> Self {
        self.exact_user_agent = Some(text.into());
        self
    }

    /// The name that the server is called by, in place of the address.
    pub fn authority(mut self, name: impl Into<String>) -> Self {
        self.authority = Some(name.into());
        self
    }

    /// Who looks after the connection when no caller does.
    pub fn attendant(mut self, attendant: Arc<Attendant>) -> Self {
        self.attendant = Some(attendant);
        self
    }

    /// A channel that connects when the first call is made.
    ///
    /// # Errors
    /// [`Error::Address`].
    pub fn lazy(self) -> Result<Channel, Error> {
        let address = Address::parse(&self.address)?;
        let own = concat!("grpc-rust-yamabiko/", env!("CARGO_PKG_VERSION"));
        let user_agent = match (self.exact_user_agent, self.user_agent) {
            (Some(text), _) => text,
            (None, Some(name)) => format!("{name} {own}"),
            (None, None) => own.to_owned(),
        };
        let authority = self.authority.unwrap_or_else(|| address.authority());
        let target = Target { scheme: "http", authority, user_agent };
        let attendant = self.attendant.unwrap_or_else(Attendant::shared);
        let (changes, link) = (Arc::default(), Mutex::default());
        let ChannelBuilder { config, limits, .. } = self;
        let inner = Inner { address, target, config, limits, attendant, changes, link };
        Ok(Channel::new(inner))
    }

    /// A channel that is connected.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub fn connect(self) -> Result<Channel, Error> {
        let channel = self.lazy()?;
        waiting::block_on(|cx| channel.poll_connection(cx, false))
            .map_err(|status| Error::Connect { status })?;
        Ok(channel)
    }
}
