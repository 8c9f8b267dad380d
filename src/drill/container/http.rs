//! As much of HTTP/1.1 as a drill's containers speak: one request a connection, bodies with a length. Never meant for
//! anybody but programs on this machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A request on this machine is answered within milliseconds; more is a defect that must not hang a drill.
const PATIENCE: Duration = Duration::from_secs(10);

/// A body larger than any a drill has need of.
const LONGEST_BODY: u64 = 1 << 20;

/// What is asked.
pub(in crate::drill) struct Request {
    pub(in crate::drill) method: String,
    pub(in crate::drill) path: String,
    /// By their names in lower case.
    pub(in crate::drill) headers: BTreeMap<String, String>,
    pub(in crate::drill) body: String,
}

/// What is answered.
#[derive(Default)]
pub(in crate::drill) struct Response {
    pub(in crate::drill) status: u16,
    pub(in crate::drill) headers: Vec<(String, String)>,
    pub(in crate::drill) body: String,
}

impl Response {
    /// A text of a type.
    pub(in crate::drill) fn new(status: u16, kind: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into() }
    }
}

/// Takes a port.
pub(in crate::drill) async fn listen(port: u16) -> Result<TcpListener, String> {
    let taken = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("[Errno 98] error while attempting to bind on address ('0.0.0.0', {port}): address already in use")
        }
        _ => error.to_string(),
    };
    TcpListener::bind(("127.0.0.1", port)).await.map_err(taken)
}

/// Answers one request of a client; none if it was not understood.
pub(in crate::drill) async fn serve(client: TcpStream, answer: impl AsyncFnOnce(&Request) -> Response) -> Option<()> {
    let mut client = BufReader::new(client);
    let request = timeout(PATIENCE, read_request(&mut client)).await.ok()??;
    let mut response = answer(&request).await;
    let length = response.body.len();
    if request.method == "HEAD" {
        response.body.clear();
    }
    let mut head = format!("HTTP/1.1 {} {}\r\ncontent-length: {length}\r\nconnection: close\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    client.write_all(format!("{head}\r\n{}", response.body).as_bytes()).await.ok()?;
    client.shutdown().await.ok()
}

/// Asks a program on this machine.
pub(in crate::drill) async fn ask(port: u16, request: &Request) -> Result<Response, String> {
    let asked = async {
        let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
        let mut head = format!("{} {} HTTP/1.1\r\nhost: localhost:{port}\r\n", request.method, request.path);
        for (name, value) in &request.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n{}", request.body.len(), request.body);
        server.write_all(head.as_bytes()).await?;
        let first = line(&mut server).await?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        let headers = headers(&mut server).await?;
        let mut body = String::new();
        server.take(LONGEST_BODY).read_to_string(&mut body).await?;
        Ok::<_, std::io::Error>(Response { status, headers: headers.into_iter().collect(), body })
    };
    match timeout(PATIENCE, asked).await {
        Ok(answered) => answered.map_err(|error| error.to_string()),
        Err(_) => Err("timed out".to_owned()),
    }
}

async fn read_request(client: &mut BufReader<TcpStream>) -> Option<Request> {
    let first = line(client).await.ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = headers(client).await.ok()?;
    let length: u64 = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = Vec::new();
    client.take(length.min(LONGEST_BODY)).read_to_end(&mut body).await.ok()?;
    Some(Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}

async fn headers(stream: &mut BufReader<TcpStream>) -> std::io::Result<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    loop {
        let line = line(stream).await?;
        let Some((name, value)) = line.split_once(':') else { return Ok(headers) };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

/// The words that go with a status.
pub(in crate::drill) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        _ => "",
    }
}
