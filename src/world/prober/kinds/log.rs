//! `log`: reads a log and tells which line decided. Never shows a line before its secrets are masked.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::base::{Value, Values, text};
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::model::{Check, CommandLine, Log, LogSource};
use crate::world::clock::Stopwatch;
use crate::world::command::{self, End};
use crate::world::logs::{self, Hit, Live, Seen};
use crate::world::prober::Inner;
use crate::world::stop::{GaveUp, Stop};

use super::Question;
use super::command::ending;

/// How much of a line goes into a reason, in characters: two rows of a narrow terminal.
const SHOWN: usize = 160;

impl Question for Log {
    async fn ask(&self, inner: &Inner, check: &Check, mut stop: Stop) -> Result<Answer, String> {
        let watch = Stopwatch::start();
        let seen = match &self.source {
            LogSource::File(path) => {
                let place = inner.surroundings.dir.as_ref().map_or_else(|| PathBuf::from(path), |dir| dir.join(path));
                tokio::select! {
                    seen = logs::file(self, &place) => seen.map(|seen| (seen, false)).map_err(|why| Finding::Inconclusive(format!("{path} {why}"))),
                    why = stop.or_after(Some(check.timeout)) => Err(match why {
                        GaveUp::Stopped => Finding::Cancelled,
                        GaveUp::TimedOut => Finding::TimedOut(format!("{path} was not read within {:?}", check.timeout)),
                    }),
                }
            }
            LogSource::Command(line) => printed(self, line, inner, check, stop).await?,
        };
        let duration = watch.elapsed();
        Ok(match seen {
            Ok((seen, goes_on)) => Judged { log: self, inner, seen, goes_on }.answer(check, duration),
            Err(finding) => Answer { finding, values: Values::new(), seen: String::new(), duration },
        })
    }
}

/// What was seen, and whether it is of a program that went on until its time was up.
type Watched = (Seen, bool);

/// What a program prints. One that ends is judged by all it printed, if it ended well; one that goes on by its lines as
/// they come. Where the author expects something of the lines himself, only one that ends has said everything.
async fn printed(log: &Log, line: &CommandLine, inner: &Inner, check: &Check, stop: Stop) -> Result<Result<Watched, Finding>, String> {
    let (job, dir) = inner.job(&check.id, line, Some(check.timeout))?;
    let mut heard = Live::new(log);
    let ran = match check.expect {
        Some(_) => command::run(&job, dir.as_deref(), stop).await,
        None => command::follow(&job, dir.as_deref(), stop, &mut |part| heard.hear(part)).await,
    };
    let why = ending(&ran.end, job.timeout);
    Ok(match ran.end {
        End::GaveUp(GaveUp::Stopped) => Err(Finding::Cancelled),
        End::HeardEnough => Ok((heard.finish(), false)),
        End::GaveUp(GaveUp::TimedOut) => match heard.finish() {
            // Who printed nothing may just as well hang.
            seen if seen.lines == 0 => Err(Finding::TimedOut(why)),
            seen => Ok((seen, true)),
        },
        End::Exit(0) => {
            let dropped = ran.stdout.dropped + ran.stderr.dropped > 0;
            logs::printed(log, [&ran.stdout.bytes, &ran.stderr.bytes], dropped)
                .map(|seen| (seen, false))
                .map_err(|why| Finding::Inconclusive(format!("the output {why}")))
        }
        End::Exit(_) | End::Signal(_) | End::NotStarted(_) => {
            let said = String::from_utf8_lossy(&ran.stderr.bytes);
            let said = text::first_line(&said);
            Err(Finding::Inconclusive(if said.is_empty() { why } else { format!("{why}: {said}") }))
        }
    })
}

/// What was seen of a log, on its way to an answer.
struct Judged<'q> {
    log: &'q Log,
    inner: &'q Inner,
    seen: Seen,
    /// Whether it went on until its time was up, and was waited for no longer.
    goes_on: bool,
}

impl Judged<'_> {
    fn answer(self, check: &Check, duration: std::time::Duration) -> Answer {
        let failures = self.failures();
        let ok = failures.is_empty();
        let summary = if ok { self.success() } else { failures.join("; ") };
        let names_matched = [&check.expect, &check.show].into_iter().flatten().any(|expression| expression.names().contains("matched"));
        // Whatever was not seen cannot undo a line that may not be there, nor, where none may not, lines that are.
        let is_settled = self.seen.forbidden.is_some() || (ok && self.log.none_of.is_empty());
        let finding = match &self.seen.unseen {
            Some(_) if is_settled && check.expect.is_none() => Finding::Answered { own: Some(ok), summary },
            Some(why) if ok => Finding::Inconclusive(why.clone()),
            Some(why) => Finding::Inconclusive(format!("{why}; in that, {summary}")),
            // A line that did not come in the time it had is missed. That none has come yet is no promise.
            None if self.goes_on && !ok && self.seen.forbidden.is_none() => {
                Finding::Answered { own: Some(false), summary: format!("{summary} within {:?}", check.timeout) }
            }
            None if self.goes_on && !is_settled => Finding::Inconclusive(format!(
                "it still went on after {:?}, so a line that may not be there can yet come; until then, {summary}",
                check.timeout
            )),
            None if self.seen.matched_is_cut && names_matched => {
                Finding::Inconclusive("too many lines matched: `matched` holds 10000 of them, and 960 KiB".to_owned())
            }
            None => Finding::Answered { own: Some(ok), summary },
        };
        let seen = self.report();
        let missing: Vec<Value> = self.missing().into_iter().map(Value::from).collect();
        let mut values = Values::new();
        values.insert("matched".to_owned(), self.seen.matched.into_iter().map(Value::from).collect());
        values.insert("missing".to_owned(), Value::Array(missing));
        values.insert("ok".to_owned(), ok.into());
        Answer { finding, values, seen, duration }
    }

    /// What is wrong, the worst first.
    fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        if let Some(hit) = &self.seen.forbidden {
            let (count, first) = self.seen.forbidden_lines;
            let more = if count > 1 { format!(" ({count} such lines, the first is line {first})") } else { String::new() };
            failures.push(format!("{} may not be there: {}{more}", self.line(hit.number), self.shown(&hit.text)));
        }
        let absent = self.log.all_of.iter().zip(&self.seen.found).filter(|(_, found)| found.is_none());
        failures.extend(absent.map(|(pattern, _)| format!("no line matches `{}`", pattern.source())));
        if let Some(next) = self.log.in_order.get(self.seen.in_order.len()) {
            let of = match (&self.log.same, &self.seen.shared) {
                (Some(_), Some(shared)) => format!(" of `{}`", self.shown(shared)),
                (Some(same), None) => format!(" with `{}`", same.source()),
                (None, _) => String::new(),
            };
            let after = self.seen.in_order.last().map(|number| format!(" after {}", self.line(*number))).unwrap_or_default();
            failures.push(format!("no line{of} matches `{}`{after}", next.source()));
        }
        failures
    }

    /// What was found where everything is as it should be.
    fn success(&self) -> String {
        let mut found = Vec::new();
        if !self.log.in_order.is_empty() {
            let of = self.seen.shared.as_ref().map(|shared| format!(" of `{}`", self.shown(shared))).unwrap_or_default();
            found.push(format!("{} in order{of}", lines(self.seen.in_order.len() as u64)));
        }
        if !self.log.all_of.is_empty() {
            found.push(format!("{} found", self.log.all_of.len()));
        }
        if !self.log.none_of.is_empty() {
            found.push("nothing forbidden".to_owned());
        }
        format!("{} in {}", found.join(", "), if self.seen.lines == 0 { "an empty log".to_owned() } else { lines(self.seen.lines) })
    }

    /// Patterns that no line matched, in the order of the runbook.
    fn missing(&self) -> Vec<String> {
        let absent = self.log.all_of.iter().zip(&self.seen.found).filter(|(_, found)| found.is_none()).map(|(pattern, _)| pattern);
        absent.chain(self.log.in_order.iter().skip(self.seen.in_order.len())).map(|pattern| pattern.source().to_owned()).collect()
    }

    /// Each pattern with its line, for a person; below it the lines that matched.
    fn report(&self) -> String {
        let mut report = String::new();
        let mut row = |what: &str, pattern: &str, place: &str| _ = writeln!(report, "{what:<9} {pattern}  {place}");
        let told = |hit: &Hit| format!("{}: {}", self.line(hit.number), self.shown(&hit.text));
        for (n, pattern) in self.log.none_of.iter().enumerate() {
            if let Some(hit) = self.seen.forbidden.as_ref().filter(|hit| hit.pattern == n) {
                row("forbidden", pattern.source(), &told(hit));
            }
        }
        for (pattern, found) in self.log.all_of.iter().zip(&self.seen.found) {
            let place = found.as_ref().map(told);
            row(if place.is_some() { "found" } else { "missing" }, pattern.source(), &place.unwrap_or_default());
        }
        for (n, pattern) in self.log.in_order.iter().enumerate() {
            let place = self.seen.in_order.get(n).map(|number| self.line(*number));
            row(if place.is_some() { "in order" } else { "missing" }, pattern.source(), &place.unwrap_or_default());
        }
        if let Some(shared) = &self.seen.shared {
            _ = writeln!(report, "these lines share {}", self.shown(shared));
        }
        _ = write!(report, "{} read", lines(self.seen.lines));
        if self.seen.not_utf8 > 0 {
            _ = write!(report, "; {} with bytes that are not UTF-8, read as \u{fffd}", lines(self.seen.not_utf8));
        }
        if let Some(unseen) = &self.seen.unseen {
            _ = write!(report, "; {unseen}");
        }
        // Whole, so that known errors are recognised in them and secrets masked.
        for line in &self.seen.matched {
            _ = write!(report, "\n  {}", line.trim_end());
        }
        report
    }

    fn line(&self, number: u64) -> String {
        match &self.seen.counted_from {
            Some(from) => format!("line {number} {from}"),
            None => format!("line {number}"),
        }
    }

    /// A text of the log, masked before it is shortened: half a secret would be recognised by nobody.
    fn shown(&self, text: &str) -> String {
        let masked = self.inner.masker.mask(text.trim());
        match masked.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &masked[..end]),
            None => masked.into_owned(),
        }
    }
}

fn lines(count: u64) -> String {
    if count == 1 { "1 line".to_owned() } else { format!("{count} lines") }
}
