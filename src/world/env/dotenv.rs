//! The syntax of dotenv files, as far as the usual readers agree on it; [`super::Found::in_file`] says what that
//! is. Never quotes a line that it does not understand: it may be a secret.

/// Names with their values in the order of the file.
///
/// # Errors
/// The line that is not understood, by its number, and what about it.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = text;
    let mut variables = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        let number = text[..text.len() - rest.len()].matches('\n').count() + 1;
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if line.starts_with('#') {
            rest = after;
            continue;
        }
        let (name, value) = assignment(rest).ok_or_else(|| format!("line {number} is neither NAME=value nor a comment"))?;
        let (value, after) = match value.chars().next() {
            Some('"') => double_quoted(&value[1..]).and_then(ended),
            Some('\'') => value[1..].split_once('\'').map(|(value, after)| (value.to_owned(), after)).and_then(ended),
            Some('`') => None,
            _ => Some(plain(value)),
        }
        .ok_or_else(|| format!("the quotes of the value that begins in line {number} are not understood"))?;
        variables.push((name.to_owned(), value));
        rest = after;
    }
}

/// The name, and what follows `=` and its blanks.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let blank = [' ', '\t'];
    let line = line.strip_prefix("export").filter(|rest| rest.starts_with(blank)).map_or(line, |rest| rest.trim_start_matches(blank));
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c))).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let value = rest.trim_start_matches(blank).strip_prefix('=')?.trim_start_matches(blank);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some((name, value))
}

/// A value without quotes, and the lines after it.
fn plain(value: &str) -> (String, &str) {
    let (line, after) = value.split_once('\n').unwrap_or((value, ""));
    let comment = line.char_indices().find(|(at, c)| *c == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])));
    let value = comment.map_or(line, |(at, _)| &line[..at]);
    (value.trim().to_owned(), after)
}

/// A value up to its closing quote, and what follows that; nothing if it is never closed.
fn double_quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                c @ ('"' | '\\' | '$') => value.push(c),
                other => value.extend(['\\', other]),
            },
            c => value.push(c),
        }
    }
    None
}

/// The lines after a quoted value, if the rest of its own holds at most a comment.
fn ended((value, after): (String, &str)) -> Option<(String, &str)> {
    let (line, after) = after.split_once('\n').unwrap_or((after, ""));
    let line = line.trim();
    (line.is_empty() || line.starts_with('#')).then_some((value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_the_usual_readers_do() {
        for (text, expected) in [
            ("A=1\r\nB = two words  \n", vec![("A", "1"), ("B", "two words")]),
            ("\u{feff}# c\n\n  export A=1 # c\nexport\tB=a#b\nexported=1", vec![("A", "1"), ("B", "a#b"), ("exported", "1")]),
            ("A=\nB= # c\nC=\"\"\nD=''", vec![("A", ""), ("B", ""), ("C", ""), ("D", "")]),
            (r#"A='a\n"$B' # c"#, vec![("A", r#"a\n"$B"#)]),
            ("A=\"a\\n\\\"\\\\\\$\\d' # no c\"#c\nB=1", vec![("A", "a\n\"\\$\\d' # no c"), ("B", "1")]),
            ("KEY=\"-----BEGIN\nabc=\n-----END\"\nB='x\ny'", vec![("KEY", "-----BEGIN\nabc=\n-----END"), ("B", "x\ny")]),
            ("URL=postgres://u:p@h/d?a=b&c=${D}", vec![("URL", "postgres://u:p@h/d?a=b&c=${D}")]),
            ("A=it's\nB=a\"b\"", vec![("A", "it's"), ("B", "a\"b\"")]),
        ] {
            let read = parse(text).unwrap_or_default();
            let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named_by_its_line_alone() {
        for (text, expected) in [
            ("A=1\nhunter2", "line 2 is neither NAME=value nor a comment"),
            ("A=1\n\n2A=hunter2", "line 3 is neither NAME=value nor a comment"),
            ("A='1\n2'\n=hunter2", "line 3 is neither NAME=value nor a comment"),
            ("export A", "line 1 is neither NAME=value nor a comment"),
            ("A=\"hunter2\n\n", "the quotes of the value that begins in line 1 are not understood"),
            ("A='hunter2'2", "the quotes of the value that begins in line 1 are not understood"),
            ("\nA=`hunter2`", "the quotes of the value that begins in line 2 are not understood"),
        ] {
            assert_eq!(parse(text), Err(expected.to_owned()), "{text}");
        }
    }
}
