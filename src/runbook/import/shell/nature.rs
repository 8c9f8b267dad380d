//! Whether a command only reads: the safety of the import, as nothing but what only reads becomes a check.
//! Never guesses in favour of a command. It reads only if every program in it, in substitutions too, is a known reader.

use super::Unit;
use super::readers;
use super::secrets;
use super::variables::assignment;
use super::words::{HOLE, Piece, Token, Word};

/// What a command does to the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runbook::import) enum Nature {
    /// It reads, and ends by itself.
    Reads,
    /// It changes something, or nobody knows that it does not; why, in words.
    Acts(&'static str),
    /// It does not end by itself: it waits for a person or follows something; why, in words.
    Waits(&'static str),
}

pub(super) const UNKNOWN: Nature = Nature::Acts("is no known reader");
pub(super) const HIDDEN: Nature = Nature::Acts("hides its options in a variable");
pub(super) const PERSON: Nature = Nature::Waits("needs a person");
pub(super) const FED: Nature = Nature::Acts("feeds a text to a program");
const PROGRAM: Nature = Nature::Acts("is a small program");

impl Nature {
    /// What both do: waiting weighs more than acting, as such a command cannot even be run unattended.
    #[must_use]
    pub(in crate::runbook::import) fn and(self, other: Nature) -> Nature {
        match (self, other) {
            (Nature::Reads, other) | (Nature::Acts(_), other @ Nature::Waits(_)) => other,
            (this, _) => this,
        }
    }
}

impl Unit<'_> {
    /// The nature of this command; `reads_only` says whether a text of SQL is proven to read only.
    #[must_use]
    pub(in crate::runbook::import) fn nature(&self, reads_only: &dyn Fn(&str) -> bool) -> Nature {
        let mut setting = Setting { reads_only, assigned: Vec::new() };
        collect_assigned(self.tokens, &mut setting.assigned);
        let nature = setting.script(self.tokens);
        let nature = if only_sets(self.tokens) { Nature::Acts("only sets variables").and(nature) } else { nature };
        let is_complete = self.is_closed && !self.text.trim_end_matches('\n').ends_with('\\');
        if !is_complete {
            return Nature::Acts("is not complete").and(nature);
        }
        let words = || self.tokens.iter().filter_map(|token| if let Token::Word(word) = token { Some(&*word.text) } else { None });
        let names_acting = nature == Nature::Reads && words().any(|word| ACTING.contains(&word)) && !words().any(|word| word == "can-i");
        if names_acting { Nature::Acts("names something that acts") } else { nature }
    }
}

/// What holds for the whole text.
pub(super) struct Setting<'s> {
    /// Whether SQL is proven to read only.
    pub(super) reads_only: &'s dyn Fn(&str) -> bool,
    /// Variables that the text itself sets: what they hold is written by its author and may be options.
    assigned: Vec<String>,
}

/// A program with its words.
#[derive(Clone, Copy)]
pub(super) struct Command<'c, 'a> {
    /// What holds for the whole text.
    pub(super) setting: &'c Setting<'c>,
    /// The words behind the program's name.
    pub(super) words: &'c [&'c Word<'a>],
    /// Whether something is put into its standard input.
    pub(super) is_fed: bool,
    /// Whether more words follow that are not written here, as `xargs` adds.
    pub(super) has_more: bool,
}

/// Whether its commands do nothing but set variables for others, and there is at least one.
fn only_sets(tokens: &[Token<'_>]) -> bool {
    let commands = tokens.split(|token| matches!(token, Token::Operator { .. }));
    let firsts = commands.filter_map(|command| {
        let mut words = command.iter().filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).peekable();
        words.peek()?;
        Some(words.find(|word| assignment(word).is_none()).map_or("", |word| &*word.text))
    });
    let mut is_any = false;
    firsts
        .inspect(|_| is_any = true)
        .all(|first| ["", "export", "readonly", "declare", "typeset", "local", "unset", "set", "cd"].contains(&first))
        && is_any
}

fn collect_assigned(tokens: &[Token<'_>], assigned: &mut Vec<String>) {
    let mut before = "";
    for token in tokens {
        if let Token::Word(word) = token {
            let is_set = matches!(before, "for" | "select" | "read" | "-v" | "-r" | "-a" | "mapfile" | "readarray");
            assigned.extend(assignment(word).map(str::to_owned));
            if is_set {
                assigned.push(word.text.to_string());
            }
            for piece in &word.pieces {
                if let Piece::Variable { name, operator, .. } = piece
                    && !operator.is_empty()
                {
                    // `${X:-…}` and `${X=…}` hold what the author wrote.
                    assigned.push((*name).to_owned());
                }
            }
            before = &word.text;
        }
    }
}

/// Words that no reader needs, and that a line which was cut wrongly or typed in haste has: a whole word, wherever it stands.
const ACTING: [&str; 22] = [
    "rm", "rmdir", "mv", "dd", "mkfs", "shred", "kill", "pkill", "killall", "sudo", "restart", "stop", "delete", "apply", "patch", "drain",
    "cordon", "reboot", "shutdown", "poweroff", "halt", "prune",
];

/// Programs that are often given a text of several lines.
const SEVERAL_LINES: [&str; 7] = ["psql", "awk", "gawk", "mawk", "jq", "yq", "printf"];

impl Setting<'_> {
    /// A whole script: commands between operators.
    fn script(&self, tokens: &[Token<'_>]) -> Nature {
        let mut nature = Nature::Reads;
        let mut words: Vec<&Word<'_>> = Vec::new();
        let mut is_fed = false;
        for token in tokens {
            match token {
                Token::Word(word) => words.push(word),
                Token::Redirection { operator, target, body, .. } => {
                    is_fed |= operator.starts_with('<');
                    nature = nature.and(self.redirection(operator, target.as_ref())).and(self.pieces(body));
                }
                Token::Comment { .. } => {}
                Token::Operator { text, .. } => {
                    if *text == "(" && !words.is_empty() {
                        nature = nature.and(PROGRAM);
                    }
                    nature = nature.and(self.simple(&words, is_fed));
                    words.clear();
                    is_fed = matches!(*text, "|" | "|&");
                    nature = nature.and(match *text {
                        "&" => Nature::Acts("goes on in the background"),
                        ";;" | ";&" | ";;&" => PROGRAM,
                        _ => Nature::Reads,
                    });
                }
            }
        }
        nature.and(self.simple(&words, is_fed))
    }

    fn redirection(&self, operator: &str, target: Option<&Word<'_>>) -> Nature {
        let Some(target) = target else { return Nature::Acts("is not complete") };
        let text = &*target.text;
        let nature = match operator {
            "<<" | "<<-" | "<<<" => FED,
            "<" if text.starts_with("/dev/") && text != "/dev/null" && !text.starts_with("/dev/tcp") && !text.starts_with("/dev/udp") => {
                Nature::Acts("opens a device")
            }
            "<" if text.starts_with("/dev/tcp") || text.starts_with("/dev/udp") => Nature::Acts("opens a connection"),
            "<" if text.starts_with(HOLE) && self.may_be_several(target) => HIDDEN,
            "<" => Nature::Reads,
            ">&" | "<&" if matches!(text, "1" | "2" | "-" | "0") => Nature::Reads,
            ">" | ">>" | "&>" | "&>>" | ">&" | ">|"
                if matches!(text, "/dev/null" | "/dev/stderr" | "/dev/stdout") && target.is_literal() =>
            {
                Nature::Reads
            }
            _ => Nature::Acts("writes a file"),
        };
        nature.and(self.pieces(&target.pieces))
    }

    /// What is run to build a word.
    fn pieces(&self, pieces: &[Piece<'_>]) -> Nature {
        pieces.iter().fold(Nature::Reads, |nature, piece| {
            nature.and(match piece {
                Piece::Literal { .. } | Piece::Placeholder { .. } => Nature::Reads,
                Piece::Variable { inside, .. } | Piece::Arithmetic { inside, .. } => self.pieces(inside),
                Piece::Substitution { written, .. } if written.starts_with('>') => UNKNOWN,
                Piece::Substitution { tokens, .. } => self.script(tokens),
                Piece::Odd { .. } => Nature::Acts("cannot be read without running it"),
            })
        })
    }

    /// One command with what stands before its program: keywords, assignments, `time`.
    fn simple(&self, words: &[&Word<'_>], is_fed: bool) -> Nature {
        let mut nature = words.iter().fold(Nature::Reads, |nature, word| nature.and(self.pieces(&word.pieces)));
        let mut words = words;
        while let Some((word, rest)) = words.split_first() {
            match &*word.text {
                "!" | "{" | "}" | "time" if !word.is_quoted => {}
                "for" | "while" | "until" | "if" | "then" | "elif" | "else" | "fi" | "do" | "done" | "case" | "esac" | "in" | "select"
                | "function" | "coproc" => return nature.and(PROGRAM),
                _ => break,
            }
            words = if word.text == "time" && rest.first().is_some_and(|word| word.text == "-p") { &rest[1..] } else { rest };
        }
        while let Some((word, rest)) = words.split_first() {
            let Some(name) = assignment(word) else { break };
            // The place in a list is a sum, and sums may run something.
            if changes_what_runs(name) || word.text[name.len()..].starts_with('[') {
                return nature.and(Nature::Acts("changes which program runs"));
            }
            if secrets::sets(word, name) {
                nature = nature.and(secrets::HELD);
            }
            words = rest;
        }
        if words.is_empty() {
            return nature;
        }
        if secrets::holds(words) {
            nature = nature.and(secrets::HELD);
        }
        nature.and(self.program(words, is_fed, false))
    }

    /// A program by its name, and its words.
    pub(super) fn program(&self, words: &[&Word<'_>], is_fed: bool, has_more: bool) -> Nature {
        let Some((program, words)) = words.split_first() else { return UNKNOWN };
        if !program.is_literal() {
            return Nature::Acts("runs what a variable says");
        }
        let nature = readers::nature(&program.text, &Command { setting: self, words, is_fed, has_more });
        // A quote that was left open has swallowed lines; a program or SQL of several lines is judged by its reader.
        let is_known = SEVERAL_LINES.contains(&&*program.text) || words.iter().any(|word| word.text == "psql");
        let is_odd = !is_known && words.iter().any(|word| word.text.contains('\n'));
        if is_odd { nature.and(Nature::Acts("holds a text of several lines")) } else { nature }
    }

    /// Whether a word may become several, or an option: `$(…)`, `$OPTS`, `"$@"`, a variable that the text itself sets.
    pub(super) fn may_be_several(&self, word: &Word<'_>) -> bool {
        let is_list = word.is_pattern && word.text.contains(['{', '}']) && !word.text.contains("{{") && !word.is_quoted;
        let begins = word.text.starts_with(HOLE);
        is_list
            || word.pieces.iter().filter(|piece| !matches!(piece, Piece::Literal { text, .. } if text.is_empty())).enumerate().any(
                |(n, piece)| match piece {
                    Piece::Variable { name, operator, quoted, .. } => {
                        let is_every = matches!(*name, "@" | "*") || operator.starts_with("[@") || operator.starts_with("[*");
                        let sounds_so = name.to_ascii_uppercase().split('_').any(|part| {
                            ["OPT", "ARG", "FLAG", "PARAM", "EXTRA"].contains(&part)
                                || ["OPTS", "OPTIONS", "ARGS", "FLAGS", "PARAMS", "PARAMETERS"].iter().any(|end| part.ends_with(end))
                        });
                        let is_authors = self.assigned.iter().any(|set| set == name);
                        is_every || sounds_so && (!quoted || n == 0) || is_authors && (!quoted || n == 0 && begins)
                    }
                    Piece::Substitution { quoted, written, .. } => !written.starts_with('<') && (!quoted || n == 0 && begins),
                    Piece::Odd { .. } => true,
                    Piece::Literal { .. } | Piece::Arithmetic { .. } | Piece::Placeholder { .. } => false,
                },
            )
    }
}

impl<'c, 'a> Command<'c, 'a> {
    /// The same with other words.
    pub(super) fn with(&self, words: &'c [&'c Word<'a>]) -> Command<'c, 'a> {
        Command { words, ..*self }
    }

    /// Whether options may come in that are not written here.
    pub(super) fn hides_words(&self) -> bool {
        self.has_more || self.words.iter().any(|word| self.setting.may_be_several(word))
    }

    /// Whether options may come in before its subcommand, the word of this number.
    pub(super) fn hides_words_before(&self, subcommand: usize) -> bool {
        let own = self.words.get(..subcommand).unwrap_or_default();
        self.has_more && self.words.len() <= subcommand || own.iter().any(|word| self.setting.may_be_several(word))
    }

    /// What its words run as a program of their own.
    pub(super) fn inner(&self, from: usize, is_fed: bool) -> Nature {
        let words = self.words.get(from..).unwrap_or_default();
        self.setting.program(words, is_fed, self.has_more)
    }
}

/// Whether a variable of this name decides what a program loads or starts. Passwords, hosts and the like do not.
pub(super) fn changes_what_runs(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_part =
        ["PATH", "OPTS", "OPTIONS", "PAGER", "EDITOR", "COMMAND", "PRELOAD", "RUSTC", "PROMPT"].iter().any(|part| name.contains(part));
    let is_start = ["LD_", "DYLD_", "GIT_", "BASH", "PYTHON", "PERL", "RUBY", "NODE_OPT", "LESS", "XDG_", "CURL_H", "WGETRC"]
        .iter()
        .any(|start| name.starts_with(start));
    is_part
        || is_start
        || matches!(name.as_str(), "IFS" | "ENV" | "HOME" | "SHELL" | "VISUAL" | "PSQLRC" | "PS4" | "SSH_ASKPASS" | "BROWSER" | "SHELLOPTS")
}
