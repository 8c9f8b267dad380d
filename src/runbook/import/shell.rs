//! Reading the shell lines of a document: which belong to one command, what they need, and what they share.
//! Never runs anything and never refuses a text; whether a command only reads is said in [`nature`].

use std::ops::Range;

mod lexer;
pub(in crate::runbook::import) mod nature;
mod options;
mod placeholder;
mod psql;
mod readers;
mod secrets;
#[cfg(test)]
mod tests;
mod variables;
mod words;

use lexer::{Lexed, lex};
pub(in crate::runbook::import) use psql::Psql;
use variables::assignment;
pub(in crate::runbook::import) use variables::unset_variables;
pub(in crate::runbook::import) use words::Quoting;
use words::{HOLE, Token, Word};

/// A block of lines for a shell, read once for all that is asked of it.
#[derive(Debug)]
pub(in crate::runbook::import) struct Script<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    /// Every command: which lines, counted from 0, and which tokens.
    commands: Vec<(Range<usize>, Range<usize>)>,
    /// Where each line begins.
    starts: Vec<usize>,
    /// Whether every quote, heredoc, bracket, `if`, loop and function has its end, and every end its beginning.
    pub(in crate::runbook::import) is_closed: bool,
    /// Whether it stops in the middle of something.
    pub(in crate::runbook::import) goes_on: bool,
}

/// One command of a block with all its lines: what is continued, quoted, bracketed or fed to it belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runbook::import) struct Unit<'a> {
    /// Its lines as written, without the last line break.
    pub(in crate::runbook::import) text: &'a str,
    /// Which lines of the block, counted from 0, the last one excluded.
    pub(in crate::runbook::import) lines: Range<usize>,
    tokens: &'a [Token<'a>],
    is_closed: bool,
}

/// A part of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runbook::import) enum Part<'a> {
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

impl<'a> Script<'a> {
    /// Reads a block.
    #[must_use]
    pub(in crate::runbook::import) fn read(block: &'a str) -> Self {
        let Lexed { tokens, is_closed, .. } = lex(block);
        let starts = std::iter::once(0).chain(block.match_indices('\n').map(|(at, _)| at + 1)).filter(|at| *at < block.len());
        let mut script = Script { text: block, tokens, commands: Vec::new(), starts: starts.collect(), is_closed, goes_on: false };
        let mut nesting = Nesting::default();
        let mut from = None;
        for n in 0..script.tokens.len() {
            let token = &script.tokens[n];
            let range = token.range();
            match token {
                Token::Operator { text: "\n", .. } => {
                    if let Some((start, first)) = from.filter(|_| !nesting.is_open()) {
                        script.add(start..range.end, first..n + 1);
                        from = None;
                    }
                    nesting.line_ends();
                }
                Token::Comment { .. } => {}
                token => {
                    from.get_or_insert((range.start, n));
                    nesting.take(token);
                }
            }
        }
        script.goes_on = !script.is_closed || nesting.is_open() || block.trim_end_matches('\n').ends_with('\\');
        script.is_closed = !script.goes_on && !nesting.is_foreign;
        if let Some((start, first)) = from {
            script.add(start..block.len(), first..script.tokens.len());
        }
        script
    }

    /// Another command, by its bytes and its tokens.
    fn add(&mut self, range: Range<usize>, tokens: Range<usize>) {
        let line_of = |at: usize| self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let lines = line_of(range.start)..line_of(range.end.saturating_sub(1)) + 1;
        match self.commands.last_mut() {
            // `cmd \` at the end of a block, or two that share a line.
            Some((last, last_tokens)) if lines.start < last.end => {
                last.end = last.end.max(lines.end);
                last_tokens.end = tokens.end;
            }
            _ => self.commands.push((lines, tokens)),
        }
    }

    /// The tokens of each command.
    fn commands(&self) -> impl Iterator<Item = &[Token<'a>]> {
        self.commands.iter().map(|(_, tokens)| &self.tokens[tokens.clone()])
    }

    /// All of it as if it were one command.
    #[must_use]
    pub(in crate::runbook::import) fn whole(&self) -> Unit<'_> {
        Unit { text: self.text, lines: 0..self.starts.len(), tokens: &self.tokens, is_closed: self.is_closed }
    }

    /// Its parts in order; every line that is not blank is in exactly one. What is not closed takes the rest of the block.
    #[must_use]
    pub(in crate::runbook::import) fn parts(&self) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        let mut line = 0;
        let mut commands = self.commands.iter().peekable();
        while line < self.starts.len() {
            if let Some((lines, tokens)) = commands.next_if(|(lines, _)| lines.start == line) {
                line = lines.end;
                let is_closed = self.is_closed || commands.peek().is_some();
                let (text, tokens) = (self.lines(lines), &self.tokens[tokens.clone()]);
                parts.push(Part::Command(Unit { text, lines: lines.clone(), tokens, is_closed }));
                continue;
            }
            let this = line..line + 1;
            let text = self.lines(&this);
            if text.trim().is_empty() {
                if parts.last() != Some(&Part::Blank) {
                    parts.push(Part::Blank);
                }
            } else if let Some(Part::Comment { text, lines }) = parts.last_mut() {
                lines.end += 1;
                *text = self.lines(lines);
            } else {
                parts.push(Part::Comment { text, lines: this });
            }
            line += 1;
        }
        parts
    }

    /// Lines as written, without the last line break.
    fn lines(&self, lines: &Range<usize>) -> &'a str {
        let end = self.starts.get(lines.end).copied().unwrap_or(self.text.len());
        let text = &self.text[self.starts[lines.start]..end];
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
    }
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
    /// Whether something ends that never began, or begins where a shell knows no beginning, as the `{` of another language.
    is_foreign: bool,
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
                } else if self.ends.last() != Some(&"esac") {
                    self.is_foreign = true;
                }
                self.last = Last::Separator;
            }
            Token::Operator { text, .. } if text.starts_with(";;") || *text == ";&" => {
                self.is_foreign |= !self.ends.contains(&"esac");
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
        // `server {` is another language. `case x in` and `for x in` have words of their own.
        self.is_foreign |= self.last != Last::Separator && word.text == "{" && !word.is_quoted;
        if self.last != Last::Separator || word.is_quoted {
            self.last = if self.last == Last::Separator { Last::Name } else { Last::Argument };
            return;
        }
        let end = match &*word.text {
            "if" => Some("fi"),
            "for" | "while" | "until" | "select" => Some("done"),
            "case" => Some("esac"),
            "{" => Some("}"),
            _ => None,
        };
        if let Some(end) = end {
            self.ends.push(end);
        } else if self.ends.last() == Some(&&*word.text) {
            self.ends.pop();
        } else if ["}", "fi", "done", "esac", "then", "do", "else", "elif"].contains(&&*word.text) {
            // Words between that open nothing belong to what is still open, as `else` to `fi`.
            self.is_foreign |= match &*word.text {
                "then" | "else" | "elif" => self.ends.last() != Some(&"fi"),
                "do" => self.ends.last() != Some(&"done"),
                _ => true,
            };
        }
        self.last = match &*word.text {
            "if" | "while" | "until" | "then" | "do" | "else" | "elif" | "{" | "!" | "time" => Last::Separator,
            "function" => Last::Function,
            // `NAMES=(a b)` is a list and no function.
            name if name.contains('=') => Last::Argument,
            _ => Last::Name,
        };
    }
}

/// Says for every byte of a text what quotes it stands in.
pub(in crate::runbook::import) fn quoting(text: &str) -> impl Fn(usize) -> Quoting + use<> {
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
pub(in crate::runbook::import) fn looks_like_shell(block: &str) -> bool {
    let has_prompt = block.lines().any(|line| {
        let line = line.trim_start();
        line.strip_prefix("$ ").is_some_and(|rest| rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || "./~".contains(c)))
    });
    if has_prompt {
        return true;
    }
    let (mut known, mut unknown) = (0, 0);
    let script = Script::read(block);
    for part in script.parts() {
        let Part::Command(unit) = part else { continue };
        if names_program(unit.tokens) {
            known += 1;
        } else {
            if known + unknown == 0 && unit.lines.len() > 1 && !unit.is_closed {
                return false;
            }
            unknown += 1;
        }
    }
    known > 0 && known >= unknown
}

/// Whether a command begins with a program one knows, a script by its path, or sets a variable.
fn names_program(tokens: &[Token<'_>]) -> bool {
    let words: Vec<&Word<'_>> = tokens.iter().map_while(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect();
    let first = words.iter().position(|word| assignment(word).is_none()).unwrap_or(words.len());
    let Some(program) = words.get(first) else { return first > 0 && words.len() == 1 };
    let name = &*program.text;
    let argument = words.get(first + 1).map_or("", |word| &*word.text);
    let is_shell_like = argument.starts_with(['-', '/', '.', '~', HOLE]) || argument.contains(['/', '=', '.']) && !argument.ends_with('.');
    let is_script =
        ["./", "../", "~/", "/usr/", "/opt/", "/bin/", "/etc/"].iter().any(|start| name.starts_with(start)) && !name.ends_with(':');
    let spaced = format!(" {name} ");
    if name.contains(' ') || name.is_empty() {
        return false;
    }
    let is_loop = ["for", "while", "if"].contains(&name)
        && tokens.iter().any(|token| matches!(token, Token::Word(word) if ["do", "then"].contains(&&*word.text)));
    let is_alone = first + 1 == words.len();
    is_script
        || is_loop
        || AMBIGUOUS.contains(&spaced) && (is_shell_like || first > 0)
        || PROGRAMS.contains(&spaced) && (is_alone || !AMBIGUOUS.contains(&spaced))
}
