//! Heads of timelines with somebody's signature under them: `ssh-keygen -Y sign` makes one where a key is configured, and
//! stock `ssh-keygen -Y verify` checks it. Never prompts, never waits long, and never keeps an incident from going on.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::hash::is_sha256;
use crate::base::id::IncidentId;
use crate::base::text;
use crate::runbook::model::Program;
use crate::runbook::team::Signing;
use crate::world::command::{self, End, Job};
use crate::world::stop::Stop;
use crate::world::{home, plain_file, whole_file};

/// The folder of heads within that of an incident: `000123` is what was signed, `000123.sig` the signature.
pub const FOLDER: &str = "heads";

/// The end of a signature's name.
pub const SIG: &str = ".sig";

/// What a signature is good for: one made for anything else vouches for no timeline.
const NAMESPACE: &str = "fracas";

/// How long `ssh-keygen` may take: an agent answers at once, unless it asks somebody.
const PATIENCE: Duration = Duration::from_secs(3);

/// Largest head, signature or key that is read, in bytes.
const LARGEST: u64 = 64 << 10;

/// Most heads of an incident that are looked at: one is added whenever it is left.
pub const MOST: usize = 1000;

/// The first line of a head.
const TITLE: &str = "fracas timeline head, version 1";

/// A place in a timeline that somebody vouches for, with all that is before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The incident.
    pub incident: IncidentId,
    /// The entry's number.
    pub entry: u64,
    /// The hash of its line.
    pub hash: String,
}

impl Head {
    /// What is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{TITLE}\nincident {}\nentry {}\nsha256 {}\n", self.incident, self.entry, self.hash)
    }

    /// What a signed text says, if it is a head.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let is_head = lines.next() == Some(TITLE);
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned);
        let (incident, entry, hash) = (field("incident")?, field("entry")?.parse().ok()?, field("sha256")?);
        let head = Self { incident: IncidentId::new(incident), entry, hash };
        (is_head && is_sha256(&head.hash) && head.text() == text).then_some(head)
    }

    /// The name of its file.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:06}", self.entry)
    }
}

/// A head as it lies beside a journal, or in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its file's name.
    pub name: String,
    /// What was signed.
    pub text: String,
    /// The signature; empty where it is missing.
    pub signature: String,
}

/// What a signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It is good, and by somebody who may sign.
    Good(String),
    /// It is good, by a key that nobody here has vouched for.
    Stranger(String),
    /// It is none of this text.
    None(String),
    /// It cannot be told.
    Unknown(String),
}

/// The heads that lie in an incident's folder, in order; what cannot be read is left out of them.
#[must_use]
pub fn heads(folder: &Path) -> Vec<Signed> {
    let shelf = folder.join(FOLDER);
    let names = fs::read_dir(&shelf).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
    names.sort();
    let heads = names.into_iter().take(MOST).filter_map(|name| {
        let text = plain_file::read_text(&shelf.join(&name), LARGEST).ok()?;
        let signature = plain_file::read_text(&shelf.join(format!("{name}{SIG}")), LARGEST).unwrap_or_default();
        Some(Signed { name, text, signature })
    });
    heads.collect()
}

/// Whether a file of this name is a head.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (6..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Signs a head. None where no key is configured.
///
/// # Errors
/// A sentence that says why it could not be signed.
pub async fn sign(head: &Head, signing: &Signing) -> Result<Option<Signed>, String> {
    let Some(key) = &signing.key else { return Ok(None) };
    let failed = |why: String| format!("the timeline's head was not signed: {why}");
    let place = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let file = place.path().join("head");
    fs::write(&file, head.text()).map_err(|error| failed(error.to_string()))?;
    let words = [("KEY", at_home(key)), ("HEAD", file.clone())];
    ssh_keygen(&format!("-Y sign -n {NAMESPACE} -f \"$KEY\" \"$HEAD\""), &words).await.map_err(failed)?;
    let signature = plain_file::read_text(&file.with_extension("sig"), LARGEST).map_err(|error| failed(error.to_string()))?;
    Ok(Some(Signed { name: head.name(), text: head.text(), signature }))
}

/// Keeps a signed head beside the journal; it is on disk when this returns.
///
/// # Errors
/// What the disk said.
pub fn keep(folder: &Path, signed: &Signed) -> io::Result<()> {
    let shelf = folder.join(FOLDER);
    home::make_private(&shelf)?;
    // The signature first: a head without one would be taken for one that lost it.
    for (name, content) in [(format!("{}{SIG}", signed.name), &signed.signature), (signed.name.clone(), &signed.text)] {
        whole_file::keep(&shelf.join(name), content.as_bytes())?;
    }
    fs::File::open(folder)?.sync_all()
}

/// What the signature under a head is worth, by what is configured here: those who are allowed to sign, or else this
/// machine's own key.
pub async fn worth(signed: &Signed, signing: &Signing) -> Worth {
    match judge(signed, signing).await {
        Ok(worth) => worth,
        Err(why) => Worth::Unknown(why),
    }
}

async fn judge(signed: &Signed, signing: &Signing) -> Result<Worth, String> {
    let place = tempfile::tempdir().map_err(|error| error.to_string())?;
    let put = |name: &str, content: &str| {
        let file = place.path().join(name);
        fs::write(&file, content).map(|()| file).map_err(|error| error.to_string())
    };
    let (head, signature) = (put("head", &signed.text)?, put("head.sig", &signed.signature)?);
    let mut words = vec![("HEAD", head), ("SIG", signature)];
    // Whether it is a signature of this text at all, whoever made it.
    let made_by = match ssh_keygen(&format!("-Y check-novalidate -n {NAMESPACE} -s \"$SIG\" <\"$HEAD\""), &words).await {
        Ok(said) => said,
        Err(why) if why.contains("not started") => return Err(why),
        Err(why) => return Ok(Worth::None(why)),
    };
    let allowed = match (&signing.allowed_signers, &signing.key) {
        (Some(file), _) => at_home(file),
        (None, Some(key)) => {
            let key = at_home(key);
            let public = if key.extension().is_some_and(|extension| extension == "pub") { key } else { with_pub(&key) };
            let public = plain_file::read_text(&public, LARGEST).map_err(|error| format!("{}: {error}", public.display()))?;
            put("allowed", &format!("this-machine namespaces=\"{NAMESPACE}\" {}\n", public.trim()))?
        }
        (None, None) => return Ok(Worth::Stranger(key_of(&made_by))),
    };
    words.push(("ALLOWED", allowed));
    let Ok(found) = ssh_keygen("-Y find-principals -f \"$ALLOWED\" -s \"$SIG\" <\"$HEAD\"", &words).await else {
        return Ok(Worth::Stranger(key_of(&made_by)));
    };
    for who in found.lines().map(str::trim).filter(|who| !who.is_empty()) {
        let mut words = words.clone();
        words.push(("WHO", PathBuf::from(who)));
        let verify = format!("-Y verify -f \"$ALLOWED\" -I \"$WHO\" -n {NAMESPACE} -s \"$SIG\" <\"$HEAD\"");
        if ssh_keygen(&verify, &words).await.is_ok() {
            return Ok(Worth::Good(text::line(who).into_owned()));
        }
    }
    Ok(Worth::Stranger(key_of(&made_by)))
}

/// The key's fingerprint, of `Good "fracas" signature with ED25519 key SHA256:…`.
fn key_of(said: &str) -> String {
    said.split_whitespace().find(|word| word.starts_with("SHA256:")).unwrap_or("an unknown key").to_owned()
}

/// Runs it in a session of its own, where there is nobody to ask, and gives what it printed.
async fn ssh_keygen(arguments: &str, words: &[(&str, PathBuf)]) -> Result<String, String> {
    let program = Program::Shell(format!("exec ssh-keygen {arguments}"));
    let mut env: BTreeMap<String, String> =
        words.iter().map(|(name, path)| ((*name).to_owned(), path.to_string_lossy().into_owned())).collect();
    env.insert("SSH_ASKPASS_REQUIRE".to_owned(), "never".to_owned());
    env.insert("LC_ALL".to_owned(), "C".to_owned());
    let withheld = BTreeSet::from(["SSH_ASKPASS", "DISPLAY", "WAYLAND_DISPLAY"].map(str::to_owned));
    let job = Job { program: &program, env, withheld, timeout: Some(PATIENCE), leaves_daemons: false };
    let ran = command::run(&job, None, Stop::never()).await;
    let said = |bytes: &[u8]| text::lines(String::from_utf8_lossy(bytes).trim());
    match ran.end {
        End::Exit(0) => Ok(said(&ran.stdout.bytes)),
        End::Exit(127) => Err("ssh-keygen was not started: it is not on PATH".to_owned()),
        End::NotStarted(why) => Err(format!("ssh-keygen was not started: {why}")),
        End::GaveUp(_) => Err(format!("ssh-keygen did not end within {} seconds", PATIENCE.as_secs())),
        _ => {
            let (stderr, stdout) = (said(&ran.stderr.bytes), said(&ran.stdout.bytes));
            let why = stderr.lines().chain(stdout.lines()).last().unwrap_or("it does not say why");
            Err(format!("ssh-keygen: {why}"))
        }
    }
}

/// The key that is configured to sign with, if one is.
///
/// # Errors
/// Which of the configured files is not there.
pub fn configured(signing: &Signing) -> Result<Option<&str>, String> {
    for file in signing.key.iter().chain(&signing.allowed_signers) {
        if !at_home(file).is_file() {
            return Err(format!("{file} is not there"));
        }
    }
    Ok(signing.key.as_deref())
}

fn with_pub(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn at_home(path: &str) -> PathBuf {
    let below = path.strip_prefix("~/").and_then(|below| Some(env::home_dir()?.join(below)));
    below.unwrap_or_else(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_and_in_no_other_spelling() {
        let head = Head { incident: IncidentId::new("20261121-1033-a-0001"), entry: 123, hash: "ab".repeat(32) };
        assert_eq!(Head::parse(&head.text()), Some(head.clone()));
        assert_eq!(head.name(), "000123");
        for other in
            ["", "x", &head.text().replace("123", "0123"), &head.text().replace("ab", "AB"), &(head.text() + "\n"), head.text().trim()]
        {
            assert_eq!(Head::parse(other), None, "{other:?}");
        }
        assert_eq!(Head::parse(&head.text()).unwrap().hash.len(), 64);
    }
}
