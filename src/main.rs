//! The program. Never more than a call: everything is in the library, where it can be tested.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    fracas::drill::hidden(&arguments).unwrap_or(ExitCode::SUCCESS)
}
