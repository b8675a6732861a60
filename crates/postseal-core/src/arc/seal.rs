use super::authres_payload::of_authserv_id;
use super::validate::add_fields;
use super::{ArcResult, Chain, MAX_SETS};
use crate::dkim::canonicalization::HeaderHasher;
use crate::dkim::folded_field::FoldedField;
use crate::dkim::sign::SignedHeader;
use crate::dkim::{
    BodyDigests, BodyHashes, Canonicalization, SignError, SignedNames, SigningKey, SigningSettings,
};
use crate::message::HeaderSection;

/// Adds a set to the chain of one message (RFC 8617 §5.1): made from the header
/// section, shares the body's hashes with a [`super::Validator`], finished with the
/// validated chain and the key.
#[derive(Debug)]
pub struct Sealer {
    settings: SigningSettings,
    header: SignedHeader,
    /// The authserv-id and the results, as ARC-Authentication-Results holds them.
    payload: String,
}

/// Why a message was not sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealRefusal {
    /// The newest seal says `cv=fail`.
    #[error("the chain has failed before; nothing may be added to it")]
    ChainEnded,
    /// The chain has [`MAX_SETS`] sets.
    #[error("the chain has {MAX_SETS} sets; no more may be added")]
    TooManySets,
    /// The authserv-id is empty or has control characters.
    #[error("the authserv-id is no name that a header field can hold")]
    AuthservId,
    /// The message cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Sealer {
    /// Hashes the header fields to be signed and collects the results of the
    /// Authentication-Results fields that bear `authserv_id`.
    ///
    /// `settings` has no `i=`; its names must not include ARC fields nor
    /// Authentication-Results. The usual names include DKIM-Signature here.
    ///
    /// # Errors
    /// [`SealRefusal`] says why the message cannot be sealed so.
    pub fn new(
        settings: SigningSettings,
        authserv_id: &str,
        section: &HeaderSection,
        body_hashes: &mut BodyHashes,
    ) -> Result<Sealer, SealRefusal> {
        settings.check()?;
        check_names(&settings.signed_names)?;
        if authserv_id.is_empty() || authserv_id.chars().any(char::is_control) {
            return Err(SealRefusal::AuthservId);
        }
        // RFC 8617 §4.1.2: "the signature of the AMS header field SHOULD include any
        // DKIM-Signature header fields already present in the message."
        let header = SignedHeader::hash(&settings, section, &["DKIM-Signature"])?;
        body_hashes.register(settings.body_form, None);
        Ok(Sealer { settings, header, payload: of_authserv_id(section, authserv_id) })
    }

    /// Signs. Returns the three fields, folded, each with its CRLF: ARC-Seal,
    /// ARC-Message-Signature, ARC-Authentication-Results. They belong above all others.
    ///
    /// # Errors
    /// [`SealRefusal::ChainEnded`] and [`SealRefusal::TooManySets`] where RFC 8617
    /// forbids another set.
    pub fn finish(
        self,
        section: &HeaderSection,
        chain: &Chain,
        body: &BodyDigests,
        key: &SigningKey,
    ) -> Result<String, SealRefusal> {
        // RFC 8617 §5.1: "If the message already contains an Authenticated Received Chain with
        // the most recent AS reporting "cv=fail", there is no need to proceed and the algorithm
        // stops here."
        if chain.is_ended {
            return Err(SealRefusal::ChainEnded);
        }
        if chain.highest_instance >= MAX_SETS {
            return Err(SealRefusal::TooManySets);
        }
        // RFC 8617 §5.1: "the instance value is 1 more than the highest instance number found".
        let instance = (chain.highest_instance + 1).to_string();
        let results = format!("ARC-Authentication-Results: i={instance}; {}\r\n", self.payload);
        let Sealer { settings, header, .. } = self;
        let mut field = FoldedField::new("ARC-Message-Signature");
        field.tag("i", &instance);
        field.tag("a", key.algorithm().as_str());
        let message_signature = header.sign(field, &settings, |_| {}, body, key)?;
        let set = [results.as_str(), message_signature.as_str()];
        let seal = seal_field(&settings, &instance, section, chain, set, key)?;
        Ok([&seal, &message_signature, &results].map(String::as_str).concat())
    }
}

fn seal_field(
    settings: &SigningSettings,
    instance: &str,
    section: &HeaderSection,
    chain: &Chain,
    new_fields: [&str; 2],
    key: &SigningKey,
) -> Result<String, SignError> {
    let mut hasher = HeaderHasher::new();
    // RFC 8617 §5.1.2: "In the case of a failed Authenticated Received Chain, the header fields
    // included in the signature scope of the AS header field b= value MUST only include the ARC
    // Set header fields created by the MTA that detected the malformed chain".
    if chain.result == ArcResult::Pass {
        for set in &chain.sets {
            add_fields(&mut hasher, section, [set.authentication_results, set.message_signature, set.seal]);
        }
    }
    for text in new_fields {
        add_text(&mut hasher, text.trim_end().as_bytes());
        hasher.put(b"\r\n");
    }
    let mut field = FoldedField::new("ARC-Seal");
    field.tag("i", instance);
    field.tag("a", key.algorithm().as_str());
    field.tag("cv", chain.result.as_str());
    field.tag("d", settings.sdid.as_str());
    field.tag("s", settings.selector.as_str());
    if let Some(signed_at) = settings.signed_at {
        field.tag("t", &signed_at.to_string());
    }
    field.open_tag("b");
    add_text(&mut hasher, field.as_octets());
    field.base64(&key.sign(&hasher.finish())?);
    Ok(field.finish())
}

fn add_text(hasher: &mut HeaderHasher, field: &[u8]) {
    let name_len = field.iter().position(|b| *b == b':').unwrap_or(0);
    hasher.add_text(Canonicalization::Relaxed, field, name_len);
}

// RFC 8617 §4.1.2: "Authentication-Results header fields MUST NOT be included in AMS
// signatures", and "ARC-related header fields ... MUST NOT be included in the list of header
// fields covered by the signature of the AMS header field."
fn check_names(names: &SignedNames) -> Result<(), SignError> {
    const FORBIDDEN: [&str; 4] =
        ["Authentication-Results", "ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"];
    let SignedNames::Listed(list) = names else { return Ok(()) };
    let is_forbidden = |name: &&str| FORBIDDEN.iter().any(|f| name.eq_ignore_ascii_case(f));
    list.names().find(is_forbidden).map_or(Ok(()), |name| Err(SignError::ForbiddenName(name.to_owned())))
}
