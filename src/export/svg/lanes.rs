//! What stands in the picture, lane by lane. Never leaves a phase, a step or a check out: what was not worked on says so.

use std::fmt::Write as _;
use std::time::Duration;

use crate::base::text::first_line;
use crate::export::account::Account;
use crate::export::account::course::{Span, Standing, Still};
use crate::present::kind::Kind;
use crate::present::words::{self, count};
use crate::runbook::model::{Phase, Step};
use crate::timeline::Event;
use crate::timeline::event::Outcome;
use crate::timeline::measure::Cost;

use super::scale::Scale;
use super::sheet::{EDGE, Shape, Sheet};
use super::{LABELS, WIDTH};

/// Heights of lanes, in units of the drawing.
const PHASE: u32 = 26;
const LANE: u32 = 20;
const MARKS: u32 = 24;

/// Marks that are nearer than this would lie on each other, and are drawn as one with their number.
const NEAR: f64 = 16.0;

/// Stories told of marks that are drawn as one.
const TOLD: usize = 8;

pub(super) fn draw(account: &Account<'_>, sheet: &mut Sheet) {
    axis_words(sheet);
    sheet.begin();
    milestones(account, sheet);
    severities(account, sheet);
    section(sheet, "PHASES AND STEPS");
    phases(account, sheet);
    section(sheet, "CHECKS");
    checks(account, sheet);
    section(sheet, "WHAT PEOPLE DID");
    changes(account, sheet);
    marks(account, sheet, "Notes", |kind, _| kind == Kind::Notes, |_| Shape::Page);
    marks(account, sheet, "Decisions", |kind, _| kind == Kind::Decisions, |_| Shape::Circle);
    let calls = |event: &Event| match event {
        Event::EscalationDue { .. } | Event::EscalationAcknowledged { .. } => Shape::Triangle,
        _ => Shape::Arrow,
    };
    marks(account, sheet, "Calls and messages", |kind, _| kind == Kind::Calls, calls);
    behind(account, sheet);
}

/// What a phase or a step cost, in words: `4m 03s of 5m`, `1m over 5m`.
pub(super) fn figures(cost: &Cost) -> String {
    match (cost.entered, cost.over_by(), cost.budget) {
        (None, ..) => "not entered".to_owned(),
        (_, Some(over), Some(budget)) => format!("{} over {}", words::rough(over), words::exactly(budget)),
        (_, _, Some(budget)) => format!("{} of {}", words::duration(cost.spent), words::exactly(budget)),
        (_, _, None) => words::duration(cost.spent),
    }
}

fn axis_words(sheet: &mut Sheet) {
    let y = sheet.y + 10;
    sheet.text(EDGE, y, "faint", "Time since the beginning");
    for at in sheet.scale.marks() {
        let said = if at.is_zero() { "0".to_owned() } else { words::exactly(at) };
        sheet.text_at(sheet.x(at), y, "faint", "middle", &said);
    }
    sheet.y += 16;
}

/// The lines of the axis, and where work stood still, lie behind everything.
fn behind(account: &Account<'_>, sheet: &mut Sheet) {
    let scale: Scale = sheet.scale;
    let promised = account.measures.promised.filter(|promised| *promised <= account.course.ends);
    sheet.below(|under, top, bottom| {
        for at in scale.marks() {
            let _ = write!(under, r#"<path class="grid" d="M{} {top}V{bottom}"/>"#, scale.x(at));
        }
        for (span, why) in &account.course.still {
            let (from, to) = (scale.x(span.from), scale.x(span.to));
            let why = match why {
                Still::Paused => "paused",
                Still::Away => "nobody there",
            };
            let (width, height) = ((to - from).max(1.0), bottom - top);
            let _ = write!(
                under,
                r#"<g><title>{why} for {}</title><rect class="still" x="{from}" y="{top}" width="{width:.1}" height="{height}"/></g>"#,
                words::duration(span.length()),
            );
        }
        if let Some(promised) = promised {
            let said = words::exactly(promised);
            let x = scale.x(promised);
            let _ = write!(under, r#"<g><title>promised within {said}</title><path class="promise" d="M{x} {top}V{bottom}"/></g>"#);
        }
    });
}

fn section(sheet: &mut Sheet, title: &str) {
    sheet.down(6, false);
    sheet.text(EDGE, sheet.y + 15, "section", title);
    sheet.down(20, true);
}

/// Moments that a review asks about first. Each has its name beside it where there is room before the next.
fn milestones(account: &Account<'_>, sheet: &mut Sheet) {
    let measures = &account.measures;
    let moments = [
        (measures.first_red, "first red"),
        (measures.first_action, "first action"),
        (measures.mitigated, "mitigated"),
        (measures.resolved, "resolved"),
    ];
    let mut moments: Vec<(Duration, &str)> = moments.into_iter().filter_map(|(at, name)| at.map(|at| (at, name))).collect();
    if moments.is_empty() {
        return;
    }
    moments.sort_by_key(|(at, _)| *at);
    sheet.label(0, "", "Milestones", MARKS);
    let y = sheet.y + MARKS / 2;
    for (place, (at, name)) in moments.iter().enumerate() {
        let x = sheet.x(*at);
        let before = place.checked_sub(1).and_then(|place| moments.get(place));
        let before = before.map_or(f64::from(LABELS), |(at, name)| sheet.x(*at) + width_of(name));
        let next = moments.get(place + 1).map_or(f64::from(WIDTH - EDGE), |(at, _)| sheet.x(*at));
        sheet.titled(&format!("{name} after {}", words::duration(*at)), |sheet| {
            sheet.mark(Shape::Flag, x, y);
            if x + width_of(name) <= next {
                sheet.text_at(x + 11.0, y + 4, "faint", "start", name);
            } else if x - width_of(name) >= before {
                sheet.text_at(x - 5.0, y + 4, "faint", "end", name);
            }
        });
    }
    sheet.down(MARKS, false);
}

/// Room that a milestone takes with its name beside it.
fn width_of(name: &str) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a name has a dozen letters")]
    let letters = name.len() as f64;
    14.0 + 6.4 * letters
}

fn severities(account: &Account<'_>, sheet: &mut Sheet) {
    if account.course.severities.is_empty() {
        return;
    }
    sheet.label(0, "", "Severity", LANE);
    for (span, severity) in &account.course.severities {
        sheet.titled(&format!("{severity} from {} for {}", words::clock(span.from), words::duration(span.length())), |sheet| {
            let width = sheet.bar("severity", *span, 2, 16);
            if width > 24.0 {
                let (x, y) = (sheet.place(*span).0 + 5.0, sheet.y + 14);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width on paper is small and positive")]
                let room = (width / 7.0) as usize;
                sheet.text_at(x, y, "number", "start", &super::sheet::shortened(severity, room));
            }
        });
    }
    sheet.down(LANE, false);
}

fn phases(account: &Account<'_>, sheet: &mut Sheet) {
    for (phase, measure) in account.case.runbook.phases.iter().zip(&account.measures.phases) {
        let mut worked: Vec<Span> = phase.steps.iter().filter_map(|step| account.course.worked.get(&step.id)).flatten().copied().collect();
        worked.sort_by_key(|span| span.from);
        lane(sheet, 0, "phase", &phase.title, &measure.cost, &worked, &state_of_phase(account, phase, &measure.cost));
        for (step, measure) in phase.steps.iter().zip(&measure.steps) {
            let worked = account.course.worked.get(&step.id).map(Vec::as_slice).unwrap_or_default();
            lane(sheet, 14, "", &step.title, &measure.cost, worked, &state_of_step(account, phase, step, &measure.cost));
        }
    }
}

fn state_of_phase(account: &Account<'_>, phase: &Phase, cost: &Cost) -> String {
    let applies = account.session.applies(&phase.id, phase.when.as_ref());
    if applies || cost.entered.is_some() { figures(cost) } else { "did not apply".to_owned() }
}

fn state_of_step(account: &Account<'_>, phase: &Phase, step: &Step, cost: &Cost) -> String {
    if account.case.incident.skipped.contains_key(&step.id) {
        "skipped".to_owned()
    } else if cost.entered.is_none() && !account.session.step_applies(phase, step) {
        "did not apply".to_owned()
    } else {
        figures(cost)
    }
}

/// Work as bars against the outline of the budget; what is beyond the budget is drawn otherwise.
fn lane(sheet: &mut Sheet, indent: u32, class: &str, title: &str, cost: &Cost, worked: &[Span], said: &str) {
    let (height, inset, thick) = if class == "phase" { (PHASE, 6, 14) } else { (LANE, 5, 10) };
    let label_class = if class.is_empty() && cost.entered.is_none() { "faint" } else { class };
    sheet.label(indent, label_class, title, height);
    sheet.titled(&format!("{title}: {said}"), |sheet| {
        if let (Some(entered), Some(budget)) = (cost.entered, cost.budget) {
            sheet.bar("budget", Span { from: entered, to: entered + budget }, inset - 2, thick + 4);
        }
        let mut left = cost.budget;
        for span in worked {
            let within = left.map_or(span.length(), |left| left.min(span.length()));
            let turns = span.from + within;
            if within > Duration::ZERO || span.length().is_zero() {
                sheet.bar("worked", Span { from: span.from, to: turns }, inset, thick);
            }
            if turns < span.to {
                sheet.bar("overrun", Span { from: turns, to: span.to }, inset, thick);
            }
            left = left.map(|left| left.saturating_sub(span.length()));
        }
    });
    sheet.figure(if cost.over_by().is_some() { "figure exceeded" } else { "figure" }, said, height);
    sheet.down(height, false);
}

fn checks(account: &Account<'_>, sheet: &mut Sheet) {
    for (_, check) in account.case.runbook.checks() {
        let Some(stood) = account.course.checks.get(&check.id) else { continue };
        sheet.label(0, "", &check.title, LANE);
        // What is red lies on top, so that a moment of it is not lost between two stretches of green.
        for wanted in [Standing::Green, Standing::Unknown, Standing::Red] {
            for (span, standing) in stood.iter().filter(|(_, standing)| *standing == wanted) {
                let words =
                    format!("{}: {} from {} for {}", check.title, standing.name(), words::clock(span.from), words::duration(span.length()));
                sheet.titled(&words, |sheet| standing_bar(sheet, *span, *standing));
            }
        }
        let all_of = |wanted| stood.iter().filter(|(_, standing)| *standing == wanted).map(|(span, _)| span.length()).sum::<Duration>();
        let said = match (all_of(Standing::Red), all_of(Standing::Unknown)) {
            (Duration::ZERO, Duration::ZERO) => "always green".to_owned(),
            (Duration::ZERO, unknown) => format!("unknown {}", words::duration(unknown)),
            (red, _) => format!("red {}", words::duration(red)),
        };
        sheet.figure("figure", &said, LANE);
        sheet.down(LANE, false);
    }
    if account.course.checks.is_empty() {
        sheet.text(LABELS, sheet.y + 14, "faint", "No check was asked.");
        sheet.down(LANE, false);
    }
}

/// Green is a thin line, red a thick one with stripes, unknown an outline with dots: each has its shape.
pub(super) fn standing_bar(sheet: &mut Sheet, span: Span, standing: Standing) {
    match standing {
        Standing::Green => sheet.bar("green", span, 8, 5),
        Standing::Red => sheet.bar("red", span, 3, 15),
        Standing::Unknown => sheet.bar("unknown", span, 4, 12),
    };
}

fn changes(account: &Account<'_>, sheet: &mut Sheet) {
    if account.runs.is_empty() {
        return;
    }
    sheet.label(0, "", "Remediations", MARKS);
    let y = sheet.y + MARKS / 2;
    for run in &account.runs {
        let known = account.case.runbook.remediation(run.remediation).map(|(_, remediation)| remediation);
        let title = known.map_or(run.remediation.as_str(), |known| &known.title);
        let word = words::outcome(run.outcome(), known.map(|known| &known.act)).name;
        let shape = match run.outcome() {
            Outcome::Committed => Shape::Diamond,
            Outcome::RolledBack | Outcome::Failed => Shape::CrossedDiamond,
            Outcome::Unknown => Shape::OpenDiamond,
        };
        sheet.titled(&format!("#{} {} {title}: {word}", run.begun.seq, words::clock(run.from)), |sheet| {
            sheet.bar("mark", Span { from: run.from, to: run.to }, 10, 4);
            sheet.mark(shape, sheet.x(run.to), y);
        });
    }
    sheet.figure("figure", &count(account.runs.len() as u64, "run", "runs"), MARKS);
    sheet.down(MARKS, false);
}

/// Entries of one kind as marks. What does not hold any more is left out.
fn marks(account: &Account<'_>, sheet: &mut Sheet, label: &str, wanted: impl Fn(Kind, &Event) -> bool, shape: impl Fn(&Event) -> Shape) {
    let rows: Vec<_> =
        account.rows.iter().filter(|row| wanted(row.kind, &row.placed.entry.event) && row.placed.corrected_by.is_none()).collect();
    if rows.is_empty() {
        return;
    }
    sheet.label(0, "", label, MARKS);
    let mut groups: Vec<(f64, Shape, Vec<String>)> = Vec::new();
    for row in &rows {
        let x = sheet.x(row.placed.clock);
        let shape = shape(&row.placed.entry.event);
        let story = format!("#{} {} {}: {}", row.placed.entry.seq, row.clock(), row.placed.entry.by, first_line(&row.story.text));
        match groups.last_mut().filter(|(near, ..)| x - *near < NEAR) {
            Some((_, _, stories)) => stories.push(story),
            None => groups.push((x, shape, vec![story])),
        }
    }
    let y = sheet.y + MARKS / 2;
    for (x, shape, stories) in groups {
        let mut told = stories.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(" — ");
        if stories.len() > TOLD {
            let _ = write!(told, " — and {} more", stories.len() - TOLD);
        }
        sheet.titled(&told, |sheet| {
            sheet.mark(shape, x, y);
            if stories.len() > 1 {
                sheet.text_at(x + 9.0, y - 3, "number", "start", &stories.len().to_string());
            }
        });
    }
    sheet.figure("figure", &rows.len().to_string(), MARKS);
    sheet.down(MARKS, false);
}
