use std::borrow::Cow;
use std::net::IpAddr;

use postseal_core::arc::ArcResult;
use postseal_core::dkim::DkimResult;
use postseal_core::dmarc::{Alignment, DmarcResult, Policy};
use postseal_core::dns::DomainName;
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{AuthResults, PolicyEvaluated, ReportRow};

/// What is kept of one judged message: no subject, no body, no address but that of the client,
/// and of the reverse-path its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRecord {
    /// When, UNIX seconds.
    pub at: u64,
    /// The mail server's; at most 64 octets of ASCII.
    pub queue_id: String,
    /// The client that it was judged for; `None` where that is not known.
    pub client: Option<IpAddr>,
    /// The domain of the reverse-path; `None` where it is null or has no domain name.
    pub mail_from: Option<DomainName>,
    /// `None` where the message has no usable one.
    pub author_domain: Option<DomainName>,
    /// SPF and DKIM.
    pub auth_results: AuthResults,
    /// The chain of forwarders.
    pub arc: ArcResult,
    /// DMARC.
    pub dmarc: DmarcResult,
    /// What is aligned, told without a policy too. `None` where a version of the program wrote it that did
    /// not keep it.
    pub aligned: Option<Alignment>,
    /// The Domain Owner Assessment Policy that applies: `p`, `sp` or `np` as chosen.
    pub policy: Option<Policy>,
    /// What was done, a short word: `deliver`, `tag`, `quarantine`, `defer`, `reject`.
    pub action: Cow<'static, str>,
    /// What an aggregate report tells of it. `None` where no policy applies, and where the message
    /// was deferred: it comes again, and is counted then.
    pub evaluated: Option<PolicyEvaluated>,
}

/// Whether a policy would apply to a message, whichever there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authentic {
    /// No policy would.
    Pass,
    /// Any would.
    Fail,
    /// The DNS left it open, the message has no usable Author Domain, or nobody wrote it down.
    Unknown,
}

impl Authentic {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Authentic::Pass => "pass",
            Authentic::Fail => "fail",
            Authentic::Unknown => "unknown",
        }
    }
}

impl VerdictRecord {
    pub(crate) fn authentic(&self) -> Authentic {
        match (self.dmarc, self.aligned) {
            (DmarcResult::Pass, _) => Authentic::Pass,
            (DmarcResult::Fail, _) => Authentic::Fail,
            (DmarcResult::None, Some(Alignment { spf: false, dkim: false })) if !self.left_open() => {
                Authentic::Fail
            }
            (DmarcResult::None, Some(aligned)) if aligned.spf || aligned.dkim => Authentic::Pass,
            (DmarcResult::None | DmarcResult::Temperror | DmarcResult::Permerror, _) => Authentic::Unknown,
        }
    }

    /// The DNS gave no answer about an identifier that could have been aligned.
    fn left_open(&self) -> bool {
        self.auth_results.spf.result == SpfResult::Temperror
            || self.auth_results.dkim.iter().any(|signature| signature.result == DkimResult::Temperror)
    }

    /// The row that it adds to an aggregate report.
    pub(crate) fn report_row(&self) -> Option<ReportRow> {
        Some(ReportRow {
            source_ip: self.client?,
            evaluated: self.evaluated.clone()?,
            header_from: self.author_domain.clone()?,
            envelope_from: self.mail_from.clone(),
            auth_results: self.auth_results.clone(),
        })
    }
}

/// Records of one segment of a spool, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictBatch {
    /// The segment, a name that no other segment ever has.
    pub segment: SegmentId,
    /// The records, each with its place in the segment, counted from 0.
    pub records: Vec<(u64, VerdictRecord)>,
    /// The place behind the last one.
    pub until: u64,
}

/// What tells segments apart: random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SegmentId(pub [u8; 16]);

/// A record that tells which it is by `at`.
#[cfg(test)]
pub(crate) fn sample(at: u64) -> VerdictRecord {
    use postseal_core::dkim::Selector;
    use postseal_core::dmarc::{AlignmentMode, DiscoveryMethod, Disposition, FailureOptions};
    use postseal_core::verdict::{
        DkimAuthResult, OverrideKind, OverrideReason, PolicyPublished, SpfAuthResult,
    };
    let name = |text: &str| DomainName::parse(text).expect("a name");
    VerdictRecord {
        at,
        queue_id: format!("4Xy{at}"),
        client: Some(IpAddr::from([192, 0, 2, 1])),
        mail_from: Some(name("bounce.contoso.example")),
        author_domain: Some(name("contoso.example")),
        auth_results: AuthResults {
            dkim: vec![DkimAuthResult {
                domain: name("contoso.example"),
                selector: Selector::parse("selector1").expect("a selector"),
                result: DkimResult::Pass,
            }],
            spf: SpfAuthResult { domain: Some(name("bounce.contoso.example")), result: SpfResult::Fail },
        },
        arc: ArcResult::None,
        dmarc: DmarcResult::Pass,
        aligned: Some(Alignment { spf: false, dkim: true }),
        policy: Some(Policy::Reject),
        action: Cow::Borrowed("deliver"),
        evaluated: Some(PolicyEvaluated {
            published: PolicyPublished {
                domain: name("contoso.example"),
                discovery_method: DiscoveryMethod::TreeWalk,
                p: Policy::Reject,
                sp: Some(Policy::Quarantine),
                np: None,
                fo: FailureOptions { any: true, dkim: false, spf: true },
                adkim: AlignmentMode::Strict,
                aspf: AlignmentMode::Relaxed,
                testing: false,
            },
            disposition: Disposition::Pass,
            aligned: Alignment { spf: false, dkim: true },
            reasons: vec![OverrideReason::new(OverrideKind::Other, "a comment")],
        }),
    }
}
