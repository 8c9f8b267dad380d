//! The top of the screen: what this is, on what, how long it has been, what is due — and what must not be
//! overlooked. Never scrolls.

use ratatui::text::{Line, Span};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::present::words;
use crate::runbook::model::Phase;
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::replay::Replaying;
use crate::tui::theme::{Theme, Tone};
use crate::tui::ui::Ui;

use super::calls;

/// Columns of the bar that shows a budget.
const BAR: usize = 10;

/// The lines of the header.
pub(super) fn lines(session: &Session, ui: &Ui, now: Stamp, columns: usize, rows: u16) -> Vec<Line<'static>> {
    let theme = ui.theme;
    let mut lines: Vec<Line<'static>> = ui.replay.iter().map(|replay| replaying(replay, theme, columns)).collect();
    lines.extend([title(session, theme, now, columns), place(session, theme, columns), clocks(session, ui, now, columns)]);
    lines.extend(banners(session, ui, now, columns));
    let most = if rows >= 24 { 2 } else { 1 };
    if session.incident.resolved.is_none() {
        lines.extend(warnings(ui, columns, most));
    }
    lines.push(Line::styled("─".repeat(columns), theme.style(Tone::Dim)));
    lines
}

/// Above everything: that none of it happens now.
fn replaying(replay: &Replaying, theme: Theme, columns: usize) -> Line<'static> {
    let words = if ink::width(&replay.heading) + 2 <= columns { &replay.heading } else { &replay.short };
    Line::from(span(ink::fill(&format!(" {words}"), columns), theme.style(Tone::Caution)))
}

fn title(session: &Session, theme: Theme, now: Stamp, columns: usize) -> Line<'static> {
    let mut left = Vec::new();
    if let Some(severity) = &session.incident.severity {
        let (tone, word) = urgency(severity);
        left.push(span(format!(" {severity}{word} "), theme.style(tone)));
        left.push(Span::raw(" "));
    }
    let clock = format!(" {}", words::clock(session.incident.clock(now)));
    let taken: usize = left.iter().map(Span::width).sum::<usize>() + ink::width(&clock);
    let title = session.incident.opened().map_or(session.runbook.title.as_str(), |opened| &opened.title);
    left.push(span(ink::fit(title, columns.saturating_sub(taken + 1)), theme.style(Tone::Strong)));
    let over = session.runbook.resolve_within.is_some_and(|within| session.incident.clock(now) > within);
    let tone = if session.incident.resolved.is_some() {
        Tone::Good
    } else if over {
        Tone::Bad
    } else {
        Tone::Strong
    };
    ink::justified(left, vec![span(clock, theme.style(tone))], columns)
}

/// What the usual names of severities say, for a badge that nobody has to decode.
fn urgency(severity: &str) -> (Tone, &'static str) {
    match severity.to_ascii_uppercase().as_str() {
        "P0" | "SEV0" | "SEV1" => (Tone::Alarm, " CRITICAL"),
        "P1" | "SEV2" => (Tone::Alarm, " HIGH"),
        "P2" | "SEV3" => (Tone::Caution, " MEDIUM"),
        "P3" | "P4" | "SEV4" | "SEV5" => (Tone::Badge, " LOW"),
        "CRITICAL" | "HIGH" => (Tone::Alarm, ""),
        "MEDIUM" => (Tone::Caution, ""),
        _ => (Tone::Badge, ""),
    }
}

fn place(session: &Session, theme: Theme, columns: usize) -> Line<'static> {
    let mut left = Vec::new();
    let Some(opened) = session.incident.opened() else {
        return Line::default();
    };
    if opened.drill.is_some() {
        let words = if columns >= 60 { " DRILL — nothing here is real " } else { " DRILL: not real " };
        left.push(span(words, theme.style(Tone::Drill)));
        left.push(Span::raw(" "));
    }
    if opened.read_only {
        left.push(span(" READ-ONLY ", theme.style(Tone::Badge)));
        left.push(Span::raw(" "));
    }
    for target in session.incident.targets() {
        if target.production {
            left.push(span(" PRODUCTION ", theme.style(if opened.drill.is_some() { Tone::Caution } else { Tone::Alarm })));
            left.push(Span::raw(" "));
        }
        let taken: usize = left.iter().map(Span::width).sum();
        left.push(span(ink::fit(&format!("{}: {}  ", target.name, target.shown), columns.saturating_sub(taken)), theme.style(Tone::Plain)));
    }
    let lead = format!("led by {}", session.incident.lead);
    ink::justified(left, vec![span(ink::fit(&lead, 24), theme.style(Tone::Dim))], columns)
}

fn clocks(session: &Session, ui: &Ui, now: Stamp, columns: usize) -> Line<'static> {
    let theme = ui.theme;
    let left = match (&session.incident.resolved, session.current()) {
        (Some(_), _) => vec![span("✓ resolved", theme.style(Tone::Good))],
        (None, Some((phase, _))) => budget(session, phase, theme, now, columns),
        (None, None) if ui.replay.is_some() => vec![span("not begun", theme.style(Tone::Dim))],
        (None, None) => vec![span("not begun: Enter begins", theme.style(Tone::Dim))],
    };
    ink::justified(left, escalation(session, theme, now, columns), columns)
}

fn budget(session: &Session, phase: &Phase, theme: Theme, now: Stamp, columns: usize) -> Vec<Span<'static>> {
    let mut spans = vec![span(ink::fit(&phase.title, columns / 3), theme.style(Tone::Strong)), Span::raw("  ")];
    let spent = session.phase_spent(phase, now);
    let Some(budget) = phase.budget else {
        spans.push(span(format!("{} so far", words::rough(spent)), theme.style(Tone::Dim)));
        return spans;
    };
    let tone = if spent > budget {
        Tone::Bad
    } else if spent * 5 > budget * 4 {
        Tone::Warn
    } else {
        Tone::Good
    };
    if columns >= 60 {
        let full = usize::try_from(spent.as_millis() * BAR as u128 / budget.as_millis().max(1)).unwrap_or(BAR).min(BAR);
        spans.push(span("█".repeat(full), theme.style(tone)));
        spans.push(span("░".repeat(BAR - full), theme.style(Tone::Dim)));
        spans.push(Span::raw(" "));
    }
    spans.push(span(words::budget(spent, budget), theme.style(tone)));
    spans.push(span(format!(" of {}", words::exactly(budget)), theme.style(Tone::Dim)));
    spans
}

fn escalation(session: &Session, theme: Theme, now: Stamp, columns: usize) -> Vec<Span<'static>> {
    if session.incident.resolved.is_some() {
        return Vec::new();
    }
    match session.next_escalation(now) {
        Some((_, left)) if left.is_zero() => vec![span("↑ escalation due", theme.style(Tone::Bad))],
        Some((_, left)) => {
            let label = if columns >= 60 { "↑ escalation in " } else { "↑ " };
            vec![span(format!("{label}{}", words::rough(left)), theme.style(Tone::Dim))]
        }
        None => Vec::new(),
    }
}

/// What must not be overlooked, one line each, the gravest first.
fn banners(session: &Session, ui: &Ui, now: Stamp, columns: usize) -> Vec<Line<'static>> {
    let theme = ui.theme;
    let mut lines = Vec::new();
    let mut banner = |words: String, tone| {
        lines.push(Line::from(span(ink::fill(&format!(" {words}"), columns), theme.style(tone))));
    };
    if let Some(why) = &session.degraded {
        banner(format!("NOT RECORDED — {why}. Changes are refused until the journal writes again."), Tone::Alarm);
    }
    if let Some((words, tone)) = calls::banner(session, ui, now, columns) {
        banner(words, tone);
    }
    let waits = session.incident.handover.as_ref().filter(|handover| handover.accepted.is_none() && session.incident.resolved.is_none());
    if let Some(handover) = waits {
        let key = ui.keymap.key_of(Context::Incident, Cmd::Brief);
        banner(format!("HANDED OVER to {}, who has not accepted it yet   ({key} reads the brief)", handover.to), Tone::Caution);
    }
    if let Some((since, reason)) = &session.incident.paused {
        banner(format!("PAUSED for {} — {reason}", words::rough(now.since(*since))), Tone::Caution);
    }
    lines
}

/// The runbook's warnings: always in sight, one line each where there is no room for all their words, which
/// are a key away.
fn warnings(ui: &Ui, columns: usize, most: usize) -> Vec<Line<'static>> {
    let warnings = &ui.facts().never;
    let style = ui.theme.style(Tone::Warn);
    let all: Vec<String> = warnings.iter().flat_map(|warning| ink::wrap(&format!("! {warning}"), columns)).collect();
    if all.len() <= most {
        return all.into_iter().map(|line| Line::styled(line, style)).collect();
    }
    let hint = format!("  {} reads all", ui.keymap.key_of(Context::Incident, Cmd::Warnings));
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (place, warning) in warnings.iter().take(most).enumerate() {
        let last = place + 1 == most.min(warnings.len());
        let room = columns.saturating_sub(if last { ink::width(&hint) } else { 0 });
        let words = span(ink::fit(&format!("! {warning}"), room), style);
        lines.push(if last { Line::from(vec![words, span(&hint, ui.theme.style(Tone::Dim))]) } else { Line::from(words) });
    }
    lines
}
