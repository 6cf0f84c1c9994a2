//! What is said of a channel before it is made.

use std::io;
use std::sync::{Arc, Mutex};

use yamabiko_core::grpc::{MessageLimits, Target};
use yamabiko_core::h2::Config;

use super::attendant::Attendant;
use super::channel::Channel;
use super::connect::Way;
use super::link::Inner;
use crate::Error;
use crate::address::Address;
use crate::blocking::waiting::block_on;
use crate::blocking::wire::Wire;
use crate::compression::{Sending, message_options, receiving};
use crate::options::{Calmed, channel_options};
use crate::tls::{ClientTls, Destination};

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
    sending: Sending,
    tls: Option<ClientTls>,
}

impl ChannelBuilder {
    pub(super) fn new(address: &str) -> Self {
        ChannelBuilder {
            address: address.to_owned(),
            authority: None,
            user_agent: None,
            exact_user_agent: None,
            attendant: None,
            config: Config::client(),
            limits: receiving(),
            sending: Sending::default(),
            tls: None,
        }
    }

    message_options!(limits, sending in self);

    /// The largest list of metadata that is received, in bytes: 16 KiB by default.
    pub fn max_metadata_size(mut self, bytes: u32) -> Self {
        self.config.max_header_list = bytes;
        self
    }

    channel_options!(config);

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

    /// Speaks TLS, with more to be said about it than an `https://` address says.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
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
    /// [`Error::Address`] or [`Error::Tls`].
    pub fn lazy(self) -> Result<Channel, Error> {
        let address = Address::parse(&self.address)?;
        let tls = address.tls_destination(self.tls.as_ref(), &self.address)?;
        let authority = address.authority();
        let name = address.to_string();
        Ok(self.channel(Way::Address(address), tls, authority, name))
    }

    /// A channel to a server in this process.
    pub(super) fn in_process(
        self,
        connect: impl Fn() -> io::Result<Wire> + Send + Sync + 'static,
    ) -> Channel {
        let name = self.address.clone();
        self.channel(Way::InProcess(Box::new(connect)), None, name.clone(), name)
    }

    fn channel(
        self,
        way: Way,
        tls: Option<Destination>,
        authority: String,
        name: String,
    ) -> Channel {
        let own = concat!("grpc-rust-yamabiko/", env!("CARGO_PKG_VERSION"));
        let user_agent = match (self.exact_user_agent, self.user_agent) {
            (Some(text), _) => text,
            (None, Some(name)) => format!("{name} {own}"),
            (None, None) => own.to_owned(),
        };
        let authority = self.authority.unwrap_or(authority);
        let scheme = if tls.is_some() { "https" } else { "http" };
        let target = Target { scheme, authority, user_agent };
        let attendant = self.attendant.unwrap_or_else(Attendant::shared);
        let (calmed, changes, link) = (Calmed::default(), Arc::default(), Mutex::default());
        let ChannelBuilder { config, limits, sending, .. } = self;
        let inner = Inner {
            way,
            tls,
            name,
            target,
            config,
            calmed,
            limits,
            sending,
            attendant,
            changes,
            link,
        };
        Channel::new(inner)
    }

    /// A channel that is connected.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::Connect`].
    pub fn connect(self) -> Result<Channel, Error> {
        let channel = self.lazy()?;
        block_on(|cx| channel.poll_connection(cx, false))
            .map_err(|status| Error::Connect { status })?;
        Ok(channel)
    }
}
