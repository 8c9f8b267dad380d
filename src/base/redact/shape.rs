//! The second net: what is a secret by how it looks, whoever it belongs to. Never takes an ordinary word, a path or a hash away from
//! a responder who needs it: each shape says how it begins, and most what it must hold.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

/// How a secret looks.
struct Shape {
    /// One of these, in any case, is in whatever the expression finds; without them it is not asked.
    triggers: &'static [&'static str],
    /// Where it has a group, only that is the secret.
    expression: &'static str,
    /// Whether what it finds is one.
    is_secret: fn(&str) -> bool,
}

const SHAPES: [Shape; 8] = [
    // The password of a URL.
    Shape { triggers: &["://"], expression: r#"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:"'<>]*:([^\s/?#"'<>]+)@"#, is_secret: is_no_placeholder },
    Shape {
        triggers: &["authorization"],
        expression: r#"(?i:\bauthorization["']?\s*[:=]\s*["']?(?:[a-z]+\s+)?)([^\s"',;]{8,})"#,
        is_secret: is_random,
    },
    Shape { triggers: &["bearer"], expression: r"(?i:\bbearer\s+)([A-Za-z0-9._~+/-]{8,}=*)", is_secret: is_random },
    // A JSON Web Token: three parts in Base64, the first of them JSON.
    Shape { triggers: &["eyj"], expression: r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", is_secret: |_| true },
    Shape {
        triggers: &["private key-----"],
        expression: r"-----BEGIN [A-Z ]*PRIVATE KEY-----((?:\s|\\[nr])*(?:[\w-]+: [^\n]*\n)*[A-Za-z0-9+/=\s\\]{16,})",
        is_secret: |_| true,
    },
    // AWS, GitHub, GitLab, Slack, Stripe, Google and npm chose beginnings that can be told.
    Shape {
        triggers: &["akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "k_live_", "aiza", "npm_"],
        expression: r"\b(?:A(?:KIA|SIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[a-z]-[\w-]{10,}|[rs]k_live_\w{16,}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36})",
        is_secret: |_| true,
    },
    // Whoever knows the address of a Slack, Discord or Teams channel may write to it.
    Shape {
        triggers: &["hooks.slack.com/", "/api/webhooks/", "webhook.office.com/"],
        expression: r"(?i:hooks\.slack\.com/[a-z]+/|/api/webhooks/[0-9]+/|webhook\.office\.com/)([A-Za-z0-9/_@-]{16,})",
        is_secret: is_random,
    },
    // Named as one: `password=…`, `"access_token": "…"`.
    Shape {
        triggers: &["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "private_key", "access_key"],
        expression: r#"(?i:passw(?:or)?d|passphrase|secret|token|api_?key|private_key|access_key)(?:["']\s*:\s*["']|=["']?)([^\s"',;&)\]}]{6,})"#,
        is_secret: is_random,
    },
];

/// Finds whether a text may hold any shape at all, in one pass; each of its patterns belongs to the shape of that number.
static NET: LazyLock<Option<(AhoCorasick, Vec<usize>)>> = LazyLock::new(|| {
    let triggers = || SHAPES.iter().enumerate().flat_map(|(n, shape)| shape.triggers.iter().map(move |trigger| (n, *trigger)));
    let net = AhoCorasick::builder().ascii_case_insensitive(true).build(triggers().map(|(_, trigger)| trigger)).ok()?;
    Some((net, triggers().map(|(n, _)| n).collect()))
});

/// Built when a trigger first asks for them: most texts have none.
static EXPRESSIONS: [OnceLock<Option<Regex>>; SHAPES.len()] = [const { OnceLock::new() }; SHAPES.len()];

/// Every place of the text that looks like a secret.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let Some((net, shape_of)) = NET.as_ref() else { return };
    let mut caught = [false; SHAPES.len()];
    for trigger in net.find_iter(text) {
        caught[shape_of[trigger.pattern().as_usize()]] = true;
    }
    for (shape, expression) in SHAPES.iter().zip(&EXPRESSIONS).zip(caught).filter_map(|(shape, caught)| caught.then_some(shape)) {
        if let Some(expression) = expression.get_or_init(|| Regex::new(shape.expression).ok()) {
            matches(expression, text, &|secret| (shape.is_secret)(secret), found);
        }
    }
}

/// Every place that the groups of an expression match, or all of it where it has none.
pub(super) fn matches(expression: &Regex, text: &str, is_secret: &dyn Fn(&str) -> bool, found: &mut Vec<Range<usize>>) {
    if expression.captures_len() == 1 {
        found.extend(expression.find_iter(text).filter(|hit| !hit.is_empty() && is_secret(hit.as_str())).map(|hit| hit.range()));
        return;
    }
    for captures in expression.captures_iter(text) {
        let groups = captures.iter().skip(1).flatten();
        found.extend(groups.filter(|hit| !hit.is_empty() && is_secret(hit.as_str())).map(|hit| hit.range()));
    }
}

/// `token=expired` and "Bearer authentication" are words; a secret mixes letters and digits, or is very long.
fn is_random(text: &str) -> bool {
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    is_no_placeholder(text) && (has(char::is_ascii_digit) && has(|c| c.is_alphabetic()) || text.len() >= 32)
}

/// What stands for a secret is none: `$PASSWORD`, `<password>`, `{{ password }}`, `****`.
fn is_no_placeholder(text: &str) -> bool {
    !text.starts_with(['$', '<', '{', '%']) && text.chars().any(|c| !matches!(c, '*' | 'x' | 'X' | '•' | '.'))
}
