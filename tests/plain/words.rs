//! The words beside the path: what is due, what a person asks, who does what, what the report asks, where one goes on. Never
//! looks inside, like its parent.

use super::*;

/// The words of one kind of entry.
fn texts<'e>(entries: &'e [Value], kind: &str, field: &str) -> Vec<&'e str> {
    entries.iter().filter(|entry| entry["kind"] == kind).filter_map(|entry| entry[field].as_str()).collect()
}

const DUE: &str = r##"
version: 1
id: due
title: "What is due"
severity: P1
resolve_within: 1h
severities: [{ name: P1, update_every: 3s }]
contacts: { lead: { name: Database Lead, reach: "#db" } }
escalation: [{ after: 1h, to: [lead], message: Come and look }]
phases:
  - title: Look
    steps:
      - id: look
        title: Look at it
        checks: [{ id: flag, title: The flag is there, command: "test -e FLAG", expect: exit == 0, every: 1s }]
"##;

#[test]
fn what_is_due_is_said_once_and_answered_by_words() {
    let state = tempfile::tempdir().unwrap();
    let flag = state.path().join("flag");
    std::fs::write(&flag, "").unwrap();
    let flag = flag.display().to_string();
    let file = trusted(state.path(), &DUE.replace("FLAG", &flag));
    let mut talk = Talk::begin(command(state.path(), &["run", &file, "--plain", "--since", "2h"]));
    talk.until("\nDue: call Database Lead (#db): Come and look. The word done or later answers it.\n");
    talk.until("\nDue: not resolved within 1h, over by 1h");
    talk.until("\nDue: stakeholders should hear how it stands, due ");
    talk.say("due");
    let listed = talk.until("The word update reads a draft of it.");
    let order =
        ["\n1. Call Database Lead", "\nPrepared, to be told as it is:\n    Come and look\n", "\n2. Not resolved", "\n3. Stakeholders"];
    let places: Vec<_> = order.iter().map(|part| format!("\n{listed}").find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in\n{listed}");
    // Several things are due, and nobody guesses which was meant.
    talk.say("done");
    talk.until("Which one? Say its number, too.");
    talk.say("later 2");
    talk.until("Quiet for 5m: \"not resolved within 1h\".");
    talk.say("called 1");
    talk.until("Called Database Lead.");
    talk.say("done 1");
    talk.until("Not now: it is acknowledged already.");
    talk.say("update");
    talk.until("The draft:\n    P1 · What is due: still open\n");
    talk.until("A dot alone leaves this.");
    talk.say(".");
    talk.until("Left as it was.");
    talk.say("update");
    talk.until("A dot alone leaves this.");
    talk.say("");
    talk.until("Update given: P1, What is due: still open");
    talk.say("update It hangs.");
    talk.until("Update given: It hangs.");
    talk.say("");
    talk.until("Passed: \"The flag is there\"");
    talk.say(&format!("shell rm {flag}"));
    talk.until("\nDue: \"The flag is there\" is red again");
    talk.say("due");
    talk.until("1. \"The flag is there\" is red again");
    talk.say("done 1");
    talk.until("Has seen \"\"The flag is there\" is red again\".");
    for once in ["\nDue: call Database Lead", "\nDue: not resolved", "\nDue: \"The flag"] {
        assert_eq!(talk.said.matches(once).count(), 1, "{once}\n{}", talk.said);
    }
    assert_eq!(talk.ends(), Some(1));
    let entries = entries(state.path(), "latest");
    let kinds = kinds(&entries);
    for kind in ["escalation_acknowledged", "call_snoozed", "call_acknowledged", "question_asked"] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }
    let updates = texts(&entries, "update_given", "text");
    assert!(updates.len() == 2 && updates[0].starts_with("P1 · What is due: still open") && updates[1] == "It hangs.", "{updates:?}");
}

#[test]
fn whatever_no_check_asks_is_asked_and_kept_in_a_drill() {
    let state = tempfile::tempdir().unwrap();
    let lines = "keep\nsql\nsql SELECT 41 + 1 AS answer\nread\nkeep There is an answer\nvalue ==\nvalue == 42\nsoon\n\n\
                 sql database DELETE FROM upload_pipeline.upload_jobs\n\
                 shell\n.\nshell printf 'one\\033[2Jtwo'; exit 3\nread\nkeep\nIt runs\nexit == 3\n10m\nkeep\ngo 2\ngo 1\nstep\nquit\n";
    let (code, said, _) = piped(command(state.path(), DRILL), lines);
    assert_eq!(code, Some(1), "{said}");
    let mut rest = said.as_str();
    for part in [
        "\nNothing was asked here that is not kept already.",
        "\nAsk what? One statement, which can only read",
        "\nAsked database: SELECT 41 + 1 AS answer.\n",
        "\nAnswered: \"SELECT 41 + 1 AS answer\": answer = 42.\nSeen:\n    answer\n    42\nEnd of what was seen.\n",
        "\nSELECT 41 + 1 AS answer: answer = 42.\nSeen:\n    answer\n    42\n",
        "\nThis is kept as a check of this incident:\n    SELECT 41 + 1 AS answer\nWhen is it as expected",
        "\nNot taken: ",
        "\nWhen is it as expected",
        "\nHow often is it asked",
        "\nNot taken: `soon` is no length of time",
        "\nKept as a check: \"There is an answer\", expected value == 42.\n",
        "\nPassed: \"There is an answer\"",
        "\nNot now: ",
        "\nIt runs on this machine, at once, as you;",
        "\nWhich line, for /bin/sh?",
        "\nLeft as it was.",
        "\nIt runs on this machine, at once, as you;",
        "\nRan: printf",
        "exit 3.\nSeen:\n    one<U+001B>[2Jtwo\nEnd of what was seen.\n",
        "\nSeen:\n    one<U+001B>[2Jtwo\nEnd",
        "\nWhat should be true?",
        "\nKept as a check: \"It runs\", expected exit == 3, every 10m.\n",
        "\nTurned green: \"It runs\"",
        "\nNothing was asked here that is not kept already.",
        // Each is a row of the step it was asked in.
        "Check, passed: There is an answer.",
        "Check, passed: It runs.",
    ] {
        let Some(place) = rest.find(part) else { panic!("no {part:?} in\n{rest}\nof\n{said}") };
        rest = &rest[place + part.len() - 1..];
    }
    let entries = entries(state.path(), "latest-drill");
    assert_eq!(texts(&entries, "question_kept", "title"), ["There is an answer", "It runs"]);
    assert_eq!(kinds(&entries).iter().filter(|kind| **kind == "question_asked").count(), 2, "{said}");
}

#[test]
fn a_line_for_a_shell_can_be_stopped() {
    let state = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(command(state.path(), DRILL));
    talk.say("");
    talk.until("\nNext: ");
    talk.say("shell echo begun; sleep 600");
    talk.until("Ran: echo begun; sleep 600.");
    // Whoever types into a pipe is heard where it has nothing to do with the answer.
    talk.before = talk.said.len();
    talk.lines.as_mut().unwrap().write_all(b"stop\n").unwrap();
    talk.until("Cancelled: \"echo begun; sleep 600\"");
    assert_eq!(talk.ends(), Some(1));
}

#[test]
fn roles_the_report_and_corrections_are_said_in_a_drill() {
    let state = tempfile::tempdir().unwrap();
    let lines = "roles\nrole scribe grace\nrole Scribe\n\nrole cook ann\nrole investigation-lead\nheidi\nrole lead\n.\n\
                 report\nanswer 1 A clean-up: it ran twice\nanswer 2\nNobody had read it.\nanswer 99\ntodo Alert on it\nann\nongoing\nreport\n\
                 note It was the disk\ntimeline 1\ncorrect\ncorrect 1\ncorrect 8\n\nIt was the schema\nnote a slip\nundo\ntimeline 4\nrelated\nquit\n";
    let (code, said, _) = piped(command(state.path(), DRILL), lines);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "\nIncident lead (lead): ann.\n",
        "\nScribe: nobody.\n",
        "\nInvestigation lead (investigation-lead): nobody, usually whoever opened the incident.\n",
        "\nGrace has the role of scribe.\n",
        "\nWho? An empty line means nobody any more.",
        "\nNobody has the role of scribe any more.\n",
        "\nWhich role? Roles: lead, scribe, ",
        "\nHeidi has the role of Investigation lead.\n",
        "\nWho leads from here? A dot alone leaves this.\n",
        "\n1. Root cause: not answered yet.\n",
        "\n1. Root cause: A clean-up: it ran twice.\n",
        "\n2. Contributing factors: Nobody had read it.\n",
        "\nWhich question? The word report says them",
        "\nFollow-up, ongoing, ann: Alert on it.\n",
        "\n8. 00:0",
        "\nCorrect which entry? The word timeline says the last ones, with their numbers.\n",
        "\nNot now: it says what happened, and that stays",
        "\nEntry 8: It was the disk.\n",
        "\nWhy does it not hold? It may stay empty where it is your own.",
        "\nWhat should it say? An empty line takes it back.",
        "\nCorrected to \"It was the schema\" (it said \"It was the disk\").\n",
        "\nTook back \"a slip\".\n",
        "A slip. (does not hold any more)\n",
        "\nNo other runbook is named here.\n",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let entries = entries(state.path(), "latest-drill");
    assert_eq!(texts(&entries, "question_answered", "answer"), ["A clean-up: it ran twice", "Nobody had read it."]);
}

#[test]
fn a_related_runbook_is_gone_on_with_and_hears_the_lines_that_follow() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    for (id, other) in [("first", "second"), ("second", "first")] {
        let text = format!(
            "version: 1\nid: {id}\ntitle: The {id} one\nrelated: [{{ id: {other}, why: It was the {other} one }}]\n\
             phases: [{{ title: Look, steps: [{{ title: Look around, tasks: [Look out] }}] }}]\n"
        );
        std::fs::write(folder.join(format!("{id}.yaml")), text).unwrap();
    }
    let mut first = command(state.path(), &["run", "first", "--read-only", "--plain"]);
    first.current_dir(state.path());
    let (code, said, beside) = piped(first, "related\nrelated 1\nnote here as well\nquit\n");
    assert_eq!(code, Some(1), "{said}\n{beside}");
    for part in [
        "\n1. second: It was the second one.\n",
        "\nThe word related and a number goes on",
        "\nIncident: The second one.\n",
        "\nNote: here as well.\n",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}\n{beside}");
    }
}

#[test]
fn each_word_of_the_help_is_known_and_each_known_word_is_in_the_help() {
    let state = tempfile::tempdir().unwrap();
    let file = trusted(state.path(), &DUE.replace("FLAG", "."));
    let talk = |lines: &str| piped(command(state.path(), &["run", &file, "--plain", "--read-only"]), lines).1;
    let said = talk("help\nfrobnicate\nquit\n");
    let helped = &said[said.find("The first letters of a word are enough.").unwrap()..said.find("\"frobnicate\"").unwrap()];
    // `name WHAT GOES WITH IT: does this.`; a line without that is the name of a group.
    let names: Vec<&str> = helped.lines().filter_map(|line| line.split_once(": ")?.0.split(' ').next()).collect();
    let (_, known) = said.split_once("The words are: ").unwrap();
    let known: Vec<&str> = known.split('.').next().unwrap().split(", ").map(|name| name.split(' ').next().unwrap()).collect();
    assert_eq!(names, known, "{said}");
    assert!(
        known.len() > 40 && ["due", "called", "sql", "shell", "keep", "roles", "answer", "correct"].iter().all(|word| known.contains(word))
    );
    // None of them is unknown, whatever it says to being left alone. What ends the conversation comes last.
    let lines: String = known.iter().filter(|name| !["quit", "resolve"].contains(name)).map(|name| format!("{name}\n.\n")).collect();
    let said = talk(&format!("{lines}quit\n"));
    assert!(said.contains("Left open: quit."), "{said}");
    let unknown: Vec<&str> = said.lines().filter(|line| line.contains("is no word") && !line.starts_with("\".\"")).collect();
    assert!(unknown.is_empty() && !said.contains("could be "), "{unknown:?} in\n{said}");
}
