//! The certificate by which we prove who we are, and its key: libpq's `sslcert` and `sslkey`. Never uses a key that others
//! can read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, with those between it and an authority the server trusts.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl ClientCertificate {
    /// Both, read.
    ///
    /// # Errors
    /// Why one of them cannot be used, in one sentence.
    pub(super) fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), String> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&self.certificate).and_then(Iterator::collect);
        let certificates = certificates.map_err(|error| format!("sslcert {certificate}: {error}"))?;
        if certificates.is_empty() {
            return Err(format!("sslcert {certificate}: it holds no certificate"));
        }
        let about = fs::metadata(&self.key).map_err(|error| format!("sslkey {key}: {error}"))?;
        // As libpq has it: root may let a group of programs read a key.
        let others = if about.uid() == 0 { 0o027 } else { 0o077 };
        if !about.is_file() || about.mode() & others != 0 {
            return Err(format!("sslkey {key} was not read: others may read it too; chmod 0600 mends that"));
        }
        let read = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| format!("sslkey {key}: {error} (one with a password cannot be read)"))?;
        Ok((certificates, read))
    }
}
