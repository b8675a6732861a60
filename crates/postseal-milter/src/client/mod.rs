//! The MTA's side: shows a filter one message after another and takes what it makes of them.
//! For mail programs and sandboxes that have no mail server of their own.

mod letter;
mod reply;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::flags::{Actions, Protocol};
use crate::frame::{FrameError, put_packet};
use crate::line_ending::push_as_sent;
use crate::macros::Stage;
use crate::negotiate::{MAX_VERSION, MIN_VERSION};
use letter::Fields;
use reply::Reply;

pub use letter::{HeaderError, Letter};
pub use reply::ReplyError;

/// A connection to a filter, which stands for one SMTP session.
#[derive(Debug)]
pub struct Client<S> {
    stream: S,
    /// Steps that are not sent, or that nobody replies to.
    agreed: Protocol,
    received: Vec<u8>,
}

/// Who hands messages in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitter {
    /// The client's host name; empty where it is not known.
    pub name: String,
    /// Its address and port.
    pub address: SocketAddr,
    /// What it said in HELO or EHLO.
    pub helo: String,
    /// The name of the MTA's service, `{daemon_name}`.
    pub daemon_name: String,
    /// The name that it logged in with, `{auth_authen}`.
    pub login: Option<String>,
}

/// What a filter made of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What is to be done with it.
    pub action: Action,
    /// Why it is to be set aside, where it is.
    pub quarantine: Option<String>,
    /// The header section with the filter's edits, without the empty line.
    pub header: Vec<u8>,
}

/// The filter's final word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Deliver it.
    Accept,
    /// Throw it away without a word.
    Discard,
    /// Refuse it for good: 550 5.7.1 in the MTA's own words.
    Reject,
    /// Refuse it for now: 451 4.7.1 in the MTA's own words.
    Tempfail,
    /// Refuse it with this reply: code, enhanced code, text.
    Refuse(String),
}

/// Why a message was not shown to its end. The message is still the MTA's: 451 is the
/// answer to its sender.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The connection failed, or the filter took too long.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The filter's octets are no packets.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The filter says what no filter may say here.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The header section cannot be shown field by field.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A version that is not spoken here.
    #[error("the filter speaks version {0} of the protocol")]
    Version(u32),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Negotiates on a connection to a filter, and shows who is there.
    ///
    /// # Errors
    /// [`ClientError`]; the filter may also refuse the client: see [`Client::show`], which
    /// then never gets to its end.
    pub async fn begin(stream: S, submitter: &Submitter) -> Result<Client<S>, ClientError> {
        let mut client = Client { stream, agreed: Protocol::NONE, received: Vec::new() };
        let numbers = [MAX_VERSION, OFFERED_ACTIONS.bits(), OFFERED.bits()].map(u32::to_be_bytes).concat();
        let mut packet = Vec::new();
        put_packet(&mut packet, b'O', &[&numbers]);
        client.say(&packet).await?;
        let (version, agreed) = match client.hear().await? {
            Reply::Negotiated { version, protocol } => (version, protocol),
            other => return Err(other.unexpected().into()),
        };
        if !(MIN_VERSION..=MAX_VERSION).contains(&version) {
            return Err(ClientError::Version(version));
        }
        client.agreed = agreed;
        client.greet(submitter).await?;
        Ok(client)
    }

    async fn greet(&mut self, submitter: &Submitter) -> Result<(), ClientError> {
        let family = match submitter.address.ip() {
            IpAddr::V4(_) => b"4",
            IpAddr::V6(_) => b"6",
        };
        let address = submitter.address.ip().to_string();
        let port = submitter.address.port().to_be_bytes();
        let name = submitter.name.as_bytes();
        self.macros(Stage::Connect, &[("{daemon_name}", &submitter.daemon_name)]).await?;
        let connect = [name, b"\0", family, &port, address.as_bytes(), b"\0"];
        self.step(Stage::Connect, &connect).await?;
        self.step(Stage::Helo, &[submitter.helo.as_bytes(), b"\0"]).await?;
        if let Some(login) = &submitter.login {
            self.macros(Stage::Mail, &[("{auth_authen}", login)]).await?;
        }
        Ok(())
    }

    /// Shows one message and takes what becomes of it. Anything but an outcome is an error, after
    /// which the connection is of no more use.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn show(&mut self, letter: &Letter) -> Result<Outcome, ClientError> {
        let mut fields = Fields::read(&letter.header)?;
        let refused = self.show_all(letter, &fields).await?;
        let (mut action, mut quarantine) = (refused, None);
        while action.is_none() {
            match self.hear().await? {
                Reply::Progress => {}
                Reply::Insert { at, name, value } => fields.insert(at, &name, &value),
                Reply::Add { name, value } => fields.insert(u32::MAX, &name, &value),
                Reply::Change { at, name, value } => fields.change(at, &name, &value),
                Reply::Quarantine(reason) => quarantine = Some(reason),
                Reply::Go => action = Some(Action::Accept),
                Reply::Final(word) => action = Some(word),
                other => return Err(other.unexpected().into()),
            }
        }
        let action = action.unwrap_or(Action::Tempfail);
        Ok(Outcome { action, quarantine, header: fields.octets() })
    }

    /// Every step up to the end of the message; the filter may end it before.
    async fn show_all(&mut self, letter: &Letter, fields: &Fields) -> Result<Option<Action>, ClientError> {
        let queue_id = letter.queue_id.as_str();
        if let Some(end) = self.step(Stage::Mail, &[letter.mail_from.as_bytes(), b"\0"]).await? {
            return Ok(Some(end));
        }
        for recipient in &letter.recipients {
            if let Some(end) = self.step(Stage::Rcpt, &[recipient.as_bytes(), b"\0"]).await? {
                return Ok(Some(end));
            }
        }
        self.macros(Stage::Data, &[("i", queue_id)]).await?;
        if let Some(end) = self.step(Stage::Data, &[]).await? {
            return Ok(Some(end));
        }
        let exact = self.agreed.contains(Protocol::LEADING_SPACE);
        for (name, value) in fields.pairs() {
            let value = if exact { value } else { value.strip_prefix(b" ").unwrap_or(value) };
            let mut sent = Vec::with_capacity(value.len());
            push_as_sent(&mut sent, value);
            if let Some(end) = self.step(Stage::Header, &[name, b"\0", &sent, b"\0"]).await? {
                return Ok(Some(end));
            }
        }
        if let Some(end) = self.step(Stage::EndOfHeader, &[]).await? {
            return Ok(Some(end));
        }
        for piece in letter.body.chunks(BODY_PIECE) {
            if let Some(end) = self.step(Stage::Body, &[piece]).await? {
                return Ok(Some(end));
            }
        }
        self.macros(Stage::EndOfMessage, &[("i", queue_id)]).await?;
        let mut packet = Vec::new();
        put_packet(&mut packet, b'E', &[]);
        self.say(&packet).await?;
        Ok(None)
    }

    /// One step, unless the filter does not want it. `Some` where the filter ends the message here.
    async fn step(&mut self, stage: Stage, data: &[&[u8]]) -> Result<Option<Action>, ClientError> {
        if self.agreed.contains(Protocol::left_out(stage)) {
            return Ok(None);
        }
        let mut packet = Vec::new();
        put_packet(&mut packet, stage.letter(), data);
        self.say(&packet).await?;
        if self.agreed.contains(Protocol::no_reply(stage)) {
            return Ok(None);
        }
        match self.hear().await? {
            Reply::Go | Reply::Skip => Ok(None),
            // Before the end it means: no need to look further.
            Reply::Final(action) => Ok(Some(action)),
            other => Err(other.unexpected().into()),
        }
    }

    async fn macros(&mut self, stage: Stage, pairs: &[(&str, &str)]) -> Result<(), ClientError> {
        let mut data = vec![stage.letter()];
        for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
            data.extend_from_slice(text.as_bytes());
            data.push(0);
        }
        let mut packet = Vec::new();
        put_packet(&mut packet, b'D', &[&data]);
        self.say(&packet).await
    }

    async fn say(&mut self, packet: &[u8]) -> Result<(), ClientError> {
        let written = timeout(WAIT, self.stream.write_all(packet)).await;
        Ok(written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?)
    }

    async fn hear(&mut self) -> Result<Reply, ClientError> {
        loop {
            if let Some((reply, used)) = Reply::read(&self.received)? {
                self.received.drain(..used);
                return Ok(reply);
            }
            let mut buffer = [0; 4_096];
            let reading = timeout(WAIT, self.stream.read(&mut buffer)).await;
            let read = reading.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.received.extend_from_slice(&buffer[..read]);
        }
    }
}

/// For fuzzing: reads packets until the octets end or are none.
pub(crate) fn read_replies(octets: &[u8]) {
    let mut rest = octets;
    while let Ok(Some((reply, used))) = Reply::read(rest) {
        assert!(used > 0 && used <= rest.len(), "a reply takes some of the octets");
        let _ = reply.unexpected();
        rest = &rest[used..];
    }
}

/// For fuzzing: a header section that can be shown, written again.
pub(crate) fn read_and_write_fields(octets: &[u8]) -> Option<Vec<u8>> {
    Fields::read(octets).ok().map(|fields| fields.octets())
}

/// What this side can do for a filter: header fields, and holding a message.
const OFFERED_ACTIONS: Actions = Actions::from_bits(
    Actions::ADD_FIELDS.bits() | Actions::CHANGE_FIELDS.bits() | Actions::QUARANTINE.bits(),
);

/// Every step may be left out or go without a reply; SKIP is understood, spaces are kept.
const OFFERED: Protocol = Protocol::from_bits(0x1f_f7ff);

/// Octets of body in one packet.
const BODY_PIECE: usize = 65_535;

/// For each write and each reply, as long as Postfix waits for content.
const WAIT: Duration = Duration::from_secs(300);
