//! A line of Markdown and where it stands: tabs count up to the next multiple of four columns, wherever their line begins. Never
//! knows what a line means.

/// What is left of a line, and the column of the page in which that begins.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) column: usize,
}

/// The lines of a text, however they end.
pub(crate) fn split(text: &str) -> Vec<Line> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    text.split('\n').map(|line| Line { text: line.to_owned(), column: 0 }).collect()
}

/// How many columns of blanks a text begins with, if it begins in this column.
pub(crate) fn columns_of_indentation(text: &str, column: usize) -> usize {
    let mut at = column;
    for c in text.chars() {
        match c {
            ' ' => at += 1,
            '\t' => at += 4 - at % 4,
            _ => break,
        }
    }
    at - column
}

impl Line {
    pub(crate) fn is_blank(&self) -> bool {
        self.text.chars().all(|c| [' ', '\t'].contains(&c))
    }

    pub(crate) fn indentation(&self) -> usize {
        columns_of_indentation(&self.text, self.column)
    }

    /// Without the blanks it begins with.
    pub(crate) fn trimmed(&self) -> &str {
        self.text.trim_start_matches([' ', '\t'])
    }

    /// Without so many columns of blanks; half a tab leaves spaces.
    pub(crate) fn without(&self, columns: usize) -> Self {
        let (mut rest, mut column, end) = (self.text.as_str(), self.column, self.column + columns);
        while column < end {
            let width = match rest.chars().next() {
                Some(' ') => 1,
                Some('\t') => 4 - column % 4,
                _ => break,
            };
            rest = &rest[1..];
            column += width;
        }
        Self { text: " ".repeat(column.saturating_sub(end)) + rest, column: column.min(end) }
    }

    /// Without so many characters, none of which is a blank.
    pub(crate) fn after(&self, characters: usize) -> Self {
        Self { text: self.text[characters..].to_owned(), column: self.column + characters }
    }
}
