//! The way out: everything that came from outside is masked, then made harmless. Never lets one part of an
//! answer pass by.

use crate::base::redact::Masker;
use crate::base::{Value, Values, text};
use crate::engine::attempt::{Answer, Finding, RemediationNews};
use crate::timeline::event::{Problem, ServerFacts};

/// An answer that may be shown and kept.
pub(super) fn answer(answer: Answer, masker: &Masker) -> Answer {
    let words = |text: String| words(&text, masker);
    let finding = match answer.finding {
        Finding::Answered { own, summary } => Finding::Answered { own, summary: words(summary) },
        Finding::Failed(why) => Finding::Failed(words(why)),
        Finding::Inconclusive(why) => Finding::Inconclusive(words(why)),
        Finding::TimedOut(why) => Finding::TimedOut(words(why)),
        Finding::Cancelled => Finding::Cancelled,
        Finding::Crashed(why) => Finding::Crashed(words(why)),
    };
    Answer { finding, values: values(answer.values, masker), seen: words(answer.seen), duration: answer.duration }
}

/// News that may be shown and kept.
pub(super) fn news(news: RemediationNews, masker: &Masker) -> RemediationNews {
    match news {
        RemediationNews::Progress { statement, waits_for } => {
            RemediationNews::Progress { statement, waits_for: waits_for.map(|who| words(&who, masker)) }
        }
        RemediationNews::Committing { transaction, server } => RemediationNews::Committing { transaction, server: facts(server, masker) },
        RemediationNews::Rehearsed { server, results, problem, duration } => {
            let server = server.map(|server| facts(server, masker));
            RemediationNews::Rehearsed { server, results, problem: problem.map(|problem| clean(problem, masker)), duration }
        }
        RemediationNews::Settled { outcome, results, problem, transaction, exit, seen, duration } => RemediationNews::Settled {
            outcome,
            results,
            problem: problem.map(|problem| clean(problem, masker)),
            transaction,
            exit,
            seen: words(&seen, masker),
            duration,
        },
    }
}

fn facts(facts: ServerFacts, masker: &Masker) -> ServerFacts {
    ServerFacts {
        database: words(&facts.database, masker),
        role: words(&facts.role, masker),
        version: words(&facts.version, masker),
        ..facts
    }
}

fn clean(problem: Problem, masker: &Masker) -> Problem {
    let maybe = |text: Option<String>| text.map(|text| words(&text, masker));
    Problem {
        message: words(&problem.message, masker),
        detail: maybe(problem.detail),
        hint: maybe(problem.hint),
        blocked_by: maybe(problem.blocked_by),
        ..problem
    }
}

/// What expressions may name. Its strings keep their tabs: a pattern may well ask for one.
pub(super) fn values(values: Values, masker: &Masker) -> Values {
    values.into_iter().map(|(name, inner)| (words(&name, masker), value(inner, masker))).collect()
}

fn value(inner: Value, masker: &Masker) -> Value {
    match inner {
        Value::String(text) => {
            let safe = masker.mask(&text);
            Value::String(safe.split('\t').map(text::lines).collect::<Vec<_>>().join("\t"))
        }
        Value::Array(items) => items.into_iter().map(|item| value(item, masker)).collect(),
        Value::Object(fields) => Value::Object(values(fields, masker)),
        other => other,
    }
}

fn words(text: &str, masker: &Masker) -> String {
    text::lines(&masker.mask(text))
}
