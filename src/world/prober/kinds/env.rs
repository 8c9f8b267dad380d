//! `env`: holds variables against each other and against what the author requires. Only names and what is wrong
//! with them leave here; never a value, nor anything that a source printed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::Values;
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::ask::{Must, Requirement, Source, Variables};
use crate::runbook::model::Check;
use crate::world::clock::Stopwatch;
use crate::world::command::{self, End};
use crate::world::env::{Content, Found};
use crate::world::prober::Inner;
use crate::world::stop::{GaveUp, Stop};

use super::Question;
use super::command::ending;

/// Names of one kind of problem in the summary; all of them stand in what is seen.
const NAMED: usize = 6;

impl Question for Variables {
    async fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> Result<Answer, String> {
        let watch = Stopwatch::start();
        let like = async {
            match &self.like {
                Some(like) => find(inner, like, check, stop.clone()).await.map(Some),
                None => Ok(None),
            }
        };
        let found = tokio::join!(find(inner, &self.of, check, stop.clone()), like);
        let duration = watch.elapsed();
        let no_answer = |finding| Answer { finding, values: Values::new(), seen: String::new(), duration };
        let (of, like) = match found {
            (Ok(of), Ok(like)) => (of, like),
            (Err(finding), _) | (_, Err(finding)) => return Ok(no_answer(finding)),
        };
        let judged = judge(self, &of, like.as_ref());
        if judged.is_empty() {
            let like = self.like.as_ref().unwrap_or(&self.of);
            return Ok(no_answer(Finding::Inconclusive(format!("there is nothing to compare: {like} holds no variable"))));
        }
        Ok(answer(self, &judged, duration))
    }
}

/// The variables of a source. What in them is a secret is masked from here on, whoever else shows it.
async fn find(inner: &Inner, source: &Source, check: &Check, stop: Stop) -> Result<Found, Finding> {
    let found = read(inner, source, check, stop).await?;
    inner.masker.learn(found.secrets().iter().map(AsRef::as_ref));
    Ok(found)
}

async fn read(inner: &Inner, source: &Source, check: &Check, mut stop: Stop) -> Result<Found, Finding> {
    let timeout = check.timeout;
    let late = || Finding::TimedOut(format!("no answer within {timeout:?}: {source} did not end"));
    match source {
        Source::Process => Ok(Found::of_process(inner.surroundings.env.iter().chain(&inner.surroundings.inputs))),
        Source::File(path) => {
            let path = inner.surroundings.dir.as_ref().map_or_else(|| PathBuf::from(path), |dir| dir.join(Path::new(path)));
            tokio::select! {
                found = Found::in_file(&path) => found.map_err(Finding::Inconclusive),
                why = stop.or_after(Some(timeout)) => Err(if why == GaveUp::Stopped { Finding::Cancelled } else { late() }),
            }
        }
        Source::Command(line) => {
            let (job, dir) = inner.job(&check.id, line, Some(timeout)).map_err(Finding::Inconclusive)?;
            let ran = command::run(&job, dir.as_deref(), stop).await;
            match &ran.end {
                End::Exit(0) if ran.stdout.dropped > 0 => Err(Finding::Inconclusive(format!("{source} was cut at 1 MiB"))),
                End::Exit(0) => Found::in_json(&ran.stdout.bytes).map_err(|why| Finding::Inconclusive(format!("{source} {why}"))),
                End::GaveUp(GaveUp::Stopped) => Err(Finding::Cancelled),
                End::GaveUp(GaveUp::TimedOut) => Err(late()),
                end => Err(Finding::Inconclusive(format!("{}: `{}`; what it printed is not shown", ending(end, None), line.program))),
            }
        }
    }
}

/// What may be wrong with a variable; the order is that of a summary.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Missing,
    Empty,
    Malformed,
    NotAsRequired,
    NotUtf8,
    Differs,
    OnlyHere,
}

impl Wrong {
    const ALL: [Self; 7] = [Self::Missing, Self::Empty, Self::Malformed, Self::NotAsRequired, Self::NotUtf8, Self::Differs, Self::OnlyHere];

    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Malformed => "malformed",
            Self::NotAsRequired => "not the required value",
            Self::NotUtf8 => "not UTF-8",
            Self::Differs => "differs",
            Self::OnlyHere => "differs, the other has none",
        }
    }

    /// The name under which an expression finds it.
    fn list(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty | Self::Malformed | Self::NotAsRequired | Self::NotUtf8 => "invalid",
            Self::Differs | Self::OnlyHere => "different",
        }
    }
}

/// A name and what is wrong with it.
type Judged<'n> = (&'n str, Vec<Wrong>);

fn judge<'n>(asked: &'n Variables, of: &Found, like: Option<&'n Found>) -> Vec<Judged<'n>> {
    if asked.require.is_empty() {
        return like.into_iter().flat_map(|like| like.names().map(|name| (name, compare(of.get(name), like.get(name))))).collect();
    }
    let judge = |requirement: &'n Requirement| {
        let Requirement { name, must, optional } = requirement;
        let content = of.get(name);
        let mut wrong = match content {
            None if *optional => Vec::new(),
            None => vec![Wrong::Missing],
            Some(content) => breach(must, content).into_iter().collect(),
        };
        if let Some(like) = like {
            wrong.extend(compare(content, like.get(name)));
            wrong.dedup();
        }
        (name.as_str(), wrong)
    };
    asked.require.iter().map(judge).collect()
}

fn compare(of: Option<&Content>, like: Option<&Content>) -> Vec<Wrong> {
    match (of, like) {
        (None, Some(_)) => vec![Wrong::Missing],
        (Some(_), None) => vec![Wrong::OnlyHere],
        (Some(of), Some(like)) if of != like => vec![Wrong::Differs],
        _ => Vec::new(),
    }
}

fn breach(must: &Must, content: &Content) -> Option<Wrong> {
    let Content::Text(text) = content else { return Some(Wrong::NotUtf8) };
    let (fits, otherwise) = match must {
        Must::BeSet => (!text.is_empty(), Wrong::Empty),
        Must::Match(pattern) => (pattern.is_match(text), Wrong::Malformed),
        Must::Be(literal) => (text == literal, Wrong::NotAsRequired),
    };
    (!fits).then_some(if text.is_empty() { Wrong::Empty } else { otherwise })
}

fn answer(asked: &Variables, judged: &[Judged<'_>], duration: Duration) -> Answer {
    let those = |is: &dyn Fn(Wrong) -> bool| -> Vec<&str> {
        judged.iter().filter(|(_, wrong)| wrong.iter().any(|wrong| is(*wrong))).map(|(name, _)| *name).collect()
    };
    let ok = judged.iter().all(|(_, wrong)| wrong.is_empty());
    let mut values = Values::new();
    for list in ["missing", "different", "invalid"] {
        values.insert(list.to_owned(), those(&|wrong| wrong.list() == list).into());
    }
    values.insert("ok".to_owned(), ok.into());
    let groups = Wrong::ALL.into_iter().filter_map(|kind| {
        let names = those(&|wrong| wrong == kind);
        let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
        let first: Vec<&str> = names.iter().take(NAMED).copied().collect();
        (!names.is_empty()).then(|| format!("{}: {}{more}", kind.word(), first.join(", ")))
    });
    let count = if judged.len() == 1 { "1 variable".to_owned() } else { format!("{} variables", judged.len()) };
    let good = match (&asked.like, asked.require.is_empty()) {
        (Some(like), true) => format!("{count} as in {like}"),
        (Some(like), false) => format!("{count} as required and as in {like}"),
        (None, _) => format!("{count} as required"),
    };
    let summary = if ok { good } else { groups.collect::<Vec<_>>().join("; ") };
    let width = judged.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, wrong): &Judged<'_>| {
        let words: Vec<&str> = wrong.iter().map(|wrong| wrong.word()).collect();
        let mark = if wrong.is_empty() { '✓' } else { '✗' };
        format!("{mark} {name:<width$}  {}", words.join("; ")).trim_end().to_owned()
    };
    // What is wrong first: the end of a long list may not be on the screen.
    let (good, bad): (Vec<_>, Vec<_>) = judged.iter().partition(|(_, wrong)| wrong.is_empty());
    let seen = bad.into_iter().chain(good).map(line).collect::<Vec<_>>().join("\n");
    Answer { finding: Finding::Answered { own: Some(ok), summary }, values, seen, duration }
}
