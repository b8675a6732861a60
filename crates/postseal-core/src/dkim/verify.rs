use aws_lc_rs::digest::Digest;

use super::canonicalization::HeaderHasher;
use super::result::{Cause, DkimResult, SignatureResult};
use super::signature::{Origin, Signature, SignatureField, signed_names};
use super::signed_fields::FieldIndex;
use super::{Algorithm, BodyDigests, BodyHashes, Canonicalization, KeyRecord, PublicKey};
use crate::dns::{Answer, Answers, DomainName, Missing, Outcome, QueryClass, RecordType};
use crate::message::{Field, HeaderSection};

/// Signatures verified of one message, unless set otherwise.
pub const MAX_SIGNATURES: usize = 10;

/// Seconds that a signer's clock may be ahead: a day, because a wrong time zone is no fraud.
const CLOCK_TOLERANCE: u64 = 86_400;

/// How signatures are verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifyOptions {
    /// A signature whose `l=` leaves octets of the body unsigned passes. Default: it does not.
    pub allow_unsigned_body: bool,
    /// Signatures verified at most, default [`MAX_SIGNATURES`]. Those that could align
    /// with the Author Domain come first; the rest is reported as not verified.
    pub max_signatures: usize,
    /// The header fields are octet for octet as they were received. Default: they are. Where
    /// they are not, a signature that covers them in `simple` form and does not verify
    /// is `neutral`.
    pub exact_fields: bool,
}

impl Default for VerifyOptions {
    fn default() -> VerifyOptions {
        VerifyOptions { allow_unsigned_body: false, max_signatures: MAX_SIGNATURES, exact_fields: true }
    }
}

/// Verifies the DKIM signatures of one message (RFC 6376 §6).
///
/// Make it when the header section is there; it asks [`BodyHashes`] for what it
/// needs. Once the body has ended, [`Verifier::evaluate`] until nothing is missing.
#[derive(Debug)]
pub struct Verifier {
    slots: Vec<Slot>,
    /// The decoded `b=` of all signatures.
    signature_octets: Vec<u8>,
    allow_unsigned_body: bool,
    exact_fields: bool,
}

/// One DKIM-Signature field.
#[derive(Debug)]
enum Slot {
    Pending(Pending),
    Decided(SignatureResult),
}

#[derive(Debug)]
struct Pending {
    origin: Origin,
    signature: Signature,
    field_index: usize,
    rank: Rank,
}

/// How near a signature's domain is to the Author Domain; nearer ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The same domain.
    Same,
    /// One is below the other.
    Related,
    /// They have their last two labels in common, so that one organization may own both.
    Near,
    /// Anything else: never aligned.
    Foreign,
}

impl Verifier {
    /// Reads the signatures of a message, top down, and decides those that need no key.
    ///
    /// `now` is in seconds since 1970.
    pub fn new(
        section: &HeaderSection,
        author_domain: Option<&DomainName>,
        body_hashes: &mut BodyHashes,
        options: &VerifyOptions,
        now: u64,
    ) -> Verifier {
        let mut verifier = Verifier {
            slots: Vec::new(),
            signature_octets: Vec::new(),
            allow_unsigned_body: options.allow_unsigned_body,
            exact_fields: options.exact_fields,
        };
        verifier.read(section, author_domain, now);
        verifier.limit(options.max_signatures);
        for pending in verifier.pending() {
            let signature = &pending.signature;
            body_hashes.register(signature.body_form, signature.body_length);
        }
        verifier
    }

    /// Notes the questions for all keys that are still needed, so that they are
    /// asked while the body arrives.
    pub fn prefetch(&self, answers: &mut Answers<'_>) {
        for pending in self.pending() {
            answers.prefetch(pending.rank.query_class(), &pending.signature.key_name, RecordType::Txt);
        }
    }

    /// Decides every signature whose key is known; each is decided once.
    ///
    /// # Errors
    /// [`Missing`] where keys are not known yet.
    pub fn evaluate(
        &mut self,
        section: &HeaderSection,
        body: &BodyDigests,
        answers: &mut Answers<'_>,
    ) -> Result<(), Missing> {
        let mut index = None;
        let mut missing = Ok(());
        for slot in &mut self.slots {
            let Slot::Pending(pending) = slot else { continue };
            let class = pending.rank.query_class();
            match answers.get(class, &pending.signature.key_name, RecordType::Txt) {
                Err(Missing) => missing = Err(Missing),
                Ok(answer) => {
                    let evaluation = Evaluation {
                        pending,
                        section,
                        index: index.get_or_insert_with(|| FieldIndex::new(section)),
                        body,
                        signature_octets: &self.signature_octets,
                        allow_unsigned_body: self.allow_unsigned_body,
                        exact_fields: self.exact_fields,
                    };
                    let verdict = evaluation.verdict(&answer);
                    let decided = pending.decide(verdict);
                    *slot = Slot::Decided(decided);
                }
            }
        }
        missing
    }

    /// The results, in the order of the fields, top down; all of them once
    /// [`Verifier::evaluate`] has returned `Ok`.
    pub fn results(&self) -> impl Iterator<Item = &SignatureResult> + Clone {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Decided(result) => Some(result),
            Slot::Pending(_) => None,
        })
    }

    /// The results, as [`Verifier::results`] gives them.
    pub fn into_results(self) -> Vec<SignatureResult> {
        let decided = |slot| match slot {
            Slot::Decided(result) => Some(result),
            Slot::Pending(_) => None,
        };
        self.slots.into_iter().filter_map(decided).collect()
    }

    fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Pending(pending) => Some(pending),
            Slot::Decided(_) => None,
        })
    }

    fn read(&mut self, section: &HeaderSection, author_domain: Option<&DomainName>, now: u64) {
        let hash = HeaderSection::name_hash(b"DKIM-Signature");
        let ambiguity = section.ambiguity();
        let is_signature = |field: &Field<'_>| field.name_hash() == hash && field.is_named("DKIM-Signature");
        self.slots.reserve_exact(section.fields().filter(is_signature).count());
        for (field_index, field) in section.fields().enumerate() {
            if !is_signature(&field) {
                continue;
            }
            let octets = &mut self.signature_octets;
            let (origin, signature) = Signature::read(field.body(), SignatureField::Dkim, octets);
            let checked = match ambiguity {
                Some(defect) => Err(Cause::AmbiguousHeaderSection(defect.kind)),
                None => signature.map_err(Cause::Signature).and_then(|s| check_acceptable(s, now)),
            };
            self.slots.push(match checked {
                Ok(signature) => {
                    let rank = Rank::of(origin.sdid.as_ref(), author_domain);
                    Slot::Pending(Pending { origin, signature, field_index, rank })
                }
                Err(cause) => Slot::Decided(result_of(origin, field_index, Verdict::cause(cause))),
            });
        }
    }

    /// Leaves the nearest `limit` signatures to be verified.
    fn limit(&mut self, limit: usize) {
        let mut ranks: Vec<(Rank, usize)> = Vec::new();
        if self.slots.len() <= limit {
            return;
        }
        for (i, slot) in self.slots.iter().enumerate() {
            if let Slot::Pending(pending) = slot {
                ranks.push((pending.rank, i));
            }
        }
        ranks.sort_unstable();
        for (_, i) in ranks.into_iter().skip(limit) {
            if let Slot::Pending(pending) = &mut self.slots[i] {
                let decided = pending.decide(Verdict::cause(Cause::TooManySignatures { limit }));
                self.slots[i] = Slot::Decided(decided);
            }
        }
    }
}

impl Pending {
    /// Takes the origin out of it, into the result.
    fn decide(&mut self, verdict: Verdict) -> SignatureResult {
        result_of(std::mem::take(&mut self.origin), self.field_index, verdict)
    }
}

impl Rank {
    fn of(sdid: Option<&DomainName>, author_domain: Option<&DomainName>) -> Rank {
        let (Some(sdid), Some(author)) = (sdid, author_domain) else { return Rank::Foreign };
        if sdid == author {
            Rank::Same
        } else if sdid.is_at_or_below(author) || author.is_at_or_below(sdid) {
            Rank::Related
        } else if author.is_at_or_below(&sdid.suffix(2)) {
            Rank::Near
        } else {
            Rank::Foreign
        }
    }

    fn query_class(self) -> QueryClass {
        match self {
            Rank::Same | Rank::Related | Rank::Near => QueryClass::AlignedKey,
            Rank::Foreign => QueryClass::Other,
        }
    }
}

/// The checks that need neither key nor body.
pub(crate) fn check_acceptable(signature: Signature, now: u64) -> Result<Signature, Cause> {
    // RFC 8301 §3.1: "rsa-sha1 MUST NOT be used for signing or verifying."
    if signature.algorithm == Algorithm::RsaSha1 {
        return Err(Cause::HistoricAlgorithm);
    }
    // RFC 6376 §3.5: "Signatures MAY be considered invalid if the verification time at the
    // Verifier is past the expiration date."
    if let Some(expired_at) = signature.expires_at
        && now > expired_at
    {
        return Err(Cause::Expired { expired_at, now });
    }
    // RFC 6376 §3.5: "Implementations MAY ignore signatures that have a timestamp in the
    // future."
    if let Some(signed_at) = signature.signed_at
        && signed_at > now.saturating_add(CLOCK_TOLERANCE)
    {
        return Err(Cause::SignedInFuture { signed_at, now });
    }
    Ok(signature)
}

/// What is found out about one signature.
struct Verdict {
    cause: Option<Cause>,
    key_bits: Option<u32>,
    testing: bool,
}

impl Verdict {
    fn cause(cause: Cause) -> Verdict {
        Verdict { cause: Some(cause), key_bits: None, testing: false }
    }
}

fn result_of(origin: Origin, field_index: usize, verdict: Verdict) -> SignatureResult {
    let Origin { sdid, auid, selector, algorithm, signature_start } = origin;
    SignatureResult {
        result: verdict.cause.as_ref().map_or(DkimResult::Pass, Cause::result),
        cause: verdict.cause,
        sdid,
        auid,
        selector,
        algorithm,
        key_bits: verdict.key_bits,
        signature_start,
        testing: verdict.testing,
        field_index,
    }
}

/// One signature with all that decides it.
struct Evaluation<'a> {
    pending: &'a Pending,
    section: &'a HeaderSection,
    index: &'a FieldIndex<'a>,
    body: &'a BodyDigests,
    signature_octets: &'a [u8],
    allow_unsigned_body: bool,
    exact_fields: bool,
}

impl Evaluation<'_> {
    fn verdict(&self, answer: &Answer) -> Verdict {
        let record = match key_record(answer, self.pending.signature.algorithm) {
            Ok(record) => record,
            Err(cause) => return Verdict::cause(cause),
        };
        let key_bits = match &record.key {
            Ok(key) => Some(key.bits()),
            Err(error) => error.bits(),
        };
        let cause = self.check(record).err();
        Verdict { cause, key_bits, testing: record.testing }
    }

    /// In the order of RFC 6376 §6.1.2 and §6.1.3.
    fn check(&self, record: &KeyRecord) -> Result<(), Cause> {
        let signature = &self.pending.signature;
        let key = usable_key(record, signature.auid_is_sdid)?;
        let unsigned = check_body(signature, self.body)?;
        self.check_header(key)?;
        match unsigned {
            Some(cause) if !self.allow_unsigned_body => Err(cause),
            _ => Ok(()),
        }
    }

    fn check_header(&self, key: &PublicKey) -> Result<(), Cause> {
        let signature = &self.pending.signature;
        let (start, end) = signature.octets;
        let own = self.pending.field_index;
        let digest = signed_digest(self.section, self.index, own, signature);
        let octets = self.signature_octets.get(start..end).unwrap_or_default();
        if digest.is_some_and(|digest| key.verifies(&digest, octets)) {
            Ok(())
        } else if signature.header_form == Canonicalization::Simple && !self.exact_fields {
            Err(Cause::FieldsNotExact)
        } else {
            Err(Cause::SignatureMismatch)
        }
    }
}

/// Compares the body hash; tells what `l=` leaves unsigned.
pub(crate) fn check_body(signature: &Signature, body: &BodyDigests) -> Result<Option<Cause>, Cause> {
    let length = signature.body_length;
    let hash = body.get(signature.body_form, length).ok_or(Cause::BodyHashMismatch)?;
    let signed = length.unwrap_or(hash.body_len);
    // RFC 6376 §3.5, l=: "This value MUST NOT be larger than the actual number of octets in
    // the canonicalized message body."
    if signed > hash.body_len {
        return Err(Cause::BodyTooShort { signed, body_len: hash.body_len });
    }
    if signature.body_hash != Some(hash.digest) {
        return Err(Cause::BodyHashMismatch);
    }
    let unsigned = Cause::UnsignedBody { signed, body_len: hash.body_len };
    Ok((signed < hash.body_len).then_some(unsigned))
}

/// The digest that a signature in the field at `own` signs (RFC 6376 §3.7).
pub(crate) fn signed_digest(
    section: &HeaderSection,
    index: &FieldIndex<'_>,
    own: usize,
    signature: &Signature,
) -> Option<Digest> {
    let field = section.field(own)?;
    let mut hasher = HeaderHasher::new();
    let mut fields = index.choose(Some(own));
    let names = signed_names(signature.signed_names.of(field.body()));
    // RFC 6376 §5.4: a name without a field "MUST be treated as the null string".
    hasher.add_all(signature.header_form, names.filter_map(|(name, hash)| fields.next(name, hash)));
    hasher.add_signature_field(signature.header_form, field, signature.signature_value);
    Some(hasher.finish())
}

/// The key of a record, where the record allows it for this signature.
pub(crate) fn usable_key(record: &KeyRecord, auid_is_sdid: bool) -> Result<&PublicKey, Cause> {
    if !record.is_for_email {
        return Err(Cause::ServiceNotAllowed);
    }
    // RFC 6376 §6.1.2: "If the "h=" tag exists in the public-key record and the hash
    // algorithm implied by the "a=" tag in the DKIM-Signature header field is not
    // included in the contents of the "h=" tag, the Verifier MUST ignore the key record".
    if !record.hashes.sha256 {
        return Err(Cause::HashNotAllowed);
    }
    // RFC 6376 §3.6.1, t=s: "the "i=" domain MUST NOT be a subdomain of "d="".
    if record.strict && !auid_is_sdid {
        return Err(Cause::SubdomainNotAllowed);
    }
    record.key.as_ref().map_err(|e| Cause::Key(*e))
}

/// The key record to use of an answer.
pub(crate) fn key_record(answer: &Answer, algorithm: Algorithm) -> Result<&KeyRecord, Cause> {
    match &answer.outcome {
        Outcome::Failure(failure) => return Err(Cause::Dns(*failure)),
        Outcome::NoData | Outcome::NxDomain => return Err(Cause::NoKey),
        Outcome::Records(_) => {}
    }
    // RFC 6376 §6.1.2: "If the query for the public key returns multiple key records, the
    // Verifier can choose one of the key records". The first one of the right type is taken.
    let mut error = None;
    for record in answer.key_records() {
        match record {
            Ok(record) if record.key_type == algorithm.key_type() => return Ok(record),
            Ok(_) => error = Some(Cause::KeyTypeMismatch),
            Err(e) => error = error.or_else(|| Some(Cause::KeyRecord(e.clone()))),
        }
    }
    Err(error.unwrap_or(Cause::NoKey))
}
