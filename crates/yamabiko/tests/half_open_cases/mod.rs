//! Connections that are opened and never finished, over TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection};
use yamabiko::{Authorities, Channel, ClientTls};

use super::support::certificates::Authority;
use super::support::{Ticks, answer, child};

/// How long the server waits for a handshake and the preface behind it.
pub const LIMIT: Duration = Duration::from_millis(1500);
/// They are gone so long after the last one was opened: the limit, a second for the last words, and
/// what a busy machine takes. It is less than the limit would be if nobody had said one.
const GONE: Duration = Duration::from_millis(8_500);
const CONNECTIONS: usize = 600;
/// What the process may have grown by when they are gone, in MiB.
const LEFT: usize = 12;

/// Where the child says whom to trust, by the process that is its parent.
fn authority_file(parent: u32) -> PathBuf {
    std::env::temp_dir().join(format!("yamabiko-half-open-{parent}.pem"))
}

/// An authority for the child, known to its parent.
pub fn authority() -> Authority {
    let authority = Authority::new("ours");
    let file = authority_file(std::os::unix::process::parent_id());
    std::fs::write(file, authority.pem()).expect("a file");
    authority
}

/// How far a client goes.
fn go(kind: usize, address: &str, config: &Arc<ClientConfig>) -> TcpStream {
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("an option");
    let name = ServerName::try_from("localhost").expect("a name");
    let mut tls = ClientConnection::new(Arc::clone(config), name).expect("a connection");
    let mut hello = Vec::new();
    tls.write_tls(&mut hello).expect("a hello");
    match kind % 4 {
        // Nothing at all.
        0 => {}
        // Half a hello.
        1 => socket.write_all(&hello[..hello.len() / 2]).expect("it reads"),
        // A hello, and no answer to the server's.
        2 => socket.write_all(&hello).expect("it reads"),
        // The whole handshake, and no preface behind it.
        _ => {
            socket.write_all(&hello).expect("it reads");
            while tls.is_handshaking() || tls.wants_write() {
                tls.complete_io(&mut socket).expect("a handshake");
            }
        }
    }
    socket
}

#[tokio::test]
async fn handshakes_that_are_never_finished_are_closed_in_time_and_leave_no_memory() {
    let server = child::start();
    let pem = std::fs::read(authority_file(std::process::id())).expect("the child has written it");
    let mut roots = rustls::RootCertStore::empty();
    let root = rustls::pki_types::CertificateDer::from_pem_slice(&pem).expect("a certificate");
    roots.add(root).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let config = Arc::new(config);

    let tls = ClientTls::new().authorities(Authorities::from_pem(&pem));
    let address = format!("https://{}", server.address);
    let good = Channel::builder(&address).tls(tls).connect().await.expect("it listens");
    for _ in 0..100 {
        answer(&good, "warm").await;
    }
    let before = server.memory();
    let (to, with) = (server.address.clone(), Arc::clone(&config));
    let opened = tokio::task::spawn_blocking(move || -> Vec<TcpStream> {
        (0..CONNECTIONS).map(|kind| go(kind, &to, &with)).collect()
    });
    let opened = opened.await.expect("no panic");
    let most = server.memory();
    let began = Instant::now();
    let ticks = Ticks::start();
    assert_eq!(answer(&good, "beside them").await, "beside them");
    let took = ticks.now();
    assert!(took < Ticks::A_SECOND, "a good client waited {took} ticks");
    let closed = tokio::task::spawn_blocking(move || {
        for (kind, mut socket) in opened.into_iter().enumerate() {
            let mut rest = Vec::new();
            // A reset is an end too.
            let _ = socket.read_to_end(&mut rest);
            let took = began.elapsed();
            assert!(took < GONE, "client {kind} was kept for {took:?}");
        }
    });
    closed.await.expect("each is closed in time");
    assert_eq!(answer(&good, "after them").await, "after them");
    let left = server.memory();
    println!("{CONNECTIONS} half-open: {before} MiB before, {most} at most, {left} after");
    assert!(left <= before + LEFT, "{before} MiB before, {most} at most, {left} after");
    let _ = std::fs::remove_file(authority_file(std::process::id()));
}
