//! Floor 4: the only input and output below the faces. Each room touches one part of the outside: clocks,
//! disks, databases, programs. Never decides what to do with what it finds.

pub mod attachment;
pub mod bundle;
pub mod clock;
pub mod command;
pub mod env;
pub mod home;
pub mod http;
pub mod journal;
pub mod library;
pub mod logs;
pub mod migrations;
mod plain_file;
pub mod postgres;
pub mod prober;
pub mod sandbox;
pub mod signature;
pub mod stop;
pub mod trust;
pub mod webhook;
pub mod whole_file;
