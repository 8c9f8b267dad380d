//! `curl`, as far as a runbook asks an API on this machine with it: one request, told on standard input. Never goes
//! anywhere else.

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::drill::container::Place;
use crate::drill::container::http::{Request, ask};

use super::{Question, Reply, block_on};

/// Answers `curl -fsS -K -`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    if question.arguments == ["--version"] {
        return Ok("curl: the stand-in of a drill\n".to_owned());
    }
    if question.arguments != ["-fsS", "-K", "-"] {
        return Err(question.not_imitated("curl"));
    }
    let mut told = String::new();
    std::io::stdin().read_to_string(&mut told).map_err(|error| error.to_string())?;
    let mut request = Request { method: String::new(), path: String::new(), headers: BTreeMap::new(), body: String::new() };
    let mut port = None;
    for line in told.lines().filter(|line| !line.trim().is_empty()) {
        let (key, value) = line.split_once('=').ok_or_else(|| question.not_imitated("curl"))?;
        let value = unquoted(value.trim());
        match key.trim() {
            "url" => {
                port = Place::of(question.folder).port("render").ok();
                let here = port.map(|port| format!("http://127.0.0.1:{port}")).unwrap_or_default();
                let path = value.strip_prefix(&here).filter(|path| path.starts_with('/'));
                path.ok_or("curl: (6) Could not resolve host: a drill reaches nothing but its own world")?.clone_into(&mut request.path);
            }
            "request" => request.method = value,
            "data" => request.body = value,
            "header" => {
                let (name, value) = value.split_once(':').unwrap_or((&value, ""));
                request.headers.insert(name.to_owned(), value.trim().to_owned());
            }
            _ => return Err(question.not_imitated("curl")),
        }
    }
    if request.method.is_empty() {
        (if request.body.is_empty() { "GET" } else { "POST" }).clone_into(&mut request.method);
    }
    let port = port.ok_or("curl: (3) URL rejected: no URL")?;
    let answer = block_on(ask(port, &request))?.map_err(|why| format!("curl: (7) Failed to connect to 127.0.0.1: {why}"))?;
    if answer.status < 400 { Ok(answer.body) } else { Err(format!("curl: (22) The requested URL returned error: {}", answer.status)) }
}

/// A value as `curl` reads it in its configuration: within quotes, a backslash stands before what is meant.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.push(if c == '\\' { characters.next().unwrap_or(c) } else { c });
    }
    text
}
