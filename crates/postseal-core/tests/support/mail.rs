//! Signing and verifying whole messages held in memory.

use postseal_core::dkim::{
    BodyHashes, Selector, SignError, SignatureResult, Signer, SigningKey, SigningSettings, Verifier,
    VerifyOptions,
};
use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use postseal_core::message::{HeaderSection, Splitter};

/// Header section and body of a message with CRLF line ends.
pub fn split(message: &[u8]) -> (HeaderSection, &[u8]) {
    let mut splitter = Splitter::new();
    let body = splitter.feed(message).expect("a small header section");
    (splitter.take_header_section(), body)
}

/// What `verify` is told besides the message.
pub struct Verification<'a> {
    pub zone: &'a Zone,
    pub now: u64,
    pub author_domain: Option<DomainName>,
    pub options: VerifyOptions,
}

impl<'a> Verification<'a> {
    pub fn new(zone: &'a Zone) -> Verification<'a> {
        Verification { zone, now: 1_700_000_000, author_domain: None, options: VerifyOptions::default() }
    }

    /// The results for each signature, top down.
    pub fn of(&self, message: &[u8]) -> Vec<SignatureResult> {
        let (section, body) = split(message);
        let mut hashes = BodyHashes::new();
        let author = self.author_domain.as_ref();
        let mut verifier = Verifier::new(&section, author, &mut hashes, &self.options, self.now);
        for chunk in body.chunks(1000) {
            hashes.update(chunk);
        }
        let mut answers = Answers::new(self.zone);
        verifier.evaluate(&section, &hashes.finish(), &mut answers).expect("the zone answers");
        verifier.results().cloned().collect()
    }

    /// The tokens of the results, top down.
    pub fn tokens(&self, message: &[u8]) -> Vec<&'static str> {
        self.of(message).iter().map(|r| r.result.as_str()).collect()
    }
}

/// The message with a signature on top.
pub fn sign(message: &[u8], settings: &SigningSettings, key: &SigningKey) -> Result<Vec<u8>, SignError> {
    let (section, body) = split(message);
    let mut signer = Signer::new(settings.clone(), &section)?;
    for chunk in body.chunks(1000) {
        signer.update(chunk);
    }
    Ok([signer.finish(key)?.as_bytes(), message].concat())
}

/// Settings for `selector` at `example.com`.
pub fn settings(selector: &str) -> SigningSettings {
    SigningSettings::new(name("example.com"), Selector::parse(selector).expect("a selector"))
}

pub fn name(text: &str) -> DomainName {
    DomainName::from_expansion(text).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

/// Adds a key record.
pub fn publish(zone: &mut Zone, owner: &str, record: &str) {
    zone.add(&name(owner), 3600, RecordData::Txt(TxtRecord::from_strings(&[record])));
}

pub fn rsa_key() -> SigningKey {
    SigningKey::from_pem(include_bytes!("../fixtures/keys/good_rsa_2048_pkcs8.pem")).expect("a key")
}

pub fn ed25519_key() -> SigningKey {
    SigningKey::from_pem(include_bytes!("../fixtures/keys/good_ed25519_openssl.pem")).expect("a key")
}

/// Both keys published at `example.com` under `rsa` and `ed`.
pub fn signers_zone() -> Zone {
    let mut zone = Zone::new();
    publish(&mut zone, "rsa._domainkey.example.com", &rsa_key().record());
    publish(&mut zone, "ed._domainkey.example.com", &ed25519_key().record());
    zone
}

pub const MESSAGE: &[u8] = b"From: Joe <joe@example.com>\r\nTo: sue@example.net\r\nSubject: Tea\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <1@example.com>\r\n\r\nAt four?\r\n";
