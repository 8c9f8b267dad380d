//! Requests to real servers on the loopback: what comes back, and each way in which nothing does. Never waits for
//! a fixed time, never reaches for another machine, and never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/certificate.rs"]
mod certificate;

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fracas::base::Value;
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::engine::checks::judge;
use fracas::runbook::model::Act;
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::event::{Outcome, PlannedStep, Verdict};
use fracas::world::prober::{Prober, Stop, Stopper, Surroundings};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// A server that answers every request by what `answer` makes of its head; the requests come out of the channel.
async fn server<F, A>(answer: A) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>)
where
    A: Fn(String, TcpStream) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, requests) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = head(&mut stream).await;
            let _ = heard.send(request.clone());
            answer(request, stream).await;
        }
    });
    (address, requests)
}

/// A server that always answers with these bytes and closes.
async fn saying(bytes: impl Into<Vec<u8>>) -> SocketAddr {
    let bytes = Arc::new(bytes.into());
    let answer = move |_, mut stream: TcpStream| {
        let bytes = Arc::clone(&bytes);
        async move {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    };
    server(answer).await.0
}

/// An address that refuses, which nobody else can take meanwhile.
fn nobody_listens() -> (SocketAddr, TcpSocket) {
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    (held.local_addr().unwrap(), held)
}

async fn keeping_silent(_: String, stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

/// The first byte of somebody who wants TLS.
const TLS: u8 = 0x16;

/// The head of a request; of what is no HTTP, nothing.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) if byte != TLS || !head.is_empty() => head.push(byte),
            Ok(_) | Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// One check with these keys under `http` and beside it, and inputs: secret where the name says so.
struct Asking {
    prober: Prober,
    runbook: Arc<Runbook>,
}

impl Asking {
    fn new(http: &str, more: &str, inputs: &[(&str, &str)]) -> Self {
        let asked: String = inputs
            .iter()
            .map(|(name, _)| format!("  {name}: {{ ask: {name}, optional: true, secret: {} }}\n", name.starts_with("secret")))
            .collect();
        let asked = if asked.is_empty() { String::new() } else { format!("inputs:\n{asked}") };
        let text = format!(
            "version: 1\nid: t\ntitle: t\n{asked}phases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n          - title: c\n            http: {{ {http} }}\n{more}"
        );
        let runbook = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}")));
        let surroundings = Surroundings {
            runbook: Arc::clone(&runbook),
            inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            targets: BTreeMap::new(),
            env: BTreeMap::new(),
            dir: None,
        };
        Self { prober: Prober::new(surroundings), runbook }
    }

    async fn answer(&self, stop: Stop) -> Answer {
        self.prober.ask(self.runbook.checks().next().unwrap().1, stop).await
    }

    /// The verdict, its reason, and the answer.
    async fn verdict(&self) -> (Verdict, String, Answer) {
        let answer = self.answer(Stop::never()).await;
        let (verdict, reason) = judge(self.runbook.checks().next().unwrap().1, &answer);
        (verdict, reason, answer)
    }
}

async fn asked(http: &str, more: &str) -> (Verdict, String, Answer) {
    Asking::new(http, more, &[]).verdict().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_has_a_status_headers_and_a_body() {
    let headers = "Content-Type: application/json\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: sid=s3cr3t-session; HttpOnly\r\n";
    let here = saying(response("200 OK", headers, r#"{"ok": true, "jobs": [1, 2]}"#)).await;
    let expect = "            expect: status == 200 and json.ok and json.jobs | length == 2 and headers['x-a'] == '1, 2' and body is containing('jobs')\n";
    let (verdict, reason, answer) = asked(&format!("url: 'http://{here}/health?deep=1'"), expect).await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Passed, "200 OK"));
    assert_eq!(answer.seen.lines().next(), Some(format!("GET http://{here}/health?deep=1").as_str()));
    assert!(answer.seen.contains("set-cookie: sid=••••••; HttpOnly") && !format!("{answer:?}").contains("s3cr3t"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_expectation_the_status_decides() {
    for (status, verdict, reason) in [
        ("204 No Content", Verdict::Passed, "204 No Content"),
        ("302 Found", Verdict::Passed, "302 Found to /login"),
        ("404 Not Found", Verdict::Failed, "404 Not Found: no such page"),
        ("503 Service Unavailable", Verdict::Failed, "503 Service Unavailable: no such page"),
    ] {
        let body = if status.starts_with('2') { "" } else { "\nno such page\nat all" };
        let here = saying(response(status, "location: /login\r\n", body)).await;
        assert_eq!(asked(&format!("url: 'http://{here}'"), "").await.1, reason);
        assert_eq!(asked(&format!("url: 'http://{here}'"), "").await.0, verdict);
    }
    let here = saying("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
    assert_eq!(asked(&format!("url: 'http://{here}', method: HEAD"), "").await.0, Verdict::Passed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_stays_a_value() {
    let (here, mut requests) = server(|_, mut stream| async move {
        let _ = stream.write_all(response("200 OK", "", "").as_bytes()).await;
    })
    .await;
    let http = format!(
        "url: 'http://{here}/jobs/{{{{ job }}}}?of={{{{ job }}}}', headers: {{ X-Job: 'a {{{{ job }}}} b', Authorization: 'Bearer {{{{ secret_token }}}}' }}"
    );
    let hostile = "../x y?z=1&a=b#\"ü";
    let asking = Asking::new(&http, "", &[("job", hostile), ("secret_token", "hunter2hunter2")]);
    let (verdict, _, answer) = asking.verdict().await;
    assert_eq!(verdict, Verdict::Passed);
    let request = requests.recv().await.unwrap();
    let encoded = "..%2Fx%20y%3Fz%3D1%26a%3Db%23%22%C3%BC";
    assert!(request.starts_with(&format!("GET /jobs/{encoded}?of={encoded} HTTP/1.1\r\n")), "{request}");
    assert!(
        request.contains(&format!("x-job: a {hostile} b\r\n")) && request.contains("authorization: Bearer hunter2hunter2\r\n"),
        "{request}"
    );
    assert!(request.contains(&format!("host: {here}\r\n")) && !request.contains("cookie"), "{request}");
    assert!(!format!("{answer:?}").contains("hunter2"), "{answer:?}");

    for (value, why) in [
        ("a\r\nX-Evil: 1", "the input `job` holds a line break or another control character, which no header may"),
        ("..", "an input would make a part of the path empty, `.` or `..`"),
    ] {
        let asking = Asking::new(&http, "", &[("job", value), ("secret_token", "x")]);
        assert_eq!(asking.verdict().await.2.finding, Finding::Inconclusive(why.to_owned()));
    }
    assert!(requests.try_recv().is_err(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_comes_back_is_masked() {
    let (here, _) = server(|head, mut stream| async move {
        let _ = stream.write_all(response("500 Oops", "", &format!("{{\"you said\": {}}}", Value::from(head))).as_bytes()).await;
    })
    .await;
    let http = format!("url: 'http://{here}/?key={{{{ secret }}}}', headers: {{ X-Key: '{{{{ secret }}}}' }}");
    let (verdict, reason, answer) = Asking::new(&http, "", &[("secret", "p@ss w\"rd")]).verdict().await;
    assert_eq!(verdict, Verdict::Failed);
    let all = format!("{reason}{answer:?}");
    assert!(!all.contains("p@ss") && !all.contains("p%40ss") && all.contains("••••••"), "{all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_are_followed_only_on_demand() {
    let (there, mut there_heard) = server(|_, mut stream| async move {
        let _ = stream.write_all(response("200 OK", "", "there").as_bytes()).await;
    })
    .await;
    let (here, mut heard) = server(move |head, mut stream| async move {
        let location = match head.split(' ').nth(1) {
            Some("/away") => format!("http://{there}/b#top"),
            Some("/start") => "next?a=1".to_owned(),
            Some("/file") => "file:///etc/passwd".to_owned(),
            Some("/login") => format!("http://u:p@{there}/"),
            Some("/next?a=1") => "/away".to_owned(),
            _ => "/circle".to_owned(),
        };
        let _ = stream.write_all(response("302 Found", &format!("location: {location}\r\n"), "").as_bytes()).await;
    })
    .await;
    let ask = async |path: &str| asked(&format!("url: 'http://{here}{path}', follow: true, headers: {{ X-Key: abc }}"), "").await;
    let (verdict, reason, answer) = ask("/start").await;
    assert_eq!((verdict, reason), (Verdict::Passed, format!("200 OK from http://{there}/b")));
    assert!(answer.seen.contains(&format!("→ http://{here}/next?a=1\n→ http://{here}/away\n→ http://{there}/b\n")), "{}", answer.seen);
    for _ in 0..3 {
        assert!(heard.recv().await.unwrap().contains("x-key"));
    }
    assert!(!there_heard.recv().await.unwrap().contains("x-key"), "headers stay with the host they were written for");

    assert!(ask("/circle").await.1.starts_with("more than 10 redirects"));
    assert_eq!(ask("/file").await.0, Verdict::Inconclusive);
    assert_eq!(ask("/login").await.0, Verdict::Inconclusive);
    let (_, reason, _) = asked(&format!("url: 'http://{here}/start'"), "").await;
    assert_eq!(reason, "302 Found to next?a=1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_judged_says_why() {
    let (closed, _held) = nobody_listens();
    let long = "a".repeat(64);
    let full = "x".repeat((1 << 20) + 1);
    let plain = saying(response("200 OK", "", "plain")).await;
    let silent = server(keeping_silent).await.0;
    let slow = server(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab").await;
        keeping_silent(String::new(), stream).await;
    })
    .await
    .0;
    for (url, expect, verdict, reason) in [
        (format!("http://{closed}/"), "", Verdict::Inconclusive, format!("connection refused: nothing listens at {closed}")),
        (format!("http://{long}.invalid/"), "", Verdict::Inconclusive, format!("no such host: {long}.invalid: ")),
        (format!("https://{plain}/"), "", Verdict::Inconclusive, "no TLS with 127.0.0.1: what answers does not speak TLS".to_owned()),
        (format!("http://{}/", saying("SSH-2.0-OpenSSH_9\r\n").await), "", Verdict::Inconclusive, "no HTTP: ".to_owned()),
        (format!("http://{}/", saying("").await), "", Verdict::Inconclusive, "the connection was closed before the answer".to_owned()),
        (
            format!("http://{}/", saying("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab").await),
            "",
            Verdict::Inconclusive,
            "200 OK came back, but not all of its body: ".to_owned(),
        ),
        (
            format!("http://{}/", saying(response("200 OK", "", &full)).await),
            "",
            Verdict::Inconclusive,
            "200 OK, but its body was cut at 1 MiB".to_owned(),
        ),
        (
            format!("http://{silent}/"),
            "",
            Verdict::TimedOut,
            "no answer within 300ms: the connection stands, but nothing came back".to_owned(),
        ),
        (format!("http://{slow}/"), "", Verdict::TimedOut, "no answer within 300ms: 200 OK came back, but its body did not end".to_owned()),
        (format!("https://{silent}/"), "", Verdict::TimedOut, "no answer within 300ms: TLS with 127.0.0.1 was not agreed on".to_owned()),
        (
            format!("http://{plain}/"),
            "json.ok",
            Verdict::Inconclusive,
            "200 OK, but its body is no JSON: expected value at line 1".to_owned(),
        ),
        (
            format!("http://{}/", saying(response("204 No Content", "", "")).await),
            "json.ok",
            Verdict::Inconclusive,
            "204 No Content, but its body is empty".to_owned(),
        ),
        (
            format!("http://{}/", saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na\xff".to_vec()).await),
            "body is containing('a')",
            Verdict::Inconclusive,
            "200 OK, but its body is not UTF-8 at byte 2".to_owned(),
        ),
        (
            format!("http://{}/", saying(response("200 OK", "content-encoding: gzip\r\n", "x")).await),
            "json.ok",
            Verdict::Inconclusive,
            "200 OK, but its body is packed with gzip".to_owned(),
        ),
        // What is decided without the body needs none of it.
        (
            format!("http://{}/", saying(response("502 Bad Gateway", "", "<html>")).await),
            "status == 200 and json.ok",
            Verdict::Failed,
            "502 Bad Gateway: <html>; expected status == 200 and json.ok (status = 502)".to_owned(),
        ),
        (
            format!("http://{}/", saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na\xff".to_vec()).await),
            "",
            Verdict::Passed,
            "200 OK".to_owned(),
        ),
    ] {
        let expect = if expect.is_empty() { String::new() } else { format!("            expect: {}\n", Value::from(expect)) };
        let limit = if verdict == Verdict::TimedOut { "300ms" } else { "10s" };
        let (found, said, _) = asked(&format!("url: '{url}'"), &format!("{expect}            timeout: {limit}\n")).await;
        assert!(found == verdict && said.starts_with(&reason), "{url}\nwanted {verdict:?} {reason}\nfound  {found:?} {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_given_up() {
    let (silent, mut heard) = server(keeping_silent).await;
    let (stopper, stop) = Stopper::pair();
    let asking = tokio::spawn(async move { Asking::new(&format!("url: 'http://{silent}'"), "", &[]).answer(stop).await });
    heard.recv().await.unwrap();
    stopper.stop();
    let answer = tokio::time::timeout(Duration::from_secs(10), asking).await.unwrap().unwrap();
    assert_eq!(answer.finding, Finding::Cancelled);
}

/// What became of a remediation that sends `body` to `url`, after a plan that `alter` may have altered.
async fn sent(url: &str, more: &str, alter: &str) -> (Outcome, String, String) {
    let text = format!(
        "version: 1\nid: t\ntitle: t\ninputs:\n  job: {{ ask: job }}\n  key: {{ ask: key, secret: true }}\nphases:\n  - title: p\n    steps:\n      - title: s\n        remediations:\n          - title: r\n            http: {{ url: '{url}', headers: {{ X-Key: '{{{{ key }}}}' }}, body: '{{\"job\": \"{{{{ job }}}}\"}}' }}\n{more}"
    );
    let runbook = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}")));
    let inputs = BTreeMap::from([("job".to_owned(), "\", \"all\": true, \"x\": \"".to_owned()), ("key".to_owned(), "hunter2".to_owned())]);
    let remediation = runbook.remediations().next().unwrap().1.clone();
    let Act::Http(request) = &remediation.act else { panic!("a request") };
    let shown = request.fill(&inputs, &["key".to_owned()].into()).unwrap().shown;
    assert!(shown.starts_with(&format!("POST {url}\nX-Key: ••••••\n\n{{")), "{shown}");
    let step = PlannedStep { text: shown + alter, what: "HTTP request".to_owned(), lock: None, cautions: Vec::new() };
    let prober = Prober::new(Surroundings { runbook, inputs, targets: BTreeMap::new(), env: BTreeMap::new(), dir: None });
    let news = prober.apply(&remediation, &[step], None, Stop::never(), |_| ()).await;
    let RemediationNews::Settled { outcome, problem, seen, .. } = news else { panic!("{news:?}") };
    assert!(!seen.contains("hunter2"), "{seen}");
    (outcome, problem.map(|problem| problem.message).unwrap_or_default(), seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remediation_is_sent_once_and_its_outcome_is_not_guessed() {
    let (bodies, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (here, mut heads) = server(move |head, mut stream| {
        let bodies = bodies.clone();
        async move {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            bodies.send(serde_json::from_slice::<Value>(&body).unwrap()).unwrap();
            match head.split(' ').nth(1) {
                Some("/good") => stream.write_all(response("201 Created", "", "{\"jobs\": 1}").as_bytes()).await.unwrap(),
                Some("/bad") => stream.write_all(response("500 Oops", "", "no jobs").as_bytes()).await.unwrap(),
                _ => stream.shutdown().await.unwrap(),
            }
        }
    })
    .await;
    let (outcome, message, seen) = sent(&format!("http://{here}/good"), "            expect: status == 201 and json.jobs == 1\n", "").await;
    assert_eq!((outcome, message.as_str()), (Outcome::Committed, ""));
    assert!(seen.ends_with("201 Created\ncontent-length: 11\n\n{\"jobs\": 1}"), "{seen}");
    let request = heads.recv().await.unwrap();
    assert!(request.starts_with("POST /good HTTP/1.1\r\n") && request.contains("content-type: application/json\r\n"), "{request}");
    assert_eq!(heard.recv().await.unwrap(), fracas::base::json!({"job": "\", \"all\": true, \"x\": \""}));

    let (outcome, message, _) = sent(&format!("http://{here}/good"), "            expect: json.jobs == 2\n", "").await;
    assert_eq!((outcome, message.as_str()), (Outcome::Failed, "201 Created; not as expected: json.jobs == 2"));
    let (outcome, message, _) = sent(&format!("http://{here}/bad"), "", "").await;
    assert_eq!((outcome, message.as_str()), (Outcome::Failed, "500 Internal Server Error: no jobs"));
    let (outcome, message, _) = sent(&format!("http://{here}/gone"), "", "").await;
    assert_eq!(outcome, Outcome::Unknown);
    assert_eq!(message, "it was sent, but the connection was closed before the answer was complete");
    for _ in 0..3 {
        heads.recv().await.unwrap();
    }

    let (outcome, message, _) = sent(&format!("http://{here}/good"), "", " ").await;
    assert_eq!((outcome, message.as_str()), (Outcome::RolledBack, "the request is not that of the plan; nothing was sent"));
    assert!(heads.try_recv().is_err());
    let (closed, _held) = nobody_listens();
    let (outcome, message, _) = sent(&format!("http://{closed}/"), "", "").await;
    assert_eq!((outcome, message), (Outcome::RolledBack, format!("it was not sent: connection refused: nothing listens at {closed}")));
}

/// A server with a certificate for `localhost`, signed by an authority of its own, whose certificate comes along.
async fn encrypted() -> (SocketAddr, String) {
    let (acceptor, root) = certificate::for_localhost();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = greet(&mut stream).await;
        }
    });
    (address, root)
}

async fn greet(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> std::io::Result<()> {
    head(stream).await;
    stream.write_all(response("200 OK", "", "hello").as_bytes()).await?;
    stream.shutdown().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_trusted_certificate_for_this_name_is_believed() {
    let (here, root) = encrypted().await;
    let url = format!("https://localhost:{}/", here.port());
    let (verdict, reason, _) = asked(&format!("url: '{url}'"), "").await;
    assert_eq!(
        (verdict, reason.as_str()),
        (Verdict::Inconclusive, "no TLS with localhost: its certificate is from nobody this machine trusts")
    );

    // Trust is this process's, so it takes another process to have another one.
    let folder = tempfile::tempdir().unwrap();
    let (authority, book) = (folder.path().join("root.pem"), folder.path().join("t.yaml"));
    std::fs::write(&authority, root).unwrap();
    let checks = [("good", url), ("named", format!("https://127.0.0.1:{}/", here.port()))]
        .map(|(id, url)| format!("          - {{ id: {id}, title: {id}, http: {{ url: '{url}' }} }}\n"))
        .concat();
    let text = format!(
        "version: 1\nid: t\ntitle: t\nphases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n{checks}success:\n  - {{ title: o, check: good }}\n"
    );
    std::fs::write(&book, &text).unwrap();
    let hash = fracas::base::hash::sha256(&text);
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_fracas"))
        .args(["check", &book.display().to_string(), "--format", "json", "--trust", &format!("sha256:{hash}")])
        .env("SSL_CERT_FILE", &authority)
        .env("FRACAS_STATE", folder.path().join("state"))
        .output()
        .await
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["checks"][0]["verdict"], "passed", "{report}");
    assert!(report["checks"][1]["reason"].as_str().unwrap().contains("its certificate is for another name"), "{report}");
}
