//! A way to a server that counts the bytes which pass.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Counts what passes.
pub struct Tap {
    pub address: String,
    up: Arc<AtomicUsize>,
    down: Arc<AtomicUsize>,
}

impl Tap {
    /// To the server at this address.
    pub fn new(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (up, down) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (server, counts) = (server.to_owned(), (Arc::clone(&up), Arc::clone(&down)));
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                let (from, to) = (client.try_clone(), server.try_clone());
                let (Ok(client2), Ok(server2)) = (from, to) else { continue };
                let (up, down) = (Arc::clone(&counts.0), Arc::clone(&counts.1));
                thread::spawn(move || pass(client, server2, &up));
                thread::spawn(move || pass(server, client2, &down));
            }
        });
        Tap { address, up, down }
    }

    /// The bytes that have passed since the last time: to the server, and from it.
    pub fn take(&self) -> (usize, usize) {
        (self.up.swap(0, Ordering::SeqCst), self.down.swap(0, Ordering::SeqCst))
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicUsize) {
    let _ = to.set_nodelay(true);
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count.fetch_add(length, Ordering::SeqCst);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
