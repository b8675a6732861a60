use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::time::Duration;

use postseal_core::dkim::SignatureResult;
use postseal_core::dns::DomainName;
use postseal_core::message::{AuthorDomainError, MailFrom};
use serde::{Serialize, Serializer};

use super::limits::limits_met;
use super::log::Event;
use crate::inbound::{Decision, Exception, Ground, Inside, Judged, chain_comment};
use crate::signing::{Fragile, NotSealed, NotSigned, Signed, SigningTrouble, Submitter};

/// One message, for its line in the log. What strangers had a part in is a domain name, a
/// token, or quoted.
pub(super) struct MessageEvent {
    pub(super) queue_id: String,
    pub(super) sender: Sender,
    pub(super) outcome: Outcome,
    /// From the end of the message to the answer.
    pub(super) decided: Duration,
    /// From MAIL FROM to the answer.
    pub(super) taken: Duration,
}

/// Who sent it.
pub(super) struct Sender {
    client: Option<IpAddr>,
    login: Option<String>,
    /// Of the reverse-path.
    domain: Option<DomainName>,
}

/// What became of it.
pub(super) enum Outcome {
    Judged(Box<JudgedPart>),
    Own(Inside, Box<OwnPart>),
    /// A fault of the program's.
    Fault(String),
}

/// A judged message.
pub(super) struct JudgedPart {
    pub(super) judged: Judged,
    pub(super) decision: Decision,
    pub(super) seal: Option<Result<(), NotSealed>>,
}

/// A message from inside.
pub(super) enum OwnPart {
    Signed(Signed),
    NotSigned(NotSigned),
    /// The submitter may not send as this Author Domain.
    Refused(DomainName),
    /// Readers disagree about its header section.
    Ambiguous(AuthorDomainError),
    Trouble(SigningTrouble),
}

impl Sender {
    pub(super) fn new(submitter: &Submitter<'_>, mail_from: &MailFrom) -> Sender {
        Sender {
            client: submitter.client,
            login: submitter.login.map(|login| String::from_utf8_lossy(login).into_owned()),
            domain: mail_from.domain().cloned(),
        }
    }
}

/// The line's fields in their order; both forms are made of them.
struct Line(Vec<(&'static str, Value)>);

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Word(&'static str),
    Text(String),
    Milliseconds(f64),
    Words(Vec<String>),
    Signatures(Vec<Signature>),
}

#[derive(Serialize)]
struct Signature {
    result: &'static str,
    domain: Option<String>,
    selector: Option<String>,
}

impl Event for MessageEvent {
    fn text(&self) -> String {
        let mut text = String::with_capacity(320);
        text.push_str("message");
        for (name, value) in &self.line().0 {
            // A String takes every write.
            let _ = write!(text, " {name}={value}");
        }
        text
    }

    fn json(&self) -> impl Serialize {
        let mut line = self.line();
        line.0.insert(0, ("event", Value::Word("message")));
        line
    }
}

impl MessageEvent {
    fn line(&self) -> Line {
        let mut line = Line(Vec::with_capacity(20));
        line.text("queue_id", Some(&self.queue_id));
        line.text("client", self.sender.client);
        line.text("login", self.sender.login.as_ref());
        line.text("mail_from", self.sender.domain.as_ref());
        match &self.outcome {
            Outcome::Judged(part) => line.judged(part),
            Outcome::Own(because, part) => line.own(*because, part),
            Outcome::Fault(fault) => {
                line.word("action", "error");
                line.text("reason", Some(fault));
            }
        }
        line.0.push(("decided_ms", Value::Milliseconds(milliseconds(self.decided))));
        line.0.push(("taken_ms", Value::Milliseconds(milliseconds(self.taken))));
        line
    }
}

impl Line {
    fn word(&mut self, name: &'static str, word: &'static str) {
        self.0.push((name, Value::Word(word)));
    }

    fn text(&mut self, name: &'static str, text: Option<impl fmt::Display>) {
        self.0.extend(text.map(|text| (name, Value::Text(text.to_string()))));
    }

    fn judged(&mut self, part: &JudgedPart) {
        let JudgedPart { judged, decision, seal } = part;
        let verdict = &judged.verdict;
        let dmarc = &verdict.dmarc;
        self.text("author_domain", dmarc.author_domain.as_ref());
        self.text("judged_for", judged.client.filter(|_| judged.is_behind_relay));
        self.word("spf", verdict.mail_from.result.as_str());
        self.0.push(("dkim", Value::Signatures(verdict.dkim.iter().map(Signature::of).collect())));
        self.word("arc", verdict.arc.result.as_str());
        self.word("dmarc", dmarc.result.as_str());
        self.0.extend(dmarc.policy.map(|policy| ("policy", Value::Word(policy.as_str()))));
        self.word("disposition", dmarc.disposition.as_str());
        self.word("action", decision.action.as_str());
        if decision.unobserved != decision.action {
            self.word("would", decision.unobserved.as_str());
        }
        match decision.ground {
            Ground::Excepted(exception) => {
                // RFC 9990: the override that aggregate reports tell of.
                self.word("override", "local_policy");
                self.word("exception", exception.as_str());
                let chain = (exception == Exception::TrustedChain).then(|| chain_comment(verdict));
                self.text("chain", chain);
            }
            Ground::Nothing => {}
            Ground::Policy(_) | Ground::UnreadableFrom | Ground::DnsTrouble(_) => {
                self.text("reason", dmarc.cause.as_ref());
            }
        }
        self.text("relay", judged.hop_unknown);
        match seal {
            Some(Ok(())) => self.word("arc_seal", "added"),
            Some(Err(why)) => self.text("arc_seal", Some(why)),
            None => {}
        }
        let limits: Vec<String> = limits_met(judged).map(str::to_owned).collect();
        if !limits.is_empty() {
            self.0.push(("limits", Value::Words(limits)));
        }
    }

    fn own(&mut self, because: Inside, part: &OwnPart) {
        self.word("inside", because.as_str());
        match part {
            OwnPart::Signed(signed) => {
                self.word("action", "sign");
                self.text("domain", Some(&signed.domain));
                let selectors = signed.fields.iter().map(|(selector, _)| selector.to_string()).collect();
                self.0.push(("selectors", Value::Words(selectors)));
                self.fragile(signed.fragile);
            }
            OwnPart::NotSigned(why) => {
                self.word("action", "leave");
                self.text("reason", Some(why));
            }
            OwnPart::Refused(author) => {
                self.word("action", "reject");
                self.text("reason", Some(format_args!("the sender may not send as {author}")));
            }
            OwnPart::Ambiguous(error) => {
                self.word("action", "reject");
                self.text("reason", Some(error));
            }
            OwnPart::Trouble(trouble) => {
                let action =
                    if matches!(trouble, SigningTrouble::Message { .. }) { "reject" } else { "defer" };
                self.word("action", action);
                self.text("reason", Some(trouble));
            }
        }
    }

    fn fragile(&mut self, fragile: Fragile) {
        let words = [(fragile.long_line, "long_line"), (fragile.eight_bit, "eight_bit")];
        let words: Vec<String> =
            words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word.to_owned()).collect();
        if !words.is_empty() {
            self.0.push(("fragile", Value::Words(words)));
        }
    }
}

impl Signature {
    fn of(signature: &SignatureResult) -> Signature {
        Signature {
            result: signature.result.as_str(),
            domain: signature.sdid.as_ref().map(ToString::to_string),
            selector: signature.selector.as_ref().map(ToString::to_string),
        }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// For the text form: bare where it is one word, else quoted.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Word(word) => f.write_str(word),
            Value::Text(text) if is_plain(text) => f.write_str(text),
            Value::Text(text) => fmt::Debug::fmt(text, f),
            Value::Milliseconds(number) => number.fmt(f),
            Value::Words(words) => f.write_str(&words.join(",")),
            Value::Signatures(signatures) if signatures.is_empty() => f.write_str("none"),
            Value::Signatures(signatures) => {
                for (place, signature) in signatures.iter().enumerate() {
                    let separator = if place == 0 { "" } else { "," };
                    write!(f, "{separator}{signature}")?;
                }
                Ok(())
            }
        }
    }
}

/// `pass:contoso.example:s1`
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.result)?;
        for part in [&self.domain, &self.selector].into_iter().flatten() {
            write!(f, ":{part}")?;
        }
        Ok(())
    }
}

fn is_plain(text: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'\\' | b'=' | b',');
    !text.is_empty() && text.bytes().all(is_plain)
}

/// To the microsecond.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
