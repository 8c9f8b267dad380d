//! What was answered to the questions of the report. Never drops a question, nor an answer to one that nobody asked.

use crate::present::questions::{self, Topic, answered_by, is_same};
use crate::timeline::event::{Entry, Event};

use super::{Case, holding};

/// A question with what was said to it.
pub(in crate::export) struct Answered<'a> {
    pub(in crate::export) question: String,
    pub(in crate::export) topic: Topic,
    pub(in crate::export) answers: Vec<Answer<'a>>,
}

/// Something said to a question.
pub(in crate::export) struct Answer<'a> {
    pub(in crate::export) entry: &'a Entry,
    /// Markdown.
    pub(in crate::export) text: &'a str,
}

/// The last answer counts; notes that begin with the question are answers as well.
pub(super) fn of(case: Case<'_>) -> Vec<Answered<'_>> {
    let asked = questions::of(case.runbook);
    let mut all: Vec<Answered<'_>> =
        asked.into_iter().map(|asked| Answered { question: asked.text, topic: asked.topic, answers: Vec::new() }).collect();
    let mut from_notes: Vec<(usize, Answer<'_>)> = Vec::new();
    for entry in holding(case) {
        match &entry.event {
            Event::QuestionAnswered { question, answer } => {
                let place = all.iter().position(|known| is_same(&known.question, question)).unwrap_or_else(|| {
                    all.push(Answered { question: question.clone(), topic: questions::topic(question), answers: Vec::new() });
                    all.len() - 1
                });
                all[place].answers = vec![Answer { entry, text: answer }];
            }
            Event::Note { text, .. } => from_notes.extend(place_of(&all, text).map(|(place, text)| (place, Answer { entry, text }))),
            _ => {}
        }
    }
    for (place, answer) in from_notes {
        all[place].answers.push(answer);
    }
    all
}

/// Which question a note answers: the longest that it begins with.
fn place_of<'n>(questions: &[Answered<'_>], note: &'n str) -> Option<(usize, &'n str)> {
    let answered = questions.iter().enumerate().filter_map(|(place, asked)| Some((place, answered_by(&asked.question, note)?)));
    answered.min_by_key(|(_, answer)| answer.len())
}

/// Whether a note is an answer, and stands with its question.
pub(in crate::export) fn is_answer(questions: &[Answered<'_>], seq: u64) -> bool {
    questions.iter().flat_map(|asked| &asked.answers).any(|answer| answer.entry.seq == seq)
}
