//! The binary. Never does anything itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    if let Some(code) = fracas::world::command::hidden(&arguments) {
        return code;
    }
    if let Some(code) = fracas::drill::hidden(&arguments) {
        return code;
    }
    fracas::cli::run()
}
