use super::body_undo::{SignedBody, undo_body};
use super::header_undo::{header_holds, missing_field, signs_content_type, undo_header};
use super::hops::{hops, suspects};
use super::{Change, MessageHop};
use crate::dkim::signature::{Signature, SignatureField};
use crate::dkim::verify::{check_body, key_record, usable_key};
use crate::dkim::{BodyDigests, BodyHashes, Cause, DkimResult, SignatureResult, Verifier, VerifyOptions};
use crate::dns::{Answers, Missing, QueryClass, RecordType};
use crate::message::{HeaderSection, author_domain};

/// Octets of a body in which the signed one is searched for; a longer one is only verified.
pub const MAX_EXAMINED_BODY: usize = 4 << 20;

/// What became of a message on its way.
#[derive(Clone, Debug)]
pub struct MessageExamination {
    /// The mail servers it went through, the first one first.
    pub hops: Vec<MessageHop>,
    /// Its signatures, from the top of the header section.
    pub signatures: Vec<ExaminedSignature>,
}

/// A signature, and what broke it.
#[derive(Clone, Debug)]
pub struct ExaminedSignature {
    /// What verifying it says.
    pub result: SignatureResult,
    /// What was done to what it signs; empty where it holds, or where it fails for another reason.
    pub changes: Vec<Change>,
    /// The places of the hops that may have done it.
    pub suspects: Vec<usize>,
}

/// Verifies the signatures of a message, and searches for what broke those that fail: by undoing
/// what mail servers and lists do, until the signature holds.
///
/// `now` is in seconds since 1970.
///
/// # Errors
/// [`Missing`] where keys are not known yet.
pub fn examine_message(
    section: &HeaderSection,
    body: &[u8],
    now: u64,
    answers: &mut Answers<'_>,
) -> Result<MessageExamination, Missing> {
    let mut hashes = BodyHashes::new();
    let author = author_domain(section).ok();
    let mut verifier = Verifier::new(section, author.as_ref(), &mut hashes, &VerifyOptions::default(), now);
    hashes.update(body);
    let digests = hashes.finish();
    verifier.evaluate(section, &digests, answers)?;
    let results = verifier.into_results();
    let passes = |result: &&SignatureResult| result.result == DkimResult::Pass;
    let passing: Vec<usize> = results.iter().filter(passes).map(|result| result.field_index).collect();
    let hops = hops(section);
    let mut signatures = Vec::with_capacity(results.len());
    for result in results {
        let changes = changes(section, body, &digests, &result, answers)?;
        let suspects = if changes.is_empty() {
            Vec::new()
        } else {
            suspects(section, &hops, result.field_index, result.sdid.as_ref(), &passing)
        };
        signatures.push(ExaminedSignature { result, changes, suspects });
    }
    Ok(MessageExamination { hops, signatures })
}

fn changes(
    section: &HeaderSection,
    body: &[u8],
    digests: &BodyDigests,
    result: &SignatureResult,
    answers: &mut Answers<'_>,
) -> Result<Vec<Change>, Missing> {
    let is_changed = matches!(
        result.cause,
        Some(Cause::BodyHashMismatch | Cause::BodyTooShort { .. } | Cause::SignatureMismatch)
    );
    let field = section.field(result.field_index).filter(|_| is_changed);
    let Some(field) = field else { return Ok(Vec::new()) };
    let (_, signature) = Signature::read(field.body(), SignatureField::Dkim, &mut Vec::new());
    let Ok(signature) = signature else { return Ok(Vec::new()) };
    let answer = answers.get(QueryClass::Other, &signature.key_name, RecordType::Txt)?;
    let mut changes = match check_body(&signature, digests) {
        Ok(_) => Vec::new(),
        Err(_) => body_changes(section, body, &signature),
    };
    let record = key_record(&answer, signature.algorithm);
    let key = record.and_then(|record| usable_key(record, signature.auid_is_sdid));
    if let Ok(key) = key
        && !header_holds(section, result.field_index, key)
    {
        let own = result.field_index;
        let header = undo_header(section, body, own, key, &changes).unwrap_or_else(|| {
            vec![match missing_field(section, own) {
                Some(name) => Change::FieldMissing { name },
                None if changes.iter().any(is_conversion) && signs_content_type(section, own) => {
                    Change::ContentTypeField
                }
                None => Change::HeaderChanged,
            }]
        });
        add_header_changes(&mut changes, header);
    }
    Ok(changes)
}

fn body_changes(section: &HeaderSection, body: &[u8], signature: &Signature) -> Vec<Change> {
    let unknown = || vec![Change::BodyChanged];
    let Some(hash) = signature.body_hash.filter(|_| body.len() <= MAX_EXAMINED_BODY) else {
        return unknown();
    };
    let signed = SignedBody { form: signature.body_form, length: signature.body_length, hash };
    undo_body(body, section, &signed).unwrap_or_else(unknown)
}

fn is_conversion(change: &Change) -> bool {
    matches!(change, Change::CharsetConverted { .. })
}

/// Adds what was done to the header section. A wrapped, encoded or converted body brings its fields with it.
fn add_header_changes(changes: &mut Vec<Change>, header: Vec<Change>) {
    for change in header {
        let brings = |known: &Change| matches!(known, Change::ReEncoded { .. }) || is_conversion(known);
        let implied = changes.contains(&change)
            || (matches!(change, Change::EncodingField { .. }) && changes.iter().any(brings));
        if !implied {
            changes.push(change);
        }
    }
}
