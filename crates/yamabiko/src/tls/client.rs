//! TLS for a channel.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ClientConnection};

use super::material::{Authorities, Identity};
use super::reload::{Current, provider};
use super::{H2, Session};
use crate::Error;
use crate::address::Place;

/// Whom a channel trusts, and what it shows of itself.
///
/// A channel to an `https://` address needs none: it trusts what the machine trusts.
///
/// ```no_run
/// # async fn example() -> Result<(), yamabiko::Error> {
/// use yamabiko::{Authorities, Channel, ClientTls};
///
/// let tls = ClientTls::new().authorities(Authorities::from_file("ca.pem"));
/// let channel = Channel::builder("https://localhost:50051").tls(tls).connect().await?;
/// # Ok(())
/// # }
/// ```
///
/// All clones share what was loaded, so that one that is kept can [`reload`](Self::reload) it.
#[derive(Clone, Debug)]
pub struct ClientTls {
    authorities: Authorities,
    identity: Option<Identity>,
    server_name: Option<String>,
    every: Option<Duration>,
    current: Arc<Current<ClientConfig>>,
}

impl Default for ClientTls {
    fn default() -> Self {
        ClientTls {
            authorities: Authorities::system(),
            identity: None,
            server_name: None,
            every: None,
            current: Arc::default(),
        }
    }
}

impl ClientTls {
    /// Trusts what the machine trusts, and shows nothing.
    pub fn new() -> Self {
        ClientTls::default()
    }

    /// Trusts these, and no others.
    #[must_use]
    pub fn authorities(mut self, authorities: Authorities) -> Self {
        self.authorities = authorities;
        self.current = Arc::default();
        self
    }

    /// Shows this to a server that asks.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self.current = Arc::default();
        self
    }

    /// The name that the server's certificate must have, in place of the address's host.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Looks at the files again when the channel connects and so much time has passed since the
    /// last look. What cannot be used is logged, and the old certificates stay.
    #[must_use]
    pub fn reload_every(mut self, time: Duration) -> Self {
        self.every = Some(time);
        self.current = Arc::default();
        self
    }

    /// Reads all files again, for the connections that are made from now on.
    ///
    /// # Errors
    /// [`Error::Tls`]; the old certificates stay.
    pub fn reload(&self) -> Result<(), Error> {
        self.current.reload(|| self.make())
    }

    /// What an `https://` address says by itself.
    pub(crate) fn of_the_system() -> Option<Self> {
        Some(ClientTls::default())
    }

    /// Reads the files unless that was done, and gives what each connection to `place` needs.
    pub(crate) fn to(&self, place: &Place) -> Result<Destination, Error> {
        self.current.load(self.every, || self.make())?;
        let name = match (&self.server_name, place) {
            (Some(name), _) => name.as_str(),
            (None, Place::Host(host)) => &host.name,
            #[cfg(unix)]
            (None, Place::Unix(_)) => "localhost",
        };
        let server_name = ServerName::try_from(name.to_owned()).map_err(|_| Error::Tls {
            subject: name.to_owned(),
            reason: "no certificate can have this name; set ClientTls::server_name".to_owned(),
        })?;
        Ok(Destination { tls: self.clone(), server_name })
    }

    fn make(&self) -> Result<ClientConfig, Error> {
        let provider = provider();
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Tls {
                subject: "the installed provider".to_owned(),
                reason: error.to_string(),
            })?
            .with_root_certificates(self.authorities.load()?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let resolver = SingleCertAndKey::from(identity.load(&provider)?);
                let resolver: Arc<dyn ResolvesClientCert> = Arc::new(resolver);
                builder.with_client_cert_resolver(resolver)
            }
        };
        config.alpn_protocols = vec![H2.to_vec()];
        Ok(config)
    }
}

/// A server to speak TLS with.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    tls: ClientTls,
    server_name: ServerName<'static>,
}

impl Destination {
    /// A session with the server, to which a connection has been made.
    pub(crate) fn session(&self) -> Result<Session, String> {
        let config = self.tls.current.load(self.tls.every, || self.tls.make());
        let config = config.map_err(|error| error.to_string())?;
        let connection = ClientConnection::new(config, self.server_name.clone());
        Ok(Session::new(connection.map_err(|error| error.to_string())?.into(), None))
    }
}
