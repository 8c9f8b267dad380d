//! The incident as one page for a browser: report, picture, and a timeline that can be filtered and searched. Never
//! needs anything from outside the file, nor a script to be read or printed; and of what is untrusted in it, nothing runs.

mod policy;
mod rendered;
mod timeline;

use std::fmt::Write as _;

use crate::present::words;

use super::account::Account;
use super::markdown::{PARTS, Part, TIMELINE};
use super::markup::escape;
use super::page::Page;
use super::svg;
use policy::source;
use rendered::rendered;

/// How the page looks, on a screen, in the dark and on paper.
const STYLE: &str = include_str!("html/page.css");

/// What filters the timeline. It only ever hides and shows what is there.
const SCRIPT: &str = include_str!("html/page.js");

/// The page, closed by a line break.
#[must_use]
pub(super) fn html(account: &Account<'_>) -> String {
    let style = format!("{STYLE}{}", svg::STYLE);
    let title = account.heading();
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src {}; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n",
        source(SCRIPT),
        source(&style),
        escape(&title),
    );
    page.push_str("<a class=\"skip\" href=\"#timeline\">To the timeline</a>\n");
    header(account, &title, &mut page);
    let parts = PARTS.iter().map(|part| (part, if part.id == TIMELINE { timeline::section(account) } else { told(account, part.tell) }));
    let parts: Vec<_> = parts.filter(|(_, body)| !body.is_empty()).collect();
    page.push_str("<nav aria-label=\"Contents\"><ul>\n");
    for (part, _) in &parts {
        let _ = writeln!(page, "<li><a href=\"#{}\">{}</a></li>", part.id, part.title);
    }
    page.push_str("</ul></nav>\n<main>\n");
    for (part, body) in &parts {
        let Part { id, title, .. } = part;
        let _ =
            write!(page, "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{body}</section>\n");
        if *id == "summary" {
            picture(account, &mut page);
        }
    }
    page.push_str("</main>\n<footer>\n");
    let mut origin = Page::default();
    account.origin(&mut origin);
    page.push_str(&rendered(&origin.finish()));
    let _ = write!(page, "</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n");
    page
}

/// A part of the report, as HTML.
fn told(account: &Account<'_>, tell: fn(&Account<'_>, &mut Page)) -> String {
    let mut page = Page::default();
    tell(account, &mut page);
    rendered(&page.finish())
}

/// The figures that everybody asks for first.
fn header(account: &Account<'_>, title: &str, page: &mut String) {
    let incident = account.case.incident;
    let measures = &account.measures;
    page.push_str("<header>\n");
    if incident.is_drill() {
        page.push_str("<p class=\"drill\"><strong>This was a drill.</strong> Nothing of it touched a real system.</p>\n");
    }
    let _ = write!(
        page,
        "<h1>{}</h1>\n<p class=\"under\"><code>{}</code></p>\n<dl class=\"figures\">\n",
        escape(title),
        escape(account.case.id.as_str())
    );
    let time = |time: Option<std::time::Duration>, otherwise: &str| time.map_or_else(|| otherwise.to_owned(), words::duration);
    let figures = [
        ("Status", account.status().to_owned()),
        ("Severity", incident.severity.clone().unwrap_or_else(|| "none".to_owned())),
        ("Led by", incident.lead.clone()),
        ("Lasted", words::duration(measures.lasted)),
        ("To first red", time(measures.first_red, "never red")),
        ("To first action", time(measures.first_action, "no change")),
        ("To mitigation", time(measures.mitigated, "not proven")),
        ("To resolution", time(measures.resolved, "still open")),
    ];
    for (name, value) in figures {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", escape(&value));
    }
    page.push_str("</dl>\n</header>\n");
}

fn picture(account: &Account<'_>, page: &mut String) {
    let _ = writeln!(
        page,
        "<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"How it went, as a picture\">{}</div>\
         <figcaption>How it went. Each shape has its words: point at it.</figcaption></figure>",
        svg::within_a_page(account)
    );
}
