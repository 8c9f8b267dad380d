//! What a team's settings say of keys: a command's name, or `context.command`, with the keys it has instead. Never leaves
//! anybody without a way: what cannot be is said, and that command keeps its own keys.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Cmd, Context, Keymap, name, parse};

impl Keymap {
    /// The standard keys with what the settings change, and what of it could not be taken over, one sentence each.
    #[must_use]
    pub fn with(settings: &BTreeMap<String, Vec<String>>) -> (Self, Vec<String>) {
        let mut keymap = Self::standard().clone();
        let mut problems = Vec::new();
        let mut changed = BTreeSet::new();
        for (what, keys) in settings {
            match keymap.row_of(what).and_then(|row| keymap.keys_for(row, keys).map(|keys| (row, keys))) {
                Ok((row, keys)) => {
                    keymap.rows[row].keys = keys;
                    changed.insert(row);
                }
                Err(why) => problems.push(format!("keys: {what}: {why}")),
            }
        }
        // What is given back takes keys too, so that it may stand in the way of another one.
        while let Some((row, key, other)) = keymap.conflict(&changed) {
            let (standard, what) = (&Self::standard().rows[row], keymap.rows[row].cmd.name());
            let (other, context) = (keymap.rows[other].cmd.name(), standard.context.name());
            problems.push(format!("keys: {what}: {key} already means {other} ({context}); {what} keeps {}", standard.key()));
            keymap.rows[row].keys.clone_from(&standard.keys);
            changed.remove(&row);
        }
        (keymap, problems)
    }

    fn row_of(&self, what: &str) -> Result<usize, String> {
        let (context, command) = what.split_once('.').unwrap_or((Context::Incident.name(), what));
        if !Context::ALL.iter().any(|known| known.name() == context) {
            let known: Vec<&str> = Context::ALL.iter().map(|known| known.name()).collect();
            return Err(format!("there is no place called {context}; there are {}", known.join(", ")));
        }
        let row = self.rows.iter().position(|row| row.context.name() == context && row.cmd.name() == command);
        row.ok_or_else(|| match Cmd::ALL.iter().find(|cmd| cmd.name() == command) {
            Some(_) => format!("{command} means nothing in {context}"),
            None => format!("there is no command called {command}; `?` shows their names"),
        })
    }

    fn keys_for(&self, row: usize, keys: &[String]) -> Result<Vec<Cow<'static, str>>, String> {
        let context = self.rows[row].context;
        let mut known = Vec::new();
        for key in keys {
            let parsed = parse(key).ok_or_else(|| format!("`{key}` is no key; write a, A, Enter, F2, Ctrl-a or Alt-a"))?;
            let spelt = name(&parsed);
            if context.is_typed_into() && spelt.chars().count() == 1 {
                return Err(format!("{spelt} is text where one types"));
            }
            known.push(Cow::Owned(spelt));
        }
        if known.is_empty() { Err("it needs a key".to_owned()) } else { Ok(known) }
    }

    /// The last changed row with a key that means something else as well.
    fn conflict(&self, changed: &BTreeSet<usize>) -> Option<(usize, String, usize)> {
        let meet = |one: Context, other: Context| one == other || one == Context::Always || other == Context::Always;
        changed.iter().rev().find_map(|&row| {
            let mine = &self.rows[row];
            self.rows.iter().enumerate().filter(|(place, other)| *place != row && meet(mine.context, other.context)).find_map(
                |(place, other)| {
                    let key = mine.keys.iter().find(|key| other.keys.contains(key))?;
                    Some((row, key.to_string(), place))
                },
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(settings: &[(&str, &[&str])]) -> (Keymap, Vec<String>) {
        let owned = settings.iter().map(|(what, keys)| ((*what).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect()));
        Keymap::with(&owned.collect())
    }

    #[test]
    fn a_team_has_the_keys_it_wants() {
        let (keymap, problems) = with(&[("note", &["N"]), ("reader.search", &["Ctrl-s", "/"])]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(keymap.key_of(Context::Incident, Cmd::Note), "N");
        assert_eq!(keymap.key_of(Context::Timeline, Cmd::Note), "n", "in its own place only");
        assert_eq!(keymap.key_of(Context::Reader, Cmd::Search), "Ctrl-s");
    }

    #[test]
    fn two_commands_may_change_places() {
        let (keymap, problems) = with(&[("note", &["D"]), ("decide", &["n"])]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!((keymap.key_of(Context::Incident, Cmd::Note), keymap.key_of(Context::Incident, Cmd::Decide)), ("D", "n"));
    }

    #[test]
    fn what_cannot_be_is_said_and_nothing_is_lost() {
        let (keymap, problems) = with(&[
            ("note", &["q"]),
            ("skip", &["Ctrl-c"]),
            ("fly", &["y"]),
            ("moon.note", &["y"]),
            ("prompt.accept", &["a"]),
            ("undo", &["Entr"]),
            ("pause", &[]),
        ]);
        assert_eq!(
            problems,
            [
                "keys: fly: there is no command called fly; `?` shows their names",
                "keys: moon.note: there is no place called moon; there are home, incident, replay, plan, typed-plan, reader, list, calls, timeline, brief, join, judge, question, prompt, find, always",
                "keys: pause: it needs a key",
                "keys: prompt.accept: a is text where one types",
                "keys: undo: `Entr` is no key; write a, A, Enter, F2, Ctrl-a or Alt-a",
                "keys: skip: Ctrl-c already means quit (incident); skip keeps s",
                "keys: note: q already means quit (incident); note keeps n",
            ]
        );
        let standard = Keymap::standard().rows().iter().map(|row| &row.keys);
        assert!(keymap.rows().iter().map(|row| &row.keys).eq(standard));
    }

    #[test]
    fn what_is_given_back_may_stand_in_the_way_of_another() {
        // `n` is free only as long as the note goes elsewhere, which it cannot.
        let (keymap, problems) = with(&[("note", &["q"]), ("skip", &["n"])]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert_eq!((keymap.key_of(Context::Incident, Cmd::Note), keymap.key_of(Context::Incident, Cmd::Skip)), ("n", "s"));
    }
}
