//! The sanitiser: what leaves it moves no terminal and hides nothing, and cleaning it again changes nothing.

use std::borrow::Cow;
use std::num::NonZero;
use std::sync::LazyLock;

use fracas::base::text;
use regex::Regex;

/// What Unicode itself calls controlling, direction-changing, line-breaking or invisible. The two variation selectors that
/// choose between a coloured and a plain sign are all that may stay.
static DECEPTIVE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}&&[^\u{FE0E}\u{FE0F}]]").expect("a pattern")
});

const ROWS: NonZero<u16> = NonZero::new(8).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(400).unwrap();

/// Counts whatever a terminal is asked to do beside showing characters.
#[derive(Default)]
struct Asked(usize);

impl vt100::Callbacks for Asked {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.0 += 1;
    }
    fn resize(&mut self, _: &mut vt100::Screen, _: (u16, u16)) {
        self.0 += 1;
    }
    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn set_window_title(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], _: &[u8]) {
        self.0 += 1;
    }
    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.0 += 1;
    }
    fn unhandled_char(&mut self, _: &mut vt100::Screen, _: char) {
        self.0 += 1;
    }
    fn unhandled_control(&mut self, _: &mut vt100::Screen, _: u8) {
        self.0 += 1;
    }
    fn unhandled_escape(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: u8) {
        self.0 += 1;
    }
    fn unhandled_csi(&mut self, _: &mut vt100::Screen, _: Option<u8>, _: Option<u8>, _: &[&[u16]], _: char) {
        self.0 += 1;
    }
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, _: &[&[u8]]) {
        self.0 += 1;
    }
}

pub(super) fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let line = text::line(&text);
    assert!(!DECEPTIVE.is_match(&line), "{line:?}");
    assert_eq!(matches!(line, Cow::Borrowed(_)), !text.chars().any(text::is_deceptive), "copied without need, or not at all");
    assert_eq!(text::line(&line), line, "cleaned twice");
    let kept = text.chars().filter(|c| !text::is_deceptive(*c)).count();
    assert!(line.chars().count() >= kept, "something is gone");
    does_nothing(&line);

    let lines = text::lines(&text);
    assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
    assert!(lines.split('\n').all(|line| !DECEPTIVE.is_match(line)), "{lines:?}");
    assert_eq!(text::lines(&lines), lines, "cleaned twice");

    let limit = bytes.first().map_or(0, |byte| usize::from(*byte));
    let (tail, left_out) = text::tail(&text, limit);
    assert!(tail.len() <= limit && left_out + tail.len() == text.len() && text.ends_with(tail), "{tail:?}");
}

/// A real terminal shows it as it is: nothing is asked for, and no attribute changes.
fn does_nothing(line: &str) {
    // The sign for a lost character is shown; the emulator reports it as well.
    let shown: String = line.chars().filter(|c| *c != char::REPLACEMENT_CHARACTER).take(200).collect();
    let mut terminal = vt100::Parser::new_with_callbacks(ROWS, COLUMNS, 0, Asked::default());
    terminal.process(shown.as_bytes());
    assert_eq!(terminal.callbacks().0, 0, "{shown:?}");
    let (row, _) = terminal.screen().cursor_position();
    assert!(row <= 1 && terminal.screen().bgcolor() == vt100::Color::Default && !terminal.screen().bold(), "{shown:?}");
}
