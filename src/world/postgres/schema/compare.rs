//! What differs between what was expected and what was found. Never asks anything, and never says how bad a
//! difference is: what is missing or different fails, what is extra is only told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::runbook::ask::schema::{
    Column, Extension, ForeignKey, Index, Name, Policy, RowSecurity, Rules, Structure, Table, identifier, same,
};

use super::draw::Drawing;
use super::faults::{of_column, same_rules};
use super::found::{Found, FoundColumn, FoundTable, Understood};

/// Parts named in the one sentence; the answer itself lists all of them.
const NAMED: usize = 3;

/// What differs, in the order of the structure.
pub(super) struct Difference<'e> {
    pub(super) missing: Vec<Missing<'e>>,
    pub(super) different: Vec<String>,
    pub(super) extra: Vec<String>,
    drawing: Drawing,
}

/// A part that is not there.
pub(super) enum Missing<'e> {
    Schema(&'e str),
    /// And where one of its name is, with all of its columns.
    Table(&'e Table, Option<Name>),
    Column(&'e Name, &'e Column),
    ForeignKey(&'e ForeignKey),
    Index(&'e Index),
    Extension(&'e Extension),
    RowSecurity(&'e RowSecurity),
    Policy(&'e Policy),
    Migration(&'e str),
}

impl fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(name) => write!(f, "schema {}", identifier(name)),
            Self::Table(table, _) => write!(f, "table {}", table.name),
            Self::Column(table, column) => write!(f, "column {table}.{}", identifier(&column.name)),
            Self::ForeignKey(key) => write!(f, "foreign key {key}"),
            Self::Index(index) => write!(f, "index {}", index.name),
            Self::Extension(extension) => write!(f, "extension {extension}"),
            Self::RowSecurity(secured) => write!(f, "row-level security of {}", secured.table),
            Self::Policy(policy) => write!(f, "policy {} on {}", identifier(&policy.name), policy.table),
            Self::Migration(version) => write!(f, "migration {version}"),
        }
    }
}

impl Missing<'_> {
    /// What a person must know beside its name.
    fn told(&self) -> String {
        match self {
            Self::Table(_, Some(there)) => format!("{self} (but there is {there})"),
            _ => self.to_string(),
        }
    }
}

impl<'e> Difference<'e> {
    /// With `whole`, everything else that is there is extra; otherwise only other columns of tables whose
    /// columns are given.
    pub(super) fn between(expected: &'e Structure, found: &Found, whole: bool) -> Self {
        let mut difference = Self { missing: Vec::new(), different: Vec::new(), extra: Vec::new(), drawing: Drawing::default() };
        difference.schemas(expected, found);
        for table in &expected.tables {
            difference.table(table, found);
        }
        for (name, column) in &expected.columns {
            let table = found.tables.get(name);
            match table.and_then(|table| column_of(table, &column.name)) {
                None => difference.lacks(Missing::Column(name, column)),
                Some(there) => difference.column(name, column, there, &found.types, false),
            }
        }
        difference.keys(expected, found);
        difference.indexes(expected, found);
        difference.extensions(expected, found);
        difference.row_security(expected, found);
        difference.policies(expected, found);
        match (&expected.migration, &found.migration) {
            (Some(version), None) => difference.lacks(Missing::Migration(version)),
            (Some(version), Some(there)) if version != there => {
                difference.different.push(format!("migration: is {there}, expected {version}"));
                difference.drawing.line('-', format_args!("migration {version}"));
                difference.drawing.line('+', format_args!("migration {there}"));
            }
            _ => {}
        }
        if whole {
            difference.others(expected, found);
        }
        difference
    }

    pub(super) fn is_ok(&self) -> bool {
        self.missing.is_empty() && self.different.is_empty()
    }

    /// Notes a part that is not there.
    fn lacks(&mut self, part: Missing<'e>) {
        let drawing = &mut self.drawing;
        match &part {
            Missing::Table(table, there) => {
                let about = there.as_ref().map(|there| format!("   (but there is {there})")).unwrap_or_default();
                drawing.table(&table.name, '-', about);
                table.columns.iter().for_each(|column| drawing.of(&table.name, '-', column));
            }
            Missing::Column(table, column) => drawing.of(table, '-', column),
            Missing::ForeignKey(key) => drawing.of(&key.table, '-', key_line(key)),
            Missing::Index(index) => match &index.definition {
                Some(definition) => drawing.of(&definition.table, '-', index),
                None => drawing.line('-', &part),
            },
            Missing::RowSecurity(secured) => drawing.of(&secured.table, '-', row_level_security(secured.forced)),
            Missing::Policy(policy) => drawing.of(&policy.table, '-', policy_line(policy, policy.rules.as_ref())),
            Missing::Schema(_) | Missing::Extension(_) | Missing::Migration(_) => drawing.line('-', &part),
        }
        self.missing.push(part);
    }

    /// Notes a part of a table that is not as it should be: in words, as it was expected, and as it is.
    fn differs(&mut self, table: &Name, what: &str, words: &str, expected: impl fmt::Display, found: impl fmt::Display) {
        self.different.push(format!("{what}: {words}"));
        self.drawing.change(table, expected, found, words);
    }

    /// Notes a part of a table that nobody asked for: in words, and as it is.
    fn has_more(&mut self, table: &Name, words: String, found: impl fmt::Display) {
        self.extra.push(words);
        self.drawing.of(table, '+', found);
    }

    fn schemas(&mut self, expected: &'e Structure, found: &Found) {
        let names: BTreeSet<&str> = super::tables_of(expected).into_iter().map(|table| table.schema.as_str()).collect();
        for name in names.into_iter().filter(|name| !found.schemas.contains(*name)) {
            self.lacks(Missing::Schema(name));
        }
    }

    fn table(&mut self, table: &'e Table, found: &Found) {
        let Some(there) = found.tables.get(&table.name) else {
            self.lacks(Missing::Table(table, found.elsewhere(table)));
            return;
        };
        if matches!(there.kind.as_str(), "v" | "m") {
            self.differs(&table.name, &format!("table {}", table.name), "is a view, expected a table", "a table", "a view");
        }
        let wanted: BTreeSet<&str> = key_of(&table.columns);
        let is: BTreeSet<&str> = there.columns.iter().filter(|column| column.primary_key).map(|column| column.name.as_str()).collect();
        let asks_key = !wanted.is_empty();
        for column in &table.columns {
            match column_of(there, &column.name) {
                None => self.lacks(Missing::Column(&table.name, column)),
                Some(there) => self.column(&table.name, column, there, &found.types, asks_key),
            }
        }
        if asks_key && wanted != is {
            let list = |key: &BTreeSet<&str>| key.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ");
            let (wanted, is) = (list(&wanted), list(&is));
            let (words, found) = if is.is_empty() {
                (format!("has no primary key, expected ({wanted})"), "no primary key".to_owned())
            } else {
                (format!("its primary key is ({is}), expected ({wanted})"), format!("primary key ({is})"))
            };
            self.differs(&table.name, &format!("table {}", table.name), &words, format_args!("primary key ({wanted})"), found);
        }
        if !table.columns.is_empty() {
            for more in there.columns.iter().filter(|there| table.columns.iter().all(|column| column.name != there.name)) {
                self.has_more(&table.name, format!("column {}.{}", table.name, identifier(&more.name)), more.written());
            }
        }
    }

    fn column(&mut self, table: &Name, column: &Column, there: &FoundColumn, types: &BTreeMap<String, Understood>, key_is_told: bool) {
        let Some(declared) = &column.declared else { return };
        let faults = of_column(declared, there, types, key_is_told);
        if !faults.is_empty() {
            self.differs(table, &format!("column {table}.{}", identifier(&column.name)), &faults.join("; "), column, there.written());
        }
    }

    fn keys(&mut self, expected: &'e Structure, found: &Found) {
        for key in &expected.foreign_keys {
            let of_columns = || found.keys.iter().filter(|there| there.table == key.table && there.columns == key.columns);
            let goes_there = |there: &&ForeignKey| there.to == key.to && (key.to_columns.is_empty() || there.to_columns == key.to_columns);
            match of_columns().find(goes_there).or_else(|| of_columns().next()) {
                None => self.lacks(Missing::ForeignKey(key)),
                Some(there) if goes_there(&there) && there.clauses == key.clauses => {}
                Some(there) => {
                    let (is, expected) = (there.definition(), key.definition());
                    let words = format!("is {is}, expected {expected}");
                    self.differs(&key.table, &format!("foreign key {}", key.table), &words, key_line(key), key_line(there));
                }
            }
        }
    }

    fn indexes(&mut self, expected: &'e Structure, found: &Found) {
        for index in &expected.indexes {
            let alike = |one: &Index, other: &Index| match (&one.definition, &other.definition) {
                (Some(one), Some(other)) => one.table == other.table && one.unique == other.unique && same(&one.rest, &other.rest),
                (None, _) | (_, None) => true,
            };
            let Some(there) = found.indexes.iter().find(|there| there.index.name == index.name) else {
                let twin = found.indexes.iter().find(|there| index.definition.is_some() && alike(index, &there.index));
                match twin {
                    None => self.lacks(Missing::Index(index)),
                    Some(twin) => self.index(index, &twin.index, &format!("is called {}", identifier(&twin.index.name.name))),
                }
                continue;
            };
            if !there.valid {
                self.index(index, &there.index, "is invalid, because building it failed; drop it and create it again");
            } else if !alike(index, &there.index) {
                self.index(index, &there.index, &format!("is `{}`, expected `{index}`", there.index));
            }
        }
    }

    fn index(&mut self, index: &Index, there: &Index, words: &str) {
        let table = there.definition.as_ref().map_or(&index.name, |definition| &definition.table);
        // Where only its name was given, it is as expected as far as anybody knows.
        let expected = if index.definition.is_some() { index } else { there };
        self.differs(table, &format!("index {}", index.name), words, expected, there);
    }

    fn extensions(&mut self, expected: &'e Structure, found: &Found) {
        for extension in &expected.extensions {
            match (found.extensions.get(&extension.name), &extension.version) {
                (None, _) => self.lacks(Missing::Extension(extension)),
                (Some(there), Some(version)) if there != version => {
                    self.different.push(format!("extension {}: is {there}, expected {version}", extension.name));
                    self.drawing.line('-', format_args!("extension {extension}"));
                    self.drawing.line('+', format_args!("extension {} {there}", extension.name));
                }
                _ => {}
            }
        }
    }

    fn row_security(&mut self, expected: &'e Structure, found: &Found) {
        for secured in &expected.row_security {
            match found.tables.get(&secured.table) {
                Some(there) if there.secured && there.forced == secured.forced => {}
                Some(there) if there.secured => {
                    let said = if there.forced { "is forced on the owner, expected not" } else { "is not forced on the owner" };
                    let (expected, is) = (row_level_security(secured.forced), row_level_security(there.forced));
                    self.differs(&secured.table, &format!("row-level security of {}", secured.table), said, expected, is);
                }
                _ => self.lacks(Missing::RowSecurity(secured)),
            }
        }
    }

    fn policies(&mut self, expected: &'e Structure, found: &Found) {
        for policy in &expected.policies {
            let there = found.policies.iter().find(|there| there.name == policy.name && there.table == policy.table);
            match (there.map(|there| &there.rules), &policy.rules) {
                (None, _) => self.lacks(Missing::Policy(policy)),
                (Some(Some(there)), Some(rules)) if !same_rules(there, rules) => {
                    let what = format!("policy {} on {}", identifier(&policy.name), policy.table);
                    let (expected, is) = (policy_line(policy, Some(rules)), policy_line(policy, Some(there)));
                    self.differs(&policy.table, &what, &format!("is `{there}`, expected `{rules}`"), expected, is);
                }
                _ => {}
            }
        }
    }

    /// What is there beside what was expected. Parts of a table that is extra itself go without saying.
    fn others(&mut self, expected: &Structure, found: &Found) {
        let known: BTreeSet<&Name> = expected.tables.iter().map(|table| &table.name).collect();
        for name in found.tables.keys().chain(&found.others).filter(|name| !known.contains(name)) {
            self.extra.push(format!("table {name}"));
            self.drawing.table(name, '+', String::new());
        }
        let keys = found.keys.iter().filter(|there| known.contains(&there.table));
        for key in keys.filter(|there| !expected.foreign_keys.iter().any(|key| key.table == there.table && key.columns == there.columns)) {
            self.has_more(&key.table, format!("foreign key {key}"), key_line(key));
        }
        for there in found.indexes.iter().filter(|there| !there.primary).map(|there| &there.index) {
            if let Some(definition) = there.definition.as_ref().filter(|is| known.contains(&is.table))
                && expected.indexes.iter().all(|index| index.name != there.name)
            {
                self.has_more(&definition.table, format!("index {}", there.name), there);
            }
        }
        let extensions = found.extensions.keys().filter(|name| *name != "plpgsql");
        for name in extensions.filter(|name| expected.extensions.iter().all(|extension| extension.name != **name)) {
            self.extra.push(format!("extension {name}"));
            self.drawing.line('+', format_args!("extension {name}"));
        }
        let secured = found.tables.iter().filter(|(name, table)| table.secured && known.contains(name));
        for (name, table) in secured.filter(|(name, _)| expected.row_security.iter().all(|secured| secured.table != **name)) {
            self.has_more(name, format!("row-level security of {name}"), row_level_security(table.forced));
        }
        let policies = found.policies.iter().filter(|there| known.contains(&there.table));
        let is_known =
            |there: &&Policy| expected.policies.iter().any(|policy| (&policy.table, &policy.name) == (&there.table, &there.name));
        for policy in policies.filter(|there| !is_known(there)) {
            let words = format!("policy {} on {}", identifier(&policy.name), policy.table);
            self.has_more(&policy.table, words, policy_line(policy, policy.rules.as_ref()));
        }
    }

    /// One sentence, the decisive words first.
    pub(super) fn summary(&self) -> String {
        let missing: Vec<String> = self.missing.iter().map(Missing::told).collect();
        let parts = [("missing: ", &missing), ("different: ", &self.different), ("extra: ", &self.extra)];
        let told = parts.into_iter().filter(|(_, items)| !items.is_empty()).map(|(what, items)| format!("{what}{}", shortened(items)));
        let told = told.collect::<Vec<_>>().join("; ");
        match (self.is_ok(), told.is_empty()) {
            (true, true) => "as expected".to_owned(),
            (true, false) => format!("as expected; {told}"),
            (false, _) => told,
        }
    }

    /// Every difference, drawn as one.
    pub(super) fn drawn(&self, expected: &Structure) -> String {
        let mut lines = self.drawing.lines();
        if self.is_ok() {
            lines.insert(0, format!("as expected: {}", counted(expected)));
        }
        lines.join("\n")
    }
}

fn key_line(key: &ForeignKey) -> String {
    format!("foreign key {}", key.definition())
}

fn row_level_security(forced: bool) -> &'static str {
    if forced { "row-level security, forced on the owner" } else { "row-level security" }
}

fn policy_line(policy: &Policy, rules: Option<&Rules>) -> String {
    let rules = rules.map(|rules| format!(" {rules}")).unwrap_or_default();
    format!("policy {}{rules}", identifier(&policy.name))
}

fn shortened(items: &[String]) -> String {
    let named = items.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if items.len() > NAMED { format!("{named} and {} more", items.len() - NAMED) } else { named }
}

/// How much was compared: `3 tables, 24 columns`.
fn counted(expected: &Structure) -> String {
    let columns = expected.tables.iter().map(|table| table.columns.len()).sum::<usize>() + expected.columns.len();
    let counts = [
        (expected.tables.len(), "table", "tables"),
        (columns, "column", "columns"),
        (expected.foreign_keys.len(), "foreign key", "foreign keys"),
        (expected.indexes.len(), "index", "indexes"),
        (expected.extensions.len(), "extension", "extensions"),
        (expected.row_security.len(), "guarded table", "guarded tables"),
        (expected.policies.len(), "policy", "policies"),
        (usize::from(expected.migration.is_some()), "migration", "migrations"),
    ];
    let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
    counts.map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many })).collect::<Vec<_>>().join(", ")
}

fn column_of<'t>(table: &'t FoundTable, name: &str) -> Option<&'t FoundColumn> {
    table.columns.iter().find(|column| column.name == name)
}

fn key_of(columns: &[Column]) -> BTreeSet<&str> {
    let key = columns.iter().filter(|column| column.declared.as_ref().is_some_and(|declared| declared.primary_key));
    key.map(|column| column.name.as_str()).collect()
}
