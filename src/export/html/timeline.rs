//! The timeline as a table with its filters. The filters are hidden until the script shows them: without it everything
//! is there. Never orders anything: the rows come in their order.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::export::account::{Account, Row};
use crate::export::markup::escape;
use crate::export::page::short;
use crate::present::kind::Kind;
use crate::present::{Symbols, Tone, words};
use crate::timeline::Event;

pub(super) fn section(account: &Account<'_>) -> String {
    let mut out = filters(account);
    let number = words::count(account.rows.len() as u64, "entry", "entries");
    let _ = write!(
        out,
        "<div class=\"scroll\"><table id=\"entries\">\n<caption>{number}, in the order in which things happened.</caption>\n\
         <thead><tr><th scope=\"col\">#</th><th scope=\"col\">Time (UTC)</th><th scope=\"col\">Clock</th><th scope=\"col\">By</th>\
         <th scope=\"col\">About</th><th scope=\"col\">What happened</th></tr></thead>\n<tbody>\n"
    );
    for row in &account.rows {
        out.push_str(&line(row));
    }
    out.push_str("</tbody></table></div>\n");
    out
}

fn filters(account: &Account<'_>) -> String {
    let mut out = "<form id=\"filters\" hidden>\n<label>About <select id=\"about\"><option value=\"\">everything</option>".to_owned();
    for kind in Kind::ALL.iter().filter(|kind| account.rows.iter().any(|row| row.kind == **kind)) {
        let _ = write!(out, "<option>{}</option>", kind.name());
    }
    out.push_str("</select></label>\n<label>By <select id=\"by\"><option value=\"\">everybody</option>");
    let authors: BTreeSet<&str> = account.rows.iter().map(|row| row.placed.entry.by.as_str()).collect();
    for author in authors {
        let _ = write!(out, "<option value=\"{0}\">{0}</option>", escape(author));
    }
    out.push_str(
        "</select></label>\n<label class=\"wide\">Find <input id=\"find\" type=\"search\" placeholder=\"words, a number, a hash\" autocomplete=\"off\"></label>\n\
         <button type=\"reset\">Show all</button>\n<output id=\"shown\" aria-live=\"polite\"></output>\n</form>\n",
    );
    out
}

fn line(row: &Row<'_>) -> String {
    let entry = row.placed.entry;
    let tone = match row.story.tone() {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warn => "warn",
        Tone::Strong => "strong",
        Tone::Plain | Tone::Dim => "plain",
    };
    let late = if row.placed.late { " <span class=\"late\">late</span>" } else { "" };
    let sign = row.story.mark.symbol(Symbols::Unicode);
    let text = escape(&row.story.text);
    let told = match row.placed.corrected_by {
        Some(by) => format!("<del>{text}</del> <span class=\"corrected\">corrected by <a href=\"#entry-{0}\">#{0}</a></span>", by.seq),
        None => match &entry.event {
            Event::Corrected { entry, .. } => format!("<a href=\"#entry-{entry}\">#{entry}</a> {text}"),
            _ => text,
        },
    };
    let evidence = row.evidence.map(|hash| {
        let (hash, short) = (escape(hash), escape(short(hash)));
        format!(" <a class=\"hash\" href=\"#evidence\" title=\"SHA-256 {hash}\">{short}</a>")
    });
    format!(
        "<tr id=\"entry-{0}\" data-about=\"{about}\" data-by=\"{by}\"><td><a href=\"#entry-{0}\">{0}</a></td><td>{happened}</td>\
         <td>{clock}{late}</td><td>{by}</td><td>{about}</td><td class=\"{tone}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span> {told}{evidence}</td></tr>\n",
        entry.seq,
        about = row.kind.name(),
        by = escape(&entry.by),
        happened = row.happened(),
        clock = row.clock(),
        evidence = evidence.unwrap_or_default(),
    )
}
