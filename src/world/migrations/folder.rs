//! The files of a folder of migrations, read as text. Never goes deeper than one folder down, and never reads more
//! than its caps: what is larger is not judged at all.

use std::path::Path;

use tokio::io::AsyncReadExt as _;

use crate::runbook::model::MigrationTool;
use crate::world::plain_file;

/// Most files, most bytes of one, and of all: many times the largest history seen.
const MOST_FILES: usize = 10_000;
const LARGEST: usize = 1 << 20;
const LARGEST_SUM: usize = 64 << 20;

/// A file as it was read.
pub(super) struct SourceFile {
    /// Its name below the folder, with `/`.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
    starts: LineStarts,
    confirmed: Vec<bool>,
}

impl SourceFile {
    fn new(name: String, text: String, comments: &[&str]) -> Self {
        Self { name, starts: LineStarts::of(&text), confirmed: confirmed(&text, comments), text }
    }

    /// Whether somebody confirmed what stands in this line, on it or in the comments right above it.
    pub(super) fn is_confirmed(&self, line: usize) -> bool {
        line.checked_sub(1).and_then(|line| self.confirmed.get(line)).is_some_and(|is_confirmed| *is_confirmed)
    }

    /// The line of a byte, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.line_of(offset)
    }
}

/// Whether a comment in this line confirms: `# fracas: confirmed …`, or `--` where that begins a comment.
pub(super) fn confirms(line: &str, comment: &str) -> bool {
    let mut comments = line.split(comment).skip(1).filter_map(|comment| comment.trim_start().strip_prefix("fracas:"));
    comments.any(|comment| comment.trim_start().starts_with("confirmed"))
}

/// For each line, whether what stands in it is confirmed.
fn confirmed(text: &str, comments: &[&str]) -> Vec<bool> {
    let mut confirmed = vec![false; text.lines().count()];
    for comment in comments {
        let mut above = false;
        for (line, is_confirmed) in text.lines().zip(&mut confirmed) {
            let here = confirms(line, comment);
            *is_confirmed |= here || above;
            above = line.trim_start().starts_with(comment) && (here || above);
        }
    }
    confirmed
}

/// Where the lines of a text begin, in bytes.
pub(super) struct LineStarts(Vec<usize>);

impl LineStarts {
    pub(super) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    /// The line of a byte, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|start| *start <= offset)
    }
}

/// Every file that may be a migration, in the order of their names.
pub(super) async fn read(shown: &str, dir: &Path, tool: MigrationTool) -> Result<Vec<SourceFile>, String> {
    let (ending, is_deep, comments) = match tool {
        // SQL stands in the texts of a Python file.
        MigrationTool::Alembic => (".py", false, &["#", "--"][..]),
        MigrationTool::Sql => (".sql", true, &["--"][..]),
    };
    let mut names = Vec::new();
    for (name, is_folder) in list(dir).await.map_err(|why| format!("{shown} {why}"))? {
        if name.ends_with(ending) {
            names.push(name);
        } else if is_deep && is_folder {
            let inner = list(&dir.join(&name)).await.map_err(|why| format!("{shown}/{name} {why}"))?;
            names.extend(inner.into_iter().filter(|(inner, _)| inner.ends_with(ending)).map(|(inner, _)| format!("{name}/{inner}")));
        }
    }
    if names.len() > MOST_FILES {
        return Err(format!("{shown} holds {} files; at most {MOST_FILES} are read", names.len()));
    }
    names.sort_unstable();
    let (mut files, mut sum) = (Vec::new(), 0);
    for name in names {
        let text = text(&dir.join(&name)).await.map_err(|why| format!("{name} in {shown} {why}"))?;
        sum += text.len();
        if sum > LARGEST_SUM {
            return Err(format!("the files in {shown} have more than 64 MiB together; they were not judged"));
        }
        files.push(SourceFile::new(name, text, comments));
    }
    Ok(files)
}

/// What lies in a folder, hidden things left out, and whether each is a folder.
async fn list(dir: &Path) -> Result<Vec<(String, bool)>, String> {
    let reason = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotADirectory => "is no folder".to_owned(),
        _ => plain_file::reason(&error),
    };
    let mut entries = tokio::fs::read_dir(dir).await.map_err(reason)?;
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(reason)? {
        let Some(name) = entry.file_name().to_str().map(str::to_owned).filter(|name| !name.starts_with('.')) else { continue };
        found.push((name, entry.file_type().await.map_err(reason)?.is_dir()));
        if found.len() > 10 * MOST_FILES {
            return Err(format!("holds more than {} things; it was not judged", 10 * MOST_FILES));
        }
    }
    Ok(found)
}

async fn text(path: &Path) -> Result<String, String> {
    let (file, _) = plain_file::open(path).await?;
    let mut bytes = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).await.map_err(|error| plain_file::reason(&error))?;
    if bytes.len() > LARGEST {
        return Err("has more than 1 MiB; it was not judged".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| format!("is not UTF-8: byte {}", error.utf8_error().valid_up_to() + 1))
}
