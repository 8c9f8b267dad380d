//! Something to type: a note, a reason, evidence. Never sends anything that its command would refuse
//! without saying why.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget as _;
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use crate::base::id::Id;
use crate::base::stamp::lasting;
use crate::engine::Command;
use crate::runbook::model::ActionState;
use crate::tui::ink;
use crate::tui::keymap::{Cmd, Context};
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;
use crate::tui::update::Act;

use super::frame::{self, KeyLabel};

/// What the text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tui) enum Purpose {
    Note,
    Tick(Id),
    Skip(Id),
    Override(Id),
    Pause,
    HandOver,
    Severity,
    Resolve,
    SkipRehearsal(Id),
    Decide,
    Correct(u64),
    Role(Id),
    Answer(String),
    Action,
    Attach(Option<Id>),
    Update,
    AskSql,
    RunOnce,
    Keep(Id),
    /// Not a command: a text goes into a file.
    Save(String),
}

/// One field.
pub(in crate::tui) struct Field {
    label: &'static str,
    pub(in crate::tui) area: TextArea<'static>,
    is_drawn: bool,
}

impl Field {
    fn draw(&mut self, buffer: &mut Buffer, place: Rect) {
        if !self.is_drawn {
            // How wide it is, it only learns by being drawn; until then it would scroll to where the cursor is not.
            self.area.move_cursor(CursorMove::Top);
            self.area.render(place, buffer);
            self.area.move_cursor(CursorMove::Jump(u16::MAX, u16::MAX));
            self.is_drawn = true;
        }
        self.area.render(place, buffer);
    }
}

/// Something to type.
pub(in crate::tui) struct Prompt {
    pub(in crate::tui) purpose: Purpose,
    title: String,
    /// What helps to answer.
    about: Vec<String>,
    pub(in crate::tui) fields: Vec<Field>,
    pub(in crate::tui) focus: usize,
    /// Why it was not taken.
    complaint: Option<String>,
}

/// Rows of a field: enough for a note of a few sentences. The one that is typed into takes more where it has more and there is room.
const FIELD_ROWS: usize = 3;

impl Prompt {
    pub(in crate::tui) fn new(purpose: Purpose, title: impl Into<String>, about: Vec<String>, labels: &[&'static str]) -> Self {
        let fields = labels
            .iter()
            .map(|label| {
                let mut area = TextArea::default();
                area.set_wrap_mode(WrapMode::WordOrGlyph);
                area.set_cursor_line_style(ratatui::style::Style::new());
                Field { label, area, is_drawn: false }
            })
            .collect();
        Self { purpose, title: title.into(), about, fields, focus: 0, complaint: None }
    }

    /// The field that is typed into.
    pub(in crate::tui) fn area(&mut self) -> Option<&mut TextArea<'static>> {
        self.complaint = None;
        self.fields.get_mut(self.focus).map(|field| &mut field.area)
    }

    fn text(&self, field: usize) -> String {
        self.fields.get(field).map(|field| field.area.lines().join("\n").trim().to_owned()).unwrap_or_default()
    }

    /// What was typed, as a wish.
    ///
    /// # Errors
    /// Why it means nothing.
    pub(in crate::tui) fn wish(&self) -> Result<Act, String> {
        let text = self.text(0);
        let optional = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(Act::Ask(match self.purpose.clone() {
            Purpose::Save(saved) => return Ok(Act::Save { path: text, text: saved }),
            Purpose::Update => Command::GiveUpdate { text },
            Purpose::AskSql => Command::AskSql { target: Id::new(self.text(1)), sql: text },
            Purpose::RunOnce => Command::RunOnce { line: text },
            Purpose::Keep(check) => {
                let every = optional(self.text(2)).map(|said| lasting(&said)).transpose()?;
                Command::KeepQuestion { check, title: text, expect: optional(self.text(1)), every }
            }
            Purpose::Note => note(text),
            Purpose::Decide => Command::Decide { decision: text, considered: self.text(1), objections: self.text(2) },
            Purpose::Correct(entry) => Command::Correct { entry, reason: text, instead: self.text(1) },
            Purpose::Role(role) => Command::AssignRole { role, to: text },
            Purpose::Answer(question) => Command::Answer { question, answer: text },
            Purpose::Action => Command::NoteAction { title: text, owner: self.text(1), state: state(&self.text(2)) },
            Purpose::Attach(about) => Command::Attach { path: text, about },
            Purpose::Tick(task) => Command::Tick { task, evidence: text },
            Purpose::Skip(step) => Command::Skip { step, reason: text },
            Purpose::Override(check) => Command::Override { check, reason: text },
            Purpose::Pause => Command::Pause(text),
            Purpose::HandOver => Command::HandOver { to: text, word: self.text(1) },
            Purpose::Severity => Command::SetSeverity { severity: text, reason: self.text(1) },
            Purpose::Resolve => Command::Resolve { summary: text },
            Purpose::SkipRehearsal(remediation) => Command::SkipRehearsal { remediation, reason: text },
        }))
    }

    /// Says why it was not taken, at what is missing: only the first field may never stay empty.
    pub(in crate::tui) fn complain(&mut self, why: String) {
        if self.text(0).is_empty() {
            self.focus = 0;
        }
        self.complaint = Some(why);
    }

    /// The same with a text that can be changed.
    pub(in crate::tui) fn with(mut self, field: usize, words: &str) -> Self {
        if let Some(field) = self.fields.get_mut(field) {
            field.area.insert_str(words);
        }
        self
    }

    /// What stands in the field that is typed into.
    pub(in crate::tui) fn typed(&self) -> String {
        self.fields.get(self.focus).map(|field| field.area.lines().join("\n")).unwrap_or_default()
    }

    /// Puts another text in its place.
    pub(in crate::tui) fn replace(&mut self, words: &str) {
        if let Some(area) = self.area() {
            area.select_all();
            area.cut();
            area.insert_str(words);
        }
    }

    /// The rows of each field, without their labels, of `room` for all of it: a prepared text is to be read before it is sent.
    fn heights(&self, columns: usize, room: usize) -> Vec<u16> {
        let mut heights = vec![1; self.fields.len()];
        let mut left = room.saturating_sub(2 * heights.len());
        let others = (0..heights.len()).filter(|place| *place != self.focus);
        for place in std::iter::once(self.focus).chain(others) {
            let (Some(field), Some(height)) = (self.fields.get(place), heights.get_mut(place)) else { continue };
            let taken = || field.area.lines().iter().map(|line| ink::wrap(line, columns).len()).sum();
            let wanted = if place == self.focus { FIELD_ROWS.max(taken()) } else { FIELD_ROWS };
            let more = (wanted - 1).min(left);
            left -= more;
            *height += u16::try_from(more).unwrap_or(0);
        }
        heights
    }

    pub(in crate::tui) fn draw(&mut self, buffer: &mut Buffer, screen: Rect, ui: &Ui) {
        let theme = ui.theme;
        let columns = screen.width.saturating_sub(8).min(76);
        let about: Vec<String> = self.about.iter().flat_map(|line| ink::wrap(line, usize::from(columns))).collect();
        let complaint: Vec<String> = self.complaint.iter().flat_map(|line| ink::wrap(line, usize::from(columns))).collect();
        let heights = self.heights(usize::from(columns), usize::from(screen.height.saturating_sub(2)).saturating_sub(complaint.len()));
        let fields: u16 = heights.iter().map(|height| height + 1).sum();
        let words = u16::try_from(about.len() + complaint.len()).unwrap_or(u16::MAX);
        let area = frame::middle(screen, columns, fields.saturating_add(words));
        let (is_one, goes_on) = (self.fields.len() == 1, self.focus + 1 < self.fields.len());
        let keys = ui.keymap.of(Context::Prompt).filter_map(|binding| match binding.cmd {
            Cmd::Accept if goes_on => Some(KeyLabel::saying(ui, binding, "next field")),
            Cmd::Next if is_one || goes_on => None,
            _ => (!binding.label.is_empty()).then(|| KeyLabel::new(ui, binding)),
        });
        let inner = frame::draw_with(buffer, area, ui, &self.title, Tone::Lively, &keys.collect::<Vec<_>>());
        let mut row = 0;
        // What is typed matters more than what helps to type it.
        let room = usize::from(inner.height.saturating_sub(fields)).saturating_sub(complaint.len());
        for line in about.iter().take(room) {
            frame::put(buffer, inner, row, &Line::styled(line.clone(), theme.style(Tone::Dim)));
            row += 1;
        }
        for (place, (field, height)) in self.fields.iter_mut().zip(heights).enumerate() {
            let (mark, tone) = match (is_one, place == self.focus) {
                (true, _) => ("", Tone::Strong),
                (false, true) => ("› ", Tone::Strong),
                (false, false) => ("  ", Tone::Dim),
            };
            frame::put(
                buffer,
                inner,
                row,
                &Line::styled(ink::fit(&format!("{mark}{}", field.label), usize::from(inner.width)), theme.style(tone)),
            );
            row += 1;
            let cursor = if place == self.focus { theme.style(Tone::Selected) } else { theme.style(Tone::Plain) };
            field.area.set_cursor_style(cursor);
            let top = u16::try_from(row).unwrap_or(u16::MAX);
            if top < inner.height && inner.width > 0 {
                let seen = height.min(inner.height - top);
                field.draw(buffer, Rect { y: inner.y + top, height: seen, ..inner });
            }
            row += usize::from(height);
        }
        for line in &complaint {
            frame::put(buffer, inner, row, &Line::styled(line.clone(), theme.style(Tone::Bad)));
            row += 1;
        }
    }
}

/// A note that begins with `@14:05` or `@12m` tells of something earlier.
fn note(text: String) -> Command {
    let late = text.strip_prefix('@').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match late.and_then(|rest| rest.split_once(char::is_whitespace)) {
        Some((when, text)) => Command::NoteLate { text: text.trim().to_owned(), when: when.to_owned() },
        None => Command::Note(text),
    }
}

fn state(said: &str) -> ActionState {
    match said.chars().next().map(|first| first.to_ascii_lowercase()) {
        Some('d') => ActionState::Done,
        Some('o') => ActionState::Ongoing,
        _ => ActionState::Future,
    }
}
