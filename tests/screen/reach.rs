//! Each action by its key, from the palette, and by the mouse alone: all three do the same.

use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use fracas::tui::keymap::{Cmd, Context, Keymap, parse};

use crate::play::{Play, spelt};

const SIZE: (u16, u16) = (120, 40);

/// An incident in the middle of things, in which much is possible.
fn busy() -> Play {
    let mut play = Play::schema_gone();
    play.size = SIZE;
    play.press("Enter").later(std::time::Duration::from_secs(3));
    play.press("Enter Enter").later(std::time::Duration::from_mins(31));
    play.press("d SELECT Space 1 Enter Enter Esc");
    play.asked.clear();
    play.text(SIZE.0, SIZE.1);
    play
}

/// What came of it: what was asked for, and what is on the screen.
fn outcome(mut play: Play) -> (String, String) {
    (format!("{:?}", play.asked), play.text(SIZE.0, SIZE.1))
}

fn mouse(play: &mut Play, kind: MouseEventKind, (column, row): (u16, u16)) {
    play.event(&Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

fn click(play: &mut Play, place: (u16, u16)) {
    mouse(play, MouseEventKind::Down(MouseButton::Left), place);
    mouse(play, MouseEventKind::Up(MouseButton::Left), place);
}

/// Where a text stands on the screen, the last place first.
fn find(play: &mut Play, text: &str) -> Option<(u16, u16)> {
    let screen = play.text(SIZE.0, SIZE.1);
    let row = screen.lines().collect::<Vec<_>>().iter().rposition(|line| line.contains(text))?;
    let line = screen.lines().nth(row)?;
    let column = line[..line.find(text)?].chars().count();
    Some((u16::try_from(column).ok()?, u16::try_from(row).ok()?))
}

#[test]
fn each_action_has_a_key_a_place_in_the_palette_and_a_click() {
    for binding in Keymap::standard().of(Context::Incident) {
        // Of the palette itself, being there is being reached.
        if binding.cmd == Cmd::Palette {
            continue;
        }
        let mut by_key = busy();
        by_key.key(parse(binding.key()).unwrap());
        let by_key = outcome(by_key);

        let mut by_palette = busy();
        by_palette.press(":");
        for word in binding.help.split(' ') {
            by_palette.press(&word.replace("Enter", "")).press("Space");
        }
        assert!(by_palette.text(SIZE.0, SIZE.1).contains(binding.help), "{} is found by its words", binding.help);
        by_palette.press("Enter");
        assert_eq!(outcome(by_palette), by_key, "{:?} from the palette", binding.cmd);

        let mut by_mouse = busy();
        let palette = find(&mut by_mouse, "actions").unwrap();
        click(&mut by_mouse, palette);
        let mut place = find(&mut by_mouse, binding.help);
        for _ in 0..40 {
            if place.is_some() {
                break;
            }
            mouse(&mut by_mouse, MouseEventKind::ScrollDown, (60, 20));
            place = find(&mut by_mouse, binding.help);
        }
        let place = place.unwrap_or_else(|| panic!("{} is not in the palette", binding.help));
        click(&mut by_mouse, place);
        click(&mut by_mouse, place);
        assert_eq!(outcome(by_mouse), by_key, "{:?} by the mouse", binding.cmd);
    }
}

#[test]
fn a_click_chooses_and_a_second_one_acts() {
    let mut play = busy();
    let second = find(&mut play, "Every table is in upload_pipeline").unwrap();
    click(&mut play, second);
    assert!(play.asked.is_empty(), "one click only chooses");
    assert!(play.text(SIZE.0, SIZE.1).contains("› ✗ Every table is in upload_pipeline"), "{}", play.text(SIZE.0, SIZE.1));
    play.later(std::time::Duration::from_secs(2));
    play.asked.clear();
    let second = find(&mut play, "› ✗ Every table").unwrap();
    click(&mut play, second);
    assert!(play.asked.is_empty(), "not at once after the first");
    click(&mut play, second);
    assert_eq!(play.asked.len(), 1, "{:?}", play.asked);
    let step = find(&mut play, "2.2 Migration status").unwrap();
    click(&mut play, step);
    assert!(play.text(SIZE.0, SIZE.1).contains("turn to “2.2 Migration status”"));
}

#[test]
fn the_divider_is_dragged_and_goes_by_keys() {
    let mut play = busy();
    let column_of = |play: &mut Play| {
        let text = play.text(SIZE.0, SIZE.1);
        text.lines().nth(10).unwrap().chars().position(|c| c == '│').unwrap()
    };
    let before = column_of(&mut play);
    mouse(&mut play, MouseEventKind::Down(MouseButton::Left), (u16::try_from(before).unwrap(), 10));
    mouse(&mut play, MouseEventKind::Drag(MouseButton::Left), (60, 12));
    assert_eq!(column_of(&mut play), 60);
    mouse(&mut play, MouseEventKind::Drag(MouseButton::Left), (119, 12));
    assert!(column_of(&mut play) < 110, "either side keeps some room");
    mouse(&mut play, MouseEventKind::Up(MouseButton::Left), (70, 12));
    mouse(&mut play, MouseEventKind::Drag(MouseButton::Left), (20, 12));
    let after = column_of(&mut play);
    play.press("<");
    assert!(column_of(&mut play) < after);
    play.press("> >");
    assert!(column_of(&mut play) > after - 4);
}

#[test]
fn a_click_on_what_confirms_is_no_more_than_its_key() {
    let mut play = Play::schema_gone();
    play.go_on_until("rehearse “", 20).press("Enter");
    let run = find(&mut play, "Enter run it").unwrap();
    click(&mut play, run);
    click(&mut play, run);
    assert!(play.applied == 0, "without the database's name nothing runs");
    for key in spelt("app") {
        play.text(SIZE.0, SIZE.1);
        play.key(key);
    }
    click(&mut play, run);
    let text = play.text(SIZE.0, SIZE.1);
    assert_eq!(play.applied, 1, "{text}");
}
