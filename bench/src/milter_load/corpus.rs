//! The messages of the load, what each must be found to be, and the zone that says so.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use postseal_bench::bodies::Kind;
use postseal_bench::floor::{Algorithm, Key};
use postseal_bench::scene;
use postseal_core::arc::Sealer;
use postseal_core::dkim::{self, BodyHashes, Selector, SigningKey, SigningSettings};
use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom, Splitter};
use postseal_core::verdict::{Authentication, AuthservId, Form, Options};
use rustls_pki_types::PrivatePkcs8KeyDer;

const DOMAINS: usize = 200;
const SEALER: &str = "fabrikam.example";
const FORWARDER: &str = "fwd.fabrikam.example";

/// One message.
#[derive(Clone, Debug)]
pub struct Message {
    pub mail_from: String,
    /// Results in the words of RFC 8601: `dkim=pass spf=pass dmarc=pass arc=none`.
    pub expected: String,
    pub octets: Vec<u8>,
    /// Where the body begins; the empty line is in neither part.
    pub body_at: usize,
}

impl Message {
    fn new(mail_from: String, expected: &str, section: &str, body: &[u8]) -> Message {
        let octets = [section.as_bytes(), body].concat();
        Message { mail_from, expected: expected.to_owned(), octets, body_at: section.len() }
    }
}

/// Makes `count` messages of `size` octets of body and the zone, and writes both to a folder.
pub fn make(folder: &Path, count: usize, size: usize) {
    let key = Key::generate(Algorithm::Rsa2048);
    let maker = Maker::new(&key);
    let mut out = Vec::new();
    for nth in 0..count {
        let message = maker.message(nth, size);
        let (len, body_at) = (message.octets.len(), message.body_at);
        out.extend_from_slice(
            format!("{len} {body_at} {} {}\n", message.mail_from, message.expected).as_bytes(),
        );
        out.extend_from_slice(&message.octets);
    }
    fs::write(folder.join("messages"), out).expect("writes the messages");
    fs::write(folder.join("zone"), maker.master_file()).expect("writes the zone");
}

/// Reads what [`make`] wrote.
pub fn load(folder: &Path) -> Vec<Message> {
    let octets = fs::read(folder.join("messages")).expect("reads the messages");
    let mut rest = octets.as_slice();
    let mut messages = Vec::new();
    while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
        let line = std::str::from_utf8(&rest[..end]).expect("a line of text");
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().expect("four words").to_owned();
        let (len, body_at): (usize, usize) =
            (word().parse().expect("a length"), word().parse().expect("an offset"));
        let (mail_from, expected) = (word(), word());
        messages.push(Message {
            mail_from,
            expected,
            octets: rest[end + 1..end + 1 + len].to_vec(),
            body_at,
        });
        rest = &rest[end + 1 + len..];
    }
    messages
}

/// A message of a login of `domain`, to be signed.
pub fn own(nth: usize, domain: &str, size: usize) -> Message {
    let body = body(nth, size);
    Message::new(format!("jo@{domain}"), "", &header_section(nth, domain), &body)
}

struct Maker<'a> {
    key: &'a Key,
    zone: Zone,
}

impl Maker<'_> {
    fn new(key: &Key) -> Maker<'_> {
        let mut zone = Zone::new();
        for (owner, text) in records(key) {
            let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
            zone.add(&name(&owner), 3600, RecordData::Txt(TxtRecord::from_strings(&strings)));
        }
        Maker { key, zone }
    }

    /// Of ten messages the fourth is unsigned, the eighth altered, the tenth forwarded with an ARC set.
    fn message(&self, nth: usize, size: usize) -> Message {
        let domain = domain(nth);
        let (section, mut body) = (header_section(nth, &domain), body(nth, size));
        let own_path = format!("bounce-{nth}@{domain}");
        if nth % 10 == 3 {
            return Message::new(own_path, "dkim=none spf=pass dmarc=pass arc=none", &section, &body);
        }
        let signed = self.sign(&domain, &section, &body) + &section;
        match nth % 10 {
            7 => {
                let at = body.len() / 2;
                body[at] = if body[at] == b'x' { b'y' } else { b'x' };
                let elsewhere = format!("bounce-{nth}@mailer.example");
                Message::new(elsewhere, "dkim=fail spf=pass dmarc=fail arc=none", &signed, &body)
            }
            9 => {
                let sealed = self.seal(&signed, &body) + &signed;
                let forwarder = format!("srs-{nth}@{SEALER}");
                Message::new(forwarder, "dkim=pass spf=pass dmarc=pass arc=pass", &sealed, &body)
            }
            _ => Message::new(own_path, "dkim=pass spf=pass dmarc=pass arc=none", &signed, &body),
        }
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(self.key.private_der.as_slice())).expect("our key")
    }

    fn settings(&self, domain: &str) -> SigningSettings {
        let selector = Selector::parse("s1").expect("a selector");
        SigningSettings { signed_at: Some(now()), ..SigningSettings::new(name(domain), selector) }
    }

    fn sign(&self, domain: &str, section: &str, body: &[u8]) -> String {
        let section = HeaderSection::parse(section.as_bytes().to_vec());
        let mut signer = dkim::Signer::new(self.settings(domain), &section).expect("signs");
        signer.update(body);
        signer.finish(&self.signing_key()).expect("signs")
    }

    fn seal(&self, section: &str, body: &[u8]) -> String {
        let envelope = Envelope {
            client: "198.51.100.25".parse().expect("an address"),
            helo: HeloIdentity::new("out27.mailer.example"),
            mail_from: MailFrom::new("bounce@mailer.example"),
        };
        let options = Options::new(FORWARDER);
        let mut judged = Authentication::new(envelope, &options, now());
        let mut splitter = Splitter::new();
        let message = [section.as_bytes(), b"\r\n", body].concat();
        let body = splitter.feed(&message).unwrap_or_default();
        judged.header_section(splitter.take_header_section());
        judged.body(body);
        judged.end_of_message();
        assert!(judged.evaluate(&mut Answers::new(&self.zone)).is_ok(), "a zone answers everything");
        let verdict = judged.into_verdict().expect("evaluated");
        let id = AuthservId::parse(FORWARDER).expect("a name");
        let results = verdict.authentication_results(&id, Form::Folded);
        assert!(results.contains("dkim=pass"), "{results}");
        let results = results.trim_end().trim_start_matches("Authentication-Results:");
        let with_results = format!("Authentication-Results:{results}\r\n{section}");
        let with_results = HeaderSection::parse(with_results.into_bytes());
        let mut hashed_already = BodyHashes::new();
        let sealer =
            Sealer::new(self.settings(SEALER), FORWARDER, &with_results, &mut hashed_already).expect("seals");
        sealer.finish(&verdict.section, &verdict.arc, &verdict.body, &self.signing_key()).expect("seals")
    }

    /// A zone of the root, so that one resolver answers everything at once, what does not exist too.
    fn master_file(&self) -> String {
        let mut text = "$ORIGIN .\n$TTL 3600\n@ SOA ns1.example. h.example. 1 60 30 604800 3600\n@ NS ns1.example.\nns1.example. A 127.0.0.1\n".to_owned();
        for nth in 0..DOMAINS {
            let _ = writeln!(text, "{}. MX 10 out27.mailer.example.", domain(nth));
        }
        text.push_str(
            "out27.mailer.example. A 198.51.100.25\n25.100.51.198.in-addr.arpa. PTR out27.mailer.example.\n",
        );
        for (owner, record) in records(self.key) {
            let strings: Vec<&str> =
                record.as_bytes().chunks(250).map(|s| std::str::from_utf8(s).expect("ASCII")).collect();
            let _ = writeln!(text, "{owner}. TXT \"{}\"", strings.join("\" \""));
        }
        text
    }
}

/// Owner and text of every TXT record. SPF: one's own network, then an include.
fn records(key: &Key) -> Vec<(String, String)> {
    let key = format!("v=DKIM1; k=rsa; p={}", BASE64_STANDARD.encode(&key.public_octets));
    let spf = "v=spf1 ip4:203.0.113.0/28 include:_spf.mailer.example -all";
    let mut records = vec![
        ("_spf.mailer.example".to_owned(), "v=spf1 ip4:192.0.2.0/26 ip4:198.51.100.0/26 ~all".to_owned()),
        ("mailer.example".to_owned(), spf.to_owned()),
        ("out27.mailer.example".to_owned(), "v=spf1 ip4:198.51.100.25 -all".to_owned()),
        (SEALER.to_owned(), spf.to_owned()),
        (format!("s1._domainkey.{SEALER}"), key.clone()),
    ];
    for nth in 0..DOMAINS {
        let domain = domain(nth);
        let policy = if nth % 2 == 0 { "reject" } else { "none" };
        records.push((format!("s1._domainkey.{domain}"), key.clone()));
        records
            .push((format!("_dmarc.{domain}"), format!("v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}")));
        records.push((domain, spf.to_owned()));
    }
    records
}

/// Ten messages of ten kinds go to domains of both policies; altered ones (odd) always to `p=none`.
fn domain(nth: usize) -> String {
    format!("sender{}.example", nth % DOMAINS)
}

/// A name that is known to be one.
pub fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

fn body(nth: usize, size: usize) -> Vec<u8> {
    let first = format!("Message {nth} of the load, which differs from all others here.\r\n");
    let rest = Kind::Mixed.body(size.saturating_sub(first.len()).max(4));
    [first.into_bytes(), rest].concat()
}

fn header_section(nth: usize, domain: &str) -> String {
    scene::header_section_of(domain, nth)
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
