use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::Verdict;
use crate::dkim::{self, DkimResult, Selector, SignatureResult};
use crate::dmarc::{
    Alignment, AlignmentMode, DiscoveryMethod, Disposition, DmarcResult, Evaluation, FailureOptions, Policy,
    UnknownToken,
};
use crate::dns::DomainName;
use crate::spf::SpfResult;

/// Signatures of one message that a report tells of; the best ones stay (RFC 9990: "A report
/// SHOULD contain no more than 100 signatures for a given "row", in decreasing priority").
/// Fewer, since no more than ten are verified by default.
pub const MAX_REPORTED_SIGNATURES: usize = 20;

/// Octets of the comment of an [`OverrideReason`]; what is longer is cut.
pub const MAX_COMMENT: usize = 512;

/// What one message adds to the aggregate report for its Policy Domain (RFC 9990, "record"):
/// messages with equal rows are counted together. `envelope_to` is left out: it is optional,
/// and a message may have many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// The client that it was judged for.
    pub source_ip: IpAddr,
    /// The policy and what came of it.
    pub evaluated: PolicyEvaluated,
    /// The Author Domain.
    pub header_from: DomainName,
    /// The domain of the reverse-path; `None` where it is null or has no domain name.
    pub envelope_from: Option<DomainName>,
    /// SPF and DKIM, "uninterpreted with respect to DMARC".
    pub auth_results: AuthResults,
}

/// The policy as it was found, and the results of applying it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEvaluated {
    /// As published.
    pub published: PolicyPublished,
    /// What was done with the message.
    pub disposition: Disposition,
    /// Whether SPF and DKIM have an aligned identifier, whatever the receiver made of it.
    pub aligned: Alignment,
    /// Why something else was done than the Domain Owner asks for.
    pub reasons: Vec<OverrideReason>,
}

/// The DMARC Policy Record that applies; tags that are not there have their default values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyPublished {
    /// The Policy Domain.
    pub domain: DomainName,
    /// How it was found.
    pub discovery_method: DiscoveryMethod,
    /// `p`
    pub p: Policy,
    /// `sp`, where it is there.
    pub sp: Option<Policy>,
    /// `np`, where it is there.
    pub np: Option<Policy>,
    /// `fo`
    pub fo: FailureOptions,
    /// `adkim`
    pub adkim: AlignmentMode,
    /// `aspf`
    pub aspf: AlignmentMode,
    /// `t=y`, or what counts as that.
    pub testing: bool,
}

/// Why a policy was not applied as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideReason {
    /// The kind.
    pub kind: OverrideKind,
    /// Further details; empty where there are none. At most [`MAX_COMMENT`] octets.
    pub comment: String,
}

/// The kinds of override that RFC 9990 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverrideKind {
    /// `local_policy`: the receiver decides otherwise.
    LocalPolicy,
    /// `mailing_list`: it came through a list, and was not expected to pass.
    MailingList,
    /// `other`: the comment says it.
    Other,
    /// `policy_test_mode`: the record has `t=y`.
    PolicyTestMode,
    /// `trusted_forwarder`: it came through a forwarder that is known.
    TrustedForwarder,
}

/// The results of SPF and DKIM for one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthResults {
    /// Signatures that were looked at, the most telling first; at most [`MAX_REPORTED_SIGNATURES`].
    pub dkim: Vec<DkimAuthResult>,
    /// SPF for the MAIL FROM identity, the scope `mfrom`.
    pub spf: SpfAuthResult,
}

/// What came of one signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DkimAuthResult {
    /// `d=`
    pub domain: DomainName,
    /// `s=`
    pub selector: Selector,
    /// The result, a word of RFC 8601.
    pub result: DkimResult,
}

/// What came of SPF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpfAuthResult {
    /// The domain that was checked: that of HELO where the reverse-path is null; `None` where
    /// there was none to check, and a report then says nothing of SPF.
    pub domain: Option<DomainName>,
    /// The result.
    pub result: SpfResult,
}

impl PolicyEvaluated {
    /// The policy of a message that has been judged, and what the receiver made of it:
    /// `applied` is what was done, `because` says why where it is not what the policy asks for.
    /// `None` where no policy applies: then nobody gets a report.
    pub fn of(
        verdict: &Verdict,
        applied: Disposition,
        because: Option<OverrideReason>,
    ) -> Option<PolicyEvaluated> {
        let dmarc = &verdict.dmarc;
        let published = PolicyPublished::of(dmarc)?;
        let tested = (dmarc.testing
            && dmarc.result == DmarcResult::Fail
            && dmarc.policy.is_some_and(|policy| Disposition::from(policy) != dmarc.disposition))
        .then(|| OverrideReason::new(OverrideKind::PolicyTestMode, ""));
        // "If alignment fails and the policy applied does not match the Policy Domain's configured
        // policy, the "reason" element MUST be included."
        let unknown = (dmarc.result == DmarcResult::Temperror && dmarc.policy != Some(Policy::None))
            .then(|| OverrideReason::new(OverrideKind::Other, "the DNS gave no answer"));
        let reasons = tested.into_iter().chain(unknown).chain(because).collect();
        Some(PolicyEvaluated { published, disposition: applied, aligned: dmarc.alignment, reasons })
    }
}

impl PolicyPublished {
    /// The policy that applies to a message; `None` where none does.
    pub fn of(evaluation: &Evaluation) -> Option<PolicyPublished> {
        let domain = evaluation.policy_domain.clone()?;
        let record = evaluation.record()?;
        Some(PolicyPublished {
            domain,
            discovery_method: evaluation.method,
            // RFC 9989 §4.10.1: one without a valid policy counts as p=none where it is asked for reports.
            p: record.p.unwrap_or(Policy::None),
            sp: record.sp,
            np: record.np,
            fo: record.fo,
            adkim: record.adkim,
            aspf: record.aspf,
            testing: evaluation.testing,
        })
    }
}

impl OverrideReason {
    /// A reason; of its comment [`MAX_COMMENT`] octets stay.
    pub fn new(kind: OverrideKind, comment: &str) -> OverrideReason {
        OverrideReason { kind, comment: comment[..comment.floor_char_boundary(MAX_COMMENT)].to_owned() }
    }
}

impl AuthResults {
    /// The results of a message that has been judged. Signatures that were not looked at, or that
    /// name no domain or selector, are left out. Those that pass come first, those of the Author
    /// Domain before others (RFC 9990, "DKIM Signatures in Aggregate Reports"); else their order
    /// is that of the names, so that equal messages have equal rows.
    pub fn of(verdict: &Verdict) -> AuthResults {
        let spf =
            SpfAuthResult { domain: verdict.mail_from.domain.clone(), result: verdict.mail_from.result };
        let mut dkim: Vec<DkimAuthResult> = verdict.dkim.iter().filter_map(DkimAuthResult::of).collect();
        if dkim.len() > 1 {
            let author = verdict.dmarc.author_domain.as_ref();
            let organization = verdict.dmarc.organizational_domain.as_ref();
            dkim.sort_by(|a, b| (a.rank(author, organization), a).cmp(&(b.rank(author, organization), b)));
            dkim.dedup();
            dkim.truncate(MAX_REPORTED_SIGNATURES);
        }
        AuthResults { dkim, spf }
    }
}

impl DkimAuthResult {
    fn of(signature: &SignatureResult) -> Option<DkimAuthResult> {
        if matches!(signature.cause, Some(dkim::Cause::TooManySignatures { .. })) {
            return None;
        }
        Some(DkimAuthResult {
            domain: signature.sdid.clone()?,
            selector: signature.selector.clone()?,
            result: signature.result,
        })
    }

    /// 0 is reported first.
    fn rank(&self, author: Option<&DomainName>, organization: Option<&DomainName>) -> u8 {
        if self.result != DkimResult::Pass {
            return 3;
        }
        match (author, organization) {
            (Some(author), _) if self.domain == *author => 0,
            (_, Some(organization)) if self.domain.is_at_or_below(organization) => 1,
            _ => 2,
        }
    }
}

impl OverrideKind {
    /// Every kind.
    pub const ALL: [OverrideKind; 5] = [
        OverrideKind::LocalPolicy,
        OverrideKind::MailingList,
        OverrideKind::Other,
        OverrideKind::PolicyTestMode,
        OverrideKind::TrustedForwarder,
    ];

    /// The word of RFC 9990.
    pub fn as_str(self) -> &'static str {
        match self {
            OverrideKind::LocalPolicy => "local_policy",
            OverrideKind::MailingList => "mailing_list",
            OverrideKind::Other => "other",
            OverrideKind::PolicyTestMode => "policy_test_mode",
            OverrideKind::TrustedForwarder => "trusted_forwarder",
        }
    }
}

impl fmt::Display for OverrideKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OverrideKind {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<OverrideKind, UnknownToken> {
        OverrideKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownToken)
    }
}

#[cfg(test)]
mod tests;
