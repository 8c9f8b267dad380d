//! A real browser, driven by its own driver over its protocol. Never waits for a fixed time, and never reaches the network:
//! what it opens are files.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fracas::base::{Value, json};

/// Chromium without a window; it ends with this.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is here: Debian has it in chromium-driver");
        let said = BufReader::new(driver.stdout.take().unwrap());
        let port = said.lines().map_while(Result::ok).find_map(|line| {
            let port = line.split("successfully on port ").nth(1)?;
            port.trim_end_matches('.').parse().ok()
        });
        let mut browser = Self { driver, port: port.expect("chromedriver says its port"), session: String::new(), profile };
        let data = format!("--user-data-dir={}", browser.profile.path().display());
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--window-size=1200,1000",
            data
        ]);
        let options = json!({ "args": arguments, "prefs": {}, "perfLoggingPrefs": { "enableNetwork": true } });
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" } });
        let answer = browser.post("/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("/session/{}", answer["sessionId"].as_str().unwrap());
        browser
    }

    pub(crate) fn open(&self, file: &Path) {
        self.open_url(&format!("file://{}", file.display()));
    }

    pub(crate) fn open_url(&self, url: &str) {
        self.ask("/url", &json!({ "url": url }));
    }

    /// What a function body returns in the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.ask("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What a function body hands to its last argument.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.ask("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// A command of the protocol of the developer tools.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.ask("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    /// What was asked of any network since this was asked last.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = self.ask("/se/log", &json!({ "type": "performance" }));
        let messages = log.as_array().unwrap().iter().filter_map(|entry| entry["message"].as_str()?.parse::<Value>().ok());
        let sent = messages.filter(|message| message["message"]["method"] == "Network.requestWillBeSent");
        let urls = sent.filter_map(|message| Some(message["message"]["params"]["request"]["url"].as_str()?.to_owned()));
        // Its own pages are within the browser.
        urls.filter(|url| !["file:", "data:", "about:", "chrome:"].iter().any(|own| url.starts_with(own))).collect()
    }

    /// What the page complained of since this was asked last.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.ask("/se/log", &json!({ "type": "browser" }));
        log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn ask(&self, what: &str, body: &Value) -> Value {
        self.post(&format!("{}{what}", self.session), body)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.request("POST", path, &body.to_string());
        let answer: Value = answer.parse().unwrap_or_else(|error| panic!("{path}: {error}: {answer}"));
        assert!(answer["value"]["error"].is_null(), "{path} {body}: {answer}");
        answer["value"].clone()
    }

    fn request(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .unwrap();
        let mut answer = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            self.request("DELETE", &self.session, "");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
