//! The API that takes uploads: as far as a responder asks it, whether it is healthy. Never depends on the worker.

use crate::base::json;

use super::http::{self, Response};
use super::{Place, log, ready};

/// The API's whole life.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let port = http::listen(place.port("api")?).await?;
    ready();
    log("INFO", "api ready");
    loop {
        let Ok((client, _)) = port.accept().await else { continue };
        http::serve(client, async |request| match request.path.as_str() {
            "/health" => Response::new(200, "application/json", json!({"status": "healthy"}).to_string()),
            _ => Response::new(404, "application/json", json!({"detail": "Not Found"}).to_string()),
        })
        .await;
    }
}
