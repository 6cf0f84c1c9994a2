//! What the kernel alone costs: a thread for each connection that reads and writes what it is told
//! to. An order is a letter and two numbers: `d` sends messages of a size, `u` takes them, `e`
//! takes them and sends them back.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use bench_load::streams::CHUNK;

fn main() -> anyhow::Result<()> {
    let address = bench_handler::address().map_err(anyhow::Error::msg)?;
    let listener = TcpListener::bind(address)?;
    println!("listening");
    for stream in listener.incoming() {
        let stream = stream?;
        stream.set_nodelay(true)?;
        std::thread::spawn(move || serve(stream));
    }
    Ok(())
}

/// Until the client closes the connection.
fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK as usize];
    loop {
        let mut order = [0; 9];
        stream.read_exact(&mut order)?;
        let [kind, a, b, c, d, e, f, g, h] = order;
        let messages = u32::from_be_bytes([a, b, c, d]);
        let size = u32::from_be_bytes([e, f, g, h]) as usize;
        if buffer.len() < size {
            buffer.resize(size, 0);
        }
        for _ in 0..messages {
            if kind != b'd' {
                stream.read_exact(&mut buffer[..size])?;
            }
            if kind != b'u' {
                stream.write_all(&buffer[..size])?;
            }
        }
        if kind == b'u' {
            let bytes = u64::from(messages) * size as u64;
            stream.write_all(&bytes.to_be_bytes())?;
        }
    }
}
