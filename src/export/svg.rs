//! The incident as a picture: phases and steps against their budgets, how each check stood, and what was done when. Every
//! meaning has a shape of its own beside its colour. Never a script, never a style within an element, never anything from
//! outside the file: a page may hold it under the strictest policy.

mod lanes;
mod legend;
mod scale;
mod sheet;

use crate::present::words;

use super::account::Account;
use super::markup::escape;
use scale::Scale;
use sheet::Sheet;

/// The looks of the picture; every rule is for what stands within `.fracas-picture`.
pub(super) const STYLE: &str = include_str!("svg/picture.css");

/// Width of the whole, and of the columns beside the picture, in units of the drawing. A label has room for some forty
/// letters, what stands at the right for `2h 04m of 1h 30m`.
const WIDTH: u32 = 1_000;
const LABELS: u32 = 262;
const FIGURES: u32 = 138;

/// The picture as a file of its own.
#[must_use]
pub(super) fn svg(account: &Account<'_>) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", drawn(account, Some(STYLE)))
}

/// The picture as it stands within a page that has [`STYLE`].
pub(super) fn within_a_page(account: &Account<'_>) -> String {
    drawn(account, None)
}

fn drawn(account: &Account<'_>, style: Option<&str>) -> String {
    let scale = Scale::new(account.course.ends, LABELS, WIDTH - FIGURES);
    let mut sheet = Sheet::new(scale);
    if style.is_some() {
        sheet.title(&title(account), &subtitle(account));
    }
    lanes::draw(account, &mut sheet);
    legend::draw(&mut sheet);
    sheet.finish(&title(account), &description(account), style)
}

fn title(account: &Account<'_>) -> String {
    let drill = if account.case.incident.is_drill() { "DRILL – " } else { "" };
    format!("{drill}{}", account.case.runbook.title)
}

fn subtitle(account: &Account<'_>) -> String {
    let began = account.case.incident.began().map(|began| format!("began {}, ", words::moment(began))).unwrap_or_default();
    format!("{} · {began}{} · {}", account.case.id, words::duration(account.measures.lasted), account.status())
}

/// The picture in words, for who does not see it.
fn description(account: &Account<'_>) -> String {
    let phases = account.case.runbook.phases.iter().zip(&account.measures.phases);
    let phases = phases.map(|(phase, measure)| format!("{}: {}", phase.title, lanes::figures(&measure.cost)));
    let red = account.measures.checks.iter().filter(|(_, check)| check.turned_red > 0);
    let red = red.map(|(id, check)| format!("{} was red for {}", account.check_title(id), words::duration(check.red_for)));
    let runs = account.runs.iter().map(|run| {
        let known = account.case.runbook.remediation(run.remediation).map(|(_, remediation)| remediation);
        let title = known.map_or(run.remediation.as_str(), |known| &known.title);
        format!("{title} at {}: {}", words::clock(run.from), words::outcome(run.outcome(), known.map(|known| &known.act)).name)
    });
    let sentences: Vec<String> = std::iter::once(subtitle(account)).chain(phases).chain(red).chain(runs).collect();
    escape(&sentences.join(". "))
}
