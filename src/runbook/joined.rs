//! A runbook that was opened inside the incident of another one: its parts stand behind the other's, under ids that say where
//! they came from, and everything that named them goes on naming them. Never decides whether it may be opened by anybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::base::id::Id;

use super::ask::schema::Schema;
use super::ask::{Ask, CommandLine, EnvValue, LogSource, Source};
use super::expression::Expression;
use super::model::{Act, Phase, Runbook, Step, Target, Trigger};

/// Stands between the id of a runbook and that of its part. What an author calls something holds none.
const BETWEEN: char = '/';

/// A runbook at hand for an incident that it was opened inside of.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// SHA-256 of its file.
    pub hash: String,
    /// What it says.
    pub runbook: Arc<Runbook>,
    /// Whether its parts stand among those of the incident's runbook.
    pub is_in: bool,
}

/// The id that a part of a runbook has in an incident which that runbook has joined.
#[must_use]
pub fn id(runbook: &Id, part: &Id) -> Id {
    Id::new(format!("{runbook}{BETWEEN}{part}"))
}

/// The runbook that a part came with; none for one of the incident's first.
#[must_use]
pub fn came_with(part: &Id) -> Option<Id> {
    origin(part).map(|(runbook, _)| runbook)
}

/// The same, with the id that the part has there.
#[must_use]
pub fn origin(part: &Id) -> Option<(Id, Id)> {
    part.as_str().split_once(BETWEEN).map(|(runbook, part)| (Id::new(runbook), Id::new(part)))
}

impl Runbook {
    /// The questions of another runbook that nobody has been asked yet: those of a name that is new here.
    pub fn new_inputs<'o>(&self, other: &'o Self) -> impl Iterator<Item = &'o super::model::Input> {
        let known: Vec<String> = self.inputs.iter().map(|input| input.name.clone()).collect();
        other.inputs.iter().filter(move |input| !known.contains(&input.name))
    }

    /// Whether another runbook fits into an incident with this one and these answers: a question of the same name is the
    /// same question, and has one answer.
    ///
    /// # Errors
    /// Why it does not.
    pub fn has_room_for(&self, other: &Self, answers: &BTreeMap<String, String>) -> Result<(), String> {
        if other.id == self.id || self.joined.iter().any(|joined| joined.is_in && joined.runbook.id == other.id) {
            return Err("it is part of this incident already".to_owned());
        }
        for input in &other.inputs {
            let (name, answer) = (&input.name, answers.get(&input.name).map(String::as_str).unwrap_or_default());
            match self.inputs.iter().find(|known| known.name == *name) {
                Some(known) if known.secret != input.secret => {
                    return Err(format!("both ask for `{name}`, which only one of them calls a secret"));
                }
                Some(_) => input.accept(answer).map_err(|why| format!("`{name}`, as it was answered here, does not fit: {why}"))?,
                None => {}
            }
        }
        Ok(())
    }

    /// Puts the parts of another runbook behind those of this one. What the other promises by the clock counts from its
    /// joining: `since`, as time since the incident began. Its titles hold no names any more.
    pub fn join(&mut self, other: &Self, since: Duration) {
        let names = Names {
            other,
            targets: other.targets.iter().map(|target| (target.name.clone(), self.name_for_target(other, target))).collect(),
            contacts: other.contacts.iter().map(|contact| (contact.id.clone(), self.name_for_contact(other, &contact.id))).collect(),
        };
        for target in &other.targets {
            let name = names.target(&target.name);
            match self.targets.iter_mut().find(|known| known.name == name) {
                Some(known) => known.production |= target.production,
                None => self.targets.push(Target { name, ..target.clone() }),
            }
        }
        let new: Vec<_> = self.new_inputs(other).cloned().collect();
        self.inputs.extend(new);
        self.phases.extend(other.phases.iter().map(|phase| names.phase(phase)));
        self.success.extend(other.success.iter().cloned().map(|mut success| {
            success.id = names.part(&success.id);
            success.check = success.check.map(|check| names.part(&check));
            success.when = names.when(success.when.as_ref());
            success
        }));
        self.escalation.extend(other.escalation.iter().cloned().map(|mut escalation| {
            escalation.trigger = match escalation.trigger {
                Trigger::After(after) => Trigger::After(since + after),
                Trigger::When(when) => Trigger::When(names.expression(&when)),
                Trigger::ByHand => Trigger::ByHand,
            };
            escalation.to = escalation.to.iter().map(|contact| names.contact(contact)).collect();
            escalation
        }));
        for contact in &other.contacts {
            let id = names.contact(&contact.id);
            add(&mut self.contacts, [super::model::Contact { id, ..contact.clone() }], |one, other| one.id == other.id);
        }
        // Of several promises the first to fall due is the one that is kept in sight.
        let promises = [self.resolve_within, other.resolve_within.map(|within| since + within)];
        self.resolve_within = promises.into_iter().flatten().min();
        add(&mut self.never, other.never.clone(), |one, other| one == other);
        add(&mut self.links, other.links.clone(), |one, other| one.url == other.url);
        add(&mut self.related, other.related.clone(), |one, other| one.runbook == other.runbook);
        add(&mut self.affects, other.affects.clone(), |one, other| one == other);
        add(&mut self.roles, other.roles.clone(), |one, other| one.id == other.id);
        add(&mut self.severities, other.severities.clone(), |one, other| one.name == other.name);
        add(&mut self.known_errors, other.known_errors.clone(), |one, other| one.title == other.title);
        add(&mut self.commands, other.commands.clone(), |one, other| one.command == other.command);
        add(&mut self.report.questions, other.report.questions.clone(), |one, other| one == other);
        add(&mut self.report.actions, other.report.actions.clone(), |one, other| one.title == other.title);
    }

    /// What a target of another runbook is called here: as there where it is new or reached in the same way.
    #[must_use]
    pub fn name_for_target(&self, other: &Self, target: &Target) -> Id {
        let is_same = |known: &Target| {
            known.postgres == target.postgres && known.check_role == target.check_role && known.alternatives == target.alternatives
        };
        match self.target(&target.name) {
            Some(known) if !is_same(known) => id(&other.id, &target.name),
            _ => target.name.clone(),
        }
    }

    fn name_for_contact(&self, other: &Self, contact: &Id) -> Id {
        match self.contact(contact) {
            Some(known) if other.contact(contact) != Some(known) => id(&other.id, contact),
            _ => contact.clone(),
        }
    }
}

/// Those that are new, by what makes two the same.
fn add<T>(own: &mut Vec<T>, others: impl IntoIterator<Item = T>, is_same: impl Fn(&T, &T) -> bool) {
    for item in others {
        if !own.iter().any(|known| is_same(known, &item)) {
            own.push(item);
        }
    }
}

/// What everything of the other runbook is called from now on.
struct Names<'o> {
    other: &'o Runbook,
    targets: BTreeMap<Id, Id>,
    contacts: BTreeMap<Id, Id>,
}

impl Names<'_> {
    fn part(&self, part: &Id) -> Id {
        id(&self.other.id, part)
    }

    fn target(&self, name: &Id) -> Id {
        self.targets.get(name).unwrap_or(name).clone()
    }

    /// A contact that is none of the other's is the team's.
    fn contact(&self, id: &Id) -> Id {
        self.contacts.get(id).unwrap_or(id).clone()
    }

    fn expression(&self, expression: &Expression) -> Expression {
        expression.with_ids(|part| self.part(&Id::new(part)))
    }

    fn when(&self, when: Option<&Expression>) -> Option<Expression> {
        when.map(|when| self.expression(when))
    }

    fn phase(&self, phase: &Phase) -> Phase {
        Phase {
            id: self.part(&phase.id),
            title: format!("{} · {}", phase.title, self.other.title),
            when: self.when(phase.when.as_ref()),
            steps: phase.steps.iter().map(|step| self.step(step)).collect(),
            ..phase.clone()
        }
    }

    fn step(&self, step: &Step) -> Step {
        let mut step = Step { id: self.part(&step.id), when: self.when(step.when.as_ref()), ..step.clone() };
        for check in &mut step.checks {
            check.id = self.part(&check.id);
            check.when = self.when(check.when.as_ref());
            check.on = check.on.as_ref().map(|target| self.target(target));
            self.ask(&mut check.ask);
        }
        for remediation in &mut step.remediations {
            remediation.id = self.part(&remediation.id);
            remediation.when = self.when(remediation.when.as_ref());
            remediation.on = remediation.on.as_ref().map(|target| self.target(target));
            remediation.guard = remediation.guard.as_ref().map(|guard| self.part(guard));
            remediation.verify = remediation.verify.iter().map(|check| self.part(check)).collect();
            if let Act::Command(line) = &mut remediation.act {
                self.line(line);
            }
        }
        for task in &mut step.tasks {
            task.id = self.part(&task.id);
            task.when = self.when(task.when.as_ref());
        }
        step
    }

    fn ask(&self, ask: &mut Ask) {
        match ask {
            Ask::Connect(target) | Ask::Schema(Schema::Like(target)) => *target = self.target(target),
            Ask::Command(line) => self.line(line),
            Ask::Log(log) => {
                if let LogSource::Command(line) = &mut log.source {
                    self.line(line);
                }
            }
            Ask::Env(variables) => {
                for source in [Some(&mut variables.of), variables.like.as_mut()].into_iter().flatten() {
                    if let Source::Command(line) = source {
                        self.line(line);
                    }
                }
            }
            Ask::Sql(_) | Ask::Probe(_) | Ask::Schema(Schema::Structure(_) | Schema::File(_)) | Ask::Http(_) | Ask::Migrations(_) => {}
        }
    }

    fn line(&self, line: &mut CommandLine) {
        for (_, value) in &mut line.env {
            if let EnvValue::Target(target) = value {
                *target = self.target(target);
            }
        }
    }
}
