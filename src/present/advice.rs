//! What is known of an error: its title, and what the runbook advises. Never decides whether an error is known; `engine` does.

use crate::base::text;
use crate::runbook::Runbook;

/// A known error that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What it means.
    pub title: String,
    /// What to do about it, on one line; empty where the author says nothing.
    pub advice: String,
}

/// The advice on known errors, given by their titles. One that a runbook no longer has stands for itself.
#[must_use]
pub fn on(runbook: &Runbook, titles: &[String]) -> Vec<Advice> {
    let advice = |title: &String| {
        let known = runbook.known_error(title);
        let said = known.and_then(|known| known.advice.clone());
        let elsewhere = known.and_then(|known| known.related.as_ref()).map(|related| format!("See the runbook {related}."));
        let whole: Vec<String> = said.into_iter().chain(elsewhere).collect();
        let whole = whole.iter().flat_map(|part| part.split_whitespace()).collect::<Vec<_>>().join(" ");
        Advice { title: text::line(title).into_owned(), advice: text::line(&whole).into_owned() }
    };
    titles.iter().map(advice).collect()
}
