//! Titles that name inputs. Never reads an answer as if the author had written it: what is filled in is not looked at again.

use std::sync::Arc;

use super::Runbook;
use super::expression::Template;
use super::model::Input;
use crate::base::{Value, Values};

impl Runbook {
    /// The runbook with the titles of its parts filled in, with an answer for each input. Most runbooks name nothing in a
    /// title, and are not copied.
    #[must_use]
    pub fn titled<'a>(mut self: Arc<Self>, answer: impl Fn(&Input) -> &'a str) -> Arc<Self> {
        if !self.has_names_in_titles {
            return self;
        }
        let names: Values = self.inputs.iter().map(|input| (input.name.clone(), Value::from(answer(input)))).collect();
        let fill = |title: &mut String| *title = Template::known_good(title).render(&names);
        let runbook = Arc::make_mut(&mut self);
        runbook.has_names_in_titles = false;
        for phase in &mut runbook.phases {
            fill(&mut phase.title);
            for step in &mut phase.steps {
                fill(&mut step.title);
                step.checks.iter_mut().for_each(|check| fill(&mut check.title));
                step.remediations.iter_mut().for_each(|remediation| fill(&mut remediation.title));
            }
        }
        runbook.success.iter_mut().for_each(|success| fill(&mut success.title));
        self
    }
}
