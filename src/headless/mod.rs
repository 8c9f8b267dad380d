//! Floor 7: incidents without a screen. `check` asks every question once; a rehearsal plays the ideal
//! responder to the end; the line mode walks an incident with a person. All drive the same runtime as the screen.
//! Never prints; callers do.

pub mod check;
pub mod plain;
pub mod rehearse;
