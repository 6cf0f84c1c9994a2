//! A server and a client, joined in one of the ways there are. What a case
//! asks of them is the same for all.

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use yamabiko::{Metadata, Status, blocking};

use super::super::support::certificates::Authority;
use super::super::support::streams::Streams;
use super::super::support::{self, Echo, PATIENCE};

/// Which server or client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    Tokio,
    Blocking,
}

/// Over what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Tcp,
    Unix,
    #[cfg(target_os = "linux")]
    Abstract,
    Tls,
    MutualTls,
    TlsOverUnix,
    Memory,
    /// What the application accepts and connects itself.
    Custom,
}

/// A server and a client.
pub struct World {
    server: Option<Server>,
    pub(super) client: Client,
    runtime: Runtime,
}

enum Server {
    Tokio(yamabiko::Running),
    Blocking(blocking::Running),
}

pub(super) enum Client {
    Tokio(yamabiko::Channel),
    Blocking(blocking::Channel),
}

/// What is asked.
#[derive(Clone, Default)]
pub struct Asked {
    pub text: String,
    pub timeout: Option<Duration>,
    pub metadata: Metadata,
}

/// What came of it.
#[derive(Debug)]
pub struct Answered {
    pub message: String,
    pub headers: Metadata,
    pub trailers: Metadata,
}

impl World {
    pub fn new(serves: Driver, calls: Driver, over: Over, echo: Echo) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let authority = Authority::new("the authority of the tests");
        let (server, address) = match serves {
            Driver::Tokio => {
                let (running, address) = runtime.block_on(serve_on_tokio(over, &authority, echo));
                (Server::Tokio(running), address)
            }
            Driver::Blocking => {
                let (running, address) = serve_on_threads(over, &authority, echo);
                (Server::Blocking(running), address)
            }
        };
        let tls = match over {
            Over::Tls | Over::TlsOverUnix => Some(authority.client()),
            Over::MutualTls => {
                Some(authority.client().identity(authority.issue(&["a client"]).identity()))
            }
            _ => None,
        };
        let client = match (&server, calls) {
            (Server::Tokio(server), Driver::Tokio) if over == Over::Memory => {
                Client::Tokio(server.channel())
            }
            (Server::Blocking(server), Driver::Blocking) if over == Over::Memory => {
                Client::Blocking(server.channel())
            }
            (_, Driver::Tokio) => {
                let mut builder = yamabiko::Channel::builder(&address);
                if let Some(tls) = tls {
                    builder = builder.tls(tls);
                }
                if over == Over::Custom {
                    let to = address.clone();
                    builder = builder.connector(move || {
                        let to = to.clone();
                        async move { TcpStream::connect(to).await.map(super::custom::Slow) }
                    });
                }
                Client::Tokio(runtime.block_on(builder.connect()).expect("it listens"))
            }
            (_, Driver::Blocking) => {
                let mut builder = blocking::Channel::builder(&address);
                if let Some(tls) = tls {
                    builder = builder.tls(tls);
                }
                Client::Blocking(builder.connect().expect("it listens"))
            }
        };
        World { server: Some(server), client, runtime }
    }

    pub fn ask(&self, asked: Asked) -> Result<Answered, Status> {
        let timeout = asked.timeout.unwrap_or(PATIENCE);
        let answered = match &self.client {
            Client::Tokio(channel) => self.runtime.block_on(async {
                let call = support::say(channel, asked.text).timeout(timeout);
                call.with_metadata(asked.metadata).response().await
            }),
            Client::Blocking(channel) => {
                let call = support::served::say(channel, asked.text).timeout(timeout);
                call.with_metadata(asked.metadata).response()
            }
        };
        let answered = answered?;
        let (headers, trailers) = (answered.headers, answered.trailers);
        Ok(Answered { message: answered.message.value, headers, trailers })
    }

    /// Has the runtime do something with a client on tokio.
    pub fn on_tokio<Fut: Future>(
        &self,
        action: impl FnOnce(yamabiko::Channel) -> Fut,
    ) -> Fut::Output {
        let Client::Tokio(channel) = &self.client else { panic!("it is on plain threads") };
        self.runtime.block_on(support::in_time(action(channel.clone())))
    }

    #[track_caller]
    pub fn answer(&self, text: &str) -> String {
        self.ask(Asked { text: text.to_owned(), ..Asked::default() }).expect("an answer").message
    }

    pub fn connections(&self) -> usize {
        match self.server.as_ref().expect("it runs") {
            Server::Tokio(server) => server.connections(),
            Server::Blocking(server) => server.connections(),
        }
    }

    /// Takes the server, to end it while the client calls.
    pub fn take_server(&mut self) -> impl FnOnce() -> yamabiko::ShutDown + Send + use<> {
        let server = self.server.take().expect("it runs");
        let handle = self.runtime.handle().clone();
        move || match server {
            Server::Tokio(server) => handle.block_on(server.shut_down()),
            Server::Blocking(server) => server.shut_down(),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _within = self.runtime.enter();
        self.server.take();
    }
}

async fn serve_on_tokio(
    over: Over,
    authority: &Authority,
    echo: Echo,
) -> (yamabiko::Running, String) {
    let mut server =
        yamabiko::Server::new().add(echo).add(Streams::plain()).drain(Duration::from_secs(5));
    server = match over {
        Over::Tls | Over::TlsOverUnix => server.tls(authority.server()),
        Over::MutualTls => {
            server.tls(authority.server().require_client_certificates(authority.authorities()))
        }
        _ => server,
    };
    match over {
        Over::Memory => (server.start_in_process().expect("a server"), String::new()),
        Over::Custom => {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address").to_string();
            (server.start_on(super::custom::SlowListener(listener)).expect("a server"), address)
        }
        _ => {
            let address = address(over);
            let running = server.bind(&address).await.expect("a free address").start();
            let address = connectable(over, address, running.local_address());
            (running, address)
        }
    }
}

fn serve_on_threads(over: Over, authority: &Authority, echo: Echo) -> (blocking::Running, String) {
    let mut server =
        blocking::Server::new().add(echo).add(Streams::plain()).drain(Duration::from_secs(5));
    server = match over {
        Over::Tls | Over::TlsOverUnix => server.tls(authority.server()),
        Over::MutualTls => {
            server.tls(authority.server().require_client_certificates(authority.authorities()))
        }
        _ => server,
    };
    if over == Over::Memory {
        return (server.start_in_process().expect("a server"), String::new());
    }
    let address = address(over);
    let running = server.bind(&address).expect("a free address").start();
    let address = connectable(over, address, running.local_address());
    (running, address)
}

/// A free address.
fn address(over: Over) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("yamabiko-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    match over {
        Over::Unix | Over::TlsOverUnix => {
            let path: PathBuf = std::env::temp_dir().join(format!("{name}.sock"));
            format!("unix:{}", path.display())
        }
        #[cfg(target_os = "linux")]
        Over::Abstract => format!("unix-abstract:{name}"),
        _ => "127.0.0.1:0".to_owned(),
    }
}

fn connectable(over: Over, address: String, local: std::net::SocketAddr) -> String {
    match over {
        Over::Tcp | Over::Custom => local.to_string(),
        Over::Tls | Over::MutualTls => format!("https://localhost:{}", local.port()),
        _ => address,
    }
}
