//! The sandbox's folder: made, locked for as long as its keeper lives, and swept away when a keeper died.
//! Never touches a folder that is not a sandbox's, is somebody else's, or whose keeper is alive.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::problem::SandboxProblem;

/// If set, where sandboxes are made.
pub const DRILL_DIR: &str = "FRACAS_DRILL_DIR";

/// How every sandbox's folder begins.
const PREFIX: &str = "fracas-drill-";

/// The file a living keeper holds locked.
const LOCK: &str = "keeper.lock";

/// A socket's path may have 107 bytes on Linux and 103 on macOS and the BSDs (`sun_path`), its end included.
const LONGEST_SOCKET: usize = 100;

/// How long a folder may be without a lock file before it counts as left behind: its keeper is just making it.
const TIME_TO_LOCK: Duration = Duration::from_mins(1);

/// The account PostgreSQL runs under, because it refuses to run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    /// User id.
    pub(super) uid: u32,
    /// Group id.
    pub(super) gid: u32,
}

impl Account {
    /// The account to run PostgreSQL under: none unless this is root, who becomes `postgres` or else `nobody`.
    #[must_use]
    pub(super) fn for_server() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        // 65534 is `nobody` wherever no file says otherwise.
        Some(["postgres", "nobody"].iter().find_map(|name| Self::named(name, &accounts)).unwrap_or(Self { uid: 65534, gid: 65534 }))
    }

    fn named(name: &str, accounts: &str) -> Option<Self> {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next()? == name).then_some(())?;
            let mut number = |n| fields.nth(n)?.parse::<u32>().ok();
            Some(Self { uid: number(1)?, gid: number(0)? })
        })
    }
}

/// Where sandboxes are made: [`DRILL_DIR`], or the session's runtime folder, or `/tmp`.
///
/// Root's PostgreSQL runs under another account, which may not look into root's runtime folder.
#[must_use]
pub(super) fn parent() -> PathBuf {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let runtime = || named("XDG_RUNTIME_DIR").filter(|folder| folder.is_dir() && Account::for_server().is_none());
    named(DRILL_DIR).or_else(runtime).unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// A sandbox's folder. Dropping it gives up the lock and leaves the folder; [`Folder::remove`] removes it.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes and locks a folder under `parent` that only this account, and the server's, may enter.
    ///
    /// # Errors
    ///
    /// [`SandboxProblem::Folder`] when it cannot be made or a socket in it would have too long a path.
    pub(super) fn make(parent: &Path, server: Option<Account>) -> Result<Self, SandboxProblem> {
        loop {
            let chance = uuid::Uuid::new_v4().simple().to_string();
            let path = parent.join(format!("{PREFIX}{}", &chance[..8]));
            if path.join(super::server::SOCKET).as_os_str().len() > LONGEST_SOCKET {
                let why = format!("a socket's path may have {LONGEST_SOCKET} bytes at most");
                return Err(SandboxProblem::Folder { what: format!("the name of {} is too long", path.display()), why });
            }
            if let Some(lock) = Self::make_at(&path, server).map_err(|error| SandboxProblem::folder("cannot make", &path, &error))? {
                return Ok(Self { path, _lock: lock });
            }
        }
    }

    /// Makes and locks one folder; none if the name is taken or a sweep was quicker than the lock.
    fn make_at(path: &Path, server: Option<Account>) -> io::Result<Option<File>> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            made => made?,
        }
        let lock = match File::create_new(path.join(LOCK)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            made => made?,
        };
        if lock.try_lock().is_err() || !path.join(LOCK).exists() {
            return Ok(None);
        }
        if let Some(Account { gid, .. }) = server {
            chown(path, None, Some(gid))?;
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o770))?;
        }
        Ok(Some(lock))
    }

    /// Where it is.
    #[must_use]
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with all that is in it.
    pub(super) fn remove(self) {
        remove(&self.path);
    }
}

/// Removes a folder. Processes that are just ending may still write into it, so it is tried for up to a second.
fn remove(path: &Path) {
    for _ in 0..50 {
        if std::fs::remove_dir_all(path).is_ok() || !path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Removes the folders under `parent` whose keeper is dead, and ends the servers that still run in them.
pub(super) fn sweep(parent: &Path) {
    let us = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && std::fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir() && data.uid() == us);
        if is_ours && is_abandoned(&path) {
            super::server::end_orphan(&path);
            remove(&path);
        }
    }
}

fn is_abandoned(path: &Path) -> bool {
    match File::open(path.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(_) => path.metadata().and_then(|data| data.modified()).is_ok_and(|at| at.elapsed().is_ok_and(|age| age > TIME_TO_LOCK)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail at any of these")]

    use super::*;

    #[test]
    fn a_sweep_takes_only_what_a_dead_keeper_left() {
        let parent = tempfile::tempdir().unwrap();
        let alive = Folder::make(parent.path(), None).unwrap();
        let dead = Folder::make(parent.path(), None).unwrap().path().to_owned();
        let foreign = parent.path().join("somebody-else");
        std::fs::create_dir(&foreign).unwrap();
        sweep(parent.path());
        assert!(alive.path().exists() && foreign.exists() && !dead.exists());
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_refused() {
        let problem = Folder::make(&Path::new("/tmp").join("x".repeat(90)), None).unwrap_err();
        assert!(problem.to_string().contains("FRACAS_DRILL_DIR"), "{problem}");
    }

    #[test]
    fn accounts_are_read_from_the_system_file() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:PostgreSQL:/var:/bin/sh\n";
        assert_eq!(Account::named("postgres", accounts), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(Account::named("nobody", accounts), None);
    }
}
