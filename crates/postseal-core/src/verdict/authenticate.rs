use std::ops::Deref;

use super::Verdict;
use crate::arc;
use crate::dkim::{self, BodyDigests, BodyHashes, Canonicalization};
use crate::dmarc::{self, Identifier};
use crate::dns::{Answers, DomainName, Missing};
use crate::message::{AuthorDomainError, Envelope, HeaderSection, MailFrom, author_domain};
use crate::spf::{self, ExplanationWanted, Identity};

/// How messages are judged. One value serves many messages.
#[derive(Clone, Debug)]
pub struct Options {
    /// What this host is called, for SPF explanations (RFC 7208 §7.3, "%{r}").
    pub receiver: String,
    /// Whether the explanation of an SPF "fail" is fetched; it costs a query.
    pub explanation: ExplanationWanted,
    /// How signatures are verified.
    pub dkim: dkim::VerifyOptions,
    /// How the policy is found and read.
    pub dmarc: dmarc::Options,
}

impl Options {
    /// The defaults, for a host of this name.
    pub fn new(receiver: &str) -> Options {
        Options {
            receiver: receiver.to_owned(),
            explanation: ExplanationWanted::No,
            dkim: dkim::VerifyOptions::default(),
            dmarc: dmarc::Options::default(),
        }
    }
}

/// The judgement of one message, from the envelope to the verdict.
///
/// ```text
/// new(envelope)            check_client(answers)        SPF may be asked from here on
/// header_section(section)  ask_ahead(answers)           keys and policy, while the body arrives
/// body(chunk) …            end_of_message()
///                          evaluate(answers)            until nothing is missing
/// into_verdict()
/// ```
///
/// The steps on the right look answers up and note what is missing. Each may be
/// called any number of times; what has been decided is not decided again: no
/// body is hashed and no signature verified twice.
#[derive(Debug)]
pub struct Authentication<O> {
    options: O,
    envelope: Envelope,
    now: u64,
    helo: Option<spf::Evaluation>,
    mail_from: Option<spf::Evaluation>,
    message: Option<Message>,
    dmarc: Option<dmarc::Evaluation>,
}

/// What the message itself brings.
#[derive(Debug)]
struct Message {
    section: HeaderSection,
    author_domain: Result<DomainName, AuthorDomainError>,
    signatures: dkim::Verifier,
    chain: arc::Validator,
    body: Body,
}

/// The body: on its way, or hashed.
#[derive(Debug)]
enum Body {
    Arriving(BodyHashes),
    Hashed(BodyDigests),
}

impl<O: Deref<Target = Options>> Authentication<O> {
    /// A message with this envelope; `now` in seconds since 1970. `options` is a
    /// reference or an `Arc`.
    pub fn new(envelope: Envelope, options: O, now: u64) -> Authentication<O> {
        Authentication { options, envelope, now, helo: None, mail_from: None, message: None, dmarc: None }
    }

    /// Checks both SPF identities, as far as answers are there.
    ///
    /// # Errors
    /// [`Missing`] where answers are missing.
    pub fn check_client(&mut self, answers: &mut Answers<'_>) -> Result<(), Missing> {
        // RFC 7208 §2.3: "It is RECOMMENDED that SPF verifiers not only check the "MAIL FROM"
        // identity but also separately check the "HELO" identity".
        let mail_from = self.check_identity(Identity::MailFrom, answers);
        if self.envelope.mail_from == MailFrom::Null {
            // The same check: "postmaster" at the HELO domain (RFC 7208 §2.4).
            self.helo = self.mail_from.clone();
            return mail_from;
        }
        let helo = self.check_identity(Identity::Helo, answers);
        mail_from.and(helo)
    }

    fn check_identity(&mut self, identity: Identity, answers: &mut Answers<'_>) -> Result<(), Missing> {
        let checked = match identity {
            Identity::Helo => &mut self.helo,
            Identity::MailFrom => &mut self.mail_from,
        };
        if checked.is_some() {
            return Ok(());
        }
        let request = spf::Request {
            receiver: Some(&self.options.receiver),
            now: self.now,
            explanation: self.options.explanation,
            ..spf::Request::new(&self.envelope, identity)
        };
        *checked = Some(spf::check_host(&request, answers)?);
        Ok(())
    }

    /// Leaves SPF out, since the client's address is not known: `none` for both identities,
    /// and nothing is asked. The envelope's client is not looked at.
    pub fn client_is_unknown(&mut self) {
        let unknown = |identity| spf::Evaluation::without_client(&self.envelope, identity);
        (self.helo, self.mail_from) = (Some(unknown(Identity::Helo)), Some(unknown(Identity::MailFrom)));
    }

    /// Takes the header section. The body follows.
    pub fn header_section(&mut self, section: HeaderSection) {
        let author_domain = author_domain(&section);
        let mut hashes = BodyHashes::new();
        let author = author_domain.as_ref().ok();
        let signatures = dkim::Verifier::new(&section, author, &mut hashes, &self.options.dkim, self.now);
        let allow_unsigned_body = self.options.dkim.allow_unsigned_body;
        let chain = arc::ValidateOptions { allow_unsigned_body };
        let chain = arc::Validator::new(&section, &mut hashes, &chain, self.now);
        let body = Body::Arriving(hashes);
        self.message = Some(Message { section, author_domain, signatures, chain, body });
    }

    /// The header section, once it has been taken.
    pub fn section(&self) -> Option<&HeaderSection> {
        self.message.as_ref().map(|m| &m.section)
    }

    /// Notes the questions about keys and policy.
    pub fn ask_ahead(&self, answers: &mut Answers<'_>) {
        let Some(message) = &self.message else { return };
        if let Ok(author) = &message.author_domain {
            dmarc::prefetch(author, &self.options.dmarc, answers);
        }
        message.signatures.prefetch(answers);
        message.chain.prefetch(answers);
    }

    /// Asks for a hash of the body in this form, as [`crate::arc::Sealer`] needs it. After the
    /// header section and before the body.
    pub fn hash_body(&mut self, form: Canonicalization) {
        if let Some(Message { body: Body::Arriving(hashes), .. }) = &mut self.message {
            hashes.register(form, None);
        }
    }

    /// Takes the next octets of the body.
    pub fn body(&mut self, chunk: &[u8]) {
        if let Some(Message { body: Body::Arriving(hashes), .. }) = &mut self.message {
            hashes.update(chunk);
        }
    }

    /// The body is complete.
    pub fn end_of_message(&mut self) {
        if let Some(message) = &mut self.message
            && let Body::Arriving(hashes) = &mut message.body
        {
            message.body = Body::Hashed(std::mem::take(hashes).finish());
        }
    }

    /// Decides everything that the answers decide. A message whose header
    /// section or end has not been told counts as ended now.
    ///
    /// # Errors
    /// [`Missing`] where answers are missing.
    pub fn evaluate(&mut self, answers: &mut Answers<'_>) -> Result<(), Missing> {
        if self.message.is_none() {
            self.header_section(HeaderSection::default());
        }
        self.end_of_message();
        // All that is missing is noted in one go.
        let client = self.check_client(answers);
        let signatures = self.check_signatures(answers);
        if client.and(signatures).is_err() {
            self.ask_ahead(answers);
            return Err(Missing);
        }
        if self.dmarc.is_none() {
            self.dmarc = Some(self.check_alignment(answers)?);
        }
        Ok(())
    }

    fn check_signatures(&mut self, answers: &mut Answers<'_>) -> Result<(), Missing> {
        let Some(Message { section, signatures, chain, body: Body::Hashed(digests), .. }) = &mut self.message
        else {
            return Ok(());
        };
        let signatures = signatures.evaluate(section, digests, answers);
        let chain = chain.evaluate(section, digests, answers);
        signatures.and(chain)
    }

    fn check_alignment(&self, answers: &mut Answers<'_>) -> Result<dmarc::Evaluation, Missing> {
        let options = &self.options.dmarc;
        let no_from = || dmarc::Evaluation::without_author_domain(AuthorDomainError::NoFrom, options);
        let Some(message) = &self.message else { return Ok(no_from()) };
        let author = match &message.author_domain {
            Ok(author) => author,
            Err(error) => {
                return Ok(dmarc::Evaluation::without_author_domain(error.clone(), options));
            }
        };
        let spf = self.mail_from.as_ref().and_then(spf_identifier);
        let dkim = message.signatures.results().filter_map(dkim_identifier);
        dmarc::evaluate(author, spf, dkim, options, answers)
    }

    /// The verdict, once [`Authentication::evaluate`] has returned `Ok`; `None` before.
    pub fn into_verdict(self) -> Option<Verdict> {
        let message = self.message?;
        let Body::Hashed(body) = message.body else { return None };
        Some(Verdict {
            helo: self.helo?,
            mail_from: self.mail_from?,
            dkim: message.signatures.into_results(),
            arc: message.chain.into_chain()?,
            dmarc: self.dmarc?,
            section: message.section,
            body,
        })
    }
}

/// RFC 9989 §4.4.2: "DMARC relies solely on SPF validation of the MAIL FROM identity."
fn spf_identifier(evaluation: &spf::Evaluation) -> Option<Identifier<'_>> {
    Some(Identifier { domain: evaluation.domain.as_ref()?, authentication: evaluation.result.into() })
}

fn dkim_identifier(signature: &dkim::SignatureResult) -> Option<Identifier<'_>> {
    Some(Identifier { domain: signature.sdid.as_ref()?, authentication: signature.result.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dmarc::DmarcResult;
    use crate::dns::{RecordData, RecordType, TxtRecord, Zone};
    use crate::message::HeloIdentity;
    use crate::spf::SpfResult;

    fn zone(records: &[(&str, &str)]) -> Zone {
        let mut zone = Zone::new();
        for (name, text) in records {
            let name = DomainName::parse(name).expect("a valid test name");
            zone.add(&name, 60, RecordData::Txt(TxtRecord::from_strings(&[text])));
        }
        zone
    }

    fn envelope() -> Envelope {
        Envelope {
            client: "192.0.2.1".parse().expect("an address"),
            helo: HeloIdentity::new("mail.example.org"),
            mail_from: MailFrom::new("jo@example.org"),
        }
    }

    /// Judges from a zone and, step by step, from answers given round by round: both agree.
    fn judge(zone: &Zone, header: &str) -> Verdict {
        let options = Options::new("mx.example.net");
        let mut message = Authentication::new(envelope(), &options, 0);
        message.header_section(HeaderSection::parse(header.as_bytes().to_vec()));
        message.body(b"Hello\r\n");
        let mut answers = Answers::new(&());
        let mut rounds = 0;
        while message.evaluate(&mut answers).is_err() {
            rounds += 1;
            assert!(rounds < 32, "each round answers something new");
            for question in answers.take_missing() {
                answers.give(std::sync::Arc::new(zone.answer(&question.name, question.record_type)));
            }
        }
        message.into_verdict().expect("evaluated")
    }

    #[test]
    fn spf_passes_for_the_author_domain() {
        let zone = zone(&[
            ("example.org", "v=spf1 ip4:192.0.2.1 -all"),
            ("_dmarc.example.org", "v=DMARC1; p=reject"),
        ]);
        let verdict = judge(&zone, "From: jo@example.org\r\n");
        assert_eq!(verdict.dmarc.result, DmarcResult::Pass);
        assert!(verdict.dmarc.alignment.spf && !verdict.dmarc.alignment.dkim);
        assert_eq!(verdict.helo.result, SpfResult::None);
    }

    #[test]
    fn an_unknown_client_is_not_authorised_by_anybody() {
        let zone = zone(&[("example.org", "v=spf1 +all"), ("_dmarc.example.org", "v=DMARC1; p=reject")]);
        let options = Options::new("mx.example.net");
        let mut message = Authentication::new(envelope(), &options, 0);
        message.client_is_unknown();
        message.header_section(HeaderSection::parse(b"From: jo@example.org\r\n".to_vec()));
        let mut answers = Answers::new(&zone);
        message.evaluate(&mut answers).expect("a zone answers everything");
        let verdict = message.into_verdict().expect("evaluated");
        assert_eq!((verdict.mail_from.result, verdict.helo.result), (SpfResult::None, SpfResult::None));
        assert_eq!(verdict.mail_from.domain.as_ref().map(DomainName::as_str), Some("example.org"));
        assert_eq!(verdict.dmarc.result, DmarcResult::Fail);
    }

    #[test]
    fn alignment_is_told_without_a_policy() {
        let zone = zone(&[("example.org", "v=spf1 ip4:192.0.2.1 -all")]);
        let verdict = judge(&zone, "From: jo@example.org\r\n");
        assert_eq!(verdict.dmarc.result, DmarcResult::None);
        assert!(verdict.dmarc.alignment.spf);
    }

    #[test]
    fn no_usable_author_domain_is_permerror() {
        let zone = zone(&[("example.org", "v=spf1 ip4:192.0.2.1 -all")]);
        for header in ["Subject: none\r\n", "From: a@example.org\r\nFrom: b@example.net\r\n", ""] {
            assert_eq!(judge(&zone, header).dmarc.result, DmarcResult::Permerror, "{header:?}");
        }
    }

    #[test]
    fn spf_and_policy_are_asked_in_the_first_round() {
        let options = Options::new("mx.example.net");
        let mut message = Authentication::new(envelope(), &options, 0);
        message.header_section(HeaderSection::parse(b"From: jo@example.org\r\n".to_vec()));
        let mut answers = Answers::new(&());
        assert!(message.evaluate(&mut answers).is_err());
        let asked: Vec<String> = answers.take_missing().iter().map(ToString::to_string).collect();
        for name in ["example.org TXT", "mail.example.org TXT", "_dmarc.example.org TXT"] {
            assert!(asked.contains(&name.to_owned()), "{name} in {asked:?}");
        }
        assert!(asked.iter().all(|q| q.ends_with(RecordType::Txt.as_str())));
    }
}
