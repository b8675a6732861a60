use std::sync::Arc;

use super::tree_walk::{Found, Walk, Way};
use crate::dns::{Answer, Answers, DomainName, Failure, Missing, Outcome, QueryClass, RecordType};

/// How the Organizational Domain and the policy are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiscoveryMethod {
    /// The DNS Tree Walk (RFC 9989 §4.10).
    #[default]
    TreeWalk,
    /// A public suffix list (RFC 7489 §3.2): the one that was current when the
    /// program was built, with its private part.
    PublicSuffixList,
}

impl DiscoveryMethod {
    /// The word of RFC 9990's `discovery_method`.
    pub fn as_str(self) -> &'static str {
        match self {
            DiscoveryMethod::TreeWalk => "treewalk",
            DiscoveryMethod::PublicSuffixList => "psl",
        }
    }

    /// The method of this word.
    pub fn from_word(word: &str) -> Option<DiscoveryMethod> {
        [DiscoveryMethod::TreeWalk, DiscoveryMethod::PublicSuffixList]
            .into_iter()
            .find(|m| m.as_str() == word)
    }

    pub(super) fn way(self, domain: &DomainName) -> Way {
        match self {
            DiscoveryMethod::TreeWalk => Way::Tree,
            DiscoveryMethod::PublicSuffixList => Way::Registered(self.registered_labels(domain)),
        }
    }

    /// Labels of the domain that was registered; all of them for a public suffix.
    pub(super) fn registered_labels(self, domain: &DomainName) -> usize {
        let registered = psl::domain_str(domain.as_str()).unwrap_or(domain.as_str());
        1 + memchr::memchr_iter(b'.', registered.as_bytes()).count()
    }
}

/// What policy discovery found (RFC 9989 §4.10.1).
pub(super) enum Discovered {
    /// A record at `domain`.
    Record { domain: DomainName, answer: Arc<Answer> },
    /// No record, or several at one name.
    Nothing,
    /// The DNS did not say what is at `domain`.
    Unknown { domain: DomainName, failure: Failure },
}

/// The record to be applied: the Author Domain's, its Organizational Domain's,
/// or its Public Suffix Domain's, in this order.
pub(super) fn discover(walk: &mut Walk<'_>, answers: &mut Answers<'_>) -> Result<Discovered, Missing> {
    let author = walk.domain;
    let labels = author.label_count();
    match walk.first(QueryClass::Policy, answers)? {
        Found::Record(_) => return Ok(record_at(walk, labels).unwrap_or(Discovered::Nothing)),
        Found::Unknown(failure) => return Ok(Discovered::Unknown { domain: author.clone(), failure }),
        Found::Nothing | Found::Several => {}
    }
    walk.complete(QueryClass::Policy, answers)?;
    if let Some((domain, failure)) = walk.failure() {
        return Ok(Discovered::Unknown { domain, failure });
    }
    let organization = walk.organizational_labels(Found::Nothing);
    let found = record_at(walk, organization)
        .or_else(|| walk.public_suffix_labels().and_then(|labels| record_at(walk, labels)));
    Ok(found.unwrap_or(Discovered::Nothing))
}

/// The Organizational Domain of any domain (RFC 9989 §4.10.2, RFC 7489 §3.2).
///
/// # Errors
/// [`Missing`] where answers are missing; inside, why the DNS did not say.
pub fn organizational_domain(
    domain: &DomainName,
    method: DiscoveryMethod,
    class: QueryClass,
    answers: &mut Answers<'_>,
) -> Result<Result<DomainName, Failure>, Missing> {
    let mut walk = Walk::new(domain, method.way(domain));
    if method == DiscoveryMethod::TreeWalk {
        walk.complete(class, answers)?;
    }
    Ok(match walk.failure() {
        Some((_, failure)) => Err(failure),
        None => Ok(domain.suffix(walk.organizational_labels(Found::Nothing))),
    })
}

fn record_at(walk: &Walk<'_>, labels: usize) -> Option<Discovered> {
    let answer = Arc::clone(walk.record_at(labels)?);
    Some(Discovered::Record { domain: walk.domain.suffix(labels), answer })
}

/// Whether the Author Domain exists (RFC 9989 §3.2.13): it does unless a
/// question for it is answered with NXDOMAIN, whatever the type.
pub(super) fn existence(walk: &Walk<'_>, answers: &mut Answers<'_>) -> Result<Existence, Missing> {
    // Where a name below it exists, it does.
    let below = walk.first_answer().map(|answer| &answer.outcome);
    if matches!(below, Some(Outcome::Records(_) | Outcome::NoData)) {
        return Ok(Existence::Exists);
    }
    // TXT, because SPF has often asked for it.
    let answer = answers.get(QueryClass::Policy, walk.domain, RecordType::Txt)?;
    Ok(match &answer.outcome {
        Outcome::NxDomain => Existence::DoesNotExist,
        Outcome::Records(_) | Outcome::NoData => Existence::Exists,
        Outcome::Failure(failure) => Existence::Unknown(*failure),
    })
}

/// Whether a domain exists.
pub(super) enum Existence {
    Exists,
    DoesNotExist,
    Unknown(Failure),
}
