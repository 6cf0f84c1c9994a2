//! TLS for a server.

use std::sync::Arc;
use std::time::Duration;

use rustls::server::WebPkiClientVerifier;
use rustls::sign::SingleCertAndKey;
use rustls::{ServerConfig, ServerConnection};

use super::material::{Authorities, Identity};
use super::reload::{Current, provider};
use super::{H2, Session};
use crate::{Error, Peer};

/// What a server shows of itself, and what it wants to see of its clients.
///
/// ```no_run
/// # async fn example<S: yamabiko::Service>(hello: S) -> Result<(), yamabiko::Error> {
/// use yamabiko::{Identity, Server, ServerTls};
///
/// let tls = ServerTls::new(Identity::from_files("server.pem", "server.key"));
/// Server::new().add(hello).tls(tls).serve("[::]:50051").await
/// # }
/// ```
///
/// All clones share what was loaded, so that one that is kept can [`reload`](Self::reload) it.
///
/// TLS 1.2 and 1.3, and HTTP/2 by ALPN or nothing. The cryptography is ring's, unless the
/// application has installed another provider for rustls in its process.
#[derive(Clone, Debug)]
pub struct ServerTls {
    identity: Identity,
    clients: Clients,
    every: Option<Duration>,
    current: Arc<Current<ServerConfig>>,
}

/// What clients have to show.
#[derive(Clone, Debug)]
enum Clients {
    Anybody,
    /// A certificate of one of these, or none.
    Asked(Authorities),
    /// A certificate of one of these.
    Known(Authorities),
}

impl ServerTls {
    /// A server that shows `identity` and lets anybody in.
    pub fn new(identity: Identity) -> Self {
        ServerTls { identity, clients: Clients::Anybody, every: None, current: Arc::default() }
    }

    /// Every client has to show a certificate that one of `authorities` has signed. A handler
    /// finds it in [`Peer::certificates`].
    #[must_use]
    pub fn require_client_certificates(mut self, authorities: Authorities) -> Self {
        self.clients = Clients::Known(authorities);
        self.current = Arc::default();
        self
    }

    /// A client may show a certificate, and then one that one of `authorities` has signed. A
    /// handler finds it in [`Peer::certificates`].
    #[must_use]
    pub fn accept_client_certificates(mut self, authorities: Authorities) -> Self {
        self.clients = Clients::Asked(authorities);
        self.current = Arc::default();
        self
    }

    /// Looks at the files again when a client connects and so much time has passed since the last
    /// look. What cannot be used is logged, and the old certificates stay.
    #[must_use]
    pub fn reload_every(mut self, time: Duration) -> Self {
        self.every = Some(time);
        self.current = Arc::default();
        self
    }

    /// Reads all files again, for the connections that come from now on.
    ///
    /// # Errors
    /// [`Error::Tls`]; the old certificates stay.
    pub fn reload(&self) -> Result<(), Error> {
        self.current.reload(|| self.make())
    }

    /// Reads the files unless that was done.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.current.load(self.every, || self.make()).map(drop)
    }

    /// A session with a client that has connected.
    pub(crate) fn accept(&self, peer: &Arc<Peer>) -> Result<Session, Error> {
        let config = self.current.load(self.every, || self.make())?;
        let connection = ServerConnection::new(config).map_err(|error| Error::Tls {
            subject: "a new connection".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Session::new(connection.into(), Some(Arc::clone(peer))))
    }

    fn make(&self) -> Result<ServerConfig, Error> {
        let provider = provider();
        let identity = self.identity.load(&provider)?;
        let unusable =
            |subject: &str, reason: String| Error::Tls { subject: subject.to_owned(), reason };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("the installed provider", error.to_string()))?;
        let (authorities, optional) = match &self.clients {
            Clients::Anybody => (None, true),
            Clients::Asked(authorities) => (Some(authorities), true),
            Clients::Known(authorities) => (Some(authorities), false),
        };
        let builder = match authorities {
            None => builder.with_no_client_auth(),
            Some(authorities) => {
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(authorities.load()?, provider);
                let verifier = if optional { verifier.allow_unauthenticated() } else { verifier };
                let verifier = verifier
                    .build()
                    .map_err(|error| unusable("the authorities of clients", error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        config.alpn_protocols = vec![H2.to_vec()];
        Ok(config)
    }
}
