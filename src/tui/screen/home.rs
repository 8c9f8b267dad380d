//! The first screen: open incidents, runbooks, the drill — narrowed down by typing. Never opens anything by
//! itself: it returns what was chosen.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;

use crate::base::id::{Id, IncidentId};
use crate::runbook::{Runbook, search};
use crate::tui::ink::{self, span};
use crate::tui::popup::frame::put;
use crate::tui::popup::list::List;
use crate::tui::theme::{Theme, Tone};

use super::Screen;

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Go on with an incident.
    Resume(IncidentId),
    /// Open an incident with this runbook.
    Run(Id),
    /// Start the drill of this runbook.
    Drill(Id),
}

/// One row of the home screen; rows are shown in the order given.
#[derive(Clone, Debug)]
pub struct HomeRow {
    /// What choosing it does.
    pub choice: Choice,
    /// Its heading: `Open incidents`, `Runbooks`.
    pub group: String,
    /// One line.
    pub title: String,
    /// More about it: severity, age, owner.
    pub detail: String,
    /// What a search looks at beside title and detail.
    pub runbook: Option<Arc<Runbook>>,
}

pub(super) async fn pick(screen: &mut Screen, rows: Vec<HomeRow>) -> io::Result<Option<Choice>> {
    let theme = screen.theme;
    let mut typed = String::new();
    let mut list = List::default();
    loop {
        let found = find(&rows, &typed);
        screen.screenful.draw(|frame| {
            let area = frame.area();
            draw(frame.buffer_mut(), area, theme, &typed, &found, &mut list);
        })?;
        let Some(event) = screen.key().await? else { return Ok(None) };
        match event {
            Event::Paste(text) => typed.push_str(crate::base::text::first_line(&text)),
            Event::Key(key) if key.kind != KeyEventKind::Release => match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
                (KeyCode::Char('c'), true) => return Ok(None),
                (KeyCode::Char('z'), true) => screen.suspend(true).await?,
                (KeyCode::Char('u'), true) => typed.clear(),
                (KeyCode::Char(_), true) => {}
                (KeyCode::Esc, _) if typed.is_empty() => return Ok(None),
                (KeyCode::Esc, _) => typed.clear(),
                (KeyCode::Enter, _) => {
                    if let Some(row) = found.get(list.selected) {
                        return Ok(Some(row.choice.clone()));
                    }
                }
                (KeyCode::Up, _) => list.go(-1),
                (KeyCode::Down | KeyCode::Tab, _) => list.go(1),
                (KeyCode::PageUp, _) => list.go(-10),
                (KeyCode::PageDown, _) => list.go(10),
                (KeyCode::Backspace, _) => {
                    typed.pop();
                    list.selected = 0;
                }
                (KeyCode::Char(c), _) => {
                    typed.push(c);
                    list.selected = 0;
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// The rows that fit what was typed or pasted: the group with the best one first, and the best first in each.
fn find<'r>(rows: &'r [HomeRow], typed: &str) -> Vec<&'r HomeRow> {
    if typed.trim().is_empty() {
        return rows.iter().collect();
    }
    let (places, runbooks): (Vec<usize>, Vec<&Runbook>) =
        rows.iter().enumerate().filter_map(|(place, row)| Some((place, row.runbook.as_deref()?))).unzip();
    let scores: BTreeMap<usize, u32> = search::rank(typed, &runbooks).into_iter().map(|hit| (places[hit.index], hit.score)).collect();
    let fits = |(place, row)| Some((scores.get(&place).copied().or_else(|| shows(row, typed).then_some(0))?, place, row));
    let mut found: Vec<(u32, usize, &HomeRow)> = rows.iter().enumerate().filter_map(fits).collect();
    let mut best: BTreeMap<&str, u32> = BTreeMap::new();
    for (score, _, row) in &found {
        let best = best.entry(row.group.as_str()).or_default();
        *best = (*best).max(*score);
    }
    let groups: Vec<&str> = rows.iter().map(|row| row.group.as_str()).collect();
    let place_of = |group: &str| groups.iter().position(|other| *other == group);
    found.sort_by_key(|(score, place, row)| {
        let group = row.group.as_str();
        (Reverse(best.get(group).copied()), place_of(group), Reverse(*score), *place)
    });
    found.into_iter().map(|(_, _, row)| row).collect()
}

/// Every word typed stands somewhere in the row.
fn shows(row: &HomeRow, typed: &str) -> bool {
    let all = format!("{} {}", row.title, row.detail).to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| all.contains(word))
}

fn draw(buffer: &mut Buffer, screen: Rect, theme: Theme, typed: &str, found: &[&HomeRow], list: &mut List) {
    let area = screen.inner(Margin { horizontal: u16::from(screen.width > 60), vertical: 0 });
    let columns = usize::from(area.width);
    put(buffer, area, 0, &Line::from(span("fracas", theme.style(Tone::Strong))));
    put(
        buffer,
        area,
        1,
        &Line::from(vec![
            span("What is wrong? ", theme.style(Tone::Key)),
            span(typed, theme.style(Tone::Strong)),
            span(" ", theme.style(Tone::Selected)),
        ]),
    );
    let body = Rect { y: area.y + 3.min(area.height), height: area.height.saturating_sub(4), ..area };
    // Each row takes two lines and each group a heading: a third of the lines always fits.
    let page = (usize::from(body.height) / 3).max(1);
    let top = list.fit(found.len(), page);
    let mut line = 0;
    let mut group = None;
    for (place, row) in found.iter().enumerate().skip(top) {
        if group.replace(&row.group) != Some(&row.group) {
            put(buffer, body, line, &Line::from(span(&row.group, theme.style(Tone::Dim))));
            line += 1;
        }
        let selected = place == list.selected;
        let style = theme.style(if selected { Tone::Selected } else { Tone::Strong });
        let pointer = span(if selected { "› " } else { "  " }, theme.style(Tone::Key));
        put(buffer, body, line, &Line::from(vec![pointer, span(ink::fit(&row.title, columns.saturating_sub(2)), style)]));
        put(buffer, body, line + 1, &Line::from(span(ink::fit(&format!("    {}", row.detail), columns), theme.style(Tone::Dim))));
        line += 2;
    }
    if found.is_empty() {
        put(
            buffer,
            body,
            0,
            &Line::from(span("Nothing matches. Backspace takes a letter back, Esc all of them.", theme.style(Tone::Plain))),
        );
    }
    let does = match found.get(list.selected).map(|row| &row.choice) {
        Some(Choice::Resume(_)) => "go on with this incident",
        Some(Choice::Run(_)) => "open an incident with this runbook",
        Some(Choice::Drill(_)) => "start this drill: nothing in it is real",
        None => "",
    };
    let foot = Line::from(vec![
        span(" Enter ", theme.style(Tone::Badge)),
        span(format!(" {does}"), theme.style(Tone::Strong)),
        span("   ↑↓ choose   Esc leave", theme.style(Tone::Dim)),
    ]);
    put(buffer, screen, usize::from(screen.height.saturating_sub(1)), &foot);
    if theme.ascii {
        ink::to_ascii(buffer);
    }
}
