//! Messages that have come to their end, and what can be known about them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::{Answers, DomainName};
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::ExplanationWanted;
use postseal_core::verdict::{Authentication, AuthservId, Form, Options};
use postseal_dns::AskedQuestion;
use postseal_dns::ask::{AnswerCache, Resolver, drive};

use super::letter::values;
use super::mail_host::{Delivery, Place};
use super::world::{ALUMNI_ADDRESS, IMPOSTOR_ADDRESS, PROVIDER_ADDRESS, Sender};
use super::{ALUMNI, CONTOSO, PROVIDER, RECEIVER};
use crate::cli::verify::Judged;
use crate::explanation::message::split;

/// A message at its end.
pub(crate) struct Message {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(super) by: Sender,
    pub(crate) forwarded: bool,
    pub(super) place: Place,
    /// The header section as the receiver has it.
    pub(crate) header: String,
    pub(crate) body: String,
    /// What the sender was told.
    pub(crate) reply: String,
    /// What the receiver asked the DNS.
    pub(crate) questions: Vec<AskedQuestion>,
    /// By the same rules as the receiver's node, from the same octets.
    pub(crate) judged: Option<Judged>,
    /// The text of Authentication-Results: the receiver's own field, or what it would have been where it refused.
    pub(crate) results: String,
}

impl Message {
    /// What came of a message that went to the receiver. `now` in UNIX seconds.
    pub(super) async fn of(
        (number, by, forwarded): (usize, Sender, bool),
        delivery: Delivery,
        reply: String,
        questions: Vec<AskedQuestion>,
        (resolver, now): (SocketAddr, u64),
    ) -> Message {
        let Delivery { place, header, body } = delivery;
        let judged = judge(&header, &body, client(by, forwarded), (resolver, now)).await;
        let own = values(&header, "Authentication-Results").into_iter().next();
        let own = own.filter(|value| value.starts_with(&format!("mx.{RECEIVER};")));
        let results = own.or_else(|| judged.as_ref().map(results)).unwrap_or_default();
        Message { number, by, forwarded, place, header, body, reply, questions, judged, results }
    }

    /// The result of a method, as `pass`.
    pub(crate) fn result(&self, method: &str) -> &str {
        let found = self.results.split([';', ' ']).find_map(|word| word.trim().strip_prefix(method));
        found.and_then(|word| word.strip_prefix('=')).unwrap_or("none")
    }

    pub(super) fn recipient(&self) -> String {
        format!("ken@{}", if self.forwarded { ALUMNI } else { RECEIVER })
    }

    /// The report that its sender gets where it was refused (RFC 3464).
    pub(crate) fn bounce(&self) -> Option<String> {
        let Place::Refused { .. } = &self.place else { return None };
        let (host, recipient) = (format!("out.{PROVIDER}"), self.recipient());
        let next = if self.forwarded { format!("mail.{ALUMNI}") } else { format!("mx.{RECEIVER}") };
        let status = self.reply.split([' ', '-']).nth(1).unwrap_or("5.0.0");
        let reply = self.reply.replace("\r\n", "\n").replace('\n', "\n    ");
        let subject = values(&self.header, "Subject").into_iter().next().unwrap_or_default();
        Some(format!(
            "From: Mail Delivery System <MAILER-DAEMON@{host}>\n\
             To: anne@{CONTOSO}\n\
             Subject: Undelivered Mail Returned to Sender\n\
             Auto-Submitted: auto-replied\n\
             MIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"report\"\n\
             \n\
             --report\n\
             Content-Type: text/plain; charset=us-ascii\n\
             \n\
             Your message \"{subject}\" could not be delivered to one or more recipients.\n\
             \n\
             <{recipient}>: host {next} said:\n    {reply}\n\
             \n\
             --report\n\
             Content-Type: message/delivery-status\n\
             \n\
             Reporting-MTA: dns; {host}\n\
             \n\
             Final-Recipient: rfc822; {recipient}\n\
             Action: failed\n\
             Status: {status}\n\
             Remote-MTA: dns; {next}\n\
             Diagnostic-Code: smtp; {reply}\n\
             \n\
             --report--\n"
        ))
    }
}

/// Who hands a message to the receiver.
fn client(by: Sender, forwarded: bool) -> (IpAddr, String) {
    match (by, forwarded) {
        (Sender::Impostor, _) => (IMPOSTOR_ADDRESS, "impostor.example".to_owned()),
        (Sender::User, true) => (ALUMNI_ADDRESS, format!("mail.{ALUMNI}")),
        (Sender::User, false) => (PROVIDER_ADDRESS, format!("out.{PROVIDER}")),
    }
}

async fn judge(
    header: &str,
    body: &str,
    (address, helo): (IpAddr, String),
    (resolver, now): (SocketAddr, u64),
) -> Option<Judged> {
    // What stands above its own trace field, the receiver has added after it judged.
    let came = header.find("Received:").map_or(header, |place| &header[place..]);
    let (section, body) = split(format!("{came}\r\n{body}").as_bytes());
    let envelope = Envelope {
        client: address,
        helo: HeloIdentity::new(&helo),
        mail_from: MailFrom::new(&format!("anne@{CONTOSO}")),
    };
    let mut options = Options::new(&format!("mx.{RECEIVER}"));
    options.explanation = ExplanationWanted::Yes;
    let mut message = Authentication::new(envelope, &options, now);
    message.header_section(section);
    message.body(&body);
    message.end_of_message();
    let cache = Arc::new(AnswerCache::new(Resolver::new(&[resolver]), CACHE));
    let ready = cache.now();
    let mut answers = Answers::new(&ready);
    drive(&mut answers, &cache, TIME, |answers| message.evaluate(answers)).await.ok()?;
    let authserv_id = AuthservId::parse(&format!("mx.{RECEIVER}")).ok()?;
    let trusted_sealers: Vec<DomainName> = Vec::new();
    Some(Judged { verdict: message.into_verdict()?, authserv_id, trusted_sealers, notes: Vec::new() })
}

fn results(judged: &Judged) -> String {
    judged.verdict.authentication_results(&judged.authserv_id, Form::Unfolded)
}

/// Octets of answers that are kept while one message is judged.
const CACHE: u64 = 1 << 20;

/// For the DNS questions of one message.
const TIME: Duration = Duration::from_secs(8);
