//! What went wrong in a handshake, in words that say what to do.

use rustls::{AlertDescription, CertificateError, Error};

pub(super) const PLAIN_SERVER: &str =
    "the server answers without TLS: connect with http:// if that is meant";
pub(super) const PLAIN_CLIENT: &str = "the client speaks without TLS, and this port has TLS";
pub(super) const USE_TLS: &str = "this port has TLS: connect with https://";
pub(super) const SERVER_WITHOUT_H2: &str = "the server speaks TLS but does not offer HTTP/2 \
     (no h2 by ALPN): it is no gRPC server, or a proxy before it has HTTP/2 turned off";
pub(super) const CLIENT_WITHOUT_H2: &str =
    "the client does not ask for HTTP/2 (no h2 by ALPN), which gRPC needs";

/// What a client of HTTP/1 without TLS is told.
pub(super) fn http1_answer() -> String {
    let body = format!("{USE_TLS}\n");
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// What an error of rustls means.
pub(super) fn of(error: &Error, client: bool) -> String {
    let hint = match error {
        Error::InvalidCertificate(problem) => of_certificate(problem, client),
        Error::AlertReceived(alert) => of_alert(*alert, client),
        Error::NoCertificatesPresented if !client => {
            "the client shows no certificate, and this server demands one"
        }
        Error::NoApplicationProtocol if client => SERVER_WITHOUT_H2,
        Error::NoApplicationProtocol => CLIENT_WITHOUT_H2,
        Error::PeerIncompatible(_) => "the two sides have no version or cipher in common",
        _ => "",
    };
    if hint.is_empty() { format!("TLS: {error}") } else { format!("TLS: {error}: {hint}") }
}

fn of_certificate(problem: &CertificateError, client: bool) -> &'static str {
    use CertificateError::*;
    match (problem, client) {
        (UnknownIssuer, true) => {
            "the authority that signed the server's certificate is not trusted here; \
             give its certificate with ClientTls::authorities"
        }
        (UnknownIssuer, false) => {
            "the authority that signed the client's certificate is none of those that this server \
             was given"
        }
        (NotValidForName | NotValidForNameContext { .. }, true) => {
            "connect by a name that the certificate has, or name one with ClientTls::server_name"
        }
        (Expired | ExpiredContext { .. }, _) => {
            "it must be renewed, or this machine's clock is wrong"
        }
        (NotValidYet | NotValidYetContext { .. }, _) => {
            "it is not valid yet, or this machine's clock is wrong"
        }
        _ => "",
    }
}

fn of_alert(alert: AlertDescription, client: bool) -> &'static str {
    match (alert, client) {
        (AlertDescription::CertificateRequired, true) => {
            "the server demands a certificate; give one with ClientTls::identity"
        }
        (AlertDescription::UnknownCA, true) => {
            "the server does not trust the authority that signed our certificate"
        }
        (AlertDescription::UnknownCA, false) => {
            "the client does not trust the authority that signed our certificate"
        }
        (
            AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked,
            true,
        ) => "the server does not accept our certificate",
        (
            AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked,
            false,
        ) => "the client does not accept our certificate",
        (AlertDescription::NoApplicationProtocol, true) => SERVER_WITHOUT_H2,
        (AlertDescription::ProtocolVersion, true) => {
            "the server speaks no TLS, or only an old version; connect with http:// if that is meant"
        }
        (AlertDescription::HandshakeFailure, true) => {
            "the two sides have no cipher in common, or the server demands a certificate"
        }
        _ => "",
    }
}
