//! What is masked, and what is not.

use super::*;

const SECRET: &str = "p@ss'w\"rd/ä+1";

fn masked(secret: &str, text: &str) -> String {
    Masker::new([secret]).mask(text).into_owned()
}

#[test]
fn a_secret_is_masked_in_every_usual_spelling() {
    for spelled in [
        SECRET,
        "p%40ss%27w%22rd%2F%C3%A4%2B1",
        "p%40ss%27w%22rd%2f%c3%a4%2b1",
        "p%40ss'w%22rd/%C3%A4+1",
        "p%2540ss%2527w%2522rd%252F%25C3%25A4%252B1",
        r#"p@ss'w\"rd/ä+1"#,
        r#"p@ss'w\"rd\/\u00e4+1"#,
        r#"p@ss'w\\\"rd/\\u00E4+1"#,
        r#"\u0070@ss\x27w\"rd/ä+1"#,
        r#"p@ss''w"rd/ä+1"#,
        r#"p@ss'w""rd/ä+1"#,
        r#"p@ss'\''w"rd/ä+1"#,
        r#"p@ss\'w\"rd/ä\+1"#,
        "p@ss&#39;w&quot;rd/ä+1",
        "p@ss'w\"rd/\nä+1",
        "7040737327772272642fc3a42b31",
        "7040737327772272642FC3A42B31",
    ] {
        assert_eq!(masked(SECRET, &format!("before {spelled} after")), format!("before {MASK} after"), "{spelled}");
    }
    assert_eq!(masked("two words", "a=two+words&b=two%20words"), format!("a={MASK}&b={MASK}"));
    assert_eq!(format!("{:?}", Masker::new([SECRET])), "Masker(…)");
}

#[test]
fn base64_is_masked_wherever_the_secret_begins_in_it() {
    // printf '%s' "user:$SECRET:x" | base64, with and without the letters before.
    for (text, left) in
        [("dXNlcjpTM2NyM3QtVmFsdWU/eQ==", "dXNlcjp"), ("c2VyOlMzY3IzdC1WYWx1ZT95", "c2VyO"), ("ZXI6UzNjcjN0LVZhbHVlP3k=", "ZXI6")]
    {
        let masked = masked("S3cr3t-Value?", text);
        assert!(masked.starts_with(left) && masked.contains(MASK) && masked.chars().count() <= left.len() + 6 + 4, "{masked}");
    }
    assert!(masked("S3cr3t-Value?", "UzNjcjN0LVZhbHVl\nPw==").starts_with(MASK), "wrapped");
    assert!(masked("S3cr3t-Value??>", "UzNjcjN0LVZhbHVlPz8-").starts_with(MASK), "for URLs");
}

#[test]
fn short_words_and_what_is_no_spelling_stay() {
    assert_eq!(masked("abc", "abcabc"), "abcabc");
    assert_eq!(masked("hunter22", "hunter 22 %68unter"), "hunter 22 %68unter");
    assert_eq!(masked("a\nb\nlonger-than-sixteen", "see longer-than-sixteen"), format!("see {MASK}"));
    let masker = Masker::new(["overlap-a", "a-lapover"]);
    assert_eq!(masker.mask("x overlap-a-lapover y"), format!("x {MASK} y"));
}

#[test]
fn clones_share_what_one_learns() {
    let (masker, clone) = (Masker::default(), Masker::default());
    let shared = masker.clone();
    masker.learn(["later-learned"]);
    masker.learn_patterns([Regex::new("(?:card )([0-9]{4})").unwrap_or_else(|_| unreachable!())]);
    assert_eq!(shared.mask("later-learned, card 1234"), format!("{MASK}, card {MASK}"));
    assert_eq!(clone.mask("later-learned"), "later-learned");
}

#[test]
fn what_looks_like_a_secret_is_masked() {
    for (text, expected) in [
        ("at postgres://app:hunter2@db/x", "at postgres://app:••••••@db/x"),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer ••••••"),
        ("-H 'Authorization: Basic dXNlcjpwYXNz1'", "-H 'Authorization: Basic ••••••'"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key •••••• used"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "••••••"),
        (r#"{"access_token": "a1b2c3d4"}"#, r#"{"access_token": "••••••"}"#),
        ("POST https://hooks.slack.com/services/T024BE7LD/B024BE7LD/abcdefghijklmnop", "POST https://hooks.slack.com/services/••••••"),
        ("https://discord.com/api/webhooks/1234567890/a1b2c3d4e5f6g7h8i9", "https://discord.com/api/webhooks/1234567890/••••••"),
        ("host=db password=hunter22 user=x", "host=db password=•••••• user=x"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabcd\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----••••••-----END RSA PRIVATE KEY-----",
        ),
    ] {
        assert_eq!(Masker::default().mask(text), expected);
    }
}

#[test]
fn what_a_responder_needs_stays() {
    for text in [
        "postgres://app@db.example.com:5432/app?sslmode=require",
        "http://registry:4873/@scope/package",
        "postgres://app:$PASSWORD@db/x",
        "401: Bearer authentication required; token=expired; secret=required",
        r#"FATAL: password authentication failed for user "app""#,
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "worker-7d9f8b6c5-abcde  0/1  CrashLoopBackOff",
        "password: must not be empty, token_count=12345",
    ] {
        assert_eq!(Masker::default().mask(text), text);
    }
}

#[test]
fn variables_say_what_is_secret() {
    let secrets =
        |name: &str, value: &'static str| variable::secrets(name, value).into_iter().map(std::borrow::Cow::into_owned).collect::<Vec<_>>();
    assert_eq!(secrets("DATABASE_URL", "postgres://u:p%40ss@h/d?sslmode=require"), ["p%40ss", "p@ss"]);
    assert_eq!(secrets("DATABASE_URL", "postgres://u@h/d"), Vec::<String>::new());
    assert_eq!(secrets("ANY", "https://h/x?api_key=abcdef12"), ["abcdef12"]);
    assert_eq!(secrets("CONNECTION", "host=h password=hunter2 user=u"), ["hunter2"]);
    for (name, value) in
        [("DB_PASSWORD", "hunter2"), ("stripe.api-key", "abc123"), ("GITHUB_TOKEN", "x-y-z-1"), ("JWT_SIGNING_KEY", "k3yk3y")]
    {
        assert_eq!(secrets(name, value), [value], "{name}");
    }
    for (name, value) in [
        ("PWD", "/home/somebody"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("MAX_TOKENS", "1000000"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("SECRET_FILE", "/run/secrets/x"),
        ("KEYBOARD", "qwerty"),
        ("PORT", "5432123"),
    ] {
        assert_eq!(secrets(name, value), Vec::<String>::new(), "{name}");
    }
}
