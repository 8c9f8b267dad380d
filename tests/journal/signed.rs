//! Heads of timelines and the signatures under them: made by real keys and a real agent, checked by stock `ssh-keygen`, and
//! never asked for from somebody who is busy.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fracas::timeline::chain;
use fracas::world::journal::{Journal, TakenUp};
use fracas::world::signature::Head;

use super::{V1, fracas, id, note, open_journal, state_with, told};

/// A person's machine: an incident, and settings.
pub(super) struct Desk {
    pub(super) state: tempfile::TempDir,
    pub(super) folder: PathBuf,
    pub(super) config: tempfile::TempDir,
}

impl Desk {
    pub(super) fn with(journal: &str) -> Self {
        let (state, folder) = state_with(journal.as_bytes());
        let config = tempfile::tempdir().unwrap();
        std::fs::create_dir(config.path().join("fracas")).unwrap();
        Self { state, folder, config }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.config.path().join(name)
    }

    pub(super) fn key(&self, name: &str, passphrase: &str) -> PathBuf {
        let file = self.file(name);
        keygen(&["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", &file.display().to_string()], "");
        file
    }

    pub(super) fn settle(&self, signing: &str) {
        std::fs::write(self.file("fracas/config.yaml"), format!("signing: {{ {signing} }}\n")).unwrap();
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = fracas(self.state.path(), arguments);
        command.env("XDG_CONFIG_HOME", self.config.path()).env_remove("SSH_AUTH_SOCK");
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Exit code and words of `verify`.
    pub(super) fn verified(&self) -> (Option<i32>, String) {
        let output = self.run(&["verify", id().as_str()]);
        (output.status.code(), told(&output))
    }
}

fn keygen(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new("ssh-keygen");
    let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    output
}

fn append(folder: &Path, texts: &[&str]) {
    let TakenUp { mut journal, stored, .. } = Journal::resume(folder, id(), "desk").unwrap();
    for (n, text) in texts.iter().enumerate() {
        journal.append(&note(stored.lines.len() as u64 + 1 + n as u64, text)).unwrap();
    }
}

#[test]
fn an_export_is_signed_and_stock_ssh_keygen_agrees() {
    let desk = Desk::with(V1);
    let key = desk.key("ann", "");
    desk.settle(&format!("key: {}", key.display()));
    assert_eq!(desk.run(&["export", id().as_str()]).status.code(), Some(0));
    let entries = V1.lines().count();
    let (head, signature) = (desk.folder.join(format!("heads/{entries:06}")), desk.folder.join(format!("heads/{entries:06}.sig")));
    let text = std::fs::read_to_string(&head).unwrap();
    let hash = chain::hash(V1.lines().last().unwrap());
    assert_eq!(text, Head { incident: id(), entry: entries as u64, hash }.text());
    let allowed = desk.file("allowed");
    std::fs::write(&allowed, format!("ann@example.org {}", std::fs::read_to_string(key.with_extension("pub")).unwrap())).unwrap();
    let verify =
        ["-Y", "verify", "-f", allowed.to_str().unwrap(), "-I", "ann@example.org", "-n", "fracas", "-s", signature.to_str().unwrap()];
    keygen(&verify, &text);

    let all = format!("vouches for all {entries} entries");
    let (code, said) = desk.verified();
    assert!(code == Some(0) && said.contains(&format!("anchored: this-machine {all}")), "{said}");
    let before = std::fs::read(&signature).unwrap();
    desk.run(&["export", id().as_str()]);
    assert_eq!(std::fs::read(&signature).unwrap(), before, "what is signed is not signed again");
    // The team's list counts, where there is one.
    desk.settle(&format!("key: {}, allowed_signers: {}", key.display(), allowed.display()));
    let (code, said) = desk.verified();
    assert!(code == Some(0) && said.contains(&format!("anchored: ann@example.org {all}")), "{said}");
    // A JSON export carries the heads along, and cannot be cut short unseen either.
    let export = desk.file("export.json").display().to_string();
    assert_eq!(desk.run(&["export", id().as_str(), "-o", &export]).status.code(), Some(0));
    let verified = desk.run(&["verify", &export]);
    assert!(verified.status.success() && told(&verified).contains(&format!("anchored: ann@example.org {all}")), "{}", told(&verified));
    let whole = std::fs::read_to_string(&export).unwrap();
    let (before_last, _) = whole.rsplit_once(",\n    {").unwrap();
    std::fs::write(&export, format!("{before_last}\n  ]\n}}\n")).unwrap();
    let verified = desk.run(&["verify", &export]);
    assert!(verified.status.code() == Some(1) && told(&verified).contains("there was an entry"), "{}", told(&verified));

    std::fs::write(&allowed, "").unwrap();
    let (code, said) = desk.verified();
    assert!(code == Some(0) && said.contains("which nobody here vouches for") && said.contains("unanchored"), "{said}");
    std::fs::remove_file(desk.file("fracas/config.yaml")).unwrap();
    let (code, said) = desk.verified();
    assert!(code == Some(0) && said.contains("which nobody here vouches for") && said.contains("unanchored"), "{said}");
}

#[test]
fn an_anchor_tells_what_was_cut_off_and_what_came_later() {
    let desk = Desk::with(&open_journal());
    desk.settle(&format!("key: {}", desk.key("ann", "").display()));
    desk.run(&["export", id().as_str()]);
    let signed = open_journal().lines().count();
    append(&desk.folder, &["one", "two"]);
    let (code, said) = desk.verified();
    let later = format!("vouches for entries 1 to {signed}; unanchored: entries {} to {}", signed + 1, signed + 2);
    assert!(code == Some(0) && said.contains(&later), "{said}");

    let journal = desk.folder.join("journal.jsonl");
    let all = std::fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    // Cut off behind the head: nobody can tell, and that is what is said.
    std::fs::write(&journal, lines[..=signed].concat()).unwrap();
    let (code, said) = desk.verified();
    assert!(code == Some(0) && said.contains(&format!("unanchored: entry {}", signed + 1)), "{said}");
    // Cut off before it.
    std::fs::write(&journal, lines[..signed - 2].concat()).unwrap();
    let (code, said) = desk.verified();
    assert!(code == Some(1) && said.contains(&format!("there was an entry {signed}")) && said.contains("ends at entry"), "{said}");
    // Written anew from somewhere on, with a chain that is whole in itself.
    std::fs::write(&journal, lines[..signed - 3].concat()).unwrap();
    append(&desk.folder, &["it was all different", "it was", "all", "of it", "different"]);
    let (code, said) = desk.verified();
    assert!(code == Some(1) && said.contains(&format!("entry {signed} is not the one of a head signed by")), "{said}");
    std::fs::write(&journal, &all).unwrap();
    assert_eq!(desk.verified().0, Some(0));

    let (head, signature) = (desk.folder.join(format!("heads/{signed:06}")), desk.folder.join(format!("heads/{signed:06}.sig")));
    let (text, armor) = (std::fs::read_to_string(&head).unwrap(), std::fs::read_to_string(&signature).unwrap());
    for (what, head_text, armor_text) in [
        ("an altered head", text.replace("sha256 ", "sha256 0").replace("0\n", "\n"), armor.clone()),
        ("of another incident", text.replace(id().as_str(), "another"), armor.clone()),
        ("an altered signature", text.clone(), armor.replacen('A', "B", 3)),
        ("no signature", text.clone(), String::new()),
        ("nothing", String::new(), armor.clone()),
    ] {
        std::fs::write(&head, head_text).unwrap();
        std::fs::write(&signature, armor_text).unwrap();
        let (code, said) = desk.verified();
        assert_eq!(code, Some(1), "{what}: {said}");
    }
    // Made for something else.
    std::fs::write(&head, &text).unwrap();
    std::fs::remove_file(&signature).unwrap();
    keygen(&["-Y", "sign", "-n", "file", "-f", desk.file("ann").to_str().unwrap(), head.to_str().unwrap()], "");
    let (code, said) = desk.verified();
    assert!(code == Some(1) && said.contains("is not good"), "{said}");
}

#[test]
fn a_key_that_cannot_sign_is_said_in_one_sentence_and_nothing_else_fails() {
    let desk = Desk::with(V1);
    let locked = desk.key("locked", "a passphrase");
    let missing = desk.file("not-there");
    for key in [&locked, &missing] {
        desk.settle(&format!("key: {}", key.display()));
        let exported = desk.run(&["export", id().as_str()]);
        let said = String::from_utf8(exported.stderr.clone()).unwrap();
        assert_eq!(exported.status.code(), Some(0), "{said}");
        assert!(!exported.stdout.is_empty() && said.contains("was not signed"), "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        assert!(!desk.folder.join("heads").exists());
    }
    let mut without = desk.command(&["export", id().as_str()]);
    let exported = without.env("PATH", "/nowhere").output().unwrap();
    assert!(exported.status.success() && told(&exported).contains("not on PATH"), "{}", told(&exported));
}

/// An agent that answers to nobody but us; ended when dropped.
struct Agent(std::process::Child, PathBuf);

impl Agent {
    fn start(socket: PathBuf) -> Self {
        let mut agent =
            Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // It says where it listens as soon as it does.
        std::io::BufRead::read_line(&mut std::io::BufReader::new(agent.stdout.take().unwrap()), &mut String::new()).unwrap();
        Self(agent, socket)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_agent_signs_with_a_key_that_this_machine_holds_only_half_of() {
    let desk = Desk::with(V1);
    let key = desk.key("ann", "");
    let agent = Agent::start(desk.file("agent"));
    let added = Command::new("ssh-add").arg(&key).env("SSH_AUTH_SOCK", &agent.1).output().unwrap();
    assert!(added.status.success(), "{}", told(&added));
    std::fs::remove_file(&key).unwrap();
    desk.settle(&format!("key: {}", key.with_extension("pub").display()));
    let exported = desk.command(&["export", id().as_str()]).env("SSH_AUTH_SOCK", &agent.1).output().unwrap();
    assert_eq!(String::from_utf8(exported.stderr).unwrap(), "");
    let (code, said) = desk.verified();
    assert!(code == Some(0) && said.contains("anchored: this-machine vouches for all"), "{said}");
}
