//! An authority and what it signs, in files, for as long as the example runs.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// A directory with PEM files.
pub struct Files {
    directory: PathBuf,
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Files {
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let directory = std::env::temp_dir().join(format!("yamabiko-tls-{}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        fs::write(directory.join("authority.pem"), authority.pem())?;
        Ok(Files { directory, authority })
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    /// Writes NAME.pem and NAME.key.
    pub fn issue(&self, name: &str, hosts: &[&str]) -> Result<(), Box<dyn Error>> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(hosts)?.signed_by(&key, &self.authority)?;
        fs::write(self.path(&format!("{name}.pem")), certificate.pem())?;
        fs::write(self.path(&format!("{name}.key")), key.serialize_pem())?;
        Ok(())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}
