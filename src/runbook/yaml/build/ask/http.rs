//! `http`: one request. Never lets an author write a credential down, or an input choose more than its place.

use crate::runbook::ask::{Address, Ask, HttpRequest, Method, Slotted};
use crate::runbook::problem::nearest;
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;

/// What the program says of itself and of the connection.
const OURS: &[&str] = &["connection", "content-length", "transfer-encoding", "te", "upgrade", "expect"];

/// The request of a check.
pub(super) fn read(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    builder.request(node.get("http")?, written.http?).map(Ask::Http)
}

impl Builder<'_> {
    /// A request.
    fn request(&mut self, node: &Node, written: wire::http::Http) -> Option<HttpRequest> {
        let method = match written.method {
            None | Some(wire::http::Method::Get) => Method::Get,
            Some(wire::http::Method::Head) => Method::Head,
        };
        if written.url.is_empty() {
            return None; // An address that is missing or empty has been reported as that.
        }
        let at = place(node, "url");
        let url = Address::parse(&written.url)
            .map_err(|reason| {
                let help = "such as https://app.example.com/health?deep=1; an input is `{{ name }}`";
                self.report.error(at, "bad-address", format!("this is no address: {reason}"), help);
            })
            .ok();
        self.known_inputs(url.iter().flat_map(Address::names), at);
        let mut headers = Vec::new();
        for (name, value) in written.headers {
            let at = node.get("headers").map_or(node.place, |headers| place(headers, &name));
            headers.extend(self.header(&name, &value.into_text(), at).map(|value| (name, value)));
        }
        Some(HttpRequest { method, url: url?, headers, follow: written.follow })
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
        for name in names.filter(|name| !self.names.inputs.contains_key(*name)).collect::<Vec<_>>() {
            let help = match nearest(name, self.names.inputs.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a request may name inputs; add it under `inputs`".to_owned(),
            };
            self.report.error(at, "unknown-name", format!("there is no input `{name}`"), help);
        }
    }
}
