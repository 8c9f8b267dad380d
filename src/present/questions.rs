//! The questions of a report: those of the runbook, and where it asks none on a subject, those that a post-mortem always
//! asks. Never drops a question that an author asked.

use crate::runbook::Runbook;

/// What a question is about: where its answer belongs in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Who and what was hit, and how it showed.
    Impact,
    /// Why it happened.
    Cause,
    /// What set it off.
    Trigger,
    /// How it was found.
    Detection,
    /// What helped.
    WentWell,
    /// What hindered.
    WentBadly,
    /// What helped by chance.
    Lucky,
    /// What keeps it from coming back.
    Prevention,
    /// Anything else.
    Other,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// As it is asked.
    pub text: String,
    /// What it is about.
    pub topic: Topic,
}

/// What a post-mortem asks, with the subject of each. There is none on prevention: that is what follow-up work is for.
const ALWAYS_ASKED: &[(Topic, &str)] = &[
    (Topic::Impact, "What users noticed"),
    (Topic::Cause, "Root cause"),
    (Topic::Trigger, "What triggered it"),
    (Topic::Detection, "How it was detected"),
    (Topic::WentWell, "What went well"),
    (Topic::WentBadly, "What went badly"),
    (Topic::Lucky, "Where we were lucky"),
];

/// Words that tell what a question is about; the first row with a word in it counts. So luck comes before what went
/// well, and causes come before harm, which are found in one question often.
const TELLING: &[(Topic, &[&str])] = &[
    (Topic::Lucky, &["luck"]),
    (Topic::WentBadly, &["badly", "poorly", "improve", "better", "went wrong", "not go well", "n't go well", "lesson", "learn"]),
    (Topic::WentWell, &["went well", "go well", "worked well", "what helped"]),
    (Topic::Cause, &["cause", "contribut"]),
    (Topic::Trigger, &["trigger", "set it off", "set off"]),
    (Topic::Prevention, &["prevent", "come back", "happen again"]),
    (Topic::Impact, &["user", "customer", "impact", "affected", "data loss", "were lost"]),
    (Topic::Detection, &["detect", "noticed", "found out", "alert"]),
];

/// The questions of the report on an incident of this runbook, the runbook's own first.
#[must_use]
pub fn of(runbook: &Runbook) -> Vec<Question> {
    let own = runbook.report.questions.iter().map(|text| Question { text: text.clone(), topic: topic(text) });
    let mut questions: Vec<Question> = own.collect();
    for (topic, text) in ALWAYS_ASKED {
        if questions.iter().all(|question| question.topic != *topic) {
            questions.push(Question { text: (*text).to_owned(), topic: *topic });
        }
    }
    questions
}

/// What a question is about.
#[must_use]
pub fn topic(question: &str) -> Topic {
    let question = question.to_lowercase();
    let telling = TELLING.iter().find(|(_, words)| words.iter().any(|word| question.contains(word)));
    telling.map_or(Topic::Other, |(topic, _)| *topic)
}

/// Whether two spellings are one question: case, and a mark at the end, make no difference.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let bare = |question: &str| question.trim().trim_end_matches(['?', ':']).trim_end().to_lowercase();
    bare(one) == bare(other)
}

/// What a note says to a question, if it begins with it and a colon: `Root cause: a migration ran twice`.
#[must_use]
pub fn answered_by<'n>(question: &str, note: &'n str) -> Option<&'n str> {
    // A question may hold a colon of its own.
    note.match_indices(':').map(|(at, _)| note.split_at(at)).find(|(asked, _)| is_same(asked, question)).map(|(_, rest)| rest[1..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_finds_its_place() {
        for (question, belongs) in [
            ("Root cause: the migrations", Topic::Cause),
            ("Contributing factors", Topic::Cause),
            ("What users noticed", Topic::Impact),
            ("What users saw", Topic::Impact),
            ("Tables and columns affected", Topic::Impact),
            ("How it was noticed, and how it could have been noticed earlier", Topic::Detection),
            ("How was it detected?", Topic::Detection),
            ("Trigger", Topic::Trigger),
            ("What was the trigger?", Topic::Trigger),
            ("What went well", Topic::WentWell),
            ("What didn't go well", Topic::WentBadly),
            ("What could be improved", Topic::WentBadly),
            ("Where we were lucky", Topic::Lucky),
            ("Which preventive measures are in place", Topic::Prevention),
            ("Documentation that was updated", Topic::Other),
            ("Key findings", Topic::Other),
        ] {
            assert_eq!(topic(question), belongs, "{question}");
        }
        for (topic_of_it, question) in ALWAYS_ASKED {
            assert_eq!(topic(question), *topic_of_it, "{question}");
        }
    }

    #[test]
    fn a_note_that_begins_with_a_question_answers_it() {
        assert_eq!(answered_by("Root cause", "root cause: a: b"), Some("a: b"));
        assert_eq!(answered_by("Root cause: the code", "Root cause: the code: it was wrong"), Some("it was wrong"));
        assert_eq!(answered_by("Root cause: the code", "Root cause: it was wrong"), None);
        assert_eq!(answered_by("Why?", "Why: because"), Some("because"));
    }
}
