//! Programs that ask over the network.
//! Never takes a request for a reading one unless its method, body, files and address are all known to be.

use super::super::nature::{Command, FED, HIDDEN, Nature, PERSON, UNKNOWN};
use super::super::options::Options;
use super::super::words::HOLE;
use super::FOLLOWS;
use super::address::address_reads;
use Nature::{Acts, Reads, Waits};

const SENDS: Nature = Acts("sends something");
const WRITES: Nature = Acts("writes a file");

const CURL_VALUED: &str = "-H --header -A --user-agent -e --referer -u --user -m --max-time --connect-timeout -x --proxy -w --write-out -b --cookie -r --range \
    -E --cert --cert-type --key --key-type --pass --cacert --capath -y --speed-time -Y --speed-limit -X --request -o --output -D --dump-header --url --resolve --connect-to \
    --retry --retry-delay --retry-max-time --tls-max --interface --max-redirs --unix-socket --noproxy --netrc-file --oauth2-bearer --proto --max-filesize --ciphers \
    --dns-servers --limit-rate --proxy-user -U --keepalive-time --aws-sigv4 -d --data --data-raw --data-binary --data-urlencode --data-ascii --json -F --form --form-string -T --upload-file -K --config -c --cookie-jar -t -Q --quote -C --continue-at -P -z --time-cond";
const CURL_HARMLESS: &str = "-H --header -A --user-agent -e --referer -u --user -m --max-time --connect-timeout -x --proxy -w --write-out -b --cookie -r --range \
    -E --cert --cert-type --key --key-type --pass --cacert --capath -y --speed-time -Y --speed-limit -X --request -o --output -D --dump-header --url --resolve --connect-to \
    --retry --retry-delay --retry-max-time --tls-max --interface --max-redirs --unix-socket --noproxy --netrc-file --oauth2-bearer --proto --max-filesize --ciphers \
    --dns-servers --limit-rate --proxy-user -U --keepalive-time --aws-sigv4 -z --time-cond \
    -s -S -f -L -k -i -I -v -g -4 -6 -G -j -n -q -Z -0 -1 -2 -3 -# -V -N --silent --show-error --fail --fail-with-body --fail-early --location --location-trusted --insecure --include --show-headers --head --verbose \
    --get --compressed --globoff --ipv4 --ipv6 --retry-connrefused --retry-all-errors --http1.0 --http1.1 --http2 --http3 --http2-prior-knowledge --tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 \
    --no-progress-meter --progress-bar --path-as-is --netrc --basic --digest --anyauth --negotiate --no-keepalive --raw --tcp-nodelay --tcp-fastopen --ssl-reqd --haproxy-protocol --version --no-buffer --cert-status";

/// `curl`, which only reads if it asks with GET or HEAD, sends no body, writes no file, and its address says nothing else.
pub(super) fn curl(command: &Command<'_, '_>) -> Nature {
    let options = Options::anywhere(command.words, CURL_VALUED);
    let names: Vec<&str> = CURL_HARMLESS.split_whitespace().collect();
    if options.is_hidden || command.hides_words() {
        return HIDDEN;
    }
    if let Some(given) = options.given.iter().find(|given| !names.contains(&given.name.as_str())) {
        let writes = matches!(
            given.name.as_str(),
            "-O" | "--remote-name" | "-c" | "--cookie-jar" | "-J" | "--remote-header-name" | "--trace" | "--trace-ascii"
        );
        return if writes { WRITES } else { SENDS };
    }
    if options.values("-X --request").any(|method| !matches!(method, "GET" | "HEAD" | "OPTIONS")) {
        return SENDS;
    }
    if options.values("-o --output -D --dump-header").any(|file| !matches!(file, "/dev/null" | "-" | "/dev/stdout" | "/dev/stderr")) {
        return WRITES;
    }
    // `%output{file}` writes, and `@file` may hold it.
    if options.values("-w --write-out").any(|form| form.contains("%output") || form.starts_with('@')) {
        return WRITES;
    }
    if options.values("-u --user -U --proxy-user").any(|user| !user.contains(':') && !user.contains(HOLE)) {
        return Waits("asks for a password");
    }
    let addresses = || options.operands.iter().map(|word| &*word.text).chain(options.values("--url"));
    if options.operands.iter().any(|word| word.is_pattern && word.text.contains(['{', '['])) {
        return HIDDEN;
    }
    if addresses().any(|address| !address_reads(address)) || options.values("--url").any(|address| address.starts_with('@')) {
        return Acts("asks an address that may do something");
    }
    if options.has("-N --no-buffer") {
        return FOLLOWS;
    }
    Reads
}

/// `wget`, which writes a file unless told otherwise.
pub(super) fn wget(command: &Command<'_, '_>) -> Nature {
    let options = Options::anywhere(
        command.words,
        "-O --output-document -T --timeout -t --tries --header -U --user-agent --max-redirect --connect-timeout --read-timeout -o -a -e -P -i",
    );
    let harmless = "-q -S -n -v -T -t --timeout --tries --header --spider --no-check-certificate --server-response -O --output-document -U --user-agent --quiet --max-redirect --no-verbose --connect-timeout --read-timeout -4 -6";
    if options.is_hidden || command.hides_words() {
        return HIDDEN;
    }
    let reads_only = options.has("--spider") || options.values("-O --output-document").any(|file| matches!(file, "-" | "/dev/null"));
    let writes = options.values("-O --output-document").any(|file| !matches!(file, "-" | "/dev/null"));
    if !reads_only || writes || !options.has_only(harmless) {
        return WRITES;
    }
    if options.operands.iter().all(|word| address_reads(&word.text)) { Reads } else { Acts("asks an address that may do something") }
}

/// `http` and `https` of `HTTPie`. Without `--ignore-stdin` a text on standard input makes it a POST, so the method must be said.
pub(super) fn httpie(command: &Command<'_, '_>) -> Nature {
    let options = Options::anywhere(command.words, "--timeout -a --auth -p --print --verify");
    if options.is_hidden || command.hides_words() {
        return HIDDEN;
    }
    let method = options.operand(0);
    let is_method = matches!(method, "GET" | "HEAD" | "OPTIONS");
    if !is_method && !options.has("-I --ignore-stdin") || !options.has_only("-v -h -b --verbose --headers --body --verify --timeout --check-status -a --auth -p --print --follow -F -I --ignore-stdin --pretty") || command.is_fed {
        return SENDS;
    }
    let rest = options.operands.get(usize::from(is_method)..).unwrap_or_default();
    let Some((address, items)) = rest.split_first() else { return UNKNOWN };
    let is_header = |item: &str| item.contains(':') && !item.contains(['=', '@']) || item.contains("==");
    if address.text.starts_with(|c: char| c.is_ascii_uppercase())
        || !address_reads(&address.text)
        || !items.iter().all(|item| is_header(&item.text))
    {
        return SENDS;
    }
    Reads
}

/// The smaller ones.
pub(super) fn tool(program: &str, command: &Command<'_, '_>) -> Nature {
    if program != "ssh" && !matches!(program, "dig" | "host") && command.hides_words() {
        return HIDDEN;
    }
    match program {
        "ping" | "ping6" => {
            let options = Options::anywhere(command.words, "-c -i -W -w -s -I -t -M -l -p -Q -S -m");
            if options.has("-f -b -l") {
                UNKNOWN
            } else if options.has("-c") && !options.is_hidden {
                Reads
            } else {
                FOLLOWS
            }
        }
        "nc" | "ncat" | "netcat" => {
            let options = Options::anywhere(command.words, "-w -i -s -X -x -p -e -c");
            if options.has("-z") && options.has_only("-z -v -n -u -w -4 -6 -i -s") {
                Reads
            } else if command.is_fed {
                SENDS
            } else {
                PERSON
            }
        }
        "mtr" => {
            if Options::anywhere(command.words, "-c -i").has("-r --report -w --report-wide") {
                Reads
            } else {
                FOLLOWS
            }
        }
        "dig" | "host" => {
            if command.words.is_empty() && !command.has_more {
                UNKNOWN
            } else {
                Reads
            }
        }
        "nslookup" => {
            if Options::anywhere(command.words, "").operands.is_empty() {
                if command.is_fed { FED } else { PERSON }
            } else {
                Reads
            }
        }
        "ip" => ip(command),
        "openssl" => openssl(command),
        _ => ssh(command),
    }
}

fn ip(command: &Command<'_, '_>) -> Nature {
    let flags = "-4 -6 -o -br -brief -s -d -j -p -c -color -oneline -details -stats -statistics -json -pretty";
    let words: Vec<&str> =
        command.words.iter().map(|word| &*word.text).skip_while(|text| flags.split(' ').any(|flag| flag == *text)).collect();
    match words.as_slice() {
        ["monitor" | "mon", ..] => FOLLOWS,
        [
            "addr" | "address" | "a" | "route" | "r" | "ro" | "link" | "l" | "neigh" | "neighbour" | "neighbor" | "n" | "rule" | "ru"
            | "maddr" | "netns" | "tunnel",
            rest @ ..,
        ] => match rest {
            [] | ["show" | "list" | "ls" | "lst", ..] => Reads,
            ["get", ..] if words[0].starts_with('r') => Reads,
            _ => Acts("changes the network"),
        },
        _ => Acts("changes the network"),
    }
}

fn openssl(command: &Command<'_, '_>) -> Nature {
    let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
    let Some((name, rest)) = words.split_first() else { return PERSON };
    let allowed: &[&str] = match *name {
        "x509" | "crl" | "req" => &[
            "-in",
            "-inform",
            "-noout",
            "-text",
            "-dates",
            "-subject",
            "-issuer",
            "-enddate",
            "-startdate",
            "-serial",
            "-fingerprint",
            "-modulus",
            "-checkend",
            "-checkhost",
            "-pubkey",
            "-ext",
            "-purpose",
            "-hash",
            "-sha256",
            "-sha1",
            "-nextupdate",
            "-lastupdate",
            "-nameopt",
            "-email",
            "-verify",
            "-CAfile",
            "-crlnumber",
        ],
        "rsa" | "pkey" | "ec" => &["-in", "-inform", "-noout", "-check", "-modulus", "-pubin"],
        "verify" => &["-CAfile", "-CApath", "-untrusted", "-verbose", "-purpose", "-partial_chain", "-crl_check", "-show_chain"],
        "s_client" => &[
            "-connect",
            "-servername",
            "-showcerts",
            "-starttls",
            "-brief",
            "-CAfile",
            "-CApath",
            "-verify",
            "-verify_return_error",
            "-tls1",
            "-tls1_1",
            "-tls1_2",
            "-tls1_3",
            "-cipher",
            "-alpn",
            "-status",
            "-cert",
            "-key",
            "-prexit",
            "-verify_hostname",
            "-no_ssl3",
        ],
        "ciphers" => &["-v", "-V", "-s"],
        _ => return UNKNOWN,
    };
    if !rest.iter().filter(|word| word.starts_with('-')).all(|word| allowed.contains(word)) {
        return UNKNOWN;
    }
    match *name {
        "s_client" if !command.is_fed => PERSON,
        "x509" | "crl" | "req" | "rsa" | "pkey" | "ec" if !rest.contains(&"-noout") => UNKNOWN,
        // Without a certificate to read, `req` makes a new one.
        "req" if !rest.contains(&"-in") && !command.is_fed => UNKNOWN,
        _ => Reads,
    }
}

fn ssh(command: &Command<'_, '_>) -> Nature {
    let valued = "-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w";
    let options = Options::leading(command.words, valued);
    match command.words.len() - options.read {
        _ if options.has("-N") => Waits("goes on until it is stopped"),
        0 | 1 if command.is_fed => FED,
        0 | 1 => PERSON,
        _ if options.has("-t") => PERSON,
        _ => Acts("runs on another machine"),
    }
}
