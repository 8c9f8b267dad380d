//! The ladder from a name to an answered query, each rung with its time and its error, and the `connect` check, which shows
//! it of a target and its alternatives. To the check a rung that breaks is an answer, not an error. Never goes further than
//! a harmless query.

mod climb;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};

use crate::base::Values;
use crate::engine::attempt::{Answer, Finding};
use crate::timeline::event::Problem;
use crate::world::clock::Stopwatch;
use crate::world::stop::{GaveUp, Stop};

use super::{Server, Session, failure};
use climb::{Arrived, climb};

/// Other ways to the same database, by name, as far as it is known where they begin.
pub type Alternatives = [(String, Result<Arc<Server>, String>)];

/// Whether a query is to be answered before a connection counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// For the ladder that is shown.
    Always,
    /// Only where the connection says which servers will do.
    IfNeeded,
}

/// Why a server was not reached.
#[derive(Clone, Debug)]
pub(in crate::world) struct Unreached {
    /// The rung that broke.
    rung: &'static str,
    /// Why, in one sentence.
    why: String,
    /// With what the server said, if it spoke.
    pub(in crate::world) problem: Problem,
}

impl Unreached {
    pub(super) fn by(rung: &'static str, error: &tokio_postgres::Error) -> Self {
        Self { rung, why: failure::sentence(error), problem: failure::problem(error, None) }
    }

    /// With the rung in its message.
    pub(super) fn into_problem(self) -> Problem {
        Problem { message: format!("{}: {}", self.rung, self.problem.message), ..self.problem }
    }
}

impl std::fmt::Display for Unreached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.rung, self.why)
    }
}

/// A way up, as far as it went.
#[derive(Default)]
pub(super) struct Climb {
    rungs: Vec<Rung>,
    /// The rung that is being climbed, and since when.
    at: Option<(&'static str, Stopwatch)>,
    /// The last rung that held: `name`, `tcp` (or `socket`), `tls`, `authenticated`, `query`.
    reached: Option<&'static str>,
    /// The version that was negotiated.
    tls: Option<&'static str>,
    /// What was found at the top.
    arrived: Option<Arrived>,
    /// What is worth knowing beside the rungs, a sentence each.
    notes: Vec<String>,
    /// The time ran out on the way.
    timed_out: bool,
    /// What the server said where it broke.
    said: Option<Problem>,
}

struct Rung {
    name: &'static str,
    took: Duration,
    held: Result<String, String>,
}

impl Climb {
    /// Puts a foot on a rung.
    fn begin(&mut self, name: &'static str) {
        self.at = Some((name, Stopwatch::start()));
    }

    /// Goes on to the next rung, from which moment its time counts.
    fn went_on(&mut self, name: &'static str, remark: impl Into<String>, next: &'static str) {
        self.held(name, remark);
        self.begin(next);
    }

    fn held(&mut self, name: &'static str, remark: impl Into<String>) {
        self.reached = Some(name);
        self.put(name, Ok(remark.into()));
    }

    fn broke(&mut self, name: &'static str, error: impl Into<String>) {
        self.put(name, Err(error.into()));
    }

    fn broke_by(&mut self, name: &'static str, error: &tokio_postgres::Error) {
        self.said = error.as_db_error().map(|_| failure::problem(error, None));
        self.broke(name, failure::sentence(error));
    }

    /// The rung that is being climbed.
    pub(super) fn rung(&self) -> &'static str {
        self.at.as_ref().map_or("name", |(rung, _)| rung)
    }

    fn put(&mut self, name: &'static str, held: Result<String, String>) {
        let took = self.at.take().map_or(Duration::ZERO, |(_, since)| since.elapsed());
        self.rungs.push(Rung { name, took, held });
    }

    fn works(&self) -> bool {
        self.arrived.is_some()
    }

    fn breakage(&self) -> Option<(&'static str, &str)> {
        self.rungs.iter().find_map(|rung| rung.held.as_ref().err().map(|error| (rung.name, error.as_str())))
    }

    fn draw(&self) -> String {
        let rungs = self.rungs.iter().map(|rung| {
            let (mark, remark) = match &rung.held {
                Ok(remark) => ('✓', remark),
                Err(error) => ('✗', error),
            };
            format!("{mark} {:<13} {:>5} ms  {remark}", rung.name, rung.took.as_millis()).trim_end().to_owned()
        });
        rungs.chain(self.notes.iter().map(|note| format!("! {note}"))).collect::<Vec<_>>().join("\n")
    }
}

/// A new connection. `way` holds how far it got, also while it is still under way.
pub(super) async fn connect(server: &Server, way: &mut Climb) -> Result<Session, Unreached> {
    // On the heap: everything that asks a server has one of these within it.
    if let Some(session) = Box::pin(climb(server, way, Last::IfNeeded)).await {
        return Ok(session);
    }
    let (rung, mut why) = way.breakage().map_or(("name", "no host is named".to_owned()), |(rung, error)| (rung, error.to_owned()));
    let mut problem = way.said.clone().unwrap_or_else(|| Problem { message: why.clone(), ..Problem::default() });
    if rung == "authenticated"
        && let Some(unread) = &server.resolved.unread_passwords
    {
        // What is missing is then most likely in there.
        for words in [&mut why, &mut problem.message] {
            *words = format!("{words}; {unread}");
        }
    }
    Err(Unreached { rung, why, problem })
}

/// Climbs to a server and, at the same time, to each of its alternatives.
///
/// Values: `reached` (the last rung that held, or `nothing`), `tls` (a version or `none`), `server_version`,
/// `pooler` (a pooler or another proxy that speaks for the server), `read_only`, `works` (the alternatives that
/// answered), `ms`.
pub async fn ask(server: &Server, alternatives: &Alternatives, timeout: Duration, stop: Stop) -> Answer {
    let watch = Stopwatch::start();
    let others = alternatives.iter().map(|(name, alternative)| {
        let stop = stop.clone();
        async move {
            match alternative {
                Ok(alternative) => (name, Ok((alternative, limited(alternative, timeout, stop).await))),
                Err(why) => (name, Err(why)),
            }
        }
    });
    let (main, others) = join(limited(server, timeout, stop.clone()), join_all(others)).await;
    let duration = watch.elapsed();
    if stop.is_stopped() {
        return Answer { finding: Finding::Cancelled, ..Answer::inconclusive("", duration) };
    }
    let mut seen = format!("{}\n{}", server.resolved.shown, main.draw());
    for note in &server.resolved.notes {
        _ = write!(seen, "\n! {note}");
    }
    let mut works: Vec<&str> = Vec::new();
    for (name, other) in &others {
        match other {
            Err(why) => _ = write!(seen, "\n\n{name}: {why}"),
            Ok((alternative, climb)) => {
                _ = write!(seen, "\n\n{name}: {}\n{}", alternative.resolved.shown, climb.draw());
                if climb.works() {
                    works.push(name);
                }
            }
        }
    }
    let finding = found(&main, &works, alternatives.len());
    Answer { finding, values: values(&main, &works, duration), seen, duration }
}

fn found(main: &Climb, works: &[&str], alternatives: usize) -> Finding {
    let Some((rung, error)) = main.breakage() else {
        let summary = main.arrived.as_ref().map_or_else(String::new, |arrived| {
            format!(
                "{}, {}, {}",
                arrived.remark(),
                main.tls.unwrap_or("no TLS"),
                if arrived.read_only() { "read-only" } else { "read-write" }
            )
        });
        return Finding::Answered { own: Some(true), summary };
    };
    let instead = match (works, alternatives) {
        (_, 0) => String::new(),
        ([], 1) => "; its alternative does not work either".to_owned(),
        ([], _) => "; none of its alternatives works".to_owned(),
        ([one], _) => format!("; {one} works"),
        (several, _) => format!("; these work: {}", several.join(", ")),
    };
    let summary = format!("{rung}: {error}{instead}");
    if main.timed_out { Finding::TimedOut(summary) } else { Finding::Answered { own: Some(false), summary } }
}

fn values(main: &Climb, works: &[&str], duration: Duration) -> Values {
    let arrived = main.arrived.as_ref();
    let mut values = Values::new();
    values.insert("reached".to_owned(), main.reached.unwrap_or("nothing").into());
    values.insert("tls".to_owned(), main.tls.unwrap_or("none").into());
    values.insert("server_version".to_owned(), arrived.map_or("", |arrived| &arrived.version).into());
    values.insert("pooler".to_owned(), arrived.is_some_and(|arrived| arrived.pooler).into());
    values.insert("read_only".to_owned(), arrived.is_some_and(Arrived::read_only).into());
    values.insert("works".to_owned(), works.into());
    values.insert("ms".to_owned(), crate::base::stamp::milliseconds(duration).into());
    values
}

/// How far one gets in this time. What was not reached by then is where it broke.
async fn limited(server: &Server, timeout: Duration, mut stop: Stop) -> Climb {
    let mut way = Climb::default();
    let gave_up = tokio::select! {
        _ = Box::pin(climb(server, &mut way, Last::Always)) => None,
        why = stop.or_after(Some(timeout)) => Some(why),
    };
    if gave_up == Some(GaveUp::TimedOut) {
        let rung = way.rung();
        way.broke(rung, format!("no answer within {timeout:?}"));
        way.timed_out = true;
    }
    way
}
