//! Stub until the branch `world` lands.
#![allow(missing_docs, clippy::all, clippy::pedantic, unused)]
use crate::base::id::Id;
use crate::engine::attempt::*;
use crate::runbook::Runbook;
use crate::runbook::model::*;
use crate::timeline::event::PlannedStep;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub runbook: Arc<Runbook>,
    pub inputs: BTreeMap<String, String>,
    pub targets: BTreeMap<Id, Connection>,
    pub env: BTreeMap<String, String>,
    pub dir: Option<PathBuf>,
}
#[derive(Clone)]
pub struct Prober;
pub struct Stop;
pub struct Stopper;
impl Stopper {
    pub fn pair() -> (Stopper, Stop) {
        todo!()
    }
    pub fn stop(&self) {}
    pub fn is_idle(&self) -> bool {
        true
    }
}
impl Prober {
    pub fn new(_: Surroundings) -> Self {
        Self
    }
    pub fn shown(&self, _: &Id) -> String {
        todo!()
    }
    pub async fn ask(&self, check: &Check, stop: Stop) -> Answer {
        todo!()
    }
    pub async fn rehearse(&self, r: &Remediation, s: &[PlannedStep], stop: Stop, p: impl Fn(usize)) -> RemediationNews {
        todo!()
    }
    pub async fn apply(&self, r: &Remediation, s: &[PlannedStep], d: Option<&str>, stop: Stop, p: impl Fn(usize)) -> RemediationNews {
        todo!()
    }
}
