use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

use super::{Algorithm, Auid, KeyRecordError, PublicKeyError, Selector, SignatureError};
use crate::dns::{DomainName, Failure};
use crate::message::DefectKind;

/// A DKIM result, the token of RFC 8601 §2.7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DkimResult {
    /// The message has no signature.
    None,
    /// The signature is good.
    Pass,
    /// The signature is not good: the message or the signature was changed.
    Fail,
    /// The signature is of a kind that is not accepted here.
    Policy,
    /// The signature field cannot be read.
    Neutral,
    /// No verdict now: the DNS gave no answer.
    Temperror,
    /// No verdict ever: the key cannot be had or used.
    Permerror,
}

impl DkimResult {
    /// Every result.
    pub const ALL: [DkimResult; 7] = [
        DkimResult::None,
        DkimResult::Pass,
        DkimResult::Fail,
        DkimResult::Policy,
        DkimResult::Neutral,
        DkimResult::Temperror,
        DkimResult::Permerror,
    ];

    /// The token.
    pub fn as_str(self) -> &'static str {
        match self {
            DkimResult::None => "none",
            DkimResult::Pass => "pass",
            DkimResult::Fail => "fail",
            DkimResult::Policy => "policy",
            DkimResult::Neutral => "neutral",
            DkimResult::Temperror => "temperror",
            DkimResult::Permerror => "permerror",
        }
    }
}

impl FromStr for DkimResult {
    type Err = UnknownResult;

    fn from_str(text: &str) -> Result<DkimResult, UnknownResult> {
        DkimResult::ALL.into_iter().find(|r| r.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownResult)
    }
}

/// A text that is no DKIM result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a DKIM result of RFC 8601")]
pub struct UnknownResult;

impl fmt::Display for DkimResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a signature did not pass. Its `Display` is the reason in one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Readers of the message disagree about its header fields.
    #[error("the header section is ambiguous: {}", defect_name(*.0))]
    AmbiguousHeaderSection(DefectKind),
    /// The signature field is not valid.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Verified were as many signatures as a message may have verified, and this was not among them.
    #[error("the message has more than {limit} signatures; this one was not verified")]
    TooManySignatures {
        /// How many were verified.
        limit: usize,
    },
    /// `a=rsa-sha1`.
    #[error("rsa-sha1 is no longer accepted")]
    HistoricAlgorithm,
    /// `x=` is over.
    #[error("the signature expired at {expired_at}, now is {now}")]
    Expired {
        /// `x=`, seconds since 1970.
        expired_at: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// `t=` is further ahead than clocks differ.
    #[error("the signature was made at {signed_at}, in the future of {now}")]
    SignedInFuture {
        /// `t=`, seconds since 1970.
        signed_at: u64,
        /// Seconds since 1970.
        now: u64,
    },
    /// The DNS gave no answer about the key.
    #[error("the key look-up failed: {0}")]
    Dns(Failure),
    /// The key's name has no TXT record.
    #[error("there is no key record")]
    NoKey,
    /// The key's name has TXT records, but none that can be read.
    #[error(transparent)]
    KeyRecord(#[from] KeyRecordError),
    /// The key record is for another key type than the signature's algorithm.
    #[error("the key is of another type than the signature's algorithm")]
    KeyTypeMismatch,
    /// The key record holds no usable key.
    #[error(transparent)]
    Key(#[from] PublicKeyError),
    /// `h=` of the key record excludes SHA-256.
    #[error("the key record does not allow sha256")]
    HashNotAllowed,
    /// `s=` of the key record excludes email.
    #[error("the key is not for email")]
    ServiceNotAllowed,
    /// The key record has `t=s`, and `i=` is below `d=`.
    #[error("the key does not allow identifiers below its domain")]
    SubdomainNotAllowed,
    /// The body's hash is another one.
    #[error("the body hash did not verify")]
    BodyHashMismatch,
    /// `l=` is more than the body has.
    #[error("the signature covers {signed} octets of body, and the body has {body_len}")]
    BodyTooShort {
        /// `l=`.
        signed: u64,
        /// Octets of the canonical body.
        body_len: u64,
    },
    /// The signature is not this key's over these header fields.
    #[error("the signature did not verify")]
    SignatureMismatch,
    /// The signature did not verify, but its header fields are to be signed as they stand
    /// (`simple`), and whoever handed them over does not say how they stood.
    #[error("the signature needs header fields octet for octet, which are not at hand")]
    FieldsNotExact,
    /// All is good but for octets of the body that `l=` leaves out.
    #[error("the signature leaves {} octets of the body unsigned", .body_len - .signed)]
    UnsignedBody {
        /// `l=`.
        signed: u64,
        /// Octets of the canonical body.
        body_len: u64,
    },
}

impl Cause {
    /// The result that this cause makes.
    pub fn result(&self) -> DkimResult {
        match self {
            Cause::Signature(error) => signature_result(error),
            // RFC 8601 §2.7.1, policy: "the signature or signatures were not acceptable to the
            // ADMD".
            Cause::TooManySignatures { .. }
            | Cause::HistoricAlgorithm
            | Cause::Expired { .. }
            | Cause::SignedInFuture { .. }
            | Cause::UnsignedBody { .. }
            | Cause::KeyRecord(KeyRecordError::TooLong { .. })
            | Cause::Key(
                PublicKeyError::TooShort { .. }
                | PublicKeyError::TooLong { .. }
                | PublicKeyError::Exponent { .. },
            ) => DkimResult::Policy,
            Cause::Dns(_) => DkimResult::Temperror,
            // RFC 8601 §2.7.1, permerror: "some error that is unrecoverable".
            Cause::AmbiguousHeaderSection(_)
            | Cause::NoKey
            | Cause::KeyTypeMismatch
            | Cause::HashNotAllowed
            | Cause::ServiceNotAllowed
            | Cause::SubdomainNotAllowed
            | Cause::KeyRecord(
                KeyRecordError::TagList(_)
                | KeyRecordError::Version
                | KeyRecordError::UnknownKeyType
                | KeyRecordError::MissingKey,
            )
            | Cause::Key(
                PublicKeyError::Revoked
                | PublicKeyError::Base64
                | PublicKeyError::Malformed
                | PublicKeyError::Ed25519Length { .. },
            ) => DkimResult::Permerror,
            Cause::BodyHashMismatch | Cause::BodyTooShort { .. } | Cause::SignatureMismatch => {
                DkimResult::Fail
            }
            // RFC 8601 §2.7.1, neutral: "the signature or signatures contained syntax errors or
            // were not otherwise able to be processed."
            Cause::FieldsNotExact => DkimResult::Neutral,
        }
    }
}

/// RFC 8601 §2.7.1, neutral: "the signature or signatures contained syntax errors".
fn signature_result(error: &SignatureError) -> DkimResult {
    use super::TagListError;
    match error {
        SignatureError::TagList(TagListError::TooLong { .. }) | SignatureError::TooManyNames(_) => {
            DkimResult::Policy
        }
        SignatureError::TagList(
            TagListError::NoEquals { .. } | TagListError::BadName { .. } | TagListError::Duplicate { .. },
        )
        | SignatureError::MissingTag(_)
        | SignatureError::Version
        | SignatureError::UnknownAlgorithm
        | SignatureError::UnknownCanonicalization
        | SignatureError::Domain(_)
        | SignatureError::Selector(_)
        | SignatureError::KeyName(_)
        | SignatureError::Auid
        | SignatureError::AuidOutsideSdid
        | SignatureError::SignatureOctets
        | SignatureError::BodyHash
        | SignatureError::FromNotSigned
        | SignatureError::SealSigned
        | SignatureError::Number(_)
        | SignatureError::ExpiresBeforeSigned
        | SignatureError::QueryMethod => DkimResult::Neutral,
    }
}

fn defect_name(kind: DefectKind) -> &'static str {
    match kind {
        DefectKind::BareCr => "a CR without LF",
        DefectKind::BareLf => "an LF without CR",
        DefectKind::Nul => "a NUL octet",
        DefectKind::NotAField => "a line that is no field",
        DefectKind::ContinuesNothing => "a first line that begins with a blank",
        DefectKind::TooManyFields => "too many fields",
        DefectKind::Oversized => "too many octets",
    }
}

/// The verdict about one signature. Made once, and never changed.
#[derive(Clone, Debug)]
pub struct SignatureResult {
    /// The RFC 8601 token.
    pub result: DkimResult,
    /// Why it did not pass; `None` for a pass.
    pub cause: Option<Cause>,
    /// `d=`, where it can be read.
    pub sdid: Option<DomainName>,
    /// `i=`, where it is there and can be read. An absent one stands for `@` and the SDID.
    pub auid: Option<Auid>,
    /// `s=`, where it can be read.
    pub selector: Option<Selector>,
    /// `a=`, where it is known.
    pub algorithm: Option<Algorithm>,
    /// Bits of the key that was used, or was too short or long for it.
    pub key_bits: Option<u32>,
    /// The first eight characters of `b=` (RFC 6008), to tell signatures apart.
    pub signature_start: CompactString,
    /// The key record has `t=y`.
    // RFC 6376 §3.6.1: "Verifiers MUST NOT treat messages from Signers in testing mode
    // differently from unsigned email, even should the signature fail to verify." A pass
    // stays a pass.
    pub testing: bool,
    /// Which field of the header section holds the signature, counted from 0 at the top.
    pub field_index: usize,
}
