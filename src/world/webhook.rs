//! Telling the team's channels over HTTP: each message until the channel takes it or will not have it. Never stands in the
//! way of anything else, never lets a text ring, link or break out of its line, and never says where a channel is: whoever
//! knows that may write to it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::StatusCode;
use hyper::header::{HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::base::redact::Masker;
use crate::base::{ExposeSecret as _, SecretString, text};
use crate::engine::notify::{LATE, MessageNews};
use crate::runbook::webhook::{Address, Webhook, judge};

use super::clock;
use super::http::{self, Request, Why};
use super::plain_file;
use super::stop::Stop;

/// How a channel is tried.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// How long it may take to reach it and hand a message over, and how long an answer is waited for before anybody is told
    /// that there is none yet.
    pub reached_within: Duration,
    /// How long an answer is waited for on one connection.
    pub answered_within: Duration,
    /// The pause after the first try; it doubles with each.
    pub first_pause: Duration,
    /// No pause is longer: a channel that is back hears within this time.
    pub longest_pause: Duration,
}

impl Default for Rhythm {
    /// Reached within 10 s, or it is down. An answer is waited for long: a server that stands still for a while has the message,
    /// and would have it twice if it were sent again; after a quarter of an hour the connection is more likely lost.
    fn default() -> Self {
        Self {
            reached_within: Duration::from_secs(10),
            answered_within: Duration::from_mins(15),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(30),
        }
    }
}

/// What a channel asks for in its `Retry-After` is done up to here; more would be to give up.
const LONGEST_ASKED_FOR: Duration = Duration::from_hours(1);

/// Characters of an answer that are told.
const GIST: usize = 120;

/// Bytes of a file with an address; the longest address seen has 400.
const LONGEST_FILE: u64 = 4096;

/// A message to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The channel's name.
    pub channel: String,
    /// What it reads.
    pub text: String,
    /// The same for every try of this message and for no other: a channel that looks at it shows none twice.
    pub key: String,
    /// Whether an earlier run of the program left it over: then it is late, however long ago that was.
    pub left_over: bool,
}

/// Tells channels. What it has begun ends with it.
#[derive(Debug)]
pub struct Courier {
    channels: BTreeMap<String, Result<SecretString, String>>,
    masker: Masker,
    rhythm: Rhythm,
    under_way: JoinSet<()>,
}

impl Courier {
    /// Works out where the channels are, without reaching for them. `masker` knows it from now on.
    #[must_use]
    pub fn new(webhooks: &[Webhook], masker: &Masker, variable: &dyn Fn(&str) -> Option<String>, rhythm: Rhythm) -> Self {
        let channels: BTreeMap<_, _> = webhooks.iter().map(|webhook| (webhook.name.clone(), locate(&webhook.address, variable))).collect();
        let hidden = webhooks.iter().filter(|webhook| !matches!(webhook.address, Address::Literal(_)));
        let hidden = hidden.filter_map(|webhook| channels.get(&webhook.name)?.as_ref().ok());
        masker.learn(hidden.flat_map(|url| secrets(url.expose_secret())));
        Self { channels, masker: masker.clone(), rhythm, under_way: JoinSet::new() }
    }

    /// Tells a channel, until it takes the message or will not have it. `waited` says how long ago it fell due, and `tell`
    /// hears what becomes of it. Needs a tokio runtime.
    pub fn tell(
        &mut self,
        message: Message,
        waited: impl FnMut() -> Duration + Send + 'static,
        tell: impl Fn(MessageNews) + Send + Sync + 'static,
    ) {
        while self.under_way.try_join_next().is_some() {}
        let url = match self.channels.get(&message.channel) {
            Some(Ok(url)) => url.clone(),
            Some(Err(why)) => return tell(MessageNews::NoWay(why.clone())),
            None => return tell(MessageNews::NoWay("there is no such channel any more".to_owned())),
        };
        let (masker, rhythm) = (self.masker.clone(), self.rhythm);
        self.under_way.spawn(async move { deliver(&url, &message, &masker, rhythm, waited, tell).await });
    }

    /// Gives up on everything that is under way.
    pub fn stop(&mut self) {
        self.under_way.abort_all();
    }
}

/// Where a channel is.
///
/// # Errors
/// Why that is not known; never what was found instead.
pub fn locate(address: &Address, variable: &dyn Fn(&str) -> Option<String>) -> Result<SecretString, String> {
    let url = match address {
        Address::Literal(url) => url.clone(),
        Address::Env(name) => {
            variable(name).filter(|url| !url.trim().is_empty()).ok_or_else(|| format!("the variable {name} is not set"))?
        }
        Address::File(file) => {
            let path = match file.strip_prefix("~/") {
                None => PathBuf::from(file),
                Some(below) => Path::new(&variable("HOME").ok_or("there is no home folder")?).join(below),
            };
            private(&path).map_err(|error| format!("{file}: {error}"))?
        }
    };
    let url = url.trim().to_owned();
    match judge(&url) {
        Ok(_) => Ok(SecretString::from(url)),
        Err(why) => Err(format!("what {address} holds {why}")),
    }
}

/// What is in a file that only its owner may read.
fn private(path: &Path) -> std::io::Result<String> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::metadata(path)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(std::io::Error::other("others may read it, and so write to the channel; `chmod 600` it"));
    }
    plain_file::read_text(path, LONGEST_FILE)
}

/// What of an address must not be told: all of it, without its scheme, and the path alone where that is no common word.
fn secrets(url: &str) -> impl Iterator<Item = &str> {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
    let words = path.split(['/', '?', '&', '=']).filter(|word| word.len() >= 16);
    [url, rest].into_iter().filter(|_| path.len() > 1).chain([path].into_iter().filter(|path| path.len() >= 16)).chain(words)
}

/// What came of one try.
enum Tried {
    Taken,
    Refused(String),
    Again {
        why: String,
        /// How long the channel wants to be left alone.
        after: Option<Duration>,
        /// Whether it may have heard the message all the same.
        heard: bool,
    },
}

async fn deliver(
    url: &SecretString,
    message: &Message,
    masker: &Masker,
    rhythm: Rhythm,
    mut waited: impl FnMut() -> Duration + Send,
    tell: impl Fn(MessageNews) + Send + Sync,
) {
    let clean = |why: &str| text::line(text::first_line(&masker.mask(why))).into_owned();
    // Once it may have been heard it is repeated to the byte, as its key promises.
    let mut heard: Option<String> = None;
    for tries in 0.. {
        let body = heard.clone().unwrap_or_else(|| {
            let late = Some(waited()).filter(|waited| message.left_over || *waited >= LATE);
            body(&masker.mask(&message.text), late)
        });
        let is_slow = || tell(MessageNews::NotYet(format!("no answer within {:?}", rhythm.reached_within)));
        match telling(attempt(url.expose_secret(), &message.key, &body, rhythm), rhythm.reached_within, is_slow).await {
            Tried::Taken => return tell(MessageNews::Told),
            Tried::Refused(why) => return tell(MessageNews::Refused(clean(&why))),
            Tried::Again { why, after, heard: was_heard } => {
                tell(MessageNews::NotYet(clean(&why)));
                if was_heard {
                    heard = Some(body);
                }
                sleep(rhythm.pause(tries, uuid::Uuid::new_v4().as_bytes()[0]).max(after.unwrap_or_default())).await;
            }
        }
    }
}

/// The outcome of a try; `is_slow` hears when it takes long.
async fn telling(trying: impl Future<Output = Tried>, soon: Duration, is_slow: impl Fn()) -> Tried {
    let mut trying = Box::pin(trying);
    if let Ok(tried) = timeout(soon, &mut trying).await {
        return tried;
    }
    is_slow();
    trying.await
}

async fn attempt(url: &str, key: &str, body: &str, rhythm: Rhythm) -> Tried {
    let headers = [("Idempotency-Key".to_owned(), key.to_owned())];
    let request = Request {
        method: "POST",
        url,
        headers: &headers,
        body: Some(body),
        follow: false,
        timeout: Some(rhythm.reached_within),
        patience: rhythm.answered_within,
    };
    match http::ask(&request, Stop::never()).await {
        Ok(response) => judged(response.status, &response.headers, &response.body),
        Err(http::Failure { status: Some(status), .. }) => judged(status, &HeaderMap::new(), b""),
        Err(http::Failure { why, sent, status: None }) => {
            let why = match why {
                Why::Stopped => "given up".to_owned(),
                Why::TimedOut(why) | Why::NotAnswered(why) => why,
            };
            Tried::Again { why, after: None, heard: sent }
        }
    }
}

/// What an answer means. A message does not follow a redirect: it was written for one channel.
fn judged(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Tried {
    if status.is_success() {
        return Tried::Taken;
    }
    let mut why = status.to_string();
    let location = headers.get(LOCATION).filter(|_| status.is_redirection()).map(|location| String::from_utf8_lossy(location.as_bytes()));
    let said = String::from_utf8_lossy(body);
    match location {
        Some(location) => why = format!("{why} to {location}, which is not followed"),
        None if !text::first_line(&said).is_empty() => why = format!("{why}: {}", shortened(text::first_line(&said))),
        None => {}
    }
    // 408 and 425 ask to repeat it, and 409 says that it is being worked on under the same key.
    let may_get_better = status.is_server_error() || matches!(status.as_u16(), 408 | 409 | 425 | 429);
    if !may_get_better {
        return Tried::Refused(why);
    }
    let after = headers.get(RETRY_AFTER).and_then(|after| asked_for(after.to_str().ok()?, clock::wall()));
    Tried::Again { why, after, heard: false }
}

fn shortened(words: &str) -> String {
    words.chars().take(GIST).collect()
}

/// What a `Retry-After` asks for: seconds, or a moment (RFC 9110, 10.2.3).
fn asked_for(written: &str, now: DateTime<Utc>) -> Option<Duration> {
    let moment = || DateTime::parse_from_rfc2822(written).ok().map(|at| (at.to_utc() - now).to_std().unwrap_or_default());
    let asked = written.trim().parse().ok().map(Duration::from_secs).or_else(moment)?;
    Some(asked.min(LONGEST_ASKED_FOR))
}

impl Rhythm {
    /// The pause after so many tries in vain, of which `chance` decides the second half: those who lost the channel together do
    /// not come back together.
    fn pause(self, tries: u32, chance: u8) -> Duration {
        let whole = self.first_pause.saturating_mul(1 << tries.min(16)).min(self.longest_pause);
        whole / 2 + whole / 2 * u32::from(chance) / u32::from(u8::MAX)
    }
}

/// A message as Slack takes it, and with it Mattermost, Rocket.Chat, Google Chat and whoever else reads `text`.
fn body(message: &str, late: Option<Duration>) -> String {
    let late = late.map(|late| match late.as_secs() {
        seconds @ 0..120 => format!("[{seconds} s late] "),
        seconds => format!("[{} min late] ", seconds / 60),
    });
    json!({ "text": plain(&format!("{}{message}", late.unwrap_or_default())) }).to_string()
}

/// The text without anything that a channel acts on: `&`, `<` and `>` as Slack wants them, no @ that could ring, no address that
/// could be followed.
fn plain(message: &str) -> String {
    text::lines(message)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        // The full-width sign, which reads the same and calls nobody.
        .replace('@', "\u{ff20}")
        .replace("://", ": //")
        .replace("](", "] (")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn a_text_can_neither_ring_nor_link() {
        let hostile = "<!channel> @here <https://evil.example|click> & [x](http://evil.example)\u{202e}\u{7}\nsecond";
        let said: serde_json::Value = serde_json::from_str(&body(hostile, Some(Duration::from_secs(605)))).unwrap();
        assert_eq!(
            said["text"],
            "[10 min late] &lt;!channel&gt; ＠here &lt;https: //evil.example|click&gt; &amp; [x] (http: //evil.example)&lt;U+202E&gt;&lt;U+0007&gt;\nsecond"
        );
        assert_eq!(said.as_object().unwrap().len(), 1);
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_half_of_each_is_chance() {
        let pause = |tries, chance| Rhythm::default().pause(tries, chance).as_millis();
        assert_eq!([pause(0, 0), pause(0, 255), pause(3, 0), pause(3, 255)], [500, 1_000, 4_000, 8_000]);
        assert_eq!([pause(5, 255), pause(4_000_000_000, 0), pause(4_000_000_000, 255)], [30_000, 15_000, 30_000]);
    }

    #[test]
    fn what_a_channel_asks_for_is_done_within_reason() {
        let now = "2026-11-21T03:00:00Z".parse().unwrap();
        assert_eq!(asked_for("7", now), Some(Duration::from_secs(7)));
        assert_eq!(asked_for("Sat, 21 Nov 2026 03:00:20 GMT", now), Some(Duration::from_secs(20)));
        assert_eq!(asked_for("Sat, 21 Nov 2026 02:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(asked_for("99999999999", now), Some(LONGEST_ASKED_FOR));
        assert_eq!((asked_for("soon", now), asked_for("-3", now)), (None, None));
    }

    #[test]
    fn where_a_channel_is_stays_a_secret() {
        let slack = "https://hooks.slack.com/services/T024BE7LD/B024BE7LD/abcdefghijklmnopqrstuvwx";
        let masker = Masker::default();
        let webhook = Webhook { name: "a".to_owned(), address: Address::Env("A".to_owned()), occasions: Vec::new(), drills: false };
        let courier = Courier::new(&[webhook], &masker, &|name| (name == "A").then(|| format!(" {slack}\n")), Rhythm::default());
        for text in [slack, "hooks.slack.com/services/T024BE7LD/B024BE7LD/abcdefghijklmnopqrstuvwx", "token abcdefghijklmnopqrstuvwx"] {
            assert!(!masker.mask(text).contains("abcdef"), "{}", masker.mask(text));
        }
        assert!(!format!("{courier:?}").contains("abcdef"));
        let broken = locate(&Address::Env("A".to_owned()), &|_| Some("hunter2hunter2".to_owned())).unwrap_err();
        assert_eq!(broken, "what env:A holds is no address: it begins with neither https:// nor http://");
        assert_eq!(locate(&Address::Env("A".to_owned()), &|_| None).unwrap_err(), "the variable A is not set");
    }

    #[test]
    fn a_file_with_an_address_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("channel");
        std::fs::write(&path, "https://example.com/x\n").unwrap();
        let address = Address::File("~/channel".to_owned());
        let found = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            locate(&address, &|_| folder.path().to_str().map(str::to_owned)).map(|url| url.expose_secret().to_owned())
        };
        assert_eq!(found(0o600).unwrap(), "https://example.com/x");
        assert_eq!(found(0o640).unwrap_err(), "~/channel: others may read it, and so write to the channel; `chmod 600` it");
        std::fs::remove_file(&path).unwrap();
        assert!(locate(&address, &|_| folder.path().to_str().map(str::to_owned)).unwrap_err().starts_with("~/channel: No such file"));
    }
}
