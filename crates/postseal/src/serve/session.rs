use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use postseal_milter::{
    Actions, Address, Answer, Client, Handler, Interest, Macros, Milter, Path, Peer, Protocol, SessionError,
    Stage, Terms, Verdict, Wishes,
};

use super::message::{Beginning, Message};
use super::node::Node;
use crate::config::{LogLevel, MilterAddress};
use crate::signing::{Fields, Submitter};

/// One socket of the node: makes a [`Session`] for each connection.
pub(crate) struct Inlet {
    node: Arc<Node>,
    listener: Arc<MilterAddress>,
    wishes: Arc<Wishes>,
    wishes_with_recipients: Arc<Wishes>,
}

/// One connection of an MTA.
pub(crate) struct Session {
    node: Arc<Node>,
    listener: Arc<MilterAddress>,
    fields: Fields,
    can_quarantine: bool,
    client: SmtpClient,
    /// The argument of HELO or EHLO.
    helo: String,
    /// The one under way.
    message: Option<Box<Message>>,
}

/// Who hands messages to the MTA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmtpClient {
    At(IpAddr),
    /// `sendmail(1)`, or the MTA itself.
    Local,
    Unknown,
}

impl Inlet {
    pub(crate) fn new(node: Arc<Node>, listener: MilterAddress) -> Inlet {
        let listener = Arc::new(listener);
        let wishes = Arc::new(wishes(Interest::Unwanted));
        let wishes_with_recipients = Arc::new(self::wishes(Interest::Watched));
        Inlet { node, listener, wishes, wishes_with_recipients }
    }
}

/// No step that is not needed, no reply that is not: a message is one read and one write.
fn wishes(recipients: Interest) -> Wishes {
    Wishes {
        connect: Interest::Watched,
        helo: Interest::Watched,
        mail: Interest::Watched,
        rcpt: recipients,
        header: Interest::Watched,
        end_of_header: Interest::Watched,
        body: Interest::Watched,
        required_actions: Actions::ADD_FIELDS | Actions::CHANGE_FIELDS,
        optional_actions: Actions::QUARANTINE,
        leading_space: true,
        macros: vec![
            (Stage::Connect, "{daemon_name}"),
            (Stage::Mail, "{auth_authen}"),
            // Postfix knows it only now.
            (Stage::EndOfMessage, "i"),
        ],
        ..Wishes::default()
    }
}

impl Milter for Inlet {
    type Handler = Session;

    fn wishes(&self) -> Arc<Wishes> {
        let wants_recipients = self.node.current().wants_recipients;
        Arc::clone(if wants_recipients { &self.wishes_with_recipients } else { &self.wishes })
    }

    fn handler(&self, _: Peer) -> Option<Session> {
        Some(Session {
            node: Arc::clone(&self.node),
            listener: Arc::clone(&self.listener),
            fields: Fields::Exact,
            can_quarantine: false,
            client: SmtpClient::Unknown,
            helo: String::new(),
            message: None,
        })
    }
}

impl Handler for Session {
    fn negotiated(&mut self, terms: &Terms) {
        self.can_quarantine = terms.actions().contains(Actions::QUARANTINE);
        self.fields = if terms.protocol().contains(Protocol::LEADING_SPACE) {
            Fields::Exact
        } else {
            self.node.blanks_are_hidden(&self.listener);
            Fields::BlanksHidden
        };
    }

    fn connect(&mut self, client: &Client<'_>, _: &Macros) -> Answer {
        self.client = SmtpClient::of(client);
        self.helo.clear();
        Answer::Continue
    }

    fn helo(&mut self, name: &[u8], _: &Macros) -> Answer {
        self.helo = String::from_utf8_lossy(name).into_owned();
        Answer::Continue
    }

    fn mail(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        let submitter = Submitter {
            client: self.client.address(),
            login: macros.get("auth_authen").filter(|login| !login.is_empty()),
            daemon_name: macros.get("daemon_name"),
            listener: &self.listener,
            is_local: self.client == SmtpClient::Local,
            is_listed: false,
        };
        let beginning = Beginning {
            submitter,
            helo: &self.helo,
            reverse_path: path.address,
            fields: self.fields,
            can_quarantine: self.can_quarantine,
        };
        self.message = Some(Box::new(Message::begin(&self.node, &beginning)));
        Answer::Continue
    }

    fn rcpt(&mut self, path: &Path<'_>, _: &Macros) -> Answer {
        if let Some(message) = &mut self.message {
            message.recipient(path.address);
        }
        Answer::Continue
    }

    fn header(&mut self, name: &[u8], value: &[u8]) -> Answer {
        if let Some(message) = &mut self.message {
            message.field(name, value);
        }
        Answer::Continue
    }

    fn end_of_header(&mut self, _: &Macros) -> Answer {
        if let Some(message) = &mut self.message {
            message.end_of_header(&self.node.metrics);
        }
        Answer::Continue
    }

    fn body(&mut self, octets: &[u8]) -> Answer {
        match &mut self.message {
            Some(message) if message.wants_body() => {
                message.body(octets);
                Answer::Continue
            }
            _ => Answer::Skip,
        }
    }

    async fn end_of_message(&mut self, macros: &Macros) -> Verdict {
        // MAIL FROM comes before, or the session would not be here.
        let Some(message) = self.message.take() else { return Verdict::new(Answer::Tempfail) };
        message.conclude(&self.node, macros.get("i").unwrap_or_default()).await
    }

    fn abort(&mut self) {
        self.message = None;
    }

    fn close(&mut self) {
        self.message = None;
        self.client = SmtpClient::Unknown;
        self.helo = String::new();
    }

    fn failed(&mut self, error: &SessionError) {
        let text = format!("{}: the mail server broke the milter protocol: {error}", self.listener);
        self.node.log.say(LogLevel::Warn, &text);
    }
}

impl SmtpClient {
    /// Postfix shows mail that `sendmail(1)` or itself made as of a client at 127.0.0.1 with
    /// port 0, which no connection can have (`non_smtpd_milters`,
    /// `internal_mail_filter_classes`). Sendmail shows standard input as no address.
    fn of(client: &Client<'_>) -> SmtpClient {
        const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match client.address {
            Address::Inet { ip: LOOPBACK, port: 0 } => SmtpClient::Local,
            Address::Inet { ip, .. } => SmtpClient::At(ip.to_canonical()),
            Address::Unix(_) | Address::Unknown => SmtpClient::Unknown,
        }
    }

    fn address(self) -> Option<IpAddr> {
        match self {
            SmtpClient::At(address) => Some(address),
            SmtpClient::Local | SmtpClient::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_clients_apart() {
        let check = |ip: &str, port: u16, expected: SmtpClient| {
            let ip = ip.parse().expect("an address");
            let client = Client { name: b"localhost", address: Address::Inet { ip, port } };
            assert_eq!(SmtpClient::of(&client), expected, "{ip} {port}");
        };
        let at = |ip: &str| SmtpClient::At(ip.parse().expect("an address"));
        check("127.0.0.1", 0, SmtpClient::Local);
        check("127.0.0.1", 40_000, at("127.0.0.1"));
        check("192.0.2.1", 0, at("192.0.2.1"));
        check("::1", 0, at("::1"));
        check("::ffff:192.0.2.1", 25, at("192.0.2.1"));
        for address in [Address::Unknown, Address::Unix(b"/x")] {
            assert_eq!(SmtpClient::of(&Client { name: b"localhost", address }), SmtpClient::Unknown);
        }
    }
}
