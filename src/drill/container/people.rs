//! The people who use the drill's application: signed in before anything broke, they go on as a browser would, with the
//! token they have. Never sign in a second time: that somebody has to is what an incident costs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::Value;

use super::http::{Request, ask};
use super::{Place, log, ready};

/// How often they do something: often enough that a fault shows before a responder looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Signs in, and uses the application for as long as it is wanted.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let port = place.port("api")?;
    let token = loop {
        match sign_in(port).await {
            Some(token) => break token,
            None => tokio::time::sleep(PAUSE).await,
        }
    };
    ready();
    let header = BTreeMap::from([("authorization".to_owned(), format!("Bearer {token}"))]);
    loop {
        for path in ["/api/v1/users/me", "/api/v1/ingestions/"] {
            let request = Request { method: "GET".to_owned(), path: path.to_owned(), headers: header.clone(), body: String::new() };
            match ask(port, &request).await {
                Ok(response) => log("INFO", &format!("{path} {}", response.status)),
                Err(why) => log("ERROR", &format!("{path} {why}")),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn sign_in(port: u16) -> Option<String> {
    let request = Request {
        method: "POST".to_owned(),
        path: "/api/v1/login/access-token".to_owned(),
        headers: BTreeMap::new(),
        body: "username=teacher-1%40example.com&password=unused".to_owned(),
    };
    let answer: Value = ask(port, &request).await.ok()?.body.parse().ok()?;
    answer.get("access_token")?.as_str().map(str::to_owned)
}
