use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::time::Duration;

use postseal_core::dkim::SignatureResult;
use postseal_core::dns::DomainName;
use postseal_core::message::{AuthorDomainError, MailFrom};
use serde::ser::SerializeMap;
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

    /// The domain of the reverse-path.
    pub(super) fn mail_from(&self) -> Option<&DomainName> {
        self.domain.as_ref()
    }
}

/// Takes the fields of a line in their order; both forms are made so.
trait Fields {
    fn field(&mut self, name: &'static str, value: Value<'_>);

    fn word(&mut self, name: &'static str, word: &'static str) {
        self.field(name, Value::Word(word));
    }

    fn text(&mut self, name: &'static str, text: Option<impl fmt::Display>) {
        if let Some(text) = text {
            self.field(name, Value::Text(&text));
        }
    }

    fn words(&mut self, name: &'static str, words: Vec<String>) {
        if !words.is_empty() {
            self.field(name, Value::Words(words));
        }
    }
}

enum Value<'v> {
    Word(&'static str),
    Text(&'v dyn fmt::Display),
    Time(Duration),
    Words(Vec<String>),
    Signatures(&'v [SignatureResult]),
}

impl Event for MessageEvent {
    fn text(&self, line: &mut String) {
        line.push_str("message");
        self.give(&mut Text { line });
    }

    fn json(&self) -> impl Serialize {
        Json(self)
    }
}

impl MessageEvent {
    fn give(&self, line: &mut impl Fields) {
        line.text("queue_id", Some(&self.queue_id));
        line.text("client", self.sender.client);
        line.text("login", self.sender.login.as_ref());
        line.text("mail_from", self.sender.domain.as_ref());
        match &self.outcome {
            Outcome::Judged(part) => part.give(line),
            Outcome::Own(because, part) => {
                line.word("inside", because.as_str());
                part.give(line);
            }
            Outcome::Fault(fault) => {
                line.word("action", "error");
                line.text("reason", Some(fault));
            }
        }
        line.field("decided_ms", Value::Time(self.decided));
        line.field("taken_ms", Value::Time(self.taken));
    }
}

impl JudgedPart {
    fn give(&self, line: &mut impl Fields) {
        let JudgedPart { judged, decision, seal } = self;
        let verdict = &judged.verdict;
        let dmarc = &verdict.dmarc;
        line.text("author_domain", dmarc.author_domain.as_ref());
        line.text("judged_for", judged.client.filter(|_| judged.is_behind_relay));
        line.word("spf", verdict.mail_from.result.as_str());
        line.field("dkim", Value::Signatures(&verdict.dkim));
        line.word("arc", verdict.arc.result.as_str());
        line.word("dmarc", dmarc.result.as_str());
        if let Some(policy) = dmarc.policy {
            line.word("policy", policy.as_str());
        }
        line.word("disposition", dmarc.disposition.as_str());
        line.word("action", decision.action.as_str());
        if decision.unobserved != decision.action {
            line.word("would", decision.unobserved.as_str());
        }
        match decision.ground {
            Ground::Excepted(exception) => {
                // RFC 9990: the override that aggregate reports tell of.
                line.word("override", "local_policy");
                line.word("exception", exception.as_str());
                let chain = (exception == Exception::TrustedChain).then(|| chain_comment(verdict));
                line.text("chain", chain);
            }
            Ground::Nothing => {}
            Ground::Policy(_) | Ground::UnreadableFrom | Ground::DnsTrouble(_) => {
                line.text("reason", dmarc.cause.as_ref());
            }
        }
        line.text("relay", judged.hop_unknown);
        match seal {
            Some(Ok(())) => line.word("arc_seal", "added"),
            Some(Err(why)) => line.text("arc_seal", Some(why)),
            None => {}
        }
        line.words("limits", limits_met(judged).map(str::to_owned).collect());
    }
}

impl OwnPart {
    fn give(&self, line: &mut impl Fields) {
        match self {
            OwnPart::Signed(signed) => {
                line.word("action", "sign");
                line.text("domain", Some(&signed.domain));
                let selectors = signed.fields.iter().map(|(selector, _)| selector.to_string()).collect();
                line.words("selectors", selectors);
                line.words("fragile", fragile_words(signed.fragile));
            }
            OwnPart::NotSigned(why) => {
                line.word("action", "leave");
                line.text("reason", Some(why));
            }
            OwnPart::Refused(author) => {
                line.word("action", "reject");
                line.text("reason", Some(format_args!("the sender may not send as {author}")));
            }
            OwnPart::Ambiguous(error) => {
                line.word("action", "reject");
                line.text("reason", Some(error));
            }
            OwnPart::Trouble(trouble) => {
                let action =
                    if matches!(trouble, SigningTrouble::Message { .. }) { "reject" } else { "defer" };
                line.word("action", action);
                line.text("reason", Some(trouble));
            }
        }
    }
}

fn fragile_words(fragile: Fragile) -> Vec<String> {
    let words = [(fragile.long_line, "long_line"), (fragile.eight_bit, "eight_bit")];
    words.into_iter().filter(|(is_so, _)| *is_so).map(|(_, word)| word.to_owned()).collect()
}

/// For people: `name=value`, the value bare where it is one word, else quoted. Every message has
/// such a line, so that nothing is allocated for it but the line.
struct Text<'l> {
    line: &'l mut String,
}

impl Fields for Text<'_> {
    fn field(&mut self, name: &'static str, value: Value<'_>) {
        let line = &mut *self.line;
        line.extend([" ", name, "="]);
        // A String takes every write.
        let _ = match value {
            Value::Word(word) => line.write_str(word),
            Value::Text(text) => write_quoted(line, text),
            Value::Time(time) => write_milliseconds(line, time),
            Value::Words(words) => line.write_str(&words.join(",")),
            Value::Signatures([]) => line.write_str("none"),
            Value::Signatures(signatures) => write_signatures(line, signatures),
        };
    }
}

fn write_quoted(line: &mut String, text: &dyn fmt::Display) -> fmt::Result {
    let start = line.len();
    write!(line, "{text}")?;
    if is_plain(&line[start..]) {
        return Ok(());
    }
    let text = line.split_off(start);
    write!(line, "{text:?}")
}

fn is_plain(text: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'\\' | b'=' | b',');
    !text.is_empty() && text.bytes().all(is_plain)
}

/// To the microsecond, without zeros at the end: `0.057`, `12.5`, `3`.
fn write_milliseconds(line: &mut String, time: Duration) -> fmt::Result {
    let microseconds = (time.as_nanos() + 500) / 1_000;
    write!(line, "{}", microseconds / 1_000)?;
    let (mut fraction, mut digits) = (microseconds % 1_000, 3);
    if fraction == 0 {
        return Ok(());
    }
    while fraction % 10 == 0 {
        (fraction, digits) = (fraction / 10, digits - 1);
    }
    write!(line, ".{fraction:0digits$}")
}

/// `pass:contoso.example:s1,fail:fabrikam.example:s2`
fn write_signatures(line: &mut String, signatures: &[SignatureResult]) -> fmt::Result {
    for (place, signature) in signatures.iter().enumerate() {
        let separator = if place == 0 { "" } else { "," };
        line.extend([separator, signature.result.as_str()]);
        if let Some(domain) = &signature.sdid {
            write!(line, ":{domain}")?;
        }
        if let Some(selector) = &signature.selector {
            write!(line, ":{selector}")?;
        }
    }
    Ok(())
}

/// For programs.
struct Json<'e>(&'e MessageEvent);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = JsonFields { map: serializer.serialize_map(None)?, written: Ok(()) };
        fields.word("event", "message");
        self.0.give(&mut fields);
        fields.written?;
        fields.map.end()
    }
}

struct JsonFields<M: SerializeMap> {
    map: M,
    written: Result<(), M::Error>,
}

impl<M: SerializeMap> Fields for JsonFields<M> {
    fn field(&mut self, name: &'static str, value: Value<'_>) {
        if self.written.is_ok() {
            self.written = self.map.serialize_entry(name, &value);
        }
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Word(word) => serializer.serialize_str(word),
            Value::Text(text) => serializer.collect_str(text),
            Value::Time(time) => serializer.serialize_f64((time.as_secs_f64() * 1e6).round() / 1e3),
            Value::Words(words) => serializer.collect_seq(words),
            Value::Signatures(signatures) => serializer.collect_seq(signatures.iter().map(Signature::of)),
        }
    }
}

#[derive(Serialize)]
struct Signature {
    result: &'static str,
    domain: Option<String>,
    selector: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_written_to_the_microsecond() {
        let check = |nanoseconds: u64, expected: &str| {
            let mut line = String::new();
            write_milliseconds(&mut line, Duration::from_nanos(nanoseconds)).expect("a String");
            assert_eq!(line, expected, "{nanoseconds}");
        };
        check(0, "0");
        check(499, "0");
        check(500, "0.001");
        check(57_000, "0.057");
        check(12_500_000, "12.5");
        check(3_000_000_000, "3000");
        check(1_010_400, "1.01");
        check(999_999, "1");
    }

    #[test]
    fn texts_of_strangers_are_quoted() {
        let check = |text: &str, expected: &str| {
            let mut line = "a=".to_owned();
            write_quoted(&mut line, &text).expect("a String");
            assert_eq!(line, format!("a={expected}"));
        };
        check("jo@contoso.example", "jo@contoso.example");
        check("", "\"\"");
        check("a b", "\"a b\"");
        check("x dkim=pass", "\"x dkim=pass\"");
        check("a\"b\nc", "\"a\\\"b\\nc\"");
        check("日本.example", "\"日本.example\"");
    }

    #[test]
    fn both_forms_have_the_same_fields() {
        let sender = Sender { client: Some(IpAddr::from([192, 0, 2, 1])), login: None, domain: None };
        let event = MessageEvent {
            queue_id: "4Xy1".to_owned(),
            sender,
            outcome: Outcome::Fault("a fault".to_owned()),
            decided: Duration::from_micros(57),
            taken: Duration::from_micros(1_500),
        };
        let mut line = String::new();
        event.text(&mut line);
        let expected = "message queue_id=4Xy1 client=192.0.2.1 action=error reason=\"a fault\" decided_ms=0.057 taken_ms=1.5";
        assert_eq!(line, expected);
        let expected = serde_json::json!({
            "event": "message", "queue_id": "4Xy1", "client": "192.0.2.1", "action": "error",
            "reason": "a fault", "decided_ms": 0.057, "taken_ms": 1.5,
        });
        assert_eq!(serde_json::to_value(event.json()).expect("JSON"), expected);
    }
}
