//! What the reading of shell lines must hold: data through one door for each question.
//! Never asks a shell what a text means; the cases say what bash does.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use super::lexer::lex;
use super::nature::Nature;
use super::*;

mod natures;

fn is_closed(block: &str) -> bool {
    Script::read(block).is_closed
}

fn shares_state(block: &str) -> bool {
    Script::read(block).shares_state()
}

fn psql(command: &str) -> Option<Psql> {
    Script::read(command).whole().psql()
}

fn nature_with(command: &str, reads_only: &dyn Fn(&str) -> bool) -> Nature {
    Script::read(command).whole().nature(reads_only)
}

fn commands(block: &str) -> Vec<String> {
    let script = Script::read(block);
    let parts = script.parts().into_iter();
    parts.filter_map(|part| if let Part::Command(unit) = part { Some(unit.text.to_owned()) } else { None }).collect()
}

#[test]
fn a_block_is_split_at_whole_commands() {
    let block = "# first\n# second\nls \\\n  -la\n\n\nfor i in a b; do\n  echo $i\n\ndone\ncat <<EOF | grep x\n# no comment\nEOF\n# last\npsql -c \"\nSELECT 1;\n# x\n\" # y\nf() {\n  ls\n}\na |\n # why\n b &&\n c\nX=(\n 1\n)\nls; pwd\n";
    let expected = [
        "ls \\\n  -la",
        "for i in a b; do\n  echo $i\n\ndone",
        "cat <<EOF | grep x\n# no comment\nEOF",
        "psql -c \"\nSELECT 1;\n# x\n\" # y",
        "f() {\n  ls\n}",
        "a |\n # why\n b &&\n c",
        "X=(\n 1\n)",
        "ls; pwd",
    ];
    assert_eq!(commands(block), expected);
    assert!(is_closed(block));
    let script = Script::read(block);
    let parts = script.parts();
    assert_eq!(parts[0], Part::Comment { text: "# first\n# second", lines: 0..2 });
    assert!(matches!(&parts[1], Part::Command(unit) if unit.lines == (2..4)));
    assert_eq!(parts[2], Part::Blank);
    assert_eq!(parts[5], Part::Comment { text: "# last", lines: 13..14 });
}

#[test]
fn compound_commands_are_one() {
    for block in [
        "if [ -f x ]; then\n  ls\nelif true\nthen\n  pwd\nelse\n  ls\nfi",
        "while read l; do\n  echo $l\ndone < f",
        "case $x in\n  a) ls ;;\n  (b|c)\n    pwd\n    ;;\n  *) echo no\nesac",
        "function f {\n  ls\n}",
        "function f() {\n  ls\n}",
        "f()\n{\n  ls\n}",
        "f() (\n  ls\n)",
        "(\n  cd x\n  ls\n)",
        "{\n  ls\n}",
        "x=$(\n  ls\n)",
        "echo \"a\n$(ls \"b\nc\")\nd\"",
        "x=$(case y in a) ls;; esac\n)",
        "cat <<'A' <<-B\n$x'\nA\n\ty\"\n\tB",
        "kubectl patch x -p '{\n \"a\": 1\n}'",
        "echo $((1 +\n 2))",
        "until a; do\n b\ndone",
        "echo 'it'\\''s\nfine'",
        "for ((i=0;i<3;i++)); do\n ls\ndone",
        "a \\\r\n  b",
        "docker run <<< \"a\nb\"",
    ] {
        assert_eq!(commands(&format!("{block}\nls")), [block, "ls"], "{block}");
        assert!(is_closed(block), "{block}");
    }
    for block in
        ["echo 'a\nls", "if true\nls", "cat <<EOF\nls", "echo $(ls\nls", "{ \"a\": 1 }\nls", "ls |", "echo \"\nls", "f() {\nls", "ls \\"]
    {
        assert_eq!(commands(block), [block]);
        assert!(!is_closed(block), "{block}");
    }
    assert_eq!(commands("echo if\necho for\nls done\n"), ["echo if", "echo for", "ls done"]);
    assert_eq!(commands("fi\ndone\n)\n}\nls"), ["fi", "done", ")", "}", "ls"]);
    assert_eq!(commands("kubectl logs <pod name> -n <ns>\nls"), ["kubectl logs <pod name> -n <ns>", "ls"]);
}

#[test]
fn a_piece_of_another_language_is_not_whole() {
    for block in [
        "foo {\n  rm -rf x\n}",
        "}",
        "ls\n)",
        "ls\nfi",
        "ls\ndone",
        "esac",
        ";;",
        "ls ;;",
        "@test \"x\" {\n  ls\n}",
        "server {\n  listen 80;\n}",
        "then\nls",
        "do ls",
        "else\nls",
        "if a; do ls; fi",
        "resource \"a\" \"b\" {\n",
        "echo 'it isn't'\nls",
        "echo 'it isn't here'\nrm x\necho 'it's gone'",
        "{",
    ] {
        assert!(!is_closed(block), "{block}");
    }
    // What ends and never began does not go on in the next line.
    assert!(!Script::read("}").goes_on && Script::read("{").goes_on);
    for block in [
        "find . -exec ls {} +",
        "echo }",
        "echo fi done",
        "case x in a) ls;; (b) ls;& *) ls;; esac",
        "case x in\n a)\n  (ls)\n  ;;\nesac",
        "f() { ls; }; f",
        "if a; then { ls; }; else (ls); fi",
        "a && { ls; } || { ls; }",
        "while a; do if b; then c; fi; done",
        "echo '{' \"}\" \\{",
        "curl {a,b}",
    ] {
        assert!(is_closed(block), "{block}");
    }
}

#[test]
fn shell_state_is_seen() {
    for block in [
        "cd /x\nls",
        "X=1\necho $X",
        "X=$(ls)\necho \"${X}\"",
        "export A=1\nls",
        "set -e\nls",
        "source env\nls",
        ". env\nls",
        "f() { ls; }\nf",
        "ls\nif [ $? -eq 0 ]; then echo; fi",
        "kubectl port-forward x 1 &\ncurl x",
        "trap x EXIT\nls",
        "for i in a; do ls; done\necho $i",
        "read X\necho $X",
        "cd x && ls\npwd",
        "X=1 && ls\ncat <<E\n$X\nE",
    ] {
        assert!(shares_state(block), "{block}");
    }
    for block in [
        "ls\npwd",
        "X=1 ls\necho $Y",
        "X=1\nls",
        "cd x && ls",
        "(cd x && ls)\npwd",
        "ls\ncd x",
        "echo cd\nls",
        "echo '$X'\nX=1",
        "A=1 b\necho $A",
        "# cd x\nls\npwd",
        "X=$(cd x; ls)\npwd",
    ] {
        assert!(!shares_state(block), "{block}");
    }
}

#[test]
fn unset_variables_are_found() {
    let cases: &[(&str, &[&str])] = &[
        ("psql $DATABASE_URL -c \"SELECT '$ID'\" '$NO' \\$NO", &["DATABASE_URL", "ID"]),
        ("X=1\necho $X $Y ${Z} $Y", &["Y", "Z"]),
        ("for i in $LIST; do echo $i; done", &["LIST"]),
        ("read A B\necho $A $B $C", &["C"]),
        ("echo ${A:-x} ${B:=y} $B ${C:-$D} ${#E} ${F%.*} $1 $? $HOME", &["D", "E", "F"]),
        ("cat <<EOF\n$A\nEOF\ncat <<'EOF'\n$B\nEOF", &["A"]),
        ("PGPASSWORD=$P psql -h $H", &["P", "H"]),
        ("export A=1 B=$A\necho $B", &[]),
        ("X=$(kubectl -n $NS get pods)\necho $X", &["NS"]),
        ("if true; then X=1; fi; echo $X", &[]),
        ("X=1 ls\necho $X", &["X"]),
        ("echo \"$(echo '$A' \"$B\")\" `echo $C`", &["B", "C"]),
        ("awk '{print $NF}' f; sed \"s/$A//\"", &["A"]),
        ("# $X\nls > $OUT", &["OUT"]),
        ("echo $X; X=1", &["X"]),
        ("local a=1; declare -r b=2; echo $a $b", &[]),
        ("while read -r line; do echo $line; done", &[]),
        ("echo $((A + $B))", &["B"]),
    ];
    for (block, expected) in cases {
        assert_eq!(unset_variables(block), *expected, "{block}");
    }
}

#[test]
fn quotes_are_known_at_every_place() {
    use Quoting::{Comment, Double, Heredoc, LiteralHeredoc, None, Single};
    let text = "a <x> \"b <x> $(c '<x>' <x>)\" 'd <x>' # <x>\ncat <<E\n<x>\nE\ncat <<'E'\n<x>\nE\n`e \"<x>\"`";
    let quoting = quoting(text);
    let found: Vec<Quoting> = text.match_indices("<x>").map(|(at, _)| quoting(at)).collect();
    assert_eq!(found, [None, Double, Single, None, Single, Comment, Heredoc, LiteralHeredoc, Double]);
    assert_eq!(quoting(9999), None);
}

#[test]
fn shell_is_told_from_other_text() {
    for block in [
        "docker ps",
        "$ foo bar\noutput",
        "kubectl get pods\nkubectl get svc",
        "# comment\nsudo systemctl restart x",
        "./run.sh --fast",
        "X=1 ls",
        "DATABASE_URL=x",
        "curl -s x |\n jq .",
        "for i in a; do ls; done",
        "find . -name x",
        "cd /x\nmake",
        "export A=1",
    ] {
        assert!(looks_like_shell(block), "{block}");
    }
    for block in [
        "Find the cause",
        "find the cause of it",
        "SELECT 1;",
        "{ \"a\": 1 }",
        "version: '3'\nservices:\n  db: x",
        "date: 2024",
        "12:00 ERROR foo\n12:01 INFO bar",
        "Subject: x\n\nHello,\n\nwe are down",
        "test the service",
        "┌──┐\n│a │\n└──┘",
        "",
        "top of the list",
        "GET /admin",
        "host is down",
        "const x = 1;",
        "less than 5",
    ] {
        assert!(!looks_like_shell(block), "{block}");
    }
}

#[test]
fn psql_is_read() {
    let found = psql("PGPASSWORD=s psql -h \"$HOST\" -U$USER_NAME -d app -tA --command='SELECT 1' -c \"SELECT\n2\"").unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        found,
        Psql {
            connection: None,
            options_only: true,
            sql: vec!["SELECT 1".to_owned(), "SELECT\n2".to_owned()],
            simple: true,
            variables: vec![pair("-h", "$HOST"), pair("-U", "$USER_NAME"), pair("-d", "app"), pair("PGPASSWORD", "s")],
        }
    );
    assert_eq!(psql("psql \"$DATABASE_URL\" -c \"SELECT '$ID'\"").unwrap().connection.unwrap(), "$DATABASE_URL");
    assert_eq!(psql("psql \"$DATABASE_URL\" -c \"SELECT '$ID'\"").unwrap().sql, ["SELECT '$ID'"]);
    assert_eq!(psql("psql -d postgresql://x/y -c 'a'").unwrap().connection.unwrap(), "postgresql://x/y");
    for command in [
        "psql -c a | cat",
        "psql -c a > f",
        "ls; psql -c a",
        "psql -c a && ls",
        "psql -c \"$(ls)\"",
        "psql -c a &",
        "(psql -c a)",
        "psql -c 'a",
    ] {
        assert!(!psql(command).unwrap().simple, "{command}");
    }
    assert!(!psql("psql -f x").unwrap().options_only);
    assert!(!psql("psql -o x -c a").unwrap().options_only);
    assert!(!psql("PAGER=x psql -c a").unwrap().options_only);
    assert!(psql("psql -v ON_ERROR_STOP=1 -c a db user").unwrap().options_only);
    assert_eq!(psql("docker exec db psql -c a"), None);
    assert_eq!(psql("echo psql -c a"), None);
}

/// Numbers that are the same every time (a linear congruence with Knuth's factor).
fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or_default() % below
    }
}

#[test]
fn nothing_is_too_strange() {
    let bits = [
        "ls", " ", "\n", "'", "\"", "$", "(", ")", "{", "}", "`", "\\", "<", ">", "<<EOF", "EOF", "|", "&", ";", "#", "if", "fi", "do",
        "done", "case", "esac", "in", "${", "$((", "))", "ä", "🚨", "X=", "-c", "psql", "xargs", "docker", "exec", "<pod>", "\r\n", "\t",
        "sed", "awk", "curl", "kubectl", "--", "-", "=", "s/a/b/", "$'", "[", "]", "*", "2>", "&>", "function", "ip", "aws", "get-x", "-I",
        "\u{FFFC}", "/", "git", "find", "-t",
    ];
    let mut number = numbers(5);
    for _ in 0..60_000 {
        let block: String = (0..=number(14)).flat_map(|_| [bits[number(bits.len())], ["", " "][number(2)]]).collect();
        let mut lines_in_parts = vec![0; block.lines().count()];
        for part in Script::read(&block).parts() {
            if let Part::Comment { lines, .. } | Part::Command(Unit { lines, .. }) = part {
                lines_in_parts[lines].iter_mut().for_each(|times| *times += 1);
            }
        }
        for (line, times) in block.split('\n').zip(lines_in_parts) {
            assert!(times == 1 || times == 0 && line.trim().is_empty(), "{block:?}");
        }
        let _ = (
            is_closed(&block),
            shares_state(&block),
            unset_variables(&block),
            looks_like_shell(&block),
            nature_with(&block, &|_| true),
            psql(&block),
        );
        let quoting = quoting(&block);
        let _ = quoting(block.len() / 2);
    }
}

#[test]
fn long_hostile_text_is_read_in_time() {
    for bit in [
        "$(",
        "${",
        "`",
        "\"",
        "'",
        "<",
        "(",
        "{ ",
        "$((",
        "<<a ",
        "\"$(",
        "if ",
        "a <<b\n",
        "x;",
        "ls\n",
        "$'",
        "{a",
        "case a in ",
        "X=1 $X\n",
        "# c\n",
        "f() ",
        "\\",
        "$X ",
        "a=$a;",
    ] {
        let text = bit.repeat(100_000 / bit.len());
        let _ = (
            Script::read(&text).parts().len(),
            unset_variables(&text).len(),
            shares_state(&text),
            nature_with(&text, &|_| false),
            looks_like_shell(&text),
            psql(&text),
        );
        assert!(lex(&text).tokens.len() <= text.len());
    }
}
