//! The plan of a remediation, read like a contract: what it is run on, every statement, what the rehearsal
//! did, what to be careful about — then consent. Consent is impossible before the end was in sight.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui_textarea::TextArea;

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::Stamp;
use crate::engine::session::Running;
use crate::engine::{Command, Session, Stage, gate};
use crate::present::plan::{self, Tried};
use crate::present::{advice, words};
use crate::runbook::Runbook;
use crate::runbook::rollback::rollback_of;
use crate::timeline::event::{Planned, PlannedStep, Problem, StatementResult};
use crate::timeline::incident::RemediationRecord;
use crate::tui::highlight::{self, Language};
use crate::tui::ink;
use crate::tui::keymap::{Cmd, Context};
use crate::tui::theme::{Theme, Tone, spinner};
use crate::tui::ui::Ui;

use super::frame::{self, KeyLabel};

/// Rows around the contract and what is under it: the border, and what it is run on.
const AROUND: usize = 3;

/// The words of the contract always keep so many rows.
const LEAST_PAGE: usize = 3;

/// The plan on top.
pub(in crate::tui) struct PlanView {
    pub(in crate::tui) remediation: Id,
    scroll: usize,
    /// The furthest one can scroll, as drawn last.
    furthest: usize,
    page: usize,
    /// What was read to its end.
    read: Option<Version>,
    /// What was drawn last.
    drawn: Option<Version>,
    pub(in crate::tui) typed: TextArea<'static>,
}

/// Which contract it is, and on what size of page: any change makes it unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    attempt: AttemptId,
    rehearsed: bool,
    size: (u16, u16),
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tui) enum Standing {
    /// Being tried or done.
    Running(Running),
    /// Waits for consent, which is possible.
    Ready,
    /// Waits for consent, which is not possible, and why.
    Blocked(String),
    /// It has an outcome.
    Settled,
    /// There is no plan.
    None,
}

impl PlanView {
    pub(in crate::tui) fn new(remediation: Id) -> Self {
        let mut typed = TextArea::default();
        typed.set_cursor_line_style(Style::new());
        Self { remediation, scroll: 0, furthest: 0, page: 1, read: None, drawn: None, typed }
    }

    fn record<'s>(&self, session: &'s Session) -> Option<&'s RemediationRecord> {
        session.incident.remediations.get(&self.remediation)
    }

    /// What was typed.
    pub(in crate::tui) fn typed(&self) -> String {
        self.typed.lines().concat().trim().to_owned()
    }

    /// The database whose name has to be typed, if one has to.
    pub(in crate::tui) fn name_to_type(&self, session: &Session, now: Stamp) -> Option<String> {
        plan::name_to_type(session, &self.remediation, now)
    }

    pub(in crate::tui) fn standing(&self, session: &Session, now: Stamp) -> Standing {
        if let Some(running) = session.running().filter(|running| running.remediation == self.remediation) {
            return Standing::Running(running.clone());
        }
        match self.record(session) {
            Some(record) if record.open => {
                let typed = self.name_to_type(session, now).unwrap_or_default();
                match gate::may(session, now, &Command::Confirm { remediation: self.remediation.clone(), typed }) {
                    Ok(()) => Standing::Ready,
                    Err(why) => Standing::Blocked(why),
                }
            }
            Some(record) if record.settled.is_some() => Standing::Settled,
            _ => Standing::None,
        }
    }

    /// Whether the contract as it stands was in sight to its end.
    pub(in crate::tui) fn is_read(&self, session: &Session) -> bool {
        let current = self.drawn.and_then(|drawn| self.version(session, drawn.size));
        current.is_some() && self.read == current
    }

    fn version(&self, session: &Session, size: (u16, u16)) -> Option<Version> {
        let record = self.record(session)?;
        let attempt = record.planned.as_ref()?.attempt;
        Some(Version { attempt, rehearsed: record.rehearsed.is_some() || record.rehearsal_skipped.is_some(), size })
    }

    /// Scrolls; `false` for what it does not know.
    pub(in crate::tui) fn go(&mut self, cmd: Cmd) -> bool {
        self.scroll = match cmd {
            Cmd::Up => self.scroll.saturating_sub(1),
            Cmd::Down => self.scroll + 1,
            Cmd::PageUp => self.scroll.saturating_sub(self.page),
            Cmd::PageDown => self.scroll + self.page,
            Cmd::Top => 0,
            Cmd::Bottom => self.furthest,
            _ => return false,
        }
        .min(self.furthest);
        true
    }

    pub(in crate::tui) fn draw(&mut self, buffer: &mut Buffer, screen: Rect, ui: &Ui, session: &Session, now: Stamp) {
        let theme = ui.theme;
        let standing = self.standing(session, now);
        let to_type = self.name_to_type(session, now);
        let context = if to_type.is_some() { Context::PlanTyped } else { Context::Plan };
        let production = self.record(session).and_then(|record| record.planned.as_ref()).is_some_and(|planned| planned.production);
        let tone = if production { Tone::Bad } else { Tone::Warn };
        let most = frame::large(screen);
        let columns = usize::from(most.width.saturating_sub(4));
        let (head, lines) = self.record(session).map(|record| contract(record, session, theme, columns)).unwrap_or_default();
        let foot = self.consent(theme, &standing, to_type.as_deref(), session, now, columns);
        let needed = u16::try_from(lines.len() + foot.len() + AROUND).unwrap_or(u16::MAX);
        let area = Rect { height: most.height.min(needed), ..most };
        let rows = usize::from(area.height).saturating_sub(AROUND);
        self.lay_out(session, lines.len(), rows, foot.len(), (area.width, area.height));

        let ready = matches!(standing, Standing::Ready);
        let waits = ready || matches!(standing, Standing::Blocked(_));
        let asks = ready && self.is_read(session);
        let read_on = frame::keys(ui, context, |cmd| cmd == Cmd::PageDown && self.furthest > 0 && !asks);
        let others = frame::keys(ui, context, |cmd| match cmd {
            Cmd::Accept => asks,
            Cmd::PageDown => asks && self.furthest > 0,
            Cmd::SkipRehearsal => waits && !ready,
            Cmd::Back => waits || matches!(standing, Standing::Running(_)),
            _ => waits,
        });
        let keys: Vec<KeyLabel> = read_on.into_iter().chain(others).collect();
        let title = session.runbook.remediation(&self.remediation).map_or(self.remediation.as_str(), |(_, remediation)| &remediation.title);
        let inner = frame::draw_with(buffer, area, ui, title, tone, &keys);
        frame::put(buffer, inner, 0, &head);
        let inner = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let foot = if ready && !asks { self.unread(theme, lines.len(), rows, columns) } else { foot };
        let page = rows.saturating_sub(foot.len()).max(self.page);
        for (row, line) in lines.iter().skip(self.scroll).take(page).enumerate() {
            frame::put(buffer, inner, row, line);
        }
        for (row, line) in foot.iter().enumerate() {
            frame::put(buffer, inner, page + row, line);
        }
        if asks && to_type.is_some() && inner.width > 4 {
            let row = u16::try_from(page + foot.len() - 1).unwrap_or(u16::MAX);
            if row < inner.height {
                self.typed.set_cursor_style(theme.style(Tone::Selected));
                let line = Rect { x: inner.x + 2, y: inner.y + row, width: inner.width - 2, height: 1 };
                ratatui::widgets::Widget::render(&self.typed, line, buffer);
            }
        }
    }

    /// How much of the contract is in sight, of so many lines in so many rows, and whether it is read now. The question below it is
    /// only asked at its end; until then its rows show more of the contract, while a page stays as long as it will be then.
    fn lay_out(&mut self, session: &Session, lines: usize, rows: usize, question: usize, size: (u16, u16)) {
        self.page = rows.saturating_sub(question).max(LEAST_PAGE.min(rows)).max(1);
        self.furthest = lines.saturating_sub(self.page);
        self.scroll = self.scroll.min(self.furthest);
        self.drawn = self.version(session, size);
        if self.scroll == self.furthest && rows >= LEAST_PAGE {
            self.read = self.drawn;
        }
    }

    /// Under a contract that is not read yet: how much of it there still is.
    fn unread(&self, theme: Theme, lines: usize, rows: usize, columns: usize) -> Vec<Line<'static>> {
        let rule = Line::styled("─".repeat(columns), theme.style(Tone::Dim));
        let below = lines.saturating_sub(self.scroll + rows.saturating_sub(2));
        let words = match below {
            0 => "↓ once more, and you can consent".to_owned(),
            below => format!("↓ {below} more, then you can consent"),
        };
        vec![rule, Line::styled(ink::fit(&words, columns), theme.style(Tone::Warn))]
    }

    /// The lines under the contract: how it stands, and what to do.
    fn consent(
        &self,
        theme: Theme,
        standing: &Standing,
        to_type: Option<&str>,
        session: &Session,
        now: Stamp,
        columns: usize,
    ) -> Vec<Line<'static>> {
        let mut lines = vec![Line::styled("─".repeat(columns), theme.style(Tone::Dim))];
        match standing {
            Standing::Running(running) => {
                let doing = match (running.cancelling, running.stage) {
                    (true, _) => "stopping",
                    (false, Stage::Rehearse) => "rehearsing: everything is rolled back",
                    (false, Stage::Apply) => "APPLYING",
                };
                let statements = self.record(session).and_then(|record| record.planned.as_ref()).map_or(0, |planned| planned.steps.len());
                let place = format!("statement {} of {statements} · {}", running.statement + 1, words::duration(now.since(running.since)));
                lines.push(Line::from(ink::span(
                    format!("{} {doing} · {place} · Ctrl-x stops it", spinner(now.elapsed)),
                    theme.style(Tone::Lively),
                )));
                if let Some(holder) = &running.waits_for {
                    let waits = ink::wrap(&format!("waits for {holder}"), columns);
                    lines.extend(waits.into_iter().map(|line| Line::styled(line, theme.style(Tone::Warn))));
                }
            }
            Standing::Ready => match to_type {
                Some(database) => {
                    let asked = format!("PRODUCTION — to run this, type the database's name, {database}, and press Enter:");
                    lines.extend(ink::wrap(&asked, columns).into_iter().map(|line| Line::styled(line, theme.style(Tone::Bad))));
                    lines.push(Line::styled(">", theme.style(Tone::Key)));
                }
                None => lines.push(Line::from(vec![
                    ink::span("y", theme.style(Tone::Key)),
                    ink::span("  run this now", theme.style(Tone::Strong)),
                    ink::span("    a  put it aside    Esc  decide later", theme.style(Tone::Dim)),
                ])),
            },
            Standing::Blocked(why) => {
                for line in ink::wrap(&format!("It cannot run: {why}"), columns) {
                    lines.push(Line::styled(line, theme.style(Tone::Bad)));
                }
                let ways = "Ctrl-r rehearses again · Ctrl-s goes on without a rehearsal · Ctrl-x puts it aside";
                lines.extend(ink::wrap(ways, columns).into_iter().map(|line| Line::styled(line, theme.style(Tone::Dim))));
            }
            Standing::Settled | Standing::None => {
                lines.push(Line::styled("Enter  close", theme.style(Tone::Strong)));
            }
        }
        lines
    }
}

/// What it is run on: in sight wherever one reads, and while one consents. The lines that are left over where it is too long for one:
/// never cut, for an address that ends too early is another address.
fn target(planned: &Planned, session: &Session, theme: Theme, columns: usize) -> (Line<'static>, Option<String>) {
    let badge = match (session.incident.is_drill(), planned.production) {
        (true, true) => Some((" DRILL, PLAYED AS PRODUCTION ", Tone::Drill)),
        (true, false) => Some((" DRILL ", Tone::Drill)),
        (false, true) => Some((" PRODUCTION ", Tone::Alarm)),
        (false, false) => None,
    };
    let badge = badge.map(|(words, tone)| ink::span(words, theme.style(tone)));
    let (name, place) = match plan::target(session, planned) {
        Some((name, Some(shown))) => (name.as_str(), format!("{name}  {shown}")),
        Some((name, None)) => (name.as_str(), name.to_string()),
        None => ("", "this machine".to_owned()),
    };
    let before = badge.unwrap_or_else(|| ink::span("runs on", theme.style(Tone::Strong)));
    let room = columns.saturating_sub(before.width() + 1);
    let is_whole = ink::width(&place) <= room;
    let seen = if is_whole { &place } else { &ink::fit(name, room) };
    let line = Line::from(vec![before, ink::span(format!(" {seen}"), theme.style(Tone::Strong))]);
    (line, (!is_whole).then(|| format!("runs on {place}")))
}

/// Everything that is to be read before consent: the line that stays, and those under it.
fn contract(record: &RemediationRecord, session: &Session, theme: Theme, columns: usize) -> (Line<'static>, Vec<Line<'static>>) {
    let Some(planned) = &record.planned else {
        return Default::default();
    };
    let mut page = Page { theme, columns, runbook: &session.runbook, lines: Vec::new() };
    let (head, place) = target(planned, session, theme, columns);
    if let Some(place) = place {
        page.words(&place, Tone::Strong);
    }
    if let Some(server) = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref()) {
        page.words(&plan::server(server), Tone::Plain);
    }
    if let Some((_, remediation)) = session.runbook.remediation(&planned.remediation)
        && let Some(why) = &remediation.why
    {
        page.words(why.source(), Tone::Dim);
    }
    let Tried { outcome, results, problem } = plan::tried(record, planned);
    for (place, step) in planned.steps.iter().enumerate() {
        page.blank();
        page.step(place, step, results.get(place), problem.filter(|problem| problem.statement == Some(place)));
    }
    if let Some(problem) = problem.filter(|problem| problem.statement.is_none()) {
        page.blank();
        page.problem(problem);
    }
    page.blank();
    let act = session.runbook.remediation(&planned.remediation).map(|(_, remediation)| &remediation.act);
    if let Some(told) = plan::standing(record, planned, act) {
        page.words(&format!("{} {}", told.mark.symbol(crate::present::Symbols::Unicode), told.text), told.tone().into());
    }
    if let Some(settled) = outcome {
        page.words(&settled.seen, Tone::Plain);
        if record.committed && session.runbook.remediation(&rollback_of(&planned.remediation)).is_some() {
            page.words("It can be taken back, by a remediation beside it.", Tone::Dim);
        }
        let told = problem.map(|problem| &problem.known_errors[..]).unwrap_or_default();
        let of_output: Vec<String> = settled.known_errors.iter().filter(|title| !told.contains(title)).cloned().collect();
        page.known(&of_output, "");
    }
    if let Some(reason) = &record.rehearsal_skipped {
        page.words(&format!("! not rehearsed: {reason}"), Tone::Warn);
    }
    (head, page.lines)
}

/// Lines being written.
struct Page<'s> {
    theme: Theme,
    columns: usize,
    runbook: &'s Runbook,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    /// Words, each line as deep as it begins.
    fn words(&mut self, words: &str, tone: Tone) {
        let style = self.theme.style(tone);
        for line in words.lines() {
            let rest = line.trim_start_matches(' ');
            let indent = (line.len() - rest.len()).min(self.columns / 2);
            for piece in ink::wrap(rest, self.columns - indent) {
                self.lines.push(Line::styled(format!("{:indent$}{piece}", ""), style));
            }
        }
    }

    fn step(&mut self, place: usize, step: &PlannedStep, result: Option<&StatementResult>, problem: Option<&Problem>) {
        let language = match step.what.as_str() {
            "command" => Language::Shell,
            "HTTP request" => Language::Plain,
            _ => Language::Sql,
        };
        let mut head = vec![ink::span(format!("{}  {}", place + 1, step.what), self.theme.style(Tone::Strong))];
        if let Some(result) = result {
            let did = format!("   {} · {}", words::count(result.rows, "row", "rows"), words::duration(result.duration));
            head.push(ink::span(did, self.theme.style(Tone::Good)));
        }
        self.lines.push(Line::from(head));
        self.statement(&step.text, language, problem.and_then(|problem| problem.position));
        if let Some(problem) = problem {
            self.problem(problem);
        }
        if let Some(lock) = &step.lock {
            self.words(&format!("   lock: {lock}"), Tone::Dim);
        }
        for caution in &step.cautions {
            self.words(&format!("   ! {caution}"), Tone::Warn);
        }
    }

    /// The text as it will run, broken only where the screen ends, with a caret under `position`.
    fn statement(&mut self, text: &str, language: Language, position: Option<u32>) {
        const INDENT: &str = "   ";
        let columns = self.columns.saturating_sub(INDENT.len()).max(1);
        let tones = highlight::tones(language, text);
        let mut start = 0;
        let mut before = position.map(|position| (position as usize).saturating_sub(1));
        for line in text.lines() {
            let count = line.chars().count();
            let caret = before.filter(|before| *before <= count);
            before = if caret.is_some() { None } else { before.map(|before| before.saturating_sub(count + 1)) };
            // A line with something that is shown otherwise than it stands there has no colours: its places are others.
            let is_as_written = crate::base::text::line(line) == line;
            let of_line = tones.iter().filter(|(range, _)| is_as_written && range.end > start && range.start < start + line.len());
            let tones: Vec<_> =
                of_line.map(|(range, tone)| (range.start.saturating_sub(start)..(range.end - start).min(line.len()), *tone)).collect();
            self.statement_line(line, &tones, caret, INDENT, columns);
            start += line.len() + text[start + line.len()..].find('\n').map_or(0, |end| end + 1);
        }
    }

    fn statement_line(&mut self, line: &str, tones: &[(Range<usize>, Tone)], caret: Option<usize>, indent: &str, columns: usize) {
        let caret =
            caret.map(|caret| line.chars().take(caret).collect::<String>()).map(|before| ink::width(&crate::base::text::line(&before)));
        let chunks = ink::chunks(line, columns);
        let clean = chunks.concat();
        let (mut start, mut at) = (0, 0);
        for (place, chunk) in chunks.iter().enumerate() {
            let drawn = highlight::line(&clean, at..at + chunk.len(), tones, self.theme, self.theme.style(Tone::Plain));
            at += chunk.len();
            self.lines.push(std::iter::once(ratatui::text::Span::raw(indent.to_owned())).chain(drawn.spans).collect());
            let end = start + ink::width(chunk);
            if let Some(caret) = caret.filter(|caret| (start..end).contains(caret) || (place + 1 == chunks.len() && *caret >= end)) {
                let column = (caret - start).min(columns - 1);
                self.lines.push(Line::styled(format!("{indent}{}^", " ".repeat(column)), self.theme.style(Tone::Bad)));
            }
            start = end;
        }
    }

    fn problem(&mut self, problem: &Problem) {
        let code = problem.sqlstate.as_ref().map(|code| format!(" (SQLSTATE {code})")).unwrap_or_default();
        self.words(&format!("   ✗ {}{code}", problem.message), Tone::Bad);
        for (label, words) in plan::said_beside(problem) {
            self.words(&format!("     {label}: {words}"), Tone::Plain);
        }
        self.known(&problem.known_errors, "     ");
    }

    fn known(&mut self, titles: &[String], indent: &str) {
        for known in advice::on(self.runbook, titles) {
            self.words(&format!("{indent}known: {}", known.title), Tone::Warn);
            if !known.advice.is_empty() {
                self.words(&format!("{indent}{}", known.advice), Tone::Plain);
            }
        }
    }
}
