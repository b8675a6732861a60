use compact_str::CompactString;
use memchr::{memchr, memchr_iter};

use super::base64string::decode_signature;
use super::tag_list::{Span, TagList, TagListError, is_fws, trim, trim_start};
use super::{Algorithm, Auid, Canonicalization, Selector};
use crate::dns::{DomainName, DomainNameError};
use crate::message::HeaderSection;

/// Names that an `h=` tag may list.
pub const MAX_SIGNED_NAMES: usize = 1_000;

/// Octets of the longest signature: an RSA key of 8192 bits.
pub(crate) const MAX_SIGNATURE: usize = 1_024;

/// What a signature field says of its origin, as far as it can be read. A
/// signature with errors has it too, so that a result can name it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) sdid: Option<DomainName>,
    pub(crate) auid: Option<Auid>,
    pub(crate) selector: Option<Selector>,
    pub(crate) algorithm: Option<Algorithm>,
    /// The first eight characters of the signature (RFC 6008).
    pub(crate) signature_start: CompactString,
}

/// A valid signature field: what is needed to verify it (RFC 6376 §3.5).
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) algorithm: Algorithm,
    /// Where the key record lies.
    pub(crate) key_name: DomainName,
    /// The AUID's domain is the SDID itself, not one below it.
    pub(crate) auid_is_sdid: bool,
    pub(crate) header_form: Canonicalization,
    pub(crate) body_form: Canonicalization,
    /// `l=`: octets of the canonical body that are signed.
    pub(crate) body_length: Option<u64>,
    /// `bh=`; `None` where it has not 32 octets and so cannot be right.
    pub(crate) body_hash: Option<[u8; 32]>,
    /// `h=`, in the field's body.
    pub(crate) signed_names: Span,
    /// `b=`, in the field's body.
    pub(crate) signature_value: Span,
    /// `b=` decoded, in the list given to [`Signature::read`].
    pub(crate) octets: (usize, usize),
    /// `t=`, seconds since 1970.
    pub(crate) signed_at: Option<u64>,
    /// `x=`, seconds since 1970.
    pub(crate) expires_at: Option<u64>,
}

/// Why a signature field is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The field's body is no tag list.
    #[error("the signature is no tag list: {0}")]
    TagList(#[from] TagListError),
    /// A tag that must be there is absent or empty.
    #[error("the signature has no {0}= tag")]
    MissingTag(&'static str),
    /// `v=` is not 1.
    #[error("the signature's version is not 1")]
    Version,
    /// `a=` names an algorithm that nobody here knows.
    #[error("the signature's algorithm is not known")]
    UnknownAlgorithm,
    /// `c=` names a canonicalization that nobody here knows.
    #[error("the signature's canonicalization is not known")]
    UnknownCanonicalization,
    /// `d=` is no domain name.
    #[error("the signature's d= tag is no domain name: {0}")]
    Domain(DomainNameError),
    /// `s=` is no selector.
    #[error("the signature's s= tag is no selector: {0}")]
    Selector(DomainNameError),
    /// Selector and SDID together are no domain name.
    #[error("selector and domain make no domain name: {0}")]
    KeyName(DomainNameError),
    /// `i=` is no identifier.
    #[error("the signature's i= tag is no identifier")]
    Auid,
    /// `i=` is not at or below `d=`.
    #[error("the signature's i= tag is outside its d= domain")]
    AuidOutsideSdid,
    /// `b=` is no Base64, or longer than any signature.
    #[error("the signature's b= tag is not valid Base64")]
    SignatureOctets,
    /// `bh=` is no Base64, or longer than any hash.
    #[error("the signature's bh= tag is not valid Base64")]
    BodyHash,
    /// `h=` does not list From.
    #[error("the From field is not signed")]
    FromNotSigned,
    /// `h=` lists more than [`MAX_SIGNED_NAMES`] names.
    #[error("the signature's h= tag lists {0} names, more than {MAX_SIGNED_NAMES}")]
    TooManyNames(usize),
    /// `h=` of an ARC-Message-Signature lists ARC-Seal.
    #[error("the ARC-Seal field is signed by an ARC-Message-Signature")]
    SealSigned,
    /// `l=`, `t=` or `x=` is no number.
    #[error("the signature's {0}= tag is no number")]
    Number(&'static str),
    /// `x=` is not after `t=`.
    #[error("the signature expires before it was made")]
    ExpiresBeforeSigned,
    /// `q=` names no query method that is known.
    #[error("the signature's query method is not known")]
    QueryMethod,
}

/// The field that a signature lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureField {
    /// DKIM-Signature.
    Dkim,
    /// ARC-Message-Signature: `v=` means nothing and `i=` is the instance.
    ArcMessageSignature,
}

/// Places of the known tags.
mod tag {
    pub(super) const VERSION: usize = 0;
    pub(super) const ALGORITHM: usize = 1;
    pub(super) const SIGNATURE: usize = 2;
    pub(super) const BODY_HASH: usize = 3;
    pub(super) const CANONICALIZATION: usize = 4;
    pub(super) const DOMAIN: usize = 5;
    pub(super) const SIGNED_NAMES: usize = 6;
    pub(super) const IDENTIFIER: usize = 7;
    pub(super) const LENGTH: usize = 8;
    pub(super) const QUERY: usize = 9;
    pub(super) const SELECTOR: usize = 10;
    pub(super) const SIGNED_AT: usize = 11;
    pub(super) const EXPIRES_AT: usize = 12;
    pub(super) const COUNT: usize = 13;

    pub(super) fn slot(name: &[u8]) -> Option<usize> {
        Some(match name {
            b"v" => VERSION,
            b"a" => ALGORITHM,
            b"b" => SIGNATURE,
            b"bh" => BODY_HASH,
            b"c" => CANONICALIZATION,
            b"d" => DOMAIN,
            b"h" => SIGNED_NAMES,
            b"i" => IDENTIFIER,
            b"l" => LENGTH,
            b"q" => QUERY,
            b"s" => SELECTOR,
            b"t" => SIGNED_AT,
            b"x" => EXPIRES_AT,
            _ => return None,
        })
    }
}

type Tags<'a> = TagList<'a, { tag::COUNT }>;

impl Signature {
    /// Reads the body of a signature field. The decoded `b=` is added to `octets`.
    ///
    /// What can be read of the origin is given even where the signature is not valid.
    pub(crate) fn read(
        body: &[u8],
        field: SignatureField,
        octets: &mut Vec<u8>,
    ) -> (Origin, Result<Signature, SignatureError>) {
        let (tags, error) = Tags::read(body, tag::slot);
        let origin = Origin::of(&tags, field);
        let signature = match error {
            Some(error) => Err(error.into()),
            None => Signature::from_tags(&tags, field, &origin, octets),
        };
        (origin, signature)
    }

    fn from_tags(
        tags: &Tags<'_>,
        field: SignatureField,
        origin: &Origin,
        octets: &mut Vec<u8>,
    ) -> Result<Signature, SignatureError> {
        // RFC 6376 §3.5: "It MUST have the value "1" for implementations compliant with this
        // version of DKIM." RFC 8617 §4.1.2: "if seen, a version tag MUST be ignored".
        if field == SignatureField::Dkim && required(tags, tag::VERSION, "v")? != b"1" {
            return Err(SignatureError::Version);
        }
        let algorithm = algorithm_of(required(tags, tag::ALGORITHM, "a")?)?;
        // What the origin lacks is read again for the error.
        let sdid = match &origin.sdid {
            Some(sdid) => sdid.clone(),
            None => sdid_of(required(tags, tag::DOMAIN, "d")?)?,
        };
        let selector = match &origin.selector {
            Some(selector) => selector.clone(),
            None => selector_of(required(tags, tag::SELECTOR, "s")?)?,
        };
        let auid_is_sdid = match (tags.value(tag::IDENTIFIER), field) {
            (Some(_), SignatureField::Dkim) => {
                let auid = origin.auid.as_ref().ok_or(SignatureError::Auid)?;
                // RFC 6376 §3.5: "The domain part of the address MUST be the same as, or a
                // subdomain of, the value of the "d=" tag."
                if !auid.domain.is_at_or_below(&sdid) {
                    return Err(SignatureError::AuidOutsideSdid);
                }
                auid.domain == sdid
            }
            _ => true,
        };
        let (header_form, body_form) = forms_of(tags)?;
        let (signed_at, expires_at) = times_of(tags)?;
        check_query_method(tags)?;
        Ok(Signature {
            algorithm,
            key_name: selector.key_name(&sdid).map_err(SignatureError::KeyName)?,
            auid_is_sdid,
            header_form,
            body_form,
            body_length: number_of(tags, tag::LENGTH, "l")?,
            body_hash: body_hash_of(required(tags, tag::BODY_HASH, "bh")?)?,
            signed_names: signed_names_of(tags, field)?,
            signature_value: tags.span(tag::SIGNATURE).ok_or(SignatureError::MissingTag("b"))?,
            octets: signature_octets(required(tags, tag::SIGNATURE, "b")?, octets)?,
            signed_at,
            expires_at,
        })
    }
}

impl Origin {
    fn of(tags: &Tags<'_>, field: SignatureField) -> Origin {
        let auid = match field {
            SignatureField::Dkim => tags.value(tag::IDENTIFIER).and_then(Auid::from_value),
            SignatureField::ArcMessageSignature => None,
        };
        Origin {
            sdid: tags.value(tag::DOMAIN).and_then(|v| DomainName::parse_octets(v).ok()),
            auid,
            selector: tags.value(tag::SELECTOR).and_then(|v| Selector::parse_octets(v).ok()),
            algorithm: tags.value(tag::ALGORITHM).and_then(Algorithm::from_token),
            signature_start: signature_start(tags.value(tag::SIGNATURE).unwrap_or_default()),
        }
    }
}

/// The names in the value of an `h=` tag, in order, each with its hash
/// ([`HeaderSection::name_hash`]). Empty ones are left out.
pub(crate) fn signed_names(value: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
    let mut rest = Some(value);
    let names = std::iter::from_fn(move || {
        let value = trim_start(rest?);
        let (len, hash) = HeaderSection::read_name(value);
        let (name, after) = value.split_at(len);
        match trim_start(after) {
            [] => rest = None,
            [b':', later @ ..] => rest = Some(later),
            // Something that no field is named.
            _ => {
                let colon = memchr(b':', value);
                rest = colon.map(|colon| &value[colon + 1..]);
                let name = trim(colon.map_or(value, |colon| &value[..colon]));
                return Some((name, HeaderSection::name_hash(name)));
            }
        }
        Some((name, hash))
    });
    names.filter(|(name, _)| !name.is_empty())
}

pub(crate) fn algorithm_of(value: &[u8]) -> Result<Algorithm, SignatureError> {
    Algorithm::from_token(value).ok_or(SignatureError::UnknownAlgorithm)
}

pub(crate) fn sdid_of(value: &[u8]) -> Result<DomainName, SignatureError> {
    DomainName::parse_octets(value).map_err(SignatureError::Domain)
}

pub(crate) fn selector_of(value: &[u8]) -> Result<Selector, SignatureError> {
    Selector::parse_octets(value).map_err(SignatureError::Selector)
}

/// Decodes a `b=` value and adds it to `octets`; tells where it lies there.
pub(crate) fn signature_octets(value: &[u8], octets: &mut Vec<u8>) -> Result<(usize, usize), SignatureError> {
    let start = octets.len();
    // Four characters make three octets, and the decoder writes four.
    octets.resize(start + MAX_SIGNATURE.min(value.len() / 4 * 3 + 4), 0);
    let decoded = decode_signature(value, &mut octets[start..]);
    octets.truncate(start + decoded.unwrap_or_default());
    decoded.map_err(|_| SignatureError::SignatureOctets)?;
    Ok((start, octets.len()))
}

/// A number of digits only. What is too large for 64 bits is the largest of them.
pub(crate) fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(value.iter().fold(0u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0'))))
}

/// The first eight characters of a `b=` value.
pub(crate) fn signature_start(value: &[u8]) -> CompactString {
    let visible = value.iter().filter(|b| b.is_ascii_graphic() && !is_fws(**b));
    visible.take(8).map(|b| char::from(*b)).collect()
}

fn required<'a>(tags: &Tags<'a>, slot: usize, name: &'static str) -> Result<&'a [u8], SignatureError> {
    tags.value(slot).filter(|v| !v.is_empty()).ok_or(SignatureError::MissingTag(name))
}

fn forms_of(tags: &Tags<'_>) -> Result<(Canonicalization, Canonicalization), SignatureError> {
    // RFC 6376 §3.5: "c= ... (plain-text; OPTIONAL, default is "simple/simple")."
    let Some(value) = tags.value(tag::CANONICALIZATION) else {
        return Ok((Canonicalization::Simple, Canonicalization::Simple));
    };
    Canonicalization::pair_from_value(value).ok_or(SignatureError::UnknownCanonicalization)
}

fn times_of(tags: &Tags<'_>) -> Result<(Option<u64>, Option<u64>), SignatureError> {
    let signed_at = number_of(tags, tag::SIGNED_AT, "t")?;
    let expires_at = number_of(tags, tag::EXPIRES_AT, "x")?;
    // RFC 6376 §3.5: "The value of the "x=" tag MUST be greater than the value of the "t="
    // tag if both are present."
    match (signed_at, expires_at) {
        (Some(signed), Some(expires)) if expires <= signed => Err(SignatureError::ExpiresBeforeSigned),
        times => Ok(times),
    }
}

fn number_of(tags: &Tags<'_>, slot: usize, name: &'static str) -> Result<Option<u64>, SignatureError> {
    tags.value(slot).map(|v| number(v).ok_or(SignatureError::Number(name))).transpose()
}

fn check_query_method(tags: &Tags<'_>) -> Result<(), SignatureError> {
    // RFC 6376 §3.5: "If there are multiple query mechanisms listed, the choice of query
    // mechanism MUST NOT change the interpretation of the signature." `dns` alone is how
    // signers before RFC 4871 wrote it.
    let Some(value) = tags.value(tag::QUERY) else { return Ok(()) };
    let known =
        |method: &[u8]| [&b"dns/txt"[..], b"dns"].iter().any(|m| trim(method).eq_ignore_ascii_case(m));
    if value.split(|b| *b == b':').any(known) { Ok(()) } else { Err(SignatureError::QueryMethod) }
}

fn body_hash_of(value: &[u8]) -> Result<Option<[u8; 32]>, SignatureError> {
    let mut decoded = [0; 64];
    let len = decode_signature(value, &mut decoded).map_err(|_| SignatureError::BodyHash)?;
    Ok(decoded[..len].try_into().ok())
}

fn signed_names_of(tags: &Tags<'_>, field: SignatureField) -> Result<Span, SignatureError> {
    let value = required(tags, tag::SIGNED_NAMES, "h")?;
    let count = 1 + memchr_iter(b':', value).count();
    if count > MAX_SIGNED_NAMES {
        return Err(SignatureError::TooManyNames(count));
    }
    let lists = |wanted: &[u8]| signed_names(value).any(|(name, _)| name.eq_ignore_ascii_case(wanted));
    // RFC 6376 §5.4: "The From header field MUST be signed".
    if !lists(b"from") {
        return Err(SignatureError::FromNotSigned);
    }
    // RFC 8617 §4.1.2: "ARC-related header fields ... MUST NOT be included in the list of
    // header fields covered by the signature of the AMS header field." The ARC test suite
    // lets ARC-Authentication-Results pass, as early sealers signed it.
    if field == SignatureField::ArcMessageSignature && lists(b"arc-seal") {
        return Err(SignatureError::SealSigned);
    }
    tags.span(tag::SIGNED_NAMES).ok_or(SignatureError::MissingTag("h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "v=1; a=rsa-sha256; d=example.com; s=sel; h=from:to; \
                         bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=Zm9v";

    fn read(body: &str) -> Result<Signature, SignatureError> {
        Signature::read(body.as_bytes(), SignatureField::Dkim, &mut Vec::new()).1
    }

    #[test]
    fn reads_a_minimal_signature() {
        let signature = read(VALID).expect("valid");
        assert_eq!(signature.key_name.as_str(), "sel._domainkey.example.com");
        assert_eq!(signature.header_form, Canonicalization::Simple);
        assert_eq!(signature.body_form, Canonicalization::Simple);
        assert!(signature.auid_is_sdid);
        assert_eq!(signature.signature_value.of(VALID.as_bytes()), b"Zm9v");
        assert_eq!(signed_names(signature.signed_names.of(VALID.as_bytes())).count(), 2);
    }

    #[test]
    fn lists_signed_names() {
        let check = |value: &str, expected: &[&str]| {
            let got: Vec<(Vec<u8>, u32)> =
                signed_names(value.as_bytes()).map(|(name, hash)| (name.to_vec(), hash)).collect();
            let hashed = |name: &&str| (name.as_bytes().to_vec(), HeaderSection::name_hash(name.as_bytes()));
            let expected: Vec<(Vec<u8>, u32)> = expected.iter().map(hashed).collect();
            assert_eq!(got, expected, "{value:?}");
        };
        check("From:To", &["From", "To"]);
        check(" From : \r\n\tTo\r\n :List-Unsubscribe-Post ", &["From", "To", "List-Unsubscribe-Post"]);
        check("::From::", &["From"]);
        check("From:a b: c\u{e9} :To", &["From", "a b", "c\u{e9}", "To"]);
        check("", &[]);
        check(" ", &[]);
    }

    #[test]
    fn reads_tags() {
        let check = |more: &str, valid: Result<(), SignatureError>| {
            let body = format!("{VALID}; {more}");
            assert_eq!(read(&body).map(|_| ()), valid, "{more:?}");
        };
        check("i=@example.com; q=dns/txt; t=1; x=2; l=0; c=relaxed; z=From:a|To:b", Ok(()));
        check("i=a@sub.example.com; q=http:dns/txt; unknown=x; c=RELAXED/Simple;", Ok(()));
        check("i=@ample.com", Err(SignatureError::AuidOutsideSdid));
        check("i=example.com", Err(SignatureError::Auid));
        check("q=http", Err(SignatureError::QueryMethod));
        check("t=2; x=2", Err(SignatureError::ExpiresBeforeSigned));
        check("t=1 2", Err(SignatureError::Number("t")));
        check("l=-1", Err(SignatureError::Number("l")));
        check("x=", Err(SignatureError::Number("x")));
        check("c=relaxed/", Err(SignatureError::UnknownCanonicalization));
        check("c=nowsp", Err(SignatureError::UnknownCanonicalization));
        check("b=Zm9v", Err(SignatureError::TagList(TagListError::Duplicate { at: VALID.len() + 1 })));
    }

    #[test]
    fn refuses_what_lacks_or_spoils_a_required_tag() {
        let check = |from: &str, to: &str, expected: SignatureError| {
            let body = VALID.replace(from, to);
            assert_eq!(read(&body).map(|_| ()), Err(expected), "{body:?}");
        };
        check("v=1; ", "", SignatureError::MissingTag("v"));
        check("v=1", "v=2", SignatureError::Version);
        check("rsa-sha256", "dsa-sha1", SignatureError::UnknownAlgorithm);
        check("d=example.com", "d=exa mple", SignatureError::Domain(DomainNameError::BadCharacter));
        check("s=sel", "s=", SignatureError::MissingTag("s"));
        check("s=sel", "s=a..b", SignatureError::Selector(DomainNameError::EmptyLabel));
        check("from:to", "to", SignatureError::FromNotSigned);
        check("from:to", "", SignatureError::MissingTag("h"));
        check("from:to", &"from:".repeat(1000), SignatureError::TooManyNames(1001));
        check("b=Zm9v", "b=", SignatureError::MissingTag("b"));
        check("b=Zm9v", "b=Zm9*", SignatureError::SignatureOctets);
        check("bh=47", "bh=*7", SignatureError::BodyHash);
    }

    #[test]
    fn tells_the_origin_of_a_signature_with_errors() {
        let body = VALID.replace("v=1", "v=5");
        let (origin, signature) = Signature::read(body.as_bytes(), SignatureField::Dkim, &mut Vec::new());
        assert_eq!(signature.map(|_| ()), Err(SignatureError::Version));
        assert_eq!(origin.sdid.expect("readable").as_str(), "example.com");
        assert_eq!(origin.selector.expect("readable").as_str(), "sel");
    }
}
