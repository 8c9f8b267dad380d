//! Floor 2: what happened. Entries, the state they fold into, how they are written down, and what can be
//! measured from them. Never decides anything: `engine` does; never touches a disk: `world::journal` does.

pub mod calls;
pub mod chain;
pub mod event;
pub mod incident;
pub mod measure;
pub mod order;
pub mod statistics;
pub mod wire;

pub use event::{Entry, Event};
pub use incident::Incident;
