//! What differs between what was expected and what was found. Never asks anything, and never says how bad a
//! difference is: what is missing or different fails, what is extra is only told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::runbook::ask::schema::{
    Column, Declared, Extension, ForeignKey, Generated, Index, Name, Policy, RowSecurity, Rules, Structure, Table, identifier, same,
};

use super::found::{Found, FoundColumn, FoundTable, Understood};

/// Parts named in the one sentence; the answer itself lists all of them.
const NAMED: usize = 3;

/// What differs, in the order of the structure.
pub(super) struct Difference<'e> {
    pub(super) missing: Vec<Missing<'e>>,
    pub(super) different: Vec<String>,
    pub(super) extra: Vec<String>,
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
        let mut difference = Self { missing: Vec::new(), different: Vec::new(), extra: Vec::new() };
        difference.schemas(expected, found);
        for table in &expected.tables {
            difference.table(table, found);
        }
        for (name, column) in &expected.columns {
            let table = found.tables.get(name);
            match table.and_then(|table| column_of(table, &column.name)) {
                None => difference.missing.push(Missing::Column(name, column)),
                Some(there) => difference.column(name, column, there, &found.types, false),
            }
        }
        difference.keys(expected, found);
        difference.indexes(expected, found);
        difference.extensions(expected, found);
        difference.row_security(expected, found);
        difference.policies(expected, found);
        match (&expected.migration, &found.migration) {
            (Some(version), None) => difference.missing.push(Missing::Migration(version)),
            (Some(version), Some(there)) if version != there => {
                difference.different.push(format!("migration: is {there}, expected {version}"));
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

    fn schemas(&mut self, expected: &'e Structure, found: &Found) {
        let names: BTreeSet<&str> = super::tables_of(expected).into_iter().map(|table| table.schema.as_str()).collect();
        self.missing.extend(names.into_iter().filter(|name| !found.schemas.contains(*name)).map(Missing::Schema));
    }

    fn table(&mut self, table: &'e Table, found: &Found) {
        let Some(there) = found.tables.get(&table.name) else {
            self.missing.push(Missing::Table(table, found.elsewhere(table)));
            return;
        };
        if matches!(there.kind.as_str(), "v" | "m") {
            self.different.push(format!("table {}: is a view, expected a table", table.name));
        }
        let wanted: BTreeSet<&str> = key_of(&table.columns);
        let is: BTreeSet<&str> = there.columns.iter().filter(|column| column.primary_key).map(|column| column.name.as_str()).collect();
        let asks_key = !wanted.is_empty();
        for column in &table.columns {
            match column_of(there, &column.name) {
                None => self.missing.push(Missing::Column(&table.name, column)),
                Some(there) => self.column(&table.name, column, there, &found.types, asks_key),
            }
        }
        if asks_key && wanted != is {
            let list = |key: &BTreeSet<&str>| key.iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ");
            let is = if is.is_empty() { "has no primary key".to_owned() } else { format!("its primary key is ({})", list(&is)) };
            self.different.push(format!("table {}: {is}, expected ({})", table.name, list(&wanted)));
        }
        if !table.columns.is_empty() {
            let more = there.columns.iter().filter(|there| table.columns.iter().all(|column| column.name != there.name));
            self.extra.extend(more.map(|column| format!("column {}.{}", table.name, identifier(&column.name))));
        }
    }

    fn column(&mut self, table: &Name, column: &Column, there: &FoundColumn, types: &BTreeMap<String, Understood>, key_is_told: bool) {
        let Some(declared) = &column.declared else { return };
        let mut faults = Vec::new();
        faults.extend(kind_fault(declared, there, types));
        if declared.refuses_null() && !there.not_null {
            faults.push("may be null, expected not null".to_owned());
        }
        // A primary key that was not asked about brings this along.
        if !declared.refuses_null() && there.not_null && !there.primary_key {
            faults.push("is not null, expected to take null".to_owned());
        }
        if declared.primary_key && !there.primary_key && !key_is_told {
            faults.push("is not in the primary key".to_owned());
        }
        faults.extend(default_fault(declared, there));
        faults.extend(generated_fault(declared.generated.as_ref(), there.generated().as_ref()));
        if !faults.is_empty() {
            self.different.push(format!("column {table}.{}: {}", identifier(&column.name), faults.join("; ")));
        }
    }

    fn keys(&mut self, expected: &'e Structure, found: &Found) {
        for key in &expected.foreign_keys {
            let of_columns = || found.keys.iter().filter(|there| there.table == key.table && there.columns == key.columns);
            let goes_there = |there: &&ForeignKey| there.to == key.to && (key.to_columns.is_empty() || there.to_columns == key.to_columns);
            match of_columns().find(goes_there).or_else(|| of_columns().next()) {
                None => self.missing.push(Missing::ForeignKey(key)),
                Some(there) if goes_there(&there) && there.clauses == key.clauses => {}
                Some(there) => {
                    let (is, expected) = (there.definition(), key.definition());
                    self.different.push(format!("foreign key {}: is {is}, expected {expected}", key.table));
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
                    None => self.missing.push(Missing::Index(index)),
                    Some(twin) => self.different.push(format!("index {}: is called {}", index.name, identifier(&twin.index.name.name))),
                }
                continue;
            };
            if !there.valid {
                self.different.push(format!("index {}: is invalid, because building it failed; drop it and create it again", index.name));
            } else if !alike(index, &there.index) {
                self.different.push(format!("index {}: is `{}`, expected `{index}`", index.name, there.index));
            }
        }
    }

    fn extensions(&mut self, expected: &'e Structure, found: &Found) {
        for extension in &expected.extensions {
            match (found.extensions.get(&extension.name), &extension.version) {
                (None, _) => self.missing.push(Missing::Extension(extension)),
                (Some(there), Some(version)) if there != version => {
                    self.different.push(format!("extension {}: is {there}, expected {version}", extension.name));
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
                    self.different.push(format!("row-level security of {}: {said}", secured.table));
                }
                _ => self.missing.push(Missing::RowSecurity(secured)),
            }
        }
    }

    fn policies(&mut self, expected: &'e Structure, found: &Found) {
        for policy in &expected.policies {
            let there = found.policies.iter().find(|there| there.name == policy.name && there.table == policy.table);
            match (there.map(|there| &there.rules), &policy.rules) {
                (None, _) => self.missing.push(Missing::Policy(policy)),
                (Some(Some(there)), Some(rules)) if !same_rules(there, rules) => {
                    let name = identifier(&policy.name);
                    self.different.push(format!("policy {name} on {}: is `{there}`, expected `{rules}`", policy.table));
                }
                _ => {}
            }
        }
    }

    /// What is there beside what was expected. Parts of a table that is extra itself go without saying.
    fn others(&mut self, expected: &Structure, found: &Found) {
        let known: BTreeSet<&Name> = expected.tables.iter().map(|table| &table.name).collect();
        let tables = found.tables.keys().chain(&found.others).filter(|name| !known.contains(name));
        self.extra.extend(tables.map(|name| format!("table {name}")));
        let keys = found.keys.iter().filter(|there| known.contains(&there.table));
        let keys = keys.filter(|there| !expected.foreign_keys.iter().any(|key| key.table == there.table && key.columns == there.columns));
        self.extra.extend(keys.map(|key| format!("foreign key {key}")));
        let indexes = found.indexes.iter().filter(|there| !there.primary);
        let indexes = indexes.filter(|there| there.index.definition.as_ref().is_some_and(|is| known.contains(&is.table)));
        let indexes = indexes.filter(|there| expected.indexes.iter().all(|index| index.name != there.index.name));
        self.extra.extend(indexes.map(|there| format!("index {}", there.index.name)));
        let extensions = found.extensions.keys().filter(|name| *name != "plpgsql");
        let extensions = extensions.filter(|name| expected.extensions.iter().all(|extension| extension.name != **name));
        self.extra.extend(extensions.map(|name| format!("extension {name}")));
        let secured = found.tables.iter().filter(|(name, table)| table.secured && known.contains(name));
        let secured = secured.filter(|(name, _)| expected.row_security.iter().all(|secured| secured.table != **name));
        self.extra.extend(secured.map(|(name, _)| format!("row-level security of {name}")));
        let policies = found.policies.iter().filter(|there| known.contains(&there.table));
        let policies =
            policies.filter(|there| !expected.policies.iter().any(|policy| (&policy.table, &policy.name) == (&there.table, &there.name)));
        self.extra.extend(policies.map(|policy| format!("policy {} on {}", identifier(&policy.name), policy.table)));
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

    /// Every difference on a line of its own.
    pub(super) fn drawn(&self, expected: &Structure) -> String {
        let missing = self.missing.iter().map(|part| format!("missing    {}", part.told()));
        let different = self.different.iter().map(|part| format!("different  {part}"));
        let extra = self.extra.iter().map(|part| format!("extra      {part}"));
        let mut lines: Vec<String> = missing.chain(different).chain(extra).collect();
        if self.is_ok() {
            lines.insert(0, format!("as expected: {}", counted(expected)));
        }
        lines.join("\n")
    }
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

fn kind_fault(declared: &Declared, there: &FoundColumn, types: &BTreeMap<String, Understood>) -> Option<String> {
    let written = declared.serial().unwrap_or(&declared.kind);
    let understood = types.get(written)?;
    let Some(oid) = understood.oid else {
        return Some(format!("is {}, expected {written}, which is no type here", there.kind));
    };
    let base = understood.base.as_deref().unwrap_or_default().trim_end_matches("[]");
    let is_same = oid == there.oid && modifier_meant(written, base) == modifier(&there.kind);
    (!is_same).then(|| format!("is {}, expected {written}", there.kind))
}

/// What stands in the parentheses of a type, without spaces.
fn modifier(kind: &str) -> Option<String> {
    let (_, rest) = kind.split_once('(')?;
    let (inside, _) = rest.split_once(')')?;
    Some(inside.to_lowercase().split_whitespace().collect())
}

/// The same as the server fills it in: see "Numeric Types", "Character Types" and "Bit String Types" of its
/// manual. A server before 17 has no function that says so.
fn modifier_meant(written: &str, base: &str) -> Option<String> {
    let given = modifier(written);
    match (base, given) {
        ("real" | "double precision", _) => None,
        ("numeric", Some(digits)) if !digits.contains(',') => Some(format!("{digits},0")),
        ("character" | "bpchar", None) if written.starts_with("char") => Some("1".to_owned()),
        ("bit", None) => Some("1".to_owned()),
        (_, given) => given,
    }
}

fn default_fault(declared: &Declared, there: &FoundColumn) -> Option<String> {
    if declared.serial().is_some() {
        let counts = there.default().is_some_and(|default| default.starts_with("nextval("));
        return (!counts).then(|| "has no sequence as its default".to_owned());
    }
    match (&declared.default, there.default()) {
        (Some(wanted), Some(is)) if same(wanted, is) => None,
        (Some(wanted), Some(is)) => Some(format!("has the default {is}, expected {wanted}")),
        (Some(wanted), None) => Some(format!("has no default, expected {wanted}")),
        (None, Some(is)) if !same(is, "null") => Some(format!("has the default {is}, expected none")),
        (None, _) => None,
    }
}

fn generated_fault(wanted: Option<&Generated>, is: Option<&Generated>) -> Option<String> {
    match (wanted, is) {
        (None, None) => None,
        (Some(Generated::Stored(wanted)), Some(Generated::Stored(is))) if same(wanted, is) => None,
        (Some(wanted), Some(is)) if wanted == is => None,
        (Some(wanted), Some(is)) => Some(format!("is {is}, expected {wanted}")),
        (Some(wanted), None) => Some(format!("is not {wanted}")),
        (None, Some(is)) => Some(format!("is {is}, expected not to be")),
    }
}

fn same_rules(one: &Rules, other: &Rules) -> bool {
    let same_text = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        _ => false,
    };
    (one.restrictive, &one.command, &one.roles) == (other.restrictive, &other.command, &other.roles)
        && same_text(&one.using, &other.using)
        && same_text(&one.check, &other.check)
}
