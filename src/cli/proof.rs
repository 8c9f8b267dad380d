//! Whether a timeline is what it says, and timelines that travel: `verify`, `bundle`, taking a bundle in, and the signatures
//! under heads. What cannot be proved is said to be unproved; a key that cannot sign keeps nobody from anything.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use crate::base::Value;
use crate::base::hash::sha256;
use crate::base::id::IncidentId;
use crate::base::text;
use crate::runbook::team::Signing;
use crate::runbook::yaml;
use crate::timeline::event::{Event, Evidence};
use crate::timeline::{Incident, chain};
use crate::world::bundle::{self, Bundle, TakenIn};
use crate::world::home::{self as world_home, Home};
use crate::world::journal::{self, Found, Stored, evidence};
use crate::world::library;
use crate::world::signature::{self, Head, Signed, Worth};
use crate::world::whole_file;

use super::failure::{Failure, Outcome};
use super::past::{home, is_as_opened, kept_bytes, stored};
use super::{print, say, tokio_runtime};

/// Largest JSON export that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// Finds a piece of evidence.
type Look<'c> = Box<dyn FnMut(&Evidence) -> io::Result<Vec<u8>> + 'c>;

/// What is to be proved, wherever it is from.
struct Case<'c> {
    id: IncidentId,
    journal: Vec<u8>,
    /// None where no runbook belongs to what is at hand, and why not where it should be there.
    runbook: Option<Result<Vec<u8>, String>>,
    /// None where evidence is not among what is at hand.
    evidence: Option<Look<'c>>,
    heads: Vec<Signed>,
    /// What sets a torn end aside.
    torn_advice: String,
}

/// What was found of a case.
struct Proof {
    lines: Vec<String>,
    is_whole: bool,
}

pub(super) fn verify(wanted: &str) -> Result<Outcome, Failure> {
    let home = home()?;
    let file = Path::new(wanted);
    let found = if wanted.contains('/') || (file.is_file() && !home.incident(&IncidentId::new(wanted)).is_dir()) {
        let failed = |why: String| Failure::outside(format!("{}: {why}", file.display()));
        if Bundle::is_one(file) {
            let bundle = match Bundle::read(file) {
                Ok(bundle) => bundle,
                Err(why) => {
                    print(&format!("{}: not whole: {}\n", text::line(wanted), text::line(&why)))?;
                    return Ok(Outcome::NotGood);
                }
            };
            judge(&home, of_bundle(&bundle))?
        } else {
            judge(&home, of_export(file).map_err(failed)?)?
        }
    } else {
        judge(&home, of_incident(&home, wanted)?)?
    };
    print(&found.lines.iter().map(|line| text::line(line).into_owned() + "\n").collect::<String>())?;
    Ok(if found.is_whole { Outcome::Done } else { Outcome::NotGood })
}

fn of_incident<'c>(home: &Home, wanted: &str) -> Result<Case<'c>, Failure> {
    let id = match journal::find(home, wanted) {
        Ok(Found::One(stored)) => stored.id,
        // A damaged journal is what this command is for: it is looked at even if it cannot be read.
        _ if home.incidents().join(wanted).join(journal::FILE).is_file() => IncidentId::new(wanted),
        _ => stored(home, wanted)?.id,
    };
    let folder = home.incident(&id);
    let journal =
        journal::bytes(&folder).map_err(|error| Failure::outside(format!("{}: {error}", folder.join(journal::FILE).display())))?;
    Ok(Case {
        journal,
        runbook: Some(library::contents(&folder.join(journal::RUNBOOK))),
        heads: signature::heads(&folder),
        evidence: Some(Box::new(move |piece| evidence::read(&folder, piece))),
        torn_advice: format!("; `fracas resume {id}` sets them aside"),
        id,
    })
}

fn of_bundle(bundle: &Bundle) -> Case<'_> {
    Case {
        id: bundle.id.clone(),
        journal: bundle.journal().to_vec(),
        runbook: Some(bundle.file(journal::RUNBOOK).map(<[u8]>::to_vec).ok_or_else(|| format!("it holds no {}", journal::RUNBOOK))),
        heads: bundle.heads(),
        evidence: Some(Box::new(|piece| bundle.evidence(piece))),
        torn_advice: String::new(),
    }
}

/// The entries of a JSON export, written as the journal's lines.
fn of_export<'c>(file: &Path) -> Result<Case<'c>, String> {
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() || about.len() > LARGEST {
        return Err("it is no file, or far larger than any export".to_owned());
    }
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let neither = "it is neither a bundle nor a JSON export of an incident";
    let export: Value = text.parse().map_err(|error| format!("{neither}: {error}"))?;
    let (Some(id), Some(entries)) = (export["incident"]["id"].as_str(), export["entries"].as_array()) else {
        return Err(neither.to_owned());
    };
    let journal = entries.iter().fold(String::new(), |journal, entry| journal + &entry.to_string() + "\n").into_bytes();
    let text = |head: &Value, field: &str| head[field].as_str().unwrap_or_default().to_owned();
    let heads = export["heads"].as_array().into_iter().flatten().map(|head| {
        let (text, signature) = (text(head, "text"), text(head, "signature"));
        Signed { name: Head::parse(&text).map(|head| head.name()).unwrap_or_default(), text, signature }
    });
    let heads = heads.take(signature::MOST).collect();
    Ok(Case { id: IncidentId::new(id), journal, runbook: None, evidence: None, heads, torn_advice: String::new() })
}

fn judge(home: &Home, mut case: Case<'_>) -> Result<Proof, Failure> {
    let id = case.id.clone();
    let not_whole = |what: String| Ok(Proof { lines: vec![format!("{id}: not whole: {what}")], is_whole: false });
    let (whole, torn) = journal::split(&case.journal);
    let (entries, head) = match journal::verify(whole) {
        Ok(checked) => checked,
        Err(found) => return not_whole(format!("line {}: {}", found.line, found.what)),
    };
    if !torn.is_empty() {
        let advice = &case.torn_advice;
        return not_whole(format!("line {}: torn, {} bytes that are no whole line{advice}", entries + 1, torn.len()));
    }
    let mut read = Vec::new();
    let mut hashes = Vec::new();
    let kept = chain::Chain::default().follow(whole, |line, entry| {
        hashes.push(sha256(line));
        read.push(entry.entry);
    });
    kept.map_err(|found| Failure::bug(found.what))?;
    let incident = Incident::replay(read);
    match case.runbook {
        Some(Err(why)) => return not_whole(why),
        Some(Ok(runbook)) if !is_as_opened(&incident, &runbook) => {
            return not_whole(format!("{} was altered since the incident was opened", journal::RUNBOOK));
        }
        _ => {}
    }
    let cited = incident.entries().iter().filter(|entry| entry.event.evidence().is_some()).count();
    let faults = case.evidence.as_mut().map(|look| evidence::faults(&incident, look)).unwrap_or_default();
    if let [(seq, _), ..] = faults.as_slice() {
        let mut lines = vec![format!("{id}: not whole: line {seq}: its evidence is not as it was")];
        lines.extend(faults.iter().map(|(_, fault)| fault.clone()));
        return Ok(Proof { lines, is_whole: false });
    }
    let mut lines = vec![format!("{id}: {entries} entries, whole and in order"), format!("head {head}")];
    lines.extend(match (cited, &case.evidence) {
        (0, _) => None,
        (_, Some(_)) => Some(format!("evidence: {cited} cited, all there and unaltered")),
        (_, None) => Some(format!("evidence: {cited} cited, not in this file and not checked")),
    });
    if case.runbook.is_none() {
        lines.push("proved are its entries; what else stands in the file is told from them".to_owned());
    }
    let anchors = anchors(home, &id, &hashes, &case.heads)?;
    let is_whole = anchors.is_ok();
    lines.extend(anchors.unwrap_or_else(|what| vec![format!("not whole: {what}")]));
    Ok(Proof { lines, is_whole })
}

/// What signatures say of a timeline whose lines have these hashes: sentences, or what contradicts it.
fn anchors(home: &Home, id: &IncidentId, hashes: &[String], heads: &[Signed]) -> Result<Result<Vec<String>, String>, Failure> {
    let all = hashes.len() as u64;
    if heads.is_empty() {
        return Ok(Ok(vec!["unanchored: no signature vouches for the end".to_owned()]));
    }
    let signing = signing(home);
    let worths = tokio_runtime()?.block_on(async {
        let mut worths = Vec::new();
        for signed in heads {
            worths.push(signature::worth(signed, &signing).await);
        }
        worths
    });
    let mut lines = Vec::new();
    let mut anchored: Option<(u64, String)> = None;
    for (signed, worth) in heads.iter().zip(worths) {
        let name = &signed.name;
        let Some(head) = Head::parse(&signed.text).filter(|head| head.incident == *id && head.name() == *name) else {
            return Ok(Err(format!("heads/{name} is no head of this incident")));
        };
        let by = match &worth {
            Worth::None(why) => return Ok(Err(format!("the signature under the head of entry {} is not good: {why}", head.entry))),
            Worth::Good(who) => format!("signed by {who}"),
            Worth::Stranger(key) => format!("signed with {key}, which nobody here vouches for"),
            Worth::Unknown(why) => format!("whose signature cannot be checked here: {why}"),
        };
        let there = usize::try_from(head.entry).ok().and_then(|entry| hashes.get(entry.checked_sub(1)?));
        match there {
            None => return Ok(Err(format!("there was an entry {}, by a head {by}; the timeline ends at entry {all}", head.entry))),
            Some(hash) if *hash != head.hash => {
                return Ok(Err(format!("entry {} is not the one of a head {by}: it was altered, or one before it", head.entry)));
            }
            Some(_) => {}
        }
        match worth {
            Worth::Good(who) => anchored = Some((head.entry, who)),
            _ => lines.push(format!("entry {} has a head {by}", head.entry)),
        }
    }
    lines.push(match anchored {
        Some((entry, who)) if entry == all => format!("anchored: {who} vouches for all {all} entries"),
        Some((entry, who)) if entry + 1 == all => format!("anchored: {who} vouches for entries 1 to {entry}; unanchored: entry {all}"),
        Some((entry, who)) => format!("anchored: {who} vouches for entries 1 to {entry}; unanchored: entries {} to {all}", entry + 1),
        None => "unanchored: no signature vouches for the end".to_owned(),
    });
    Ok(Ok(lines))
}

/// Who signs here and who is believed; nobody, and that is said, where the settings cannot be read.
fn signing(home: &Home) -> Signing {
    let read = library::team(home).map(|found| found.map(|(file, bytes)| yaml::team::read(&file, &bytes)));
    match read {
        Ok(None) => Signing::default(),
        Ok(Some(Ok(team))) => team.signing,
        Ok(Some(Err(_))) => {
            say("fracas: the settings hold mistakes, so that no signature is made or believed; any `fracas run` lists them");
            Signing::default()
        }
        Err(why) => {
            say(&format!("fracas: no signature is made or believed: {why}"));
            Signing::default()
        }
    }
}

/// Signs the head of an incident as it stands, where a key is configured and nobody has signed it yet; keeps it beside the
/// journal if the disk takes it. Why it could not is said in one sentence.
async fn vouch(signing: &Signing, id: &IncidentId, folder: &Path) -> Vec<Signed> {
    let mut heads = signature::heads(folder);
    if signing.key.is_none() {
        return heads;
    }
    let read = journal::bytes(folder).map_err(|error| error.to_string());
    let verified =
        read.and_then(|bytes| journal::verify(journal::split(&bytes).0).map_err(|found| format!("line {}: {}", found.line, found.what)));
    let signed = match verified {
        Err(why) => Err(format!("the timeline's head was not signed: {why}")),
        Ok((0, _)) => return heads,
        Ok((entry, hash)) => {
            let head = Head { incident: id.clone(), entry, hash };
            if heads.iter().any(|known| known.text == head.text() && !known.signature.is_empty()) {
                return heads;
            }
            signature::sign(&head, signing).await
        }
    };
    match signed {
        Ok(signed) => {
            if let Some(signed) = signed {
                if let Err(error) = signature::keep(folder, &signed) {
                    say(&format!("fracas: the timeline's head was signed and could not be kept: {error}"));
                }
                heads.retain(|known| known.name != signed.name);
                heads.push(signed);
            }
        }
        Err(why) => say(&format!("fracas: {why}")),
    }
    heads
}

/// For an incident that is exported; gives every head there is.
pub(super) fn vouch_now(home: &Home, stored: &Stored) -> Result<Vec<Signed>, Failure> {
    let signing = signing(home);
    if signing.key.is_none() {
        return Ok(signature::heads(&stored.folder));
    }
    Ok(tokio_runtime()?.block_on(vouch(&signing, &stored.id, &stored.folder)))
}

/// For an incident that somebody left by resolving or closing it. Who is told to end by a signal has no time for it, and
/// nothing of a drill is real.
pub(super) async fn vouch_for_left(id: Option<&IncidentId>, incident: &Incident) {
    let is_left = match incident.entries().last().map(|entry| &entry.event) {
        Some(Event::Left { why }) => why == "quit",
        Some(_) => incident.resolved.is_some(),
        None => false,
    };
    let (Some(id), Ok(home)) = (id.filter(|_| is_left && !incident.is_drill()), home()) else { return };
    let signing = signing(&home);
    vouch(&signing, id, &home.incident(id)).await;
}

pub(super) fn bundle(wanted: &str, output: Option<&Path>) -> Result<Outcome, Failure> {
    let home = home()?;
    let stored = stored(&home, wanted)?;
    let whole = stored.lines.iter().fold(String::new(), |journal, line| journal + line + "\n");
    if let Err(found) = journal::verify(&whole) {
        return Err(Failure::outside(format!("{} is not packed: line {}: {}", stored.id, found.line, found.what)));
    }
    if !is_as_opened(&stored.incident, &kept_bytes(&stored)?) {
        return Err(Failure::outside(format!("{} is not packed: its runbook was altered since it was opened", stored.id)));
    }
    let heads = vouch_now(&home, &stored)?;
    let packed = Bundle::of(&stored, &heads).and_then(|bundle| bundle.pack()).map_err(|error| Failure::outside(error.to_string()))?;
    let file = output.map_or_else(|| Path::new(&format!("{}.fracas", stored.id)).to_owned(), Path::to_owned);
    if file.as_os_str() == "-" {
        let written = std::io::stdout().lock().write_all(&packed);
        return written.map(|()| Outcome::Done).map_err(|error| Failure::outside(format!("standard output: {error}")));
    }
    whole_file::write(&file, &packed).map_err(|error| Failure::outside(format!("{}: {error}", file.display())))?;
    say(&format!(
        "fracas: {0} holds {1} entries; `fracas verify {0}` checks it, `fracas resume {0}` goes on with it",
        file.display(),
        stored.lines.len()
    ));
    Ok(Outcome::Done)
}

/// Takes a bundle in, if it is one that is named: gives the incident to go on with. It is verified first, and its runbook is
/// run only once somebody here has trusted it.
pub(super) fn take_in(home: &Home, wanted: &str) -> Result<Option<IncidentId>, Failure> {
    let file = Path::new(wanted);
    if !Bundle::is_one(file) {
        return Ok(None);
    }
    let failed = |why: String| Failure::outside(format!("{}: {why}", file.display()));
    let bundle = Bundle::read(file).map_err(failed)?;
    let found = judge(home, of_bundle(&bundle))?;
    if !found.is_whole {
        return Err(failed(found.lines.join("; ")));
    }
    home.prepare().map_err(Failure::outside)?;
    let taken = bundle::take_in(&bundle, home, &world_home::host()).map_err(|why| failed(why.to_string()))?;
    say(&match taken {
        TakenIn::New => format!("fracas: {} was unpacked", bundle.id),
        TakenIn::Extended(entries) => format!("fracas: {} was here already, and has {entries} more entries now", bundle.id),
        TakenIn::Known => format!("fracas: {} was here already, with all that the file holds", bundle.id),
    });
    Ok(Some(bundle.id))
}
