//! The words of the line mode: one table that help, understanding and refusals read. Never knows what a word does.

/// A word that a person can begin a line with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Help,
    Next,
    Status,
    Step,
    Steps,
    Ask,
    Do,
    Again,
    Unrehearsed,
    Stop,
    Aside,
    Tick,
    Untick,
    Good,
    Bad,
    Read,
    Note,
    Decide,
    Undo,
    Attach,
    Skip,
    Override,
    Go,
    Success,
    Timeline,
    Contacts,
    Due,
    Done,
    Later,
    Update,
    Sql,
    Shell,
    Keep,
    Roles,
    Role,
    Report,
    Answer,
    Todo,
    Related,
    Join,
    Correct,
    Pause,
    Continue,
    Severity,
    HandOver,
    Accept,
    Resolve,
    Run,
    Quit,
}

impl Word {
    /// Whether it may be heard while answers are awaited, even from a file of lines that was written before: what it does
    /// does not depend on the answers. `rest` is what stands behind it.
    pub(super) const fn is_heard_meanwhile(self, rest: &str) -> bool {
        // Without a number, that is the answer which was asked for last.
        if matches!(self, Self::Read) && rest.is_empty() {
            return false;
        }
        matches!(
            self,
            Self::Help
                | Self::Status
                | Self::Step
                | Self::Steps
                | Self::Read
                | Self::Note
                | Self::Timeline
                | Self::Contacts
                | Self::Due
                | Self::Roles
                | Self::Report
                | Self::Stop
        )
    }
}

/// A word, what goes with it, and what it does.
struct Row(Word, &'static str, &'static str, &'static str);

/// The words by what one wants, in the order of help.
const WORDS: &[(&str, &[Row])] = &[
    (
        "Where one is",
        &[
            Row(Word::Help, "help", "", "says these words"),
            Row(Word::Next, "next", "", "does what is next, as an empty line does"),
            Row(Word::Status, "status", "", "says how the incident stands: its clock, its budget, what is due, what is red"),
            Row(Word::Step, "step", "[N]", "says all that the current step holds, numbered; with a number, what another step holds"),
            Row(Word::Steps, "steps", "", "says all steps, numbered"),
            Row(Word::Go, "go", "N", "turns to a step"),
            Row(Word::Skip, "skip", "REASON", "leaves this step out"),
            Row(Word::Timeline, "timeline", "[N]", "says the last entries with their numbers, 10 or as many as you say"),
        ],
    ),
    (
        "Questions",
        &[
            Row(Word::Ask, "ask", "N, or all", "asks a check of this step, or all of them"),
            Row(Word::Read, "read", "[N]", "says all that was seen of a row of this step; without a number, of what you asked last"),
            Row(Word::Good, "good", "[N]", "says that the answer to a check is good, where a person has to say so"),
            Row(Word::Bad, "bad", "[N]", "says that it is not"),
            Row(Word::Override, "override", "N REASON", "accepts a check that is not green"),
            Row(Word::Sql, "sql", "[TARGET] STATEMENT", "asks a database what no check asks; it can only read"),
            Row(Word::Shell, "shell", "LINE", "runs a line for a shell, at once and as you"),
            Row(Word::Keep, "keep", "TITLE", "makes a check of this incident of what you asked last"),
            Row(Word::Success, "success", "[N HOW YOU KNOW]", "says the criteria of success, numbered; with a number, that this one holds"),
        ],
    ),
    (
        "Changes",
        &[
            Row(Word::Do, "do", "N", "plans a remediation of this step, tries it where that is possible, and reads the plan"),
            Row(Word::Run, "run", "", "consents to the plan that was just read; where this is production, its name is typed instead"),
            Row(Word::Again, "again", "", "plans and tries the open plan once more"),
            Row(Word::Unrehearsed, "unrehearsed", "REASON", "goes on with the open plan without a rehearsal"),
            Row(Word::Aside, "aside", "", "puts the open plan aside"),
            Row(
                Word::Stop,
                "stop",
                "[N]",
                "stops the remediation that runs, or else whatever is being asked; with a number, only that one",
            ),
        ],
    ),
    (
        "What you did and know",
        &[
            Row(Word::Tick, "tick", "N [EVIDENCE]", "says that a task of this step is done"),
            Row(Word::Untick, "untick", "N", "takes that back"),
            Row(Word::Note, "note", "TEXT", "writes something down; a text that begins with @12m or @14:05 tells of something earlier"),
            Row(Word::Decide, "decide", "[DECISION]", "writes down what was decided"),
            Row(Word::Attach, "attach", "PATH", "keeps a file as evidence"),
            Row(Word::Undo, "undo", "", "takes back the last thing that you said"),
            Row(Word::Correct, "correct", "N [REASON]", "says that an entry of the timeline does not hold"),
            Row(Word::Report, "report", "", "says what the report asks, numbered, and the follow-up work"),
            Row(Word::Answer, "answer", "N [TEXT]", "answers a question of the report"),
            Row(Word::Todo, "todo", "[TITLE]", "notes follow-up work, or how far it is"),
        ],
    ),
    (
        "What is due",
        &[
            Row(Word::Due, "due", "", "says what you are called to, numbered"),
            Row(Word::Done, "done", "[N]", "says that you have seen to it; the number may be left out where only one thing is due"),
            Row(Word::Done, "called", "[N]", "says the same"),
            Row(Word::Later, "later", "[N]", "has it said again in 5 minutes"),
            Row(Word::Update, "update", "[TEXT]", "tells stakeholders how it stands; without a text it reads a draft first"),
        ],
    ),
    (
        "People",
        &[
            Row(Word::Contacts, "contacts", "", "says whom to call, and when"),
            Row(Word::Roles, "roles", "", "says who has which role"),
            Row(Word::Role, "role", "NAME PERSON", "gives somebody a role"),
            Row(Word::HandOver, "hand over", "NAME", "lets somebody else lead"),
            Row(Word::Accept, "accept", "", "says that you have read the brief, and lead"),
        ],
    ),
    (
        "The incident",
        &[
            Row(Word::Severity, "severity", "NAME REASON", "changes the severity"),
            Row(Word::Pause, "pause", "REASON", "stands still on purpose"),
            Row(Word::Continue, "continue", "", "goes on after a pause"),
            Row(Word::Related, "related", "[N]", "says which other runbooks there are, numbered; with a number, goes on with that one"),
            Row(
                Word::Join,
                "join",
                "[N or WORDS]",
                "says which other runbooks there are to open inside this incident, numbered; with a number, what that one adds",
            ),
            Row(Word::Resolve, "resolve", "[SUMMARY]", "says that the incident is over"),
            Row(Word::Quit, "quit", "", "leaves; the incident stays open"),
        ],
    ),
];

fn rows() -> impl Iterator<Item = &'static Row> {
    WORDS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The word that a line begins with, and the rest of the line.
///
/// # Errors
/// Which words there are, if it begins with none of them, or with the beginning of several.
pub(super) fn understand(line: &str) -> Result<(Word, &str), String> {
    let (first, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let (typed, rest) = (first.to_lowercase(), rest.trim());
    let begins = |row: &&Row| !typed.is_empty() && row.1.split(' ').next().is_some_and(|name| name.starts_with(&typed));
    let meant: Vec<&Row> = rows().filter(begins).collect();
    let exact = meant.iter().find(|row| row.1 == typed).copied();
    match (exact, meant.as_slice()) {
        (Some(row), _) | (None, &[row]) => {
            let over = if row.0 == Word::HandOver {
                rest.strip_prefix("over").filter(|rest| !rest.starts_with(char::is_alphanumeric))
            } else {
                None
            };
            Ok((row.0, over.map_or(rest, str::trim)))
        }
        (None, []) => {
            Err(format!("\"{first}\" is no word that is understood here. The words are: {}. Help says what each does.", names(rows())))
        }
        (None, several) => Err(format!("\"{first}\" could be {}.", names(several.iter().copied()))),
    }
}

fn names<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    rows.map(|row| row.1).collect::<Vec<_>>().join(", ")
}

/// Every word with what it does, by groups.
pub(super) fn help() -> Vec<String> {
    let mut told = vec!["An empty line does what is next. The first letters of a word are enough.".to_owned()];
    for (group, rows) in WORDS {
        told.push(format!("{group}."));
        told.extend(rows.iter().map(|Row(_, name, with, does)| {
            let with = if with.is_empty() { String::new() } else { format!(" {with}") };
            format!("{name}{with}: {does}.")
        }));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_beginnings_are_enough_and_whole_words_are_never_ambiguous() {
        for (line, word, rest) in [
            ("help", Word::Help, ""),
            ("  HE  ", Word::Help, ""),
            ("step", Word::Step, ""),
            ("steps", Word::Steps, ""),
            ("sta", Word::Status, ""),
            ("ask 2", Word::Ask, "2"),
            ("do 3", Word::Do, "3"),
            ("note  a  b ", Word::Note, "a  b"),
            ("hand over grace", Word::HandOver, "grace"),
            ("hand grace", Word::HandOver, "grace"),
            ("hand overton", Word::HandOver, "overton"),
            ("res it is back", Word::Resolve, "it is back"),
        ] {
            let understood = understand(line);
            assert_eq!(understood, Ok((word, rest)), "{line}");
        }
        for Row(word, name, ..) in rows() {
            assert_eq!(understand(name).map(|(word, _)| word), Ok(*word), "{name}");
        }
    }

    #[test]
    fn an_unknown_word_says_what_there_is() {
        let refused = |line: &str| understand(line).err().unwrap_or_default();
        let said = refused("frobnicate 1");
        assert!(said.contains("\"frobnicate\"") && said.contains("status") && said.contains("quit"), "{said}");
        assert!(refused("s").contains("status, step, steps") && refused("d 3").contains("do, decide, due, done"), "several are named");
    }
}
