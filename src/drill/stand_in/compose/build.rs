//! Building the frontend's image: what its build makes of the configuration in the project's folder. Never more of a
//! bundler than the page, its script, and where the page looks for it.

use std::path::Path;

use crate::base::hash::sha256;
use crate::drill::container::Place;

use super::Question;

/// Builds the image anew from the project's folder.
pub(super) fn frontend(question: &Question<'_>) -> Result<(), String> {
    let place = Place::of(question.folder);
    let (source, image) = (place.project().join("frontend"), place.image("frontend"));
    let read =
        |name: &str| std::fs::read_to_string(source.join(name)).map_err(|error| format!("failed to solve: frontend/{name}: {error}"));
    let configuration = read("vite.config.ts")?;
    let setting = |name: &str, default: &str| {
        let line = configuration.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix(':'));
        line.map_or(default.to_owned(), |value| value.trim().trim_end_matches(',').trim_matches(['"', '\'']).to_owned())
    };
    if setting("outDir", "dist") != "dist" {
        return Err("failed to solve: failed to compute cache key: \"/app/dist\": not found".to_owned());
    }
    let script = "console.log('routes', ['/', '/login', '/ingestions', '/settings'])\n";
    let name = format!("assets/index-{}.js", &sha256(script)[..8]);
    let page = format!(
        "<!doctype html>\n<html><head><title>Curriculum Extractor</title>\n<script type=\"module\" src=\"{}{name}\"></script></head>\n<body><div id=\"root\"></div></body></html>\n",
        setting("base", "/")
    );
    let nginx = read("nginx.conf")?;
    let write = || {
        std::fs::create_dir_all(image.join("html/assets"))?;
        std::fs::write(image.join("html/index.html"), page)?;
        std::fs::write(image.join("html").join(name), script)?;
        std::fs::write(image.join("nginx.conf"), nginx)
    };
    write().map_err(|error| format!("failed to solve: {error}"))
}

/// What changes whenever the image's own files do.
pub(super) fn digest(image: &Path) -> String {
    let read = |name: &str| std::fs::read(image.join(name)).unwrap_or_default();
    sha256([read("nginx.conf"), read("html/index.html")].concat())
}
