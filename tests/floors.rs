//! The plan of the house in executable form: who may import whom, which crate is named where, and where a
//! clock is read. Never edited alone: when the plan changes, `src/ARCHITECTURE.md` changes with it.

#![expect(clippy::expect_used, reason = "a test says what it missed by failing")]

#[path = "floors/scan.rs"]
mod scan;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use scan::{Source, scan};

/// A top-level module: its floor, and whom it may import.
struct Room {
    name: &'static str,
    floor: u8,
    imports: &'static [&'static str],
}

/// Stairs go down: nobody imports from above, and siblings on one floor do not know each other.
const ROOMS: &[Room] = &[
    Room { name: "base", floor: 0, imports: &[] },
    Room { name: "runbook", floor: 1, imports: &["base"] },
    Room { name: "timeline", floor: 2, imports: &["base", "runbook"] },
    Room { name: "engine", floor: 3, imports: &["base", "runbook", "timeline"] },
    Room { name: "present", floor: 4, imports: &["base", "runbook", "timeline", "engine"] },
    Room { name: "world", floor: 4, imports: &["base", "runbook", "timeline", "engine"] },
    Room { name: "runtime", floor: 5, imports: &["base", "runbook", "timeline", "engine", "world"] },
    Room { name: "export", floor: 5, imports: &["base", "runbook", "timeline", "engine", "present"] },
    Room { name: "report", floor: 5, imports: &["base", "runbook", "timeline", "engine", "present"] },
    Room {
        name: "drill",
        floor: 6,
        imports: &["base", "runbook", "timeline", "engine", "present", "world", "runtime", "export", "report"],
    },
    Room {
        name: "headless",
        floor: 7,
        imports: &["base", "runbook", "timeline", "engine", "present", "world", "runtime", "export", "report", "drill"],
    },
    Room { name: "tui", floor: 7, imports: &["base", "runbook", "timeline", "engine", "present", "export", "runtime"] },
    Room {
        name: "cli",
        floor: 8,
        imports: &["base", "runbook", "timeline", "engine", "present", "world", "runtime", "export", "report", "drill", "headless", "tui"],
    },
    // The door of `cli`: on its floor, and with nothing behind it but that room.
    Room { name: DOOR, floor: 8, imports: &["cli"] },
];

/// The one module that may name a room on its own floor.
const DOOR: &str = "main";

const EVERYWHERE: &[&str] = &[""];

/// Which modules may name a crate. A dependency without a row has no place in the house.
const CRATES: &[(&str, &[&str])] = &[
    // The language of time; reading a clock is another matter.
    ("chrono", EVERYWHERE),
    ("thiserror", EVERYWHERE),
    ("serde", &["base", "runbook", "timeline", "world", "export", "report", "headless", "cli"]),
    // Elsewhere `base::Value` stands for it.
    ("serde_json", &["base", "runbook::expression", "timeline::wire", "world", "export", "report", "headless", "cli"]),
    ("secrecy", &["base"]),
    ("sha2", &["base"]),
    ("aho_corasick", &["base"]),
    ("uuid", &["base", "world", "cli"]),
    ("regex", &["base", "runbook", "timeline", "engine", "world"]),
    ("regex_automata", &["runbook"]),
    ("regex_syntax", &["runbook"]),
    ("serde_yaml", &["runbook::yaml"]),
    ("serde_path_to_error", &["runbook::yaml"]),
    ("saphyr_parser", &["runbook::yaml"]),
    ("humantime", &["base::stamp", "runbook"]),
    ("minijinja", &["runbook::expression", "export"]),
    ("pulldown_cmark", &["export", "runbook::import"]),
    ("squawk_lexer", &["runbook::sql"]),
    ("squawk_line_index", &["runbook::sql"]),
    ("squawk_parser", &["runbook::sql"]),
    ("squawk_syntax", &["runbook::sql"]),
    ("schemars", &["runbook"]),
    ("annotate_snippets", &["runbook"]),
    ("nucleo_matcher", &["runbook"]),
    ("tokio", &["world", "runtime", "drill", "headless", "tui", "cli"]),
    ("futures_util", &["world", "runtime", "drill", "headless", "tui", "cli"]),
    ("tokio_postgres", &["world"]),
    ("tokio_postgres_rustls", &["world"]),
    ("rustls", &["world"]),
    ("tokio_rustls", &["world"]),
    ("hyper", &["world"]),
    ("hyper_util", &["world"]),
    ("rustls_native_certs", &["world"]),
    ("rustix", &["world", "headless::plain::ears", "tui"]),
    ("tempfile", &["world", "tui::editor"]),
    ("flate2", &["world"]),
    ("tar", &["world"]),
    ("signal_hook", &["tui"]),
    ("ratatui", &["tui"]),
    ("ratatui_textarea", &["tui"]),
    ("crossterm", &["tui"]),
    ("unicode_segmentation", &["tui"]),
    ("unicode_width", &["world", "tui"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
];

/// The only file that reads a clock.
const CLOCK: &str = "world::clock";

/// Longest file, in lines. A subject that a reader can hold in mind needs about 400; this is where it ends.
const LONGEST: usize = 600;

#[test]
fn the_house_stands_as_planned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    for path in rust_files(&root.join("src")) {
        let shown = path.strip_prefix(root).expect("below the root").display().to_string();
        let text = fs::read_to_string(&path).expect("a source file is UTF-8");
        let module = module_of(path.strip_prefix(root.join("src")).expect("below src"));
        faults.extend(faults_of(&module, &text, &dependencies(root)).into_iter().map(|fault| format!("{shown}:{fault}")));
    }
    assert!(faults.is_empty(), "{} against the plan:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_plan_itself_has_only_stairs_that_go_down() {
    let floor = |name: &str| ROOMS.iter().find(|room| room.name == name).map(|room| room.floor).expect("a room of the plan");
    for room in ROOMS {
        for import in room.imports {
            let is_door = room.name == DOOR && *import == "cli";
            assert!(floor(import) < room.floor || is_door, "{} may not import {import}: it is not below", room.name);
        }
    }
    for (name, modules) in CRATES {
        for module in modules.iter().filter(|module| !module.is_empty()) {
            assert!(ROOMS.iter().any(|room| Some(room.name) == module.split("::").next()), "{name}: no room is called {module}");
        }
    }
}

#[test]
fn every_dependency_has_a_place() {
    let placed: BTreeSet<_> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let homeless: Vec<_> = dependencies(Path::new(env!("CARGO_MANIFEST_DIR"))).into_iter().filter(|name| !placed.contains(name)).collect();
    assert!(homeless.is_empty(), "say in CRATES which modules may name {homeless:?}");
}

/// What is wrong with one file of the house, as `line: what`.
fn faults_of(module: &[String], text: &str, dependencies: &BTreeSet<String>) -> Vec<String> {
    let source = scan(module, text, dependencies);
    let mut faults = Vec::new();
    if !text.starts_with("//!") && !text.starts_with("#![doc = include_str!(") {
        faults.push("1: a file opens with `//!`: what it is for, then what it must never do".to_owned());
    }
    let length = text.lines().count();
    if length > LONGEST {
        faults.push(format!("{LONGEST}: {length} lines: split it by subject"));
    }
    let Some(home) = module.first() else {
        return faults;
    };
    match ROOMS.iter().find(|room| room.name == home) {
        None => faults.push(format!("1: the plan has no room called {home}")),
        Some(room) => faults.extend(edges_against(room, &source)),
    }
    let here = module.join("::");
    for (line, name) in &source.crates {
        let allowed = CRATES.iter().filter(|(known, _)| known == name).flat_map(|(_, modules)| *modules);
        if !allowed.into_iter().any(|prefix| is_within(&here, prefix)) {
            faults.push(format!("{line}: {here} may not name the crate {name}"));
        }
    }
    if here != CLOCK {
        faults.extend(
            source.clocks.iter().map(|(line, what)| format!("{line}: {what}: only {CLOCK} reads a clock; take time as an argument")),
        );
    }
    faults
}

fn edges_against(room: &Room, source: &Source) -> Vec<String> {
    let forbidden = |to: &str| to != room.name && !room.imports.contains(&to);
    let known = |to: &str| ROOMS.iter().any(|room| room.name == to);
    source
        .edges
        .iter()
        .filter(|(_, to)| known(to) && forbidden(to))
        .map(|(line, to)| format!("{line}: {} may not import {to}: take it as an argument or return it", room.name))
        .collect()
}

fn is_within(module: &str, prefix: &str) -> bool {
    prefix.is_empty() || module == prefix || module.strip_prefix(prefix).is_some_and(|rest| rest.starts_with("::"))
}

/// `world/postgres/mod.rs` → `[world, postgres]`; `lib.rs` → `[]`.
fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<String> = path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|last| last == "mod" || (last == "lib" && module.len() == 1)) {
        module.pop();
    }
    module
}

/// Every file but those that hold only tests.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the crate") {
        let path = entry.expect("readable").path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The names under `[dependencies]`, as Rust spells them.
fn dependencies(root: &Path) -> BTreeSet<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a manifest");
    let lines = manifest.lines().skip_while(|line| *line != "[dependencies]").skip(1).take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .filter(|name| !name.starts_with('#'))
        .collect()
}

/// The scanner and the rules can fail: each row is a small made-up file and the fault it must show.
#[test]
fn faults_are_found() {
    let dependencies: BTreeSet<String> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let found = |module: &str, body: &str| {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        faults_of(&module, &format!("//! Made up.\n{body}"), &dependencies)
    };
    for (module, body, fault) in [
        ("engine::gate", "use crate::world::clock;", "2: engine may not import world"),
        ("engine::gate", "use crate::{base::id, tui};", "2: engine may not import tui"),
        ("engine::gate", "use crate::{\n base::{id, text},\n present::words };", "4: engine may not import present"),
        ("engine", "use super::present::words;", "2: engine may not import present"),
        ("engine::gate", "use super::super::present;", "2: engine may not import present"),
        ("engine::gate", "mod inner { use super::super::super::world; }", "2: engine may not import world"),
        ("engine::gate", "fn f() { crate::runtime::go() }", "2: engine may not import runtime"),
        ("engine::gate", "use fracas::world;", "2: engine may not import world"),
        ("present::words", "pub(crate) use crate::world::x;", "2: present may not import world"),
        ("engine", "use super::{base, world};", "2: engine may not import world"),
        ("present::words", "use ratatui::style;", "2: present::words may not name the crate ratatui"),
        ("present::words", "#[tokio::main] fn f() {}", "2: present::words may not name the crate tokio"),
        ("present::words", "use {std::fmt, ::tokio::time};", "2: present::words may not name the crate tokio"),
        ("runbook::lint", "use serde_yaml as yaml;", "2: runbook::lint may not name the crate serde_yaml"),
        ("runbook::yamlish", "fn f(x: serde_yaml::Value) {}", "2: runbook::yamlish may not name the crate serde_yaml"),
        ("world::prober", "let t = std::time::Instant::now();", "2: Instant::now"),
        ("world::prober", "let t = Utc :: now ();", "2: Utc::now"),
        ("world::prober", "let f = SystemTime::now;", "2: SystemTime::now"),
        ("world::prober", "let id = uuid::Uuid::now_v7();", "2: Uuid::now_v7"),
        ("engine::gate", "struct A { #[cfg(test)] x: crate::world::X }", "2: engine may not import world"),
        ("main", "fn main() { fracas::drill::hidden() }", "2: main may not import drill"),
        ("cli", "use crate::main;", "2: cli may not import main"),
        ("attic", "", "1: the plan has no room called attic"),
        ("tui::view", "use crate::world::journal;", "2: tui may not import world"),
        ("world::prober", "let c = '\"'; use crate::present::x; // '", "2: world may not import present"),
        ("world::prober", "fn f<'a>(x: &'a str) { crate::present::x() }", "2: world may not import present"),
    ] {
        let faults = found(module, body);
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{module}: {body}\nexpected {fault}\nfound {faults:?}");
    }
    for (module, body) in [
        ("engine::gate", "use crate::timeline::Incident; use super::session::Session; use crate::engine::msg;"),
        ("engine::gate", "// use crate::world;\n/* crate::world /* nested */ crate::tui */ const A: &str = \"crate::world Utc::now()\";"),
        ("engine::gate", "const A: &str = r#\"crate::world \"quoted\" \"#; const B: char = '\\''; const C: &[u8] = b\"crate::tui\";"),
        ("engine::gate", "#[cfg(test)]\nmod tests { use crate::world; fn f() { Utc::now(); { serde_yaml::x() } } }"),
        ("engine::gate", "#[cfg(test)] pub(super) mod tests { use crate::world; }\n#[cfg(test)] use tokio::time;"),
        ("runbook::yaml::wire", "use serde_yaml::Value;"),
        ("world::clock", "fn f() { Utc::now(); }"),
        ("world::prober", "let t = self.now(); let c = clock.now(); let d = Clock::now(); let e = clock::now();"),
        ("main", "fn main() { fracas::cli::main() }"),
        ("present::words", "let tokio = 1; x.serde_json; self.regex::<u8>();"),
    ] {
        assert_eq!(found(module, body), Vec::<String>::new(), "{module}: {body}");
    }
    assert!(faults_of(&["base".to_owned()], "use std::fmt;", &dependencies)[0].contains("opens with"));
    assert!(faults_of(&["base".to_owned()], &format!("//! x\n{}", "\n".repeat(LONGEST)), &dependencies)[0].contains("split it"));
}
