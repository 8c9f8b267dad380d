//! Floor 5: a finished (or still open) incident as a document that leaves the building. Everything follows
//! from the timeline and the runbook, so the same incident always gives the same bytes. Never writes a
//! file and never shows a secret: secret inputs are not among what it is given.

mod account;
mod csv;
mod html;
pub mod json;
mod markdown;
mod markup;
mod page;
mod rich;
pub mod runbook;
mod svg;

use std::sync::Arc;

use crate::base::id::IncidentId;
use crate::runbook::Runbook;
use crate::timeline::Incident;

use account::Account;

/// What is exported.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The name of the incident.
    pub id: &'a IncidentId,
    /// What happened.
    pub incident: &'a Incident,
    /// The runbook as it was when the incident was opened.
    pub runbook: &'a Arc<Runbook>,
    /// Heads of the timeline with somebody's signature: what was signed, and the signature.
    pub heads: &'a [(String, String)],
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The post-incident report.
    #[default]
    Markdown,
    /// One object with everything in it, which can be verified like the journal itself.
    Json,
    /// The timeline as a table.
    Csv,
    /// Report, picture and timeline as one page for a browser.
    Html,
    /// The picture alone.
    Svg,
}

impl Format {
    /// Every format with the word that asks for it.
    pub const ALL: &[(&str, Self)] =
        &[("markdown", Self::Markdown), ("json", Self::Json), ("csv", Self::Csv), ("html", Self::Html), ("svg", Self::Svg)];
}

/// The document, closed by a line break. `journal` is the incident's journal as it is on disk.
#[must_use]
pub fn export(format: Format, case: Case<'_>, journal: &str) -> String {
    let account = Account::of(case, journal);
    match format {
        Format::Markdown => markdown::markdown(&account),
        Format::Json => json::json(&account, journal),
        Format::Csv => csv::csv(&account),
        Format::Html => html::html(&account),
        Format::Svg => svg::svg(&account),
    }
}
