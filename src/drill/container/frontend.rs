//! The container of the application's frontend: a web server over the files of its image. Never answers with more than
//! those files and its configuration give it.

use std::path::Path;

use super::http::{self, Request, Response};
use super::{Place, log, ready};

/// Serves the files of the image until it is ended.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let image = place.image("frontend");
    let configuration = std::fs::read_to_string(image.join("nginx.conf")).map_err(|error| format!("nginx.conf: {error}"))?;
    // What nginx would do: a path that is no file is the application's, unless nobody says so.
    let falls_back = configuration.lines().any(|line| line.trim().starts_with("try_files") && line.contains("/index.html"));
    let port = http::listen(place.port("site")?).await?;
    ready();
    log("INFO", "start worker processes");
    loop {
        let Ok((client, _)) = port.accept().await else { continue };
        http::serve(client, async |request: &Request| {
            let response = answer(&image.join("html"), request, falls_back);
            log("INFO", &format!("\"{} {}\" {}", request.method, request.path, response.status));
            response
        })
        .await;
    }
}

fn answer(root: &Path, request: &Request, falls_back: bool) -> Response {
    let path = request.path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let named = if path.is_empty() { "index.html" } else { path };
    let is_inside = !named.split('/').any(|part| part == "..");
    let file = |name: &str| std::fs::read_to_string(root.join(name)).ok().filter(|_| is_inside);
    // A file of the build that is asked for and not there is an error even where everything else falls back.
    let is_asset = named.starts_with("assets/") || named.contains("/assets/");
    let found = file(named).map(|body| (named, body));
    match found.or_else(|| file("index.html").filter(|_| falls_back && !is_asset).map(|body| ("index.html", body))) {
        Some((name, body)) => Response::new(200, kind(name), body),
        None => Response::new(404, "text/html", "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>\n"),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "application/octet-stream",
    }
}
