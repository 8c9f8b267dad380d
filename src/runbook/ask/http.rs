//! `http`: one request, in checks and in remediations, with inputs in its parts. Values are filled in here, each by the rule of
//! the place it stands at; never so that one changes the host, the path's structure or the keys of the query.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::base::Value;
use crate::base::redact::MASK;
use crate::base::text::percent_encoded;

use super::Spelled;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// What is asked for.
    pub method: Method,
    /// Where.
    pub url: Address,
    /// Headers in the author's order and spelling.
    pub headers: Vec<(String, Slotted)>,
    /// JSON to send with it.
    pub body: Option<Slotted>,
    /// Whether redirects are followed.
    pub follow: bool,
}

/// What a request is for: checks use the first two, which change nothing, and remediations the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Head and body.
    Get,
    /// The head alone.
    Head,
    /// Whatever the server makes of it.
    Post,
    /// To be there afterwards.
    Put,
    /// To be changed.
    Patch,
    /// To be gone.
    Delete,
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request whose inputs are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The address.
    pub url: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
    /// All of it with secret inputs masked, for people: method and address, a line for each header, the body.
    pub shown: String,
}

impl HttpRequest {
    /// The request with these inputs; those in `secret` are masked where it is shown.
    ///
    /// # Errors
    /// Which input cannot stand where it is named, and why; never its value.
    pub fn fill(&self, inputs: &BTreeMap<String, String>, secret: &BTreeSet<String>) -> Result<Filled, String> {
        let value = |name: &str| match inputs.get(name) {
            Some(value) if value.contains('\0') => Err(format!("the input `{name}` holds a NUL, which is never part of a value")),
            Some(value) => Ok(value.as_str()),
            None => Err(format!("the input `{name}` has no value")),
        };
        let is_secret = |name: &str| secret.contains(name);
        let (url, shown) = self.url.fill(value, is_secret)?;
        let mut filled = Filled { url, headers: Vec::new(), body: None, shown: format!("{} {shown}", self.method.word()) };
        for (name, text) in &self.headers {
            let (text, shown) = text.fill(value, is_secret, as_header)?;
            filled.shown = format!("{}\n{name}: {shown}", filled.shown);
            filled.headers.push((name.clone(), text));
        }
        if let Some(body) = &self.body {
            let (body, shown) = body.fill(value, is_secret, |_, value| Ok(as_json(value)))?;
            filled.shown = format!("{}\n\n{shown}", filled.shown);
            filled.body = Some(body);
        }
        Ok(filled)
    }

    /// What it asks for, for people.
    #[must_use]
    pub fn spelled(&self) -> Spelled {
        let mut text = format!("{} {}", self.method.word(), self.url);
        for (name, value) in &self.headers {
            text = format!("{text}\n{name}: {value}");
        }
        if let Some(body) = &self.body {
            text = format!("{text}\n\n{body}");
        }
        Spelled::new(if self.follow { "HTTP request that follows redirects" } else { "HTTP request" }, "http", text)
    }
}

/// Text with `{{ name }}` for the values of inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slotted {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Input(String),
}

impl Slotted {
    /// Finds the inputs in a text.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some((text, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").ok_or("a `{{` is never closed")?;
            let name = name.trim();
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(format!("`{{{{ {name} }}}}` is not the name of an input alone"));
            }
            parts.extend((!text.is_empty()).then(|| Part::Text(text.to_owned())));
            parts.push(Part::Input(name.to_owned()));
            rest = after;
        }
        parts.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
        Ok(Self { source: source.to_owned(), parts })
    }

    /// The inputs it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| if let Part::Input(name) = part { Some(name.as_str()) } else { None })
    }

    /// A JSON text in which values can only be parts of strings.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse_json(source: &str) -> Result<Self, String> {
        let json: Value = source.parse().map_err(|error| format!("no JSON: {error}"))?;
        if !(json.is_object() || json.is_array()) {
            return Err("neither an object nor a list".to_owned());
        }
        Self::parse(source)
    }

    /// The text with its inputs, each brought into form by `form`, and how it is shown.
    fn fill<'v>(
        &self,
        value: impl Fn(&str) -> Result<&'v str, String>,
        is_secret: impl Fn(&str) -> bool,
        form: impl Fn(&str, &str) -> Result<String, String>,
    ) -> Result<(String, String), String> {
        let (mut filled, mut shown) = (String::new(), String::new());
        for part in &self.parts {
            let (text, is_secret) = match part {
                Part::Text(text) => (text.clone(), false),
                Part::Input(name) => (form(name, value(name)?)?, is_secret(name)),
            };
            filled.push_str(&text);
            shown.push_str(if is_secret { MASK } else { &text });
        }
        Ok((filled, shown))
    }
}

/// A value as a part of a header.
fn as_header(name: &str, value: &str) -> Result<String, String> {
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return Err(format!("the input `{name}` holds a line break or another control character, which no header may"));
    }
    Ok(value.to_owned())
}

/// A value as a part of a JSON string.
fn as_json(value: &str) -> String {
    let quoted = Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

impl fmt::Display for Slotted {
    /// As the author wrote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// An address with `{{ name }}` in it.
///
/// What an input may be depends on where it stands:
///
/// - at the very beginning it is the origin, such as `https://app.example.com:8443`, and nothing behind it;
/// - as the whole host it is a name or an IPv4 address, with a port if the author gave none;
/// - between the dots of a host it is one label: letters, digits, `-` and `_`;
/// - as a port it is digits;
/// - in the path and in the query it is anything, and percent-encoded: all but letters, digits and `-._~`. It
///   cannot make a segment of the path that is empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Slotted);

/// Stands where a value stands in the shape of an address; no address holds it.
const HERE: &str = "\0";

impl Address {
    /// Checks it.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse(source: &str) -> Result<Self, String> {
        let slotted = Slotted::parse(source)?;
        let mut shape = String::new();
        let mut parts = slotted.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Text(text) => shape.push_str(text),
                Part::Input(_) if shape.is_empty() => shape.push_str("http://x"),
                Part::Input(name) => {
                    let ends = match parts.peek() {
                        None => true,
                        Some(Part::Text(text)) => text.starts_with(['.', ':', '/', '?']),
                        Some(Part::Input(_)) => false,
                    };
                    if is_in_host(&shape) && !(shape.ends_with(['/', '.', ':']) && ends) {
                        return Err(format!("`{{{{ {name} }}}}` would be a part of a word in the host"));
                    }
                    shape.push_str(if is_in_host(&shape) && shape.ends_with(':') && !shape.ends_with("//") { "1" } else { "x" });
                }
            }
        }
        if matches!(slotted.parts.as_slice(), [Part::Input(_), Part::Text(text), ..] if !text.starts_with(['/', '?'])) {
            return Err("an address that begins with an input goes on with its path".to_owned());
        }
        judge(&shape)?;
        Ok(Self(slotted))
    }

    /// The inputs it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }

    /// The address, and how it is shown.
    fn fill<'v>(
        &self,
        value: impl Fn(&str) -> Result<&'v str, String>,
        is_secret: impl Fn(&str) -> bool,
    ) -> Result<(String, String), String> {
        let (mut url, mut shown, mut shape) = (String::new(), String::new(), String::new());
        let mut parts = self.0.parts.iter().peekable();
        while let Some(part) = parts.next() {
            let name = match part {
                Part::Input(name) => name,
                Part::Text(text) => {
                    for address in [&mut url, &mut shown, &mut shape] {
                        address.push_str(text);
                    }
                    continue;
                }
            };
            let value = value(name)?;
            let (value, fits, why) = if url.is_empty() {
                let origin = value.trim_end_matches('/').to_owned();
                let fits = is_origin(&origin);
                (origin, fits, "is no origin such as https://app.example.com; a path belongs behind it")
            } else if is_in_host(&url) {
                let goes_on = matches!(parts.peek(), Some(Part::Text(text)) if text.starts_with([':', '.']));
                let fits = match (url.ends_with("//"), goes_on) {
                    (true, false) => is_authority(value),
                    (true, true) => is_host(value),
                    (false, _) => is_label(value),
                };
                (value.to_owned(), fits, "cannot stand in the host of an address")
            } else {
                (percent_encoded(value), true, "")
            };
            if !fits {
                return Err(format!("the input `{name}` {why}"));
            }
            shape.push_str(if is_in_host(&url) { &value } else { HERE });
            shown.push_str(if is_secret(name) { MASK } else { &value });
            url.push_str(&value);
        }
        // A value in the path holds neither `/` nor `?` any more, so both have the same segments.
        let segments = |address: &str| address.split('?').next().unwrap_or_default().split('/').map(str::to_owned).collect::<Vec<_>>();
        let is_lost = |segment: &str| ["", ".", ".."].contains(&segment.replace("%2e", ".").replace("%2E", ".").as_str());
        if segments(&shape).iter().zip(segments(&url)).any(|(shape, filled)| shape.contains(HERE) && is_lost(&filled)) {
            return Err("an input would make a part of the path empty, `.` or `..`".to_owned());
        }
        Ok((url, shown))
    }
}

impl fmt::Display for Address {
    /// As the author wrote it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether what comes next after this beginning of an address still belongs to the host or its port.
fn is_in_host(url: &str) -> bool {
    url.split_once("://").is_none_or(|(_, rest)| !rest.contains(['/', '?']))
}

/// Whether an address without inputs is one that can be asked.
fn judge(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or("an address begins with http:// or https://")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("a user or password cannot stand in an address; send a header with a secret input".to_owned());
    }
    if url.contains('#') {
        return Err("what follows a `#` is never sent".to_owned());
    }
    // RFC 3986: what may stand in an address at all.
    if let Some(c) = url.chars().find(|c| !(c.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(*c))) {
        return Err(format!("`{}` must be percent-encoded", c.escape_default()));
    }
    if is_authority(authority) || is_bracketed(authority) { Ok(()) } else { Err(format!("`{authority}` is no host")) }
}

fn is_origin(value: &str) -> bool {
    judge(value).is_ok() && value.split_once("://").is_some_and(|(_, rest)| !rest.contains(['/', '?']))
}

/// A host with or without a port.
fn is_authority(value: &str) -> bool {
    value.split_once(':').map_or_else(|| is_host(value), |(host, port)| is_host(host) && port.parse::<u16>().is_ok())
}

/// `[::1]`, with or without a port.
fn is_bracketed(value: &str) -> bool {
    let inner = value.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inner.is_some_and(|(address, rest)| {
        let port = rest.strip_prefix(':').map(|port| port.parse::<u16>().is_ok());
        address.parse::<std::net::Ipv6Addr>().is_ok() && (rest.is_empty() || port == Some(true))
    })
}

/// A name or an IPv4 address.
fn is_host(value: &str) -> bool {
    value.strip_suffix('.').unwrap_or(value).split('.').all(is_label)
}

/// Letters, digits and `-`; also `_`, which DNS forbids and container networks use.
fn is_label(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    fn filled(url: &str, value: &str) -> Result<String, String> {
        Address::parse(url).unwrap().fill(|_| Ok(value), |_| false).map(|(url, _)| url)
    }

    #[test]
    fn a_value_stays_where_it_stands() {
        for (url, value, expected) in [
            ("http://h/a/{{ x }}/b", "o'k ü/?#&=", Some("http://h/a/o%27k%20%C3%BC%2F%3F%23%26%3D/b")),
            ("http://h/?a={{ x }}&b=1", "1&c=2#", Some("http://h/?a=1%26c%3D2%23&b=1")),
            ("http://h/?{{ x }}", "a=b", Some("http://h/?a%3Db")),
            ("http://h/?a={{ x }}", "", Some("http://h/?a=")),
            ("http://h/?next=/a/{{ x }}", "..", Some("http://h/?next=/a/..")),
            ("http://h/a/{{ x }}", "..", None),
            ("http://h/a/.{{ x }}/b", ".", None),
            ("http://h/a/%2e{{ x }}/b", ".", None),
            ("http://h/a/{{ x }}/b", "", None),
            ("http://h/{{ x }}{{ x }}", ".", None),
            ("http://h/a{{ x }}", "", Some("http://h/a")),
            ("http://{{ x }}/a", "db.example.com", Some("http://db.example.com/a")),
            ("http://{{ x }}/a", "127.0.0.1:8080", Some("http://127.0.0.1:8080/a")),
            ("http://{{ x }}", "a/b", None),
            ("http://{{ x }}/", "u@h", None),
            ("http://{{ x }}:80/", "h:81", None),
            ("http://{{ x }}:80/", "a.b", Some("http://a.b:80/")),
            ("http://h:{{ x }}/", "81", Some("http://h:81/")),
            ("https://{{ x }}.example.com/", "evil.com/", None),
            ("https://{{ x }}.example.com/", "shop-1", Some("https://shop-1.example.com/")),
            ("https://{{ x }}.example.com/", "", None),
            ("{{ x }}/health", "https://app.example.com/", Some("https://app.example.com/health")),
            ("{{ x }}/health", "http://[::1]:80", Some("http://[::1]:80/health")),
            ("{{ x }}/health", "https://app.example.com/evil?", None),
            ("{{ x }}/health", "https://u:p@h", None),
            ("{{ x }}/health", "file:///etc", None),
        ] {
            assert_eq!(filled(url, value).ok().as_deref(), expected, "{url} with {value:?}");
        }
    }

    #[test]
    fn a_value_stays_in_its_string_of_json() {
        let body = Slotted::parse_json(r#"{"id": "a {{ x }}", "{{ x }}": 1}"#).unwrap();
        let hostile = "\", \"admin\": true}\n\\";
        let (filled, shown) = body.fill(|_| Ok(hostile), |_| true, |_, value| Ok(as_json(value))).unwrap();
        let read: Value = filled.parse().unwrap();
        assert_eq!((&read["id"], &read[hostile], read.as_object().unwrap().len()), (&format!("a {hostile}").into(), &1.into(), 2));
        assert_eq!(shown, r#"{"id": "a ••••••", "••••••": 1}"#);
        for bad in [r#"{"id": {{ x }}}"#, "x", "\"x\"", "{}{}"] {
            assert!(Slotted::parse_json(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_refused_when_it_is_read() {
        for bad in [
            "ftp://h/",
            "h/x",
            "http://",
            "http:///x",
            "http://u:p@h/",
            "http://h/#top",
            "http://h/a b",
            "http://h/ü",
            "http://h:99999/",
            "http://h{{ x }}/",
            "http://h.{{ x }}y/",
            "{{ x }}.com/",
            "{{ x }}{{ y }}/",
            "http://h/{{ x",
            "http://h/{{ a | b }}",
            "http://[::/",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }
}
