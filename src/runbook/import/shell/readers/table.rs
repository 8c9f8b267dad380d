//! The readers that a row of a table describes: which options they must not have, or which only.
//! Never a place for judgement: a program that needs more than a row has a function elsewhere.

use super::super::nature::{Command, HIDDEN, Nature, PERSON};
use super::super::options::Options;
use super::super::secrets::SECRET;
use super::super::words::Word;
use super::FOLLOWS;
use Nature::{Acts, Reads};

/// What a simple program must not be given.
struct Plain {
    /// Its names between spaces.
    programs: &'static str,
    /// Options that take the next word.
    valued: &'static str,
    /// Options that change something.
    acting: &'static str,
    /// Options that make it go on.
    waiting: &'static str,
    /// How many operands it may have: with more it writes or sets something.
    operands: usize,
}

const ANY: usize = usize::MAX;

const fn row(programs: &'static str, valued: &'static str, acting: &'static str, waiting: &'static str, operands: usize) -> Plain {
    Plain { programs, valued, acting, waiting, operands }
}

const PLAIN: &[Plain] = &[
    row(
        "cat zcat bzcat xzcat head wc cut tr nl tac rev paste comm diff cmp fold basename dirname realpath readlink stat ls du df md5sum sha1sum sha256sum sha512sum ps pgrep pidof grep egrep fgrep zgrep strings od hexdump getfacl lsattr cksum expand",
        "",
        "",
        "",
        ANY,
    ),
    row("tail", "-n -c --lines --bytes --pid -s", "", "-f -F --follow --retry", ANY),
    row("sort", "-k --key -t --field-separator -S -T -o --output", "-o --output --compress-program", "", ANY),
    row("uniq", "-f -s -w", "", "", 1),
    row("column", "-t -s -o -c -N", "", "", ANY),
    row("rg", "-e -f -g -t -A -B -C -m", "--pre --hostname-bin", "", ANY),
    row("jq", "--arg --argjson --indent", "", "", ANY),
    row(
        "yq",
        "-o -p --output-format --input-format",
        "-i --inplace --in-place -s --split-exp --split-exp-file --security-enable-system-operator",
        "",
        ANY,
    ),
    row("file", "-m -F", "-C --compile", "", ANY),
    row("tree", "-L -P -I", "-o -R", "", ANY),
    row("free", "", "", "-s --seconds -c --count", 0),
    row("uptime who w whoami id groups last lastb lscpu lsblk lspci lsusb lsmod nproc tty locale zipinfo uname blkid", "", "", "", ANY),
    row("findmnt", "-o", "", "-p --poll", ANY),
    row("hostname domainname dnsdomainname", "", "-F --file -b --boot", "", 0),
    row("lsof", "-i -p -u -c -d", "", "-r +r", ANY),
    row("ss", "-f -A -F", "-K --kill -D --diag", "-E --events", ANY),
    row("netstat", "", "", "-c --continuous", ANY),
    row("arp route", "", "-s --set -d --delete -f --file -A", "", 0),
    row("traceroute traceroute6 tracepath whois getconf", "", "", "", ANY),
    row(
        "dmesg",
        "-l --level -f --facility",
        "-c -C -D -E -n --clear --read-clear --console-off --console-on --console-level",
        "-w -W --follow --follow-new",
        0,
    ),
    row(
        "journalctl",
        "-u --unit -n -p --priority -t --identifier --since --until -S -U -g --grep -D --directory --file -c --cursor -M --machine -F --field -o --output --user-unit",
        "--vacuum-size --vacuum-time --vacuum-files --rotate --flush --sync --relinquish-var --smart-relinquish-var --setup-keys --update-catalog --cursor-file --header-write",
        "-f --follow",
        ANY,
    ),
    row("unzip", "", "", "", ANY),
    row("pg_isready pg_lsclusters pg_controldata pg_config", "", "", "", ANY),
    row("smartctl", "-d -l -n -q -r", "-s -o -S -t -X -B --smart --offlineauto --saveauto --set --test --abort", "", ANY),
    row("lvs vgs pvs lvdisplay vgdisplay pvdisplay", "-o", "--config --config-file", "", ANY),
    row("locate mlocate apropos", "", "-u", "", ANY),
];

/// Programs that read what is typed where no file is named and nothing is fed to them: names, options that take a value, and how
/// many operands are none of a file.
const READ_INPUT: &[(&str, &str, usize)] = &[
    ("cat zcat bzcat xzcat tac rev nl paste md5sum sha1sum sha256sum sha512sum cksum expand", "-d -b -w -s -v", 0),
    ("head tail", "-n -c --lines --bytes --pid -s", 0),
    ("wc od hexdump strings fold", "-w -n -t -e -C -A -N -j", 0),
    ("cut", "-d -f -c -b --delimiter --fields --characters --bytes --output-delimiter", 0),
    ("sort", "-k --key -t --field-separator -S -T --buffer-size --parallel", 0),
    ("uniq", "-f -s -w", 0),
    ("column", "-s -o -c -N -R -H -E", 0),
    ("tr", "", usize::MAX),
    ("grep egrep fgrep zgrep", GREP_VALUED, 1),
    ("jq", "--indent -f --from-file -L", 1),
    ("yq", "-o -p --output-format --input-format", 1),
    ("sed", "-e --expression -l --line-length", 1),
    ("awk gawk mawk", "-F -v --field-separator --assign -f", 1),
    ("xargs", "", usize::MAX),
];

const GREP_VALUED: &str = "-e --regexp -f --file -A -B -C -m --after-context --before-context --context --max-count --include --exclude --exclude-dir --label -d -D";

/// Whether it would wait for what is typed into it.
pub(super) fn reads_terminal(program: &str, command: &Command<'_, '_>) -> bool {
    let Some((_, valued, none)) = READ_INPUT.iter().find(|row| row.0.split(' ').any(|name| name == program)) else { return false };
    if command.is_fed || command.has_more {
        return false;
    }
    let options = Options::anywhere(command.words, valued);
    if options.has("--help --version") || matches!(program, "grep" | "egrep" | "fgrep") && options.has("-r -R --recursive") {
        return false;
    }
    if matches!(program, "jq" | "yq") && options.has("-n --null-input") {
        return false;
    }
    if program == "jq" {
        let named = options.given.iter().filter(|given| matches!(given.name.as_str(), "--arg" | "--argjson" | "--slurpfile" | "--rawfile"));
        let files = options.operands.len().saturating_sub(2 * named.count());
        return files <= usize::from(!options.has("-f --from-file"));
    }
    // A block before the first line, and nothing for the lines.
    let begins_only = |word: &&Word<'_>| word.text.starts_with("BEGIN") && word.text.matches('{').count() == 1 && word.text.ends_with('}');
    if matches!(program, "awk" | "gawk" | "mawk") && options.operands.first().is_some_and(begins_only) {
        return false;
    }
    let names_script = options.has(match program {
        "grep" | "egrep" | "fgrep" | "zgrep" => "-e -f --regexp --file",
        "sed" => "-e --expression",
        "awk" | "gawk" | "mawk" => "-f",
        _ => "",
    });
    let none = if names_script { 0 } else { *none };
    options.operands.len() <= none
        || program == "xargs" && !options.has("-a --arg-file")
        || options.operands.iter().any(|word| word.text == "-")
}

/// Whether this table describes the program.
pub(super) fn knows(program: &str) -> bool {
    let is_one_of = |programs: &str| programs.split(' ').any(|name| name == program);
    PLAIN.iter().any(|plain| is_one_of(plain.programs)) || LISTED.iter().any(|row| is_one_of(row.0))
}

/// A simple program, if it is one of them.
pub(super) fn plain(program: &str, command: &Command<'_, '_>) -> Option<Nature> {
    if let Some(nature) = listed_words(program, command) {
        return Some(nature);
    }
    let plain = PLAIN.iter().find(|plain| plain.programs.split(' ').any(|name| name == program))?;
    let options = Options::anywhere(command.words, plain.valued);
    let has_limits = !plain.acting.is_empty() || !plain.waiting.is_empty() || plain.operands != ANY;
    let has_operand = |is_one: &dyn Fn(&str) -> bool| options.operands.iter().any(|word| is_one(&word.text));
    // `+r` of lsof.
    let waits_by_plus = || plain.waiting.split(' ').any(|option| option.starts_with('+') && has_operand(&|text| text.starts_with(option)));
    Some(if has_limits && (options.is_hidden || command.hides_words()) {
        HIDDEN
    } else if !plain.waiting.is_empty() && (options.has(plain.waiting) || waits_by_plus()) {
        FOLLOWS
    } else if !plain.acting.is_empty() && options.has(plain.acting) || options.operands.len() > plain.operands {
        Acts("writes or sets something")
    } else if program == "unzip" && !options.has("-l -v -Z -t") {
        Acts("writes a file")
    } else if program == "jq" && has_operand(&names_environment) {
        Acts("shows every variable, secrets too")
    } else if !NAMES_ONLY.split(' ').any(|name| name == program) && has_operand(&holds_secrets) {
        Acts("shows secrets")
    } else if !NAMES_ONLY.split(' ').any(|name| name == program) && has_operand(&|text| text.starts_with("/dev/") && text != "/dev/null") {
        Acts("opens a device")
    } else {
        Reads
    })
}

/// Programs that say something of a file and nothing that is in it.
const NAMES_ONLY: &str = "ls stat du df file realpath readlink basename dirname md5sum sha1sum sha256sum sha512sum cksum wc lsblk blkid smartctl lsof \
    tree getfacl lsattr locate findmnt lvs vgs pvs lvdisplay vgdisplay pvdisplay";

/// Whether a file of this name is there to keep secrets.
fn holds_secrets(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_sample = ["example", "sample", "template", "dist", "pub"].iter().any(|end| name.ends_with(end));
    let ends = [".key", ".pgpass", ".netrc", ".kdbx", "_rsa", "id_ed25519", "id_ecdsa", ".p12", ".pfx", ".jks", ".env"];
    !is_sample
        && (name.starts_with(".env") || ends.iter().any(|end| name.ends_with(end)) || matches!(name, "shadow" | "gshadow" | "environ"))
}

/// Whether a program of `jq` shows the environment.
fn names_environment(program: &str) -> bool {
    program.contains("$ENV") || program.split(|c: char| !c.is_ascii_alphanumeric() && !"._$".contains(c)).any(|word| word == "env")
}

/// Programs for which only these words are known: every option must be among them, and how many operands.
const LISTED: &[(&str, &str, &str, usize)] = &[
    ("iptables ip6tables", "-t", "-L -n -v -S -t -x --list --list-rules --line-numbers --numeric --verbose", 1),
    ("sysctl", "", "-a -n -e -N --all --names --values", ANY),
    ("mount", "-t", "-l -t -v --show-labels", 0),
    ("swapon", "", "-s --show --summary --noheadings --bytes", 0),
    ("crontab", "-u", "-l -u", 0),
    ("nginx", "-c -p", "-t -v -V -q -c -p", 0),
    ("apachectl apache2ctl httpd apache2", "", "-t -S -M -v -V", 1),
    ("haproxy", "-f", "-c -f -v -V -q", 0),
    ("mdadm", "", "--detail -D --examine -E --scan -s", ANY),
    ("top", "-n -d -p -u -o -w", "-b -n -d -p -u -o -w -c -H -i", 0),
    ("vmstat", "-S", "-S -a -s -d -m -w -t -n", 2),
    ("iostat mpstat", "-P", "-x -d -c -k -m -h -t -y -z -P -p -u", ANY),
    ("ulimit", "", "-a -n -u -c -f -s -v -S -H", 0),
    ("getent", "-s", "", ANY),
    ("ntpq", "", "-p -n", 0),
    ("multipath", "", "-l -v", ANY),
];

fn listed_words(program: &str, command: &Command<'_, '_>) -> Option<Nature> {
    let (_, valued, allowed, operands) = LISTED.iter().find(|row| row.0.split(' ').any(|name| name == program))?;
    let options = Options::anywhere(command.words, valued);
    if options.is_hidden || command.hides_words() {
        return Some(HIDDEN);
    }
    let numbers = options.operands.iter().filter(|word| word.text.parse::<f64>().is_ok()).count();
    let is_fit = match program {
        "iptables" | "ip6tables" => options.has("-L --list -S --list-rules"),
        "sysctl" => !options.operands.iter().any(|word| word.text.contains('=')),
        "crontab" | "multipath" => options.has("-l"),
        // The whole configuration, with what it holds of keys.
        "nginx" if options.has("-T") => return Some(SECRET),
        "nginx" => options.has("-t -v -V"),
        "apachectl" | "apache2ctl" | "httpd" | "apache2" => {
            !options.given.is_empty() && options.operands.is_empty() || matches!(options.operand(0), "configtest" | "status" | "fullstatus")
        }
        "haproxy" => options.has("-c -v"),
        "mdadm" => options.has("--detail -D --examine -E"),
        "top" if !(options.has("-b") && options.has("-n")) => return Some(PERSON),
        "vmstat" | "iostat" | "mpstat" if numbers == 1 => return Some(FOLLOWS),
        "getent" => !matches!(options.operand(0), "shadow" | "gshadow" | ""),
        "ulimit" => !options.given.is_empty(),
        _ => true,
    };
    let is_editor = program == "crontab" && options.has("-e");
    Some(if is_editor {
        PERSON
    } else if is_fit && options.has_only(allowed) && options.operands.len() <= *operands {
        Reads
    } else {
        Acts("writes or sets something")
    })
}
