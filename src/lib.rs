#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod engine;
pub mod runbook;
pub mod runtime;
pub mod timeline;
