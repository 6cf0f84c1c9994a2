//! What the cases are run with on tokio: a server to call, and ways to call at the same time.

use std::future::IntoFuture;
use std::sync::Arc;

use tokio::task::JoinSet;
pub(super) use yamabiko::codegen::unary;
use yamabiko::{Authorities, Call, Channel, ClientTls, Error, Requests, Running, Status};
pub(super) use yamabiko::{Streaming, channel};

use super::AUTHORITY;
use crate::testing::{TestServiceClient, UnimplementedServiceClient};

/// A server, and how it is reached.
#[derive(Clone, Debug)]
pub enum Target {
    /// Over a socket.
    Socket {
        /// `host:port`.
        address: String,
        /// Whether it is called over TLS, trusting [`AUTHORITY`] alone.
        tls: bool,
    },
    /// In this process.
    InProcess(Arc<Running>),
}

impl Target {
    /// A connection of its own.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connect(&self) -> Result<Peer, Error> {
        let channel = match self {
            Target::InProcess(server) => server.channel(),
            Target::Socket { address, tls: false } => Channel::connect(address).await?,
            Target::Socket { address, tls: true } => {
                let tls = ClientTls::new().authorities(Authorities::from_pem(AUTHORITY));
                Channel::builder(format!("https://{address}")).tls(tls).connect().await?
            }
        };
        Ok(Peer { target: self.clone(), channel })
    }
}

/// A server with a connection to it.
#[derive(Clone, Debug)]
pub struct Peer {
    pub(super) target: Target,
    pub(super) channel: Channel,
}

impl Peer {
    pub(super) fn client(&self) -> TestServiceClient {
        TestServiceClient::new(self.channel.clone())
    }

    pub(super) fn unimplemented(&self) -> UnimplementedServiceClient {
        UnimplementedServiceClient::new(self.channel.clone())
    }
}

/// Requests that are all there.
pub(super) fn all_of<T>(requests: impl IntoIterator<Item = T>) -> Requests<T> {
    requests.into_iter().collect()
}

/// Makes all calls at once.
pub(super) async fn at_once<Res: Send + 'static>(
    calls: impl IntoIterator<Item = Call<Res>>,
) -> Vec<Result<Res, Status>> {
    let mut running = JoinSet::new();
    for call in calls {
        running.spawn(call.into_future());
    }
    running.join_all().await
}

/// Makes the call and, when it has begun, does something else too.
pub(super) async fn meanwhile<Res>(
    call: Call<Res>,
    other: impl FnOnce() + Send,
) -> Result<Res, Status> {
    tokio::join!(biased; call.into_future(), async { other() }).0
}
