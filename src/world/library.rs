//! Where runbooks come from: compiled in, the working folder, the settings folder, a path. Never runs
//! anything of what it finds, and never lets another file take a shipped runbook's id.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::base::hash::sha256;
use crate::base::id::Id;
use crate::engine::joined::Shelved;
use crate::runbook::problem::Problem;
use crate::runbook::{Runbook, shipped, yaml};
use crate::timeline::Incident;
use crate::timeline::event::OpenedTarget;

use super::home::Home;
use super::prober::Prober;
use super::trust::{self, Bound, Bounds, PulledIn};

/// A byte more than a runbook may have: what is larger is refused by the reader, and never read whole.
const READ_AT_MOST: u64 = 1024 * 1024 + 1;

/// A runbook that was found, valid or not.
#[derive(Clone, Debug)]
pub struct Book {
    /// Where it is from.
    pub origin: Origin,
    /// The file's name, for messages.
    pub file: String,
    /// Its bytes as text; broken text only where `runbook` is an error.
    pub text: String,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// What it pulls in beside itself; nothing for one that is compiled in.
    pub pulled_in: PulledIn,
    /// What it says, or every problem in it.
    pub runbook: Result<Arc<Runbook>, Vec<Problem>>,
    /// What the team's settings add to it, as text; kept with an incident, so that it reads the same later.
    pub team: Option<String>,
}

/// Where a runbook is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled into the program, which makes it trusted.
    Shipped,
    /// A file: where it is, links resolved.
    File(PathBuf),
}

impl Book {
    fn read(found: Found) -> Self {
        let Found { origin, file, bytes } = found;
        let bytes = &*bytes;
        let hash = sha256(bytes);
        // Shipped runbooks are judged by the tests of this program.
        let is_shipped = shipped().iter().any(|(_, text)| text.as_bytes() == bytes);
        let (origin, read) =
            if is_shipped { (Origin::Shipped, yaml::read_again(&file, bytes)) } else { (origin, yaml::read(&file, bytes)) };
        let runbook = read.map(Arc::new);
        let pulled_in = match (&origin, &runbook) {
            (Origin::File(_), Ok(runbook)) => PulledIn::of(runbook, None),
            _ => PulledIn::default(),
        };
        Self { origin, file, text: String::from_utf8_lossy(bytes).into_owned(), hash, pulled_in, runbook, team: None }
    }

    /// The runbook of a file.
    ///
    /// # Errors
    /// A sentence with the file and what the system says.
    pub fn open(path: &Path) -> Result<Self, String> {
        Found::open(path).map(Self::read)
    }

    /// Its id, if it can be read.
    #[must_use]
    pub fn id(&self) -> Option<&Id> {
        self.runbook.as_ref().ok().map(|runbook| &runbook.id)
    }

    /// One hash for it and all it pulls in: what a person trusts.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.pulled_in.fingerprint(&self.hash)
    }

    /// Whether it may run without being asked: it is compiled in, or its very bytes were trusted, in their place, with
    /// those of the files it pulls in.
    #[must_use]
    pub fn is_trusted(&self, home: &Home) -> bool {
        match &self.origin {
            Origin::Shipped => true,
            Origin::File(place) => trust::is_given(home, place, &self.fingerprint()),
        }
    }

    /// Trusts these very bytes in this place from now on, and those of the files it pulls in.
    ///
    /// # Errors
    /// A sentence with the folder and what the system says.
    pub fn trust(&self, home: &Home) -> Result<(), String> {
        match &self.origin {
            Origin::Shipped => Ok(()),
            Origin::File(place) => trust::give(home, place, &self.fingerprint()),
        }
    }
}

/// The bytes of a runbook, before anything is known of them.
struct Found {
    origin: Origin,
    file: String,
    bytes: Cow<'static, [u8]>,
}

impl Found {
    fn open(path: &Path) -> Result<Self, String> {
        let place = fs::canonicalize(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let bytes = contents(&place)?.into();
        Ok(Self { origin: Origin::File(place), file: path.display().to_string(), bytes })
    }

    fn shipped(file: &str, text: &'static str) -> Self {
        Self { origin: Origin::Shipped, file: file.to_owned(), bytes: text.as_bytes().into() }
    }
}

/// What is in a file, or as much of it as tells that it is too large for a runbook.
///
/// # Errors
/// A sentence with the file and what the system says.
pub fn contents(path: &Path) -> Result<Vec<u8>, String> {
    contents_up_to(path, READ_AT_MOST)
}

/// The first bytes of a file, so many at most.
///
/// # Errors
/// A sentence with the file and what the system says.
pub fn contents_up_to(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    let opened = fs::File::open(path).map_err(unreadable)?;
    opened.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Every runbook that is found, shipped ones first; a file whose bytes are those of another is that one.
#[must_use]
pub fn all(home: &Home) -> Vec<Book> {
    let mut found: Vec<Found> = shipped().iter().map(|(file, text)| Found::shipped(file, text)).collect();
    for folder in [PathBuf::from("runbooks"), home.settings().join("runbooks")] {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        // A pipe with such a name would be waited for.
        files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") && file.is_file());
        files.sort();
        for file in files.iter().filter_map(|file| Found::open(file).ok()) {
            if !found.iter().any(|other| other.bytes == file.bytes) {
                found.push(file);
            }
        }
    }
    read_all(found)
}

/// Reads them on every core, for somebody waits for the first screen; in their order.
fn read_all(found: Vec<Found>) -> Vec<Book> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(found.len());
    let mut places: Vec<(usize, Found)> = found.into_iter().enumerate().collect();
    // The longest first: whoever begins with it last is waited for.
    places.sort_by_key(|(_, found)| Reverse(found.bytes.len()));
    let (waiting, read) = (Mutex::new(places.into_iter()), Mutex::new(BTreeMap::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((place, found)) = next() {
            let book = Book::read(found);
            read.lock().unwrap_or_else(PoisonError::into_inner).insert(place, book);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    read.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// The runbooks that could be opened inside an incident, seen from its surroundings.
#[must_use]
pub fn shelf(home: &Home, prober: &Prober) -> Vec<Shelved> {
    all(home).iter().filter_map(|book| Some(shelved(book, book.runbook.as_ref().ok()?, home, prober))).collect()
}

fn shelved(book: &Book, runbook: &Arc<Runbook>, home: &Home, prober: &Prober) -> Shelved {
    let targets = runbook.targets.iter().map(|target| OpenedTarget {
        name: target.name.clone(),
        shown: prober.leads_to(target),
        production: target.production,
    });
    let known = runbook.inputs.iter().filter_map(|input| {
        let value = prober.variable(input.env.as_deref()?).filter(|value| input.accept(value).is_ok())?;
        Some((input.name.clone(), value))
    });
    let may_run = book.is_trusted(home) || !runbook.acts();
    Shelved {
        runbook: runbook.clone(),
        text: book.text.as_str().into(),
        pulled_in: book.pulled_in.0.clone(),
        targets: targets.collect(),
        known: known.collect(),
        refused: (!may_run).then(|| format!("it is not trusted: read what it would run and trust it with `fracas trust {}`", book.file)),
    }
}

/// What binds the runbooks of an incident. Nothing is held against what is compiled in. In a drill nothing is real that
/// its own runbook reaches, and what joined it reaches no more than the drill's database.
#[must_use]
pub fn bounds(incident: &Incident) -> Bounds {
    let is_shipped = |hash: &str| shipped().iter().any(|(_, text)| sha256(text) == hash);
    let files = |pulled_in: &BTreeMap<String, String>| Bound::Files(PulledIn(pulled_in.clone()));
    let is_drill = incident.is_drill();
    let first = incident.opened().filter(|opened| !is_drill && !is_shipped(&opened.runbook_hash));
    // Of one name the first counts, as it does where it is put in.
    let joined = incident
        .joined
        .iter()
        .rev()
        .filter(|(_, joined)| is_drill || !is_shipped(&joined.file.sha256))
        .map(|(_, joined)| (Some(joined.runbook.clone()), if is_drill { Bound::Database } else { files(&joined.pulled_in) }));
    first.map(|opened| (None, files(&opened.pulled_in))).into_iter().chain(joined).collect()
}

/// The text of the team's settings, `config.yaml` in the settings folder; nothing where there is none.
///
/// # Errors
/// A sentence with the file and what the system says.
pub fn team(home: &Home) -> Result<Option<(String, Vec<u8>)>, String> {
    let path = home.settings().join("config.yaml");
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    match fs::File::open(&path).and_then(|opened| opened.take(READ_AT_MOST).read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some((file, bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{file}: {error}")),
    }
}

/// The runbook a person means: an id, or a path (it has a `/` or ends in `.yaml`).
///
/// # Errors
/// A sentence that says why there is none.
pub fn find(home: &Home, wanted: &str) -> Result<Book, String> {
    if wanted.contains('/') || Path::new(wanted).extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
        return Book::open(Path::new(wanted));
    }
    if let Some((file, text)) = shipped().iter().find(|(file, _)| file.strip_suffix(".yaml") == Some(wanted)) {
        return Ok(Book::read(Found::shipped(file, text)));
    }
    let books = all(home);
    let mut found = books.iter().filter(|book| book.id().is_some_and(|id| id == wanted));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(one), Some(other)) => Err(format!("`{wanted}` is in {} and in {}; name the file", one.file, other.file)),
        (None, _) => {
            let names: Vec<&str> = books.iter().filter_map(|book| book.id().map(Id::as_str)).collect();
            Err(format!("no runbook is called `{wanted}`; there are: {}", names.join(", ")))
        }
    }
}
