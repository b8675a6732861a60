use std::sync::Arc;

use super::alignment::{Aligned, relaxed};
use super::discovery::{Discovered, Existence, discover, existence};
use super::tree_walk::Walk;
use super::{
    AlignmentMode, Authentication, DiscoveryMethod, Disposition, DmarcResult, Identifier, Policy,
    PolicyRecord, Published, TestMode,
};
use crate::dns::{Answer, Answers, DomainName, Failure, Missing, QueryClass};
use crate::message::AuthorDomainError;

/// How DMARC is evaluated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How the policy is found. Default: the tree walk. With a public suffix list
    /// the tags `np`, `psd` and `t` are not read, as RFC 7489 does not know them.
    pub method: DiscoveryMethod,
    /// What `pct` means. Default: 0 is `t=y`.
    pub pct: Pct,
}

/// What the removed tag `pct` means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pct {
    /// `pct=0` reads as `t=y` where there is no `t`; every other value as full
    /// enforcement. RFC 9989 §4.7 says that unknown tags MUST be ignored, but
    /// the domains that publish `pct=0` mean just this (appendix A.6).
    #[default]
    ZeroIsTesting,
    /// It is ignored.
    Ignored,
}

/// The verdict of DMARC on one message.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The result.
    pub result: DmarcResult,
    /// The Author Domain; `None` where the message has no usable one.
    pub author_domain: Option<DomainName>,
    /// Where the record was found that applies.
    pub policy_domain: Option<DomainName>,
    /// The Domain Owner Assessment Policy that applies, as published.
    pub policy: Option<Policy>,
    /// Which tag it comes from.
    pub policy_source: Option<PolicySource>,
    /// What it means for this message.
    pub disposition: Disposition,
    /// The policy is only tested: `t=y`, or what counts as that.
    pub testing: bool,
    /// Which Authenticated Identifiers are aligned; told without a policy too.
    pub alignment: Alignment,
    /// The Author Domain's Organizational Domain, where it had to be found out.
    pub organizational_domain: Option<DomainName>,
    /// How the policy was looked for.
    pub method: DiscoveryMethod,
    /// Why the result is what it is, where it is not `pass`.
    pub cause: Option<Cause>,
    /// How many names were asked on the way up from the Author Domain.
    asked: usize,
    published: Option<Arc<Answer>>,
}

/// Which mechanisms have an Authenticated Identifier that is aligned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// SPF has.
    pub spf: bool,
    /// DKIM has, with at least one signature.
    pub dkim: bool,
}

/// Where the policy that applies comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// `p`
    P,
    /// `sp`
    Sp,
    /// `np`
    Np,
    /// Nowhere: `p` is absent or `p`, `sp` or `np` is not valid, and somebody
    /// wants reports, so that the record counts as `p=none` (RFC 9989 §4.10.1).
    Assumed,
}

/// Why a message does not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The message has no usable Author Domain.
    #[error(transparent)]
    AuthorDomain(#[from] AuthorDomainError),
    /// No name of the walk has a DMARC Policy Record.
    #[error("there is no DMARC Policy Record")]
    NoRecord,
    /// No name of the walk has a record that counts, but one has several.
    #[error("there are several DMARC Policy Records at one name")]
    SeveralRecords,
    /// The record has no valid policy, and no address for reports (RFC 9989 §4.10.1).
    #[error("the DMARC Policy Record of {domain} has no valid policy")]
    NoValidPolicy {
        /// Where the record is.
        domain: DomainName,
    },
    /// The policy could not be looked up.
    #[error("the DMARC Policy Record of {domain} could not be looked up: {failure}")]
    PolicyLookup {
        /// The domain whose `_dmarc` name gave no answer.
        domain: DomainName,
        /// Why.
        failure: Failure,
    },
    /// Whether `sp` or `np` applies could not be found out.
    #[error("whether {domain} exists could not be found out: {failure}")]
    ExistenceLookup {
        /// The Author Domain.
        domain: DomainName,
        /// Why.
        failure: Failure,
    },
    /// SPF or DKIM is undecided about a domain that would be aligned, and nothing else is.
    #[error("whether {domain} is authenticated is not known")]
    IdentifierUndecided {
        /// The MAIL FROM domain or SDID.
        domain: DomainName,
    },
    /// Whether an Authenticated Identifier is aligned could not be found out, and nothing else is.
    #[error("whether {identifier} is aligned is not known: _dmarc.{domain}: {failure}")]
    AlignmentLookup {
        /// The MAIL FROM domain or SDID.
        identifier: DomainName,
        /// The domain whose `_dmarc` name gave no answer.
        domain: DomainName,
        /// Why.
        failure: Failure,
    },
    /// Neither SPF nor DKIM passed for any domain.
    #[error("no domain is authenticated")]
    NothingAuthenticated,
    /// SPF or DKIM passed, but for no domain that is aligned with the Author Domain.
    #[error("no authenticated domain is aligned with the Author Domain")]
    NotAligned,
}

impl Cause {
    /// The result that this cause leads to.
    pub fn result(&self) -> DmarcResult {
        match self {
            Cause::AuthorDomain(_) => DmarcResult::Permerror,
            Cause::NoRecord | Cause::SeveralRecords | Cause::NoValidPolicy { .. } => DmarcResult::None,
            Cause::PolicyLookup { .. }
            | Cause::ExistenceLookup { .. }
            | Cause::IdentifierUndecided { .. }
            | Cause::AlignmentLookup { .. } => DmarcResult::Temperror,
            Cause::NothingAuthenticated | Cause::NotAligned => DmarcResult::Fail,
        }
    }
}

impl Evaluation {
    /// The verdict on a message without one usable Author Domain: `permerror`.
    pub fn without_author_domain(error: AuthorDomainError, options: &Options) -> Evaluation {
        Evaluation { author_domain: None, ..Evaluation::new(options, None, Some(Cause::AuthorDomain(error))) }
    }

    fn new(options: &Options, author: Option<&DomainName>, cause: Option<Cause>) -> Evaluation {
        Evaluation {
            result: cause.as_ref().map_or(DmarcResult::Pass, Cause::result),
            author_domain: author.cloned(),
            policy_domain: None,
            policy: None,
            policy_source: None,
            disposition: Disposition::None,
            testing: false,
            alignment: Alignment::default(),
            organizational_domain: None,
            method: options.method,
            cause,
            asked: 0,
            published: None,
        }
    }

    fn with_walk(self, walk: &Walk<'_>) -> Evaluation {
        let organization = walk.known_organizational_labels();
        Evaluation {
            organizational_domain: organization.map(|labels| walk.domain.suffix(labels)),
            asked: walk.asked(),
            ..self
        }
    }

    /// The record that applies, as published.
    pub fn record(&self) -> Option<&PolicyRecord> {
        match self.published.as_deref()?.dmarc() {
            Published::Record(record) => Some(record),
            Published::Nothing | Published::Several => None,
        }
    }

    /// The domains whose `_dmarc` name was asked for on the way up from the
    /// Author Domain, in order.
    pub fn asked(&self) -> Vec<DomainName> {
        match (&self.author_domain, self.method) {
            (None, _) => Vec::new(),
            (Some(author), DiscoveryMethod::TreeWalk) => {
                super::tree_walk_names(author).take(self.asked).collect()
            }
            (Some(author), method) => {
                let registered = author.suffix(method.registered_labels(author));
                [author.clone(), registered].into_iter().take(self.asked).collect()
            }
        }
    }
}

/// Notes the questions of policy discovery, so that they are asked while the
/// body is still on its way.
pub fn prefetch(author_domain: &DomainName, options: &Options, answers: &mut Answers<'_>) {
    let mut walk = Walk::new(author_domain, options.method.way(author_domain));
    // Where an answer is missing it is noted now; the verdict comes with `evaluate`.
    let _ = discover(&mut walk, answers);
}

/// Evaluates DMARC (RFC 9989 §5.3) for a message with this Author Domain.
///
/// `spf` is the MAIL FROM identity (§3.2.4), `None` where it has no domain;
/// `dkim` are the signatures' domains, in any order.
///
/// An identifier that cannot be aligned changes nothing, whatever the DNS says
/// of it. The result is `temperror` only where the policy look-up failed, or
/// where an identifier that could be aligned is undecided and none is aligned.
///
/// # Errors
/// [`Missing`] where answers are missing; the questions are noted.
#[expect(clippy::needless_pass_by_value, reason = "an iterator is cheap, and callers make it in place")]
pub fn evaluate<'a>(
    author_domain: &DomainName,
    spf: Option<Identifier<'a>>,
    dkim: impl Iterator<Item = Identifier<'a>> + Clone,
    options: &Options,
    answers: &mut Answers<'_>,
) -> Result<Evaluation, Missing> {
    let mut walk = Walk::new(author_domain, options.method.way(author_domain));
    let cause = match discover(&mut walk, answers)? {
        Discovered::Record { domain, answer } => {
            let mut case = Case { walk, options, answers, domain, answer };
            return case.evaluate(spf, &dkim);
        }
        Discovered::Unknown { domain, failure } => Cause::PolicyLookup { domain, failure },
        Discovered::Nothing if walk.has_several() => Cause::SeveralRecords,
        Discovered::Nothing => Cause::NoRecord,
    };
    let evaluation = Evaluation::new(options, Some(author_domain), Some(cause)).with_walk(&walk);
    Ok(Evaluation { alignment: alignment_without_policy(author_domain, spf, &dkim, options), ..evaluation })
}

/// What is aligned where no policy applies, which asks nothing: with no record on
/// the way up, a domain is its own Organizational Domain (RFC 9989 §4.10.2), so
/// that only the same domain is aligned. A public suffix list says more.
fn alignment_without_policy<'a>(
    author: &DomainName,
    spf: Option<Identifier<'a>>,
    dkim: &(impl Iterator<Item = Identifier<'a>> + Clone),
    options: &Options,
) -> Alignment {
    let organization = |domain: &DomainName| match options.method {
        DiscoveryMethod::TreeWalk => domain.clone(),
        method => domain.suffix(method.registered_labels(domain)),
    };
    let author = organization(author);
    let is_aligned = |identifier: Identifier<'_>| {
        identifier.authentication == Authentication::Passed && organization(identifier.domain) == author
    };
    Alignment { spf: spf.is_some_and(is_aligned), dkim: dkim.clone().any(is_aligned) }
}

/// One message and the record that applies to it.
struct Case<'c, 's> {
    walk: Walk<'c>,
    options: &'c Options,
    answers: &'c mut Answers<'s>,
    domain: DomainName,
    answer: Arc<Answer>,
}

/// The policy that applies, or why there is none.
struct Applied {
    policy: Policy,
    source: PolicySource,
    /// Why it is not known whether it is this one.
    unknown: Option<Cause>,
}

/// What the identifiers of one mechanism come to.
#[derive(Default)]
struct Mechanism {
    exists: bool,
    aligned: bool,
    /// Why none is known to be aligned, where one could be.
    undecided: Option<Cause>,
}

impl Mechanism {
    fn aligned(self, identifier: Identifier<'_>) -> Mechanism {
        let undecided = (identifier.authentication == Authentication::Undecided)
            .then(|| Cause::IdentifierUndecided { domain: identifier.domain.clone() });
        Mechanism { aligned: undecided.is_none(), undecided, ..self }
    }
}

impl Case<'_, '_> {
    fn evaluate<'a>(
        &mut self,
        spf: Option<Identifier<'a>>,
        dkim: &(impl Iterator<Item = Identifier<'a>> + Clone),
    ) -> Result<Evaluation, Missing> {
        let answer = Arc::clone(&self.answer);
        let Published::Record(record) = answer.dmarc() else {
            return Ok(Evaluation::new(self.options, Some(self.walk.domain), Some(Cause::NoRecord)));
        };
        let applied = self.applied_policy(record);
        if let Ok(None) = applied {
            let cause = Cause::NoValidPolicy { domain: self.domain.clone() };
            let alignment = alignment_without_policy(self.walk.domain, spf, dkim, self.options);
            return Ok(Evaluation { alignment, ..self.verdict(Some(cause)) });
        }
        // What is missing for the policy and for both mechanisms is asked in one round.
        let passed = self.mechanisms(spf, dkim, record, Authentication::Passed);
        let (Some(applied), passed) = (applied?, passed?) else {
            return Err(Missing);
        };
        let alignment = Alignment { spf: passed.0.aligned, dkim: passed.1.aligned };
        let cause = if alignment.spf || alignment.dkim {
            None
        } else {
            let undecided = self.mechanisms(spf, dkim, record, Authentication::Undecided)?;
            Some(why_not_pass([passed.0, passed.1, undecided.0, undecided.1], applied.unknown))
        };
        let testing = self.is_testing(record);
        let mut evaluation = self.verdict(cause);
        evaluation.alignment = alignment;
        evaluation.testing = testing;
        evaluation.disposition = disposition(evaluation.result, applied.policy, testing);
        evaluation.policy_domain = Some(self.domain.clone());
        evaluation.policy = Some(applied.policy);
        evaluation.policy_source = Some(applied.source);
        Ok(evaluation)
    }

    fn verdict(&self, cause: Option<Cause>) -> Evaluation {
        let evaluation = Evaluation::new(self.options, Some(self.walk.domain), cause).with_walk(&self.walk);
        Evaluation { published: Some(Arc::clone(&self.answer)), ..evaluation }
    }

    /// The Domain Owner Assessment Policy (RFC 9989 §4.10.1); `None` where the
    /// record has no valid one.
    fn applied_policy(&mut self, record: &PolicyRecord) -> Result<Option<Applied>, Missing> {
        let known = |policy, source| Ok(Some(Applied { policy, source, unknown: None }));
        let p = match record.p {
            Some(p) if !record.subdomain_policy_is_bad => p,
            // "If a "rua" tag is present and contains at least one syntactically valid reporting
            // URI, the Mail Receiver MUST act as if a record containing "p=none" was retrieved"
            _ if !record.rua.is_empty() => return known(Policy::None, PolicySource::Assumed),
            _ => return Ok(None),
        };
        if self.domain == *self.walk.domain {
            return known(p, PolicySource::P);
        }
        let (existing, source) = record.sp.map_or((p, PolicySource::P), |sp| (sp, PolicySource::Sp));
        let Some(np) = record.np.filter(|_| self.options.method == DiscoveryMethod::TreeWalk) else {
            return known(existing, source);
        };
        match existence(&self.walk, self.answers)? {
            Existence::Exists => known(existing, source),
            Existence::DoesNotExist => known(np, PolicySource::Np),
            Existence::Unknown(_) if np == existing => known(existing, source),
            Existence::Unknown(failure) => {
                let domain = self.walk.domain.clone();
                let unknown = Some(Cause::ExistenceLookup { domain, failure });
                Ok(Some(Applied { policy: existing, source, unknown }))
            }
        }
    }

    fn is_testing(&self, record: &PolicyRecord) -> bool {
        let by_pct = self.options.pct == Pct::ZeroIsTesting && record.pct == Some(0);
        match record.t.filter(|_| self.options.method == DiscoveryMethod::TreeWalk) {
            Some(TestMode::Yes) => true,
            Some(TestMode::No) => false,
            None => by_pct,
        }
    }

    /// Looks at the identifiers of SPF and of DKIM that have come this far.
    fn mechanisms<'a>(
        &mut self,
        spf: Option<Identifier<'a>>,
        dkim: &(impl Iterator<Item = Identifier<'a>> + Clone),
        record: &PolicyRecord,
        authentication: Authentication,
    ) -> Result<(Mechanism, Mechanism), Missing> {
        let wanted = |i: &Identifier<'a>| i.authentication == authentication;
        let spf = self.mechanism(spf.into_iter().filter(wanted), record.aspf, QueryClass::Spf);
        let dkim = self.mechanism(dkim.clone().filter(wanted), record.adkim, QueryClass::AlignedKey);
        Ok((spf?, dkim?))
    }

    fn mechanism<'a>(
        &mut self,
        identifiers: impl Iterator<Item = Identifier<'a>> + Clone,
        mode: AlignmentMode,
        class: QueryClass,
    ) -> Result<Mechanism, Missing> {
        let mut found = Mechanism::default();
        // The same domain needs no Organizational Domain (RFC 9989 §4.10.2), so it comes first.
        let author = self.walk.domain;
        if let Some(same) = identifiers.clone().find(|i| i.domain == author) {
            return Ok(Mechanism { exists: true, ..found.aligned(same) });
        }
        let mut missing = false;
        for identifier in identifiers {
            found.exists = true;
            match self.alignment(identifier.domain, mode, class) {
                Err(Missing) => missing = true,
                Ok(Aligned::No) => {}
                Ok(Aligned::Yes) => return Ok(found.aligned(identifier)),
                Ok(Aligned::Unknown(domain, failure)) => {
                    let identifier = identifier.domain.clone();
                    found.undecided.get_or_insert(Cause::AlignmentLookup { identifier, domain, failure });
                }
            }
        }
        if missing { Err(Missing) } else { Ok(found) }
    }

    fn alignment(
        &mut self,
        identifier: &DomainName,
        mode: AlignmentMode,
        class: QueryClass,
    ) -> Result<Aligned, Missing> {
        match mode {
            // RFC 9989 §4.10.2: "a simple string comparison of the Author Domain and the
            // Authenticated Identifier(s) is all that is required"
            AlignmentMode::Strict => Ok(Aligned::No),
            AlignmentMode::Relaxed => {
                relaxed(&mut self.walk, identifier, self.options.method, class, self.answers)
            }
        }
    }
}

/// Why a message does not pass, for which no identifier is known to be aligned:
/// what SPF and DKIM have passed, then what they are undecided about.
fn why_not_pass(mechanisms: [Mechanism; 4], policy_unknown: Option<Cause>) -> Cause {
    let [spf, dkim, ..] = &mechanisms;
    let otherwise = if spf.exists || dkim.exists { Cause::NotAligned } else { Cause::NothingAuthenticated };
    mechanisms.into_iter().find_map(|m| m.undecided).or(policy_unknown).unwrap_or(otherwise)
}

fn disposition(result: DmarcResult, policy: Policy, testing: bool) -> Disposition {
    match result {
        DmarcResult::Pass => Disposition::Pass,
        DmarcResult::Fail if testing => policy.lowered().into(),
        DmarcResult::Fail => policy.into(),
        // RFC 9989 §5.3.6: "the Domain Owner Assessment Policy cannot be applied to the message"
        DmarcResult::Temperror | DmarcResult::Permerror | DmarcResult::None => Disposition::None,
    }
}
