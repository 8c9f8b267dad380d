//! Reading the shell lines of a document: which belong to one command, what they need, and what they share.
//! Never runs anything and never refuses a text; whether a command only reads is said in [`nature`].

use std::collections::HashSet;
use std::ops::Range;

mod lexer;
pub mod nature;

pub use lexer::Quoting;
use lexer::{Piece, Token, Word, is_name, lex};

/// One command of a block with all its lines: what is continued, quoted, bracketed or fed to it belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit<'a> {
    /// Its lines as written, without the last line break.
    pub text: &'a str,
    /// Which lines of the block, counted from 0, the last one excluded.
    pub lines: Range<usize>,
}

/// A part of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Lines that hold a comment only, one under the other, as written.
    Comment {
        /// The lines without the last line break.
        text: &'a str,
        /// Which lines of the block, counted from 0, the last one excluded.
        lines: Range<usize>,
    },
    /// One or more empty lines.
    Blank,
    /// A command.
    Command(Unit<'a>),
}

/// The parts of a block in order; every line that is not blank is in exactly one. What is not closed takes the rest of the block.
#[must_use]
pub fn parts(block: &str) -> Vec<Part<'_>> {
    let starts: Vec<usize> =
        std::iter::once(0).chain(block.match_indices('\n').map(|(at, _)| at + 1)).filter(|at| *at < block.len()).collect();
    let text_of = |lines: &Range<usize>| {
        let end = starts.get(lines.end).copied().unwrap_or(block.len());
        let text = &block[starts[lines.start]..end];
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
    };
    let (units, _) = unit_lines(block, &starts);
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut line = 0;
    let mut units = units.into_iter().peekable();
    while line < starts.len() {
        if let Some(lines) = units.next_if(|lines| lines.start == line) {
            line = lines.end;
            parts.push(Part::Command(Unit { text: text_of(&lines), lines }));
            continue;
        }
        let this = line..line + 1;
        if text_of(&this).trim().is_empty() {
            if parts.last() != Some(&Part::Blank) {
                parts.push(Part::Blank);
            }
        } else if let Some(Part::Comment { text, lines }) = parts.last_mut() {
            lines.end += 1;
            *text = text_of(lines);
        } else {
            parts.push(Part::Comment { text: text_of(&this), lines: this });
        }
        line += 1;
    }
    parts
}

/// Whether every quote, heredoc, bracket, `if`, loop and function of a block has its end.
#[must_use]
pub fn is_closed(block: &str) -> bool {
    unit_lines(block, &[]).1
}

/// The lines of every command, and whether all were closed. Without the starts of lines only the latter.
fn unit_lines(block: &str, starts: &[usize]) -> (Vec<Range<usize>>, bool) {
    let lexed = lex(block);
    let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
    let mut units: Vec<Range<usize>> = Vec::new();
    let mut nesting = Nesting::default();
    let mut from = None;
    let mut add = |range: Range<usize>| {
        let lines = line_of(range.start)..line_of(range.end.saturating_sub(1)) + 1;
        match units.last_mut() {
            // `cmd \` at the end of a block, or two that share a line.
            Some(last) if lines.start < last.end => last.end = last.end.max(lines.end),
            _ => units.push(lines),
        }
    };
    for token in &lexed.tokens {
        let range = token.range();
        match token {
            Token::Operator { text: "\n", .. } => {
                if let Some(start) = from.filter(|_| !nesting.is_open()) {
                    add(start..range.end);
                    from = None;
                }
                nesting.line_ends();
            }
            Token::Comment { .. } => {}
            token => {
                from.get_or_insert(range.start);
                nesting.take(token);
            }
        }
    }
    let is_closed = lexed.is_closed && !nesting.is_open() && !block.trim_end_matches('\n').ends_with('\\');
    if let Some(start) = from {
        add(start..block.len());
    }
    (units, is_closed)
}

/// What has begun and not ended: `if`, loops, brackets, functions, a line that ends with `|`.
#[derive(Default)]
struct Nesting {
    ends: Vec<&'static str>,
    last: Last,
    /// Whether the line goes on as it ends with an operator.
    goes_on: bool,
    /// `function name` or `name()` was read: what follows is its body.
    awaits_body: bool,
}

/// What was read last, as far as it says what comes next.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// The next word names a command.
    #[default]
    Separator,
    /// A command's first word, or a function's name.
    Name,
    /// `name(`
    NameAndBracket,
    /// `function`
    Function,
    /// Another word.
    Argument,
}

impl Nesting {
    fn is_open(&self) -> bool {
        !self.ends.is_empty() || self.goes_on || self.awaits_body
    }

    fn line_ends(&mut self) {
        self.last = Last::Separator;
    }

    fn take(&mut self, token: &Token<'_>) {
        self.goes_on = matches!(token, Token::Operator { text: "|" | "||" | "&&" | "|&", .. });
        match token {
            Token::Operator { text: "(", .. } => {
                self.ends.push(")");
                self.last = if self.last == Last::Name { Last::NameAndBracket } else { Last::Separator };
            }
            Token::Operator { text: ")", .. } => {
                if self.ends.last() == Some(&")") {
                    self.ends.pop();
                    self.awaits_body = self.last == Last::NameAndBracket;
                }
                self.last = Last::Separator;
            }
            Token::Operator { .. } => self.last = Last::Separator,
            Token::Word(word) if self.last == Last::Function => {
                self.awaits_body = !word.text.is_empty();
                self.last = Last::Separator;
            }
            Token::Word(word) => self.word(word),
            Token::Redirection { .. } | Token::Comment { .. } => {}
        }
    }

    fn word(&mut self, word: &Word<'_>) {
        self.awaits_body = false;
        if self.last != Last::Separator || word.is_quoted {
            self.last = if self.last == Last::Separator { Last::Name } else { Last::Argument };
            return;
        }
        let end = match word.text.as_str() {
            "if" => Some("fi"),
            "for" | "while" | "until" | "select" => Some("done"),
            "case" => Some("esac"),
            "{" => Some("}"),
            _ => None,
        };
        if let Some(end) = end {
            self.ends.push(end);
        } else if self.ends.last() == Some(&word.text.as_str()) {
            self.ends.pop();
        }
        self.last = match word.text.as_str() {
            "if" | "while" | "until" | "then" | "do" | "else" | "elif" | "{" | "!" | "time" => Last::Separator,
            "function" => Last::Function,
            // `NAMES=(a b)` is a list and no function.
            name if name.contains('=') => Last::Argument,
            _ => Last::Name,
        };
    }
}

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

/// Whether the block's commands depend on each other's shell state: variables, the directory, functions, options, `$?`, jobs.
#[must_use]
pub fn shares_state(block: &str) -> bool {
    let (mut assigned, mut is_changed, mut is_first) = (HashSet::new(), false, true);
    for part in parts(block) {
        let Part::Command(unit) = part else { continue };
        if is_changed {
            return true;
        }
        let lexed = lex(unit.text);
        let mut variables = Variables::default();
        variables.tokens(&lexed.tokens);
        let depends = |used: &str| assigned.contains(used) || !is_first && ["?", "!", "_", "PIPESTATUS"].contains(&used);
        if variables.used_at_all.iter().any(|used| depends(used)) {
            return true;
        }
        is_changed = changes_shell(&lexed.tokens);
        assigned.extend(variables.set);
        is_first = false;
    }
    false
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
                let is_keyword = ["if", "while", "until", "then", "do", "else", "elif", "{", "!", "time"].contains(&word.text.as_str());
                names_command = is_keyword || assignment(word).is_some();
                if depth == 0 && CHANGES_SHELL.contains(&word.text.as_str()) {
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
pub fn unset_variables(block: &str) -> Vec<String> {
    let lexed = lex(block);
    let mut variables = Variables::default();
    variables.tokens(&lexed.tokens);
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
                    if ["then", "do", "else", "elif", "if", "while", "until", "!", "{"].contains(&word.text.as_str()) && !word.is_quoted {
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
            && ["for", "select"].contains(&keyword.text.as_str())
        {
            self.pieces(words.iter().skip(2).flat_map(|word| &word.pieces));
            self.set.insert(name.text.clone());
            return;
        }
        let program = words.get(first).map_or("", |word| word.text.as_str());
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
            self.set.extend(names.map(|word| word.text.clone()));
        }
        if program == "printf" && words.get(first + 1).is_some_and(|word| word.text == "-v") {
            self.set.extend(words.get(first + 2).map(|word| word.text.clone()));
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
fn assignment<'w>(word: &'w Word<'_>) -> Option<&'w str> {
    let (name, _) = word.text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let name = name.split_once('[').map_or(name, |(name, _)| name);
    // The name must stand there unquoted.
    let is_plain = matches!(word.pieces.first(), Some(Piece::Literal { text, quoted: false }) if text.len() > name.len());
    (is_name(name) && is_plain).then_some(name)
}

/// Says for every byte of a text what quotes it stands in.
#[must_use]
pub fn quoting(text: &str) -> impl Fn(usize) -> Quoting + use<> {
    let mut places = vec![Quoting::None; text.len()];
    for (range, quoting) in lex(text).quoted {
        places[range].fill(quoting);
    }
    move |at| places.get(at).copied().unwrap_or(Quoting::None)
}

/// Programs whose name begins no sentence.
const PROGRAMS: &str = " docker docker-compose podman kubectl oc helm psql pg_dump pg_restore pg_isready mysql mysqldump mongosh redis-cli sqlite3 curl wget \
    grep egrep zgrep rg awk sed jq yq xargs systemctl journalctl git npm npx yarn pnpm node python python3 pip pip3 uv poetry cargo go make aws gcloud gsutil az \
    terraform ansible ansible-playbook sudo ssh scp rsync cd ls cat tail chmod chown mkdir rm cp mv ps df du export echo printf openssl dig nslookup ping traceroute \
    netstat ss lsof iptables apt apt-get yum dnf brew pm2 supervisorctl rabbitmqctl crictl nerdctl etcdctl consul vault nomad kafka-topics.sh kafka-topics \
    kafka-consumer-groups kafka-consumer-groups.sh alembic flyctl fly heroku gh argocd flux istioctl velero kubeadm tar gzip gunzip unzip nginx certbot dmesg uname \
    vmstat iostat mpstat htop lsblk mount umount kill pkill pgrep crontab tee nc nano vim vi source createdb dropdb prisma virsh ip ufw sysctl hostnamectl timedatectl \
    bash sh pwd whoami wc sort uniq tr cut ";

/// Programs whose name is a word of prose, too: believed with an option, a path or a variable behind them only.
const AMBIGUOUS: &str = " find head date time test service host which watch less more file last who id env touch stat free top set kill make go node ip source \
    sort cut export mount python cat fly flux ss ls ps brew yarn tail tee consul vault ping ";

/// Whether a text without a language looks like shell commands.
#[must_use]
pub fn looks_like_shell(block: &str) -> bool {
    let has_prompt = block.lines().any(|line| {
        let line = line.trim_start();
        line.strip_prefix("$ ").is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || "./~".contains(c)))
    });
    if has_prompt {
        return true;
    }
    let (mut known, mut unknown) = (0, 0);
    for part in parts(block) {
        let Part::Command(unit) = part else { continue };
        let line_is_known = names_program(unit.text);
        if line_is_known {
            known += 1;
        } else {
            if known + unknown == 0 && unit.lines.len() > 1 && !is_closed(unit.text) {
                return false;
            }
            unknown += 1;
        }
    }
    known > 0 && known >= unknown
}

/// Whether a command begins with a program one knows, a script by its path, or sets a variable.
fn names_program(command: &str) -> bool {
    let lexed = lex(command);
    let words: Vec<&Word<'_>> =
        lexed.tokens.iter().map_while(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect();
    let first = words.iter().position(|word| assignment(word).is_none()).unwrap_or(words.len());
    let Some(program) = words.get(first) else { return first > 0 && words.len() == 1 };
    let name = program.text.as_str();
    let argument = words.get(first + 1).map_or("", |word| word.text.as_str());
    let is_shell_like =
        argument.starts_with(['-', '/', '.', '~', lexer::HOLE]) || argument.contains(['/', '=', '.']) && !argument.ends_with('.');
    let is_script =
        ["./", "../", "~/", "/usr/", "/opt/", "/bin/", "/etc/"].iter().any(|start| name.starts_with(start)) && !name.ends_with(':');
    let spaced = format!(" {name} ");
    if name.contains(' ') || name.is_empty() {
        return false;
    }
    let is_loop = ["for", "while", "if"].contains(&name)
        && lexed.tokens.iter().any(|token| matches!(token, Token::Word(word) if ["do", "then"].contains(&word.text.as_str())));
    is_script || is_loop || if AMBIGUOUS.contains(&spaced) { is_shell_like } else { PROGRAMS.contains(&spaced) }
}
