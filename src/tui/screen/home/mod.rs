//! The first screen: open incidents, runbooks, drills, and what is over — narrowed down by typing or by pasting an error.
//! Never opens anything by itself: it returns what was chosen.

mod find;
mod page;
mod preview;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::id::{Id, IncidentId};
use crate::runbook::Runbook;
use crate::tui::input::{Input, is_gone};
use crate::tui::keymap::{Cmd, Context, Keymap};
use crate::tui::popup::list::List;
use crate::tui::theme::Theme;

use super::{CALM, News, Screen};

use find::{Found, find};

/// The longest text that is looked for, in characters: the head of a pasted stack trace says enough.
const LONGEST: usize = 4_000;

/// Stands for the last line, which says what Enter does, where a row is meant.
const FOOT: usize = usize::MAX;

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Go on with an incident.
    Resume(IncidentId),
    /// Read an incident that is over, as it went.
    Read(IncidentId),
    /// Open an incident with this runbook.
    Run(Id),
    /// Start the drill of this runbook.
    Drill(Id),
}

/// One row of the home screen; rows are shown in the order given, those of a group together.
#[derive(Clone, Debug)]
pub struct HomeRow {
    /// What choosing it does.
    pub choice: Choice,
    /// Its heading: `Open incidents`, `Runbooks`.
    pub group: &'static str,
    /// One line.
    pub title: String,
    /// How grave it is: `P0`.
    pub severity: Option<String>,
    /// More about it on one line: owner, age, how it ended.
    pub detail: String,
    /// More about it for who looks closer: what it is, and its words.
    pub about: Vec<(&'static str, String)>,
    /// Its clock, if that runs.
    pub clock: Option<Ticking>,
    /// What a search looks at beside title and detail, and what the preview is of.
    pub runbook: Option<Arc<Runbook>>,
}

/// What a running clock shows now: asked whenever the page is drawn.
#[derive(Clone)]
pub struct Ticking(pub Arc<dyn Fn() -> Duration + Send + Sync>);

impl fmt::Debug for Ticking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticking({:?})", (self.0)())
    }
}

/// What lies over the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Over {
    #[default]
    Nothing,
    /// The preview, from this line on.
    Preview(usize),
    Keys,
}

/// What a key did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Something to be seen, at most.
    NotYet,
    /// This was chosen.
    Chosen(Choice),
    /// The person leaves.
    Left,
    /// The program is to stand still until the shell goes on with it.
    Suspend,
    /// Everything is to be drawn again.
    Redraw,
}

/// The home screen: what is listed, and where the person is in it.
#[derive(Debug)]
pub struct HomeView {
    rows: Vec<HomeRow>,
    theme: Theme,
    keymap: Keymap,
    /// A sentence for the person, until the next key.
    said: Option<String>,
    typed: String,
    /// Whether the end of it was pasted: then its beginning is worth seeing, and else what is being typed.
    is_pasted: bool,
    /// What fits what was typed; found once a key.
    found: Vec<Found>,
    list: List,
    over: Over,
    /// Where rows were drawn last, for the mouse.
    seen: Vec<(Rect, usize)>,
}

impl HomeView {
    /// With nothing typed yet.
    #[must_use]
    pub fn new(rows: Vec<HomeRow>, theme: Theme) -> Self {
        let found = find(&rows, "");
        Self {
            rows,
            theme,
            keymap: Keymap::standard().clone(),
            said: None,
            typed: String::new(),
            is_pasted: false,
            found,
            list: List::default(),
            over: Over::Nothing,
            seen: Vec::new(),
        }
    }

    /// The same with other keys.
    #[must_use]
    pub fn with_keys(mut self, keymap: Keymap) -> Self {
        self.keymap = keymap;
        self
    }

    /// The same with a sentence for the person, which stays until the next key.
    #[must_use]
    pub fn saying(mut self, sentence: Option<String>) -> Self {
        self.said = sentence;
        self
    }

    /// Takes a key or a paste into account.
    pub fn take(&mut self, event: &Event) -> Done {
        match event {
            Event::Paste(text) => {
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                self.typing(|typed| typed.push_str(text.trim_end()));
                self.is_pasted = true;
                Done::NotYet
            }
            Event::Key(key) if key.kind != KeyEventKind::Release => self.press(key),
            Event::Mouse(mouse) => self.point(*mouse),
            _ => Done::NotYet,
        }
    }

    /// A click selects a row; one on the selected row, or on the last line, is Enter. The wheel moves.
    fn point(&mut self, mouse: MouseEvent) -> Done {
        let there = Position { x: mouse.column, y: mouse.row };
        match mouse.kind {
            MouseEventKind::ScrollUp => self.go(-1),
            MouseEventKind::ScrollDown => self.go(1),
            MouseEventKind::Down(MouseButton::Left) => match self.seen.iter().find(|(area, _)| area.contains(there)) {
                Some((_, place)) if *place == self.list.selected || *place == FOOT => {
                    return if std::mem::take(&mut self.over) == Over::Keys { Done::NotYet } else { self.accept() };
                }
                Some((_, place)) => self.list.selected = *place,
                None => {}
            },
            _ => {}
        }
        Done::NotYet
    }

    fn press(&mut self, key: &KeyEvent) -> Done {
        let cmd = self.keymap.meaning(Context::Home, key);
        self.said = None;
        if self.over == Over::Keys {
            self.over = Over::Nothing;
            if !matches!(cmd, Some(Cmd::Quit | Cmd::Suspend)) {
                return Done::NotYet;
            }
        }
        let page = isize::try_from(self.list.page).unwrap_or(1).max(1);
        match cmd {
            Some(Cmd::Quit) => return Done::Left,
            Some(Cmd::Suspend) => return Done::Suspend,
            Some(Cmd::Redraw) => return Done::Redraw,
            Some(Cmd::Accept) => return self.accept(),
            Some(Cmd::Back) if self.over != Over::Nothing => self.over = Over::Nothing,
            // Who moves to the left means no more than that.
            Some(Cmd::Back) if key.code == KeyCode::Left => {}
            Some(Cmd::Back) if self.typed.is_empty() => return Done::Left,
            Some(Cmd::Back) => self.typing(String::clear),
            Some(Cmd::Next) => {
                self.over = if self.over == Over::Nothing && self.selected().is_some() { Over::Preview(0) } else { Over::Nothing };
            }
            Some(Cmd::Up) => self.go(-1),
            Some(Cmd::Down) => self.go(1),
            Some(Cmd::PageUp) => self.go(-page),
            Some(Cmd::PageDown) => self.go(page),
            Some(Cmd::Top) => self.go(isize::MIN),
            Some(Cmd::Bottom) => self.go(isize::MAX),
            Some(Cmd::Help) => self.over = Over::Keys,
            _ => self.letter(key),
        }
        Done::NotYet
    }

    /// A key that is text, or takes text back as a shell does.
    fn letter(&mut self, key: &KeyEvent) {
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Char('u'), true) => self.typing(String::clear),
            (KeyCode::Char('w'), true) => self.typing(|typed| {
                let kept = typed.trim_end().rfind(char::is_whitespace).map_or(0, |at| at + 1);
                typed.truncate(kept);
            }),
            (KeyCode::Char('?'), false) if self.typed.is_empty() => self.over = Over::Keys,
            (KeyCode::Char(c), false) => self.typing(|typed| typed.push(c)),
            (KeyCode::Backspace, _) => self.typing(|typed| {
                typed.pop();
            }),
            _ => {}
        }
    }

    /// Chooses the selected row.
    fn accept(&self) -> Done {
        self.selected().map_or(Done::NotYet, |row| Done::Chosen(row.choice.clone()))
    }

    /// Changes what is looked for, and looks.
    fn typing(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.typed);
        self.is_pasted = false;
        if let Some((end, _)) = self.typed.char_indices().nth(LONGEST) {
            self.typed.truncate(end);
        }
        self.found = find(&self.rows, &self.typed);
        self.list.selected = 0;
        self.over = Over::Nothing;
    }

    /// Moves in what is on top.
    fn go(&mut self, by: isize) {
        match &mut self.over {
            Over::Preview(line) => *line = line.saturating_add_signed(by),
            Over::Nothing | Over::Keys => self.list.go(by),
        }
    }

    fn selected(&self) -> Option<&HomeRow> {
        self.found.get(self.list.selected).map(|found| &self.rows[found.row])
    }

    /// Draws it all.
    pub fn draw(&mut self, buffer: &mut Buffer, screen: Rect) {
        buffer.set_style(screen, self.theme.ground());
        self.seen.clear();
        page::draw(self, buffer, screen);
    }
}

pub(super) async fn pick(screen: &mut Screen, rows: Vec<HomeRow>) -> io::Result<Option<Choice>> {
    let mut view = HomeView::new(rows, screen.theme).with_keys(screen.options.keymap.clone()).saying(screen.options.problem());
    loop {
        screen.screenful.draw(|frame| {
            let area = frame.area();
            view.draw(frame.buffer_mut(), area);
        })?;
        // A tick draws again as well: the clocks of open incidents run.
        let mut input = match screen.next(CALM).await {
            News::Input(input) => Some(input),
            News::Told => return Ok(None),
            News::Tick if is_gone() => return Ok(None),
            News::Tick | News::Resized => continue,
            News::Stop => {
                screen.suspend(false).await?;
                continue;
            }
            News::Continued => {
                screen.guard.retake()?;
                screen.forget_what_is_drawn()?;
                continue;
            }
        };
        // Whatever has come in meanwhile is drawn at once.
        while let Some(came) = input {
            let Input::Event(event) = came else { return Ok(None) };
            match view.take(&event) {
                Done::NotYet => {}
                Done::Chosen(choice) => return Ok(Some(choice)),
                Done::Left => return Ok(None),
                Done::Suspend => screen.suspend(true).await?,
                Done::Redraw => screen.forget_what_is_drawn()?,
            }
            input = screen.inputs.ready();
        }
    }
}
