//! Questions before an incident begins: the runbook's inputs, one field each. Never shows what is secret,
//! and never lets a value through that the runbook's pattern refuses.

use std::collections::BTreeMap;
use std::io;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;

use crate::engine::Ending;
use crate::runbook::Runbook;
use crate::runbook::model::Input;
use crate::runtime::Runtime;
use crate::tui::ink::{self, span};
use crate::tui::popup::frame::put;
use crate::tui::theme::{Theme, Tone};

use super::{CALM, PageNews, Screen};

/// One question.
struct Field {
    input: Input,
    value: String,
    complaint: Option<String>,
}

/// What a key did.
enum Done {
    NotYet,
    Given,
    Cancelled,
    Suspend,
    Redraw,
}

/// The questions, and the one being answered.
struct Form {
    title: String,
    fields: Vec<Field>,
    at: usize,
}

/// What became of the questions.
pub(super) enum Asked {
    /// What was known before, and what was answered.
    Answers(BTreeMap<String, String>),
    /// The person would rather not, or the terminal has gone.
    Cancelled,
    /// The program is to end: the incident that went on meanwhile was told so.
    Ending(Ending),
}

/// Asks what is not known yet. An incident that is worked on goes on `meanwhile`.
pub(super) async fn ask(
    screen: &mut Screen,
    runbook: &Runbook,
    known: &BTreeMap<String, String>,
    mut meanwhile: Option<&mut Runtime>,
) -> io::Result<Asked> {
    let theme = screen.theme;
    let fields: Vec<Field> = runbook.inputs.iter().filter(|input| !known.contains_key(&input.name)).map(Field::new).collect();
    let mut form = Form { title: runbook.title.clone(), fields, at: 0 };
    while !form.fields.is_empty() {
        screen.screenful.draw(|frame| {
            let area = frame.area();
            frame.buffer_mut().set_style(area, theme.ground());
            form.draw(frame.buffer_mut(), area, theme);
        })?;
        let event = match meanwhile.as_deref_mut() {
            None => screen.key().await?,
            Some(runtime) => tokio::select! {
                biased;
                news = screen.next(CALM) => match screen.page_news(news).await? {
                    PageNews::Event(event) => Some(event),
                    PageNews::Gone => None,
                    PageNews::None => continue,
                },
                msg = runtime.next() => match runtime.step(msg).ending {
                    Some(ending) => return Ok(Asked::Ending(ending)),
                    None => continue,
                },
            },
        };
        let Some(event) = event else { return Ok(Asked::Cancelled) };
        match form.take(&event) {
            Done::NotYet => {}
            Done::Suspend => screen.suspend(true).await?,
            Done::Redraw => screen.forget_what_is_drawn()?,
            Done::Cancelled => return Ok(Asked::Cancelled),
            Done::Given => break,
        }
    }
    let mut answers = known.clone();
    answers.extend(form.fields.into_iter().filter(|field| !field.value.is_empty()).map(|field| (field.input.name, field.value)));
    Ok(Asked::Answers(answers))
}

impl Field {
    fn new(input: &Input) -> Self {
        let first = input.choices.first().filter(|_| !input.optional).cloned();
        Self { input: input.clone(), value: input.default.clone().or(first).unwrap_or_default(), complaint: None }
    }

    /// Why the value cannot be taken.
    fn wrong(&self) -> Option<String> {
        self.input.accept(&self.value).err()
    }

    /// The choice before or after.
    fn choose(&mut self, by: isize) {
        let count = self.input.choices.len();
        if count > 0 {
            let here = self.input.choices.iter().position(|choice| *choice == self.value).unwrap_or(0);
            let there = (here + count).saturating_add_signed(by) % count;
            self.value.clone_from(&self.input.choices[there]);
        }
    }
}

impl Form {
    fn take(&mut self, event: &Event) -> Done {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(key),
            Event::Paste(text) => {
                if let Some(field) = self.fields.get_mut(self.at).filter(|field| field.input.choices.is_empty()) {
                    field.value.push_str(crate::base::text::first_line(text));
                }
                Done::NotYet
            }
            _ => Done::NotYet,
        }
    }

    fn press(&mut self, key: &KeyEvent) -> Done {
        let last = self.fields.len() - 1;
        let field = &mut self.fields[self.at];
        field.complaint = None;
        let free = field.input.choices.is_empty();
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return Done::Cancelled,
            (KeyCode::Char('z'), true) => return Done::Suspend,
            (KeyCode::Char('l'), true) => return Done::Redraw,
            (KeyCode::Char('u'), true) if free => field.value.clear(),
            (KeyCode::Char(_), true) => {}
            (KeyCode::Char(c), false) if free => field.value.push(c),
            (KeyCode::Backspace, _) if free => {
                field.value.pop();
            }
            (KeyCode::Left, _) => field.choose(-1),
            (KeyCode::Right | KeyCode::Char(' '), _) => field.choose(1),
            (KeyCode::Up | KeyCode::BackTab, _) => self.at = self.at.saturating_sub(1),
            (KeyCode::Down | KeyCode::Tab, _) => self.at = (self.at + 1).min(last),
            (KeyCode::Enter, _) => return self.enter(last),
            _ => {}
        }
        Done::NotYet
    }

    /// On to the next question; after the last one, all have to be right.
    fn enter(&mut self, last: usize) -> Done {
        if let Some(wrong) = self.fields[self.at].wrong() {
            self.fields[self.at].complaint = Some(wrong);
            return Done::NotYet;
        }
        if self.at < last {
            self.at += 1;
            return Done::NotYet;
        }
        match self.fields.iter_mut().enumerate().find_map(|(place, field)| field.wrong().map(|wrong| (place, wrong))) {
            Some((place, wrong)) => {
                self.fields[place].complaint = Some(wrong);
                self.at = place;
                Done::NotYet
            }
            None => Done::Given,
        }
    }

    fn draw(&self, buffer: &mut Buffer, screen: Rect, theme: Theme) {
        let area = screen.inner(Margin { horizontal: u16::from(screen.width > 60) * 2, vertical: 0 });
        let columns = usize::from(area.width);
        put(buffer, area, 0, &Line::from(span(ink::fit(&self.title, columns), theme.style(Tone::Strong))));
        put(buffer, area, 1, &Line::from(span("A few questions before it begins", theme.style(Tone::Dim))));
        let body = Rect { y: area.y + 3.min(area.height), height: area.height.saturating_sub(4), ..area };
        // A question, its answer, a complaint or a blank: three lines each.
        let page = (usize::from(body.height) / 3).max(1);
        let top = (self.at + 1).saturating_sub(page);
        for (place, field) in self.fields.iter().enumerate().skip(top).take(page) {
            let row = (place - top) * 3;
            let here = place == self.at;
            let optional = if field.input.optional { " (may stay empty)" } else { "" };
            let ask = ink::fit(&format!("{}{optional}", field.input.ask), columns);
            put(buffer, body, row, &Line::from(span(ask, theme.style(if here { Tone::Strong } else { Tone::Dim }))));
            put(buffer, body, row + 1, &answer(field, here, theme, columns));
            if let Some(complaint) = &field.complaint {
                put(buffer, body, row + 2, &Line::from(span(ink::fit(&format!("  ! {complaint}"), columns), theme.style(Tone::Bad))));
            }
        }
        let does = if self.at + 1 == self.fields.len() { "begin" } else { "next question" };
        let foot = Line::from(vec![
            span(" Enter ", theme.style(Tone::Badge)),
            span(format!(" {does}"), theme.style(Tone::Strong)),
            span("   ↑↓ questions   ←→ choices   Esc cancel", theme.style(Tone::Dim)),
        ]);
        put(buffer, screen, usize::from(screen.height.saturating_sub(1)), &foot);
        if theme.ascii {
            ink::to_ascii(buffer);
        }
    }
}

fn answer(field: &Field, here: bool, theme: Theme, columns: usize) -> Line<'static> {
    let mut line = Line::from(span(if here { "› " } else { "  " }, theme.style(Tone::Key)));
    if field.input.choices.is_empty() {
        let shown = if field.input.secret { "•".repeat(field.value.chars().count()) } else { field.value.clone() };
        // The end of a long answer is what is being typed.
        let skip = shown.chars().count().saturating_sub(columns.saturating_sub(4));
        line.push_span(span(shown.chars().skip(skip).collect::<String>(), theme.style(Tone::Plain)));
        if here {
            line.push_span(span(" ", theme.style(Tone::Selected)));
        }
        return line;
    }
    for choice in &field.input.choices {
        let chosen = *choice == field.value;
        let style = theme.style(if chosen { Tone::Selected } else { Tone::Dim });
        line.push_span(span(if chosen { format!("[{choice}]") } else { format!(" {choice} ") }, style));
        line.push_span(span(" ", theme.style(Tone::Plain)));
    }
    line
}
