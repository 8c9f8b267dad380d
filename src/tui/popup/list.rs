//! A list that scrolls with its selection. Never knows what its rows are.

/// Where one is in a list.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::tui) struct List {
    /// The selected row.
    pub(in crate::tui) selected: usize,
    /// The first row that is seen.
    pub(in crate::tui) top: usize,
    /// Rows, as drawn last.
    pub(in crate::tui) length: usize,
    /// Rows that fit, as drawn last.
    pub(in crate::tui) page: usize,
}

impl List {
    /// A list with this row selected.
    pub(in crate::tui) fn at(selected: usize) -> Self {
        Self { selected, ..Self::default() }
    }

    /// A list that begins at its last row.
    pub(in crate::tui) fn at_the_end() -> Self {
        Self::at(usize::MAX)
    }

    /// Takes the size of what is drawn now into account and returns the first row to draw.
    pub(in crate::tui) fn fit(&mut self, length: usize, page: usize) -> usize {
        self.length = length;
        self.page = page;
        self.selected = self.selected.min(length.saturating_sub(1));
        self.top = self.top.min(self.selected).min(length.saturating_sub(page));
        if self.selected >= self.top + page {
            self.top = self.selected + 1 - page.max(1);
        }
        self.top
    }

    /// Moves the selection.
    pub(in crate::tui) fn go(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.length.saturating_sub(1));
    }
}
