//! Certificates and keys, from PEM files or bytes. Files are read when a
//! server or channel is made, and again at each reload.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::Error;

/// A certificate, with those between it and its authority, and its private key.
#[derive(Clone, Debug)]
pub struct Identity {
    chain: Source,
    key: Source,
}

/// Whose certificates are trusted.
#[derive(Clone, Debug)]
pub struct Authorities {
    sources: Vec<Source>,
    system: bool,
}

/// Where PEM comes from.
#[derive(Clone)]
enum Source {
    File(PathBuf),
    Given(Arc<[u8]>),
}

impl Identity {
    /// From two PEM files: the certificate with those that signed it behind it, and the private
    /// key (PKCS #8, PKCS #1 or SEC1). Both may be in one file.
    pub fn from_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Identity { chain: Source::File(chain.into()), key: Source::File(key.into()) }
    }

    /// The same from PEM in memory.
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        Identity {
            chain: Source::Given(chain.as_ref().into()),
            key: Source::Given(key.as_ref().into()),
        }
    }

    pub(super) fn load(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Error> {
        let chain = self.chain.certificates()?;
        let key = PrivateKeyDer::from_pem_slice(&self.key.read()?).map_err(|error| {
            use rustls::pki_types::pem::Error::NoItemsFound;
            let reason = match error {
                NoItemsFound => {
                    "no private key in it, a block BEGIN PRIVATE KEY is expected".into()
                }
                error => error.to_string(),
            };
            self.key.wrong(reason)
        })?;
        let signing = provider
            .key_provider
            .load_private_key(key)
            .map_err(|error| self.key.wrong(format!("cannot use the private key: {error}")))?;
        let certified = CertifiedKey::new(chain, signing);
        match certified.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => {
                return Err(self.key.wrong(format!(
                    "the private key does not belong to the first certificate of {}",
                    self.chain
                )));
            }
            Err(error) => return Err(self.chain.wrong(error.to_string())),
        }
        Ok(Arc::new(certified))
    }
}

impl Authorities {
    /// Those in a PEM file.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Authorities { sources: vec![Source::File(path.into())], system: false }
    }

    /// Those in PEM in memory.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Self {
        Authorities { sources: vec![Source::Given(pem.as_ref().into())], system: false }
    }

    /// Those that this machine trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    pub fn system() -> Self {
        Authorities { sources: Vec::new(), system: true }
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: Authorities) -> Self {
        self.sources.extend(others.sources);
        self.system |= others.system;
        self
    }

    pub(super) fn load(&self) -> Result<Arc<RootCertStore>, Error> {
        let mut roots = RootCertStore::empty();
        for source in &self.sources {
            for certificate in source.certificates()? {
                roots.add(certificate).map_err(|error| source.wrong(error.to_string()))?;
            }
        }
        if self.system {
            let found = rustls_native_certs::load_native_certs();
            // A store of hundreds has some that nobody can read, and they are not missed.
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                let why = found.errors.first().map(|error| format!(": {error}"));
                return Err(Error::Tls {
                    subject: "the system's certificates".to_owned(),
                    reason: format!(
                        "there are none{}; install ca-certificates, set SSL_CERT_FILE, \
                         or give ClientTls::authorities",
                        why.unwrap_or_default()
                    ),
                });
            }
        }
        Ok(Arc::new(roots))
    }
}

impl Source {
    fn read(&self) -> Result<Arc<[u8]>, Error> {
        match self {
            Source::File(path) => match std::fs::read(path) {
                Ok(bytes) => Ok(bytes.into()),
                Err(error) => Err(self.wrong(format!("cannot read it: {error}"))),
            },
            Source::Given(bytes) => Ok(Arc::clone(bytes)),
        }
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let pem = self.read()?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| self.wrong(error.to_string()))?;
        if certificates.is_empty() {
            let reason = "no certificate in it, a block BEGIN CERTIFICATE is expected";
            return Err(self.wrong(reason.to_owned()));
        }
        Ok(certificates)
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Tls { subject: self.to_string(), reason }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Given(_) => f.write_str("the given PEM"),
        }
    }
}

/// Without the bytes, which may be a key.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
