//! What stands under a heading as steps: prose says why, lists of what to do are tasks, code is checked and changed with. Never
//! changes the order of the source: where a step would, the next one begins.

use super::blocks::{Block, Item, Kind, one_line};
use super::code::{self, Surroundings, Tongue};
use super::draft::{self, Does, Step};
use super::meaning::{self, Role};

/// The steps of one section as they grow.
pub(super) struct Steps<'w> {
    around: &'w mut Surroundings,
    role: Role,
    /// The heading that the next step is called by.
    heading: Option<String>,
    /// Headings and prose of sections above that had no place of their own.
    carried: Vec<String>,
    /// What was said and belongs to nothing yet; whether it is a line that can name something.
    prose: Vec<(String, bool)>,
    /// Whether the next item begins a step.
    is_closed: bool,
    /// Whether a block of this section has opened a shell elsewhere.
    is_elsewhere: bool,
    /// Whether the block before was code that does something.
    is_behind_code: bool,
    made: Vec<Step>,
}

/// Most characters of a title.
const TITLE: usize = 200;
/// Most characters of a line that can name what follows it.
const LEAD: usize = 140;

/// A block as text for people.
pub(super) fn prose(block: &Block) -> String {
    match &block.kind {
        Kind::Heading { text, .. } | Kind::Paragraph(text) => text.clone(),
        Kind::Code(code) => code.text.trim_end_matches('\n').to_owned(),
        Kind::Table(rows) => rows.iter().map(|row| row.join(" | ")).collect::<Vec<_>>().join("\n"),
        Kind::List(items) => {
            let mut lines = Vec::new();
            for item in items {
                let sign = match (item.ticked, item.number) {
                    (Some(true), _) => "- [x] ".to_owned(),
                    (Some(false), _) => "- [ ] ".to_owned(),
                    (None, Some(number)) => format!("{number}. "),
                    (None, None) => "- ".to_owned(),
                };
                let mut parts = item.blocks.iter();
                let first = match parts.as_slice().first() {
                    Some(Block { kind: Kind::Paragraph(text), .. }) => {
                        parts.next();
                        one_line(text)
                    }
                    _ => String::new(),
                };
                lines.push(format!("{sign}{first}"));
                for part in parts {
                    // Code stays as it is: the blanks before its lines may mean something.
                    let indent = if matches!(part.kind, Kind::Code(_)) { "" } else { "  " };
                    lines.extend(prose(part).lines().map(|line| format!("{indent}{line}")));
                }
            }
            lines.join("\n")
        }
    }
}

impl<'w> Steps<'w> {
    pub(super) fn new(around: &'w mut Surroundings, role: Role, heading: Option<String>, carried: Vec<String>) -> Self {
        Self {
            around,
            role,
            heading,
            carried,
            prose: Vec::new(),
            is_closed: true,
            is_elsewhere: false,
            is_behind_code: false,
            made: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> Vec<Step> {
        self.flush();
        // A section of which nothing else is left is still there.
        if let Some(heading) = self.heading.take().filter(|_| self.made.is_empty()) {
            self.prose.push((heading, false));
            self.flush();
        }
        self.made
    }

    pub(super) fn blocks(&mut self, blocks: &[Block]) {
        let mut at = 0;
        while let Some(block) = blocks.get(at) {
            at += 1;
            let code_follows = blocks.get(at).is_some_and(|next| matches!(next.kind, Kind::Code(_)));
            match &block.kind {
                Kind::Code(code) => self.code(code, block.line),
                Kind::List(items) => self.list(items, code_follows),
                Kind::Paragraph(text) if self.is_answer(text) => {}
                // The answer of a command may be told behind a word about it.
                Kind::Paragraph(text) => self.say(text, true),
                Kind::Heading { text, .. } => {
                    self.say(text, true);
                    self.is_behind_code = false;
                }
                Kind::Table(_) => {
                    self.say(&prose(block), false);
                    self.is_behind_code = false;
                }
            }
        }
    }

    /// Takes a line such as `Expected output: ok` to the command before it.
    fn is_answer(&mut self, text: &str) -> bool {
        if self.is_behind_code && self.prose.is_empty() && meaning::tells_answer(text) {
            return self.attach(text);
        }
        let parts = text.split_once(':').filter(|(label, said)| !said.trim().is_empty() && meaning::announces_output(&format!("{label}:")));
        let (Some((label, said)), true, true) = (parts, self.is_behind_code, self.prose.is_empty()) else { return false };
        let Some(last) = self.last() else { return false };
        let kept = last.after.len();
        answer(last, said.trim(), meaning::expects(label));
        last.after.truncate(kept);
        last.after.push(text.to_owned());
        true
    }

    /// The item that was made last.
    fn last(&mut self) -> Option<&mut draft::Item> {
        self.made.last_mut().and_then(|step| step.items.last_mut())
    }

    /// Tells this of the command right before; whether there is one.
    fn attach(&mut self, text: &str) -> bool {
        let text = self.around.inputs.in_text(text);
        let Some(last) = self.last().filter(|last| last.does.code().is_some()) else { return false };
        last.after.push(text);
        true
    }

    fn say(&mut self, text: &str, may_name: bool) {
        let text = self.around.inputs.in_text(text);
        let may_name = may_name && text.chars().count() <= LEAD && !text.contains('\n');
        self.prose.push((text, may_name));
    }

    /// The line right before something, if it can name it.
    fn lead(&mut self) -> Option<String> {
        self.prose.pop_if(|(_, may_name)| *may_name).map(|(text, _)| text)
    }

    fn said(&mut self) -> Vec<String> {
        self.prose.drain(..).map(|(text, _)| text).collect()
    }

    fn code(&mut self, code: &super::blocks::Code, line: usize) {
        if code.text.trim().is_empty() {
            return;
        }
        // Asked once: without a language it takes a reading of the whole text.
        let tongue = code.tongue();
        let announced = self.prose.last().is_some_and(|(text, _)| meaning::announces_output(text));
        let is_plain = tongue == Tongue::Other
            && ["", "text", "txt", "output", "plaintext", "log", "console", "json"].contains(&code.language.as_str());
        let is_output = self.is_behind_code && ((announced && tongue == Tongue::Other) || (self.prose.is_empty() && is_plain));
        let asked = self.made.last().and_then(|step| step.items.last()).and_then(|item| item.does.code());
        let is_again = self.prose.len() <= 1 && asked.is_some_and(|asked| code::is_session_of(&code.text, asked));
        if (is_output || is_again)
            && let Some(last) = self.made.last_mut().and_then(|step| step.items.last_mut())
        {
            let said: Vec<String> = self.prose.drain(..).map(|(text, _)| text).collect();
            let must = said.last().is_some_and(|text| meaning::expects(text));
            last.after.extend(said);
            answer(last, &code.text, must);
            self.is_behind_code = announced;
            return;
        }
        let mut items = if self.is_elsewhere && tongue == Tongue::Shell {
            code::typed_elsewhere(code, line)
        } else {
            code::items(code, tongue, line, self.around)
        };
        self.is_elsewhere |= items.iter().any(|item| item.doubt == Some(code::ELSEWHERE));
        if let [only] = items.as_mut_slice()
            && only.title.is_empty()
            && let Some(lead) = self.lead()
        {
            only.title = lead;
        }
        for mut item in items {
            if item.title.is_empty() {
                item.title = name_of(&item);
            }
            self.push(item);
        }
        self.is_behind_code = tongue != Tongue::Other;
    }

    fn list(&mut self, items: &[Item], code_follows: bool) {
        let are_tasks = self.are_tasks(items);
        self.is_behind_code = false;
        // What introduces another list introduces a step.
        if are_tasks && !self.made.is_empty() && self.prose.last().is_some_and(|(text, may_name)| *may_name && text.ends_with(':')) {
            self.is_closed = true;
        }
        for (number, item) in items.iter().enumerate() {
            // The code of a point is never the answer of the one before.
            self.is_behind_code = false;
            let leads = code_follows && number + 1 == items.len() && item.rest().is_empty() && item.text().chars().count() <= LEAD;
            if item.holds_code() && item.ticked.is_some() {
                self.task(&Item { blocks: item.blocks[..item.blocks.len() - item.rest().len()].to_vec(), ..item.clone() });
                self.is_closed = true;
                self.blocks(item.rest());
                self.flush();
                self.is_closed = true;
            } else if item.holds_code() {
                // What was said before is why this one is begun.
                self.flush_into_next();
                self.is_closed = true;
                match (item.text(), &self.heading) {
                    ("", _) => {}
                    (text, None) if text.chars().count() <= TITLE && !text.contains('\n') => {
                        self.heading = Some(self.around.inputs.in_text(text));
                    }
                    (text, _) => self.say(text, true),
                }
                self.blocks(item.rest());
                self.flush();
                self.is_closed = true;
            } else if leads {
                self.flush_into_next();
                let text = item.text().to_owned();
                // Each number begins a step.
                if item.number.is_some() && !self.made.is_empty() && self.heading.is_none() && !text.contains('\n') {
                    self.is_closed = true;
                    self.heading = Some(self.around.inputs.in_text(&text));
                } else {
                    self.say(&text, true);
                }
            } else if are_tasks {
                self.task(item);
            } else if item.rest().iter().any(holds_boxes) {
                self.flush_into_next();
                self.say(item.text(), true);
                self.is_closed |= !self.made.is_empty();
                self.blocks(item.rest());
            } else {
                let one = Block { line: item.line, is_bold: false, kind: Kind::List(vec![item.clone()]) };
                let text = self.around.inputs.in_text(&prose(&one));
                match self.prose.last_mut() {
                    // One list stays one text.
                    Some((last, false)) if number > 0 => {
                        last.push('\n');
                        last.push_str(&text);
                    }
                    _ => self.prose.push((text, false)),
                }
            }
        }
    }

    /// What was said so far is no name for what comes.
    fn flush_into_next(&mut self) {
        for (_, may_name) in &mut self.prose {
            *may_name = false;
        }
    }

    /// Whether the points of a list are things to do.
    fn are_tasks(&self, items: &[Item]) -> bool {
        let text = |item: &Item| item.text().to_owned();
        if items.iter().any(|item| item.ticked.is_some() || is_ticked(&text(item)).is_some()) {
            return true;
        }
        let count = items.iter().filter(|item| meaning::is_instruction(item.text())).count();
        let is_told = matches!(self.role, Role::Introduction | Role::Symptoms | Role::Question | Role::Links | Role::Contacts);
        if items.iter().all(|item| item.number.is_some()) {
            return !is_told || count == items.len();
        }
        match self.role {
            Role::Todo => true,
            Role::Work | Role::Actions | Role::Escalation => count * 2 >= items.len(),
            _ if is_told => false,
            _ => count * 4 >= items.len() * 3,
        }
    }

    fn task(&mut self, item: &Item) {
        let text = self.around.inputs.in_text(item.text());
        let (title, rest) = text.split_at(meaning::first_part(&text, TITLE));
        let mut before: Vec<String> = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty()).into_iter().collect();
        if item.ticked == Some(true) || is_ticked(title) == Some(true) {
            before.push("Ticked already in the document.".to_owned());
        }
        if !before.is_empty() && !self.is_closed && !self.prose.is_empty() {
            // What was said before would come between the two halves.
            self.flush();
        }
        let mut inner: Vec<&Item> = Vec::new();
        for block in item.rest() {
            match &block.kind {
                Kind::List(items) if items.iter().any(|item| item.ticked.is_some()) => inner.extend(items),
                _ => before.push(self.around.inputs.in_text(&prose(block))),
            }
        }
        let mut title = title.trim().to_owned();
        if title.is_empty() {
            title = before.first().map_or_else(|| "Task".to_owned(), |text| text[..meaning::first_part(text, 80)].to_owned());
        }
        self.push(draft::Item { line: item.line, title, before, does: Does::Task, after: Vec::new(), when: None, doubt: None });
        for item in inner {
            self.task(item);
        }
    }

    /// What was said and nothing followed: something to read.
    fn flush(&mut self) {
        let said = self.said();
        if said.is_empty() {
            return;
        }
        // One word about a command is told of the command.
        if let [only] = said.as_slice()
            && !self.is_closed
            && !meaning::is_instruction(only)
            && only.chars().count() <= REMARK
            && let Some(last) = self.last().filter(|last| last.does.code().is_some())
        {
            last.after.push(only.clone());
            return;
        }
        let all = said.join("\n\n");
        // A list is no title, and stays whole.
        let is_list = all.contains('\n') && is_point(&all);
        let (title, rest) = if is_list { (TO_KNOW, all.as_str()) } else { all.split_at(meaning::first_part(&all, TITLE)) };
        // The sign of a single point is no part of a title.
        let title = if is_point(title) { title.trim_start_matches(['-', ' ']) } else { title };
        let before = Some(rest.trim_matches('\n').trim_end().to_owned()).filter(|rest| !rest.is_empty()).into_iter().collect();
        let item = draft::Item {
            line: 0,
            title: title.trim().to_owned(),
            before,
            does: Does::Task,
            after: Vec::new(),
            when: None,
            doubt: Some(PROSE),
        };
        self.push(item);
    }

    fn push(&mut self, mut item: draft::Item) {
        let goes_back = self.made.last().and_then(|step| step.items.last()).is_some_and(|last| last.does.rank() > item.does.rank());
        if self.is_closed || goes_back || self.made.is_empty() {
            let title = self.heading.take().or_else(|| self.lead()).unwrap_or_else(|| neutral(&item));
            let mut why = std::mem::take(&mut self.carried);
            why.extend(self.said());
            self.made.push(Step { title, why, ..Step::default() });
            self.is_closed = false;
        } else {
            let said = self.said();
            item.before.splice(0..0, said);
        }
        if let Some(step) = self.made.last_mut() {
            step.items.push(item);
        }
    }
}

/// What prose is called that has no name of its own.
const TO_KNOW: &str = "To know";

/// Most characters of a remark about a command.
const REMARK: usize = 400;

/// Whether a text begins as a point of a list.
fn is_point(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.starts_with("- ") || digits > 0 && text[digits..].starts_with(". ")
}

/// What is said of an item that is nothing but prose.
pub(super) const PROSE: &str = "it is prose";

/// Whether a list has points to tick.
fn holds_boxes(block: &Block) -> bool {
    matches!(&block.kind, Kind::List(items) if items.iter().any(|item| item.ticked.is_some()))
}

/// A step that the source has no name for.
fn neutral(item: &draft::Item) -> String {
    match item.does {
        Does::Task if item.doubt == Some(PROSE) => TO_KNOW.to_owned(),
        Does::Task => "To do".to_owned(),
        _ => item.title.clone(),
    }
}

/// A few words of its code.
fn name_of(item: &draft::Item) -> String {
    let words = match &item.does {
        Does::CheckCommand { command, .. } | Does::ChangeCommand { command, .. } => code::title_of_code(command),
        Does::CheckSql { sql, .. } | Does::ChangeSql { sql, .. } => code::title_of_code(sql),
        Does::Task => {
            let code = item.after.first().map(String::as_str).unwrap_or_default();
            Some(code::title_of_first_comment(code)).filter(|title| !title.is_empty()).unwrap_or_else(|| code::title_of_code(code))
        }
    };
    match (&item.does, words.is_empty()) {
        (_, false) => words,
        (Does::Task, true) => "What is written here".to_owned(),
        (_, true) => "What is written here, as a command".to_owned(),
    }
}

/// Whether a point begins with a box or a tick, and whether it is ticked.
fn is_ticked(text: &str) -> Option<bool> {
    match text.chars().next()? {
        '✅' | '☑' | '✔' | '✓' => Some(true),
        '☐' | '⬜' | '□' | '🔲' | '⏳' | '🔄' => Some(false),
        _ => None,
    }
}

/// What a command answers, or must.
fn answer(item: &mut draft::Item, text: &str, must: bool) {
    let line = text.trim();
    let is_literal = line.chars().count() <= 100
        && !line.is_empty()
        && !line.chars().any(|c| c.is_ascii_digit() || "\n\"'\\{}<>$…".contains(c))
        && !line.contains("...");
    match &mut item.does {
        Does::CheckCommand { expect, .. } if must && is_literal && expect.is_none() => {
            *expect = Some(format!("stdout is containing(\"{line}\")"));
            return;
        }
        Does::CheckCommand { shows, .. } | Does::CheckSql { shows, .. } => *shows = true,
        Does::ChangeSql { .. } | Does::ChangeCommand { .. } | Does::Task => {}
    }
    item.after.push(text.trim_matches('\n').to_owned());
}
