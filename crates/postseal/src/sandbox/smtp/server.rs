use std::collections::HashSet;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{MAX_LINE, MAX_MESSAGE};

/// What a mail server does with what its SMTP server takes.
pub(in crate::sandbox) trait MailServer: Send + Sync + 'static {
    /// Its host name.
    fn host(&self) -> &str;

    /// Whether these are its user's name and password.
    fn knows(&self, login: &str, password: &str) -> bool;

    /// Whether mail for this address from this client is taken: anything else would be a relay.
    fn takes(&self, recipient: &str, login: Option<&str>) -> bool;

    /// Takes a message, or refuses it.
    fn message(&self, incoming: Incoming) -> impl Future<Output = SmtpReply> + Send;
}

/// A message as it came in.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Incoming {
    pub(in crate::sandbox) client: SocketAddr,
    pub(in crate::sandbox) helo: String,
    pub(in crate::sandbox) login: Option<String>,
    pub(in crate::sandbox) mail_from: String,
    pub(in crate::sandbox) recipients: Vec<String>,
    pub(in crate::sandbox) octets: Vec<u8>,
}

/// A reply: a code, and the text with its enhanced code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct SmtpReply(pub(in crate::sandbox) String);

/// Addresses and ports of clients that are a part of the sandbox, until they connect.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Guests(Arc<Mutex<HashSet<SocketAddr>>>);

impl Guests {
    /// A client of our own will connect from here.
    pub(super) fn admit(&self, client: SocketAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(client);
    }

    fn welcome(&self, client: SocketAddr) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&client)
    }
}

/// A running SMTP server. Dropping it ends it.
#[derive(Debug)]
pub(in crate::sandbox) struct SmtpServer {
    address: SocketAddr,
    guests: Guests,
    _tasks: JoinSet<()>,
}

impl SmtpServer {
    /// Listens on a free port of this address.
    pub(in crate::sandbox) async fn start(
        address: std::net::IpAddr,
        server: Arc<impl MailServer>,
    ) -> io::Result<SmtpServer> {
        let listener = TcpListener::bind((address, 0)).await?;
        let address = listener.local_addr()?;
        let guests = Guests::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, guests.clone(), server));
        Ok(SmtpServer { address, guests, _tasks: tasks })
    }

    pub(in crate::sandbox) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(in crate::sandbox) fn guests(&self) -> &Guests {
        &self.guests
    }
}

async fn accept(listener: TcpListener, guests: Guests, server: Arc<impl MailServer>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((stream, client)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let (server, places, welcome) = (Arc::clone(&server), Arc::clone(&places), guests.welcome(client));
        open.spawn(async move {
            let Ok(_place) = places.acquire().await else { return };
            // A connection that breaks leaves its message with whoever sent it.
            let _ = Session::new(stream, client, server).run(welcome).await;
        });
    }
}

struct Session<M> {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
    server: Arc<M>,
    client: SocketAddr,
    helo: Option<String>,
    login: Option<String>,
    mail_from: Option<String>,
    recipients: Vec<String>,
}

impl<M: MailServer> Session<M> {
    fn new(stream: TcpStream, client: SocketAddr, server: Arc<M>) -> Session<M> {
        let (read, write) = stream.into_split();
        Session {
            read: BufReader::new(read),
            write,
            server,
            client,
            helo: None,
            login: None,
            mail_from: None,
            recipients: Vec::new(),
        }
    }

    async fn run(&mut self, welcome: bool) -> io::Result<()> {
        if !welcome {
            return self.say("554 5.7.1 This server takes mail from its sandbox only").await;
        }
        let greeting = format!("220 {} ESMTP", self.server.host());
        self.say(&greeting).await?;
        loop {
            let Some(line) = self.line().await? else {
                return self.say("500 5.5.2 A line must end in CRLF and be shorter").await;
            };
            let Ok(line) = String::from_utf8(line) else {
                self.say("500 5.5.2 This is no command").await?;
                continue;
            };
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "QUIT" => return self.say("221 2.0.0 Bye").await,
                "DATA" => self.data().await?,
                verb => {
                    let reply = self.command(verb, argument);
                    self.say(&reply).await?;
                }
            }
        }
    }

    fn command(&mut self, verb: &str, argument: &str) -> String {
        let text = match verb {
            "EHLO" | "HELO" if argument.is_empty() => "501 5.5.4 Say who you are",
            "EHLO" | "HELO" => {
                self.helo = Some(argument.to_owned());
                self.forget();
                return match verb {
                    "EHLO" => format!("250-{}\r\n250-8BITMIME\r\n250 AUTH PLAIN", self.server.host()),
                    _ => format!("250 {}", self.server.host()),
                };
            }
            "AUTH" => self.auth(argument),
            "MAIL" => self.mail(argument),
            "RCPT" => self.rcpt(argument),
            "RSET" => {
                self.forget();
                "250 2.0.0 Ok"
            }
            "NOOP" => "250 2.0.0 Ok",
            _ => "502 5.5.1 This command is not known here",
        };
        text.to_owned()
    }

    fn auth(&mut self, argument: &str) -> &'static str {
        let secret = argument.strip_prefix("PLAIN ").and_then(|text| STANDARD.decode(text).ok());
        let parts = secret.as_deref().map(|secret| secret.split(|octet| *octet == 0).collect::<Vec<_>>());
        let Some([_, name, password]) = parts.as_deref() else { return "501 5.5.2 AUTH PLAIN and a secret" };
        match (std::str::from_utf8(name), std::str::from_utf8(password)) {
            (Ok(name), Ok(password)) if self.server.knows(name, password) => {
                self.login = Some(name.to_owned());
                "235 2.7.0 Ok"
            }
            _ => "535 5.7.8 Name or password is wrong",
        }
    }

    fn mail(&mut self, argument: &str) -> &'static str {
        match (&self.helo, path(argument, "FROM:")) {
            (None, _) => "503 5.5.1 EHLO comes first",
            (_, None) => "501 5.1.7 MAIL FROM:<address>",
            (Some(_), Some(address)) => {
                self.forget();
                self.mail_from = Some(address.to_owned());
                "250 2.1.0 Ok"
            }
        }
    }

    fn rcpt(&mut self, argument: &str) -> &'static str {
        match path(argument, "TO:") {
            _ if self.mail_from.is_none() => "503 5.5.1 MAIL comes first",
            None => "501 5.1.3 RCPT TO:<address>",
            Some(address) if !self.server.takes(address, self.login.as_deref()) => {
                "550 5.7.1 Relaying is denied"
            }
            Some(_) if self.recipients.len() >= MAX_RECIPIENTS => "452 4.5.3 Too many recipients",
            Some(address) => {
                self.recipients.push(address.to_owned());
                "250 2.1.5 Ok"
            }
        }
    }

    async fn data(&mut self) -> io::Result<()> {
        let Some(mail_from) = self.mail_from.clone().filter(|_| !self.recipients.is_empty()) else {
            return self.say("503 5.5.1 MAIL and RCPT come first").await;
        };
        self.say("354 End with a dot on a line by itself").await?;
        let Some(octets) = self.content().await? else {
            // There is no telling where the message ends (SMTP smuggling).
            self.say("554 5.6.0 Lines must end in CRLF, and the message be shorter").await?;
            return Err(io::ErrorKind::InvalidData.into());
        };
        let incoming = Incoming {
            client: self.client,
            helo: self.helo.clone().unwrap_or_default(),
            login: self.login.clone(),
            mail_from,
            recipients: std::mem::take(&mut self.recipients),
            octets,
        };
        self.forget();
        let SmtpReply(reply) = self.server.message(incoming).await;
        self.say(&reply).await
    }

    /// The message up to its dot; `None` where it is too long or its lines are no lines.
    async fn content(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut octets = Vec::new();
        loop {
            let Some(line) = self.line().await? else { return Ok(None) };
            if line == b"." {
                return Ok(Some(octets));
            }
            // RFC 5321 §4.5.2: the first dot of a line was put there by the client.
            octets.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            octets.extend_from_slice(b"\r\n");
            if octets.len() > MAX_MESSAGE {
                return Ok(None);
            }
        }
    }

    /// A line without its CRLF; `None` where it has none, or another line end within.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let mut limited = (&mut self.read).take(MAX_LINE);
        let reading = timeout(WAIT, limited.read_until(b'\n', &mut line)).await;
        let read = reading.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let whole = line.strip_suffix(b"\r\n").filter(|line| !line.contains(&b'\r'));
        Ok(whole.map(<[u8]>::to_vec))
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        let reply = format!("{reply}\r\n");
        let written = timeout(WAIT, self.write.write_all(reply.as_bytes())).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    fn forget(&mut self) {
        self.mail_from = None;
        self.recipients.clear();
    }
}

/// `FROM:<address>`, parameters aside.
fn path<'a>(argument: &'a str, keyword: &str) -> Option<&'a str> {
    let (found, rest) = argument.split_at_checked(keyword.len())?;
    let inside = rest.trim_start().strip_prefix('<')?;
    let (address, _) = inside.split_once('>')?;
    found.eq_ignore_ascii_case(keyword).then_some(address)
}

const MAX_CONNECTIONS: usize = 50;
const MAX_RECIPIENTS: usize = 100;
/// RFC 5321 §4.5.3.2 allows five minutes; everybody here is near.
const WAIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::super::{Parcel, SmtpError, send};
    use super::*;

    #[derive(Default)]
    struct House(Mutex<Vec<Incoming>>);

    impl MailServer for House {
        fn host(&self) -> &str {
            "mx.example.net"
        }

        fn knows(&self, login: &str, password: &str) -> bool {
            (login, password) == ("jo", "secret")
        }

        fn takes(&self, recipient: &str, login: Option<&str>) -> bool {
            login.is_some() || recipient.ends_with("@example.net")
        }

        async fn message(&self, incoming: Incoming) -> SmtpReply {
            let refused = incoming.octets.starts_with(b"Bad");
            self.0.lock().expect("a lock").push(incoming);
            SmtpReply(if refused { "550-5.7.1 No\r\n550 5.7.1 never" } else { "250 2.0.0 Ok" }.to_owned())
        }
    }

    const LOOPBACK: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn parcel(recipient: &str, text: &str) -> Parcel {
        Parcel {
            mail_from: "a@example.com".to_owned(),
            recipient: recipient.to_owned(),
            octets: text.as_bytes().to_vec(),
        }
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(test);
    }

    #[test]
    fn carries_messages() {
        run(messages());
    }

    async fn messages() {
        let house = Arc::new(House::default());
        let server = SmtpServer::start(LOOPBACK, Arc::clone(&house)).await.expect("a free port");
        let place = (server.address(), server.guests());
        let text = "Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n";
        let sent = send(place, LOOPBACK, "c.example", None, &parcel("b@example.net", text)).await;
        assert_eq!(sent.expect("taken"), "250 2.0.0 Ok");
        let check =
            async |login: Option<(&str, &str)>, recipient: &str, text: &str, expected: &str| match send(
                place,
                LOOPBACK,
                "c.example",
                login,
                &parcel(recipient, text),
            )
            .await
            {
                Err(SmtpError::Refused(reply)) => assert_eq!(reply, expected),
                other => panic!("{other:?}"),
            };
        check(None, "b@elsewhere.example", text, "550 5.7.1 Relaying is denied").await;
        check(Some(("jo", "guess")), "b@example.net", text, "535 5.7.8 Name or password is wrong").await;
        check(None, "b@example.net", "Bad: x\r\n", "550 5.7.1 No never").await;
        let sent =
            send(place, LOOPBACK, "c.example", Some(("jo", "secret")), &parcel("b@x.example", text)).await;
        assert_eq!(sent.expect("taken"), "250 2.0.0 Ok");
        let taken = house.0.lock().expect("a lock");
        assert_eq!(taken[0].octets, text.as_bytes());
        assert_eq!((taken[0].login.as_deref(), taken[2].login.as_deref()), (None, Some("jo")));
        assert_eq!(taken[0].helo, "c.example");
    }

    #[test]
    fn strangers_are_turned_away_and_lines_are_lines() {
        run(strangers());
    }

    async fn strangers() {
        let house = Arc::new(House::default());
        let server = SmtpServer::start(LOOPBACK, Arc::clone(&house)).await.expect("a free port");
        let talk = async |guest: bool, said: &[u8]| {
            let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
            socket.bind((LOOPBACK, 0).into()).expect("binds");
            if guest {
                server.guests().admit(socket.local_addr().expect("bound"));
            }
            let mut stream = socket.connect(server.address()).await.expect("connects");
            stream.write_all(said).await.expect("writes");
            let mut heard = String::new();
            // It may close on octets that it has not read.
            let _ = stream.read_to_string(&mut heard).await;
            heard
        };
        assert!(talk(false, b"EHLO x\r\n").await.starts_with("554 5.7.1"));
        let begin = "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n";
        let smuggled = format!("{begin}Subject: x\r\n\r\nhello\n.\r\nMAIL FROM:<e@b.example>\r\n");
        let heard = talk(true, smuggled.as_bytes()).await;
        assert!(
            heard.contains("354") && heard.contains("554 5.6.0") && heard.ends_with("shorter\r\n"),
            "{heard}"
        );
        let long = talk(true, &[b'x'; 10_000]).await;
        assert!(long.contains("500 5.5.2"), "{long}");
        let early = talk(true, b"DATA\r\nMAIL FROM:<x>\r\nEHLO\r\nRCPT TO:<x>\r\nXYZZY\r\nQUIT\r\n").await;
        for reply in
            ["503 5.5.1 MAIL and RCPT", "503 5.5.1 EHLO", "501 5.5.4", "503 5.5.1 MAIL", "502", "221"]
        {
            assert!(early.contains(reply), "{reply}: {early}");
        }
        assert!(house.0.lock().expect("a lock").is_empty());
    }
}
