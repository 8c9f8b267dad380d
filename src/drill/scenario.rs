//! What can be practised: for a runbook, a healthy world and the faults that break it. Never holds code that
//! runs: a scenario is data, so that adding one is adding a file and a row.
//!
//! In the texts of a scenario `{port:NAME}` is the port of that name on this machine, chosen anew for each world,
//! and `{url}`, `{database}` and `{user}` are those of the world's database.

use crate::base::id::Id;

use super::stand_in::StandIn;
use super::{
    api_500, app_not_starting, authentication_failures, database_connection_errors, database_recovery, email_not_sending,
    fm_030_worker_outage, frontend_404, schema_drift_fix, tables_missing_after_migration, worker_schema_missing,
};

/// Everything that can be practised.
#[must_use]
pub fn scenarios() -> &'static [&'static Scenario] {
    &[
        &worker_schema_missing::SCENARIO,
        &app_not_starting::SCENARIO,
        &database_connection_errors::SCENARIO,
        &database_recovery::SCENARIO,
        &frontend_404::SCENARIO,
        &api_500::SCENARIO,
        &authentication_failures::SCENARIO,
        &email_not_sending::SCENARIO,
        &fm_030_worker_outage::SCENARIO,
        &tables_missing_after_migration::SCENARIO,
        &schema_drift_fix::SCENARIO,
    ]
}

/// The drill of a runbook, if it has one.
#[must_use]
pub fn scenario(runbook: &Id) -> Option<&'static Scenario> {
    scenarios().iter().copied().find(|scenario| *runbook == *scenario.runbook)
}

/// The drill of one runbook.
#[derive(Debug)]
pub struct Scenario {
    /// The runbook's id.
    pub runbook: &'static str,
    /// Statements that build the healthy world in an empty database. They run in one transaction and read the
    /// seed as `current_setting('fracas.seed')`; the same seed gives the same rows.
    pub healthy: &'static str,
    /// Files of the project's folder: path, contents with placeholders.
    pub files: &'static [(&'static str, &'static str)],
    /// Names of the ports that the world's programs listen on.
    pub ports: &'static [&'static str],
    /// The outside programs that the runbook calls, each with its stand-in.
    pub tools: &'static [Tool],
    /// What runs from the beginning: the service's name, and arguments of this program that make it that service;
    /// `{folder}` is the world's folder.
    pub services: &'static [(&'static str, &'static [&'static str])],
    /// A line for the shell that starts the rest, run in the project's folder; empty for nothing.
    pub begins: &'static str,
    /// Holds once everything runs and has done all it had to do.
    pub settled: Proof,
    /// Variables on top of the program's own, for what the runbook runs: name, value with placeholders. `DATABASE_URL`
    /// and `PATH` are there anyway.
    pub env: &'static [(&'static str, &'static str)],
    /// Inputs of the runbook that are what they are in this world: name, value with placeholders.
    pub inputs: &'static [(&'static str, &'static str)],
    /// What can break, the first by default.
    pub faults: &'static [Fault],
}

impl Scenario {
    /// A fault by its name.
    #[must_use]
    pub fn fault(&self, name: &str) -> Option<&'static Fault> {
        self.faults.iter().find(|fault| fault.name == name)
    }

    /// The fault a seed picks when none is named.
    #[must_use]
    pub fn fault_of_seed(&self, seed: u64) -> Option<&'static Fault> {
        let faults = u64::try_from(self.faults.len()).ok()?;
        self.faults.get(usize::try_from(seed.checked_rem(faults)?).ok()?)
    }
}

/// One way the world breaks.
#[derive(Debug)]
pub struct Fault {
    /// How `--fault` calls it.
    pub name: &'static str,
    /// One line. Given away only after the end.
    pub title: &'static str,
    /// What was done to the world, in one sentence. Given away only after the end.
    pub told: &'static str,
    /// Statements that break it, in one transaction; empty for none.
    pub sql: &'static str,
    /// A line for the shell that breaks it, after the statements: what somebody really typed. Empty for nothing.
    pub shell: &'static str,
    /// Holds once it is broken for everybody to see.
    pub symptom: Proof,
    /// Ids of the runbook's remediations that change the database, as an ideal responder commits them, in order.
    /// Restarting the service is left out: how depends on where it runs.
    pub expected: &'static [&'static str],
    /// Rows that must be there in the end because no harm came to them.
    pub keeps: &'static [Rows],
    /// What must hold in the end beside the runbook's own criteria.
    pub holds: &'static [Invariant],
}

/// The rows of a table, by what identifies them.
#[derive(Debug)]
pub struct Rows {
    /// The table with its schema.
    pub table: &'static str,
    /// The column of its primary key.
    pub key: &'static str,
}

/// Something that must hold in the end.
#[derive(Debug)]
pub struct Invariant {
    /// The sentence that is true when it holds.
    pub says: &'static str,
    /// How that is found out.
    pub proof: Proof,
}

/// How something is found out about a world.
#[derive(Debug, Clone, Copy)]
pub enum Proof {
    /// One statement that returns `true` as text when it holds.
    Sql(&'static str),
    /// A line for the shell that succeeds when it holds, run in the project's folder with the stand-ins on `PATH`.
    Shell(&'static str),
    /// A service that ended again and again, and what its last run logged.
    Crashing(&'static str, &'static str),
}

/// A program there is a stand-in for.
#[derive(Debug)]
pub struct Tool {
    /// What it is called.
    pub name: &'static str,
    /// Which stand-in answers for it.
    pub stand_in: StandIn,
    /// Arguments with which it answers and changes nothing.
    pub harmless: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail at any of these")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::runbook;

    #[test]
    fn scenarios_fit_the_runbooks_they_are_drills_of() {
        for scenario in scenarios() {
            let name = format!("{}.yaml", scenario.runbook);
            let (_, text) = runbook::shipped().iter().find(|(file, _)| *file == name).unwrap();
            let runbook = runbook::yaml::read(&name, text.as_bytes()).unwrap();
            for (input, _) in scenario.inputs {
                assert!(runbook.inputs.iter().any(|known| known.name == *input), "{name} asks for no {input}");
            }
            let names: BTreeSet<&str> = scenario.faults.iter().map(|fault| fault.name).collect();
            assert_eq!(names.len(), scenario.faults.len(), "two faults of {name} have one name");
            for (fault, id) in scenario.faults.iter().flat_map(|fault| fault.expected.iter().map(move |id| (fault, id))) {
                assert!(runbook.remediation(&Id::new(id)).is_some(), "{name} has no remediation {id} for {}", fault.name);
            }
        }
    }

    #[test]
    fn every_shipped_runbook_can_be_practised() {
        for (file, _) in runbook::shipped() {
            let scenario = scenario(&Id::new(file.trim_end_matches(".yaml")));
            let faults = scenario.map_or(0, |scenario| scenario.faults.len());
            assert!(faults >= 2, "{file} has a drill with {faults} faults; at least two are needed");
        }
    }

    #[test]
    fn seeds_pick_every_fault() {
        for scenario in scenarios() {
            let picked: BTreeSet<&str> = (0..64).filter_map(|seed| scenario.fault_of_seed(seed)).map(|fault| fault.name).collect();
            assert_eq!(picked.len(), scenario.faults.len(), "{}", scenario.runbook);
        }
    }
}
