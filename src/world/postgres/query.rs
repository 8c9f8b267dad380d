//! The `sql` and `probe` checks: a question in a transaction that is always rolled back. A missing table is
//! an answer; a server that cannot be asked is none. Never commits.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::base::redact::Masker;
use crate::base::{Value, Values};
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::sql::Statement;
use crate::world::clock::Stopwatch;
use crate::world::stop::{GaveUp, Stop};

use super::ladder::Climb;
use super::parameter::{TextColumn, TextParameter, untyped};
use super::pool::Lent;
use super::{Server, Session, failure, identifier, table};

/// Rows of an answer; more is a question badly put.
const MOST_ROWS: usize = 10_000;

/// Bytes of an answer.
const MOST_BYTES: usize = 1 << 20;

/// A question to a server.
pub struct Question<'q> {
    /// One statement that reads, or those of a probe, which may write.
    pub statements: &'q [Statement],
    /// Whether the server is told to refuse writing.
    pub read_only: bool,
    /// A weaker role to ask as.
    pub role: Option<&'q str>,
    /// How long it may take, waiting for a free connection not counted.
    pub timeout: Duration,
    /// Whether the server spells every name but its own with its schema, whatever the role's search path.
    pub qualified: bool,
}

/// Why there are no rows.
enum Trouble {
    GaveUp(GaveUp),
    /// The time ran out at this rung, before there was a connection.
    TimedOutAt(&'static str),
    /// Why there is no connection.
    Unreached(String),
    Server(tokio_postgres::Error),
    Cut(&'static str),
    Ambiguous(String),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Server(error)
    }
}

impl From<GaveUp> for Trouble {
    fn from(why: GaveUp) -> Self {
        Self::GaveUp(why)
    }
}

/// Asks it; what people read of its rows is masked.
pub async fn ask(server: &Server, question: &Question<'_>, masker: &Masker, stop: Stop) -> Answer {
    match fetch(server, question, stop).await {
        (Ok(rows), duration) => answer(rows, duration, masker),
        (Err(finding), duration) => Answer { finding, ..Answer::inconclusive("", duration) },
    }
}

/// The rows of its answer, or why there are none, and how long that took.
pub(super) async fn fetch(server: &Server, question: &Question<'_>, mut stop: Stop) -> (Result<Vec<Values>, Finding>, Duration) {
    let waited = Stopwatch::start();
    let permit = tokio::select! {
        permit = server.permit() => permit,
        () = stop.stopped() => None,
    };
    if permit.is_none() {
        return (Err(Finding::Cancelled), waited.elapsed());
    }
    let watch = Stopwatch::start();
    let rows = rows(server, question, &watch, &mut stop).await;
    (rows.map_err(|trouble| finding(&trouble, question.timeout)), watch.elapsed())
}

fn finding(trouble: &Trouble, timeout: Duration) -> Finding {
    let timed_out = || Finding::TimedOut(format!("query: no answer within {timeout:?}"));
    match trouble {
        Trouble::GaveUp(GaveUp::Stopped) => Finding::Cancelled,
        Trouble::GaveUp(GaveUp::TimedOut) => timed_out(),
        Trouble::TimedOutAt(rung) => Finding::TimedOut(format!("{rung}: no answer within {timeout:?}")),
        Trouble::Unreached(why) => Finding::Inconclusive(why.clone()),
        Trouble::Server(error) if failure::is_missing(error) => Finding::Failed(failure::sentence(error)),
        Trouble::Server(error) if failure::is_timeout(error) => timed_out(),
        Trouble::Server(error) if failure::is_lost(error) => Finding::Inconclusive(format!("query: {}", failure::sentence(error))),
        Trouble::Server(error) => Finding::Inconclusive(failure::sentence(error)),
        Trouble::Cut(what) => Finding::Inconclusive(format!("the answer was cut by a cap: {what}")),
        Trouble::Ambiguous(name) => Finding::Inconclusive(format!("two columns are called {name:?}; give each a name of its own with AS")),
    }
}

fn answer(rows: Vec<Values>, duration: Duration, masker: &Masker) -> Answer {
    let value = rows.first().and_then(|row| row.values().next()).cloned().unwrap_or(Value::Null);
    let summary = match rows.as_slice() {
        [] => "no rows".to_owned(),
        [row] => match row.iter().next() {
            Some((name, value)) if row.len() == 1 => format!("{name} = {value}"),
            _ => "1 row".to_owned(),
        },
        rows => format!("{} rows", rows.len()),
    };
    let seen = table::draw(&rows, masker);
    let mut values = Values::new();
    values.insert("row_count".to_owned(), rows.len().into());
    values.insert("rows".to_owned(), rows.into_iter().map(Value::Object).collect());
    values.insert("value".to_owned(), value);
    values.insert("ms".to_owned(), crate::base::stamp::milliseconds(duration).into());
    Answer { finding: Finding::Answered { own: None, summary }, values, seen, duration }
}

/// One connection, and a second try on a new one where a connection from earlier turns out to be broken.
async fn rows(server: &Server, question: &Question<'_>, watch: &Stopwatch, stop: &mut Stop) -> Result<Vec<Values>, Trouble> {
    loop {
        let mut way = Climb::default();
        let lent = tokio::select! {
            lent = server.lend(&mut way) => Some(lent.map_err(|why| Trouble::Unreached(why.to_string()))?),
            () = stop.stopped() => return Err(GaveUp::Stopped.into()),
            () = tokio::time::sleep(question.timeout.saturating_sub(watch.elapsed())) => None,
        };
        let lent = lent.ok_or_else(|| Trouble::TimedOutAt(way.rung()))?;
        let remaining = question.timeout.saturating_sub(watch.elapsed());
        let exchange = lent.session.unless_given_up(stop, Some(remaining), exchange(&lent, question)).await?;
        match exchange {
            Exchange::NotBegun(error) if lent.was_idle && failure::is_lost(&error) => {}
            Exchange::NotBegun(error) => return Err(error.into()),
            Exchange::Cut(what) => {
                // The rest is still under way: that connection is better closed than emptied.
                lent.session.cancel().await;
                return Err(Trouble::Cut(what));
            }
            Exchange::Over { rows, tidied } => {
                let timed_out = matches!(&rows, Err(Trouble::Server(error)) if failure::is_timeout(error));
                if tidied.is_ok() && !timed_out {
                    server.take_back(lent);
                }
                return rows;
            }
        }
    }
}

/// How far a transaction got.
enum Exchange {
    /// It has not begun.
    NotBegun(tokio_postgres::Error),
    /// The answer was too long, and is not all here.
    Cut(&'static str),
    /// It has ended, well or not; `tidied` says whether anything may be left of it.
    Over { rows: Result<Vec<Values>, Trouble>, tidied: Result<(), tokio_postgres::Error> },
}

/// Begins a transaction, asks, and ends it. What only reads travels in one go, since most of a quick question's time
/// is spent on the way; it says itself that it may be answered in a read-only transaction alone, lest a server or
/// pooler that cannot begin one goes on with the rest.
async fn exchange(lent: &Lent, question: &Question<'_>) -> Exchange {
    let begin = begin(question);
    let beginning = async { lent.session.client.batch_execute(&begin).await.map_err(Exchange::NotBegun) };
    let one = match question.statements {
        [statement] if question.read_only => wrapped(statement, true).map(|text| (statement, text)),
        _ => None,
    };
    let Some((statement, text)) = one else {
        if let Err(not_begun) = beginning.await {
            return not_begun;
        }
        return match read_all(&lent.session, question.statements).await {
            Err(Trouble::Cut(what)) => Exchange::Cut(what),
            rows => Exchange::Over { rows, tidied: lent.tidy().await },
        };
    };
    let rows = async {
        match read(&lent.session, statement, Some(&text)).await {
            Err(Trouble::Cut(what)) => Err(Exchange::Cut(what)),
            rows => Ok(rows),
        }
    };
    // Whether it has begun is known first, and nobody waits for what follows where it has not.
    match tokio::try_join!(biased; beginning, rows, async { Ok(lent.tidy().await) }) {
        Ok(((), rows, tidied)) => Exchange::Over { rows, tidied },
        Err(exchange) => exchange,
    }
}

fn begin(question: &Question<'_>) -> String {
    let mut begin = format!(
        "BEGIN{}; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = '1s'; SET LOCAL standard_conforming_strings = on",
        if question.read_only { " READ ONLY" } else { "" },
        crate::base::stamp::milliseconds(question.timeout).clamp(1, 2_000_000_000),
    );
    if question.qualified {
        begin.push_str("; SET LOCAL search_path = pg_catalog, pg_temp");
    }
    if let Some(role) = question.role {
        begin.push_str("; SET LOCAL ROLE ");
        begin.push_str(&identifier(role));
    }
    begin
}

/// The rows of the last statement that returns any.
async fn read_all(session: &Session, statements: &[Statement]) -> Result<Vec<Values>, Trouble> {
    let mut rows = Vec::new();
    for statement in statements {
        if statement.returns_rows {
            rows = read(session, statement, wrapped(statement, false).as_deref()).await?;
        } else {
            let values: Vec<TextParameter<'_>> = statement.parameters.iter().map(|value| TextParameter(value)).collect();
            session.client.execute_typed(&statement.text, &untyped(&values)).await?;
        }
    }
    Ok(rows)
}

/// The rows of a statement; `json` is the statement as [`wrapped`] has it, if it can be.
async fn read(session: &Session, statement: &Statement, json: Option<&str>) -> Result<Vec<Values>, Trouble> {
    let values: Vec<TextParameter<'_>> = statement.parameters.iter().map(|value| TextParameter(value)).collect();
    let stream = session.client.query_typed_raw(json.unwrap_or_else(|| bare(statement)), untyped(&values)).await?;
    let mut stream = std::pin::pin!(stream);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = stream.next().await {
        let row = row?;
        let fields = if json.is_some() {
            let TextColumn(row) = row.try_get(0)?;
            bytes += row.len();
            if bytes > MOST_BYTES {
                return Err(Trouble::Cut("1 MiB of rows"));
            }
            fields(&row)?
        } else {
            let mut fields = Values::new();
            for (n, column) in row.columns().iter().enumerate() {
                let value: Option<TextColumn> = row.try_get(n)?;
                bytes += value.as_ref().map_or(0, |TextColumn(text)| text.len());
                fields.insert(column.name().to_owned(), value.map_or(Value::Null, |TextColumn(text)| text.into()));
            }
            fields
        };
        if rows.len() == MOST_ROWS {
            return Err(Trouble::Cut("10,000 rows"));
        }
        if bytes > MOST_BYTES {
            return Err(Trouble::Cut("1 MiB of rows"));
        }
        rows.push(fields);
    }
    Ok(rows)
}

fn bare(statement: &Statement) -> &str {
    statement.text.trim_end().trim_end_matches(';')
}

/// The statement so that each row comes as one JSON text: types without a binary form then need no special
/// case. Nothing for statements that cannot stand inside another one; theirs are texts anyway.
///
/// With `only_reading`, outside a read-only transaction nothing of it is run. The condition names no column, so the
/// server evaluates it once, before it begins.
fn wrapped(statement: &Statement, only_reading: bool) -> Option<String> {
    let text = bare(statement);
    let row = format!("left(to_json(q)::text, {})", MOST_BYTES + 1);
    // A line break before the bracket, lest a comment at the end swallow it.
    match statement.what.split_whitespace().next().unwrap_or_default().to_ascii_uppercase().as_str() {
        "SHOW" | "EXPLAIN" | "CALL" | "EXECUTE" | "FETCH" => None,
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" => Some(format!("WITH q AS ({text}\n) SELECT {row} FROM q")),
        _ => {
            let condition = if only_reading { "WHERE pg_catalog.current_setting('transaction_read_only')::bool " } else { "" };
            Some(format!("SELECT {row} FROM ({text}\n) q {condition}LIMIT {}", MOST_ROWS + 1))
        }
    }
}

/// A row, its columns in their order.
fn fields(json: &str) -> Result<Values, Trouble> {
    let row: Row = serde_json::from_str(json).map_err(|_| Trouble::Cut("a row that is no JSON"))?;
    let mut fields = Values::with_capacity(row.0.len());
    for (name, value) in row.0 {
        if fields.contains_key(&name) {
            return Err(Trouble::Ambiguous(name));
        }
        fields.insert(name, value);
    }
    Ok(fields)
}

/// A JSON object that may name a field twice.
struct Row(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Row;
            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("a row")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Row(fields))
            }
        }
        from.deserialize_map(Fields)
    }
}
