//! What became of a transaction. Whatever goes wrong around its COMMIT, the server that it is on is asked by the
//! transaction's id, over new connections, until it knows. Never sends a COMMIT twice, and never takes another server's
//! word.

use std::pin::pin;
use std::time::Duration;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::engine::attempt::RemediationNews;
use crate::timeline::event::{Committing, Outcome, Problem, ServerFacts};
use crate::world::clock::Stopwatch;
use crate::world::stop::Stop;

use super::parameter::{TextParameter, untyped};
use super::{Server, Session, failure, identity};

/// How long the answer to a COMMIT may take before the server is asked beside it. Almost all come within milliseconds.
const ANSWER: Duration = Duration::from_secs(5);

/// How long an outcome is asked for: a restart of a server rarely takes longer.
const ASKING: Duration = Duration::from_secs(10);

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// Ends our own backend if it still waits for a COMMIT that was lost on the way: it would hold its locks until the network
/// is given up, which can take hours. One that is at work is left alone, for it may be committing.
const END_OUR_OWN: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user \
     AND backend_xid::text = ($1::text::numeric % 4294967296)::text AND state LIKE 'idle in transaction%'";

/// Commits what is open on a connection. Its id and its server are on disk by now.
pub(super) async fn commit(
    session: &Session,
    server: &Server,
    transaction: &str,
    facts: &ServerFacts,
    stop: &mut Stop,
) -> (Outcome, Option<Problem>) {
    let mut committing = pin!(session.client.batch_execute("COMMIT"));
    let mut answer = tokio::select! {
        biased;
        answer = &mut committing => Some(answer),
        _ = stop.or_after(Some(ANSWER)) => None,
    };
    let mut found = None;
    if answer.is_none() {
        tokio::select! {
            biased;
            late = &mut committing => answer = Some(late),
            asked = outcome(server, transaction, facts) => found = Some(asked),
        }
    }
    if matches!(answer, Some(Ok(()))) {
        return (Outcome::Committed, None);
    }
    // Whatever it says: an error may well come from something between here and the server.
    let error = answer.and_then(Result::err);
    let (outcome, why) = match found {
        Some(found) => found,
        None => outcome(server, transaction, facts).await,
    };
    let problem = match (outcome, error) {
        (Outcome::Committed, _) => None,
        (_, None) => Some(Problem { message: why.unwrap_or_else(|| "the COMMIT did not arrive".to_owned()), ..Problem::default() }),
        (_, Some(error)) => {
            let problem = failure::problem(&error, None);
            let message = why.map_or_else(|| problem.message.clone(), |why| format!("{}; {why}", problem.message));
            Some(Problem { message, ..problem })
        }
    };
    (outcome, problem)
}

/// Asks for the outcome of a transaction that was about to be committed when this program ended.
pub(in crate::world) async fn find(server: &Server, committing: &Committing) -> RemediationNews {
    let watch = Stopwatch::start();
    let (outcome, why) = outcome(server, &committing.transaction, &committing.server).await;
    settled(committing, outcome, why, watch.elapsed())
}

/// That the outcome of a transaction cannot be asked for.
pub(in crate::world) fn unknown(committing: &Committing, why: String) -> RemediationNews {
    settled(committing, Outcome::Unknown, Some(why), Duration::ZERO)
}

fn settled(committing: &Committing, outcome: Outcome, why: Option<String>, duration: Duration) -> RemediationNews {
    RemediationNews::Settled {
        outcome,
        results: Vec::new(),
        problem: why.map(|message| Problem { message, ..Problem::default() }),
        transaction: Some(committing.transaction.clone()),
        exit: None,
        seen: String::new(),
        duration,
    }
}

/// What became of a transaction; for one that stays unknown, why.
async fn outcome(server: &Server, transaction: &str, meant: &ServerFacts) -> (Outcome, Option<String>) {
    let mut last = "the server did not answer".to_owned();
    let asking = async {
        loop {
            match ask(server, transaction, meant).await {
                Ok(Status::Committed) => return (Outcome::Committed, None),
                Ok(Status::Aborted) => return (Outcome::RolledBack, None),
                Ok(Status::Undecidable(why)) => return (Outcome::Unknown, Some(why)),
                Ok(Status::NotYet(why)) | Err(why) => last = why,
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let asked = tokio::time::timeout(ASKING, asking).await;
    asked.unwrap_or_else(|_| (Outcome::Unknown, Some(format!("its outcome was asked for in vain: {last}"))))
}

enum Status {
    Committed,
    Aborted,
    /// Nothing to be had now; why.
    NotYet(String),
    /// Nothing to be had ever; why.
    Undecidable(String),
}

async fn ask(server: &Server, transaction: &str, meant: &ServerFacts) -> Result<Status, String> {
    let session = server.connect().await.map_err(|why| why.to_string())?;
    ask_over(&session, transaction, meant).await.map_err(|error| failure::sentence(&error))
}

async fn ask_over(session: &Session, transaction: &str, meant: &ServerFacts) -> Result<Status, Error> {
    let Some(who) = identity::who(&session.client).await? else {
        return Ok(Status::NotYet("the server does not say who it is".to_owned()));
    };
    if who.facts.in_recovery {
        return Ok(Status::NotYet("the server is in recovery".to_owned()));
    }
    if let Some(doubt) = identity::doubt(&who.facts, meant) {
        return Ok(Status::Undecidable(doubt));
    }
    let question = if who.modern { "SELECT pg_xact_status($1::text::xid8)" } else { "SELECT txid_status($1::text::bigint)" };
    let parameter = [TextParameter(transaction)];
    let rows = match session.client.query_typed(question, &untyped(&parameter)).await {
        // A number that was not given yet: a crash took the transaction with it.
        Err(error) if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) => return Ok(Status::Aborted),
        rows => rows?,
    };
    let status: Option<String> = rows.first().map(|row| row.try_get(0)).transpose()?.flatten();
    Ok(match status.as_deref() {
        Some("committed") => Status::Committed,
        Some("aborted") => Status::Aborted,
        Some(other) => {
            let _ = session.client.query_typed(END_OUR_OWN, &untyped(&parameter)).await;
            Status::NotYet(format!("the server says it is {other}"))
        }
        None => Status::Undecidable("it is too long ago for the server to remember".to_owned()),
    })
}
