//! Whether the fields that were added say what is true of the message.

use postseal_core::dkim::DkimResult;
use postseal_core::dns::{Answers, RecordData, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use postseal_core::verdict::{Authentication, Options};

use crate::corpus::{self, Message};

/// What must be found in them.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// Authentication-Results with these methods' results.
    Results(Vec<String>),
    /// A DKIM-Signature of the Author Domain that is good, by this key record under whatever selector.
    Signature(String),
}

impl Expectation {
    /// Compares.
    pub fn holds(&self, added: &[u8], message: &Message) -> bool {
        match self {
            Expectation::Signature(record) => is_signed(added, message, record),
            Expectation::Results(methods) => has_results(added, &message.expected, methods),
        }
    }
}

/// `expected` has the results of all methods.
fn has_results(added: &[u8], expected: &str, methods: &[String]) -> bool {
    let text = String::from_utf8_lossy(added).to_ascii_lowercase();
    let wanted = expected.split(' ').filter_map(|result| result.split_once('='));
    text.contains("authentication-results:")
        && wanted.filter(|(method, _)| methods.iter().any(|m| m == method)).all(|(m, r)| says(&text, m, r))
}

/// Verifies: what was added must be one good signature of the sender's domain.
fn is_signed(added: &[u8], message: &Message, record: &str) -> bool {
    let domain = corpus::name(message.mail_from.rsplit('@').next().unwrap_or_default());
    let Some(selector) = tag(added, "s") else { return false };
    let strings: Vec<&[u8]> = record.as_bytes().chunks(255).collect();
    let mut zone = Zone::new();
    let owner = corpus::name(&format!("{selector}._domainkey.{domain}"));
    zone.add(&owner, 3600, RecordData::Txt(TxtRecord::from_strings(&strings)));
    let (section, body) = message.octets.split_at(message.body_at);
    let envelope = Envelope {
        client: std::net::Ipv4Addr::LOCALHOST.into(),
        helo: HeloIdentity::new("localhost"),
        mail_from: MailFrom::new(&message.mail_from),
    };
    let options = Options::new("mx.tailspin.example");
    let mut judged = Authentication::new(envelope, &options, corpus::now());
    judged.header_section(HeaderSection::parse([added, section].concat()));
    judged.body(body);
    judged.end_of_message();
    assert!(judged.evaluate(&mut Answers::new(&zone)).is_ok(), "a zone answers everything");
    let results = judged.into_verdict().map(|verdict| verdict.dkim).unwrap_or_default();
    let is_good = matches!(&results[..], [only] if only.result == DkimResult::Pass && only.sdid.as_ref() == Some(&domain));
    is_good
}

/// The value of a tag of the first signature, without its blanks.
fn tag(added: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(added);
    let mut tags = text.split_once(':')?.1.split(';').filter_map(|tag| tag.split_once('='));
    tags.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned())
}

/// `none` may be said or left out; anything else must be said, and a failure not beside a pass.
fn says(text: &str, method: &str, result: &str) -> bool {
    let has = |result: &str| {
        let wanted = format!("{method}={result}");
        text.match_indices(&wanted).any(|(at, _)| {
            let before = text[..at].bytes().last();
            let after = text[at + wanted.len()..].bytes().next();
            matches!(before, Some(b' ' | b'\t' | b'\n' | b';'))
                && !after.is_some_and(|b| b.is_ascii_alphanumeric())
        })
    };
    match result {
        "none" => !has("pass") && !has("fail"),
        "pass" => has("pass"),
        other => has(other) && !has("pass"),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use postseal_bench::floor::{Algorithm, Key};
    use postseal_core::dkim::{Selector, Signer, SigningKey, SigningSettings};
    use rustls_pki_types::PrivatePkcs8KeyDer;

    use super::*;

    #[test]
    fn results_are_compared_by_method() {
        let list = |methods: &str| methods.split(',').map(str::to_owned).collect::<Vec<String>>();
        let added = b"Authentication-Results: mx.example;\r\n\tdkim=fail reason=x;\r\n\tdmarc=pass header.from=a.example\r\n";
        let cases = [
            ("dkim", "dkim=fail", true),
            ("dkim", "dkim=pass", false),
            ("dkim", "dkim=none", false),
            ("arc", "arc=none", true),
            ("spf", "spf=pass", false),
            ("dkim,dmarc", "dkim=fail dmarc=pass", true),
            ("dkim,dmarc", "dkim=fail dmarc=fail", false),
        ];
        for (methods, expected, holds) in cases {
            assert_eq!(has_results(added, expected, &list(methods)), holds, "{methods} {expected}");
        }
        assert!(!has_results(b"", "arc=none", &list("arc")), "no field at all");
    }

    #[test]
    fn a_signature_must_be_good() {
        let (key, other) = (Key::generate(Algorithm::Ed25519), Key::generate(Algorithm::Ed25519));
        let record =
            |key: &Key| format!("v=DKIM1; k=ed25519; p={}", BASE64_STANDARD.encode(&key.public_octets));
        let message = corpus::own(3, "a.example", 2_000);
        let (section, body) = message.octets.split_at(message.body_at);
        let section = HeaderSection::parse(section.to_vec());
        let selector = Selector::parse("s7").expect("a selector");
        let settings = SigningSettings::new(corpus::name("a.example"), selector);
        let mut signer = Signer::new(settings, &section).expect("signs");
        signer.update(body);
        let der = PrivatePkcs8KeyDer::from(key.private_der.as_slice());
        let field = signer.finish(&SigningKey::from_pkcs8(&der).expect("our key")).expect("signs");
        let holds = |added: &str, message: &Message, key: &Key| {
            Expectation::Signature(record(key)).holds(added.as_bytes(), message)
        };
        assert!(holds(&field, &message, &key), "{field}");
        assert!(!holds(&field, &message, &other), "another key");
        assert!(!holds(&field, &corpus::own(4, "a.example", 2_000), &key), "another message");
        assert!(!holds("", &message, &key), "no signature");
        let foreign = Message { mail_from: "jo@b.example".to_owned(), ..message };
        assert!(!holds(&field, &foreign, &key), "another domain's");
    }
}
