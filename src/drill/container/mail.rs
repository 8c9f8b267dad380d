//! The container that takes the application's mail, and the other end of that conversation. Never sends anything on:
//! what it takes is a line in its log.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Place, Settings, http, log, ready};

/// A mail server on this machine answers at once; one that does not is as good as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// The password of its one account.
const PASSWORD: &str = "drill-smtp-password";

/// Takes mail until it is ended.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let port = http::listen(place.port("smtp")?).await?;
    ready();
    log("INFO", "smtp server ready");
    loop {
        let Ok((client, _)) = port.accept().await else { continue };
        tokio::spawn(talk(client));
    }
}

async fn talk(client: TcpStream) -> Option<()> {
    let mut client = BufReader::new(client);
    let (mut is_known, mut recipient, mut in_mail) = (false, String::new(), false);
    client.write_all(b"220 mailcatcher ESMTP\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if in_mail {
            if line != "." {
                continue;
            }
            in_mail = false;
            log("INFO", &format!("mail accepted for {recipient}"));
            client.write_all(b"250 OK\r\n").await.ok()?;
            continue;
        }
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" => "250 mailcatcher",
            "AUTH" => {
                is_known = line.ends_with(PASSWORD);
                if !is_known {
                    log("WARN", "authentication failed");
                }
                if is_known { "235 Authentication succeeded" } else { "535 Authentication credentials invalid" }
            }
            "MAIL" | "RCPT" | "DATA" if !is_known => "530 Authentication required",
            "NOOP" | "MAIL" => "250 OK",
            "RCPT" => {
                recipient = line.trim_start_matches("RCPT TO:").trim_matches(['<', '>']).to_owned();
                "250 OK"
            }
            "DATA" => {
                in_mail = true;
                "354 End data with a line that is a dot"
            }
            "QUIT" => {
                client.write_all(b"221 Bye\r\n").await.ok()?;
                return None;
            }
            _ => "500 Not understood",
        };
        client.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

/// Connects and signs in with the application's settings, and says goodbye.
pub(in crate::drill) async fn can_be_reached(settings: &Settings, place: &Place) -> Result<(), String> {
    converse(settings, place, &["QUIT".to_owned()]).await
}

/// Sends the mail with which somebody chooses a new password.
pub(super) async fn send(settings: &Settings, place: &Place, person: &str) -> Result<(), String> {
    let from = format!("MAIL FROM:<{}>", settings.get("EMAILS_FROM_EMAIL"));
    let words = "Subject: Password recovery\r\n\r\nFollow the link to choose a new password.\r\n.";
    converse(settings, place, &[from, format!("RCPT TO:<{person}>"), "DATA".to_owned(), words.to_owned(), "QUIT".to_owned()]).await
}

async fn converse(settings: &Settings, place: &Place, lines: &[String]) -> Result<(), String> {
    // Inside its network the server is `mailcatcher`, and listens on 1025; here it has a port of its own.
    let known = (settings.get("SMTP_HOST"), settings.get("SMTP_PORT")) == ("mailcatcher", "1025");
    let conversation = async {
        if settings.get("SMTP_HOST") != "mailcatcher" {
            return Err("[Errno -2] Name or service not known".to_owned());
        }
        if !known {
            return Err("[Errno 111] Connection refused".to_owned());
        }
        let stream = TcpStream::connect(("127.0.0.1", place.port("smtp")?)).await;
        let mut server = BufReader::new(stream.map_err(|_| "[Errno 111] Connection refused".to_owned())?);
        answered(&mut server, None).await?;
        answered(&mut server, Some("EHLO backend")).await?;
        answered(&mut server, Some(&format!("AUTH PLAIN {}", settings.get("SMTP_PASSWORD")))).await?;
        for line in lines {
            answered(&mut server, Some(line)).await?;
        }
        Ok(())
    };
    timeout(PATIENCE, conversation).await.unwrap_or_else(|_| Err("timed out".to_owned()))
}

/// Says something, and hears an answer that must not be a refusal.
async fn answered(server: &mut BufReader<TcpStream>, say: Option<&str>) -> Result<(), String> {
    let broken = |error: std::io::Error| error.to_string();
    if let Some(say) = say {
        server.write_all(format!("{say}\r\n").as_bytes()).await.map_err(broken)?;
    }
    let mut answer = String::new();
    server.read_line(&mut answer).await.map_err(broken)?;
    let answer = answer.trim_end();
    if answer.starts_with(['2', '3']) {
        return Ok(());
    }
    let class = if answer.starts_with("535") { "SMTPAuthenticationError" } else { "SMTPException" };
    Err(format!("smtplib.{class}: {answer}"))
}
