//! Whom to call, what a severity asks of the team, when to call for help, and where else to look: one page to read. Never
//! says what was already done about it; that is on the timeline.

use crate::base::Values;
use crate::base::text;
use crate::runbook::Runbook;
use crate::runbook::model::{Related, Severity, Step, Trigger};

use super::words;

/// The page; `severity` is the incident's, `step` the one that is shown, `names` fill in the texts.
#[must_use]
pub fn page(runbook: &Runbook, severity: Option<&str>, step: Option<&Step>, names: &Values) -> String {
    let contacts = runbook.contacts.iter().map(|contact| with(&contact.name, contact.reach.as_deref()));
    let roles = runbook.roles.iter().map(|role| with(&role.title, role.who.as_deref()));
    let severities = runbook.severities.iter().map(|known| tell_severity(known, severity == Some(known.name.as_str())));
    let calls = runbook.escalation.iter().map(|escalation| {
        let when = match &escalation.trigger {
            Trigger::After(after) => format!("after {}", words::exactly(*after)),
            Trigger::When(when) => format!("when {}", when.source()),
            Trigger::ByHand => "when you see fit".to_owned(),
        };
        let who = escalation
            .to
            .iter()
            .map(|id| runbook.contact(id).map_or_else(|| id.to_string(), |contact| with(&contact.name, contact.reach.as_deref())));
        let message = escalation.message.as_ref().map(|message| format!("\n    {}", message.render(names))).unwrap_or_default();
        format!("{when}: {}{message}", who.collect::<Vec<_>>().join("; "))
    });
    let channels = runbook.webhooks.iter().map(|webhook| {
        let occasions = webhook.occasions.iter().map(|occasion| occasion.word()).collect::<Vec<_>>().join(", ");
        let drills = if webhook.drills { ", and of drills, too" } else { "" };
        format!("{} hears of: {occasions}{drills}", webhook.name)
    });
    let links = runbook.links.iter().map(|link| link.title.as_ref().map_or(link.url.clone(), |title| format!("{title}\n    {}", link.url)));
    let sections = [
        ("Contacts", contacts.collect()),
        ("Roles", roles.collect()),
        ("Severities", severities.collect()),
        ("Calls for help", calls.collect()),
        ("Channels", channels.collect()),
        ("Other runbooks", related(runbook, step, []).iter().map(tell_related).collect()),
        ("Links", links.collect::<Vec<String>>()),
    ];
    let section = |(title, items): (&str, Vec<String>)| {
        let items: Vec<String> = items.iter().map(|item| format!("  {}", text::lines(item))).collect();
        (!items.is_empty()).then(|| format!("{title}\n{}", items.join("\n")))
    };
    let told: Vec<String> = sections.into_iter().filter_map(section).collect();
    if told.is_empty() { "Neither the runbook nor the team's settings name anybody.".to_owned() } else { told.join("\n\n") }
}

fn with(name: &str, more: Option<&str>) -> String {
    more.map_or_else(|| name.to_owned(), |more| format!("{name}, {more}"))
}

fn tell_severity(severity: &Severity, is_this: bool) -> String {
    let now = if is_this { " (this incident)" } else { "" };
    let asked = [
        severity.response.as_ref().map(|response| format!("response {response}")),
        severity.respond_within.map(|within| format!("within {}", words::exactly(within))),
        severity.update_every.map(|every| format!("an update every {}", words::exactly(every))),
    ];
    let asked: Vec<String> = asked.into_iter().flatten().collect();
    let asked = if asked.is_empty() { String::new() } else { format!(": {}", asked.join(", ")) };
    let means = severity.means.as_ref().map(|means| format!("\n    {means}")).unwrap_or_default();
    format!("{}{now}{asked}{means}", severity.name)
}

fn tell_related(related: &Related) -> String {
    let why = related.why.as_ref().map(|why| format!("\n    {why}")).unwrap_or_default();
    format!("fracas run {}{why}", related.runbook)
}

/// Other runbooks to go on with, each once: those of the step, those of the known errors with these titles, those of
/// the runbook.
pub fn related<'k>(runbook: &Runbook, step: Option<&Step>, known: impl IntoIterator<Item = &'k String>) -> Vec<Related> {
    let of_step = step.into_iter().flat_map(|step| step.related.iter().cloned());
    let of_error = known.into_iter().filter_map(|title| {
        let known = runbook.known_errors.iter().find(|known| known.title == *title)?;
        Some(Related { runbook: known.related.clone()?, why: Some(known.title.clone()) })
    });
    of_step.chain(of_error).chain(runbook.related.iter().cloned()).fold(Vec::new(), |mut told: Vec<Related>, other| {
        if told.iter().all(|known| known.runbook != other.runbook) {
            told.push(other);
        }
        told
    })
}
