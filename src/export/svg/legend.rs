//! What the shapes mean. Never explains what is not in the picture's own alphabet, and never leaves one of it out.

use super::sheet::{EDGE, Shape, Sheet};

/// A line of the legend, and a column of it, in units of the drawing.
const LINE: u32 = 22;
const COLUMN: u32 = 243;

/// A swatch with a class, or a mark.
enum Sample {
    Swatch(&'static str, u32),
    Line(&'static str),
    Mark(Shape),
}

const SAMPLES: &[(Sample, &str)] = &[
    (Sample::Swatch("worked", 10), "worked on, within its budget"),
    (Sample::Swatch("overrun", 10), "worked on, over its budget"),
    (Sample::Swatch("budget", 12), "the budget, from first entered"),
    (Sample::Line("promise"), "promised time to resolve"),
    (Sample::Swatch("green", 5), "check green"),
    (Sample::Swatch("red", 15), "check red"),
    (Sample::Swatch("unknown", 12), "not asked, or for a person"),
    (Sample::Swatch("still", 15), "paused, or nobody there"),
    (Sample::Mark(Shape::Diamond), "remediation in effect"),
    (Sample::Mark(Shape::CrossedDiamond), "rolled back, or failed"),
    (Sample::Mark(Shape::OpenDiamond), "outcome unknown"),
    (Sample::Mark(Shape::Flag), "milestone"),
    (Sample::Mark(Shape::Page), "note"),
    (Sample::Mark(Shape::Circle), "decision"),
    (Sample::Mark(Shape::Triangle), "call for help"),
    (Sample::Mark(Shape::Arrow), "message"),
];

pub(super) fn draw(sheet: &mut Sheet) {
    sheet.down(10, true);
    sheet.down(6, false);
    for line in SAMPLES.chunks(4) {
        for (column, (sample, means)) in (0..).zip(line) {
            let x = EDGE + column * COLUMN;
            match sample {
                Sample::Swatch(class, thick) => sheet.swatch(class, x, 26, *thick, LINE),
                Sample::Line(class) => sheet.stroke(class, f64::from(x), sheet.y + LINE / 2, "M0 0H26"),
                Sample::Mark(shape) => sheet.mark(*shape, f64::from(x + 13), sheet.y + LINE / 2),
            }
            sheet.text(x + 34, sheet.y + LINE / 2 + 4, "faint", means);
        }
        sheet.down(LINE, false);
    }
}
