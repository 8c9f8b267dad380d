//! The process a connection was told it talks to, when it was opened. The client keeps it to itself and only puts
//! it into a request to cancel, so such a request is written to a pipe here and read back. Never sends one.

use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio_postgres::Client;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// Bytes of a request to cancel: its length, its code, the process and the secret key.
const REQUEST: usize = 16;

/// The process id the server gave when the connection was opened: a backend's own, or whatever a pooler makes up.
pub(super) async fn process(client: &Client) -> Option<i32> {
    let (ours, mut theirs) = tokio::io::duplex(4 * REQUEST);
    // Where TLS is required it asks for TLS first and waits for a yes.
    theirs.write_all(b"S").await.ok()?;
    client.cancel_token().cancel_query_raw(ours, Unencrypted).await.ok()?;
    let mut written = Vec::new();
    theirs.read_to_end(&mut written).await.ok()?;
    let request = written.get(written.len().checked_sub(REQUEST)?..)?;
    Some(i32::from_be_bytes(request.get(8..12)?.try_into().ok()?))
}

/// What takes the place of TLS on that pipe.
struct Unencrypted;

impl TlsConnect<DuplexStream> for Unencrypted {
    type Stream = Pipe;
    type Error = io::Error;
    type Future = Ready<io::Result<Pipe>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(Pipe(stream)))
    }
}

struct Pipe(DuplexStream);

impl TlsStream for Pipe {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
