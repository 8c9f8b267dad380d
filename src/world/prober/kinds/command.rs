//! `command`: runs a program and tells how it ended. Never leaves a process behind.

use std::fmt::Write as _;
use std::time::Duration;

use crate::base::Values;
use crate::base::stamp::milliseconds;
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::asked::is_typed_command;
use crate::runbook::model::{Check, CommandLine};
use crate::world::command::{self, End, Ran};
use crate::world::prober::Inner;
use crate::world::stop::{GaveUp, Stop};

use super::Question;

impl Question for CommandLine {
    async fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> Result<Answer, String> {
        let timeout = Some(check.timeout);
        let (job, dir) = if is_typed_command(check) { inner.typed_job(self, timeout)? } else { inner.job(&check.id, self, timeout)? };
        let ran = command::run(&job, dir.as_deref(), stop).await;
        let (values, seen) = command_values(&ran);
        let finding = match &ran.end {
            End::GaveUp(GaveUp::Stopped) | End::HeardEnough => Finding::Cancelled,
            End::GaveUp(GaveUp::TimedOut) => Finding::TimedOut(ending(&ran.end, job.timeout)),
            End::Exit(126 | 127) | End::Signal(_) | End::NotStarted(_) => {
                let said = String::from_utf8_lossy(&ran.stderr.bytes);
                let said = crate::base::text::first_line(&said);
                let why = ending(&ran.end, job.timeout);
                Finding::Inconclusive(if said.is_empty() { why } else { format!("{why}: {said}") })
            }
            End::Exit(_) if ran.stdout.dropped + ran.stderr.dropped > 0 => Finding::Inconclusive("the output was cut at 1 MiB".to_owned()),
            End::Exit(code) => Finding::Answered { own: Some(*code == 0), summary: ending(&End::Exit(*code), None) },
        };
        Ok(Answer { finding, values, seen, duration: ran.duration })
    }
}

/// What expressions see of a command, and what people do.
pub(in crate::world::prober) fn command_values(ran: &Ran) -> (Values, String) {
    let stdout = String::from_utf8_lossy(&ran.stdout.bytes).into_owned();
    let stderr = String::from_utf8_lossy(&ran.stderr.bytes).into_owned();
    let mut seen = stdout.clone();
    if !stderr.is_empty() {
        if !seen.is_empty() && !seen.ends_with('\n') {
            seen.push('\n');
        }
        seen.push_str(&stderr);
    }
    let dropped = ran.stdout.dropped + ran.stderr.dropped;
    if dropped > 0 {
        _ = write!(seen, "\n… cut at 1 MiB; {dropped} more bytes were dropped");
    }
    let mut values = Values::new();
    if let End::Exit(code) = ran.end {
        values.insert("exit".to_owned(), code.into());
    }
    values.insert("stdout".to_owned(), stdout.into());
    values.insert("stderr".to_owned(), stderr.into());
    values.insert("ms".to_owned(), milliseconds(ran.duration).into());
    (values, seen)
}

/// How a command ended, in words.
pub(in crate::world::prober) fn ending(end: &End, timeout: Option<Duration>) -> String {
    match end {
        End::Exit(126) => "exit 126: it cannot be executed".to_owned(),
        End::Exit(127) => "exit 127: there is no such program".to_owned(),
        End::Exit(code) => format!("exit {code}"),
        End::Signal(signal) => format!("ended by signal {signal}"),
        End::GaveUp(GaveUp::Stopped) => "given up; its processes were ended".to_owned(),
        End::GaveUp(GaveUp::TimedOut) => format!("not done within {:?}; its processes were ended", timeout.unwrap_or_default()),
        End::HeardEnough => "ended once enough was heard".to_owned(),
        End::NotStarted(why) => format!("it could not be started: {why}"),
    }
}
