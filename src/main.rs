//! The binary. Never does anything itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    fracas::cli::run()
}
