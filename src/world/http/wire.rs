//! The way to a host and back: name, TCP, TLS, one request, one response. Every way of failing has a sentence
//! of its own; never one that only says that something failed.

use std::error::Error as _;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{HeaderMap, Method, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::base::text;

use super::{CAP, Progress, Response};

/// One request and its response.
pub(super) async fn once(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Option<&str>,
    progress: &Progress,
) -> Result<Response, String> {
    let encrypted = uri.scheme_str() == Some("https");
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let stream = reach(host, port, progress).await?;
    let request = request(method, uri, headers, body)?;
    if !encrypted {
        return over(stream, request, progress).await;
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|_| format!("no TLS: {host} is no name a certificate could have"))?;
    progress.waiting_for(format!("TLS with {host} was not agreed on"));
    let connector = TlsConnector::from(trusted()?);
    let stream = connector.connect(name, stream).await.map_err(|error| format!("no TLS with {host}: {}", distrust(&error)))?;
    over(stream, request, progress).await
}

async fn reach(host: &str, port: u16, progress: &Progress) -> Result<TcpStream, String> {
    progress.waiting_for(format!("no address for {host} yet"));
    let addresses = lookup_host((host, port)).await.map_err(|error| {
        let error = error.to_string();
        format!("no such host: {host}: {}", error.trim_start_matches("failed to lookup address information: "))
    })?;
    let mut why = format!("no such host: {host} has no address");
    for address in addresses {
        progress.waiting_for(format!("{address} did not accept the connection"));
        match TcpStream::connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                why = format!("connection refused: nothing listens at {address}");
            }
            Err(error) => why = format!("not reached: {address}: {error}"),
        }
    }
    Err(why)
}

fn request(method: &Method, uri: &Uri, headers: &HeaderMap, body: Option<&str>) -> Result<hyper::Request<String>, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = HeaderValue::from_str(uri.authority().map_or("", |authority| authority.as_str())).map_err(|error| error.to_string())?;
    let mut request = hyper::Request::new(body.unwrap_or_default().to_owned());
    *request.method_mut() = method.clone();
    *request.uri_mut() = path.parse().map_err(|error| format!("no path: {error}"))?;
    let ours = request.headers_mut();
    ours.insert(HOST, host);
    ours.insert(USER_AGENT, HeaderValue::from_static(concat!("fracas/", env!("CARGO_PKG_VERSION"))));
    ours.insert(ACCEPT, HeaderValue::from_static("*/*"));
    ours.insert(CONNECTION, HeaderValue::from_static("close"));
    if body.is_some() {
        ours.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for name in headers.keys() {
        ours.remove(name);
        for value in headers.get_all(name) {
            ours.append(name.clone(), value.clone());
        }
    }
    Ok(request)
}

/// Asks over an open connection; it is closed when this ends, however it ends.
async fn over<S>(stream: S, request: hyper::Request<String>, progress: &Progress) -> Result<Response, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| disorder(&error))?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    progress.sending();
    let response = sender.send_request(request).await.map_err(|error| disorder(&error))?;
    let (head, body) = response.into_parts();
    let _ = progress.status.set(head.status);
    progress.waiting_for(format!("{} came back, but its body did not end", head.status));
    let (mut body, cut) =
        read(body).await.map_err(|error| format!("{} came back, but not all of its body: {}", head.status, disorder(&error)))?;
    if cut {
        body.truncate(text::end_of_whole_lines(&body));
    }
    Ok(Response { status: head.status, headers: head.headers, body, cut, redirects: Vec::new() })
}

/// The first MiB of a body, and whether there was more.
async fn read(mut body: Incoming) -> hyper::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = data.len().min(CAP - bytes.len());
        bytes.extend_from_slice(&data[..room]);
        if room < data.len() {
            return Ok((bytes, true));
        }
    }
    Ok((bytes, false))
}

/// Why an exchange failed, in one sentence.
fn disorder(error: &hyper::Error) -> String {
    if error.is_parse() {
        return format!("no HTTP: what came back cannot be read: {error}");
    }
    if error.is_incomplete_message() {
        return "the connection was closed before the answer was complete".to_owned();
    }
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        sentence = format!("{sentence}: {inner}");
        source = inner.source();
    }
    sentence
}

/// Why a server was not believed, with the decisive word first.
fn distrust(error: &std::io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(reason)) => match reason {
            CertificateError::UnknownIssuer => "its certificate is from nobody this machine trusts".to_owned(),
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!("its certificate has expired ({reason})"),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("its certificate is for another name ({reason})")
            }
            other => format!("its certificate is not valid ({other})"),
        },
        Some(rustls::Error::InvalidMessage(_)) => "what answers does not speak TLS".to_owned(),
        _ => error.to_string(),
    }
}

/// What is believed: the authorities this machine trusts, or those in `SSL_CERT_FILE` and `SSL_CERT_DIR`. Read
/// once, which takes some milliseconds.
fn trusted() -> Result<Arc<ClientConfig>, String> {
    static TRUSTED: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err("no TLS: this machine trusts no certificate authority; SSL_CERT_FILE may name some".to_owned());
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("no TLS: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    };
    TRUSTED.get_or_init(read).clone()
}
