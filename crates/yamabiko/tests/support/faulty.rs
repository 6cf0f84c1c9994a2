//! A link between a client and a server that does one thing wrong, at one byte.

use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use yamabiko_core::frame::{FrameHead, HEAD_LEN};

use super::raw::PREFACE;

/// Where something goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// From the client to the server, or back.
    pub up: bool,
    /// Behind so many bytes.
    pub at: usize,
    pub what: Wrong,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// Both sides see the end of the connection, in good order.
    Cut,
    /// Both sides see a reset.
    Reset,
    /// Nothing comes through any more in this direction.
    Stall,
    /// The next byte is another one.
    Flip(u8),
    /// These bytes come between two frames.
    Insert(Vec<u8>),
}

/// A way to a server whose first connection goes wrong. Those after it are good.
pub struct Faulty {
    pub address: String,
    task: JoinHandle<()>,
}

impl Faulty {
    pub async fn new(server: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let server = server.to_owned();
        let task = tokio::spawn(async move {
            let mut links = JoinSet::new();
            let mut fault = Some(fault);
            while let Ok((client, _)) = listener.accept().await {
                links.spawn(link(client, server.clone(), fault.take()));
            }
        });
        Faulty { address, task }
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How a direction has ended.
enum Ended {
    Closed,
    Cut,
    Reset,
}

async fn link(mut client: TcpStream, server: String, fault: Option<Fault>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    // What is held back here would not arrive when it is to.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (on_way_up, on_way_down) = match fault {
        Some(fault) if fault.up => (Some(fault), None),
        down => (None, down),
    };
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = pump(from_client, to_server, on_way_up, PREFACE.len());
        let down = pump(from_server, to_client, on_way_down, 0);
        tokio::pin!(up, down);
        // A direction that ends in good order leaves the other one open.
        tokio::select! {
            ended = &mut up => match ended { Ended::Closed => down.await, other => other },
            ended = &mut down => match ended { Ended::Closed => up.await, other => other },
        }
    };
    if let Ended::Reset = ended {
        for socket in [&client, &server] {
            let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
    }
}

/// Carries bytes until the end, or until the fault.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut fault: Option<Fault>,
    first_frame: usize,
) -> Ended {
    let mut all = Vec::new();
    let mut sent = 0;
    loop {
        match from.read_buf(&mut all).await {
            Ok(0) => {
                let _ = to.shutdown().await;
                return Ended::Closed;
            }
            Ok(_) => {}
            Err(_) => return Ended::Reset,
        }
        let reached = fault.as_ref().and_then(|fault| match &fault.what {
            Wrong::Insert(_) => frame_at(&all, first_frame, fault.at),
            Wrong::Flip(_) => (all.len() > fault.at).then_some(fault.at),
            _ => (all.len() >= fault.at).then_some(fault.at),
        });
        let until = reached.unwrap_or(all.len());
        if to.write_all(&all[sent..until]).await.is_err() {
            return Ended::Closed;
        }
        sent = until;
        if let Some(at) = reached
            && let Some(fault) = fault.take()
        {
            let more = match fault.what {
                Wrong::Cut => return Ended::Cut,
                Wrong::Reset => return Ended::Reset,
                Wrong::Stall => std::future::pending().await,
                Wrong::Flip(bits) => {
                    all[at] ^= bits;
                    Vec::new()
                }
                Wrong::Insert(bytes) => bytes,
            };
            let rest = [more, all[at..].to_vec()].concat();
            if to.write_all(&rest).await.is_err() {
                return Ended::Closed;
            }
            sent = all.len();
        }
    }
}

/// The first place between two frames at or behind `at`, if it has been reached.
fn frame_at(all: &[u8], mut place: usize, at: usize) -> Option<usize> {
    while place < at {
        let head = FrameHead::parse(all.get(place..)?.first_chunk::<HEAD_LEN>()?);
        place += HEAD_LEN + head.length as usize;
    }
    (place <= all.len()).then_some(place)
}
