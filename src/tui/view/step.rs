//! The step that is shown: why, what is asked and what was seen, what can be changed, what a person does.
//! Never acts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::session::{CheckState, Past};
use crate::engine::{Command, Session, Stage, gate};
use crate::present::{Mark, Symbols, advice, words};
use crate::runbook::model::{Ask, Check, Evidence, Remediation, Step, Task};
use crate::runbook::rollback::takes_back;
use crate::timeline::event::Verdict;
use crate::timeline::incident::RemediationRecord;
use crate::tui::highlight::{self, Language};
use crate::tui::hits::Target;
use crate::tui::ink::{self, span};
use crate::tui::popup::frame::{self, put};
use crate::tui::theme::{Theme, Tone, spinner};
use crate::tui::ui::{Pane, Row, Ui};

/// Past verdicts that are drawn: enough to see a pattern, few enough for a line.
const HISTORY: usize = 12;
/// Lines of what was seen that are drawn; `v` shows the rest.
const REASON_LINES: usize = 3;
/// Lines of what was asked and seen of the selected check, where the step has many rows, and where it has few.
const DETAIL: (usize, usize) = (6, 2);
/// From so many rows on it has many.
const ROOMY: u16 = 18;

/// Draws the step and brings the selected row into sight. Its title stays, however far the rest is scrolled.
pub(super) fn draw(session: &Session, ui: &mut Ui, now: Stamp, buffer: &mut Buffer, area: Rect) {
    let Some(step) = ui.shown_step(session) else {
        return;
    };
    let selected = ui.row(session);
    let detail = if area.height >= ROOMY { DETAIL.0 } else { DETAIL.1 };
    let columns = usize::from(area.width);
    let mut page = Page { session, ui, now, columns, detail, lines: Vec::new(), selected, sight: None, rows: Vec::new() };
    put(buffer, area, 0, &page.title(step));
    page.step(step);
    let Page { lines, sight, rows, .. } = page;
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let height = usize::from(area.height);
    if ui.follow
        && let Some((from, to)) = sight
    {
        ui.scroll = ui.scroll.max((to + 1).saturating_sub(height)).min(from);
        // The head of a step is worth seeing as long as the selected row is seen too.
        if to < height {
            ui.scroll = 0;
        }
    }
    ui.scroll = ui.scroll.min(lines.len().saturating_sub(height));
    ui.page = height.max(1);
    for (row, line) in lines.iter().skip(ui.scroll).take(height).enumerate() {
        put(buffer, area, row, line);
    }
    for (row, from, to) in rows {
        let (from, to) = (from.max(ui.scroll) - ui.scroll, to.min(ui.scroll + height).saturating_sub(ui.scroll));
        if let (true, Ok(y), Ok(height)) = (from < to, u16::try_from(from), u16::try_from(to.saturating_sub(from))) {
            ui.hits.add(Rect { y: area.y + y, height, ..area }, Target::Row(row));
        }
    }
    if height > 1 {
        frame::put_more(buffer, area, ui.theme, ui.scroll, lines.len().saturating_sub(ui.scroll + height));
    }
}

/// Lines being written.
struct Page<'a> {
    session: &'a Session,
    ui: &'a Ui,
    now: Stamp,
    columns: usize,
    /// Lines of what was asked and seen of the selected check.
    detail: usize,
    lines: Vec<Line<'static>>,
    selected: Option<Row>,
    /// The first and the last line of the selected row.
    sight: Option<(usize, usize)>,
    /// Every row, with its first line and that behind its last.
    rows: Vec<(Row, usize, usize)>,
}

impl Page<'_> {
    fn theme(&self) -> Theme {
        self.ui.theme
    }

    fn words(&mut self, words: &str, indent: &str, tone: Tone, most: usize) {
        let style = self.theme().style(tone);
        let room = self.columns.saturating_sub(ink::width(indent));
        let lines = ink::wrap(words, room);
        let cut = lines.len() > most;
        for (place, line) in lines.into_iter().take(most).enumerate() {
            let line = if cut && place + 1 == most { format!("{} …", ink::fit(&line, room.saturating_sub(2))) } else { line };
            self.lines.push(Line::from(vec![Span::raw(indent.to_owned()), Span::styled(line, style)]));
        }
    }

    /// The title of the step, and at the right its place among the others and the time spent on it.
    fn title(&self, step: &Step) -> Line<'static> {
        let (session, ui) = (self.session, self.ui);
        let place = ui.facts().steps().position(|id| *id == step.id).map_or(0, |place| place + 1);
        let spent = words::rough(session.incident.spent(&step.id, self.now));
        let budget = step.budget.map(|budget| format!(" of {}", words::exactly(budget))).unwrap_or_default();
        let priority = step.priority.as_ref().map(|priority| format!(" priority {priority} ·")).unwrap_or_default();
        let place = format!(" {place}/{} · {spent}{budget}", ui.facts().steps().count());
        let all_fits = ink::width(&step.title) + ink::width(&priority) + ink::width(&place) < self.columns;
        let right = if all_fits { priority + &place } else { place };
        let room = self.columns.saturating_sub(ink::width(&right) + 1);
        let head = vec![span(ink::fit(&step.title, room), self.theme().style(Tone::Strong))];
        ink::justified(head, vec![span(right, self.theme().style(Tone::Dim))], self.columns)
    }

    fn step(&mut self, step: &Step) {
        let (session, ui) = (self.session, self.ui);
        if let Some(reason) = session.incident.skipped.get(&step.id) {
            self.words(&format!("skipped: {reason}"), "", Tone::Warn, 2);
        }
        if let Some(why) = &step.why {
            self.words(&why.render(&ui.facts().names), "", Tone::Dim, usize::MAX);
        }
        let seen = |id: &Id| !ui.facts().is_hidden(id);
        self.section("Checks", step.checks.iter().filter(|check| seen(&check.id)), Self::check);
        self.section("Remediations", step.remediations.iter().filter(|remediation| seen(&remediation.id)), Self::remediation);
        self.section("Tasks", step.tasks.iter().filter(|task| seen(&task.id)), Self::task);
        for related in &step.related {
            let why = related.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            self.words(&format!("see also the runbook {} (b){why}", related.runbook), "", Tone::Dim, 2);
        }
    }

    fn section<'r, T: 'r>(&mut self, title: &'static str, items: impl Iterator<Item = &'r T>, draw: fn(&mut Self, &T)) {
        let mut first = true;
        for item in items {
            if std::mem::take(&mut first) {
                self.lines.push(Line::default());
                self.lines.push(Line::styled(title, self.theme().style(Tone::Dim)));
            }
            draw(self, item);
        }
    }

    /// The first line of a row: a mark, a title as long as it needs, and what stands at the right.
    fn head(&mut self, row: &Row, mark: &str, mark_tone: Tone, title: &str, title_tone: Tone, right: Vec<Span<'static>>) {
        let selected = self.selected.as_ref() == Some(row);
        let focused = selected && self.ui.pane == Pane::Step;
        let pointer = if selected { "› " } else { "  " };
        let taken: usize = right.iter().map(Span::width).sum();
        let indent = 3 + ink::width(mark);
        let room = self.columns.saturating_sub(indent);
        let beside = ink::width(title) + taken < room;
        let mut style = self.theme().style(title_tone);
        if focused {
            style = style.patch(self.theme().style(Tone::Selected));
        }
        let mut lines = ink::wrap(title, room).into_iter();
        let first = vec![
            span(pointer, self.theme().style(Tone::Key)),
            span(format!("{mark} "), self.theme().style(mark_tone)),
            Span::styled(lines.next().unwrap_or_default(), style),
        ];
        let end = if beside { right.clone() } else { Vec::new() };
        self.lines.push(ink::justified(first, end, self.columns));
        for line in lines {
            self.lines.push(Line::from(vec![Span::raw(" ".repeat(indent)), Span::styled(line, style)]));
        }
        if !beside && taken > 0 {
            let mut below = vec![Span::raw(" ".repeat(indent))];
            below.extend(right);
            self.lines.push(Line::from(below));
        }
    }

    fn remember(&mut self, row: &Row, from: usize) {
        self.rows.push((row.clone(), from, self.lines.len()));
        if self.selected.as_ref() == Some(row) {
            self.sight = Some((from, self.lines.len().saturating_sub(1)));
        }
    }

    fn check(&mut self, check: &Check) {
        let (session, theme, row, from) = (self.session, self.theme(), Row::Check(check.id.clone()), self.lines.len());
        let state = session.check_state(&check.id);
        let word = words::check_state(state);
        let live = session.live(&check.id);
        let asking = live.and_then(|live| live.asking);
        let applies = session.incident.checks.contains_key(&check.id) || session.applies(&check.id, check.when.as_ref());
        let (mark, tone) = if asking.is_some() {
            (spinner(self.now.elapsed), Tone::Lively)
        } else {
            (word.mark.symbol(Symbols::Unicode), word.mark.tone().into())
        };
        let mut right = Vec::new();
        if let Some(history) = live.map(|live| &live.history).filter(|history| history.len() > 1) {
            let skip = history.len().saturating_sub(HISTORY);
            right.extend(history.iter().skip(skip).map(|past| history_mark(theme, *past)));
            right.push(Span::raw(" "));
        }
        let name = if applies { word.name } else { "not needed now" };
        right.push(span(name, theme.style(if applies { word.mark.tone().into() } else { Tone::Dim })));
        let heard = live.and_then(|live| live.heard).or(session.incident.checks.get(&check.id).map(|record| record.at));
        let age = match (asking, heard) {
            (Some(asking), _) => format!(" · asking {}", words::rough(self.now.since(asking.since))),
            (None, Some(heard)) => format!(" · {}", words::ago(self.now.since(heard))),
            (None, None) => String::new(),
        };
        let every = check.every.map(|every| format!(" · every {}", words::exactly(every))).unwrap_or_default();
        right.push(span(format!("{age}{every}"), theme.style(Tone::Dim)));
        self.head(&row, mark, tone, &check.title, if applies { Tone::Plain } else { Tone::Dim }, right);
        if let CheckState::Answered(record) = state {
            let (tone, most) = if record.verdict == Verdict::Passed { (Tone::Dim, 1) } else { (Tone::Plain, REASON_LINES) };
            self.words(&record.reason, "    ", tone, most);
            if let Some(reason) = &record.overridden {
                self.words(&format!("accepted: {reason}"), "    ", Tone::Warn, 2);
            }
            self.known(&record.known_errors);
            if record.verdict == Verdict::NeedsPerson {
                self.words(&record.seen.lines().take(REASON_LINES).collect::<Vec<_>>().join("\n"), "    ", Tone::Plain, REASON_LINES);
            }
        }
        if self.selected.as_ref() == Some(&row) {
            self.detail(check);
        }
        if matches!(check.ask, Ask::Probe(_)) && matches!(state, CheckState::NotAsked) {
            self.words("writes, and is always rolled back; asked only by you", "    ", Tone::Dim, 1);
        }
        self.remember(&row, from);
    }

    /// Of the selected check: why it is asked, what is asked, what is expected, and what came back.
    fn detail(&mut self, check: &Check) {
        const INDENT: &str = "    ";
        if let Some(why) = &check.why {
            self.words(&why.render(&self.ui.facts().names), INDENT, Tone::Dim, 2);
        }
        let spelled = check.ask.spelled();
        self.text("asked     ", spelled.text.trim_end(), Language::of(&spelled));
        let record = self.session.incident.checks.get(&check.id);
        // A reason that names what does not hold says what was expected.
        let is_said = |expect: &str| record.is_some_and(|record| record.reason.contains(expect));
        if let Some(expect) = check.expect.as_ref().filter(|expect| !is_said(expect.source())) {
            self.text("expected  ", expect.source(), Language::Plain);
        }
        let full = self.session.live(&check.id).map(|live| live.seen.as_str()).filter(|seen| !seen.is_empty());
        let seen = full.or(record.map(|record| record.seen.as_str())).unwrap_or_default();
        if record.is_some_and(|record| !seen.is_empty() && record.reason.trim() != seen.trim() && record.verdict != Verdict::NeedsPerson) {
            self.text("seen      ", seen, Language::Answer);
        }
    }

    /// The first lines of a text behind a label, in the colours of its language, each cut where the screen ends.
    fn text(&mut self, label: &str, text: &str, language: Language) {
        let theme = self.theme();
        let columns = self.columns.saturating_sub(4 + label.len());
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let cut = lines.len() > self.detail;
        for (place, line) in lines.iter().take(self.detail).enumerate() {
            let more = if cut && place + 1 == self.detail { format!("  … {} more", lines.len() - self.detail) } else { String::new() };
            let shown = ink::fit(line, columns.saturating_sub(ink::width(&more)));
            let label = if place == 0 { label.to_owned() } else { " ".repeat(label.len()) };
            let mut drawn = vec![span(format!("    {label}"), theme.style(Tone::Dim))];
            let tones = highlight::tones(language, &shown);
            drawn.extend(highlight::line(&shown, 0..shown.len(), &tones, theme, theme.style(Tone::Plain)).spans);
            drawn.push(span(more, theme.style(Tone::Dim)));
            self.lines.push(Line::from(drawn));
        }
    }

    /// The known errors that an answer or an outcome matched, each with its advice.
    fn known(&mut self, titles: &[String]) {
        for known in advice::on(&self.session.runbook, titles) {
            self.words(&format!("known: {}", known.title), "    ", Tone::Warn, 1);
            self.words(&known.advice, "    ", Tone::Plain, REASON_LINES);
        }
    }

    fn remediation(&mut self, remediation: &Remediation) {
        let (session, theme, row, from) = (self.session, self.theme(), Row::Remediation(remediation.id.clone()), self.lines.len());
        let (mark, tone, name, below) = self.standing(remediation);
        let proposed = gate::is_proposed(session, remediation);
        let title = if proposed || name == "committed" || name == "done" { Tone::Plain } else { Tone::Dim };
        self.head(&row, mark, tone, &remediation.title, title, vec![span(name, theme.style(tone))]);
        if !below.is_empty() {
            self.words(&below, "    ", if tone == Tone::Bad { Tone::Plain } else { Tone::Dim }, REASON_LINES);
        }
        if let Some(record) = session.incident.remediations.get(&remediation.id) {
            self.known(&met(record));
        }
        self.remember(&row, from);
    }

    /// How far a remediation is: mark, tone, word, and what more there is to say.
    fn standing(&self, remediation: &Remediation) -> (&'static str, Tone, &'static str, String) {
        let session = self.session;
        let id = &remediation.id;
        if let Some(running) = session.running().filter(|running| running.remediation == *id) {
            let name = if running.stage == Stage::Apply { "being applied" } else { "being rehearsed" };
            let waits = running.waits_for.as_ref().map(|holder| format!("waits for {holder}")).unwrap_or_default();
            return (spinner(self.now.elapsed), Tone::Lively, name, waits);
        }
        let record = session.incident.remediations.get(id);
        if let Some(record) = record.filter(|record| record.open) {
            let failed = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.problem.as_ref());
            return match (failed, &record.rehearsal_skipped, &record.rehearsed) {
                (_, Some(_), _) => ("◆", Tone::Warn, "planned, waits for you", "not rehearsed".to_owned()),
                (Some(problem), None, _) => ("✗", Tone::Bad, "rehearsal failed", problem.message.clone()),
                (None, None, Some(rehearsed)) => {
                    let rows = rehearsed.results.iter().map(|result| result.rows).sum();
                    (
                        "◆",
                        Tone::Good,
                        "rehearsed, waits for you",
                        format!("{} in the rehearsal, rolled back", words::count(rows, "row", "rows")),
                    )
                }
                (None, None, None) => ("◆", Tone::Warn, "planned, waits for you", String::new()),
            };
        }
        if record.is_some_and(|record| record.taken_back) {
            return ("◆", Tone::Dim, "taken back", String::new());
        }
        if let Some(settled) = record.and_then(|record| record.settled.as_ref()) {
            let word = words::outcome(settled.outcome, Some(&remediation.act));
            let why = settled.problem.as_ref().map(|problem| problem.message.clone()).unwrap_or_default();
            return (word.mark.symbol(Symbols::Unicode), word.mark.tone().into(), word.name, why);
        }
        if !session.applies(id, remediation.when.as_ref()) {
            return (Mark::NotNeeded.symbol(Symbols::Unicode), Tone::Dim, "not needed now", String::new());
        }
        match gate::may(session, self.now, &Command::Plan(id.clone())) {
            // Afterwards nobody knows how fresh an answer was: a repeat that changed nothing is not on the timeline.
            Err(_) if self.ui.replay.is_some() && gate::is_proposed(session, remediation) => ("◆", Tone::Warn, "proposed", String::new()),
            Err(_) if self.ui.replay.is_some() => ("◆", Tone::Dim, "not planned", String::new()),
            Err(why) => ("◆", Tone::Dim, "not now", why),
            Ok(()) if record.is_some_and(|record| record.put_aside) => ("◆", Tone::Dim, "put aside", String::new()),
            Ok(()) if gate::is_proposed(session, remediation) => ("◆", Tone::Warn, "proposed", String::new()),
            Ok(()) if session.incident.offered.contains_key(id) || takes_back(id).is_some() => {
                ("◆", Tone::Warn, "offered, if you choose it", String::new())
            }
            Ok(()) => ("◆", Tone::Dim, "nothing to mend", String::new()),
        }
    }

    fn task(&mut self, task: &Task) {
        let (session, theme, row, from) = (self.session, self.theme(), Row::Task(task.id.clone()), self.lines.len());
        let applies = session.applies(&task.id, task.when.as_ref());
        let title = task.title.render(&self.ui.facts().names);
        if let Some(tick) = session.incident.ticks.get(&task.id) {
            let when = format!("done by {} · {}", tick.by, words::ago(self.now.since(tick.at)));
            self.head(&row, "[✓]", Tone::Good, &title, Tone::Dim, vec![span(when, theme.style(Tone::Dim))]);
            if let Some(evidence) = &tick.evidence {
                self.words(evidence, "      ", Tone::Dim, REASON_LINES);
            }
        } else {
            let asks = match (applies, task.evidence) {
                (false, _) => "not needed now",
                (true, Evidence::None) => "",
                (true, Evidence::Optional) => "evidence welcome",
                (true, Evidence::Required) => "evidence required",
            };
            let tone = if applies { Tone::Plain } else { Tone::Dim };
            self.head(&row, "[ ]", Tone::Plain, &title, tone, vec![span(asks, theme.style(Tone::Dim))]);
        }
        if self.selected.as_ref() == Some(&row)
            && let Some(why) = &task.why
        {
            self.words(&why.render(&self.ui.facts().names), "      ", Tone::Dim, REASON_LINES);
        }
        self.remember(&row, from);
    }
}

/// The known errors that the last thing tried of a remediation has met.
fn met(record: &RemediationRecord) -> Vec<String> {
    let rehearsed = record.rehearsed.as_ref().filter(|_| record.open).and_then(|rehearsed| rehearsed.problem.as_ref());
    let settled = record.settled.as_ref().filter(|_| !record.open);
    rehearsed.map(|problem| problem.known_errors.clone()).or(settled.map(|settled| settled.known_errors.clone())).unwrap_or_default()
}

/// One past answer: its height says what its colour says.
fn history_mark(theme: Theme, past: Past) -> Span<'static> {
    match past.verdict {
        Verdict::Passed if past.slow => span("▄", theme.style(Tone::Warn)),
        Verdict::Passed => span("▁", theme.style(Tone::Good)),
        Verdict::Failed => span("█", theme.style(Tone::Bad)),
        _ => span("?", theme.style(Tone::Warn)),
    }
}
