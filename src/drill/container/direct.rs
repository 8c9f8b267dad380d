//! The database's own address, as its provider lets the world reach it: over IPv4 as long as somebody pays for that, and
//! encrypted for whoever asks for it. Never asks for a certificate, and never holds a row itself.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::world::sandbox::encryption;

use super::{Place, database, http, log, pooler, ready};

/// There as long as the address is reached.
const REACHED: &str = "supabase-ipv4";

/// There where nobody gets in unencrypted.
const ENCRYPTED_ONLY: &str = "supabase-ssl-enforced";

/// How often it is looked whether the door may stand open.
const LOOK: Duration = Duration::from_millis(20);

/// Lets people in as long as the address is reached.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let reached = place.folder.join(REACHED);
    loop {
        tokio::select! {
            broken = open(place) => return broken,
            () = changed(|| !reached.exists()) => log("LOG", "database system no longer accepts connections here"),
        }
        changed(|| reached.exists()).await;
    }
}

async fn changed(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(LOOK).await;
    }
}

async fn open(place: &Place) -> Result<(), String> {
    let server = database::behind()?;
    let door = http::listen(place.port("db")?).await?;
    ready();
    log("LOG", "database system is ready to accept connections");
    // Those who are inside have to leave when the door is closed.
    let mut inside = JoinSet::new();
    loop {
        let Ok((client, _)) = door.accept().await else { continue };
        while inside.try_join_next().is_some() {}
        let encrypted_only = place.folder.join(ENCRYPTED_ONLY).exists();
        inside.spawn(let_in(client, server.clone(), encrypted_only));
    }
}

async fn let_in(mut client: TcpStream, server: database::Behind, encrypted_only: bool) -> io::Result<()> {
    loop {
        let first = pooler::message(&mut client, &[]).await?;
        match pooler::code(&first) {
            pooler::ENCRYPT_BY_TLS => {
                client.write_all(b"S").await?;
                return database::through(encryption::accept(client).await?, &[], &server).await;
            }
            pooler::ENCRYPT_BY_GSS => client.write_all(b"N").await?,
            pooler::CANCEL => return database::through(client, &first, &server).await,
            _ if encrypted_only => return client.write_all(&refusal(&first)).await,
            _ => return database::through(client, &first, &server).await,
        }
    }
}

/// What PostgreSQL says where its `pg_hba.conf` has a line for encrypted connections alone.
fn refusal(first: &[u8]) -> Vec<u8> {
    let mut said = first.get(8..).unwrap_or_default().split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let (mut user, mut database) = (String::new(), None);
    while let (Some(name), Some(value)) = (said.next(), said.next()) {
        match &*name {
            "user" => user = value.into_owned(),
            "database" => database = Some(value.into_owned()),
            _ => {}
        }
    }
    let database = database.as_ref().unwrap_or(&user);
    let fields = [
        "SFATAL",
        "VFATAL",
        "C28000",
        &format!(r#"Mno pg_hba.conf entry for host "127.0.0.1", user "{user}", database "{database}", no encryption"#),
        "",
    ];
    let body: Vec<u8> = fields.iter().flat_map(|field| field.bytes().chain([0])).collect();
    let length = u32::try_from(body.len() + 4).unwrap_or_default();
    [b"E", &length.to_be_bytes()[..], &body].concat()
}
