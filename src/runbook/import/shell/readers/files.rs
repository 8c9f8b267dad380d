//! Programs with a language of their own: `sed`, `awk`, `find`, `git`, `tar`.
//! Never takes a script of theirs for a harmless one that it has not read to its end.

use super::super::nature::{Command, HIDDEN, Nature, PERSON, UNKNOWN};
use super::super::options::Options;
use super::super::secrets::SECRET;
use Nature::{Acts, Reads};

const WRITES: Nature = Acts("writes a file");
const MAY_WRITE: Nature = Acts("has a script that may write or run something");

const FIND_TESTS: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-regextype",
    "-type",
    "-xtype",
    "-size",
    "-empty",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-newer",
    "-anewer",
    "-cnewer",
    "-newermt",
    "-newerct",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-nouser",
    "-nogroup",
    "-perm",
    "-links",
    "-inum",
    "-samefile",
    "-readable",
    "-writable",
    "-executable",
    "-maxdepth",
    "-mindepth",
    "-depth",
    "-d",
    "-mount",
    "-xdev",
    "-follow",
    "-daystart",
    "-prune",
    "-print",
    "-print0",
    "-printf",
    "-ls",
    "-quit",
    "-not",
    "-o",
    "-or",
    "-a",
    "-and",
    "-true",
    "-false",
    "-L",
    "-H",
    "-P",
    "-lname",
    "-ilname",
    "-used",
    "-noleaf",
    "-ignore_readdir_race",
    "-fstype",
    "-E",
    "-s",
    "-x",
];

/// `find` with nothing but tests and prints.
pub(super) fn find(command: &Command<'_, '_>) -> Nature {
    if command.hides_words() {
        return HIDDEN;
    }
    let is_number = |text: &str| text[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_known = |text: &str| !text.starts_with('-') || text == "-" || is_number(text) || FIND_TESTS.contains(&text);
    if command.words.iter().all(|word| is_known(&word.text)) { Reads } else { Acts("does something to the files it finds") }
}

/// `sed` without `-i`, and a script of simple commands.
pub(super) fn sed(command: &Command<'_, '_>) -> Nature {
    let options = Options::anywhere(command.words, "-e --expression -f --file -l --line-length -i");
    if command.hides_words()
        || !options
            .has_only("-n -e -E -r -s -u -z --quiet --silent --expression --regexp-extended --separate --unbuffered --null-data --posix")
    {
        return if options.has("-i --in-place") { Acts("destroys or changes files") } else { HIDDEN };
    }
    let mut scripts: Vec<&str> = options.values("-e --expression").collect();
    if scripts.is_empty() {
        scripts.push(options.operand(0));
    }
    // A script with a variable in it is any script.
    let is_literal = |script: &str| !script.contains(super::HOLE);
    if scripts.iter().all(|script| is_literal(script) && sed_script_reads(script)) { Reads } else { MAY_WRITE }
}

/// Whether a `sed` script consists of `s///`, `y///`, `p`, `d`, `q` and their like only.
fn sed_script_reads(script: &str) -> bool {
    let mut rest = script;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ';', '{', '}']);
        if rest.is_empty() {
            return true;
        }
        let Some(after) = sed_addresses(rest) else { return false };
        let after = after.trim_start_matches([' ', '!']);
        let Some(name) = after.chars().next() else { return false };
        let tail = &after[name.len_utf8()..];
        rest = match name {
            'p' | 'P' | 'd' | 'D' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' | '=' | '{' => tail,
            'q' | 'Q' | 'l' => tail.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()),
            's' | 'y' => {
                let Some(delimiter) = tail.chars().next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace() && *c != '\\') else {
                    return false;
                };
                let Some(flags) = sed_section(&tail[delimiter.len_utf8()..], delimiter).and_then(|tail| sed_section(tail, delimiter))
                else {
                    return false;
                };
                flags.trim_start_matches(|c: char| "gpiI".contains(c) || c.is_ascii_digit())
            }
            _ => return false,
        };
        if !rest.is_empty() && !rest.starts_with([';', '\n', ' ', '}', '\t']) && name != '{' {
            return false;
        }
    }
}

/// Behind the addresses a command begins with.
fn sed_addresses(script: &str) -> Option<&str> {
    let mut rest = script;
    loop {
        rest = match rest.chars().next()? {
            '0'..='9' | '$' | '+' | '~' => rest[1..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '~'),
            '/' => sed_section(&rest[1..], '/')?.trim_start_matches('I'),
            _ => return Some(rest),
        };
        let comma = rest.trim_start();
        match comma.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return Some(comma),
        }
    }
}

/// Behind the next delimiter. Where it stands in a bracket expression programs disagree, and then nothing is known.
fn sed_section(text: &str, delimiter: char) -> Option<&str> {
    let (mut is_escaped, mut bracket) = (false, None);
    for (n, c) in text.char_indices() {
        match (c, bracket) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => is_escaped = true,
            ('\n', _) => return None,
            (c, _) if c == delimiter => return bracket.is_none().then(|| &text[n + c.len_utf8()..]),
            ('[', None) => bracket = Some(n),
            (']', Some(start)) => {
                let inside = text[start + 1..n].trim_start_matches('^');
                // `[]x]` holds a bracket; `[[:space:]]` ends at the second one.
                if inside.is_empty() || inside.contains("[.") || inside.contains("[=") {
                    return None;
                }
                // The class that ends here, if the bracket is one of `:]`.
                let is_in_class = inside.ends_with(':') && inside.contains("[:");
                bracket = bracket.filter(|_| is_in_class);
            }
            _ => {}
        }
    }
    None
}

/// `awk` with a program that neither writes, runs nor reads from elsewhere.
pub(super) fn awk(command: &Command<'_, '_>) -> Nature {
    let options = Options::leading(command.words, "-F -v --field-separator --assign");
    if command.hides_words() || !options.has_only("-F -v --field-separator --assign") {
        return HIDDEN;
    }
    let Some(program) = command.words.get(options.read) else { return UNKNOWN };
    if program.is_literal() && awk_program_reads(&program.text) { Reads } else { MAY_WRITE }
}

fn awk_program_reads(program: &str) -> bool {
    if ["system", "getline", "@", "ENVIRON", "/inet", "close", "printf >", "\\\n"].iter().any(|word| program.contains(word)) {
        return false;
    }
    // `/a|b/ {…}`: what is in a leading pattern runs nothing.
    let program = program.trim_start();
    let rest = program.strip_prefix('/').and_then(|rest| {
        let mut is_escaped = false;
        let end = rest.char_indices().find(|(_, c)| {
            let is_end = *c == '/' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        end.map(|(n, _)| &rest[n + 1..])
    });
    let rest = rest.unwrap_or(program);
    let without_or = rest.replace("||", "");
    if without_or.contains('|') {
        return false;
    }
    // `>` compares in a pattern and between round brackets, and writes a file elsewhere.
    let Some(at) = rest.find('>') else { return true };
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    if rest.contains(['"', '/', '#']) && rest[..rest.rfind('>').unwrap_or(at)].contains(['"', '/', '#', '\\']) {
        return false;
    }
    for c in rest.chars() {
        match c {
            '{' => braces += 1,
            '}' => braces -= 1,
            '(' => brackets += 1,
            ')' => brackets -= 1,
            '>' if braces > 0 && brackets <= 0 => return false,
            _ => {}
        }
    }
    true
}

/// `git` commands that show.
pub(super) fn git(command: &Command<'_, '_>) -> Nature {
    let global = Options::leading(command.words, "-C --git-dir --work-tree --namespace -c --config-env --exec-path");
    if command.hides_words()
        || !global.has_only("-C --git-dir --work-tree --no-pager -P --bare --no-optional-locks --literal-pathspecs --no-replace-objects")
    {
        return HIDDEN;
    }
    let Some((name, words)) = command.words.get(global.read..).and_then(<[_]>::split_first) else { return Reads };
    let options = Options::anywhere(
        words,
        "-n --max-count --sort --format --contains --no-contains --merged --no-merged --points-at --since --until --author --grep",
    );
    // Not the first operand: `git stash -m list` stashes.
    let first = words.first().map_or("", |word| &*word.text);
    let runs = options.has("--output --ext-diff --upload-pack --exec --open-files-in-pager --textconv --interactive --edit --patch-to")
        || options.is_hidden
        || options.operands.iter().any(|word| word.text.contains("::"));
    let changes = Acts("changes the repository");
    if runs {
        return changes;
    }
    match &*name.text {
        "status" | "log" | "diff" | "show" | "describe" | "rev-parse" | "ls-files" | "ls-remote" | "blame" | "shortlog" | "cat-file" | "rev-list" | "merge-base" | "name-rev" | "for-each-ref"
        | "count-objects" | "ls-tree" | "show-ref" | "diff-tree" | "cherry" | "whatchanged" | "var" | "show-branch" => Reads,
        "grep" if !options.has("-O") => Reads,
        "reflog" if matches!(first, "" | "show" | "HEAD") => Reads,
        "branch" if options.has_only("-a -r -v --list -l --show-current --contains --no-contains --merged --no-merged --sort --format --all --remotes --verbose --points-at --no-color --no-column -i --ignore-case")
            && (options.operands.is_empty() || options.has("--list -l --contains --no-contains --merged --no-merged --points-at")) => Reads,
        "tag" if options.has_only("-l --list -n --sort --contains --no-contains --points-at --merged --no-merged --format") && (options.operands.is_empty() || options.has("-l --list")) => Reads,
        "remote" if words.is_empty() || matches!(first, "show" | "get-url") || words.len() == 1 && matches!(first, "-v" | "--verbose") => Reads,
        "stash" if matches!(first, "list" | "show") => Reads,
        "worktree" if first == "list" => Reads,
        "submodule" if first == "status" => Reads,
        // Addresses with a password in them, and tokens of helpers.
        "config" if first == "list" || options.given.iter().any(|given| matches!(given.name.as_str(), "--list" | "-l" | "--get-regexp")) => SECRET,
        "config" if options.has("--get --get-all") && options.has_only("--get --get-all --global --local --system --show-origin --show-scope -z") => Reads,
        "bisect" | "rebase" | "commit" | "add" | "mergetool" if options.has("-i -p --patch") => PERSON,
        _ => changes,
    }
}

/// `tar -t`.
pub(super) fn tar(command: &Command<'_, '_>) -> Nature {
    let Some((first, rest)) = command.words.split_first() else { return UNKNOWN };
    let letters = first.text.strip_prefix('-').unwrap_or(&first.text);
    let is_list = first.text == "--list" || letters.contains('t') && letters.chars().all(|c| "tvzjJfa".contains(c));
    let is_plain =
        rest.iter().all(|word| !word.text.starts_with('-') || matches!(&*word.text, "-f" | "-v" | "-z" | "--verbose" | "--gzip"));
    // `host:file` starts a remote shell.
    let is_plain = is_plain && !rest.iter().any(|word| word.text.contains(':'));
    if command.hides_words() {
        HIDDEN
    } else if is_list && is_plain {
        Reads
    } else {
        WRITES
    }
}
