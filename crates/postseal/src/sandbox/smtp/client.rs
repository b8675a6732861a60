use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::{Guests, MAX_LINE, Parcel};

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SmtpError {
    /// The server said no, with this reply.
    #[error("{0}")]
    Refused(String),
    #[error("the connection to {server} failed: {source}")]
    Io { server: SocketAddr, source: io::Error },
}

/// Sends one message to a server, from an address of one's own, and returns its last reply.
///
/// # Errors
/// [`SmtpError`].
pub(in crate::sandbox) async fn send(
    server: (SocketAddr, &Guests),
    from: IpAddr,
    helo: &str,
    login: Option<(&str, &str)>,
    parcel: &Parcel,
) -> Result<String, SmtpError> {
    let (server, guests) = server;
    let broken = |source| SmtpError::Io { server, source };
    let stream = connect(server, from, guests).await.map_err(broken)?;
    let (read, write) = stream.into_split();
    let mut talk = Talk { read: BufReader::new(read), write, server };
    let reply = talk.deliver(helo, login, parcel).await;
    // Whether it hears the farewell changes nothing.
    let _ = talk.write.write_all(b"QUIT\r\n").await;
    reply
}

/// From this address, known to the server as a guest before it sees the connection.
async fn connect(server: SocketAddr, from: IpAddr, guests: &Guests) -> io::Result<TcpStream> {
    let socket = match from {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.bind((from, 0).into())?;
    guests.admit(socket.local_addr()?);
    timeout(WAIT, socket.connect(server)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

struct Talk {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    server: SocketAddr,
}

impl Talk {
    async fn deliver(
        &mut self,
        helo: &str,
        login: Option<(&str, &str)>,
        parcel: &Parcel,
    ) -> Result<String, SmtpError> {
        self.expect("", b'2').await?;
        self.expect(&format!("EHLO {helo}\r\n"), b'2').await?;
        if let Some((name, password)) = login {
            let secret = STANDARD.encode(format!("\0{name}\0{password}"));
            self.expect(&format!("AUTH PLAIN {secret}\r\n"), b'2').await?;
        }
        self.expect(&format!("MAIL FROM:<{}>\r\n", parcel.mail_from), b'2').await?;
        self.expect(&format!("RCPT TO:<{}>\r\n", parcel.recipient), b'2').await?;
        self.expect("DATA\r\n", b'3').await?;
        let mut octets = stuffed(&parcel.octets);
        octets.extend_from_slice(b".\r\n");
        self.write(&octets).await?;
        self.expect("", b'2').await
    }

    /// Sends a line, where there is one, and takes a reply of this class.
    async fn expect(&mut self, line: &str, class: u8) -> Result<String, SmtpError> {
        self.write(line.as_bytes()).await?;
        let reply = self.reply().await?;
        if reply.as_bytes().first() == Some(&class) { Ok(reply) } else { Err(SmtpError::Refused(reply)) }
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), SmtpError> {
        let written = timeout(WAIT, self.write.write_all(octets)).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|source| self.broken(source))
    }

    /// One reply, its lines joined to one that can be passed on.
    async fn reply(&mut self) -> Result<String, SmtpError> {
        let mut whole = String::new();
        for _ in 0..MAX_REPLY_LINES {
            let mut line = String::new();
            let mut limited = (&mut self.read).take(MAX_LINE);
            let reading = timeout(WAIT, limited.read_line(&mut line)).await;
            let length = reading
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
                .map_err(|source| SmtpError::Io { server: self.server, source })?;
            if length < 4 {
                return Err(self.broken(io::ErrorKind::UnexpectedEof.into()));
            }
            let line = line.trim_end();
            let goes_on = line.as_bytes().get(3) == Some(&b'-');
            let text = line.get(4..).unwrap_or_default();
            if whole.is_empty() {
                whole = format!("{} {text}", line.get(..3).unwrap_or_default());
            } else {
                // Each line has the enhanced code (RFC 2034 §4); once is enough.
                let code = whole.split(' ').nth(1).unwrap_or_default();
                let text = text.strip_prefix(code).unwrap_or(text).trim_start().to_owned();
                whole.push(' ');
                whole.push_str(&text);
            }
            if !goes_on {
                return Ok(whole);
            }
        }
        Err(self.broken(io::ErrorKind::InvalidData.into()))
    }

    fn broken(&self, source: io::Error) -> SmtpError {
        SmtpError::Io { server: self.server, source }
    }
}

/// RFC 5321 §4.5.2: a dot before each line that begins with one.
fn stuffed(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + 16);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

const WAIT: Duration = Duration::from_secs(30);
const MAX_REPLY_LINES: usize = 100;
