//! One request over HTTP/1.1, on a connection of its own that is closed afterwards. Never sends a cookie, never
//! goes through a proxy — an answer speaks of the host it names — and never follows a redirect unasked.

mod wire;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue, LOCATION};
use hyper::{HeaderMap, Method, StatusCode, Uri};

use crate::world::stop::{GaveUp, Stop};

/// Bytes kept of a body; the format's cap.
const CAP: usize = 1 << 20;

/// More redirects than this lead in a circle; what browsers and curl allow is 20 to 50, what servers need is 3.
const MOST_REDIRECTS: usize = 10;

/// What is asked.
pub struct Request<'r> {
    /// The method, in capital letters.
    pub method: &'r str,
    /// The address.
    pub url: &'r str,
    /// Headers; left out wherever a redirect leads to another host.
    pub headers: &'r [(String, String)],
    /// JSON to send.
    pub body: Option<&'r str>,
    /// Whether redirects are followed.
    pub follow: bool,
    /// How long all of it may take.
    pub timeout: Option<Duration>,
    /// How much longer an answer is waited for once the server may have heard what is asked of it.
    pub patience: Duration,
}

/// What came back.
#[derive(Debug)]
pub struct Response {
    /// The status line's number.
    pub status: StatusCode,
    /// All headers, in order.
    pub headers: HeaderMap,
    /// The first MiB of the body.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub cut: bool,
    /// The redirects that were followed, in order: the last is where this comes from.
    pub redirects: Vec<String>,
}

/// Nothing came back that can be judged.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub why: Why,
    /// Whether the server may have heard what was asked of it.
    pub sent: bool,
    /// The status line's number, where at least that came back.
    pub status: Option<StatusCode>,
}

/// Why nothing came back.
#[derive(Debug, PartialEq, Eq)]
pub enum Why {
    /// It was stopped.
    Stopped,
    /// The time ran out; what was waited for.
    TimedOut(String),
    /// What went wrong.
    NotAnswered(String),
}

/// What is being done, for the sentence about a timeout.
#[derive(Default)]
struct Progress {
    waiting_for: Mutex<String>,
    sent: AtomicBool,
    status: OnceLock<StatusCode>,
}

impl Progress {
    fn waiting_for(&self, what: impl Into<String>) {
        *self.waiting_for.lock().unwrap_or_else(PoisonError::into_inner) = what.into();
    }

    fn sending(&self) {
        self.waiting_for("the connection stands, but nothing came back");
        self.sent.store(true, Ordering::Relaxed);
    }
}

/// Asks, until it is stopped.
///
/// # Errors
/// Which way it failed: a host without an address, refused, no TLS, no HTTP, cut short, too slow.
pub async fn ask(request: &Request<'_>, mut stop: Stop) -> Result<Response, Failure> {
    let progress = Progress::default();
    let answered = tokio::select! {
        response = exchange(request, &progress) => response.map_err(Why::NotAnswered),
        why = gave_up(request, &progress, &mut stop) => Err(match why {
            GaveUp::Stopped => Why::Stopped,
            GaveUp::TimedOut => {
                let waited = std::mem::take(&mut *progress.waiting_for.lock().unwrap_or_else(PoisonError::into_inner));
                Why::TimedOut(format!("no answer within {:?}: {waited}", request.timeout.unwrap_or_default()))
            }
        }),
    };
    answered.map_err(|why| Failure { why, sent: progress.sent.load(Ordering::Relaxed), status: progress.status.get().copied() })
}

/// Waits for the end of patience.
async fn gave_up(request: &Request<'_>, progress: &Progress, stop: &mut Stop) -> GaveUp {
    let gave_up = stop.or_after(request.timeout).await;
    let may_be_worked_on = progress.sent.load(Ordering::Relaxed) && progress.status.get().is_none();
    if gave_up == GaveUp::TimedOut && may_be_worked_on && !request.patience.is_zero() {
        return stop.or_after(Some(request.patience)).await;
    }
    gave_up
}

async fn exchange(request: &Request<'_>, progress: &Progress) -> Result<Response, String> {
    let method = Method::from_bytes(request.method.as_bytes()).map_err(|error| error.to_string())?;
    let mut headers = headers(request.headers)?;
    let mut here = address(request.url)?;
    let mut redirects = Vec::new();
    loop {
        let mut response = wire::once(&method, &here, &headers, request.body, progress).await?;
        let location = response.headers.get(LOCATION).filter(|_| request.follow && response.status.is_redirection());
        let Some(location) = location else {
            response.redirects = redirects;
            return Ok(response);
        };
        if redirects.len() == MOST_REDIRECTS {
            return Err(format!("more than {MOST_REDIRECTS} redirects; the last came from {here}"));
        }
        let there = address(&joined(&here, &String::from_utf8_lossy(location.as_bytes())))?;
        if here.scheme_str() == Some("https") && there.scheme_str() != Some("https") {
            return Err(format!("redirected from https to {there}, which is not followed: it is not encrypted"));
        }
        if (here.scheme_str(), here.authority()) != (there.scheme_str(), there.authority()) {
            headers.clear();
        }
        redirects.push(there.to_string());
        here = there;
    }
}

/// An address that can be asked.
fn address(url: &str) -> Result<Uri, String> {
    let uri: Uri = url.parse().map_err(|error| format!("no address: {error}"))?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    match uri.authority() {
        Some(authority) if known && !authority.as_str().contains('@') => Ok(uri),
        _ => Err(format!("no address that can be asked: {url}")),
    }
}

fn headers(written: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in written {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no name of a header"))?;
        // Without the value: it may be a secret.
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| format!("the header {name} has no valid value"))?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    Ok(headers)
}

/// Where a `Location` leads (RFC 3986, 5.2, without taking `..` apart: that is the server's business).
fn joined(here: &Uri, location: &str) -> String {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = here.scheme_str().unwrap_or_default();
    let origin = format!("{scheme}://{}", here.authority().map(ToString::to_string).unwrap_or_default());
    let path = here.path();
    if location.contains("://") && !location.starts_with(['/', '?', '.']) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{origin}{location}")
    } else if location.starts_with('?') || location.is_empty() {
        format!("{origin}{path}{location}")
    } else {
        format!("{origin}{}/{location}", path.rsplit_once('/').map_or("", |(folder, _)| folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_read_from_where_one_stands() {
        let here = Uri::from_static("https://h:8/a/b?c=1");
        for (location, there) in [
            ("http://other/x", "http://other/x"),
            ("//other/x", "https://other/x"),
            ("/x?next=http://y#top", "https://h:8/x?next=http://y"),
            ("x", "https://h:8/a/x"),
            ("../x", "https://h:8/a/../x"),
            ("?d=2", "https://h:8/a/b?d=2"),
        ] {
            assert_eq!(joined(&here, location), there);
        }
    }
}
