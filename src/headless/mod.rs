//! Floor 7: incidents without a screen. `check` asks every question once; a rehearsal plays the ideal
//! responder to the end. Both drive the same runtime as the screen. Never prints; callers do.

pub mod check;
pub mod rehearse;
