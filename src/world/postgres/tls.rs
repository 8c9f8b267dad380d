//! How much a server must prove about itself before it is believed. Never weaker than what was asked for,
//! and whatever the mode, the handshake's signatures are checked.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::conninfo::Resolved;

pub use crate::runbook::tls::Mode;

impl Mode {
    /// The mode of that name. As in libpq, `require` with a file of authorities means `verify-ca`.
    pub(super) fn parse(word: &str, has_authorities: bool) -> Result<Self, String> {
        match Self::ALL.into_iter().find(|mode| mode.word() == word) {
            Some(Self::Require) if has_authorities => Ok(Self::VerifyCa),
            Some(mode) => Ok(mode),
            None => Err(format!("sslmode {word:?} is unknown")),
        }
    }

    /// What is tried, in order; the second only if TLS was what the first failed over.
    pub(super) fn attempts(self) -> &'static [SslMode] {
        match self {
            Self::Disable => &[SslMode::Disable],
            Self::Allow => &[SslMode::Disable, SslMode::Require],
            Self::Prefer => &[SslMode::Prefer, SslMode::Disable],
            Self::Require | Self::VerifyCa | Self::VerifyFull => &[SslMode::Require],
        }
    }
}

/// The protocol version a handshake ended with: learnt from which kind of signature had to be verified.
pub(super) type Negotiated = Arc<OnceLock<&'static str>>;

/// What makes connections with TLS: read once, since a folder of authorities takes a moment.
pub(super) struct Tls {
    mode: Mode,
    provider: Arc<CryptoProvider>,
    /// Nothing where any server will do.
    chain: Option<Arc<WebPkiServerVerifier>>,
    config: ClientConfig,
}

impl Tls {
    /// As a connection asks for it.
    ///
    /// # Errors
    /// Why the authorities, or our own certificate, cannot be used.
    pub(super) fn new(resolved: &Resolved) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let mode = resolved.mode;
        let chain = match mode {
            Mode::VerifyCa | Mode::VerifyFull => {
                let roots = Arc::new(roots(resolved.authorities.as_deref())?);
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
                Some(verifier.map_err(|error| format!("no server can be verified: {error}"))?)
            }
            Mode::Disable | Mode::Allow | Mode::Prefer | Mode::Require => None,
        };
        let verifier = Verifier { chain: chain.clone(), mode, provider: Arc::clone(&provider), negotiated: Negotiated::default() };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&resolved.protocols)
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &resolved.certificate {
            Some(own) if mode != Mode::Disable => {
                let (certificates, key) = own.read()?;
                let unusable = |error| format!("sslcert {}: {error}", own.certificate.display());
                builder.with_client_auth_cert(certificates, key).map_err(unusable)?
            }
            _ => builder.with_no_client_auth(),
        };
        // A handshake that is taken up again proves nothing new, and shows no version.
        config.resumption = Resumption::disabled();
        Ok(Self { mode, provider, chain, config })
    }

    /// A connector, and where it leaves the version it negotiates.
    pub(super) fn connector(&self) -> (MakeRustlsConnect, Negotiated) {
        let negotiated = Negotiated::default();
        let (chain, provider) = (self.chain.clone(), Arc::clone(&self.provider));
        let verifier = Verifier { chain, mode: self.mode, provider, negotiated: Arc::clone(&negotiated) };
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        (MakeRustlsConnect::new(config), negotiated)
    }
}

fn roots(authorities: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = authorities {
        let unreadable = |error: &dyn std::fmt::Display| format!("sslrootcert {}: {error}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
            roots.add(certificate.map_err(|error| unreadable(&error))?).map_err(|error| unreadable(&error))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() { Err("no certificate authority is known; name a file in sslrootcert".to_owned()) } else { Ok(roots) }
}

#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    mode: Mode,
    provider: Arc<CryptoProvider>,
    negotiated: Negotiated,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // rustls looks at the name last: whoever gets here has a good chain.
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }))
                if self.mode != Mode::VerifyFull =>
            {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let _ = self.negotiated.set("TLSv1.2");
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let _ = self.negotiated.set("TLSv1.3");
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
