//! The client of the bare copy. It blocks, which one caller at a time may.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use bench_load::streams::{Order, Streams};

#[derive(Clone)]
struct Tcp(Arc<Mutex<Connection>>);

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Tcp {
    /// Gives the order and lets `rest` do the client's part.
    fn exchange<T>(
        &self,
        kind: u8,
        messages: u32,
        size: u32,
        rest: impl FnOnce(&mut TcpStream, &mut [u8]) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Connection { stream, buffer } = &mut *connection;
        buffer.resize(buffer.len().max(size as usize), 0);
        let mut order = vec![kind];
        order.extend(messages.to_be_bytes());
        order.extend(size.to_be_bytes());
        stream.write_all(&order)?;
        rest(stream, &mut buffer[..size as usize])
    }
}

impl Streams for Tcp {
    async fn download(&self, messages: u32, size: u32) -> anyhow::Result<u64> {
        self.exchange(b'd', messages, size, |stream, buffer| {
            for _ in 0..messages {
                stream.read_exact(buffer)?;
            }
            Ok(u64::from(messages) * u64::from(size))
        })
    }

    async fn upload(&self, messages: u32, size: u32) -> anyhow::Result<u64> {
        self.exchange(b'u', messages, size, |stream, buffer| {
            for _ in 0..messages {
                stream.write_all(buffer)?;
            }
            let mut bytes = [0; 8];
            stream.read_exact(&mut bytes)?;
            Ok(u64::from_be_bytes(bytes))
        })
    }

    async fn ping_pong(&self, rounds: u32, payload: &'static [u8]) -> anyhow::Result<()> {
        self.exchange(b'e', rounds, u32::try_from(payload.len())?, |stream, buffer| {
            for _ in 0..rounds {
                stream.write_all(payload)?;
                stream.read_exact(buffer)?;
            }
            Ok(())
        })
    }

    async fn echo(&self, payload: &'static [u8]) -> anyhow::Result<usize> {
        self.exchange(b'e', 1, u32::try_from(payload.len())?, |stream, buffer| {
            stream.write_all(payload)?;
            stream.read_exact(buffer)?;
            Ok(buffer.len())
        })
    }
}

fn main() -> anyhow::Result<()> {
    let order = Order::from_arguments()?;
    let stream = TcpStream::connect(&order.address)?;
    stream.set_nodelay(true)?;
    let connection = Connection { stream, buffer: Vec::new() };
    bench_runtime::block_on(order.run(Tcp(Arc::new(Mutex::new(connection)))))
}
