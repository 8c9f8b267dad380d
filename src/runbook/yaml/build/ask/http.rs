//! `http`: one request. Never lets an author write a credential down, or an input choose more than its place.

use std::collections::BTreeMap;

use crate::runbook::ask::{Address, Ask, HttpRequest, Method, Slotted};
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;

/// What the program says of itself and of the connection.
const OURS: &[&str] = &["connection", "content-length", "transfer-encoding", "te", "upgrade", "expect"];

/// The request of a check.
pub(super) fn read(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    let (node, written) = (node.get("http")?, written.http?);
    let method = match written.method {
        None | Some(wire::http::Method::Get) => Method::Get,
        Some(wire::http::Method::Head) => Method::Head,
    };
    let request = builder.request(node, method, &written.url, written.headers)?;
    Some(Ask::Http(HttpRequest { follow: written.follow, ..request }))
}

impl Builder<'_> {
    /// The request of a remediation.
    pub(in super::super) fn changing_request(&mut self, node: &Node, written: wire::http::HttpChange) -> Option<HttpRequest> {
        let node = node.get("http")?;
        let method = match written.method {
            None | Some(wire::http::ChangingMethod::Post) => Method::Post,
            Some(wire::http::ChangingMethod::Put) => Method::Put,
            Some(wire::http::ChangingMethod::Patch) => Method::Patch,
            Some(wire::http::ChangingMethod::Delete) => Method::Delete,
            Some(wire::http::ChangingMethod::Get) => Method::Get,
        };
        let body = written.body.map(|body| self.json(place(node, "body"), &body));
        let request = self.request(node, method, &written.url, written.headers)?;
        let body = match body {
            None => None,
            Some(body) => Some(body?),
        };
        Some(HttpRequest { body, ..request })
    }

    fn json(&mut self, at: Place, written: &str) -> Option<Slotted> {
        let body = Slotted::parse_json(written).map_err(|reason| {
            let help = "an object or a list; an input is `{{ name }}` inside of quotes";
            self.report.error(at, "bad-body", format!("this cannot be the body of a request: {reason}"), help);
        });
        let body = body.ok()?;
        self.known_inputs(body.names(), at);
        Some(body)
    }

    fn request(&mut self, node: &Node, method: Method, url: &str, written: BTreeMap<String, wire::Word>) -> Option<HttpRequest> {
        if url.is_empty() {
            return None; // An address that is missing or empty has been reported as that.
        }
        let at = place(node, "url");
        let url = Address::parse(url)
            .map_err(|reason| {
                let help = "such as https://app.example.com/health?deep=1; an input is `{{ name }}`";
                self.report.error(at, "bad-address", format!("this is no address: {reason}"), help);
            })
            .ok();
        self.known_inputs(url.iter().flat_map(Address::names), at);
        let mut headers = Vec::new();
        let places = node.get("headers").map(Node::by_key).unwrap_or_default();
        for (name, value) in written {
            let at = places.get(name.as_str()).map_or(node.place, |header| header.place);
            headers.extend(self.header(&name, &value.into_text(), at).map(|value| (name, value)));
        }
        Some(HttpRequest { method, url: url?, headers, body: None, follow: false })
    }

    fn header(&mut self, name: &str, value: &str, at: Place) -> Option<Slotted> {
        // RFC 9110: the characters of a token.
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)) {
            self.report.error(at, "bad-header", format!("`{name}` is no name of a header"), "letters, digits and `-`");
        }
        if OURS.contains(&name.to_lowercase().as_str()) {
            self.report.error(at, "bad-header", format!("`{name}` is set by the program"), "leave it out");
        }
        if value.contains(|c: char| c.is_control() && c != '\t') {
            self.report.error(at, "bad-header", format!("the value of `{name}` holds a line break"), "write it on one line");
        }
        let text = Slotted::parse(value)
            .map_err(|reason| {
                self.report.error(at, "bad-template", format!("`{name}` cannot be read: {reason}"), "an input is `{{ name }}`");
            })
            .ok()?;
        if ["authorization", "proxy-authorization"].contains(&name.to_lowercase().as_str()) && text.names().next().is_none() {
            let help = "ask for it with an input that has `secret: true`, and write `{{ name }}` here";
            self.report.error(at, "password", "a credential cannot stand in a runbook", help);
        }
        self.known_inputs(text.names(), at);
        Some(text)
    }

    fn known_inputs<'n>(&mut self, names: impl Iterator<Item = &'n str>, at: Place) {
        for name in names {
            if self.uses(name) {
                continue;
            }
            let known = self.names.inputs.keys().map(String::as_str);
            let help = self.report.instead(name, known, "inputs: ", || "a request may name inputs; add it under `inputs`".to_owned());
            self.report.error(at, "unknown-name", format!("there is no input `{name}`"), help);
        }
    }
}
