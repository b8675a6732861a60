use super::tree_walk::{Found, Walk, Way, common_labels};
use super::{DiscoveryMethod, Psd};
use crate::dkim::DkimResult;
use crate::dns::{Answers, DomainName, Failure, Missing, QueryClass};
use crate::spf::SpfResult;

/// A domain that SPF or DKIM has looked at, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Identifier<'a> {
    /// The MAIL FROM domain (with a null reverse-path the HELO domain), or the SDID.
    pub domain: &'a DomainName,
    /// What came of it.
    pub authentication: Authentication,
}

/// What SPF or DKIM says of a domain, as far as DMARC is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// `pass`: an Authenticated Identifier.
    Passed,
    /// `temperror`: it may pass later.
    Undecided,
    /// Anything else.
    NotPassed,
}

impl From<SpfResult> for Authentication {
    fn from(result: SpfResult) -> Authentication {
        match result {
            SpfResult::Pass => Authentication::Passed,
            SpfResult::Temperror => Authentication::Undecided,
            SpfResult::None
            | SpfResult::Neutral
            | SpfResult::Fail
            | SpfResult::Softfail
            | SpfResult::Permerror => Authentication::NotPassed,
        }
    }
}

impl From<DkimResult> for Authentication {
    fn from(result: DkimResult) -> Authentication {
        match result {
            DkimResult::Pass => Authentication::Passed,
            DkimResult::Temperror => Authentication::Undecided,
            DkimResult::None
            | DkimResult::Fail
            | DkimResult::Policy
            | DkimResult::Neutral
            | DkimResult::Permerror => Authentication::NotPassed,
        }
    }
}

/// Whether an identifier is aligned with the Author Domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aligned {
    Yes,
    No,
    /// The Organizational Domains are not known.
    Unknown(DomainName, Failure),
}

/// Relaxed alignment (RFC 9989 §3.2.10.1) of two different domains.
pub(super) fn relaxed(
    author: &mut Walk<'_>,
    identifier: &DomainName,
    method: DiscoveryMethod,
    class: QueryClass,
    answers: &mut Answers<'_>,
) -> Result<Aligned, Missing> {
    let common = common_labels(author.domain, identifier);
    if common == 0 {
        return Ok(Aligned::No);
    }
    if method == DiscoveryMethod::PublicSuffixList {
        let organization = method.registered_labels(author.domain);
        let same = organization == method.registered_labels(identifier) && organization <= common;
        return Ok(if same { Aligned::Yes } else { Aligned::No });
    }
    author.complete(QueryClass::Policy, answers)?;
    if author.failure().is_none() {
        // Only the Organizational Domain itself and names below it can have it as theirs, and
        // it is its own.
        let organization = author.organizational_labels(Found::Nothing);
        if organization > common {
            return Ok(Aligned::No);
        }
        if organization == identifier.label_count() {
            return Ok(Aligned::Yes);
        }
    }
    let mut walk = Walk::new(identifier, Way::Tree);
    walk.complete_beside(Some(author), class, answers)?;
    Ok(compare(author, &walk, common))
}

/// Whether two walks end at the same Organizational Domain.
fn compare(author: &Walk<'_>, identifier: &Walk<'_>, common: usize) -> Aligned {
    let same_where = |assumed: Found| {
        let organization = author.organizational_labels(assumed);
        organization == identifier.organizational_labels(assumed) && organization <= common
    };
    let aligned = same_where(Found::Nothing);
    // A name that gave no answer matters only where what it may hold does: above the lowest
    // record that both have, both go the same way.
    if let Some((domain, failure)) = author.failure().or_else(|| identifier.failure())
        && [Psd::Unspecified, Psd::No, Psd::Yes].into_iter().any(|p| same_where(Found::Record(p)) != aligned)
    {
        return Aligned::Unknown(domain, failure);
    }
    if aligned { Aligned::Yes } else { Aligned::No }
}
