//! A network that fails where it is told to: stands between a client and the server's socket, reads what the client
//! says message by message, and cuts, tears or swallows. Never invents a byte.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cut {
    Nowhere,
    /// Before this message of the client, counted from 0, or before its COMMIT if that comes first.
    Before(usize),
    /// After so many bytes of the COMMIT; none of them may be 0.
    Within(usize),
    /// Once the COMMIT is on its way to the server, after letting others work so many times.
    After(usize),
    /// After so many bytes of the answer to the COMMIT.
    WithinAnswer(usize),
    /// Not at all, but from the COMMIT on nothing gets through any more.
    Swallowed,
}

/// What becomes of later connections.
#[derive(Clone, Debug)]
pub(crate) enum Later {
    /// They are let through.
    Open,
    /// So many are cut before one is let through.
    Flaky(usize),
    /// They lead to the server with this socket.
    Elsewhere(PathBuf),
    /// None is let through.
    Shut,
}

/// Hears every message of the client on that connection, before it is passed on.
pub(crate) type Listener = Arc<dyn Fn(&[u8]) + Send + Sync>;

pub(crate) struct Cutter {
    port: u16,
    task: JoinHandle<()>,
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cutter {
    /// Before the server, or the pooler, with this socket. The connection that is cut is the first after so many.
    pub(crate) async fn before(socket: &Path, after: usize, cut: Cut, later: Later, listener: Option<Listener>) -> Self {
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = door.local_addr().unwrap().port();
        let socket = socket.to_owned();
        let is_cut = Arc::new(Mutex::new(false));
        let task = tokio::spawn(async move {
            let refused = AtomicUsize::new(0);
            let mut connections = tokio::task::JoinSet::new();
            let mut before = after;
            while let Ok((client, _)) = door.accept().await {
                let is_it = before == 0;
                before = before.wrapping_sub(1);
                if is_it {
                    let server = UnixStream::connect(&socket).await.unwrap();
                    connections.spawn(until_cut(client, server, cut, Arc::clone(&is_cut), listener.clone()));
                    continue;
                }
                let mut to = socket.clone();
                if *is_cut.lock().unwrap() {
                    match &later {
                        Later::Flaky(times) if refused.fetch_add(1, Ordering::Relaxed) < *times => continue,
                        Later::Open | Later::Flaky(_) => {}
                        Later::Elsewhere(socket) => to.clone_from(socket),
                        Later::Shut => continue,
                    }
                }
                connections.spawn(async move {
                    let (mut client, mut server) = (client, UnixStream::connect(to).await.unwrap());
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        Self { port, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }
}

/// Passes one connection on until it is cut.
async fn until_cut(client: TcpStream, server: UnixStream, cut: Cut, is_cut: Arc<Mutex<bool>>, listener: Option<Listener>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let committing = Arc::new(Mutex::new(false));
    let answering = async {
        let mut bytes = vec![0; 65536];
        while let Ok(n @ 1..) = from_server.read(&mut bytes).await {
            let passed = match cut {
                Cut::Swallowed if *committing.lock().unwrap() => std::future::pending().await,
                Cut::WithinAnswer(most) if *committing.lock().unwrap() => n.min(most),
                _ => n,
            };
            if to_client.write_all(&bytes[..passed]).await.is_err() {
                return;
            }
            if *committing.lock().unwrap() && matches!(cut, Cut::WithinAnswer(_)) {
                return;
            }
        }
    };
    let asking = async {
        // The first message has no letter in front.
        let mut head = 4;
        let mut message = vec![0; head];
        let mut passed = 0;
        while from_client.read_exact(&mut message).await.is_ok() {
            let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize;
            message.resize(head + length - 4, 0);
            if from_client.read_exact(&mut message[head..]).await.is_err() {
                return;
            }
            if let Some(listener) = &listener {
                listener(&message);
            }
            let is_commit = message == b"Q\0\0\0\x0bCOMMIT\0";
            match cut {
                Cut::Before(n) if passed == n || is_commit => return,
                Cut::Within(most) if is_commit => {
                    let _ = to_server.write_all(&message[..most]).await;
                    return;
                }
                Cut::Swallowed if is_commit => {
                    *committing.lock().unwrap() = true;
                    *is_cut.lock().unwrap() = true;
                    std::future::pending::<()>().await;
                }
                _ => {}
            }
            *committing.lock().unwrap() = is_commit;
            if to_server.write_all(&message).await.is_err() {
                return;
            }
            if let (Cut::After(turns), true) = (cut, is_commit) {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                return;
            }
            passed += 1;
            head = 5;
            message.truncate(0);
            message.resize(head, 0);
        }
    };
    tokio::select! {
        () = answering => {}
        () = asking => {}
    }
    *is_cut.lock().unwrap() = true;
    // All four halves are dropped here, and with them both connections.
}
