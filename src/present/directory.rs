//! Whom to call, what a severity asks of the team, when to call for help, and where else to look: one page to read. Never
//! says what was already done about it; that is on the timeline.

use crate::base::Values;
use crate::base::id::Id;
use crate::base::text;
use crate::runbook::Runbook;
use crate::runbook::model::{Action, Related, Severity, Step, Trigger};
use crate::timeline::Incident;

use super::words;

/// A role, and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// Its key.
    pub id: Id,
    /// What it is called.
    pub title: String,
    /// Who has it now.
    pub holder: Option<String>,
    /// Who usually takes it.
    pub usually: Option<String>,
}

/// Every role of an incident: those that everybody has, the runbook's and the team's, and any other that was given.
#[must_use]
pub fn roles(runbook: &Runbook, incident: &Incident) -> Vec<RoleRow> {
    let always = words::ROLES.iter().map(|(id, _)| Id::new(*id));
    let known = runbook.roles.iter().map(|role| role.id.clone());
    let mut rows: Vec<RoleRow> = Vec::new();
    for id in always.chain(known).chain(incident.roles.keys().cloned()) {
        if rows.iter().all(|row| row.id != id) {
            let lead = (id.as_str() == "lead").then(|| incident.lead.clone());
            rows.push(RoleRow {
                title: capitalised(words::role(&id, runbook)),
                holder: lead.or_else(|| incident.roles.get(&id).cloned()),
                usually: runbook.roles.iter().find(|role| role.id == id).and_then(|role| role.who.clone()),
                id,
            });
        }
    }
    rows
}

/// The follow-up work: the runbook's as the incident left it, and what was noted beside it.
#[must_use]
pub fn actions(runbook: &Runbook, incident: &Incident) -> Vec<Action> {
    let mut actions = runbook.report.actions.clone();
    for noted in &incident.actions {
        let action = Action { title: noted.title.clone(), state: noted.state, owner: noted.owner.clone() };
        match actions.iter_mut().find(|known| known.title == noted.title) {
            Some(known) => *known = Action { owner: action.owner.clone().or(known.owner.take()), ..action },
            None => actions.push(action),
        }
    }
    actions
}

/// The page; `step` is the one that is shown, `names` fill in the texts.
#[must_use]
pub fn page(runbook: &Runbook, incident: &Incident, step: Option<&Step>, names: &Values) -> String {
    let severity = incident.severity.as_deref();
    let contacts = runbook.contacts.iter().map(|contact| with(&contact.name, contact.reach.as_deref()));
    let roles = roles(runbook, incident).into_iter().map(|role| {
        let usually = role.usually.map(|who| format!("usually {who}"));
        with(&format!("{}: {}", role.title, role.holder.as_deref().unwrap_or("nobody")), usually.as_deref())
    });
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

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
