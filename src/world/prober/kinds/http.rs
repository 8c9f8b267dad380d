//! `http`: sends one request and tells what came back. Never shows the value of a cookie that a server wants kept.

use std::fmt::Write as _;
use std::time::Duration;

use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, HeaderName, LOCATION, SET_COOKIE};

use crate::base::redact::{MASK, Masker};
use crate::base::stamp::milliseconds;
use crate::base::{Value, Values, text};
use crate::engine::attempt::{Answer, Finding, RemediationNews};
use crate::runbook::ask::{Filled, HttpRequest};
use crate::runbook::model::{Check, Remediation};
use crate::timeline::event::{Outcome, PlannedStep, Problem};
use crate::world::clock::Stopwatch;
use crate::world::http::{self, Failure, Request, Response, Why};
use crate::world::prober::{Inner, clean};
use crate::world::stop::Stop;

use super::Question;

/// Characters of an error's body that go into the summary: the rest of a line of 80 columns.
const GIST: usize = 60;

impl Question for HttpRequest {
    async fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> Result<Answer, String> {
        inner.outside(&check.id)?;
        let filled = self.fill(&inner.surroundings.inputs, &inner.secret)?;
        let watch = Stopwatch::start();
        let answered = http::ask(&request(self, &filled, Some(check.timeout)), stop).await;
        let duration = watch.elapsed();
        let failed = |finding| Answer { finding, values: Values::new(), seen: filled.shown.clone(), duration };
        let response = match answered.map_err(|failure| failure.why) {
            Ok(response) => response,
            Err(Why::Stopped) => return Ok(failed(Finding::Cancelled)),
            Err(Why::TimedOut(why)) => return Ok(failed(Finding::TimedOut(why))),
            Err(Why::NotAnswered(why)) => return Ok(failed(Finding::Inconclusive(why))),
        };
        let body = Body::of(&response);
        let values = values(&response, &body, duration);
        let finding = if response.cut {
            Finding::Inconclusive(format!("{}, but its body was cut at 1 MiB", response.status))
        } else if let Some(why) = body.lacking(check, &values) {
            Finding::Inconclusive(format!("{}, but {why}", response.status))
        } else {
            Finding::Answered { own: Some(response.status.as_u16() < 400), summary: summary(&response, &body, &inner.masker) }
        };
        Ok(Answer { finding, values, seen: seen(filled.shown, &response, &body), duration })
    }
}

/// What is asked of `world::http`.
fn request<'r>(written: &HttpRequest, filled: &'r Filled, timeout: Option<Duration>) -> Request<'r> {
    let (method, body) = (written.method.word(), filled.body.as_deref());
    Request { method, url: &filled.url, headers: &filled.headers, body, follow: written.follow, timeout, patience: Duration::ZERO }
}

/// Sends the request of a remediation; what was confirmed is what is sent.
pub(in crate::world::prober) async fn send(
    inner: &Inner,
    written: &HttpRequest,
    remediation: &Remediation,
    steps: &[PlannedStep],
    stop: Stop,
) -> Result<RemediationNews, String> {
    inner.outside(&remediation.id)?;
    let filled = written.fill(&inner.surroundings.inputs, &inner.secret)?;
    if !matches!(steps, [planned] if planned.text == text::lines(&filled.shown)) {
        return Err("the request is not that of the plan; nothing was sent".to_owned());
    }
    let watch = Stopwatch::start();
    let answered = http::ask(&request(written, &filled, remediation.timeout), stop).await;
    let duration = watch.elapsed();
    let (outcome, message, seen) = match &answered {
        Err(Failure { why, sent, .. }) => {
            let why = match why {
                Why::Stopped => "given up",
                Why::TimedOut(why) | Why::NotAnswered(why) => why,
            };
            if *sent {
                (Outcome::Unknown, format!("it was sent, but {why}"), filled.shown)
            } else {
                (Outcome::RolledBack, format!("it was not sent: {why}"), filled.shown)
            }
        }
        Ok(response) => {
            let body = Body::of(response);
            let status = summary(response, &body, &inner.masker);
            let (good, message) = match &remediation.expect {
                None => (response.status.as_u16() < 400, status),
                Some(expect) => match expect.holds(&clean::values(values(response, &body, duration), &inner.masker)) {
                    Ok(holds) => (holds, format!("{status}; not as expected: {}", expect.source())),
                    Err(why) => (false, format!("{status}; the expectation could not be evaluated: {why}")),
                },
            };
            (if good { Outcome::Committed } else { Outcome::Failed }, message, seen(filled.shown, response, &body))
        }
    };
    let problem = (outcome != Outcome::Committed).then(|| Problem { message, statement: Some(0), ..Problem::default() });
    Ok(RemediationNews::Settled { outcome, results: Vec::new(), problem, transaction: None, exit: None, seen, duration })
}

/// What expressions see of a response.
fn values(response: &Response, body: &Body, duration: Duration) -> Values {
    let mut values = Values::new();
    values.insert("status".to_owned(), response.status.as_u16().into());
    values.insert("headers".to_owned(), Value::Object(headers(&response.headers).into_iter().collect()));
    values.insert("ms".to_owned(), milliseconds(duration).into());
    if let Ok(body) = &body.text {
        values.insert("body".to_owned(), body.as_str().into());
    }
    if let Ok(json) = &body.json {
        values.insert("json".to_owned(), json.clone());
    }
    values
}

/// A body as far as it can be read.
struct Body {
    text: Result<String, String>,
    json: Result<Value, String>,
}

impl Body {
    fn of(response: &Response) -> Self {
        let encoding = response.headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        if let Some(encoding) = encoding.filter(|encoding| encoding != "identity") {
            let why = format!("its body is packed with {encoding}, which was not asked for");
            return Self { text: Err(why.clone()), json: Err(why) };
        }
        let json = match response.body.as_slice() {
            [] => Err("its body is empty, so there is no JSON".to_owned()),
            bytes => serde_json::from_slice(bytes).map_err(|error| format!("its body is no JSON: {error}")),
        };
        let text = String::from_utf8(response.body.clone()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("its body is not UTF-8 at byte {}", at + 1)
        });
        Self { text, json }
    }

    /// What of the body the expectation needs and cannot have. One that is decided without it needs nothing:
    /// `status == 200 and json.ok` after a status of 502.
    fn lacking(&self, check: &Check, values: &Values) -> Option<String> {
        let expect = check.expect.as_ref()?;
        let missing = [("json", self.json.as_ref().err()), ("body", self.text.as_ref().err())];
        let why = missing.into_iter().find_map(|(name, why)| why.filter(|_| expect.names().contains(name)))?;
        expect.holds(values).is_err().then(|| why.clone())
    }
}

/// The status, and whatever explains it best; masked before it is shortened.
fn summary(response: &Response, body: &Body, masker: &Masker) -> String {
    let mut summary = response.status.to_string();
    if let Some(to) = response.redirects.last() {
        _ = write!(summary, " from {to}");
    } else if let Some(to) = response.headers.get(LOCATION).filter(|_| response.status.is_redirection()) {
        _ = write!(summary, " to {}", String::from_utf8_lossy(to.as_bytes()));
    } else if response.status.as_u16() >= 400
        && let Ok(body) = &body.text
    {
        let gist: String = masker.mask(text::first_line(body)).chars().take(GIST).collect();
        if !gist.is_empty() {
            _ = write!(summary, ": {gist}");
        }
    }
    summary
}

fn seen(asked: String, response: &Response, body: &Body) -> String {
    let mut seen = asked;
    for to in &response.redirects {
        _ = write!(seen, "\n→ {to}");
    }
    _ = write!(seen, "\n{}", response.status);
    for (name, value) in headers(&response.headers) {
        _ = write!(seen, "\n{name}: {}", value.as_str().unwrap_or_default());
    }
    match &body.text {
        Ok(text) if text.is_empty() => {}
        Ok(text) => _ = write!(seen, "\n\n{}", text.trim_end()),
        Err(why) => _ = write!(seen, "\n\n({why}; {} bytes)", response.body.len()),
    }
    if response.cut {
        seen.push_str("\n… cut at 1 MiB");
    }
    seen
}

/// Headers by name in lower case; several of one name are joined by a comma. Of a cookie only the name and the
/// attributes are kept: its value is a key to somebody's session.
fn headers(headers: &HeaderMap) -> Vec<(String, Value)> {
    let text = |name: &HeaderName, value: &[u8]| {
        let value = String::from_utf8_lossy(value).into_owned();
        if name != SET_COOKIE {
            return value;
        }
        let (cookie, attributes) = value.split_at(value.find(';').unwrap_or(value.len()));
        format!("{}={MASK}{attributes}", cookie.split('=').next().unwrap_or_default())
    };
    let joined = |name: &HeaderName| {
        let values: Vec<String> = headers.get_all(name).iter().map(|value| text(name, value.as_bytes())).collect();
        (name.as_str().to_owned(), values.join(", ").into())
    };
    headers.keys().map(joined).collect()
}
