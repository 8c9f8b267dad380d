//! What is wrong with a text that is no YAML, in the words of those who write it: the parser says where it lost its way, which is
//! seldom where the mistake is. Never looks further back than a few lines.

use super::Place;

/// How many lines above the place where the parser stopped a bracket may have been left open.
const LINES_BACK: usize = 5;

/// Where a syntax error is, what it is, and how to mend it.
pub(super) fn explain(source: &str, at: Place, info: &str) -> (Place, String, &'static str) {
    let lines: Vec<&str> = source.split('\n').skip(at.line.saturating_sub(LINES_BACK + 1)).take(LINES_BACK + 3).collect();
    let first = at.line.saturating_sub(LINES_BACK + 1) + 1;
    let numbered = || lines.iter().enumerate().map(|(n, line)| (first + n, *line));
    if info.contains("tab")
        && let Some((line, text)) = numbered().find(|(line, text)| *line >= at.line && text.trim_start_matches(' ').starts_with('\t'))
    {
        let column = text.chars().take_while(|c| *c == ' ').count() + 1;
        return (Place { line, column, length: 1 }, "a tab cannot indent YAML".to_owned(), "use spaces");
    }
    if info.contains("quoted scalar") {
        return (
            at,
            "the quote that opens here is not closed where it should be".to_owned(),
            "close it; inside of `'…'` a quote is written twice",
        );
    }
    if info.contains("unknown anchor") {
        return (at, "this alias repeats what no `&` has named".to_owned(), "put quotes around a text that begins with `*`");
    }
    if info.contains("mapping values are not allowed") {
        return (at, "a `: ` stands in a text without quotes".to_owned(), "put quotes around the text, or mend the indentation");
    }
    let mut above = numbered().rev().filter(|(line, _)| *line < at.line);
    if let Some((line, (column, bracket))) = above.find_map(|(line, text)| Some((line, left_open(text)?))) {
        let message = format!("the `{bracket}` that opens here is never closed");
        return (Place { line, column, length: 1 }, message, "close it; text that begins with a bracket needs quotes");
    }
    let help = "check the indentation, and that text with `: ` or ` #` in it or a bracket at its beginning has quotes";
    (at, format!("this is not YAML: {info}"), help)
}

/// The column of a bracket that a line opens and does not close, and which one it is.
fn left_open(line: &str) -> Option<(usize, char)> {
    let (mut open, mut quote) = (Vec::new(), None);
    let mut before = ' ';
    for (n, c) in line.chars().enumerate() {
        match (quote, c) {
            (Some(opened), _) => quote = quote.filter(|_| c != opened),
            (None, '\'' | '"') if !before.is_alphanumeric() => quote = Some(c),
            (None, '#') if before == ' ' => break,
            (None, '[' | '{') => open.push((n + 1, c)),
            (None, ']' | '}') => {
                open.pop();
            }
            _ => {}
        }
        before = c;
    }
    open.first().copied()
}
