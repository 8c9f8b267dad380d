//! Telling the team's channels: what is worth a message, what it says, and which of them is under way. A message is an entry
//! before it is sent, and another once it arrived. Never has two under way to one channel, so that they come in order, and
//! never tells anybody of a drill who did not ask for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::base::stamp::Stamp;
use crate::base::text;
use crate::runbook::model::Severity;
use crate::runbook::webhook::{Occasion, Webhook};
use crate::timeline::event::{Outcome, Settled};
use crate::timeline::{Entry, Event};

use super::effect::Effect;
use super::session::Session;
use super::turn::{CLOCK, Turn};

/// From here on a message is said to be late: an answer takes less, and so do the first tries.
pub const LATE: Duration = Duration::from_secs(30);

/// How long the end of the program waits for what is being told. Less than a terminal that has gone leaves.
pub(super) const GRACE: Duration = Duration::from_millis(800);

/// Red checks that are named; a message is read on a phone.
const NAMED: usize = 5;

/// Characters of what people wrote that go into a message, so that it arrives whole: the shortest limit of a channel is 2,000.
const WORDS: usize = 400;

/// Characters of a title.
const TITLE: usize = 80;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageNews {
    /// The channel has taken it.
    Told,
    /// Not yet, for this reason; it is tried again.
    NotYet(String),
    /// The channel will not have it, for this reason.
    Refused(String),
    /// Nothing can be told to this channel as long as the program runs: where it is cannot be found out.
    NoWay(String),
    /// It was not tried, because it could not be recorded.
    Unrecorded,
}

/// What is under way, by channel. It need not survive the program: what is due is on the timeline.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    under_way: BTreeMap<String, UnderWay>,
    /// Channels that nothing can be told to in this run.
    closed: BTreeSet<String>,
    /// What was due before this entry was left over by an earlier run.
    since: u64,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    message: u64,
    /// Whether it was tried in vain, and is tried again.
    in_vain: bool,
}

/// Looks at what was recorded from entry `since` on, and tells whom it concerns.
pub(super) fn look(turn: &mut Turn<'_>, since: u64) {
    let runbook = turn.session.runbook.clone();
    let told: Vec<&Webhook> = runbook.webhooks.iter().filter(|webhook| is_told(turn.session, webhook)).collect();
    if told.is_empty() {
        return;
    }
    let first = usize::try_from(since).unwrap_or(usize::MAX).saturating_sub(1);
    let new = turn.session.incident.entries().get(first..).unwrap_or_default();
    let resumed = new.iter().find(|entry| matches!(entry.event, Event::Resumed { .. })).map(|entry| entry.seq);
    let happened: Vec<(Occasion, String)> = new.iter().filter_map(|entry| news_of(turn.session, entry)).collect();
    turn.session.outbox.since = resumed.unwrap_or(turn.session.outbox.since);
    for (occasion, what) in happened {
        let text = draft(turn.session, turn.at, &what);
        for webhook in told.iter().filter(|webhook| webhook.occasions.contains(&occasion)) {
            turn.record(CLOCK, Event::MessageDue { channel: webhook.name.clone(), text: text.clone() });
        }
    }
    for webhook in &told {
        if next_update(turn.session, webhook).is_some_and(|due| turn.at.elapsed >= due) {
            let text = update_text(turn.session, turn.at);
            turn.record(CLOCK, Event::MessageDue { channel: webhook.name.clone(), text });
        }
    }
    for webhook in told {
        send_next(turn, &webhook.name);
    }
}

/// Asks for the oldest message that this channel has not heard, unless it is hearing one.
fn send_next(turn: &mut Turn<'_>, channel: &str) {
    let outbox = &turn.session.outbox;
    if turn.session.degraded.is_some() || outbox.closed.contains(channel) || outbox.under_way.contains_key(channel) {
        return;
    }
    let mut due = turn.session.incident.messages.iter();
    let Some((&message, record)) = due.find(|(_, record)| !record.settled && record.channel == channel) else {
        return;
    };
    let (text, due, left_over) = (record.text.clone(), record.due, message < outbox.since);
    turn.session.outbox.under_way.insert(channel.to_owned(), UnderWay { message, in_vain: false });
    turn.push(Effect::Tell { message, channel: channel.to_owned(), text, due, left_over });
}

/// Takes news of a message into account; those of one that is not under way are old.
pub(super) fn news(turn: &mut Turn<'_>, message: u64, news: MessageNews) {
    let under_way = &mut turn.session.outbox.under_way;
    let Some((channel, state)) = under_way.iter_mut().find(|(_, state)| state.message == message) else {
        return;
    };
    let channel = channel.clone();
    if let MessageNews::NotYet(why) = news {
        if !std::mem::replace(&mut state.in_vain, true) {
            turn.say(format!("{channel} is not reached, and tried again: {why}"));
        }
        return;
    }
    under_way.remove(&channel);
    match news {
        MessageNews::Told => {
            let waited = turn.session.incident.messages.get(&message).map(|record| turn.at.since(record.due));
            let left_over = message < turn.session.outbox.since;
            turn.record(CLOCK, Event::MessageSent { message, late: waited.filter(|waited| left_over || *waited >= LATE) });
        }
        MessageNews::Refused(why) => turn.record(CLOCK, Event::MessageLost { message, why }),
        MessageNews::NoWay(why) => {
            turn.say(format!("{channel} cannot be told, now; what is due stays due: {why}"));
            turn.session.outbox.closed.insert(channel);
        }
        MessageNews::NotYet(_) | MessageNews::Unrecorded => {}
    }
}

impl Session {
    /// Whether a channel is being told something, however long that takes.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        !self.outbox.under_way.is_empty()
    }
}

/// Whether something is being told that may arrive any moment.
pub(super) fn may_arrive(session: &Session) -> bool {
    session.outbox.under_way.values().any(|state| !state.in_vain)
}

/// When an update falls due next, as time since the incident was opened.
pub(super) fn next_look(session: &Session) -> Option<Duration> {
    session.runbook.webhooks.iter().filter(|webhook| is_told(session, webhook)).filter_map(|webhook| next_update(session, webhook)).min()
}

/// What stakeholders could be told at this moment: how it stands.
#[must_use]
pub fn update_text(session: &Session, at: Stamp) -> String {
    draft(session, at, "still open")
}

/// Whether channels hear how it stands without anybody's doing, as often as the severity says.
pub(super) fn updates_by_itself(session: &Session) -> bool {
    severity(session).is_some_and(|severity| severity.update_every.is_some()) && !update_channels(session).is_empty()
}

/// The channels that hear how it stands.
#[must_use]
pub fn update_channels(session: &Session) -> Vec<String> {
    let takes_updates = |webhook: &&Webhook| webhook.occasions.contains(&Occasion::Update) && is_told(session, webhook);
    session.runbook.webhooks.iter().filter(takes_updates).map(|webhook| webhook.name.clone()).collect()
}

/// What the incident's severity means, where somebody said so.
pub(super) fn severity(session: &Session) -> Option<&Severity> {
    session.runbook.severities.iter().find(|severity| Some(&severity.name) == session.incident.severity.as_ref())
}

/// Whether this incident is any of a channel's business. Where nothing may be changed nobody is told anything, either.
fn is_told(session: &Session, webhook: &Webhook) -> bool {
    session
        .incident
        .opened()
        .is_some_and(|opened| !opened.read_only && opened.drill.as_ref().is_none_or(|drill| webhook.drills && !drill.rehearsal))
}

/// When a channel should hear how it stands: as long after its last message as the severity says. While one is still due it
/// would only wait behind that.
fn next_update(session: &Session, webhook: &Webhook) -> Option<Duration> {
    let incident = &session.incident;
    if incident.resolved.is_some() || !webhook.occasions.contains(&Occasion::Update) {
        return None;
    }
    let every = severity(session)?.update_every?;
    let last = match incident.messages.values().rev().find(|record| record.channel == webhook.name) {
        Some(record) if !record.settled => return None,
        Some(record) => record.due,
        None => incident.opened_at()?,
    };
    Some(last.elapsed + every)
}

/// What an entry is to people who are not there, if it is anything.
fn news_of(session: &Session, entry: &Entry) -> Option<(Occasion, String)> {
    let by = &entry.by;
    Some(match &entry.event {
        Event::Opened(_) => (Occasion::Opened, format!("opened by {by}")),
        Event::SeverityChanged { severity, reason } => (Occasion::Severity, format!("severity is now {severity}: {}", short(reason))),
        Event::Corrected { reason, .. } if is_about_severity(session, entry) => {
            let severity = session.incident.severity.as_deref().unwrap_or("not set");
            let reason = if reason.is_empty() { String::new() } else { format!(": {}", short(reason)) };
            (Occasion::Severity, format!("severity is {severity} after all{reason}"))
        }
        Event::EscalationDue { to, message, .. } => {
            let message = message.as_ref().map(|message| format!(": {}", short(message))).unwrap_or_default();
            (Occasion::Escalation, format!("help is needed from {}{message}", short(&to.join(", "))))
        }
        Event::HandedOver { to, .. } => (Occasion::Handover, format!("handed over to {to} by {by}")),
        Event::HandoverAccepted => (Occasion::Handover, format!("{by} has read the brief, and leads from here")),
        Event::RemediationSettled(settled) => (Occasion::Change, change(session, settled)),
        Event::Resolved(resolved) => {
            let summary = Some(short(&resolved.summary)).filter(|summary| !summary.is_empty());
            (Occasion::Resolved, format!("resolved by {by}{}", summary.map(|summary| format!(": {summary}")).unwrap_or_default()))
        }
        _ => return None,
    })
}

/// Whether a correction, or one that it corrects, takes back a change of the severity.
fn is_about_severity(session: &Session, entry: &Entry) -> bool {
    let mut about = Some(entry);
    while let Some(Event::Corrected { entry: wrong, .. }) = about.map(|entry| &entry.event) {
        // Only what was there before can be corrected, so that this comes to an end.
        about = session.incident.entry(*wrong).filter(|other| about.is_some_and(|this| other.seq < this.seq));
    }
    matches!(about.map(|entry| &entry.event), Some(Event::SeverityChanged { .. }))
}

fn change(session: &Session, settled: &Settled) -> String {
    let known = session.runbook.remediation(&settled.remediation);
    let title = known.map_or(settled.remediation.as_str(), |(_, remediation)| &remediation.title);
    let outcome = match settled.outcome {
        Outcome::Committed => "done",
        Outcome::RolledBack => "rolled back, nothing of it is in effect",
        Outcome::Failed => "failed, and part of it may be in effect",
        Outcome::Unknown => "nobody knows whether it is in effect",
    };
    format!("“{}”: {outcome}", cut(title, TITLE))
}

/// What a message reads: where it belongs, what happened, when, who leads, where they are and what is red. Titles are what
/// the author wrote; what a check saw is not in it.
fn draft(session: &Session, at: Stamp, what: &str) -> String {
    let incident = &session.incident;
    let drill = if incident.is_drill() { "DRILL, nothing of this is real · " } else { "" };
    let severity = incident.severity.as_ref().map(|severity| format!("{severity} · ")).unwrap_or_default();
    let clock = incident.clock(at).as_secs();
    let clock = format!("{:02}:{:02}:{:02}", clock / 3_600, clock / 60 % 60, clock % 60);
    let step = session.current().map(|(_, step)| format!(" · at “{}”", cut(&step.title, TITLE))).unwrap_or_default();
    let red: Vec<String> = session.red().map(|check| cut(&check.title, TITLE)).collect();
    let more = red.len().checked_sub(NAMED).filter(|more| *more > 0).map(|more| format!("; and {more} more")).unwrap_or_default();
    let mut lines = vec![
        format!("{drill}{severity}{}: {what}", cut(&session.runbook.title, TITLE)),
        format!("{} UTC, {clock} after the start · lead {}{step}", at.wall.format("%H:%M:%S"), incident.lead),
    ];
    if !red.is_empty() {
        lines.push(format!("Red: {}{more}", red[..red.len().min(NAMED)].join("; ")));
    }
    lines.iter().map(|line| text::line(line)).collect::<Vec<_>>().join("\n")
}

/// What somebody wrote, on one line, and not longer than it should be in a message.
fn short(words: &str) -> String {
    cut(&words.split_whitespace().collect::<Vec<_>>().join(" "), WORDS)
}

fn cut(words: &str, most: usize) -> String {
    match words.char_indices().nth(most) {
        None => words.to_owned(),
        Some((end, _)) => format!("{}…", &words[..end]),
    }
}
