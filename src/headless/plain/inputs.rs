//! Questions before an incident begins: the runbook's inputs, one prompt each. Never shows what is secret, and never lets a
//! value through that the runbook refuses.

use std::collections::BTreeMap;

use crate::runbook::Runbook;
use crate::runbook::model::Input;

use super::Plain;
use super::ears::Typed;

impl Plain {
    /// Asks for the inputs of a runbook that are not known yet. None if the lines end first.
    pub async fn ask_inputs(&mut self, runbook: &Runbook, known: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
        let missing: Vec<&Input> = runbook.inputs.iter().filter(|input| !known.contains_key(&input.name)).collect();
        let mut answers = known.clone();
        if !missing.is_empty() {
            self.say(&format!("{}. A few questions before it begins.", runbook.title));
        }
        for (place, input) in missing.iter().enumerate() {
            self.say(&format!("Question {} of {}: {}", place + 1, missing.len(), input.ask));
            self.say_what_is_usual(input);
            let value = self.answered(input, usual(input).as_deref()).await?;
            if !value.is_empty() {
                answers.insert(input.name.clone(), value);
            }
        }
        Some(answers)
    }

    /// Says what may be answered, and what an empty line means.
    pub(super) fn say_what_is_usual(&mut self, input: &Input) {
        if !input.choices.is_empty() {
            self.say(&format!("One of: {}.", input.choices.join(", ")));
        }
        match usual(input) {
            Some(usual) if input.secret => {
                self.say(if usual.is_empty() { "It may stay empty." } else { "An empty line takes the usual one." });
            }
            Some(usual) if usual.is_empty() => self.say("It may stay empty."),
            Some(usual) => self.say(&format!("An empty line means {usual}.")),
            None => {}
        }
    }

    /// A value that may be taken; asked for until there is one.
    async fn answered(&mut self, input: &Input, usual: Option<&str>) -> Option<String> {
        loop {
            let hushed = if input.secret { self.ears.hush() } else { None };
            self.prompt();
            let typed = self.ears.next_or_signal().await;
            drop(hushed);
            // A terminal has moved on to the next line by itself.
            self.is_prompted &= !self.ears.is_terminal;
            let value = match typed {
                Typed::End => return None,
                Typed::TooLong => {
                    self.say("That line is too long, and was not taken.");
                    continue;
                }
                Typed::Line(line) if line.is_empty() => usual.unwrap_or_default().to_owned(),
                Typed::Line(line) => line,
            };
            match input.accept(&value) {
                Ok(()) => return Some(value),
                Err(why) => self.say(&format!("Not taken: {why}.")),
            }
            if !self.is_heard {
                return None;
            }
        }
    }
}

/// What an empty line means, as on the screen: the default, else the first choice, else nothing where that is allowed.
pub(super) fn usual(input: &Input) -> Option<String> {
    let first = input.choices.first().filter(|_| !input.optional).cloned();
    input.default.clone().or(first).or_else(|| input.optional.then(String::new))
}
