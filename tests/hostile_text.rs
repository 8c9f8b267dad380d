//! Text that nobody vouches for, through the real binary and every way out of it: a secret that comes back in many spellings leaves
//! in none, and what would move a terminal moves none. Never looks at what the program thinks; only at what left it.
#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "terminal/door.rs"]
#[expect(dead_code, reason = "only a part of the door is gone through here")]
mod door;
#[path = "fuzz/properties/spell.rs"]
mod spell;

use std::io::{BufRead as _, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use door::Terminal;
use fracas::world::sandbox::Sandbox;
use spell::{base64, spellings};

const PAGE_DOWN: &str = "\x1b[6~";

/// A folder with a runbook, its settings and its state, and the variables the program gets.
struct Place {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
    /// What the team's channel heard.
    told: Arc<Mutex<Vec<u8>>>,
}

impl Place {
    fn new(runbook: &str, mut variables: Vec<(&'static str, String)>) -> Self {
        let (port, told) = channel();
        variables.push(("CHANNEL", format!("http://127.0.0.1:{port}/{TOKEN}")));
        let place = Self { folder: tempfile::tempdir().unwrap(), variables, told };
        std::fs::create_dir(place.path("fracas")).unwrap();
        std::fs::write(place.path("fracas/config.yaml"), CONFIG).unwrap();
        std::fs::write(place.path("book.yaml"), runbook).unwrap();
        let trusted = place.fracas(&["trust", "book.yaml", "--yes"]);
        assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn fracas(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).env_remove("DATABASE_URL").env("USER", "ann");
        command.env("HOME", self.folder.path()).env("FRACAS_STATE", self.path("state")).env("XDG_CONFIG_HOME", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (*name, value))).output().unwrap()
    }

    /// Walks the incident in a terminal: every check, the remediation, and out. What the terminal got.
    fn walk(&self) -> Vec<u8> {
        let mut command = door::fracas(self.folder.path(), &["run", "./book.yaml", "--as", "ann"]);
        command.env("FRACAS_STATE", self.path("state"));
        command.env("XDG_CONFIG_HOME", self.folder.path());
        command.env("HOME", self.folder.path());
        self.variables.iter().for_each(|(name, value)| command.env(name, value));
        let mut terminal = Terminal::start(command, (120, 40));
        terminal.until("Enter  ");
        terminal.press("A");
        terminal.until("is asked last");
        let mut before = String::new();
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while !self.journal().contains(r#""kind":"remediation_settled""#) {
            assert!(std::time::Instant::now() < deadline, "nothing was applied:\n{}\n{}", terminal.contents(), self.journal());
            let shown = terminal.contents();
            if shown != before {
                let keys = [("you can consent", PAGE_DOWN), ("y  run this now", "y"), ("Enter  ", "\r")];
                if let Some((_, keys)) = keys.into_iter().find(|(says, _)| shown.contains(says)) {
                    terminal.press(keys);
                }
                before = shown;
            }
            terminal.take_in(Duration::from_millis(200));
        }
        // Whatever a last key opened is closed first, and an Esc is told from the key behind it.
        while !terminal.shows("Leave?") {
            assert!(std::time::Instant::now() < deadline, "it is not left:\n{}", terminal.contents());
            terminal.press(if terminal.enter().is_some() { "q" } else { "\x1b" });
            while terminal.take_in(Duration::from_millis(300)) {}
        }
        terminal.press("\r");
        terminal.ends(Duration::from_secs(30));
        terminal.raw.clone()
    }

    fn journal(&self) -> String {
        let folders = std::fs::read_dir(self.path("state/incidents")).into_iter().flatten();
        folders.map(|folder| std::fs::read_to_string(folder.unwrap().path().join("journal.jsonl")).unwrap_or_default()).collect()
    }

    /// Everything that the program leaves or says, by its name.
    fn ways_out(&self) -> Vec<(String, Vec<u8>)> {
        let mut out = vec![("terminal".to_owned(), self.walk()), ("journal".to_owned(), self.journal().into_bytes())];
        let told = self.told.lock().unwrap().clone();
        assert!(String::from_utf8_lossy(&told).contains("opened by ann"), "the channel heard nothing");
        out.push(("webhook".to_owned(), told));
        let calls: [&[&str]; 10] = [
            &["check", "./book.yaml"],
            &["check", "./book.yaml", "--format", "json"],
            &["check", "./book.yaml", "--format", "junit"],
            &["timeline", "latest"],
            &["timeline", "latest", "--json"],
            &["export", "latest", "--format", "markdown"],
            &["export", "latest", "--format", "json"],
            &["export", "latest", "--format", "csv"],
            &["export", "latest", "--format", "html"],
            &["export", "latest", "--format", "svg"],
        ];
        for arguments in calls {
            let Output { stdout, stderr, .. } = self.fracas(arguments);
            assert!(!stdout.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
            out.push((format!("{arguments:?}"), stdout));
            out.push((format!("{arguments:?} on standard error"), stderr));
        }
        out
    }
}

/// What every book here begins with.
const HEAD: &str = "version: 1
id: book
title: Book
inputs:
  input: { ask: The secret, secret: true, env: ROW_INPUT }
targets:
  database: { postgres: { env: ROW_URL } }
phases:
  - title: Look
    steps:
      - title: Everything
        checks:";

/// What the team's settings say.
const CONFIG: &str = "redact: ['card ([0-9-]+)']\nwebhooks: [{ name: team, url: 'env:CHANNEL' }]\n";

/// A channel of the team, and the bodies of what it heard.
fn channel() -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = std::io::BufReader::new(stream.unwrap());
            let mut length = 0;
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                length = line.strip_prefix("content-length: ").map_or(length, |length| length.trim().parse().unwrap());
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            heard.lock().unwrap().extend(body);
            let _ = stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (port, told)
}

/// A server that answers every request with what it was asked, and `more` as a header.
fn echoing(more: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 8192];
            let read = stream.read(&mut request).unwrap();
            let body = [&request[..read], more.as_bytes()].concat();
            let head = format!("HTTP/1.1 500 Oh\r\nX-Asked: {more}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    port
}

fn sandbox(runtime: &tokio::runtime::Runtime) -> Sandbox {
    runtime.block_on(Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None)).unwrap()
}

/// The secrets, one for each way in; each with what is hard about quoting.
const PASSWORD: &str = r#"Tr0ub4dor&3'"/+x y"#;
const INPUT: &str = r#"1nput'"\s3cret?"#;
const VARIABLE: &str = "v4riable=T0ken/+";
const DOTENV: &str = "d0tenv-f0und-Late";
const JSON: &str = "pr1nted'as-json";
const TOKEN: &str = "ch4nnel-t0ken/of-the-team";
const CARD: &str = "4929-1234-0000";

#[test]
fn a_secret_leaves_in_no_spelling_by_no_way_out() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = sandbox(&runtime);
    let port = echoing("");
    let marks = tempfile::tempdir().unwrap();
    let lines = marks.path().join("lines");
    let encoders = r#"
      printf '%s' "$T" | base64 -w0; echo; printf 'x%s' "$T" | base64; printf 'xy%s' "$T" | base64 | tr '+/' '-_';
      printf '%s' "$T" | od -An -v -tx1 | tr -d ' \n'; echo; printf '%s' "$T" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%'; echo;
      printf '%s' "$T" | sed 's/[\\"]/\\&/g'; echo; printf '%s' "$T" | sed "s/'/''/g"; echo; echo "as it is: $T" >&2;
      cat /proc/self/cmdline /proc/$$/cmdline /proc/$PPID/cmdline >> LINES"#;
    let encoders = encoders.replace("LINES", &lines.display().to_string());
    let book = format!(
        r#"{HEAD}
          - id: dotenv
            title: A file and what a program prints are read
            env: {{ of: {{ file: secrets.env }}, like: {{ command: cat printed.json }}, require: {{ SOME_PASSWORD: set }} }}
          - title: A row
            sql: "SELECT :'input' AS plain, encode(convert_to(:'input', 'UTF8'), 'base64') AS coded, to_json(:'input'::text)::text AS json, repeat('x', 190) || :'input' AS late"
            expect: value == "y"
          - {{ title: An error, sql: "SELECT (:'input')::int", expect: value == 1 }}
          - title: A command with an input
            command: 'T="$input"; {encoders_1}'
            expect: stdout == "y"
          - title: A command with a connection
            command: 'T="$DATABASE_URL"; {encoders_1}'
            env: {{ DATABASE_URL: target.database }}
            expect: stdout == "y"
          - title: A command with a variable
            command: 'T="$ROW_TOKEN"; {encoders_1}; exit 3'
          - title: A command with the address of a channel
            command: 'T="$CHANNEL"; {encoders_1}; exit 3'
          - title: What a file and a program said
            when: 'checks["dotenv"].passed or checks["dotenv"].failed'
            command: cat secrets.env printed.json; exit 1
          - title: Over the border of a read
            command: 'head -c 65530 /dev/zero | tr "\0" x; printf "%s" "$input"; printf "%s" "${{input%%???????}}"; printf "%s" "${{input#????????}}"; exit 1'
          - title: Cut at its end
            command: 'head -c 1048570 /dev/zero | tr "\0" x; for n in 1 2 3 4 5 6; do printf "%s" "$input"; done; exit 1'
          - {{ title: A request, http: {{ url: 'http://127.0.0.1:{port}/a?t={{{{ input }}}}' }}, expect: status == 200 }}
          - {{ title: Nobody there, http: {{ url: 'http://127.0.0.1:1/{{{{ input }}}}' }} }}
          - {{ title: A log, log: {{ file: a.log, none_of: [seen] }} }}
          - {{ title: A number of a card, command: cat cards.txt; exit 1 }}
          - {{ title: is asked last, command: exit 1 }}
        remediations:
          - title: Say it
            sql: "SELECT set_config('row.input', :'input', true); DO $$ BEGIN RAISE NOTICE 'noticed %', current_setting('row.input'); END $$; CREATE TABLE said ()"
success:
  - {{ title: Done, task: true }}
"#,
        encoders_1 = encoders.replace('\'', "''").replace('\n', " "),
    );
    let percent: String = PASSWORD.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let url =
        format!("postgresql://postgres:{percent}@{}/postgres?sslmode=disable", sandbox.folder().display().to_string().replace('/', "%2F"));
    let variables = vec![("ROW_URL", url), ("ROW_INPUT", INPUT.to_owned()), ("ROW_TOKEN", VARIABLE.to_owned())];
    let place = Place::new(&book, variables);
    std::fs::write(place.path("secrets.env"), format!("SOME_PASSWORD={DOTENV}\n")).unwrap();
    std::fs::write(place.path("printed.json"), format!(r#"{{"api_key": "{JSON}"}}"#)).unwrap();
    std::fs::write(place.path("a.log"), format!("seen {INPUT} and {VARIABLE}\n")).unwrap();
    std::fs::write(place.path("cards.txt"), format!("card {CARD} of {VARIABLE}\n")).unwrap();

    let mut out = place.ways_out();
    out.push(("arguments of its children".to_owned(), std::fs::read(&lines).unwrap()));
    let journal = String::from_utf8_lossy(&out[1].1).into_owned();
    for reached in ["noticed", "invalid input syntax", "500", "seen", "card", "cut at 1 MiB"] {
        assert!(journal.contains(reached), "no {reached} in {journal}");
    }
    for secret in [PASSWORD, INPUT, VARIABLE, DOTENV, JSON, TOKEN, CARD] {
        for (way, bytes) in &out {
            let text = String::from_utf8_lossy(bytes);
            // The timeline's own JSON escapes once more, and a report for people as well.
            let mut wanted = spellings(secret);
            wanted.extend((0..3).flat_map(|lead| {
                let (first, last) = ((lead * 8_usize).div_ceil(6), (lead + secret.len()) * 8 / 6);
                [true, false].map(|url_safe| base64(format!("{}{secret}", &"xyz"[..lead]).as_bytes(), url_safe)[first..last].to_owned())
            }));
            let found = wanted.iter().find(|spelled| text.contains(spelled.as_str()));
            assert_eq!(found, None, "{secret:?} by {way}:\n{text}");
        }
    }
}

/// Everything that could move a terminal or deceive a reader, each with what a terminal would get.
const HOSTILE: &str = "\u{1b}]52;c;aGk=\u{7}\u{1b}[2J\u{9b}2J\r\u{8}\u{202e}\u{200b}\u{e0041}\u{feff}";

/// Bytes of it that no way out may hold. Of the sequences that a screen uses itself, those it never does.
const RAW: [&[u8]; 8] = [
    b"\x1b]52",
    b"\x07",
    b"\xc2\x9b",
    b"\x08",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{e0041}".as_bytes(),
    "\u{feff}".as_bytes(),
];

#[test]
fn what_would_move_a_terminal_is_shown_as_it_is_written() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = sandbox(&runtime);
    let port = echoing("header \u{202e}\u{200b}\u{e0041} end");
    let octal: String = HOSTILE.bytes().map(|byte| format!("\\{byte:03o}")).collect();
    let characters: Vec<String> = HOSTILE.chars().map(|c| format!("chr({})", u32::from(c))).collect();
    let sql = characters.join(" || ");
    let book = format!(
        r#"{HEAD}
          - {{ title: A row, sql: "SELECT 'row ' || {sql} AS hostile", expect: value == 1 }}
          - {{ title: An error, sql: "SELECT ('error ' || {sql})::int", expect: value == 1 }}
          - {{ title: A command, command: 'printf "output {octal}\n"; printf "{octal}" >&2; exit 1' }}
          - {{ title: A log, log: {{ file: a.log, none_of: [seen] }} }}
          - {{ title: A request, http: {{ url: 'http://127.0.0.1:{port}/' }} }}
          - {{ title: A list of files, command: ls names; exit 1 }}
          - {{ title: Migrations, migrations: {{ dir: names, tool: sql }} }}
          - {{ title: is asked last, command: exit 1 }}
        remediations:
          - title: Say it
            sql: "DO $$ BEGIN RAISE NOTICE 'noticed %', {sql}; END $$; CREATE TABLE said ()"
success:
  - {{ title: Done, task: true }}
"#
    );
    let place = Place::new(&book, vec![("ROW_URL", sandbox.url().to_owned()), ("ROW_INPUT", "not asked for".to_owned())]);
    std::fs::write(place.path("a.log"), format!("seen {HOSTILE}\n")).unwrap();
    std::fs::create_dir(place.path("names")).unwrap();
    std::fs::write(place.path("names").join(format!("1_{HOSTILE}.sql")), "DROP TABLE t;").unwrap();
    // A file of that name, and a title with it, raw and in YAML's own escapes.
    let titled = format!("bad{HOSTILE}.yaml");
    std::fs::create_dir(place.path("runbooks")).unwrap();
    std::fs::write(place.path("runbooks").join(&titled), format!("version: 1\nid: bad\ntitle: a {HOSTILE}\n")).unwrap();
    std::fs::write(place.path("runbooks/escaped.yaml"), "version: 1\nid: bad\ntitle: \"a \\u202e\\e]52;c;aGk=\\a\"\nphases: []\n").unwrap();

    let mut out = place.ways_out();
    let journal = String::from_utf8_lossy(&out[1].1).into_owned();
    for reached in [
        "row <U+001B>]52;c;aGk=<U+0007><U+001B>[2J<U+009B>2J<U+000D><U+0008><U+202E><U+200B><U+E0041><U+FEFF>",
        "noticed <U+001B>",
        "output <U+001B>",
        "seen <U+001B>",
        "error <U+001B>",
        "header <U+202E>",
        "1_<U+001B>",
    ] {
        assert!(journal.contains(reached), "no {reached} in {journal}");
    }
    let unread = format!("runbooks/{titled}");
    for arguments in [
        &["lint", &unread] as &[&str],
        &["lint", "--format", "json", &unread],
        &["lint", "runbooks/escaped.yaml"],
        &["list"],
        &["list", "--json"],
        &["show", &unread],
        &["check", &unread],
        &["show", HOSTILE],
        &["timeline", HOSTILE],
    ] {
        let Output { stdout, stderr, .. } = place.fracas(arguments);
        out.push((format!("{arguments:?}"), [stdout, stderr].concat()));
    }
    for (way, bytes) in &out {
        for raw in RAW {
            assert!(!bytes.windows(raw.len()).any(|window| window == raw), "{raw:?} by {way}:\n{}", String::from_utf8_lossy(bytes));
        }
        let lone_return = bytes.windows(2).any(|window| window[0] == b'\r' && window[1] != b'\n');
        assert!(way == "terminal" || !lone_return, "a carriage return by {way}");
    }
}
