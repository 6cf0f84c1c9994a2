//! What the cases are run with on plain threads: a server to call, and ways to call at the same time.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use yamabiko::blocking::{Call, Channel, Running};
pub(super) use yamabiko::blocking::{Streaming, channel};
pub(super) use yamabiko::codegen::blocking::unary;
use yamabiko::{Authorities, ClientTls, Error, Status};

use super::AUTHORITY;
use crate::testing::blocking::{TestServiceClient, UnimplementedServiceClient};

/// A call has begun after so much time.
const BEGUN: Duration = Duration::from_millis(20);

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
    pub fn connect(&self) -> Result<Peer, Error> {
        let channel = match self {
            Target::InProcess(server) => server.channel(),
            Target::Socket { address, tls: false } => Channel::connect(address)?,
            Target::Socket { address, tls: true } => {
                let tls = ClientTls::new().authorities(Authorities::from_pem(AUTHORITY));
                Channel::builder(format!("https://{address}")).tls(tls).connect()?
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
pub(super) fn all_of<I: IntoIterator>(requests: I) -> I::IntoIter {
    requests.into_iter()
}

/// Makes all calls at once, a thread for each.
pub(super) fn at_once<Res: Send>(
    calls: impl IntoIterator<Item = Call<Res>>,
) -> Vec<Result<Res, Status>> {
    thread::scope(|scope| {
        let running: Vec<_> =
            calls.into_iter().map(|call| scope.spawn(move || call.send())).collect();
        running.into_iter().map(|call| call.join().expect("a call does not panic")).collect()
    })
}

/// Makes the call and, when it has begun, does something else too.
pub(super) fn meanwhile<Res>(call: Call<Res>, other: impl FnOnce() + Send) -> Result<Res, Status> {
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(BEGUN);
            other();
        });
        call.send()
    })
}
