//! Where a page begins in a text whose lines may be longer than a page. Only what is near is measured, so that a line of a
//! megabyte scrolls like a short one.

use crate::tui::ink;

/// Where a page begins: in a line, after so many of its bytes where it is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) byte: usize,
}

impl Place {
    /// The beginning of a line.
    pub(super) fn of(line: usize) -> Self {
        Self { line, byte: 0 }
    }
}

/// Lines as they are broken into rows.
pub(super) struct Paper<'l> {
    pub(super) lines: &'l [String],
    /// The first line that can be scrolled to.
    pub(super) first: usize,
    /// The columns of a row; none where a line is one row, however long it is.
    pub(super) columns: Option<usize>,
}

impl Paper<'_> {
    /// So many rows further down; behind the last line at most.
    pub(super) fn down(&self, mut place: Place, mut rows: usize) -> Place {
        while let Some(rest) = self.lines.get(place.line).and_then(|line| line.get(place.byte..)) {
            let (starts, near) = self.rows(rest, rows + 1);
            if let Some(start) = starts.get(rows) {
                return Place { byte: place.byte + start, ..place };
            }
            rows -= starts.len();
            // Characters that take no room fill no row.
            place = if near < rest.len() { Place { byte: place.byte + near, ..place } } else { Place::of(place.line + 1) };
        }
        place
    }

    /// So many rows further up; at the first line at most.
    pub(super) fn up(&self, mut place: Place, mut rows: usize) -> Place {
        while rows > 0 {
            if place.byte == 0 {
                if place.line <= self.first {
                    break;
                }
                place.line -= 1;
                place.byte = self.lines.get(place.line).map_or(0, String::len);
            }
            let above = self.rows_above(place, rows);
            let back = rows.min(above.len()).max(1);
            place.byte = above.len().checked_sub(back).map_or(0, |start| above[start]);
            rows -= back;
        }
        place
    }

    /// Where the last page begins.
    pub(super) fn last(&self, page: usize) -> Place {
        self.up(Place::of(self.lines.len()), page).max(Place::of(self.first))
    }

    /// The row that has this place.
    pub(super) fn row_of(&self, place: Place) -> Place {
        let end = self.lines.get(place.line).map_or(0, |line| line.ceil_char_boundary(place.byte + 1));
        self.up(Place { byte: end, ..place }, 1)
    }

    /// Where the first rows of a text begin, so many at most, and the bytes that were looked at.
    fn rows(&self, text: &str, most: usize) -> (Vec<usize>, usize) {
        let Some(columns) = self.columns else { return (vec![0], text.len()) };
        // A row more than is asked for, so that the last one ends where it would in the whole of it.
        let near = &text[..text.floor_char_boundary((most + 1) * columns * WIDEST)];
        (ink::breaks(near, columns).into_iter().map(|row| row.start).take(most).collect(), near.len())
    }

    /// Where the rows before a place in a line begin: those that are near, or all there are.
    fn rows_above(&self, place: Place, most: usize) -> Vec<usize> {
        let Some(line) = self.lines.get(place.line) else { return Vec::new() };
        let Some(columns) = self.columns else { return vec![0] };
        let from = line.floor_char_boundary(place.byte.saturating_sub((most + 1) * columns * WIDEST));
        let above = ink::breaks(&line[from..place.byte.min(line.len())], columns).into_iter().map(|row| from + row.start);
        above.filter(|start| *start < place.byte || place.byte == 0).collect()
    }
}

/// Bytes of the longest character of UTF-8 (RFC 3629).
const WIDEST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_gone_through_row_by_row_and_back() {
        let lines = ["short".to_owned(), String::new(), "one two three four five six".to_owned(), "end".to_owned()];
        let paper = Paper { lines: &lines, first: 0, columns: Some(10) };
        let mut place = Place::default();
        let mut seen = vec![place];
        for _ in 0..5 {
            place = paper.down(place, 1);
            seen.push(place);
        }
        let rows: Vec<&str> = seen.iter().map(|place| &lines[place.line][place.byte..]).collect();
        assert_eq!(rows, ["short", "", "one two three four five six", "three four five six", "five six", "end"]);
        assert_eq!(paper.down(Place::default(), 4), seen[4]);
        for rows in 0..=5 {
            assert_eq!(paper.up(seen[5], rows), seen[5 - rows], "{rows} rows up");
        }
        assert_eq!(paper.last(3), seen[3]);
        assert_eq!(paper.last(30), seen[0]);
        let six = lines[2].len() - "six".len();
        assert_eq!(paper.row_of(Place { line: 2, byte: six }), seen[4]);
        assert_eq!(paper.row_of(Place { line: 2, byte: 0 }), seen[2]);
    }

    #[test]
    fn a_line_that_is_not_broken_is_one_row() {
        let lines = ["one two three four".to_owned(), "end".to_owned()];
        let paper = Paper { lines: &lines, first: 0, columns: None };
        assert_eq!(paper.down(Place::default(), 1), Place::of(1));
        assert_eq!(paper.up(Place::of(1), 1), Place::of(0));
        assert_eq!(paper.last(1), Place::of(1));
    }

    #[test]
    fn a_word_of_a_megabyte_has_an_end() {
        let lines = ["数".repeat(300_000)];
        let paper = Paper { lines: &lines, first: 0, columns: Some(80) };
        let last = paper.last(20);
        assert_eq!(lines[0].len() - last.byte, 20 * 40 * 3);
        assert_eq!(paper.up(paper.down(Place::default(), 500), 500), Place::default());
    }
}
