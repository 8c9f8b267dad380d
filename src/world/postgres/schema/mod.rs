//! The structure of a database: read from its catalog, written down, and compared. Reads through the same
//! questions as a `sql` check, read-only, timed and rolled back. Never runs what it proposes.

mod compare;
mod draw;
mod faults;
mod found;
mod propose;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::base::{Value, Values, json};
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::ask::schema::{Name, Structure};
use crate::runbook::{sql, yaml};
use crate::world::clock::Stopwatch;
use crate::world::plain_file;
use crate::world::stop::Stop;

use super::{Server, query};
use compare::Difference;
use found::{Found, HISTORIES};

const CATALOG: &str = include_str!("catalog.sql");

/// Largest snapshot that is read, in bytes; that of any file this program reads.
const LARGEST: u64 = 1 << 20;

/// How a server is asked.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// A weaker role to ask as.
    pub role: Option<&'a str>,
    /// How long it may take, waiting for a free connection not counted.
    pub timeout: Duration,
}

/// What is looked at.
enum Scope<'s> {
    /// What the expected parts are about; `others` lists the other tables of their schemas.
    Parts { others: bool },
    /// Every table of these schemas; of all but the server's own where there is none.
    Whole(&'s [String]),
}

/// How a server compares with a structure. `whole` says that the structure is all there should be, so that
/// what else is there counts as extra in every part.
pub async fn compare(server: &Server, expected: &Structure, whole: bool, mut how: How<'_>, stop: Stop) -> Answer {
    let watch = Stopwatch::start();
    let scope = Scope::Parts { others: whole };
    match look(server, &scope, expected, &mut how, stop).await {
        Ok(found) => answer(expected, &found, whole, watch.elapsed()),
        Err(finding) => unanswered(finding, watch.elapsed()),
    }
}

/// How a server compares with another one.
pub async fn compare_with(server: &Server, mut how: How<'_>, model: &Server, model_role: Option<&str>, stop: Stop) -> Answer {
    let watch = Stopwatch::start();
    let nothing = Structure::default();
    let mut model_how = How { role: model_role, ..how };
    let expected = match look(model, &Scope::Whole(&[]), &nothing, &mut model_how, stop.clone()).await {
        Ok(found) => found.written(),
        Err(Finding::Inconclusive(why)) => {
            return unanswered(Finding::Inconclusive(format!("the one to compare with: {why}")), watch.elapsed());
        }
        Err(finding) => return unanswered(finding, watch.elapsed()),
    };
    how.timeout = model_how.timeout;
    match look(server, &Scope::Whole(&[]), &expected, &mut how, stop).await {
        Ok(found) => answer(&expected, &found, true, watch.elapsed()),
        Err(finding) => unanswered(finding, watch.elapsed()),
    }
}

/// The `schema:` block of a server: of these schemas, or of all but its own.
///
/// # Errors
/// Why it could not be asked, or which schema is not there.
pub async fn snapshot(server: &Server, schemas: &[String], timeout: Duration, stop: Stop) -> Result<String, String> {
    let mut how = How { role: None, timeout };
    let asked = look(server, &Scope::Whole(schemas), &Structure::default(), &mut how, stop).await;
    let found = asked.map_err(|finding| match finding {
        Finding::Inconclusive(why) | Finding::Failed(why) | Finding::TimedOut(why) | Finding::Crashed(why) => why,
        Finding::Answered { .. } | Finding::Cancelled => "given up".to_owned(),
    })?;
    if let Some(missing) = schemas.iter().find(|schema| !found.schemas.contains(*schema)) {
        return Err(format!("there is no schema {missing:?} here"));
    }
    let structure = found.written();
    if structure.tables.is_empty() {
        return Err("there is no table here, so there is no structure to expect".to_owned());
    }
    Ok(yaml::snapshot::write(&structure))
}

/// The structure in a file.
///
/// # Errors
/// What is wrong with the file, without a word of what is in it.
pub async fn from_file(path: &std::path::Path) -> Result<Structure, String> {
    use tokio::io::AsyncReadExt as _;
    let (file, _) = plain_file::open(path).await.map_err(|why| format!("it {why}"))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).await.map_err(|error| plain_file::reason(&error))?;
    from_bytes(&bytes)
}

/// The snapshot that these bytes are.
///
/// # Errors
/// Why they are none.
pub fn from_bytes(bytes: &[u8]) -> Result<Structure, String> {
    if bytes.len() as u64 > LARGEST {
        return Err("it is larger than 1 MiB".to_owned());
    }
    yaml::snapshot::read(bytes).map_err(|why| format!("it is no snapshot: {why}"))
}

fn unanswered(finding: Finding, duration: Duration) -> Answer {
    Answer { finding, ..Answer::inconclusive("", duration) }
}

fn answer(expected: &Structure, found: &Found, whole: bool, duration: Duration) -> Answer {
    let difference = Difference::between(expected, found, whole);
    let (proposal, caution) = (propose::sql(&difference), propose::caution(&difference));
    let mut values = Values::new();
    let list = |items: Vec<String>| items.into_iter().map(Value::from).collect::<Value>();
    values.insert("missing".to_owned(), list(difference.missing.iter().map(ToString::to_string).collect()));
    values.insert("different".to_owned(), list(difference.different.iter().map(ToString::to_string).collect()));
    values.insert("extra".to_owned(), list(difference.extra.clone()));
    values.insert("ok".to_owned(), difference.is_ok().into());
    values.insert("proposed".to_owned(), proposal.clone().into());
    let mut seen = difference.drawn(expected);
    if !caution.is_empty() {
        seen.push_str("\n\n");
        seen.push_str(&caution);
    }
    if !proposal.is_empty() {
        seen.push_str("\n\nA proposal, not run: what would add what is missing. Read it before you run it.\n\n");
        seen.push_str(&proposal);
    }
    Answer { finding: Finding::Answered { own: Some(difference.is_ok()), summary: difference.summary() }, values, seen, duration }
}

/// What there is of a scope, with the types that `expected` names as the server understands them.
async fn look(server: &Server, scope: &Scope<'_>, expected: &Structure, how: &mut How<'_>, stop: Stop) -> Result<Found, Finding> {
    let types: BTreeSet<&str> = expected
        .tables
        .iter()
        .flat_map(|table| &table.columns)
        .chain(expected.columns.iter().map(|(_, column)| column))
        .filter_map(|column| column.declared.as_ref())
        .map(|declared| declared.serial().unwrap_or(&declared.kind))
        .collect();
    let pairs = |names: BTreeSet<&Name>| names.iter().map(|name| json!([name.schema, name.name])).collect::<Value>().to_string();
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let named = tables_of(expected);
    let indexes: BTreeSet<&Name> = expected.indexes.iter().map(|index| &index.name).collect();
    let schemas: BTreeSet<String> = match scope {
        Scope::Parts { .. } => named.iter().chain(&indexes).map(|name| name.schema.clone()).collect(),
        Scope::Whole(schemas) => schemas.iter().cloned().collect(),
    };
    let inputs = BTreeMap::from([
        ("whole".to_owned(), yes(matches!(scope, Scope::Whole(_)))),
        ("others".to_owned(), yes(matches!(scope, Scope::Parts { others: true }))),
        ("schemas".to_owned(), schemas.into_iter().map(Value::from).collect::<Value>().to_string()),
        ("named".to_owned(), pairs(named)),
        ("indexes".to_owned(), pairs(indexes)),
        ("types".to_owned(), types.into_iter().map(Value::from).collect::<Value>().to_string()),
        ("histories".to_owned(), HISTORIES.iter().map(|(table, _)| Value::from(*table)).collect::<Value>().to_string()),
    ]);
    // Types are read as the role reads them; what is written down is spelled so that anybody understands it.
    let qualified = matches!(scope, Scope::Whole(_));
    let rows = ask(server, CATALOG, &inputs, qualified, how, stop.clone()).await?;
    let mut found = Found::of(rows).map_err(|why| Finding::Inconclusive(format!("the catalog answered something else: {why}")))?;
    let must = expected.migration.is_some();
    if must || qualified {
        let within = match scope {
            Scope::Whole(schemas) => *schemas,
            Scope::Parts { .. } => &[],
        };
        if let Some((query, names)) = found.history(within, must).map_err(Finding::Inconclusive)? {
            let rows = ask(server, query, &names, false, how, stop).await?;
            found.migration = rows.first().and_then(|row| row.get("version")).and_then(Value::as_str).map(str::to_owned);
        }
    }
    Ok(found)
}

/// Every table that a part of the structure is about.
fn tables_of(structure: &Structure) -> BTreeSet<&Name> {
    let tables = structure.tables.iter().map(|table| &table.name);
    let columns = structure.columns.iter().map(|(table, _)| table);
    let keys = structure.foreign_keys.iter().map(|key| &key.table);
    let indexes = structure.indexes.iter().filter_map(|index| index.definition.as_ref()).map(|definition| &definition.table);
    let secured = structure.row_security.iter().map(|secured| &secured.table);
    let policies = structure.policies.iter().map(|policy| &policy.table);
    tables.chain(columns).chain(keys).chain(indexes).chain(secured).chain(policies).collect()
}

/// The rows of one statement. Nothing in it is missing by itself, so that a server which says so is too old.
async fn ask(
    server: &Server,
    text: &str,
    inputs: &BTreeMap<String, String>,
    qualified: bool,
    how: &mut How<'_>,
    stop: Stop,
) -> Result<Vec<Values>, Finding> {
    let statement = sql::question(text, inputs, &BTreeSet::new()).map_err(Finding::Inconclusive)?;
    let question = query::Question { statements: &[statement], read_only: true, role: how.role, timeout: how.timeout, qualified };
    let (rows, duration) = query::fetch(server, &question, stop).await;
    how.timeout = how.timeout.saturating_sub(duration);
    rows.map_err(|finding| if let Finding::Failed(why) = finding { Finding::Inconclusive(why) } else { finding })
}
