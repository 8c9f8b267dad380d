//! What Render's own tool says: the log of the worker. Never imitates more of it; the rest is asked of the API.

use crate::drill::container::platform::PRODUCTION;

use super::{Parsed, Question, Reply};

/// Flags that take a value, by their spellings.
const VALUED: &[&str] = &["-r --resources", "--limit", "-o --output"];

/// Answers `render`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let Some(parsed) = Parsed::of(question.arguments, VALUED, &["--version"]) else { return Err(question.not_imitated("render")) };
    match (parsed.words()[..].first(), parsed.flag("--resources")) {
        (None, None) if parsed.flag("--version").is_some() => Ok("render: the stand-in of a drill\n".to_owned()),
        (Some(&"logs"), Some(PRODUCTION)) if parsed.flag("--output") == Some("text") => {
            let limit: usize = parsed.flag("--limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
            let log: String = (1..=question.status()?.run).map(|run| question.service.log(run)).collect();
            let lines: Vec<&str> = log.lines().collect();
            Ok(lines[lines.len().saturating_sub(limit)..].iter().flat_map(|line| [*line, "\n"]).collect())
        }
        (Some(&"logs"), Some(other)) if other != PRODUCTION => Err(format!("Error: no resource {other}")),
        _ => Err(question.not_imitated("render")),
    }
}
