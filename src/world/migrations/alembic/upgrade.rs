//! What `upgrade()` does to the structure, as far as it is written there: calls of `op`, batches, and SQL in texts.
//! Never takes for done what stands in another function that nothing calls.

use std::collections::{BTreeMap, BTreeSet};

use crate::runbook::sql::structure::{self, Change, Does, Thing};
use crate::world::migrations::folder::{LineStarts, SourceFile};
use crate::world::migrations::history::Step;
use crate::world::migrations::python::{Kind, Logical, Token};

/// What a function consists of.
pub(super) struct Body<'l> {
    /// The line of its `def`.
    pub(super) line: usize,
    /// Its lines: how far they are indented, and their tokens.
    parts: Vec<(usize, &'l [Token])>,
}

impl Body<'_> {
    /// Whether it does nothing at all: `pass`, `...`, a text, `return`.
    pub(super) fn is_idle(&self) -> bool {
        self.parts.iter().all(|(_, tokens)| is_idle(tokens))
    }

    /// Whether it refuses to be run.
    pub(super) fn only_raises(&self) -> bool {
        self.parts.iter().all(|(_, tokens)| is_idle(tokens) || tokens[0].is_word("raise"))
    }
}

fn is_idle(tokens: &[Token]) -> bool {
    let is_return = tokens[0].is_word("return") && tokens[1..].iter().all(|token| token.is_word("None"));
    let is_quiet = |token: &Token| token.is_word("pass") || token.is_sign('.') || token.is_sign(';') || token.kind == Kind::Text;
    is_return || tokens.iter().all(is_quiet)
}

/// The functions of a module, by name.
pub(super) fn functions(lines: &[Logical]) -> BTreeMap<&str, Body<'_>> {
    let mut functions = BTreeMap::new();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.indent == 0) {
        let tokens = &line.tokens[..];
        let tokens = if tokens[0].is_word("async") { &tokens[1..] } else { tokens };
        let [def, name, ..] = tokens else { continue };
        if !def.is_word("def") {
            continue;
        }
        let inline = after_header(tokens);
        let inside = lines[n + 1..].iter().take_while(|line| line.indent > 0).map(|line| (line.indent, &line.tokens[..]));
        let parts = inline.map(|tokens| (1, tokens)).into_iter().chain(inside).collect();
        functions.insert(name.text.as_str(), Body { line: line.line(), parts });
    }
    functions
}

/// What stands in the line of a header behind its colon.
fn after_header(tokens: &[Token]) -> Option<&[Token]> {
    let mut depth = 0_usize;
    for (n, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Sign) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            ":" if depth == 0 => return tokens.get(n + 1..).filter(|rest| !rest.is_empty()),
            _ => {}
        }
    }
    None
}

/// What `upgrade` does, in order, with what the functions do that it calls.
pub(super) fn steps(file: &SourceFile, functions: &BTreeMap<&str, Body<'_>>) -> Vec<Step> {
    let mut reader = Reader { file, functions, called: BTreeSet::from(["upgrade", "downgrade"]), steps: Vec::new() };
    reader.body("upgrade", false);
    reader.steps
}

struct Reader<'r, 'l> {
    file: &'r SourceFile,
    functions: &'r BTreeMap<&'r str, Body<'l>>,
    /// Functions that were read, so that none is read for ever.
    called: BTreeSet<&'r str>,
    steps: Vec<Step>,
}

/// A call of a method: `receiver.method(arguments)`.
struct Call<'t> {
    receiver: &'t str,
    method: &'t Token,
    /// The line its statement begins in.
    statement: usize,
    plain: Vec<&'t [Token]>,
    named: Vec<(&'t str, &'t [Token])>,
    /// Whether it happens only on a condition.
    is_conditional: bool,
}

impl Reader<'_, '_> {
    fn body(&mut self, name: &str, is_conditional: bool) {
        let Some(body) = self.functions.get(name) else { return };
        // How far the lines are indented that something else decides about.
        let mut under: Option<usize> = None;
        let mut batches: BTreeMap<&str, String> = BTreeMap::new();
        for (indent, tokens) in &body.parts {
            under = under.filter(|header| indent > header);
            let decides = ["if", "elif", "else", "try", "except", "while", "match"].iter().any(|word| tokens[0].is_word(word));
            let is_conditional = is_conditional || under.is_some() || decides;
            if decides && under.is_none() {
                under = Some(*indent);
            }
            for n in 0..tokens.len() {
                if let Some(call) = call(tokens, n, is_conditional) {
                    if call.receiver == "op"
                        && call.method.is_word("batch_alter_table")
                        && let (Some(table), Some(name)) = (call.table(), alias(tokens, n))
                    {
                        batches.insert(name, table);
                    }
                    self.call(&call, batches.get(call.receiver));
                } else if let Some(called) = function(tokens, n).and_then(|name| self.functions.get_key_value(name)).map(|(name, _)| *name)
                    && self.called.insert(called)
                {
                    self.body(called, is_conditional);
                }
            }
        }
    }

    fn call(&mut self, call: &Call<'_>, batch: Option<&String>) {
        if call.method.is_word("execute") {
            return self.sql(call);
        }
        let unless_missing = call.is_conditional || call.word("if_not_exists").is_some_and(|word| word.is_word("True"));
        let creates = |thing, name, on| Does::Creates { thing, name, on, unless_missing };
        // In a batch the table was named before, so that the first argument is what comes second otherwise.
        let (table, rest) = match batch {
            Some(table) => (Some(table.clone()), call.plain.as_slice()),
            None if call.receiver == "op" => (call.table(), call.plain.get(1..).unwrap_or_default()),
            None => return,
        };
        let of = |column: Option<String>| Some(format!("{}.{}", table.as_ref()?, column?));
        let named = |name: &str| call.argument(name).and_then(literal);
        let first = || rest.first().and_then(|argument| literal(argument)).or_else(|| named("column_name"));
        let method = call.method.text.as_str();
        let (does, is_drop) = match method {
            "create_table" => {
                let Some(table) = table else { return };
                self.push(call, Some(creates(Thing::Table, table.clone(), None)), false);
                for column in rest.iter().filter_map(|argument| column(argument)) {
                    let name = format!("{table}.{column}");
                    self.push(call, Some(Does::Creates { thing: Thing::Column, name, on: None, unless_missing: true }), false);
                }
                return;
            }
            "drop_table" => (table.map(|name| Does::Drops { thing: Thing::Table, name }), true),
            "add_column" => (of(rest.first().and_then(|argument| column(argument))).map(|name| creates(Thing::Column, name, None)), false),
            "drop_column" => (of(first()).map(|name| Does::Drops { thing: Thing::Column, name }), true),
            "rename_table" => {
                let to =
                    rest.first().and_then(|argument| literal(argument)).or_else(|| named("new_table_name")).map(|to| call.in_schema(to));
                (table.zip(to).map(|(from, to)| Does::Renames { thing: Thing::Table, from, to }), false)
            }
            "alter_column" => {
                let (from, to) = (of(first()), of(named("new_column_name")));
                (from.zip(to).map(|(from, to)| Does::Renames { thing: Thing::Column, from, to }), false)
            }
            "create_index" | "drop_index" => {
                let name = call
                    .plain
                    .first()
                    .and_then(|argument| literal(argument))
                    .or_else(|| named("index_name"))
                    .map(|name| call.in_schema(name));
                let on = batch.cloned().or_else(|| rest.first().and_then(|argument| literal(argument)).map(|table| call.in_schema(table)));
                let does = if method == "create_index" {
                    name.map(|name| creates(Thing::Index, name, on))
                } else {
                    name.map(|name| Does::Drops { thing: Thing::Index, name })
                };
                (does, false)
            }
            _ => return,
        };
        self.push(call, does, is_drop);
    }

    /// Keeps a step; one that drops is kept although its name cannot be read.
    fn push(&mut self, call: &Call<'_>, does: Option<Does>, is_drop: bool) {
        let (line, statement) = (call.method.line, call.statement);
        let is_confirmed = self.confirmed(line) || self.confirmed(statement);
        if does.is_some() || is_drop {
            self.steps.push(Step { line, statement, is_confirmed, does });
        }
    }

    /// SQL in the texts of a call.
    fn sql(&mut self, call: &Call<'_>) {
        let Some(argument) = call.plain.first().copied().or_else(|| call.argument("sqltext")) else { return };
        let texts: Vec<&Token> = argument.iter().filter(|token| matches!(token.kind, Kind::Text | Kind::Formatted)).collect();
        let Some(first) = texts.first() else { return };
        let sql: String = texts.iter().map(|token| token.text.as_str()).collect();
        let starts = LineStarts::of(&sql);
        let line_of = |offset: usize| first.line + starts.line_of(offset) - 1;
        for Change { offset, statement, mut does } in structure::script(&sql).changes {
            let (line, statement) = (line_of(offset), line_of(statement));
            let is_confirmed = [line, statement, call.method.line, call.statement].iter().any(|line| self.confirmed(*line));
            if let (true, Does::Creates { unless_missing, .. }) = (call.is_conditional, &mut does) {
                *unless_missing = true;
            }
            self.steps.push(Step { line, statement, is_confirmed, does: Some(does) });
        }
    }

    fn confirmed(&self, line: usize) -> bool {
        self.file.is_confirmed(line)
    }
}

impl<'t> Call<'t> {
    fn argument(&self, name: &str) -> Option<&'t [Token]> {
        self.named.iter().find(|(named, _)| *named == name).map(|(_, value)| *value)
    }

    fn word(&self, name: &str) -> Option<&'t Token> {
        self.argument(name)?.first()
    }

    /// The table it is about, with its schema.
    fn table(&self) -> Option<String> {
        let named = || self.argument("table_name").or_else(|| self.argument("old_table_name"));
        literal(self.plain.first().copied().or_else(named)?).map(|name| self.in_schema(name))
    }

    fn in_schema(&self, name: String) -> String {
        match self.argument("schema").and_then(literal) {
            Some(schema) if schema != "public" => format!("{schema}.{name}"),
            _ => name,
        }
    }
}

/// The call that begins with the token at `n`.
fn call(tokens: &[Token], n: usize, is_conditional: bool) -> Option<Call<'_>> {
    let [receiver, dot, method, open, rest @ ..] = tokens.get(n..)? else { return None };
    if !(dot.is_sign('.') && method.kind == Kind::Word && open.is_sign('(')) {
        return None;
    }
    // What a call returned is nobody known, and may still be asked to execute.
    let receiver = if receiver.kind == Kind::Word { receiver.text.as_str() } else { "" };
    let (mut plain, mut named) = (Vec::new(), Vec::new());
    for argument in arguments(rest) {
        match argument {
            [name, sign, value @ ..] if name.kind == Kind::Word && sign.is_sign('=') => named.push((name.text.as_str(), value)),
            _ => plain.push(argument),
        }
    }
    Some(Call { receiver, method, statement: tokens[0].line, plain, named, is_conditional })
}

/// The arguments up to the parenthesis that ends them.
fn arguments(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    for (n, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Sign) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" if depth == 0 => {
                found.push(&tokens[start..n]);
                break;
            }
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                found.push(&tokens[start..n]);
                start = n + 1;
            }
            _ => {}
        }
    }
    found.retain(|argument| !argument.is_empty());
    found
}

/// A name that is written as it is: `"a"`, `op.f("a")`.
fn literal(argument: &[Token]) -> Option<String> {
    let inner = match argument {
        [name, .., end] if name.kind == Kind::Word && end.is_sign(')') => {
            let open = argument.iter().position(|token| token.is_sign('('))?;
            &argument[open + 1..argument.len() - 1]
        }
        _ => argument,
    };
    let is_known = !inner.is_empty() && inner.iter().all(|token| token.kind == Kind::Text);
    is_known.then(|| inner.iter().map(|token| token.text.as_str()).collect())
}

/// The name of the column that an argument describes: `sa.Column("a", …)`.
fn column(argument: &[Token]) -> Option<String> {
    let at = argument.windows(2).position(|pair| pair[0].is_word("Column") && pair[1].is_sign('('))?;
    arguments(&argument[at + 2..]).first().and_then(|name| literal(name))
}

/// The name behind `as` in a `with`, after the call at `n`.
fn alias(tokens: &[Token], n: usize) -> Option<&str> {
    let at = n + tokens[n..].iter().position(|token| token.is_word("as"))?;
    tokens.get(at + 1).map(|name| name.text.as_str())
}

/// The function that the token at `n` calls.
fn function(tokens: &[Token], n: usize) -> Option<&str> {
    let is_plain = n == 0 || !(tokens[n - 1].is_sign('.') || tokens[n - 1].is_word("def"));
    let is_called = tokens[n].kind == Kind::Word && tokens.get(n + 1)?.is_sign('(');
    (is_plain && is_called).then_some(tokens[n].text.as_str())
}
