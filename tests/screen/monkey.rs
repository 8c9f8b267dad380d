//! Anything at all, in any order: keys, clicks, pastes, sizes, time. Nothing breaks it, nobody is stranded, and nothing is
//! changed without the words that consent to it. `FRACAS_TEST_EVENTS` says how many, a million for a long run.

use std::time::Duration;

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use fracas::engine::Command;
use fracas::tui::keymap::{Keymap, parse};

use crate::chance::Chance;
use crate::play::{Play, spelt};

/// Events with one incident, after which it would be more a heap of entries than an incident.
const EACH: usize = 1_000;

#[test]
fn a_monkey_breaks_nothing_and_consents_to_nothing() {
    let events: usize = std::env::var("FRACAS_TEST_EVENTS").ok().map_or(10_000, |count| count.parse().unwrap());
    let keys: Vec<&str> = Keymap::standard().rows().iter().flat_map(|row| row.keys.iter().map(AsRef::as_ref)).collect();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for round in 0..events.div_ceil(EACH) {
        let mut play = Play::schema_gone();
        for _ in 0..EACH {
            act(&mut play, &keys, &mut chance);
            if play.asked.iter().any(|command| matches!(command, Command::Leave | Command::LeaveFor(_) | Command::Resolve { .. })) {
                break;
            }
        }
        let consents = play.asked.iter().filter(|command| matches!(command, Command::Confirm { .. })).count();
        assert!(play.applied <= consents, "round {round}: {} applied, {consents} consented", play.applied);
        // Who typed or pasted the name of the production database has consented, and need not name it again for a while; and what
        // goes to no database has none.
        let mut is_named = false;
        for command in &play.asked {
            if let Command::Confirm { remediation, typed } = command {
                is_named |= typed == "app";
                assert!(is_named || remediation == "restart-docker", "round {round}: {command:?}");
            }
        }
        is_not_stranded(&mut play, round);
    }
}

fn act(play: &mut Play, keys: &[&str], chance: &mut Chance) {
    let size = |chance: &mut Chance| match chance.below(8) {
        0 => (1 + u16::try_from(chance.below(500)).unwrap(), 1 + u16::try_from(chance.below(200)).unwrap()),
        1 | 2 => (40, 12),
        _ => (80, 24),
    };
    match chance.below(20) {
        0 => {
            let pasted = ["a\nb", "\u{1b}[2J\u{202e}", "SELECT 1; DROP TABLE t", "app\n", "数据库"][chance.below(5)];
            play.event(&Event::Paste(pasted.to_owned()));
        }
        1..=4 => {
            let (columns, rows) = size(chance);
            play.text(columns, rows);
            let kinds = [
                MouseEventKind::Down(MouseButton::Left),
                MouseEventKind::Down(MouseButton::Left),
                MouseEventKind::Up(MouseButton::Left),
                MouseEventKind::Drag(MouseButton::Left),
                MouseEventKind::ScrollUp,
                MouseEventKind::ScrollDown,
                MouseEventKind::Down(MouseButton::Right),
                MouseEventKind::Moved,
            ];
            let kind = kinds[chance.below(kinds.len())];
            let (column, row) = (u16::try_from(chance.below(columns.into())).unwrap(), u16::try_from(chance.below(rows.into())).unwrap());
            play.event(&Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        }
        5 => play.later(Duration::from_secs(u64::try_from(chance.below(600)).unwrap())),
        6 => {
            let letter = ["a", "p", "x", "é", "数", "1", ";", "'"][chance.below(8)];
            for key in spelt(letter) {
                play.key(key);
            }
        }
        _ => play.key(parse(keys[chance.below(keys.len())]).unwrap()),
    }
    if chance.below(3) == 0 {
        let (columns, rows) = size(chance);
        play.text(columns, rows);
    }
}

/// Esc a few times, and then a key that is always there, leads to the door.
fn is_not_stranded(play: &mut Play, round: usize) {
    for _ in 0..8 {
        play.text(80, 24);
        play.press("Esc");
    }
    if play.session.incident.resolved.is_none()
        && !play.asked.iter().any(|command| matches!(command, Command::Leave | Command::LeaveFor(_)))
    {
        play.press("q");
        assert!(play.text(80, 24).contains("Leave?"), "round {round}:\n{}", play.text(80, 24));
        play.press("Esc");
        assert!(play.text(80, 24).contains(" Enter "), "round {round}:\n{}", play.text(80, 24));
    }
}
