//! The paper: shapes at places, from the top down. Every text goes through one escaping. Never draws a shape that is too
//! small to be seen: what happened within a moment is a moment wide.

use std::fmt::Write as _;
use std::time::Duration;

use crate::export::account::course::Span;
use crate::export::markup::escape;

use super::WIDTH;
use super::scale::Scale;

/// Narrowest stretch that an eye finds, in units of the drawing.
const NARROWEST: f64 = 3.0;

/// Space at the left and the right edge.
pub(super) const EDGE: u32 = 14;

/// Patterns, so that no meaning is in a colour alone: stripes that rise are red, stripes that fall are over budget, dots
/// are unknown, upright lines are where work stood still.
const PATTERNS: &str = concat!(
    "<defs>",
    r#"<pattern id="fracas-red" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"#,
    r#"<rect class="ground-red" width="7" height="7"/><line class="stripe-red" x1="0" y1="0" x2="0" y2="7"/></pattern>"#,
    r#"<pattern id="fracas-overrun" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">"#,
    r#"<rect class="ground-over" width="6" height="6"/><line class="stripe-over" x1="0" y1="0" x2="0" y2="6"/></pattern>"#,
    r#"<pattern id="fracas-unknown" width="6" height="6" patternUnits="userSpaceOnUse">"#,
    r#"<rect class="ground-unknown" width="6" height="6"/><circle class="dot-unknown" cx="3" cy="3" r="1.2"/></pattern>"#,
    r#"<pattern id="fracas-still" width="5" height="5" patternUnits="userSpaceOnUse">"#,
    r#"<line class="stripe-still" x1="2" y1="0" x2="2" y2="5"/></pattern>"#,
    "</defs>",
);

/// A sheet that grows downwards.
pub(super) struct Sheet {
    pub(super) scale: Scale,
    /// What is drawn last lies on top.
    drawn: String,
    /// How far down it is drawn.
    pub(super) y: u32,
    /// Where the lanes begin, which the lines of the axis reach up to.
    top: u32,
}

/// Shapes of marks, each with its own outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// A remediation that took effect.
    Diamond,
    /// A remediation of which nothing took effect, or that failed.
    CrossedDiamond,
    /// A remediation of which nobody knows.
    OpenDiamond,
    /// Somebody wrote it down.
    Page,
    /// People settled on a way.
    Circle,
    /// A call for help.
    Triangle,
    /// A message.
    Arrow,
    /// A moment worth a name.
    Flag,
}

impl Sheet {
    pub(super) fn new(scale: Scale) -> Self {
        Self { scale, drawn: String::new(), y: 10, top: 0 }
    }

    pub(super) fn title(&mut self, title: &str, subtitle: &str) {
        self.text(EDGE, self.y + 20, "head", &shortened(title, 88));
        self.text(EDGE, self.y + 40, "faint", &shortened(subtitle, 150));
        self.y += 54;
    }

    /// Begins the lanes; [`Sheet::axis`] then goes through all of them.
    pub(super) fn begin(&mut self) {
        self.top = self.y;
    }

    /// A label at the left, with all of it for who points at it.
    pub(super) fn label(&mut self, indent: u32, class: &str, label: &str, height: u32) {
        let room = (super::LABELS - EDGE - indent) as usize * 10 / if class == "phase" { 74 } else { 66 };
        let y = self.y + height / 2 + 4;
        self.titled(label, |sheet| sheet.text(EDGE + indent, y, class, &shortened(label, room)));
    }

    /// A figure at the right.
    pub(super) fn figure(&mut self, class: &str, figure: &str, height: u32) {
        let (x, y) = (self.scale.right() + 10, self.y + height / 2 + 4);
        self.text(x, y, class, &shortened(figure, 24));
    }

    /// A text from its left end.
    pub(super) fn text(&mut self, x: u32, y: u32, class: &str, text: &str) {
        let _ = write!(self.drawn, r#"<text class="{class}" x="{x}" y="{y}">{}</text>"#, escape(text));
    }

    /// A text at a moment; `anchor` is `start`, `middle` or `end`.
    pub(super) fn text_at(&mut self, x: f64, y: u32, class: &str, anchor: &str, text: &str) {
        let _ = write!(self.drawn, r#"<text class="{class}" x="{x}" y="{y}" text-anchor="{anchor}">{}</text>"#, escape(text));
    }

    /// What `draw` draws is one thing, with words for who points at it.
    pub(super) fn titled(&mut self, words: &str, draw: impl FnOnce(&mut Self)) {
        let _ = write!(self.drawn, "<g><title>{}</title>", escape(words));
        draw(self);
        self.drawn.push_str("</g>");
    }

    /// A stretch of time in the lane that begins here, `inset` from its upper edge and `thick`.
    pub(super) fn bar(&mut self, class: &str, span: Span, inset: u32, thick: u32) -> f64 {
        let (from, width) = self.place(span);
        let y = self.y + inset;
        let round = if thick > 8 { 2 } else { 1 };
        let _ = write!(self.drawn, r#"<rect class="{class}" x="{from}" y="{y}" width="{width}" height="{thick}" rx="{round}"/>"#);
        width
    }

    /// A sample of a stretch, in the middle of a line.
    pub(super) fn swatch(&mut self, class: &str, x: u32, width: u32, thick: u32, line: u32) {
        let y = self.y + (line - thick) / 2;
        let _ = write!(self.drawn, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{thick}" rx="1"/>"#);
    }

    /// Where a stretch begins and how wide it is drawn.
    pub(super) fn place(&self, span: Span) -> (f64, f64) {
        let (from, to) = (self.scale.x(span.from), self.scale.x(span.to));
        let width = (to - from).max(NARROWEST);
        // One at the very end still lies on the paper.
        let from = from.min(f64::from(self.scale.right()) - width);
        ((from * 10.0).round() / 10.0, (width * 10.0).round() / 10.0)
    }

    /// A sign of a few strokes around a place.
    pub(super) fn stroke(&mut self, class: &str, x: f64, y: u32, path: &str) {
        let _ = write!(self.drawn, r#"<path class="{class}" transform="translate({x} {y})" d="{path}"/>"#);
    }

    /// A mark around a place.
    pub(super) fn mark(&mut self, shape: Shape, x: f64, y: u32) {
        const DIAMOND: &str = "M0-7 7 0 0 7-7 0Z";
        match shape {
            Shape::Diamond => {
                self.stroke("mark", x, y, DIAMOND);
                self.stroke("sign", x, y, "M-2.6.2-.7 2.2 2.8-2");
            }
            Shape::CrossedDiamond => {
                self.stroke("hollow", x, y, DIAMOND);
                self.stroke("sign-on-paper", x, y, "M-2-2 2 2M2-2-2 2");
            }
            Shape::OpenDiamond => {
                self.stroke("hollow", x, y, DIAMOND);
                self.stroke("sign-on-paper", x, y, "M-1.6-1.6C-1.4-4 2-3.8 1.6-1.4 1.3-.2 0-.2 0 1M0 3.2V3.3");
            }
            Shape::Page => {
                self.stroke("mark", x, y, "M-5-6H3L6-3V6H-5Z");
                self.stroke("sign", x, y, "M-2.5-1H3M-2.5 2H3");
            }
            Shape::Circle => {
                self.stroke("hollow", x, y, "M-6 0A6 6 0 1 0 6 0 6 6 0 1 0-6 0Z");
                self.stroke("mark", x, y, "M-3 0A3 3 0 1 0 3 0 3 3 0 1 0-3 0Z");
            }
            Shape::Triangle => self.stroke("mark", x, y, "M0-7 7 6H-7Z"),
            Shape::Arrow => self.stroke("mark", x, y, "M-6-2H1V-6L7 0 1 6V2H-6Z"),
            Shape::Flag => self.stroke("milestone", x, y, "M-1-7H1L8-3.5 1 0V7H-1Z"),
        }
    }

    /// A lane for everything up to here is done; a hairline below it where one belongs.
    pub(super) fn down(&mut self, height: u32, line: bool) {
        self.y += height;
        if line {
            let (y, right) = (self.y, WIDTH - EDGE);
            let _ = write!(self.drawn, r#"<path class="grid" d="M{EDGE} {y}H{right}"/>"#);
        }
    }

    /// The finished drawing. `words` are the marks of the axis.
    pub(super) fn finish(self, title: &str, description: &str, style: Option<&str>) -> String {
        let height = self.y + 12;
        let mut out = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="fracas-picture" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="fracas-title fracas-words""#
        );
        if style.is_some() {
            let _ = write!(out, r#" width="{WIDTH}" height="{height}""#);
        }
        let _ = write!(out, r#"><title id="fracas-title">{}</title><desc id="fracas-words">{description}</desc>"#, escape(title));
        if let Some(style) = style {
            let _ = write!(out, "<style>{style}</style>");
        }
        out.push_str(PATTERNS);
        let _ = write!(out, r#"<rect class="paper" width="{WIDTH}" height="{height}"/>"#);
        out.push_str(&self.drawn);
        out.push_str("</svg>");
        out
    }

    /// Lies below all lanes: drawn once their height is known.
    pub(super) fn below(&mut self, draw: impl FnOnce(&mut String, u32, u32)) {
        let mut under = String::new();
        draw(&mut under, self.top, self.y);
        self.drawn.insert_str(0, &under);
    }

    /// Where a moment is.
    pub(super) fn x(&self, at: Duration) -> f64 {
        self.scale.x(at)
    }
}

/// A text that fits in so many letters; of scripts with wide letters half as many.
pub(super) fn shortened(text: &str, room: usize) -> String {
    let wide = |c: char| if u32::from(c) >= 0x1100 { 2 } else { 1 };
    if text.chars().map(wide).sum::<usize>() <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = text.chars().take_while(|c| {
        used += wide(*c);
        used <= room
    });
    let cut: String = fits.collect();
    format!("{}…", cut.trim_end())
}
