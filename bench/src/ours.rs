//! Postseal's side: the same message, the same records, already parsed and cached.

use std::sync::Arc;
use std::time::SystemTime;

use ahash::HashMap;
use postseal_core::dkim::{
    self, BodyHashes, Canonicalization, DkimResult, Selector, SignedNames, SigningKey, SigningSettings,
    Verifier, VerifyOptions,
};
use postseal_core::dmarc::{self, DmarcResult, Identifier};
use postseal_core::dns::{
    Answer, AnswerSource, Answers, DomainName, RecordData, RecordType, TxtRecord, Zone,
};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom, Splitter, author_domain};
use postseal_core::spf::{self, Identity, SpfResult};
use postseal_core::verdict::{Authentication, AuthservId, Form, Options, Verdict, fields_to_strip};
use rustls_pki_types::PrivatePkcs8KeyDer;

use crate::floor::Algorithm;
use crate::scene::{self, Keys, Purpose};

/// Postseal's core with every answer at hand.
pub struct Ours {
    kept: Kept,
    zone: Zone,
    envelope: Envelope,
    options: Options,
    authserv_id: AuthservId,
}

impl Ours {
    /// Knows the scene's records, parsed.
    pub fn new(keys: &Keys) -> Ours {
        Ours::with_records(scene::txt_records(keys), scene::MAIL_FROM)
    }

    /// Knows these records and judges mail of this reverse-path.
    pub fn with_records(records: Vec<(String, Purpose, String)>, mail_from: &str) -> Ours {
        let mut zone = Zone::new();
        for (owner, _, text) in records {
            let owner = DomainName::parse(&owner).expect("a name");
            let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
            zone.add(&owner, 3600, RecordData::Txt(TxtRecord::from_strings(&strings)));
        }
        let mail_from = MailFrom::new(mail_from);
        Ours {
            kept: Kept::default(),
            zone,
            envelope: Envelope { client: scene::CLIENT, helo: HeloIdentity::new(scene::HELO), mail_from },
            options: Options::new(scene::RECEIVER),
            authserv_id: AuthservId::parse(scene::RECEIVER).expect("a name"),
        }
    }

    /// Judges the message once and keeps every answer that it needs, parsed.
    pub fn warm(&mut self, message: &[u8]) {
        let mut answers = Answers::new(&());
        loop {
            let judged = self.verdict_with(message, &mut answers);
            let missing = answers.take_missing();
            assert!(judged.is_some() || !missing.is_empty(), "each round asks something");
            for question in missing {
                let answer = Arc::new(self.zone.answer(&question.name, question.record_type));
                self.kept.keep(Arc::clone(&answer));
                answers.give(answer);
            }
            if judged.is_some() {
                return;
            }
        }
    }

    /// DKIM alone; the number of signatures that pass. The cap on signatures is lifted.
    pub fn verify_dkim(&self, message: &[u8]) -> usize {
        let options = VerifyOptions { max_signatures: usize::MAX, ..VerifyOptions::default() };
        let (section, body) = split(message);
        let author = author_domain(&section).ok();
        let mut hashes = BodyHashes::new();
        let mut verifier = Verifier::new(&section, author.as_ref(), &mut hashes, &options, now());
        hashes.update(body);
        let digests = hashes.finish();
        let mut answers = Answers::new(&self.kept);
        verifier.evaluate(&section, &digests, &mut answers).expect("every answer is at hand");
        verifier.results().filter(|r| r.result == DkimResult::Pass).count()
    }

    /// SPF alone, for MAIL FROM.
    pub fn check_host(&self) -> SpfResult {
        let request = spf::Request::new(&self.envelope, Identity::MailFrom);
        spf::check_host(&request, &mut Answers::new(&self.kept)).expect("every answer is at hand").result
    }

    /// DMARC alone, with an SPF pass at hand; true where it passes.
    pub fn dmarc(&self) -> bool {
        let domain = self.envelope.mail_from.domain().expect("a domain");
        let spf = Identifier { domain, authentication: dmarc::Authentication::Passed };
        let mut answers = Answers::new(&self.kept);
        let options = &self.options.dmarc;
        let evaluation = dmarc::evaluate(domain, Some(spf), std::iter::empty(), options, &mut answers);
        evaluation.expect("every answer is at hand").result == DmarcResult::Pass
    }

    /// All of it, with the text of Authentication-Results and the fields in our name found.
    pub fn judge(&self, message: &[u8]) -> String {
        let verdict = self.verdict_with(message, &mut Answers::new(&self.kept));
        let verdict = verdict.expect("every answer is at hand");
        std::hint::black_box(fields_to_strip(&verdict.section, &self.authserv_id));
        verdict.authentication_results(&self.authserv_id, Form::Folded)
    }

    /// The same with nothing kept: every answer is new, and parsed for this message.
    pub fn judge_cold(&self, message: &[u8]) -> String {
        let verdict = self.verdict_with(message, &mut Answers::new(&self.zone));
        verdict.expect("a zone answers everything").authentication_results(&self.authserv_id, Form::Folded)
    }

    fn verdict_with(&self, message: &[u8], answers: &mut Answers<'_>) -> Option<Verdict> {
        let mut authentication = Authentication::new(self.envelope.clone(), &self.options, now());
        let (section, body) = split(message);
        authentication.header_section(section);
        authentication.body(body);
        authentication.end_of_message();
        authentication.evaluate(answers).ok()?;
        authentication.into_verdict()
    }

    /// Indexes a header section.
    pub fn parse(header_section: &[u8]) -> HeaderSection {
        HeaderSection::parse(header_section.to_vec())
    }
}

/// Postseal's signer, its key loaded.
pub struct Signer {
    key: SigningKey,
    settings: SigningSettings,
}

impl Signer {
    /// Signs [`scene::SIGNED_FIELDS`], relaxed/relaxed.
    pub fn new(algorithm: Algorithm, keys: &Keys) -> Signer {
        let document = PrivatePkcs8KeyDer::from(keys.of(algorithm).private_der.as_slice());
        let domain = DomainName::parse(scene::DOMAIN).expect("a name");
        let selector = Selector::parse(scene::selector_of(algorithm)).expect("a selector");
        let mut settings = SigningSettings::new(domain, selector);
        settings.signed_names = SignedNames::parse(&scene::SIGNED_FIELDS.join(":")).expect("names");
        Signer { key: SigningKey::from_pkcs8(&document).expect("our key"), settings }
    }

    /// Signs the usual fields in these canonicalizations.
    pub fn usual(
        algorithm: Algorithm,
        keys: &Keys,
        (header_form, body_form): (Canonicalization, Canonicalization),
    ) -> Signer {
        let Signer { key, settings } = Signer::new(algorithm, keys);
        let signed_names = SignedNames::Usual;
        Signer { key, settings: SigningSettings { header_form, body_form, signed_names, ..settings } }
    }

    /// The DKIM-Signature field.
    pub fn sign(&self, message: &[u8]) -> String {
        let (section, body) = split(message);
        let settings = SigningSettings { signed_at: Some(now()), ..self.settings.clone() };
        let mut signer = dkim::Signer::new(settings, &section).expect("signs");
        signer.update(body);
        signer.finish(&self.key).expect("signs")
    }
}

/// The header section and the body.
fn split(message: &[u8]) -> (HeaderSection, &[u8]) {
    let mut splitter = Splitter::new();
    let body = splitter.feed(message).unwrap_or_default();
    (splitter.take_header_section(), body)
}

/// The peer looks at the clock for each message; so do we.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A map without a lock, as the peer has one.
#[derive(Default)]
struct Kept(HashMap<DomainName, Vec<Arc<Answer>>>);

impl Kept {
    fn keep(&mut self, answer: Arc<Answer>) {
        let of_name = self.0.entry(answer.question.name.clone()).or_default();
        if of_name.iter().all(|kept| kept.question.record_type != answer.question.record_type) {
            of_name.push(answer);
        }
    }
}

impl AnswerSource for Kept {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        self.0.get(name)?.iter().find(|answer| answer.question.record_type == record_type).cloned()
    }
}
