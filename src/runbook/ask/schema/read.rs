//! Definitions as SQL writes them, read: a column as in CREATE TABLE, an index as in CREATE INDEX, a policy
//! as in CREATE POLICY. Never lets anything pass as a type but a name with numbers.

use super::reader::{Reader, whole};
use super::words::Kind;
use super::{Column, Declared, Extension, ForeignKey, Generated, Index, IndexDefinition, Name, Policy, RowSecurity, Rules};

/// Why a definition cannot be read, and how to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, in one sentence without the author's words around it.
    pub reason: String,
    /// How it is written.
    pub help: &'static str,
}

const NAME: &str = "a name, such as `upload_jobs` (which is public.upload_jobs) or `upload_pipeline.upload_jobs`";
const COLUMN: &str =
    "as in CREATE TABLE: `name type [not null] [default …] [primary key]`; in a list in brackets, quotes keep commas together";
const FOREIGN_KEY: &str = "such as `app.chunks (document_id) references app.documents (id) on delete cascade`";
const INDEX: &str = "as in CREATE INDEX, such as `unique idx_name on app.jobs (user_id) where active`, or the name alone: `app.idx_name`";
const POLICY: &str = "as in CREATE POLICY, such as `owner_only on app.jobs for select to public using (owner = current_user)`";
const ROW_SECURITY: &str = "the name of a table, with `forced` behind it where its owner is held to it, too";
const EXTENSION: &str = "its name, and its version if that matters: `vector`, or `vector 0.8.0`";

impl Name {
    /// `table` or `schema.table`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        whole(source, NAME, Reader::name)
    }
}

impl Column {
    /// `name`, or `name type …`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        whole(source, COLUMN, |reader| {
            let name = reader.identifier()?;
            reader.column(name)
        })
    }

    /// `table.name type …` or `schema.table.name type …`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read_with_table(source: &str) -> Result<(Name, Self), Unreadable> {
        whole(source, "the table comes first: `app.jobs.created_at timestamptz not null`", |reader| {
            let first = reader.identifier()?;
            reader.expect(".")?;
            let second = reader.identifier()?;
            let (table, name) = if reader.take(".") {
                (Name { schema: first, name: second }, reader.identifier()?)
            } else {
                (Name { schema: "public".to_owned(), name: first }, second)
            };
            Ok((table, reader.column(name)?))
        })
    }
}

impl ForeignKey {
    /// `table (columns) references table [(columns)] [on delete …] [on update …]`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        whole(source, FOREIGN_KEY, |reader| {
            let table = reader.name()?;
            if reader.take("foreign") {
                reader.expect("key")?;
            }
            let columns = reader.list()?;
            reader.expect("references")?;
            let to = reader.name()?;
            let to_columns = if reader.sees("(") { reader.list()? } else { Vec::new() };
            let mut clauses = Vec::new();
            while !reader.is_done() {
                clauses.extend(reader.clause()?);
            }
            clauses.sort();
            Ok(Self { table, columns, to, to_columns, clauses })
        })
    }
}

impl Index {
    /// `name`, or `[create] [unique] [index] name on table [using …] (…) [where …]`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        whole(source, INDEX, |reader| {
            reader.take("create");
            let unique = reader.take("unique");
            if reader.take("index") {
                reader.take("concurrently");
                if reader.take("if") {
                    reader.expect("not")?;
                    reader.expect("exists")?;
                }
            }
            let name = reader.name()?;
            if !unique && reader.is_done() {
                return Ok(Self { name, definition: None });
            }
            reader.expect("on")?;
            reader.take("only");
            let table = reader.name()?;
            if !reader.sees("(") && !reader.sees("using") {
                return Err("it is not said which columns it has".to_owned());
            }
            let rest = reader.rest();
            let rest = if rest.starts_with('(') { format!("using btree {rest}") } else { rest.to_owned() };
            Ok(Self { name: Name { schema: table.schema.clone(), ..name }, definition: Some(IndexDefinition { table, unique, rest }) })
        })
    }
}

impl Policy {
    /// `name on table`, or `name on table [as …] [for …] [to …] [using (…)] [with check (…)]`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        whole(source, POLICY, |reader| {
            if reader.take("create") {
                reader.expect("policy")?;
            }
            let name = reader.identifier()?;
            reader.expect("on")?;
            let table = reader.name()?;
            let rules = if reader.is_done() { None } else { Some(reader.rules()?) };
            Ok(Self { name, table, rules })
        })
    }
}

impl RowSecurity {
    /// `table` or `table forced`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        whole(source, ROW_SECURITY, |reader| Ok(Self { table: reader.name()?, forced: reader.take("forced") }))
    }
}

impl Extension {
    /// `name` or `name version`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn read(source: &str) -> Result<Self, Unreadable> {
        let mut words = source.split_whitespace().map(|word| word.trim_matches('"').to_owned());
        match (words.next(), words.next(), words.next()) {
            (Some(name), version, None) => Ok(Self { name, version }),
            _ => Err(Unreadable { reason: "this is no extension".to_owned(), help: EXTENSION }),
        }
    }
}

impl Reader<'_> {
    fn column(&mut self, name: String) -> Result<Column, String> {
        if self.is_done() {
            return Ok(Column { name, declared: None });
        }
        let mut declared = Declared { kind: self.kind()?, ..Declared::default() };
        while !self.is_done() {
            if self.take("not") {
                self.expect("null")?;
                declared.not_null = true;
            } else if self.take("null") {
            } else if self.take("primary") {
                self.expect("key")?;
                declared.primary_key = true;
            } else if self.take("default") {
                let default = self.expression()?;
                declared.default = Some(default).filter(|default| !default.eq_ignore_ascii_case("null"));
            } else if self.take("generated") {
                declared.generated = Some(self.generated()?);
            } else if self.sees("references") {
                return Err("a foreign key is asked under `foreign_keys`".to_owned());
            } else if self.sees("unique") {
                return Err("what is unique has an index, which is asked under `indexes`".to_owned());
            } else {
                return Err(format!("{} is not known behind a type", self.found()));
            }
        }
        Ok(Column { name, declared: Some(declared) })
    }

    /// A type: names and, in parentheses, numbers and names.
    fn kind(&mut self) -> Result<String, String> {
        const ENDS: [&str; 9] = ["not", "null", "default", "primary", "generated", "references", "unique", "check", "collate"];
        let start = self.next;
        let mut depth = 0;
        while let Some(word) = self.words.get(self.next) {
            if depth == 0 && ENDS.iter().any(|end| word.is(end)) {
                break;
            }
            match word.text.as_str() {
                "(" if self.next > start => depth += 1,
                ")" if depth > 0 => depth -= 1,
                "." | "[" | "]" if self.next > start => {}
                "," | "-" if depth > 0 => {}
                _ if word.is_name() || word.kind == Kind::Number && self.next > start => {}
                _ => return Err(format!("{} is no part of a type", self.found())),
            }
            self.next += 1;
        }
        if depth > 0 {
            return Err("a `(` of the type is never closed".to_owned());
        }
        if start == self.next {
            return Err(format!("a type is expected here, not {}", self.found()));
        }
        let quoted = self.words[start..self.next].iter().any(|word| word.kind == Kind::Quoted);
        let text = self.text(start..self.next).split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(if quoted { text } else { text.to_lowercase() })
    }

    /// An expression up to the next part of the column.
    fn expression(&mut self) -> Result<String, String> {
        let (start, mut depth) = (self.next, 0_usize);
        while let Some(word) = self.words.get(self.next) {
            let ends = self.sees_both("not", "null")
                || self.sees_both("primary", "key")
                || self.sees("generated")
                || self.sees("references")
                || self.sees("unique")
                || self.sees("null") && self.next > start;
            if depth == 0 && ends {
                break;
            }
            if word.is("(") {
                depth += 1;
            } else if word.is(")") {
                depth = depth.checked_sub(1).ok_or("a `)` without its `(`")?;
            }
            self.next += 1;
        }
        match self.text(start..self.next) {
            "" => Err("`default` says no value".to_owned()),
            _ if depth > 0 => Err("a `(` is never closed".to_owned()),
            text => Ok(text.to_owned()),
        }
    }

    fn generated(&mut self) -> Result<Generated, String> {
        let always = self.take("always");
        if !always {
            self.expect("by")?;
            self.expect("default")?;
        }
        self.expect("as")?;
        if self.take("identity") {
            return Ok(Generated::Identity { always });
        }
        let expression = self.parentheses()?;
        self.expect("stored")?;
        Ok(Generated::Stored(expression))
    }

    /// One clause of a foreign key; nothing where it says what is so anyway.
    fn clause(&mut self) -> Result<Option<String>, String> {
        const ACTIONS: [&[&str]; 5] = [&["no", "action"], &["restrict"], &["cascade"], &["set", "null"], &["set", "default"]];
        const OTHERS: [&[&str]; 6] = [
            &["match", "simple"],
            &["initially", "immediate"],
            &["not", "deferrable"],
            &["match", "full"],
            &["initially", "deferred"],
            &["not", "valid"],
        ];
        if self.take("deferrable") {
            return Ok(Some("deferrable".to_owned()));
        }
        if self.take("on") {
            let event = ["delete", "update"].into_iter().find(|event| self.take(event)).ok_or("`on` what? `delete` or `update`")?;
            let action = ACTIONS.iter().find(|action| self.phrase(action)).ok_or_else(|| format!("{} is no action", self.found()))?;
            return Ok((action[0] != "no").then(|| format!("on {event} {}", action.join(" "))));
        }
        let place = OTHERS.iter().position(|other| self.phrase(other));
        let place = place.ok_or_else(|| format!("{} is not known behind a foreign key", self.found()))?;
        Ok((place > 2).then(|| OTHERS[place].join(" ")))
    }

    fn rules(&mut self) -> Result<Rules, String> {
        let restrictive = self.take("as") && {
            let restrictive = self.take("restrictive");
            if !restrictive {
                self.expect("permissive")?;
            }
            restrictive
        };
        let mut rules = Rules { restrictive, command: "all".to_owned(), roles: vec!["public".to_owned()], using: None, check: None };
        if self.take("for") {
            let commands = ["all", "select", "insert", "update", "delete"];
            commands.into_iter().find(|command| self.take(command)).ok_or("`for` what?")?.clone_into(&mut rules.command);
        }
        if self.take("to") {
            rules.roles = vec![self.identifier()?];
            while self.take(",") {
                rules.roles.push(self.identifier()?);
            }
            rules.roles.sort();
        }
        if self.take("using") {
            rules.using = Some(self.parentheses()?);
        }
        if self.take("with") {
            self.expect("check")?;
            rules.check = Some(self.parentheses()?);
        }
        Ok(rules)
    }
}
