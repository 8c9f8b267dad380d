//! Floor 6: drills. What can be practised, the throwaway world it is practised in, and the programs that live
//! in that world. Never scores kindly: what must hold in the end is asked of the real database.

mod api_500;
mod app_not_starting;
mod application;
mod authentication_failures;
mod container;
mod database_connection_errors;
mod database_recovery;
mod email_not_sending;
mod fm_030_worker_outage;
mod frontend_404;
pub mod scenario;
mod schema_drift_fix;
mod shell;
mod stand_in;
mod tables_missing_after_migration;
mod worker;
mod worker_schema_missing;
pub mod world;

use std::ffi::OsString;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::base::Value;
use crate::base::id::Id;
use crate::world::sandbox::{KEEPER, keeper};

pub use self::scenario::{Fault, Proof, Scenario, Tool, scenario, scenarios};
pub use self::stand_in::StandIn;
pub use self::world::{Plot, World};

/// The hidden subcommand that is a drill's worker.
const WORKER: &str = "__worker";

/// The hidden subcommand that stands in for an outside program.
const STAND_IN: &str = "__stand-in";

/// The hidden subcommand that is a container of a drill's application.
const CONTAINER: &str = "__container";

/// The hidden subcommand that builds a world and holds it: for tests, and for looking around in one by hand.
const WORLD: &str = "__world";

/// Runs a hidden subcommand, if the arguments (without the program's name) begin with one.
///
/// They are programs of their own that happen to be in this binary, so that a drill needs nothing but it
/// and PostgreSQL. Ask this before anything else.
#[must_use]
pub fn hidden(arguments: &[OsString]) -> Option<ExitCode> {
    let (subcommand, rest) = arguments.split_first()?;
    let rest: Vec<String> = rest.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
    match subcommand.to_str()? {
        KEEPER => Some(keeper::main()),
        WORKER => Some(worker::main()),
        CONTAINER => Some(container::main(&rest)),
        STAND_IN => Some(stand_in::main(&rest)),
        WORLD => Some(hold_a_world(&rest)),
        _ => None,
    }
}

/// `__world RUNBOOK FAULT [SEED [SERVER]]`: prints what a world's programs get as environment, as one line of
/// JSON, and holds the world until standard input ends. Then says on standard error what does not hold.
fn hold_a_world(arguments: &[String]) -> ExitCode {
    let argument = |n: usize| arguments.get(n).map(String::as_str);
    let scenario = argument(0).and_then(|runbook| scenario(&Id::new(runbook)));
    let fault = scenario.and_then(|scenario| scenario.fault(argument(1)?));
    let (Some(scenario), Some(fault), Ok(program)) = (scenario, fault, std::env::current_exe()) else {
        return ExitCode::from(2);
    };
    let seed = argument(2).and_then(|seed| seed.parse().ok()).unwrap_or_default();
    let plot = Plot { program: &program, scenario, fault, seed, server: argument(3) };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return ExitCode::FAILURE };
    runtime.block_on(async {
        let say = |line: &str| {
            let _ = writeln!(std::io::stderr(), "{line}");
        };
        let world = match World::build(plot, say).await {
            Ok(world) => world,
            Err(problem) => {
                say(&problem.to_string());
                return ExitCode::FAILURE;
            }
        };
        let mut env = world.env();
        env.insert("PWD".to_owned(), path_text(world.dir()));
        let env = Value::Object(env.into_iter().map(|(name, value)| (name, Value::from(value))).collect());
        let _ = writeln!(std::io::stdout(), "{env}");
        // Nobody else needs this thread: the world lives in other processes.
        let _ = std::io::stdin().lock().read_line(&mut String::new());
        let verdict = world.verify_end().await;
        world.close().await;
        match verdict {
            Ok(()) => ExitCode::SUCCESS,
            Err(broken) => {
                say(&broken.join("\n"));
                ExitCode::FAILURE
            }
        }
    })
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
