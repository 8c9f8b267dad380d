//! The variables of shell lines: which are used and not set, and what commands leave in their shell for others.
//! Never expands one.

use std::collections::HashSet;

use super::lexer::lex;
use super::words::{Piece, Token, Word, is_name};
use super::{Script, Unit};

/// What a variable's name is looked for in, so that none is asked for that every shell has.
const GIVEN: &str = " HOME PATH USER PWD OLDPWD HOSTNAME SHELL UID EUID RANDOM SECONDS LANG LC_ALL TMPDIR TERM IFS PPID LOGNAME LINENO SHLVL \
    REPLY OPTARG OPTIND PIPESTATUS FUNCNAME EPOCHSECONDS HOSTTYPE OSTYPE MACHTYPE BASHPID BASH BASH_SOURCE BASH_VERSION COLUMNS LINES _ ";

/// Commands that leave something behind in the shell for those after them.
const CHANGES_SHELL: &[&str] = &[
    "cd",
    "export",
    "set",
    "source",
    ".",
    "shopt",
    "trap",
    "unset",
    "alias",
    "unalias",
    "pushd",
    "popd",
    "declare",
    "typeset",
    "local",
    "readonly",
    "eval",
    "umask",
    "exec",
    "wait",
    "fg",
    "bg",
    "ulimit",
    "function",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "nvm",
    "conda",
    "workon",
    "deactivate",
    "return",
    "exit",
    "let",
    "hash",
    "enable",
];

impl Script<'_> {
    /// Whether its commands depend on each other's shell state: variables, the directory, functions, options, `$?`, jobs.
    #[must_use]
    pub(in crate::runbook::import) fn shares_state(&self) -> bool {
        let (mut assigned, mut is_changed, mut is_first) = (HashSet::new(), false, true);
        for tokens in self.commands() {
            if is_changed {
                return true;
            }
            let mut variables = Variables::default();
            variables.tokens(tokens);
            let depends = |used: &str| assigned.contains(used) || !is_first && ["?", "!", "_", "PIPESTATUS"].contains(&used);
            if variables.used_at_all.iter().any(|used| depends(used)) {
                return true;
            }
            is_changed = changes_shell(tokens);
            assigned.extend(variables.set);
            is_first = false;
        }
        false
    }
}

/// Whether a command leaves more behind in its shell than values of variables.
fn changes_shell(tokens: &[Token<'_>]) -> bool {
    let (mut depth, mut names_command) = (0_usize, true);
    for (n, token) in tokens.iter().enumerate() {
        match token {
            Token::Operator { text: "(", .. } => {
                let before = n.checked_sub(1).and_then(|before| tokens.get(before));
                if matches!(before, Some(Token::Word(name)) if is_name(&name.text.replace('-', "_"))) {
                    return true;
                }
                depth += 1;
                names_command = true;
            }
            Token::Operator { text: ")", .. } => depth = depth.saturating_sub(1),
            Token::Operator { text: "&", .. } if depth == 0 => return true,
            Token::Operator { .. } => names_command = true,
            Token::Word(word) if names_command => {
                let is_keyword = ["if", "while", "until", "then", "do", "else", "elif", "{", "!", "time"].contains(&&*word.text);
                names_command = is_keyword || assignment(word).is_some();
                if depth == 0 && CHANGES_SHELL.contains(&&*word.text) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Variables a text uses and neither sets before nor has a default for, in order, once each.
#[must_use]
pub(in crate::runbook::import) fn unset_variables(text: &str) -> Vec<String> {
    unset(&lex(text).tokens)
}

impl Unit<'_> {
    /// Variables the command uses and neither sets before nor has a default for, in order, once each.
    #[must_use]
    pub(in crate::runbook::import) fn unset_variables(&self) -> Vec<String> {
        unset(self.tokens)
    }
}

fn unset(tokens: &[Token<'_>]) -> Vec<String> {
    let mut variables = Variables::default();
    variables.tokens(tokens);
    variables.unset
}

/// The variables of a text as they are met.
#[derive(Default)]
struct Variables {
    set: HashSet<String>,
    used_at_all: HashSet<String>,
    unset: Vec<String>,
}

impl Variables {
    fn tokens(&mut self, tokens: &[Token<'_>]) {
        let mut words: Vec<&Word<'_>> = Vec::new();
        for token in tokens {
            match token {
                Token::Word(word) => {
                    // `for x in` and `then X=1` begin a command anew.
                    if ["then", "do", "else", "elif", "if", "while", "until", "!", "{"].contains(&&*word.text) && !word.is_quoted {
                        self.command(&std::mem::take(&mut words));
                    } else {
                        words.push(word);
                    }
                }
                Token::Redirection { target, body, .. } => {
                    self.pieces(target.iter().flat_map(|target| &target.pieces));
                    self.pieces(body);
                }
                Token::Operator { .. } => self.command(&std::mem::take(&mut words)),
                Token::Comment { .. } => {}
            }
        }
        self.command(&words);
    }

    /// What one command uses, and then what it sets.
    fn command(&mut self, words: &[&Word<'_>]) {
        let first = words.iter().position(|word| assignment(word).is_none()).unwrap_or(words.len());
        if let [keyword, name, ..] = words
            && ["for", "select"].contains(&&*keyword.text)
        {
            self.pieces(words.iter().skip(2).flat_map(|word| &word.pieces));
            self.set.insert(name.text.to_string());
            return;
        }
        let program = words.get(first).map_or("", |word| &*word.text);
        let is_declaration = ["export", "declare", "typeset", "local", "readonly"].contains(&program);
        for (n, word) in words.iter().enumerate() {
            self.pieces(&word.pieces);
            // `A=1 B=$A` sets one after the other; `A=1 program` sets it for the program only.
            if let Some(name) = assignment(word).filter(|_| n < first && first == words.len() || is_declaration && n > first) {
                self.set.insert(name.to_owned());
            }
        }
        if ["read", "mapfile", "readarray", "getopts", "let"].contains(&program) {
            let names = words[first + 1..].iter().filter(|word| is_name(&word.text));
            self.set.extend(names.map(|word| word.text.to_string()));
        }
        if program == "printf" && words.get(first + 1).is_some_and(|word| word.text == "-v") {
            self.set.extend(words.get(first + 2).map(|word| word.text.to_string()));
        }
    }

    fn pieces<'p, 'a: 'p>(&mut self, pieces: impl IntoIterator<Item = &'p Piece<'a>>) {
        for piece in pieces {
            match piece {
                Piece::Variable { name, operator, inside, .. } => {
                    self.uses(name, operator);
                    self.pieces(inside);
                }
                Piece::Substitution { tokens, .. } => {
                    // What a substitution sets is gone when it ends.
                    let outer = self.set.clone();
                    self.tokens(tokens);
                    self.set = outer;
                }
                Piece::Arithmetic { inside, .. } => self.pieces(inside),
                Piece::Literal { .. } | Piece::Placeholder { .. } | Piece::Odd { .. } => {}
            }
        }
    }

    fn uses(&mut self, name: &str, operator: &str) {
        self.used_at_all.insert(name.to_owned());
        let has_default = operator.trim_start_matches(':').starts_with(['-', '=', '+']);
        if operator.trim_start_matches(':').starts_with('=') {
            self.set.insert(name.to_owned());
        }
        if is_name(name)
            && !has_default
            && !self.set.contains(name)
            && !GIVEN.contains(&format!(" {name} "))
            && !self.unset.iter().any(|unset| unset == name)
        {
            self.unset.push(name.to_owned());
        }
    }
}

/// The name that a word `NAME=value` or `NAME+=value` sets.
pub(super) fn assignment<'w>(word: &'w Word<'_>) -> Option<&'w str> {
    let (name, _) = word.text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    // The name must stand there unquoted.
    let is_plain = matches!(word.pieces.first(), Some(Piece::Literal { text, quoted: false }) if text.len() > name.len());
    (is_name(name) && is_plain).then_some(name)
}
