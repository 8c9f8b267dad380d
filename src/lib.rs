#![doc = include_str!("ARCHITECTURE.md")]

pub mod base;
pub mod cli;
pub mod drill;
pub mod engine;
pub mod export;
pub mod headless;
pub mod present;
pub mod report;
pub mod runbook;
pub mod runtime;
pub mod timeline;
pub mod tui;
pub mod world;
