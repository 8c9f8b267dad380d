//! The customers of the drill's inbox, the people who read it, and the platform's clock that has its jobs run. Never more
//! often than the log of an evening can bear.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::hash::sha256;
use crate::base::json;
use crate::world::clock;

use super::http::{Request, ask};
use super::{Place, inbox, log, ready};

/// How often somebody writes.
const PAUSE: Duration = Duration::from_secs(2);

/// The conversations they write in.
const CONVERSATIONS: [u32; 3] = [451, 452, 453];

/// Uses the inbox for as long as it is wanted.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let port = place.port("site")?;
    ready();
    for n in 0.. {
        let id = &sha256(format!("{n}:{}", clock::wall().timestamp_nanos_opt().unwrap_or_default()))[..32];
        let message = json!({"conversation": CONVERSATIONS[n % CONVERSATIONS.len()].to_string(), "id": format!("wamid.{id}"),
                             "body": "When will it arrive?"});
        let of_platform = BTreeMap::from([("x-vercel-cron".to_owned(), "1".to_owned())]);
        for (method, path, headers, body) in [
            ("POST", "/api/webhooks/whatsapp", BTreeMap::new(), message.to_string()),
            ("GET", inbox::CRON, of_platform, String::new()),
            ("GET", "/api/inbox", BTreeMap::new(), String::new()),
            ("GET", "/api/notifications", BTreeMap::new(), String::new()),
        ] {
            let request = Request { method: method.to_owned(), path: path.to_owned(), headers, body };
            match ask(port, &request).await {
                Ok(response) => log("INFO", &format!("{path} {}", response.status)),
                Err(why) => log("ERROR", &format!("{path} {why}")),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
