//! What programs inside the containers say: the application's own one-liners, `alembic`, `psql` and `curl`. Never guesses
//! what an unknown script would do.

use std::collections::BTreeMap;

use crate::base::{Value, json};
use crate::drill::container::http::{Request, ask, reason};
use crate::drill::container::{Place, Settings, database_url, mail_can_be_reached};
use crate::world::sandbox::database::{Database, SqlProblem};
use crate::world::sandbox::service::{Phase, Status};

use super::{Question, Reply, container, files, refused, status};
use crate::drill::stand_in::alembic::{self, APPLICATION};
use crate::drill::stand_in::block_on;

/// Answers `docker compose exec`.
pub(super) fn exec(question: &Question<'_>, words: &[&str]) -> Reply {
    let words = words.strip_prefix(&["-T"]).unwrap_or(words);
    let Some((&service, command)) = words.split_first() else { return refused(question) };
    let status = match status(question, service) {
        Some(status) if status.phase == Phase::Running => status,
        Some(status) if status.phase != Phase::Completed => {
            let name = container(service);
            return Err(format!("Error response from daemon: Container {name} is restarting, wait until the container is running"));
        }
        _ => return Err(format!("service {service:?} is not running")),
    };
    let command = command.strip_prefix(&["uv", "run"]).unwrap_or(command);
    let settings = Settings::of(&status);
    match (service, command) {
        (_, ["env" | "printenv"]) => Ok(status.env.iter().map(|(name, value)| format!("{name}={value}\n")).collect()),
        ("backend", ["alembic", rest @ ..]) => alembic::answer(question, &APPLICATION, &database_url(&settings), rest),
        ("backend", ["python", "-c", script]) => python(question, &settings, &status, script),
        ("backend" | "frontend", ["curl", rest @ ..]) => curl(question, rest),
        ("db", ["pg_isready", ..]) => match psql(question, None, "SELECT 'yes'") {
            Ok(_) => Ok("/var/run/postgresql:5432 - accepting connections\n".to_owned()),
            Err(_) => Err("/var/run/postgresql:5432 - no response".to_owned()),
        },
        ("db", ["psql", "-U", user, "-d", database, "-tAc" | "-c", statement]) => psql(question, Some((user, database)), statement),
        ("frontend", ["ls", path]) => {
            let below = path.trim_start_matches("/usr/share/nginx/html").trim_matches('/');
            let folder = Place::of(question.folder).image("frontend").join("html").join(below);
            let entries = std::fs::read_dir(folder).map_err(|_| format!("ls: {path}: No such file or directory"))?;
            let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            Ok(names.iter().map(|name| format!("{name}\n")).collect())
        }
        ("frontend", ["cat", "/etc/nginx/conf.d/default.conf"]) => {
            std::fs::read_to_string(Place::of(question.folder).image("frontend").join("nginx.conf")).map_err(|error| error.to_string())
        }
        _ => refused(question),
    }
}

/// The one-shot container that applies migrations.
pub(super) fn prestart(question: &Question<'_>) -> Reply {
    let status = Status { env: files::variables(question)?, ..status(question, "db").ok_or("service \"db\" has no container")? };
    alembic::answer(question, &APPLICATION, &database_url(&Settings::of(&status)), &["upgrade", "head"])
}

/// The application's one-liners.
fn python(question: &Question<'_>, settings: &Settings, status: &Status, script: &str) -> Reply {
    let place = Place::of(question.folder);
    let flag = |yes: bool| Ok(if yes { "True\n" } else { "False\n" }.to_owned());
    if script.contains("json.dumps(dict(os.environ))") {
        return Ok(json!(status.env).to_string() + "\n");
    }
    if script.contains("engine.connect()") {
        let connected = block_on(Database::connect(&database_url(settings)))?;
        return connected
            .map(|_| String::new())
            .map_err(|problem| format!("sqlalchemy.exc.OperationalError: could not connect to server: {problem}"));
    }
    if script.contains("smtplib") {
        return block_on(mail_can_be_reached(settings, &place))?.map(|()| "ok\n".to_owned());
    }
    if script.contains("len(settings.SECRET_KEY)") {
        return Ok(format!("{}\n", settings.get("SECRET_KEY").chars().count()));
    }
    if script.contains("settings.emails_enabled") {
        return flag(settings.emails_enabled());
    }
    let printed = script.rsplit_once("print(settings.").map(|(_, rest)| rest.trim_end().trim_end_matches(')'));
    match printed {
        Some(name) if status.env.contains_key(name) && !name.contains("PASSWORD") && !name.contains("KEY") => {
            Ok(format!("{}\n", settings.get(name)))
        }
        Some("ACCESS_TOKEN_EXPIRE_MINUTES") => Ok("11520\n".to_owned()),
        Some("SMTP_HOST" | "EMAILS_FROM_EMAIL") => Ok("None\n".to_owned()),
        _ => refused(question),
    }
}

/// `curl` inside a container, where the API is on port 8000 and the frontend on port 80.
fn curl(question: &Question<'_>, words: &[&str]) -> Reply {
    let mut request = Request { method: "GET".to_owned(), path: String::new(), headers: BTreeMap::new(), body: String::new() };
    let (mut fails, mut written, mut port, mut is_shown) = (false, None, "site", true);
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "-X" => (*words.next().ok_or("curl: option -X: requires parameter")?).clone_into(&mut request.method),
            "-H" => {
                let header = piped(words.next().ok_or("curl: option -H: requires parameter")?)?;
                let header = header.split_once(':').ok_or("curl: option -H: requires parameter")?;
                request.headers.insert(header.0.to_ascii_lowercase(), header.1.trim().to_owned());
            }
            "-d" => {
                request.body = piped(words.next().ok_or("curl: option -d: requires parameter")?)?;
                "POST".clone_into(&mut request.method);
            }
            "-o" => is_shown = words.next().is_none(),
            "-w" => written = words.next(),
            flags if flags.starts_with('-') && flags[1..].chars().all(|flag| "fsS".contains(flag)) => fails |= flags.contains('f'),
            url if !url.starts_with('-') => {
                let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap_or((url, ""));
                port = if host.ends_with(":8000") { "api" } else { "site" };
                request.path = format!("/{path}");
            }
            _ => return refused(question),
        }
    }
    let port = Place::of(question.folder).port(port)?;
    let answer = block_on(ask(port, &request))?.map_err(|why| format!("curl: (7) Failed to connect to localhost: {why}"))?;
    if fails && answer.status >= 400 {
        return Err(format!("curl: (22) The requested URL returned error: {} {}", answer.status, reason(answer.status)));
    }
    let mut said = if is_shown { answer.body } else { String::new() };
    if let Some(format) = written {
        said.push_str(&format.replace("%{http_code}", &answer.status.to_string()).replace("\\n", "\n"));
    }
    Ok(said)
}

/// An argument, or what comes through a pipe where the argument says so.
fn piped(argument: &str) -> Reply {
    match argument {
        "@-" => std::io::read_to_string(std::io::stdin()).map_err(|error| error.to_string()),
        _ => Ok(argument.to_owned()),
    }
}

/// What `psql` prints of a statement without a header: the columns of each row with a bar between. It asks as a role in
/// a database, or as the container does of itself.
fn psql(question: &Question<'_>, role: Option<(&str, &str)>, statement: &str) -> Reply {
    let port = Place::of(question.folder).port("db")?;
    let own = status(question, "db").ok_or("the database has no container")?.env;
    let own = |name: &str| own.get(name).cloned().unwrap_or_default();
    let (user, database) =
        role.map_or_else(|| (own("POSTGRES_USER"), own("POSTGRES_DB")), |(user, name)| (user.to_owned(), name.to_owned()));
    let url = format!("postgresql://{user}@127.0.0.1:{port}/{database}?sslmode=disable");
    let said = |problem: SqlProblem| format!("psql: error: {problem}");
    block_on(async {
        let database = Database::connect(&url).await.map_err(said)?;
        if !statement.trim_start().to_ascii_uppercase().starts_with("SELECT") {
            return database.run(statement).await.map(|()| String::new()).map_err(said);
        }
        let statement = format!("SELECT to_json(q)::text FROM ({}) q", statement.trim_end().trim_end_matches(';'));
        let rows = database.rows(&statement, &[]).await.map_err(said)?;
        Ok(rows.into_iter().flatten().flatten().map(|row| columns(&row) + "\n").collect())
    })?
}

fn columns(row: &str) -> String {
    let Ok(Value::Object(columns)) = row.parse::<Value>() else { return row.to_owned() };
    let text =
        |value: &Value| value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned);
    columns.values().map(text).collect::<Vec<_>>().join("|")
}
