use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use postseal_milter::client::{Action, Client, ClientError, Letter, Outcome, Submitter};
use tokio::net::UnixStream;

use super::letter::values;
use super::receiver_policy::Strictness;
use super::smtp::{self, Guests, Incoming, MailServer, Parcel, SmtpError, SmtpReply};
use crate::inbound::DISPOSITION_FIELD;

/// A mail server of the sandbox: takes mail by SMTP, shows it to the node beside it as Postfix
/// would, and delivers it to its mailboxes or sends it on.
pub(super) struct MailHost {
    pub(super) host: String,
    /// Where it connects from.
    pub(super) address: IpAddr,
    /// The milter of its node; `None` where there is none.
    pub(super) milter: Option<PathBuf>,
    /// Its one user, who may send anywhere: name and password.
    pub(super) user: Option<(String, String)>,
    pub(super) onward: Onward,
    /// What it asks of mail beside what its node decides.
    pub(super) strictness: Strictness,
    pub(super) mailboxes: Mailboxes,
    pub(super) queue_ids: AtomicU64,
}

/// What becomes of mail that is not refused.
pub(super) enum Onward {
    /// It is for mailboxes of this domain.
    Deliver { domain: String },
    /// It goes to the servers of these domains: whatever its user sends.
    Relay { routes: Vec<(String, NextHop)> },
    /// Mail for this address goes to another one, with its envelope sender as it is.
    Forward { address: String, becomes: String, to: NextHop },
}

/// A server to send to.
#[derive(Clone)]
pub(super) struct NextHop {
    pub(super) server: SocketAddr,
    pub(super) guests: Guests,
}

/// What has been delivered, refused or set aside, newest last.
#[derive(Clone, Default)]
pub(super) struct Mailboxes(Arc<Mutex<Vec<Delivery>>>);

/// One message at its end.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) place: Place,
    /// The header section as it was delivered.
    pub(super) header: String,
    pub(super) body: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inbox,
    /// Beside the inbox, where few look.
    Junk,
    Quarantine {
        reason: String,
    },
    Refused {
        reply: String,
    },
}

impl Mailboxes {
    fn add(&self, delivery: Delivery) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < MAX_KEPT {
            all.push(delivery);
        }
    }

    pub(super) fn newest(&self) -> Option<Delivery> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl MailServer for MailHost {
    fn host(&self) -> &str {
        &self.host
    }

    fn knows(&self, login: &str, password: &str) -> bool {
        self.user.as_ref().is_some_and(|(name, secret)| name == login && secret == password)
    }

    fn takes(&self, recipient: &str, login: Option<&str>) -> bool {
        match &self.onward {
            Onward::Deliver { domain } => is_at(recipient, domain),
            Onward::Relay { .. } => login.is_some(),
            Onward::Forward { address, .. } => recipient == address,
        }
    }

    async fn message(&self, incoming: Incoming) -> SmtpReply {
        let (header, body) = cut(&incoming.octets);
        let header = [self.received(&incoming).as_bytes(), header].concat();
        let outcome = match &self.milter {
            None => Outcome { action: Action::Accept, quarantine: None, header },
            Some(socket) => match self.show(socket, &incoming, header, body).await {
                Ok(outcome) => outcome,
                // The message stays with its sender.
                Err(error) => return SmtpReply(format!("451 4.7.1 Try again later ({error})")),
            },
        };
        self.settle(&incoming, outcome, body).await
    }
}

impl MailHost {
    /// Shows a message to the node, on a connection of its own.
    async fn show(
        &self,
        socket: &PathBuf,
        incoming: &Incoming,
        header: Vec<u8>,
        body: &[u8],
    ) -> Result<Outcome, ClientError> {
        let submitter = Submitter {
            name: incoming.helo.clone(),
            address: incoming.client,
            helo: incoming.helo.clone(),
            daemon_name: if incoming.login.is_some() { "submission" } else { "smtpd" }.to_owned(),
            login: incoming.login.clone(),
        };
        let number = self.queue_ids.fetch_add(1, Ordering::Relaxed);
        let letter = Letter {
            queue_id: format!("SBX{number:05}"),
            mail_from: format!("<{}>", incoming.mail_from),
            recipients: incoming.recipients.iter().map(|recipient| format!("<{recipient}>")).collect(),
            header,
            body: body.to_vec(),
        };
        let stream = UnixStream::connect(socket).await?;
        Client::begin(stream, &submitter).await?.show(&letter).await
    }

    /// Does what the node decided.
    async fn settle(&self, incoming: &Incoming, outcome: Outcome, body: &[u8]) -> SmtpReply {
        let header = String::from_utf8_lossy(&outcome.header).into_owned();
        let refusal = match outcome.action {
            Action::Accept => self.strictness.refusal(&header, &self.host),
            Action::Discard => return SmtpReply("250 2.0.0 Ok".to_owned()),
            Action::Reject => Some("550 5.7.1 Refused".to_owned()),
            Action::Tempfail => Some("451 4.7.1 Try again later".to_owned()),
            Action::Refuse(reply) => Some(reply),
        };
        if let Some(reply) = refusal {
            self.keep(Place::Refused { reply: reply.clone() }, header, body);
            return SmtpReply(reply);
        }
        if let Some(reason) = outcome.quarantine {
            self.keep(Place::Quarantine { reason }, header, body);
            return SmtpReply("250 2.0.0 Ok".to_owned());
        }
        let octets = [outcome.header.as_slice(), b"\r\n", body].concat();
        let marked = values(&header, DISPOSITION_FIELD).iter().any(|value| value == "quarantine");
        self.keep(if marked { Place::Junk } else { Place::Inbox }, header, body);
        for recipient in &incoming.recipients {
            let (to, recipient) = match &self.onward {
                Onward::Deliver { .. } => continue,
                Onward::Forward { becomes, to, .. } => (to, becomes),
                Onward::Relay { routes } => {
                    match routes.iter().find(|(domain, _)| is_at(recipient, domain)) {
                        Some((_, to)) => (to, recipient),
                        None => {
                            return SmtpReply("550 5.1.2 Nobody in the sandbox has this domain".to_owned());
                        }
                    }
                }
            };
            let parcel = Parcel {
                mail_from: incoming.mail_from.clone(),
                recipient: recipient.clone(),
                octets: octets.clone(),
            };
            match smtp::send((to.server, &to.guests), self.address, &self.host, None, &parcel).await {
                Ok(_) => {}
                Err(SmtpError::Refused(reply)) => return SmtpReply(reply),
                Err(error) => return SmtpReply(format!("451 4.4.1 Try again later ({error})")),
            }
        }
        SmtpReply("250 2.0.0 Ok".to_owned())
    }

    fn keep(&self, place: Place, header: String, body: &[u8]) {
        let body = String::from_utf8_lossy(body).into_owned();
        self.mailboxes.add(Delivery { place, header, body });
    }

    fn received(&self, incoming: &Incoming) -> String {
        let Incoming { helo, client, .. } = incoming;
        format!("Received: from {helo} ([{}])\r\n\tby {} with ESMTP\r\n", client.ip(), self.host)
    }
}

fn is_at(address: &str, domain: &str) -> bool {
    address.rsplit_once('@').is_some_and(|(_, found)| found == domain)
}

/// Header section and body; the empty line between them belongs to neither.
fn cut(octets: &[u8]) -> (&[u8], &[u8]) {
    match octets.windows(4).position(|four| four == b"\r\n\r\n") {
        Some(at) => (&octets[..at + 2], &octets[at + 4..]),
        None => (octets, b""),
    }
}

/// Deliveries that are kept; a walk has a dozen.
const MAX_KEPT: usize = 1_000;
