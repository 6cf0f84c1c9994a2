//! Two sessions, joined byte by byte.

use std::net::SocketAddr;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;
use crate::PeerAddress;
use crate::address::{Host, Place};

/// How many bytes go at a time.
#[derive(Clone, Copy)]
enum Cut {
    Whole,
    Bytes,
}

struct Pair {
    client: Session,
    server: Session,
    /// What came out at each end.
    at_client: ReceiveBuffer,
    at_server: ReceiveBuffer,
    peer: Arc<Peer>,
}

struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        Certificates { authority }
    }

    fn issue(&self, name: &str) -> Identity {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a good name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.authority).expect("a certificate");
        Identity::from_pem(certificate.pem(), key.serialize_pem())
    }

    fn authorities(&self) -> Authorities {
        Authorities::from_pem(self.authority.pem())
    }

    fn client(&self) -> ClientTls {
        ClientTls::new().authorities(self.authorities())
    }
}

fn client_session(tls: &ClientTls) -> Session {
    let place = Place::Host(Host { name: "localhost".to_owned(), port: 1 });
    tls.to(&place)
        .and_then(|to| {
            to.session().map_err(|reason| crate::Error::Tls { subject: String::new(), reason })
        })
        .expect("a good configuration")
}

impl Pair {
    fn new(client: &ClientTls, server: &ServerTls) -> Self {
        let peer = Arc::new(Peer::new(PeerAddress::Ip(SocketAddr::from(([127, 0, 0, 1], 1)))));
        Pair {
            client: client_session(client),
            server: server.accept(&peer).expect("a good configuration"),
            at_client: ReceiveBuffer::new(),
            at_server: ReceiveBuffer::new(),
            peer,
        }
    }

    /// Carries everything both ways until nobody has anything to say.
    fn carry(&mut self, cut: Cut) -> io::Result<()> {
        loop {
            let there = self.client.output().to_vec();
            self.client.sent(there.len());
            give(&mut self.server, &there, &mut self.at_server, cut)?;
            let back = self.server.output().to_vec();
            self.server.sent(back.len());
            give(&mut self.client, &back, &mut self.at_client, cut)?;
            if there.is_empty() && back.is_empty() {
                return Ok(());
            }
        }
    }
}

fn give(to: &mut Session, bytes: &[u8], input: &mut ReceiveBuffer, cut: Cut) -> io::Result<()> {
    let size = match cut {
        Cut::Whole => bytes.len().max(1),
        Cut::Bytes => 1,
    };
    bytes.chunks(size).try_for_each(|piece| to.receive(piece, input).map(drop))
}

#[test]
fn plaintext_passes_however_the_bytes_are_cut() {
    let certificates = Certificates::new();
    let server = ServerTls::new(certificates.issue("localhost"));
    for cut in [Cut::Whole, Cut::Bytes] {
        let mut pair = Pair::new(&certificates.client(), &server);
        assert_eq!(pair.client.seal(b"too early"), 0, "nothing is sealed before the handshake");
        pair.carry(cut).expect("a handshake");
        assert!(pair.client.is_open() && pair.server.is_open());
        let text: Vec<u8> = (0..100_000_u32).map(|number| number as u8).collect();
        let mut sealed = 0;
        while sealed < text.len() {
            sealed += pair.client.seal(&text[sealed..]);
            pair.carry(cut).expect("a connection");
        }
        assert_eq!(pair.at_server.unread(), text);
        assert_eq!(pair.server.seal(b"back"), 4);
        pair.carry(cut).expect("a connection");
        assert_eq!(pair.at_client.unread(), b"back");
        pair.client.close();
        pair.carry(cut).expect("a connection");
        assert!(pair.server.has_ended() && !pair.client.has_ended());
        assert!(pair.peer.certificates().is_empty(), "nobody has asked");
    }
}

#[test]
fn what_waits_for_the_socket_is_bounded() {
    let certificates = Certificates::new();
    let server = ServerTls::new(certificates.issue("localhost"));
    let mut pair = Pair::new(&certificates.client(), &server);
    pair.carry(Cut::Whole).expect("a handshake");
    let much = vec![0; 16 * 1024];
    let taken: usize = (0..1000).map(|_| pair.server.seal(&much)).sum();
    assert!(taken <= 2 * MAX_OUTPUT, "{taken}");
    assert!(pair.server.output().len() < 3 * MAX_OUTPUT, "{}", pair.server.output().len());
    let waiting = pair.server.output().len();
    pair.server.sent(waiting);
    assert!(pair.server.output.capacity() <= KEPT, "the memory is given back");
}

#[test]
fn the_first_byte_tells_who_speaks_no_tls() {
    let certificates = Certificates::new();
    let server = ServerTls::new(certificates.issue("localhost"));
    let mut input = ReceiveBuffer::new();
    let mut pair = Pair::new(&certificates.client(), &server);
    let error = pair.server.receive(&PREFACE[..], &mut input).expect_err("no TLS");
    assert_eq!(error.to_string(), words::PLAIN_CLIENT);
    let answer = pair.server.output();
    assert_eq!(answer[3], 4, "SETTINGS come first");
    assert!(answer.ends_with(words::USE_TLS.as_bytes()), "a GOAWAY says why");

    let mut pair = Pair::new(&certificates.client(), &server);
    pair.server.receive(b"GET / HTTP/1.1\r\n", &mut input).expect_err("no TLS");
    let answer = String::from_utf8_lossy(pair.server.output()).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");

    let error = pair.client.receive(b"\0\0\0\x04", &mut input).expect_err("no TLS");
    assert_eq!(error.to_string(), words::PLAIN_SERVER);
    assert!(input.is_empty());
}

#[test]
fn no_bytes_of_a_peers_make_a_session_panic() {
    let certificates = Certificates::new();
    let server = ServerTls::new(certificates.issue("localhost"));
    let mut seed = 42_u64;
    let mut next = move || {
        // An xorshift: which bytes does not matter, only that they are the same each time.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for round in 0..300 {
        let mut pair = Pair::new(&certificates.client(), &server);
        if round % 2 == 0 {
            pair.carry(Cut::Whole).expect("a handshake");
            pair.client.seal(b"some text");
        }
        let mut bytes = pair.client.output().to_vec();
        for _ in 0..=next() % 4 {
            let at = (next() % bytes.len() as u64) as usize;
            bytes[at] ^= (next() % 255 + 1) as u8;
        }
        let mut input = ReceiveBuffer::new();
        let _ = give(&mut pair.server, &bytes, &mut input, Cut::Whole);
        let first = input.unread().len();
        let _ = give(&mut pair.server, &bytes, &mut input, Cut::Whole);
        assert!(first <= 9 && input.unread().len() <= 9, "nothing passes that was changed");
    }
}

#[test]
fn what_a_certificate_lacks_is_told_with_the_file_and_what_to_do() {
    let provider = reload::provider();
    let certificates = Certificates::new();
    let reason = |identity: Identity| identity.load(&provider).expect_err("bad").to_string();
    let missing = reason(Identity::from_files("no-such.pem", "no-such.key"));
    assert!(missing.starts_with("TLS: no-such.pem: cannot read it: "), "{missing}");
    let empty = reason(Identity::from_pem("nothing", "nothing"));
    assert!(
        empty.contains("no certificate in it") && empty.contains("BEGIN CERTIFICATE"),
        "{empty}"
    );
    let params = CertificateParams::new(vec!["a".to_owned()]).expect("a good name");
    let (key, other) = (KeyPair::generate().expect("a key"), KeyPair::generate().expect("another"));
    let pem = params.signed_by(&key, &certificates.authority).expect("a certificate").pem();
    let keyless = reason(Identity::from_pem(&pem, &pem));
    assert!(keyless.contains("no private key in it"), "{keyless}");
    let wrong = reason(Identity::from_pem(&pem, other.serialize_pem()));
    assert!(wrong.contains("does not belong to the first certificate"), "{wrong}");
    assert!(!format!("{:?}", Identity::from_pem(&pem, other.serialize_pem())).contains("BEGIN"));
    let nobody = Authorities::from_pem("").load().expect_err("empty").to_string();
    assert!(nobody.contains("no certificate in it"), "{nobody}");
}
