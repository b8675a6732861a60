use super::instance::position;
use crate::dkim::signature::{algorithm_of, number, sdid_of, selector_of, signature_octets};
use crate::dkim::tag_list::{Span, TagList};
use crate::dkim::{Algorithm, Selector, SignatureError};
use crate::dns::DomainName;

/// Chain Validation Status: the result for a chain (RFC 8617 §4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArcResult {
    /// The message has no chain.
    None,
    /// Every signature of the chain is good.
    Pass,
    /// The chain is not valid.
    Fail,
}

impl ArcResult {
    /// The token of RFC 8617 §4.4.
    pub fn as_str(self) -> &'static str {
        match self {
            ArcResult::None => "none",
            ArcResult::Pass => "pass",
            ArcResult::Fail => "fail",
        }
    }
}

impl std::str::FromStr for ArcResult {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<ArcResult, UnknownStatus> {
        let all = [ArcResult::None, ArcResult::Pass, ArcResult::Fail];
        all.into_iter().find(|r| r.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownStatus)
    }
}

/// A text that is no Chain Validation Status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Chain Validation Status of RFC 8617")]
pub struct UnknownStatus;

impl std::fmt::Display for ArcResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A valid ARC-Seal field (RFC 8617 §4.1.3).
#[derive(Clone, Debug)]
pub(super) struct Seal {
    pub(super) algorithm: Algorithm,
    pub(super) sealer: DomainName,
    pub(super) selector: Selector,
    /// Where the key record lies.
    pub(super) key_name: DomainName,
    /// `cv=`: what the chain was worth before this set.
    pub(super) status: ArcResult,
    /// `b=`, in the field's body.
    pub(super) signature_value: Span,
    /// `b=` decoded, in the list given to [`Seal::from_tags`].
    pub(super) octets: (usize, usize),
}

/// Why an ARC-Seal field is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A tag that a signature has too.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// `cv=` is none of none, pass, fail.
    #[error("the seal's cv= tag is none of none, pass and fail")]
    Status,
    /// There is an `h=` tag.
    #[error("the seal has an h= tag")]
    SignedNames,
}

/// The tags of an ARC-Seal field.
#[derive(Clone, Copy, Debug)]
pub(super) struct SealTags<'a>(TagList<'a, { tag::COUNT }>, Option<SignatureError>);

/// Places of the known tags.
mod tag {
    pub(super) const ALGORITHM: usize = 0;
    pub(super) const SIGNATURE: usize = 1;
    pub(super) const STATUS: usize = 2;
    pub(super) const DOMAIN: usize = 3;
    pub(super) const SIGNED_NAMES: usize = 4;
    pub(super) const INSTANCE: usize = 5;
    pub(super) const SELECTOR: usize = 6;
    pub(super) const SIGNED_AT: usize = 7;
    pub(super) const COUNT: usize = 8;

    pub(super) fn slot(name: &[u8]) -> Option<usize> {
        Some(match name {
            b"a" => ALGORITHM,
            b"b" => SIGNATURE,
            b"cv" => STATUS,
            b"d" => DOMAIN,
            b"h" => SIGNED_NAMES,
            b"i" => INSTANCE,
            b"s" => SELECTOR,
            b"t" => SIGNED_AT,
            _ => return None,
        })
    }
}

impl<'a> SealTags<'a> {
    pub(super) fn read(body: &'a [u8]) -> SealTags<'a> {
        let (tags, error) = TagList::read(body, tag::slot);
        SealTags(tags, error.map(SignatureError::TagList))
    }

    /// `i=`, where it is valid.
    pub(super) fn instance(&self) -> Option<u8> {
        self.0.value(tag::INSTANCE).and_then(position)
    }

    /// `cv=`, where it is valid.
    pub(super) fn status(&self) -> Option<ArcResult> {
        let value = self.0.value(tag::STATUS)?;
        [ArcResult::None, ArcResult::Pass, ArcResult::Fail]
            .into_iter()
            .find(|status| value.eq_ignore_ascii_case(status.as_str().as_bytes()))
    }

    /// `d=`, where it is valid.
    pub(super) fn sealer(&self) -> Option<DomainName> {
        self.0.value(tag::DOMAIN).and_then(|v| DomainName::parse_octets(v).ok())
    }

    fn required(&self, slot: usize, name: &'static str) -> Result<&'a [u8], SealError> {
        let value = self.0.value(slot).filter(|v| !v.is_empty());
        value.ok_or(SealError::Signature(SignatureError::MissingTag(name)))
    }
}

impl Seal {
    /// Reads the tags of an ARC-Seal field. The decoded `b=` is added to `octets`.
    pub(super) fn from_tags(tags: &SealTags<'_>, octets: &mut Vec<u8>) -> Result<Seal, SealError> {
        if let Some(error) = tags.1 {
            return Err(error.into());
        }
        // RFC 8617 §4.1.3: "the DKIM "h" tag is NOT allowed and, if found, MUST result in a cv
        // status of "fail"".
        if tags.0.value(tag::SIGNED_NAMES).is_some() {
            return Err(SealError::SignedNames);
        }
        let sealer = sdid_of(tags.required(tag::DOMAIN, "d")?)?;
        let selector = selector_of(tags.required(tag::SELECTOR, "s")?)?;
        if let Some(signed_at) = tags.0.value(tag::SIGNED_AT) {
            number(signed_at).ok_or(SignatureError::Number("t"))?;
        }
        Ok(Seal {
            algorithm: algorithm_of(tags.required(tag::ALGORITHM, "a")?)?,
            key_name: selector.key_name(&sealer).map_err(SignatureError::KeyName)?,
            sealer,
            selector,
            status: tags.status().ok_or(SealError::Status)?,
            signature_value: tags.0.span(tag::SIGNATURE).ok_or(SignatureError::MissingTag("b"))?,
            octets: signature_octets(tags.required(tag::SIGNATURE, "b")?, octets)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seals() {
        const VALID: &str = "i=1; a=rsa-sha256; cv=none; d=example.org; s=sel; t=1; b=Zm9v";
        let check = |from: &str, to: &str, expected: Result<ArcResult, SealError>| {
            let body = VALID.replace(from, to);
            let tags = SealTags::read(body.as_bytes());
            let seal = Seal::from_tags(&tags, &mut Vec::new());
            assert_eq!(seal.map(|s| s.status), expected, "{body:?}");
        };
        check("", "", Ok(ArcResult::None));
        check("cv=none", "cv=PASS", Ok(ArcResult::Pass));
        check("t=1; ", "", Ok(ArcResult::None));
        check("cv=none", "cv=", Err(SealError::Status));
        check("cv=none; ", "", Err(SealError::Status));
        check("t=1", "h=from", Err(SealError::SignedNames));
        check("t=1", "t=-1", Err(SignatureError::Number("t").into()));
        check("s=sel; ", "", Err(SignatureError::MissingTag("s").into()));
        check("a=rsa-sha256; ", "", Err(SignatureError::MissingTag("a").into()));
        check("a=rsa-sha256", "a=x", Err(SignatureError::UnknownAlgorithm.into()));
    }
}
