//! Connections that the application makes itself.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use super::Wire;

/// Whatever reads and writes.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

type Connecting = Pin<Box<dyn Future<Output = io::Result<Wire>> + Send>>;

/// Makes connections in the application's way.
#[derive(Clone)]
pub(crate) struct Connector(Arc<dyn Fn() -> Connecting + Send + Sync>);

impl Connector {
    pub(crate) fn new<F, Fut, S>(connect: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        Connector(Arc::new(move || {
            let connecting = connect();
            Box::pin(async move { Ok(Wire::of(connecting.await?)) })
        }))
    }

    pub(crate) async fn connect(&self) -> io::Result<Wire> {
        (self.0)().await
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}
