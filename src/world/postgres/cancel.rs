//! A request to cancel, sent the way libpq does: the connection it goes over stays open until the other side has
//! closed it. Who hangs up first makes some poolers lose the request, and PgBouncer 1.18 lose its life. Never waits
//! for longer than it is told.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio_postgres::Client;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Place;

/// Asks the server at this place to end what it does for a connection. What goes wrong is of no use to anybody: the
/// connection is given up either way.
pub(super) async fn send(client: &Client, tls: MakeRustlsConnect, place: &Place) {
    match place {
        Place::Socket(path) => {
            if let Ok(stream) = UnixStream::connect(path).await {
                send_over(client, tls, stream, "").await;
            }
        }
        Place::Tcp { name, address } => {
            if let Ok(stream) = TcpStream::connect(address).await {
                send_over(client, tls, stream, name).await;
            }
        }
    }
}

async fn send_over<S>(client: &Client, mut tls: MakeRustlsConnect, stream: S, name: &str)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Ok(connect) = MakeTlsConnect::<Kept<S>>::make_tls_connect(&mut tls, name);
    let (back, given_back) = oneshot::channel();
    let kept = Kept { stream: Some(stream), back: Some(back) };
    let _ = client.cancel_token().cancel_query_raw(kept, connect).await;
    if let Ok(mut stream) = given_back.await {
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
}

/// A stream that is not shut down when it is told to, and is given back when it is dropped.
struct Kept<S> {
    /// Gone only while it is dropped.
    stream: Option<S>,
    back: Option<oneshot::Sender<S>>,
}

impl<S: Unpin> Kept<S> {
    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S> Drop for Kept<S> {
    fn drop(&mut self) {
        if let (Some(stream), Some(back)) = (self.stream.take(), self.back.take()) {
            let _ = back.send(stream);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Kept<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Kept<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}
