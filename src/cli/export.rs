//! `fracas export`: an incident as a document. Never leaves half a document behind, and never guesses a form from a file
//! name that says another.

use std::path::Path;

use clap::ValueEnum;

use crate::export::{self, Case};
use crate::world::whole_file;

use super::failure::{Failure, Outcome};
use super::past::{home, readable_runbook, stored};
use super::print;
use super::proof;

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// The post-incident report
    #[value(alias = "md")]
    Markdown,
    /// Everything, for programs; its entries are the journal's
    Json,
    /// The timeline, for spreadsheets
    Csv,
    /// Report, picture and timeline as one page for a browser
    Html,
    /// The picture: phases against their budgets, checks, changes
    Svg,
}

impl ExportFormat {
    /// The form that a file's name asks for; Markdown where it asks for none.
    fn of(output: Option<&Path>) -> Result<Self, Failure> {
        let Some(extension) = output.and_then(Path::extension) else {
            return Ok(Self::Markdown);
        };
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "md" | "markdown" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            "html" | "htm" => Ok(Self::Html),
            "svg" => Ok(Self::Svg),
            other => Err(Failure::usage(format!(
                "`.{other}` is no form of a report; name the file .md, .html, .svg, .json or .csv, or say which with --format"
            ))),
        }
    }
}

pub(super) fn export(wanted: &str, format: Option<ExportFormat>, output: Option<&Path>) -> Result<Outcome, Failure> {
    let format = format.map_or_else(|| ExportFormat::of(output), Ok)?;
    let home = home()?;
    let stored = stored(&home, wanted)?;
    let runbook = readable_runbook(&stored)?;
    let heads = proof::vouch_now(&home, &stored)?.into_iter().map(|signed| (signed.text, signed.signature)).collect::<Vec<_>>();
    let format = match format {
        ExportFormat::Markdown => export::Format::Markdown,
        ExportFormat::Json => export::Format::Json,
        ExportFormat::Csv => export::Format::Csv,
        ExportFormat::Html => export::Format::Html,
        ExportFormat::Svg => export::Format::Svg,
    };
    let journal = stored.lines.iter().fold(String::new(), |journal, line| journal + line + "\n");
    let document = export::export(format, Case { id: &stored.id, incident: &stored.incident, runbook: &runbook, heads: &heads }, &journal);
    match output {
        None => print(&document)?,
        Some(path) => whole_file::write(path, document.as_bytes())
            .map_err(|error| Failure::outside(format!("{}: not written: {error}", path.display())))?,
    }
    Ok(Outcome::Done)
}
