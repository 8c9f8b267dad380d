//! Finding PostgreSQL's server programs on this machine, and naming the package that brings them. Never
//! starts a server, and never installs anything.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::problem::SandboxProblem;

/// If set, the only folder that is looked at: who names a folder wants that one, not the next best.
pub const PG_BIN: &str = "FRACAS_PG_BIN";

/// The oldest release whose `gen_random_uuid()` needs no extension and whose `DROP DATABASE` knows `FORCE`.
const OLDEST: u32 = 13;

/// Folders whose entries are releases, and where in them the programs are.
const RELEASE_FOLDERS: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),                          // Debian, Ubuntu, Gentoo
    ("/usr/lib", "postgresql", "bin"),                           // SUSE: postgresql17
    ("/usr/libexec", "postgresql", ""),                          // Alpine: postgresql17
    ("/usr", "pgsql-", "bin"),                                   // the PostgreSQL project's own RPMs
    ("/opt/homebrew/opt", "postgresql@", "bin"),                 // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@", "bin"),                    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),    // Homebrew on Linux
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"), // Postgres.app
    ("/Library/PostgreSQL", "", "bin"),                          // EDB's installer
    ("/opt/local/lib", "postgresql", "bin"),                     // MacPorts
];

/// Where a release's server programs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The folder that holds `initdb` and `postgres`.
    pub bin: PathBuf,
    /// The major release, such as 17.
    pub release: u32,
}

/// The PostgreSQL to use: [`PG_BIN`]'s, or the first usable one on PATH, or the newest where distributions put it.
///
/// # Errors
///
/// [`SandboxProblem::NoPostgres`] when there is none.
pub fn installation() -> Result<Installation, SandboxProblem> {
    if let Some(named) = std::env::var_os(PG_BIN) {
        let named = PathBuf::from(named);
        return usable(&named).ok_or_else(|| {
            no_postgres(format!("{PG_BIN} is {}, which holds no `initdb` and `postgres` of release {OLDEST} or newer", named.display()))
        });
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter_map(|folder| resolved(&folder))
        .chain(well_known())
        .find_map(|folder| usable(&folder))
        .ok_or_else(|| no_postgres(format!("No PostgreSQL server ({OLDEST} or newer) was found on this machine")))
}

/// The folder behind a PATH entry: `initdb` there may be a link into the release's own folder.
fn resolved(folder: &Path) -> Option<PathBuf> {
    let initdb = folder.join("initdb").canonicalize().ok()?;
    Some(initdb.parent()?.to_owned())
}

/// The folders distributions use, newest release first.
fn well_known() -> impl Iterator<Item = PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = RELEASE_FOLDERS
        .iter()
        .flat_map(|(parent, prefix, bin)| {
            let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
            entries.filter_map(move |entry| {
                let name = entry.file_name().into_string().ok()?;
                let release: String = name.strip_prefix(prefix)?.chars().take_while(char::is_ascii_digit).collect();
                Some((release.parse().ok()?, entry.path().join(bin)))
            })
        })
        .collect();
    found.sort_by_key(|(release, _)| std::cmp::Reverse(*release));
    found.into_iter().map(|(_, folder)| folder)
}

/// What is in a folder, if both programs are and say a release that is new enough.
///
/// A wrapper that cannot say its release is no server.
fn usable(bin: &Path) -> Option<Installation> {
    if !bin.join("initdb").is_file() {
        return None;
    }
    let said = Command::new(bin.join("postgres")).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let release = release(&String::from_utf8_lossy(&said.stdout))?;
    (said.status.success() && release >= OLDEST).then(|| Installation { bin: bin.to_owned(), release })
}

/// The major release in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` or `… 18beta1`.
fn release(said: &str) -> Option<u32> {
    let after = said.split("(PostgreSQL) ").nth(1)?;
    after.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

fn no_postgres(why: String) -> SandboxProblem {
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    SandboxProblem::NoPostgres { why, install: install_command(std::env::consts::OS, &os_release).to_owned() }
}

/// The command that installs a PostgreSQL server on a system, by its own family names (`ID`, then `ID_LIKE`).
fn install_command(os: &str, os_release: &str) -> &'static str {
    match os {
        "macos" => return "brew install postgresql@17",
        "freebsd" => return "sudo pkg install postgresql17-server",
        "openbsd" => return "doas pkg_add postgresql-server",
        "netbsd" => return "sudo pkgin install postgresql17-server",
        _ => {}
    }
    let field = |name: &str| {
        let lines = os_release.lines().filter_map(|line| line.split_once('='));
        lines.filter(|(key, _)| *key == name).map(|(_, value)| value.trim_matches(['"', '\''])).next().unwrap_or_default().to_owned()
    };
    let families = format!("{} {}", field("ID"), field("ID_LIKE"));
    families
        .split_whitespace()
        .find_map(|family| {
            Some(match family {
                "debian" | "ubuntu" => "sudo apt-get install postgresql",
                "fedora" | "rhel" | "centos" => "sudo dnf install postgresql-server",
                "arch" => "sudo pacman -S postgresql",
                "alpine" => "sudo apk add postgresql",
                "suse" | "opensuse" => "sudo zypper install postgresql-server",
                "void" => "sudo xbps-install postgresql17",
                "gentoo" => "sudo emerge dev-db/postgresql",
                "nixos" => "nix-shell -p postgresql",
                _ => return None,
            })
        })
        .unwrap_or("your package manager's postgresql server package")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_read_from_what_postgres_says() {
        assert_eq!(release("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(release("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(release("command not found"), None);
    }

    #[test]
    fn the_package_is_named_for_the_system() {
        for (os, os_release, command) in [
            ("linux", "ID=debian\n", "sudo apt-get install postgresql"),
            ("linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "sudo apt-get install postgresql"),
            ("linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "sudo dnf install postgresql-server"),
            ("linux", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"", "sudo zypper install postgresql-server"),
            ("linux", "ID=alpine", "sudo apk add postgresql"),
            ("linux", "", "your package manager's postgresql server package"),
            ("macos", "", "brew install postgresql@17"),
        ] {
            assert_eq!(install_command(os, os_release), command, "{os} {os_release}");
        }
    }
}
