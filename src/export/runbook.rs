//! A runbook as a person reads it, for people without a terminal UI or a database. Never runs anything of it.

use crate::present::words;
use crate::runbook::Runbook;
use crate::runbook::expression::{Expression, Template};
use crate::runbook::model::{Check, Evidence, Remediation, Spelled, Step, Trigger, Urgency};

use super::page::{Page, code, fence, inline};

/// The runbook as Markdown, closed by a line break.
#[must_use]
pub fn markdown(runbook: &Runbook) -> String {
    let mut page = Page::default();
    head(&mut page, runbook);
    for (n, phase) in runbook.phases.iter().enumerate() {
        let budget = phase.budget.map(|budget| format!(" ({})", words::exactly(budget))).unwrap_or_default();
        page.heading(2, &format!("{}. {}{budget}", n + 1, inline(&phase.title)));
        paragraph(&mut page, phase.why.as_ref().map(Template::source));
        condition(&mut page, phase.when.as_ref());
        for step in &phase.steps {
            let priority = step.priority.as_ref().map(|priority| format!(" (priority {priority})")).unwrap_or_default();
            page.heading(3, &inline(&format!("{}{priority}", step.title)));
            tell_step(&mut page, step);
        }
    }
    tail(&mut page, runbook);
    page.finish()
}

fn head(page: &mut Page, runbook: &Runbook) {
    page.heading(1, &inline(&runbook.title));
    let facts = [
        Some(code(runbook.id.as_str())),
        runbook.severity.as_deref().map(inline),
        runbook.owner.as_ref().map(|owner| format!("owner: {}", inline(owner))),
        runbook.resolve_within.map(|within| format!("to be resolved within {}", words::exactly(within))),
    ];
    page.block(&facts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    paragraph(page, runbook.summary.as_ref().map(Template::source));
    list(page, "Symptoms", &runbook.symptoms);
    list(page, "Affects", &runbook.affects);
    list(page, "Never", &runbook.never.iter().map(|never| never.source().to_owned()).collect::<Vec<_>>());
    let inputs: Vec<String> = runbook
        .inputs
        .iter()
        .map(|input| {
            let choices = if input.choices.is_empty() { String::new() } else { format!(" ({})", input.choices.join(", ")) };
            let default = input.default.as_ref().map(|default| format!(", else {}", code(default))).unwrap_or_default();
            format!("{}: {}{default}", code(&input.name), inline(&format!("{}{choices}", input.ask)))
        })
        .collect();
    list_of_markdown(page, "Asked first", inputs);
}

fn tell_step(page: &mut Page, step: &Step) {
    paragraph(page, step.why.as_ref().map(Template::source));
    condition(page, step.when.as_ref());
    for check in &step.checks {
        tell_check(page, check);
    }
    for remediation in &step.remediations {
        tell_remediation(page, remediation);
    }
    page.list(step.tasks.iter().map(|task| {
        let evidence = match task.evidence {
            Evidence::None => "",
            Evidence::Optional => " (evidence, if there is any)",
            Evidence::Required => " (with evidence)",
        };
        let when = task.when.as_ref().map(|when| format!(" Only when {}.", code(when.source()))).unwrap_or_default();
        let why = task.why.as_ref().map(|why| format!(" {}", inline(why.source()))).unwrap_or_default();
        format!("[ ] {}{evidence}{}{when}{why}", inline(task.title.source()), if when.is_empty() && why.is_empty() { "" } else { "." })
    }));
}

fn tell_check(page: &mut Page, check: &Check) {
    let every = check.every.map(|every| format!(", every {}", words::exactly(every))).unwrap_or_default();
    page.block(&format!("**Check: {}**{every}", inline(&check.title)));
    paragraph(page, check.why.as_ref().map(Template::source));
    condition(page, check.when.as_ref());
    spell(page, &check.ask.spelled());
    if let Some(expect) = &check.expect {
        page.block(&format!("Expected: {}", code(expect.source())));
    }
}

fn tell_remediation(page: &mut Page, remediation: &Remediation) {
    page.block(&format!("**Remediation: {}**", inline(&remediation.title)));
    paragraph(page, remediation.why.as_ref().map(Template::source));
    condition(page, remediation.when.as_ref());
    spell(page, &remediation.act.spelled());
    if let Some(guard) = &remediation.guard {
        page.block(&format!("Only while {} is red.", code(guard.as_str())));
    }
}

fn tail(page: &mut Page, runbook: &Runbook) {
    let escalation: Vec<String> = runbook
        .escalation
        .iter()
        .map(|escalation| {
            let to: Vec<String> = escalation
                .to
                .iter()
                .map(|id| match runbook.contact(id) {
                    Some(contact) => {
                        format!("{}{}", contact.name, contact.reach.as_ref().map(|reach| format!(" ({reach})")).unwrap_or_default())
                    }
                    None => id.to_string(),
                })
                .collect();
            let due = match &escalation.trigger {
                Trigger::After(after) => format!("after {}", words::exactly(*after)),
                Trigger::When(when) => format!("when {}", code(when.source())),
                Trigger::ByHand => "by hand".to_owned(),
            };
            let message = escalation.message.as_ref().map_or("", |message| message.source());
            format!("{due}: {}", inline(&format!("{}. {message}", to.join(", "))))
        })
        .collect();
    list_of_markdown(page, "Escalation", escalation);
    let success: Vec<String> = runbook
        .success
        .iter()
        .map(|criterion| {
            let urgency = match criterion.urgency {
                Urgency::Immediate => "immediate",
                Urgency::ShortTerm => "short-term",
                Urgency::LongTerm => "long-term",
            };
            format!("{} ({urgency})", criterion.title)
        })
        .collect();
    list(page, "It is over when", &success);
    let known: Vec<String> =
        runbook.known_errors.iter().map(|known| format!("{}: {}", known.title, known.advice.as_deref().unwrap_or("").trim())).collect();
    list(page, "Known errors", &known);
    let commands = runbook.commands.iter().map(|useful| format!("{}: {}", inline(&useful.title), code(&useful.command)));
    list_of_markdown(page, "Useful commands", commands.collect());
}

fn paragraph(page: &mut Page, text: Option<&str>) {
    if let Some(text) = text {
        page.block(&inline(text));
    }
}

fn condition(page: &mut Page, when: Option<&Expression>) {
    if let Some(when) = when {
        page.block(&format!("Only when {}.", code(when.source())));
    }
}

fn list(page: &mut Page, title: &str, items: &[String]) {
    list_of_markdown(page, title, items.iter().map(|item| inline(item)).collect());
}

fn list_of_markdown(page: &mut Page, title: &str, items: Vec<String>) {
    if !items.is_empty() {
        page.heading(2, title);
        page.list(items);
    }
}

fn spell(page: &mut Page, spelled: &Spelled) {
    if spelled.language.is_empty() {
        paragraph(page, Some(&spelled.text));
    } else {
        page.block(&fence(spelled.language, &spelled.text));
    }
}
