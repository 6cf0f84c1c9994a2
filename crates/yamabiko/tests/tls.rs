//! TLS from end to end: who is let in, what is said to the others, and new
//! certificates without a restart.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use support::certificates::Authority;
use support::{Echo, answer, assert_status, eventually, failure, say};
use yamabiko::{
    Authorities, Channel, ClientTls, Code, Identity, Running, Server, ServerTls, blocking,
};

/// A server with TLS on a free port, and its address.
async fn serve(tls: ServerTls, echo: Echo) -> (Running, String) {
    let listening = Server::new().add(echo).tls(tls).bind("127.0.0.1:0").await.expect("a port");
    let address = format!("https://localhost:{}", listening.local_address().port());
    (listening.start(), address)
}

fn channel(address: &str, tls: ClientTls) -> Channel {
    Channel::builder(address).tls(tls).lazy().expect("a good address")
}

/// Who calls, by the certificate.
fn who() -> Echo {
    Echo::new(|_, context| async move {
        let peer = context.peer().expect("a call has a peer");
        let Some(certificate) = peer.certificates().first() else { return Ok("nobody".to_owned()) };
        // The name stands in it as it is.
        let friend = certificate.windows(8).any(|window| window == b"a-friend");
        Ok(if friend { "a friend" } else { "somebody" }.to_owned())
    })
}

#[tokio::test]
async fn a_certificate_is_demanded_verified_and_known_to_the_handler() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let tls = ours.server().require_client_certificates(ours.authorities());
    let (server, address) = serve(tls, who()).await;

    let friend = ours.client().identity(ours.issue(&["a-friend"]).identity());
    assert_eq!(answer(&channel(&address, friend), "").await, "a friend");

    let anonymous = failure(say(&channel(&address, ours.client()), "")).await;
    let words = ["localhost", "certificate", "ClientTls::identity"];
    assert_status(&anonymous, Code::Unavailable, &words);

    let stranger = ours.client().identity(others.issue(&["a-friend"]).identity());
    let stranger = failure(say(&channel(&address, stranger), "")).await;
    assert_status(&stranger, Code::Unavailable, &["certificate"]);
    drop(server);
}

#[tokio::test]
async fn a_certificate_may_be_optional() {
    let ours = Authority::new("ours");
    let tls = ours.server().accept_client_certificates(ours.authorities());
    let (_server, address) = serve(tls, who()).await;
    assert_eq!(answer(&channel(&address, ours.client()), "").await, "nobody");
    let friend = ours.client().identity(ours.issue(&["a-friend"]).identity());
    assert_eq!(answer(&channel(&address, friend), "").await, "a friend");
}

#[tokio::test]
async fn a_client_says_what_is_wrong_with_the_servers_certificate() {
    let (ours, others) = (Authority::new("ours"), Authority::new("others"));
    let (_server, address) = serve(ours.server(), Echo::plain()).await;

    let untrusted = failure(say(&channel(&address, others.client()), "")).await;
    let words = ["cannot connect to localhost:", "UnknownIssuer", "ClientTls::authorities"];
    assert_status(&untrusted, Code::Unavailable, &words);

    let elsewhere = ours.client().server_name("elsewhere.example");
    let elsewhere = failure(say(&channel(&address, elsewhere), "")).await;
    let words = ["elsewhere.example", "localhost", "ClientTls::server_name"];
    assert_status(&elsewhere, Code::Unavailable, &words);

    let by_number = address.replace("localhost", "127.0.0.1");
    assert_eq!(answer(&channel(&by_number, ours.client()), "by number").await, "by number");

    let expired = ServerTls::new(ours.issue_expired(&["localhost"]).identity());
    let (_server, address) = serve(expired, Echo::plain()).await;
    let expired = failure(say(&channel(&address, ours.client()), "")).await;
    assert_status(&expired, Code::Unavailable, &["expired", "renewed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_is_told_when_only_the_other_speaks_tls() {
    let ours = Authority::new("ours");
    let (_server, address) = serve(ours.server(), Echo::plain()).await;
    let plain = Channel::lazy(address.replace("https", "http")).expect("a good address");
    let plain = failure(say(&plain, "")).await;
    assert_status(&plain, Code::Unavailable, &["this port has TLS", "https://"]);

    let mut browser = TcpStream::connect(address.trim_start_matches("https://")).expect("open");
    browser.set_read_timeout(Some(Duration::from_secs(20))).expect("an option");
    browser.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("it reads");
    let mut answered = String::new();
    browser.read_to_string(&mut answered).expect("text");
    assert!(answered.starts_with("HTTP/1.1 400 ") && answered.contains("https://"), "{answered}");

    let (_server, address) = support::serve(Echo::plain()).await;
    let sealed = failure(say(&channel(&format!("https://{address}"), ours.client()), "")).await;
    assert_status(&sealed, Code::Unavailable, &["TLS", "http://"]);
    let sealed = blocking::Channel::builder(format!("https://{address}")).tls(ours.client());
    let sealed = tokio::task::spawn_blocking(move || sealed.connect()).await.expect("no panic");
    let words = sealed.expect_err("no TLS there").to_string();
    assert!(words.contains("TLS") && words.contains("http://"), "{words}");
}

#[tokio::test]
async fn an_address_and_a_configuration_that_contradict_are_refused() {
    let ours = Authority::new("ours");
    let refused = Channel::builder("http://localhost:1").tls(ours.client()).lazy();
    assert!(refused.expect_err("bad").to_string().contains("write https://"));
    let refused = Server::new().bind("https://127.0.0.1:0").await.expect_err("bad").to_string();
    assert!(refused.contains("Server::tls"), "{refused}");
    let refused = Server::new().tls(ours.server()).bind("http://127.0.0.1:0").await;
    assert!(refused.expect_err("bad").to_string().contains("the server has TLS"));
    let missing = ServerTls::new(Identity::from_files("no-such.pem", "no-such.key"));
    let refused = Server::new().tls(missing).bind("127.0.0.1:0").await.expect_err("bad");
    assert!(refused.to_string().starts_with("TLS: no-such.pem: cannot read it"), "{refused}");
    let missing = ClientTls::new().authorities(Authorities::from_file("no-such.pem"));
    let refused = Channel::builder("https://localhost:1").tls(missing).lazy().expect_err("bad");
    assert!(refused.to_string().starts_with("TLS: no-such.pem: cannot read it"), "{refused}");
}

/// A client of TLS that is not ours, with the protocols that it offers.
fn foreign(
    address: &str,
    ours: &Authority,
    protocols: &[&[u8]],
) -> StreamOwned<ClientConnection, TcpStream> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    let root = rustls::pki_types::CertificateDer::from_pem_slice(ours.pem().as_bytes());
    roots.add(root.expect("a certificate")).expect("an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let socket = TcpStream::connect(address.trim_start_matches("https://")).expect("open");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("an option");
    StreamOwned::new(connection, socket)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_http2_is_turned_away() {
    let ours = Authority::new("ours");
    let (server, address) = serve(ours.server(), Echo::plain()).await;
    let mut other = foreign(&address, &ours, &[b"http/1.1"]);
    let error = other.read(&mut [0; 16]).expect_err("no protocol in common").to_string();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
    let mut silent = foreign(&address, &ours, &[]);
    silent.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect("the handshake is done");
    let mut all = Vec::new();
    let _ = silent.read_to_end(&mut all);
    assert!(all.is_empty(), "it was let in: {all:?}");
    eventually("both are gone", || server.connections() == 0).await;
}

/// Files in a directory of their own.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("yamabiko-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        Files(directory)
    }

    fn write(&self, issued: &support::certificates::Issued) -> Identity {
        let (chain, key) = (self.0.join("server.pem"), self.0.join("server.key"));
        std::fs::write(&chain, &issued.certificate).expect("a file");
        std::fs::write(&key, &issued.key).expect("a file");
        Identity::from_files(chain, key)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn new_certificates_are_taken_without_a_restart() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let files = Files::new("reload");
    let tls = ServerTls::new(files.write(&old.issue(&["localhost"])));
    let (_server, address) = serve(tls.clone(), Echo::plain()).await;
    let before = channel(&address, old.client());
    assert_eq!(answer(&before, "old").await, "old");

    std::fs::write(files.0.join("server.key"), "half written").expect("a file");
    let refused = tls.reload().expect_err("it is no key").to_string();
    assert!(refused.contains("server.key") && refused.contains("no private key"), "{refused}");
    assert_eq!(answer(&channel(&address, old.client()), "still").await, "still");

    files.write(&new.issue(&["localhost"]));
    tls.reload().expect("good files");
    assert_eq!(answer(&channel(&address, new.client()), "new").await, "new");
    assert_eq!(answer(&before, "goes on").await, "goes on");
    let late = failure(say(&channel(&address, old.client()), "")).await;
    assert_status(&late, Code::Unavailable, &["UnknownIssuer"]);
}

#[tokio::test]
async fn files_are_looked_at_again_by_themselves() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let files = Files::new("reload-every");
    let tls = ServerTls::new(files.write(&old.issue(&["localhost"])))
        .reload_every(Duration::from_millis(20));
    let (_server, address) = serve(tls, Echo::plain()).await;
    assert_eq!(answer(&channel(&address, old.client()), "old").await, "old");
    files.write(&new.issue(&["localhost"]));
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(answer(&channel(&address, new.client()), "new").await, "new");
}
