//! Targets of `postseal-core`: one per parser, and one for a whole message.

use postseal_core::advice::{
    Bounce, BounceRules, MAX_POLICY_AGE, MAX_POLICY_FAULTS, MAX_REPLIES, MAX_REPLY_TEXT, MAX_REPORTED,
    Pasted, ReadPolicy, ReportedArcSets, ReportedResults, bimi_faults, diagnose, examine_message,
    header_fields, mta_sts_faults, tlsrpt_faults,
};
use postseal_core::arc;
use postseal_core::dkim::{
    BodyHashes, Canonicalization, KeyRecord, Selector, Signer, SigningKey, SigningSettings, Verifier,
    VerifyOptions,
};
use postseal_core::dmarc::{PolicyRecord, ReportUri};
use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use postseal_core::message::{
    Envelope, HeaderSection, HeloIdentity, Hop, MailFrom, Splitter, author_domain, first_untrusted_hop,
};
use postseal_core::spf::{self, Identity, Record};
use postseal_core::verdict::{Authentication, AuthenticationResults, AuthservId, Form, Options, claims};

/// A target: any octets, and a panic where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Target)] = &[
    ("authentication_results", authentication_results),
    ("arc_chain", arc_chain),
    ("author_domain", from_field),
    ("body_hash", body_hash),
    ("bounce", bounce),
    ("check_host", check_host),
    ("dkim_key_record", dkim_key_record),
    ("dkim_signature", dkim_signature),
    ("dmarc_policy_record", dmarc_policy_record),
    ("domain_name", domain_name),
    ("header_section", header_section),
    ("message", message),
    ("received", received),
    ("message_changes", message_changes),
    ("mta_sts_policy", mta_sts_policy),
    ("reported", reported),
    ("sign_then_verify", sign_then_verify),
    ("spf_record", spf_record),
    ("versioned_record", versioned_record),
];

/// Fields lie in order, within the octets, and say what was received.
pub fn header_section(data: &[u8]) {
    let section = HeaderSection::parse(data.to_vec());
    assert_eq!(section.octets(), data);
    let mut covered = 0;
    for field in section.fields() {
        covered += field.octets().len();
        assert!(field.octets().starts_with(field.name()));
        assert!(!field.name().is_empty() && !field.name().contains(&b':'));
        assert_eq!(field.name_hash(), HeaderSection::name_hash(field.name()));
    }
    assert!(covered <= data.len());
    split_whatever_the_chunks(data);
}

fn split_whatever_the_chunks(data: &[u8]) {
    let mut whole = Splitter::new();
    let Ok(body) = whole.feed(data) else { return };
    let size = 1 + data.len() % 7;
    let (mut parts, mut rest) = (Splitter::new(), Vec::new());
    for chunk in data.chunks(size) {
        rest.extend_from_slice(parts.feed(chunk).expect("the whole was not too long"));
    }
    assert_eq!(rest, body);
    assert_eq!(parts.take_header_section().octets(), whole.take_header_section().octets());
}

/// An Author Domain is a domain name, and stays one.
pub fn from_field(data: &[u8]) {
    let mut octets = b"From: ".to_vec();
    octets.extend_from_slice(data);
    if let Ok(domain) = author_domain(&HeaderSection::parse(octets)) {
        assert_eq!(DomainName::parse(domain.as_str()).as_ref(), Ok(&domain));
    }
}

/// The client that is read stands in the field, and what the client chose never passes for it.
pub fn received(data: &[u8]) {
    if let Some(hop) = Hop::read(data) {
        assert_eq!(hop.client, hop.client.to_canonical());
        assert!(!hop.helo.is_empty() && !hop.helo.contains([' ', '\t', '\r', '\n', '(', ')', '"']));
        let again = format!(" from {} ([{}])", hop.helo, hop.client);
        assert_eq!(Hop::read(again.as_bytes()), Some(hop));
    }
    let text = String::from_utf8_lossy(data);
    // A HELO argument is one word; a host name and an ident are what servers let through.
    let chosen: Vec<&str> = text.splitn(3, ['\0', '\n']).collect();
    let [helo, name, ident] = chosen[..] else { return };
    let helo = helo.replace(|c: char| c.is_whitespace() || c.is_control(), "");
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'), "");
    let ident = ident.replace(|c: char| !c.is_ascii_graphic() || "()<>,;:\\\"[]@".contains(c), "");
    for from in [
        format!("{helo} ({name} [192.0.2.1])"),
        format!("{helo} ({ident}@{name} [192.0.2.1] (may be forged))"),
        format!("{helo} ([192.0.2.1])"),
        format!("{name} ([192.0.2.1]:25 helo={helo} ident={ident})"),
        format!("[192.0.2.1] (port=25 helo={helo} ident={ident})"),
    ] {
        let mut section = HeaderSection::default();
        section
            .push(b"Received", format!(" from {from}\r\n\tby mx.example; 1 Jan 2026 00:00 +0000").as_bytes());
        if let Ok(hop) = first_untrusted_hop(&section, |_| false) {
            assert_eq!(hop.client.to_string(), "192.0.2.1", "{from}");
        }
    }
}

/// Reading a name twice changes nothing.
pub fn domain_name(data: &[u8]) {
    if let Ok(name) = DomainName::parse_octets(data) {
        assert!(name.as_str().len() <= DomainName::MAX_LEN);
        assert_eq!(DomainName::parse(name.as_str()).as_ref(), Ok(&name));
        assert_eq!(name.labels().count(), name.label_count());
        assert!(name.is_at_or_below(&name.suffix(1)));
    }
    let text = String::from_utf8_lossy(data);
    let _ = MailFrom::new(&text);
    let _ = HeloIdentity::new(&text);
    let _ = ReportUri::parse(&text);
}

/// What is written again reads the same.
pub fn spf_record(data: &[u8]) {
    let record = Record::parse(data);
    let written = record.to_string();
    assert_eq!(Record::parse(written.as_bytes()).to_string(), written);
}

/// An evaluation ends, whatever the record, within its limits.
pub fn check_host(data: &[u8]) {
    let mut zone = Zone::new();
    let (own, other) = data.split_at(data.len() / 2);
    add_txt(&mut zone, "example.org", own);
    add_txt(&mut zone, "other.example.org", other);
    for client in ["192.0.2.1", "2001:db8::1"] {
        let envelope = Envelope {
            client: client.parse().expect("an address"),
            helo: HeloIdentity::new("mail.example.org"),
            mail_from: MailFrom::new("strong-bad@example.org"),
        };
        let request = spf::Request {
            explanation: spf::ExplanationWanted::Yes,
            ..spf::Request::new(&envelope, Identity::MailFrom)
        };
        let mut answers = Answers::new(&zone);
        let evaluation = spf::check_host(&request, &mut answers).expect("a zone answers everything");
        assert!(evaluation.lookups <= spf::MAX_LOOKUPS);
        assert!(evaluation.void_lookups <= spf::MAX_VOID_LOOKUPS + 1);
        assert!(answers.trace().len() <= 150);
    }
}

fn add_txt(zone: &mut Zone, owner: &str, octets: &[u8]) {
    let owner = DomainName::parse(owner).expect("a valid name");
    zone.add(&owner, 60, RecordData::Txt(TxtRecord::from_strings(&[octets])));
}

/// Any DKIM-Signature field gets a verdict, and without a key it is no pass.
pub fn dkim_signature(data: &[u8]) {
    let mut octets = b"From: a@example.org\r\nDKIM-Signature: ".to_vec();
    octets.extend_from_slice(data);
    let section = HeaderSection::parse(octets);
    let mut hashes = BodyHashes::new();
    let mut verifier = Verifier::new(&section, None, &mut hashes, &VerifyOptions::default(), 0);
    let zone = Zone::new();
    let mut answers = Answers::new(&zone);
    verifier.evaluate(&section, &hashes.finish(), &mut answers).expect("a zone answers everything");
    assert!(verifier.results().all(|r| r.result.as_str() != "pass" && r.cause.is_some()));
}

/// Any key record is read or refused.
pub fn dkim_key_record(data: &[u8]) {
    if let Ok(record) = KeyRecord::parse(data) {
        let _ = (record.key.is_ok(), record.testing, record.strict);
    }
}

/// Findings lie within the record.
pub fn dmarc_policy_record(data: &[u8]) {
    let read = PolicyRecord::read(data);
    assert_eq!(read.record.is_some(), PolicyRecord::is_one(data));
    for finding in read.findings {
        assert!(finding.span.start <= finding.span.end && finding.span.end <= data.len());
    }
}

/// What is read and written again reads the same, is one line, and claims who wrote it.
pub fn authentication_results(data: &[u8]) {
    let read = AuthenticationResults::read(data);
    for finding in &read.findings {
        assert!(finding.span.start <= finding.span.end && finding.span.end <= data.len());
    }
    let once = read.field.write(Form::Unfolded);
    assert!(!once.contains(['\r', '\n', '\0']));
    let again = AuthenticationResults::read(once.as_bytes()).field;
    assert_eq!(again.results.len(), read.field.results.len());
    assert_eq!(again.write(Form::Unfolded), once);
    assert_eq!(AuthenticationResults::read(again.write(Form::Folded).as_bytes()).field, again);
    if let Some(Ok(id)) = read.field.authserv_id.as_deref().map(AuthservId::parse) {
        assert!(claims(data, &id), "{:?} {id}", String::from_utf8_lossy(data));
    }
}

/// Any octets are read as a bounce, within the limits, and what is said about them is about something.
pub fn bounce(data: &[u8]) {
    let bounce = Bounce::read(data);
    assert!(bounce.replies.len() <= 100 * MAX_REPLIES);
    for reply in &bounce.replies {
        assert!(reply.text.len() <= MAX_REPLY_TEXT + 16_384, "{}", reply.text.len());
        assert!(reply.code.is_none_or(|code| (400..600).contains(&code)));
    }
    if let Some(diagnosis) = diagnose(&bounce, &BounceRules::default()) {
        assert!(!diagnosis.causes.is_empty() && diagnosis.rule.is_none());
    }
}

/// Any octets are recognised as something; what is read of them is bounded and is about something.
pub fn reported(data: &[u8]) {
    let pasted = Pasted::recognise(data);
    let results = ReportedResults::read(data);
    assert!(results.results.len() <= MAX_REPORTED);
    let section = header_fields(data);
    let sets = ReportedArcSets::read(&section);
    assert!(pasted != Pasted::Arc || sets.is_some());
    if let Some(sets) = sets {
        assert!(sets.sets.len() <= usize::from(arc::MAX_SETS));
        assert!(sets.sets.is_sorted_by(|one, other| one.instance < other.instance));
    }
}

/// Whatever became of a message, its examination ends, and a signature that passes has no changes.
pub fn message_changes(data: &[u8]) {
    let mut splitter = Splitter::new();
    let Ok(body) = splitter.feed(data) else { return };
    let section = splitter.take_header_section();
    let mut zone = Zone::new();
    add_txt(&mut zone, "s._domainkey.example.org", RFC8463_KEY);
    let mut answers = Answers::new(&zone);
    let examined = examine_message(&section, body, 0, &mut answers).expect("a zone answers everything");
    for signature in &examined.signatures {
        assert!(signature.changes.is_empty() || signature.result.result.as_str() == "fail");
        assert!(signature.suspects.iter().all(|number| *number < examined.hops.len()));
    }
}

/// A body has one hash, whatever the chunks.
pub fn body_hash(data: &[u8]) {
    let (&first, body) = data.split_first().unwrap_or((&1, &[]));
    let size = usize::from(first).max(1);
    let limit = Some(u64::from(first));
    let forms = [Canonicalization::Relaxed, Canonicalization::Simple];
    let hash = |size: usize| {
        let mut hashes = BodyHashes::new();
        for form in forms {
            hashes.register(form, None);
            hashes.register(form, limit);
        }
        for chunk in body.chunks(size) {
            hashes.update(chunk);
        }
        let digests = hashes.finish();
        forms.map(|form| (digests.get(form, None), digests.get(form, limit)))
    };
    assert_eq!(hash(body.len().max(1)), hash(size));
}

/// A whole message, from a client that nothing authorises: a verdict comes, and
/// it is never `pass` for a domain whose key the message's author does not have.
pub fn message(data: &[u8]) {
    let mut zone = Zone::new();
    add_txt(&mut zone, "victim.example", b"v=spf1 -all");
    add_txt(&mut zone, "_dmarc.victim.example", b"v=DMARC1; p=reject");
    add_txt(&mut zone, "s._domainkey.victim.example", RFC8463_KEY);
    add_txt(&mut zone, "attacker.example", b"v=spf1 +all");
    let envelope = Envelope {
        client: "203.0.113.66".parse().expect("an address"),
        helo: HeloIdentity::new("attacker.example"),
        mail_from: MailFrom::new("x@attacker.example"),
    };
    let options = Options::new("mx.example.net");
    let mut judged = Authentication::new(envelope, &options, 1_790_000_000);
    let mut splitter = Splitter::new();
    let Ok(body) = splitter.feed(data) else { return };
    judged.header_section(splitter.take_header_section());
    judged.body(body);
    let mut answers = Answers::new(&zone);
    judged.evaluate(&mut answers).expect("a zone answers everything");
    assert!(answers.trace().len() <= 150);
    let verdict = judged.into_verdict().expect("evaluated");
    let author = verdict.dmarc.author_domain.as_ref().map_or("", |d| d.as_str());
    if author.ends_with("victim.example") {
        assert_ne!(verdict.dmarc.result.as_str(), "pass");
    }
}

/// The public key of RFC 8463 appendix A.2: well known, but its private key never signed for our victim.
const RFC8463_KEY: &[u8] = b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// Any ARC fields are a chain, or none, and without keys no passing one.
pub fn arc_chain(data: &[u8]) {
    let mut octets = b"From: a@example.org\r\n".to_vec();
    octets.extend_from_slice(data);
    let section = HeaderSection::parse(octets);
    let mut hashes = BodyHashes::new();
    let mut validator = arc::Validator::new(&section, &mut hashes, &arc::ValidateOptions::default(), 0);
    let zone = Zone::new();
    let mut answers = Answers::new(&zone);
    validator.evaluate(&section, &hashes.finish(), &mut answers).expect("a zone answers everything");
    let chain = validator.into_chain().expect("evaluated");
    assert_ne!(chain.result.as_str(), "pass");
    assert_eq!(chain.cause.is_some(), chain.result.as_str() == "fail");
}

/// What we sign passes, unless readers disagree about its header section or it
/// has no From field; and it fails once an octet is added to its body.
pub fn sign_then_verify(data: &[u8]) {
    let mut splitter = Splitter::new();
    let Ok(body) = splitter.feed(data) else { return };
    let section = splitter.take_header_section();
    let sdid = DomainName::parse("example.org").expect("a valid name");
    let selector = Selector::parse("s").expect("a valid selector");
    let key = SigningKey::from_pem(KEY.as_bytes()).expect("a valid key");
    let Ok(mut signer) = Signer::new(SigningSettings::new(sdid, selector), &section) else { return };
    signer.update(body);
    let Ok(field) = signer.finish(&key) else { return };
    let signed = HeaderSection::parse([field.as_bytes(), section.octets()].concat());
    let mut zone = Zone::new();
    add_txt(&mut zone, "s._domainkey.example.org", key.record().as_bytes());
    let judge = |body: &[u8]| {
        let mut hashes = BodyHashes::new();
        // The one that we made is verified, whatever signatures were there.
        let options = VerifyOptions { max_signatures: usize::MAX, ..VerifyOptions::default() };
        let mut verifier = Verifier::new(&signed, None, &mut hashes, &options, u64::MAX);
        hashes.update(body);
        let mut answers = Answers::new(&zone).with_limit(u16::MAX);
        verifier.evaluate(&signed, &hashes.finish(), &mut answers).expect("a zone answers everything");
        verifier.results().next().map(|r| r.result.as_str())
    };
    if signed.ambiguity().is_none() {
        assert_eq!(judge(body), Some("pass"));
        assert_ne!(judge(&[body, b"x\r\n"].concat()), Some("pass"));
    }
}

/// An Ed25519 key for nothing else: the seed of RFC 8463 appendix A.2.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

/// TLSRPT, MTA-STS and BIMI: each fault stands within the record, and there are not many.
pub fn versioned_record(data: &[u8]) {
    for faults in [tlsrpt_faults(data), mta_sts_faults(data), bimi_faults(data)] {
        assert!(faults.len() < 200, "{}", faults.len());
        for (fault, span) in faults {
            assert!(data.get(span).is_some(), "{fault:?}");
        }
    }
}

/// An MTA-STS Policy is read or not, for a reason; what is read of it is bounded, and written again it reads the same.
pub fn mta_sts_policy(data: &[u8]) {
    let read = ReadPolicy::read(data);
    assert!(read.faults.len() <= MAX_POLICY_FAULTS + 8, "{}", read.faults.len());
    for faulty in &read.faults {
        assert!(faulty.line.get(faulty.span.clone()).is_some(), "{faulty:?}");
    }
    let is_useless = read.faults.iter().any(|faulty| !faulty.fault.is_harmless());
    assert_eq!(read.policy.is_none(), is_useless, "{:?}", read.faults);
    let Some(policy) = read.policy else { return };
    assert!(policy.max_age <= MAX_POLICY_AGE);
    let mut text = format!("version: STSv1\nmode: {}\nmax_age: {}\n", policy.mode.as_str(), policy.max_age);
    for pattern in &policy.mx {
        text.push_str(&format!("mx: {pattern}\n"));
    }
    // Names in full, one a line, may be longer than what they were read from.
    if text.len() <= data.len() {
        let again = ReadPolicy::read(text.as_bytes());
        assert!(again.faults.is_empty() && again.policy == Some(policy), "{:?}", again.faults);
    }
}
