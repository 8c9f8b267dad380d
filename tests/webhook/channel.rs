//! A channel on this machine: a port that refuses until it is opened, and then answers as the test says. Never waits for a
//! fixed time.

use std::net::SocketAddr;

use fracas::base::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_rustls::TlsAcceptor;

use super::certificate;

/// A port that is taken and refuses: the channel is down.
pub(crate) struct Down(TcpSocket);

/// What a channel was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn text(&self) -> String {
        let body: Value = self.body.parse().unwrap();
        body["text"].as_str().unwrap().to_owned()
    }

    pub(crate) fn key(&self) -> String {
        self.head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap().to_owned()
    }
}

/// What a channel does with the request of this number, from 0.
pub(crate) enum Does {
    /// Answers with these bytes and closes.
    Says(Vec<u8>),
    /// Closes without a word.
    Cuts,
    /// Keeps the connection, and says nothing until the channel hears something else.
    Hangs,
}

pub(crate) fn says(status: &str, headers: &str, body: &str) -> Does {
    Does::Says(format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

pub(crate) fn takes() -> Does {
    says("200 OK", "", "ok")
}

impl Down {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// From here on somebody listens.
    pub(crate) fn opens(self, does: impl Fn(usize) -> Does + Send + 'static) -> UnboundedReceiver<Heard> {
        self.listens(None, does)
    }

    /// The same with TLS, for the name `localhost`; gives the certificate of the authority to trust.
    pub(crate) fn opens_encrypted(self, does: impl Fn(usize) -> Does + Send + 'static) -> (UnboundedReceiver<Heard>, String) {
        let (acceptor, root) = certificate::for_localhost();
        (self.listens(Some(acceptor), does), root)
    }

    fn listens(self, tls: Option<TlsAcceptor>, does: impl Fn(usize) -> Does + Send + 'static) -> UnboundedReceiver<Heard> {
        let listener = self.0.listen(16).unwrap();
        let (tell, heard) = unbounded_channel();
        tokio::spawn(async move {
            // Those that hang, until there is something to say.
            let mut held: Vec<TcpStream> = Vec::new();
            let mut n = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(tls) = &tls {
                    let Ok(mut stream) = tls.accept(stream).await else { continue };
                    let Some(request) = request(&mut stream).await else { continue };
                    let _ = tell.send(request);
                    if let Does::Says(bytes) = does(n) {
                        say(&mut stream, &bytes).await;
                    }
                } else {
                    let Some(request) = request(&mut stream).await else { continue };
                    let _ = tell.send(request);
                    match does(n) {
                        Does::Says(bytes) => say(&mut stream, &bytes).await,
                        Does::Cuts => drop(stream),
                        Does::Hangs => held.push(stream),
                    }
                }
                n += 1;
            }
        });
        heard
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
}

/// One request; nothing if whoever connected went away before it was whole.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Heard> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Heard { head, body: String::from_utf8(body).unwrap() })
}
