//! What exists after each migration, and what a change means for what existed before it. Never knows in which
//! language a migration is written.

use std::collections::HashMap;

use crate::runbook::sql::structure::{Does, Thing};

/// Everything that the migrations so far have made.
#[derive(Default)]
pub(super) struct History {
    there: HashMap<(Thing, String), Made>,
    /// The statement that found its table there and left it as it is, columns and all.
    left_alone: Option<(String, usize)>,
}

struct Made {
    file: String,
    line: usize,
    /// The table it belongs to.
    on: Option<String>,
}

/// A change, and where it is said.
pub(super) struct Step {
    pub(super) line: usize,
    /// The line its statement begins in.
    pub(super) statement: usize,
    /// Whether somebody confirmed it.
    pub(super) is_confirmed: bool,
    /// What it does; nothing for something dropped whose name is not written there.
    pub(super) does: Option<Does>,
}

impl History {
    /// Takes a change into account; what is wrong with it, if something is.
    pub(super) fn take(&mut self, file: &str, step: &Step) -> Option<String> {
        let Some(does) = &step.does else {
            return (!step.is_confirmed).then(|| "drops something whose name is not written there".to_owned());
        };
        let problem = match does {
            Does::Creates { thing, name, on, unless_missing } => self.create(file, step, *thing, name, on.as_deref(), *unless_missing),
            Does::Drops { thing, name } => self.drop(file, *thing, name),
            Does::Renames { thing, from, to } => {
                self.rename(*thing, from, to);
                None
            }
        };
        problem.filter(|_| !step.is_confirmed)
    }

    fn create(&mut self, file: &str, step: &Step, thing: Thing, name: &str, on: Option<&str>, unless_missing: bool) -> Option<String> {
        let statement = (file.to_owned(), step.statement);
        if thing == Thing::Column && self.left_alone.as_ref() == Some(&statement) {
            return None;
        }
        let key = (thing, name.to_owned());
        let before = self.there.get(&key);
        if before.is_some() && unless_missing {
            if thing == Thing::Table {
                self.left_alone = Some(statement);
            }
            return None;
        }
        let problem = before.map(|made| format!("creates {} `{name}`, which {}:{} created", thing.word(), made.file, made.line));
        let on = on.or_else(|| if thing == Thing::Column { name.rsplit_once('.').map(|(table, _)| table) } else { None });
        self.there.insert(key, Made { file: file.to_owned(), line: step.line, on: on.map(str::to_owned) });
        problem
    }

    /// What holds data is dropped only with a word of confirmation, unless the same file made it: nobody has put
    /// anything into it yet.
    fn drop(&mut self, file: &str, thing: Thing, name: &str) -> Option<String> {
        let before = self.there.remove(&(thing, name.to_owned()));
        match thing {
            Thing::Table => self.there.retain(|_, made| made.on.as_deref() != Some(name)),
            Thing::Schema => self.there.retain(|(_, inner), _| !inner.starts_with(&format!("{name}."))),
            Thing::Column | Thing::Index | Thing::View | Thing::Sequence | Thing::Type => {}
        }
        let holds_data = matches!(thing, Thing::Table | Thing::Column | Thing::Schema);
        let is_its_own = before.as_ref().is_some_and(|made| made.file == file);
        (holds_data && !is_its_own).then(|| {
            let by = before.map(|made| format!(", which {}:{} created", made.file, made.line)).unwrap_or_default();
            format!("drops {} `{name}`{by}", thing.word())
        })
    }

    fn rename(&mut self, thing: Thing, from: &str, to: &str) {
        if let Some(made) = self.there.remove(&(thing, from.to_owned())) {
            self.there.insert((thing, to.to_owned()), made);
        }
        if thing != Thing::Table {
            return;
        }
        let of_it: Vec<(Thing, String)> =
            self.there.iter().filter(|(_, made)| made.on.as_deref() == Some(from)).map(|(key, _)| key.clone()).collect();
        for key in of_it {
            let Some(made) = self.there.remove(&key) else { continue };
            let name = match key.1.strip_prefix(from) {
                Some(rest) if key.0 == Thing::Column => format!("{to}{rest}"),
                _ => key.1,
            };
            self.there.insert((key.0, name), Made { on: Some(to.to_owned()), ..made });
        }
    }
}
