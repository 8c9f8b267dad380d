//! The server's side of TLS, for what a sandbox lets people reach. Never used for anything that has to be kept secret:
//! the key is in this repository, and what it opens listens on this machine alone.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;

/// A certificate for 127.0.0.1 that no authority has signed, good until 2123, and its key.
const CERTIFICATE: &[u8] = include_bytes!("certificate.der");
const KEY: &[u8] = include_bytes!("key.der");

/// Goes over to TLS with a client that has asked for it.
///
/// # Errors
///
/// What was wrong with the handshake.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(client: S) -> io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KEY)))
        .map_err(io::Error::other)?;
    TlsAcceptor::from(Arc::new(config)).accept(client).await
}
