use aws_lc_rs::digest::{Context, Digest, SHA256};

use super::structure::{SetFields, Structure};
use super::{ArcCause, ArcResult, ArcSet, Chain};
use crate::dkim::canonicalization::HeaderHasher;
use crate::dkim::signature::Signature;
use crate::dkim::signed_fields::FieldIndex;
use crate::dkim::verify::{check_acceptable, check_body, key_record, signed_digest, usable_key};
use crate::dkim::{Algorithm, BodyDigests, BodyHashes, Canonicalization, Cause};
use crate::dns::{Answer, Answers, DomainName, Missing, QueryClass, RecordType};
use crate::message::HeaderSection;

/// How chains are validated.
#[derive(Clone, Copy, Debug, Default)]
pub struct ValidateOptions {
    /// An ARC-Message-Signature whose `l=` leaves octets of the body unsigned
    /// passes. Default: it does not.
    pub allow_unsigned_body: bool,
}

/// Validates the chain of one message (RFC 8617 §5.2).
///
/// Make it when the header section is there; it asks [`BodyHashes`] for what it
/// needs. Once the body has ended, [`Validator::evaluate`] until nothing is missing.
#[derive(Debug)]
pub struct Validator {
    structure: Structure,
    state: State,
    allow_unsigned_body: bool,
}

#[derive(Debug)]
enum State {
    Pending { signature: Box<Signature>, index: usize },
    Decided(Result<ArcResult, ArcCause>),
}

impl Validator {
    /// Reads the ARC fields of a message. `now` is in seconds since 1970.
    pub fn new(
        section: &HeaderSection,
        body_hashes: &mut BodyHashes,
        options: &ValidateOptions,
        now: u64,
    ) -> Validator {
        let (mut structure, valid) = Structure::collect(section);
        let state = match valid.and_then(|()| prepare(&mut structure, section, now)) {
            Ok(Some((index, signature))) => {
                body_hashes.register(signature.body_form, signature.body_length);
                State::Pending { signature: Box::new(signature), index }
            }
            Ok(None) => State::Decided(Ok(ArcResult::None)),
            Err(cause) => State::Decided(Err(cause)),
        };
        Validator { structure, state, allow_unsigned_body: options.allow_unsigned_body }
    }

    /// Notes the questions for all keys, so that they are asked while the body arrives.
    pub fn prefetch(&self, answers: &mut Answers<'_>) {
        if let State::Pending { signature, .. } = &self.state {
            answers.prefetch(QueryClass::Other, &signature.key_name, RecordType::Txt);
            for set in self.structure.sets.iter().rev() {
                answers.prefetch(QueryClass::Other, &set.seal.key_name, RecordType::Txt);
            }
        }
    }

    /// Decides the chain, once.
    ///
    /// # Errors
    /// [`Missing`] where keys are not known yet.
    pub fn evaluate(
        &mut self,
        section: &HeaderSection,
        body: &BodyDigests,
        answers: &mut Answers<'_>,
    ) -> Result<(), Missing> {
        let State::Pending { signature, index } = &self.state else { return Ok(()) };
        self.prefetch(answers);
        let mut key = |name: &DomainName| answers.get(QueryClass::Other, name, RecordType::Txt);
        let message_key = key(&signature.key_name)?;
        let keys =
            self.structure.sets.iter().map(|set| key(&set.seal.key_name)).collect::<Result<Vec<_>, _>>()?;
        let validation = Validation { structure: &self.structure, section, body };
        let checked = validation
            .check_message_signature(signature, *index, &message_key, self.allow_unsigned_body)
            .and_then(|()| validation.check_seals(|i| &keys[i]));
        self.state = State::Decided(checked.map(|()| ArcResult::Pass));
        Ok(())
    }

    /// The chain, once [`Validator::evaluate`] has returned `Ok`; `None` before.
    pub fn into_chain(self) -> Option<Chain> {
        let State::Decided(decided) = self.state else { return None };
        let (result, cause) = match decided {
            Ok(result) => (result, None),
            Err(cause) => (ArcResult::Fail, Some(cause)),
        };
        Some(Chain {
            result,
            cause,
            sealers: self.structure.sealers,
            sets: self.structure.sets.into_iter().map(SetFields::into_set).collect(),
            highest_instance: self.structure.highest,
            is_ended: self.structure.is_ended,
        })
    }
}

impl SetFields {
    fn into_set(self) -> ArcSet {
        ArcSet {
            sealer: self.seal.sealer,
            selector: self.seal.selector,
            authentication_results: self.authentication_results,
            message_signature: self.message_signature,
            seal: self.seal_index,
        }
    }
}

/// The newest ARC-Message-Signature, where it is worth verifying; `None` without a chain.
fn prepare(
    structure: &mut Structure,
    section: &HeaderSection,
    now: u64,
) -> Result<Option<(usize, Signature)>, ArcCause> {
    let Some((index, signature)) = structure.newest_signature(section) else { return Ok(None) };
    if let Some(defect) = section.ambiguity() {
        return Err(ArcCause::AmbiguousHeaderSection(defect.kind));
    }
    let instance = structure.highest;
    let acceptable = signature.map_err(Cause::Signature).and_then(|s| check_acceptable(s, now));
    let signature = acceptable.map_err(|cause| ArcCause::MessageSignature { instance, cause })?;
    Ok(Some((index, signature)))
}

/// A chain with all that decides it.
struct Validation<'a> {
    structure: &'a Structure,
    section: &'a HeaderSection,
    body: &'a BodyDigests,
}

impl Validation<'_> {
    // RFC 8617 §5.2: "Validate the AMS with the greatest instance value (most recent)."
    fn check_message_signature(
        &self,
        signature: &Signature,
        index: usize,
        answer: &Answer,
        allow_unsigned_body: bool,
    ) -> Result<(), ArcCause> {
        let instance = self.structure.highest;
        let checked = check_body(signature, self.body).and_then(|unsigned| {
            let fields = FieldIndex::new(self.section);
            let digest = signed_digest(self.section, &fields, index, signature);
            let digest = digest.ok_or(Cause::SignatureMismatch)?;
            self.check_signature(answer, signature.algorithm, &digest, signature.octets)?;
            unsigned.filter(|_| !allow_unsigned_body).map_or(Ok(()), Err)
        });
        checked.map_err(|cause| ArcCause::MessageSignature { instance, cause })
    }

    // RFC 8617 §5.2: "Validate each AS beginning with the greatest instance value and
    // proceeding in decreasing order".
    fn check_seals<'k>(&self, key: impl Fn(usize) -> &'k Answer) -> Result<(), ArcCause> {
        let digests = self.seal_digests();
        for (i, (set, digest)) in self.structure.sets.iter().zip(&digests).enumerate().rev() {
            let seal = &set.seal;
            let checked = match seal.algorithm {
                Algorithm::RsaSha1 => Err(Cause::HistoricAlgorithm),
                algorithm => self.check_signature(key(i), algorithm, digest, seal.octets),
            };
            let instance = u8::try_from(i + 1).unwrap_or(u8::MAX);
            checked.map_err(|cause| ArcCause::SealSignature { instance, cause })?;
        }
        Ok(())
    }

    fn check_signature(
        &self,
        answer: &Answer,
        algorithm: Algorithm,
        digest: &Digest,
        (start, end): (usize, usize),
    ) -> Result<(), Cause> {
        let key = usable_key(key_record(answer, algorithm)?, true)?;
        let octets = self.structure.signature_octets.get(start..end).unwrap_or_default();
        if key.verifies(digest, octets) { Ok(()) } else { Err(Cause::SignatureMismatch) }
    }

    /// What each seal signs (RFC 8617 §5.1.1): all sets up to its own. One hash runs
    /// along the chain and is copied at each seal.
    fn seal_digests(&self) -> Vec<Digest> {
        let mut chain = Context::new(&SHA256);
        let mut digests = Vec::with_capacity(self.structure.sets.len());
        for set in &self.structure.sets {
            let Some(seal) = self.section.field(set.seal_index) else { break };
            let mut hasher = HeaderHasher::resume(chain);
            add_fields(&mut hasher, self.section, [set.authentication_results, set.message_signature]);
            chain = hasher.pause();
            let mut hasher = HeaderHasher::resume(chain.clone());
            hasher.add_signature_field(Canonicalization::Relaxed, seal, set.seal.signature_value);
            digests.push(hasher.finish());
            let mut hasher = HeaderHasher::resume(chain);
            add_fields(&mut hasher, self.section, [set.seal_index]);
            chain = hasher.pause();
        }
        digests
    }
}

/// Adds fields of a set to what seals sign.
pub(super) fn add_fields<const N: usize>(
    hasher: &mut HeaderHasher,
    section: &HeaderSection,
    indexes: [usize; N],
) {
    // RFC 8617 §4.1.3: "only "relaxed" header field canonicalization ... is used".
    let fields = indexes.into_iter().filter_map(|index| section.field(index));
    hasher.add_all(Canonicalization::Relaxed, fields);
}
