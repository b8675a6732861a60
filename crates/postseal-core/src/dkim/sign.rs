use aws_lc_rs::digest::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use compact_str::ToCompactString;

use super::canonicalization::HeaderHasher;
use super::folded_field::FoldedField;
use super::signed_fields::FieldIndex;
use super::signed_names::USUAL;
use super::{Auid, BodyDigests, BodyHashes, Canonicalization, NameList, Selector, SignedNames, SigningKey};
use crate::dns::{DomainName, DomainNameError};
use crate::message::{DefectKind, HeaderSection};

/// What a signature says, besides what it is made of. There is no `l=`.
#[derive(Clone, Debug)]
pub struct SigningSettings {
    /// `d=`.
    pub sdid: DomainName,
    /// `s=`.
    pub selector: Selector,
    /// `i=`, at or below the SDID; absent by default.
    pub auid: Option<Auid>,
    /// Canonicalization of header fields, relaxed by default.
    pub header_form: Canonicalization,
    /// Canonicalization of the body, relaxed by default.
    pub body_form: Canonicalization,
    /// Which header fields are signed.
    pub signed_names: SignedNames,
    /// `t=`, seconds since 1970; absent by default.
    pub signed_at: Option<u64>,
    /// `x=`, seconds since 1970, after `t=`; absent by default.
    pub expires_at: Option<u64>,
}

impl SigningSettings {
    /// Relaxed canonicalizations, the usual header fields, and no optional tag.
    pub fn new(sdid: DomainName, selector: Selector) -> SigningSettings {
        SigningSettings {
            sdid,
            selector,
            auid: None,
            header_form: Canonicalization::Relaxed,
            body_form: Canonicalization::Relaxed,
            signed_names: SignedNames::Usual,
            signed_at: None,
            expires_at: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SignError> {
        self.selector.check_key_name(&self.sdid).map_err(SignError::KeyName)?;
        // RFC 6376 §3.5: "The domain part of the address MUST be the same as, or a subdomain
        // of, the value of the "d=" tag."
        if let Some(auid) = &self.auid
            && !auid.domain.is_at_or_below(&self.sdid)
        {
            return Err(SignError::AuidOutsideSdid);
        }
        match (self.signed_at, self.expires_at) {
            (Some(signed), Some(expires)) if expires <= signed => Err(SignError::ExpiresBeforeSigned),
            _ => Ok(()),
        }
    }
}

/// Why a message was not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Readers of the message disagree about its header fields, so that no signature helps.
    #[error("the header section has octets that no header section may have; it cannot be signed")]
    AmbiguousHeaderSection(DefectKind),
    /// The message has no From field.
    #[error("the message has no From field")]
    NoFrom,
    /// The list of header fields to sign lacks From.
    #[error("the list of header fields to sign lacks From")]
    FromNotSigned,
    /// What is to be signed is no name of a header field.
    #[error("{0:?} is no name of a header field")]
    BadName(String),
    /// More names than a verifier reads.
    #[error("{0} header fields are more than a signature may list")]
    TooManyNames(usize),
    /// A header field that this signature must not cover.
    #[error("{0} must not be signed by an ARC-Message-Signature")]
    ForbiddenName(String),
    /// Selector and domain together are no domain name.
    #[error("selector and domain make no domain name: {0}")]
    KeyName(DomainNameError),
    /// The identifier is not at or below the domain.
    #[error("the identifier is outside the signing domain")]
    AuidOutsideSdid,
    /// The signature would expire before it is made.
    #[error("the signature would expire before it is made")]
    ExpiresBeforeSigned,
    /// The cryptographic library refused.
    #[error("the cryptographic library could not make the signature")]
    Refused,
}

/// Signs one message: made from the header section, fed the body, finished with the key.
///
/// ```
/// use postseal_core::dkim::{Selector, Signer, SigningKey, SigningSettings};
/// use postseal_core::dns::DomainName;
/// use postseal_core::message::HeaderSection;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let pem = b"-----BEGIN PRIVATE KEY-----\n\
/// # MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
/// # -----END PRIVATE KEY-----\n";
/// let key = SigningKey::from_pem(pem)?;
/// let settings = SigningSettings::new(DomainName::parse("example.com")?, Selector::parse("s1")?);
/// let section = HeaderSection::parse(b"From: joe@example.com\r\nSubject: Tea\r\n".to_vec());
/// let mut signer = Signer::new(settings, &section)?;
/// signer.update(b"At four?\r\n");
/// let field = signer.finish(&key)?;
/// assert!(field.starts_with("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Signer {
    header: HeaderSigner,
    body: BodyHashes,
}

impl Signer {
    /// Hashes the header fields to be signed.
    ///
    /// # Errors
    /// [`SignError`] says why the message cannot be signed so.
    pub fn new(settings: SigningSettings, section: &HeaderSection) -> Result<Signer, SignError> {
        let mut body = BodyHashes::new();
        let header = HeaderSigner::new(settings, section, &mut body)?;
        Ok(Signer { header, body })
    }

    /// Takes the next octets of the body, CRLF line ends.
    pub fn update(&mut self, chunk: &[u8]) {
        self.body.update(chunk);
    }

    /// Ends the body and signs. Returns the DKIM-Signature field, folded, with
    /// its CRLF; it belongs above all other fields.
    ///
    /// # Errors
    /// [`SignError::Refused`] where the cryptographic library cannot sign.
    pub fn finish(self, key: &SigningKey) -> Result<String, SignError> {
        self.header.finish(&self.body.finish(), key)
    }
}

/// A [`Signer`] without the body: several share its hashes, where a message gets more than
/// one signature.
#[derive(Debug)]
pub struct HeaderSigner {
    settings: SigningSettings,
    header: SignedHeader,
}

impl HeaderSigner {
    /// Hashes the header fields to be signed, and asks `body_hashes` for what it needs.
    ///
    /// # Errors
    /// As [`Signer::new`].
    pub fn new(
        settings: SigningSettings,
        section: &HeaderSection,
        body_hashes: &mut BodyHashes,
    ) -> Result<HeaderSigner, SignError> {
        settings.check()?;
        let header = SignedHeader::hash(&settings, section, &[])?;
        body_hashes.register(settings.body_form, None);
        Ok(HeaderSigner { settings, header })
    }

    /// Signs; `body` are the hashes that were asked for. Returns what [`Signer::finish`] does.
    ///
    /// # Errors
    /// As [`Signer::finish`].
    pub fn finish(self, body: &BodyDigests, key: &SigningKey) -> Result<String, SignError> {
        let settings = &self.settings;
        let mut field = FoldedField::new("DKIM-Signature");
        field.tag("v", "1");
        field.tag("a", key.algorithm().as_str());
        let tags = |field: &mut FoldedField| {
            if let Some(auid) = &settings.auid {
                field.tag("i", &auid.to_value());
            }
        };
        self.header.sign(field, settings, tags, body, key)
    }
}

/// The header fields that one signature covers, hashed; DKIM-Signature and
/// ARC-Message-Signature are made from it.
pub(crate) struct SignedHeader {
    hash: Context,
    /// The value of `h=`.
    names: HeaderTag,
}

/// The value of an `h=` tag.
#[derive(Debug)]
enum HeaderTag {
    Listed(NameList),
    /// The usual names that the message has.
    Found(String),
}

impl HeaderTag {
    fn as_str(&self) -> &str {
        match self {
            HeaderTag::Listed(list) => list.as_str(),
            HeaderTag::Found(names) => names,
        }
    }
}

impl SignedHeader {
    /// Hashes the fields to be signed; `also` are names besides the usual ones.
    pub(crate) fn hash(
        settings: &SigningSettings,
        section: &HeaderSection,
        also: &[&'static str],
    ) -> Result<SignedHeader, SignError> {
        if let Some(defect) = section.ambiguity() {
            return Err(SignError::AmbiguousHeaderSection(defect.kind));
        }
        if section.named("From").next().is_none() {
            return Err(SignError::NoFrom);
        }
        let index = FieldIndex::new(section);
        let mut hasher = HeaderHasher::new();
        let names = match &settings.signed_names {
            SignedNames::Usual => {
                HeaderTag::Found(add_usual(&mut hasher, settings.header_form, &index, also)?)
            }
            SignedNames::Listed(list) => {
                let mut fields = index.choose(None);
                let listed = list.hashed().filter_map(|(name, hash)| fields.next(name.as_bytes(), hash));
                hasher.add_all(settings.header_form, listed);
                HeaderTag::Listed(list.clone())
            }
        };
        Ok(SignedHeader { hash: hasher.pause(), names })
    }

    /// Ends a field that has its first tags: adds the others, signs, adds the signature.
    pub(crate) fn sign(
        self,
        mut field: FoldedField,
        settings: &SigningSettings,
        more_tags: impl FnOnce(&mut FoldedField),
        body: &BodyDigests,
        key: &SigningKey,
    ) -> Result<String, SignError> {
        let form = settings.header_form;
        let name_len = field.as_octets().iter().position(|b| *b == b':').unwrap_or(0);
        field.tag("c", c_tag(form, settings.body_form));
        field.tag("d", settings.sdid.as_str());
        field.tag("s", settings.selector.as_str());
        more_tags(&mut field);
        if let Some(signed_at) = settings.signed_at {
            field.tag("t", &signed_at.to_compact_string());
        }
        if let Some(expires_at) = settings.expires_at {
            field.tag("x", &expires_at.to_compact_string());
        }
        field.list("h", self.names.as_str());
        let body_hash = body.get(settings.body_form, None).ok_or(SignError::Refused)?;
        field.tag("bh", base64_of(&body_hash.digest, &mut [0; 44])?);
        field.open_tag("b");
        let mut hasher = HeaderHasher::resume(self.hash);
        hasher.add_text(form, field.as_octets(), name_len);
        field.base64(&key.sign(&hasher.finish())?);
        Ok(field.finish())
    }
}

/// Adds every field with a usual name; returns the names, and From once more.
fn add_usual(
    hasher: &mut HeaderHasher,
    form: Canonicalization,
    index: &FieldIndex<'_>,
    also: &[&'static str],
) -> Result<String, SignError> {
    let mut names = String::with_capacity(512);
    let mut count = 1;
    let mut fields = index.choose(None);
    let also = also.iter().map(|name| (*name, HeaderSection::name_hash(name.as_bytes())));
    let mut wanted = USUAL.iter().copied().chain(also);
    let mut current = wanted.next();
    let present = std::iter::from_fn(|| {
        loop {
            let (name, hash) = current?;
            if let Some(field) = fields.next(name.as_bytes(), hash) {
                names.push_str(name);
                names.push(':');
                count += 1;
                return Some(field);
            }
            current = wanted.next();
        }
    });
    hasher.add_all(form, present);
    // RFC 6376 §8.15: an attacker may add a From field; a name listed once more than there
    // are fields signs that there is none.
    names.push_str("From");
    if count > super::MAX_SIGNED_NAMES { Err(SignError::TooManyNames(count)) } else { Ok(names) }
}

impl std::fmt::Debug for SignedHeader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedHeader").field("names", &self.names).finish_non_exhaustive()
    }
}

/// The Base64 text of a digest, written into `room`.
fn base64_of<'r>(digest: &[u8; 32], room: &'r mut [u8; 44]) -> Result<&'r str, SignError> {
    let len = STANDARD.encode_slice(digest, room).map_err(|_| SignError::Refused)?;
    std::str::from_utf8(&room[..len]).map_err(|_| SignError::Refused)
}

fn c_tag(header: Canonicalization, body: Canonicalization) -> &'static str {
    match (header, body) {
        (Canonicalization::Relaxed, Canonicalization::Relaxed) => "relaxed/relaxed",
        (Canonicalization::Relaxed, Canonicalization::Simple) => "relaxed/simple",
        (Canonicalization::Simple, Canonicalization::Relaxed) => "simple/relaxed",
        (Canonicalization::Simple, Canonicalization::Simple) => "simple/simple",
    }
}
