use std::net::IpAddr;

use super::dmarc_advice::{Dmarc, record_text};
use super::mx_advice::MailExchange;
use super::registrable::same_owner;
use super::spf_advice::Spf;
use super::{
    AtSource, Cause, DkimKey, DnssecState, Finding, Fix, MtaSts, MtaStsPolicyState, Severity, SpfNode,
    SpfState, USUAL_SELECTORS, bimi_advice, dkim_advice, dmarc_advice, dmarc_fix, mta_sts_advice, mx_advice,
    ptr_advice, source_advice, spf_advice, tlsrpt_advice,
};
use crate::dkim::Selector;
use crate::dmarc::Policy;
use crate::dns::{Answers, DomainName, Missing};

/// DNS questions that one check may cost in all: give [`Answers`] this limit.
pub const MAX_CHECK_QUERIES: u16 = 1_000;

/// What [`check`] is asked.
#[derive(Clone, Debug)]
pub struct CheckRequest {
    /// The domain to look at.
    pub domain: DomainName,
    /// The selectors in use; where there is none, the usual ones are tried.
    pub selectors: Vec<Selector>,
    /// The domain that signs (`d=`), where it is another one.
    pub dkim_domain: Option<DomainName>,
    /// Addresses that send mail for the domain.
    pub from_ips: Vec<IpAddr>,
}

impl CheckRequest {
    /// Asks about a domain, and nothing more.
    pub fn new(domain: DomainName) -> CheckRequest {
        CheckRequest { domain, selectors: Vec::new(), dkim_domain: None, from_ips: Vec::new() }
    }

    /// The domain under which the keys stand.
    pub fn signing_domain(&self) -> &DomainName {
        self.dkim_domain.as_ref().unwrap_or(&self.domain)
    }
}

/// What was found about a domain.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// The domain.
    pub domain: DomainName,
    /// What is to be said, the gravest first, otherwise in the order SPF, DKIM, DMARC, MX, TLSRPT, MTA-STS, BIMI, PTR.
    pub findings: Vec<Finding>,
    /// The SPF record with everything it leads to.
    pub spf: SpfNode,
    /// The selectors that were given, or that answer.
    pub dkim: Vec<DkimKey>,
    /// The DMARC policy that applies.
    pub dmarc: DmarcPolicy,
    /// The mail exchanges, in the order of the answer.
    pub exchanges: Vec<DomainName>,
    /// What is done about MTA-STS. [`CheckReport::add_source`] adds the policy.
    pub mta_sts: MtaSts,
    /// What the resolver says of DNSSEC; `None` where it was not asked or does not say. [`CheckReport::add_source`] adds it.
    pub dnssec: Option<DnssecState>,
}

/// The DMARC policy that applies to a domain.
#[derive(Clone, Debug)]
pub struct DmarcPolicy {
    /// The text of the record.
    pub record: Option<String>,
    /// The Policy Domain.
    pub policy_domain: Option<DomainName>,
    /// The policy.
    pub policy: Option<Policy>,
    /// How the record was found, in RFC 9990's word; `None` where there is none.
    pub found_by: Option<&'static str>,
}

impl CheckReport {
    /// Adds what was seen at the source: ask [`CheckReport::source_questions`].
    pub fn add_source(&mut self, seen: &AtSource) {
        self.findings.extend(source_advice::judge(seen, &self.domain));
        self.dnssec = self.dnssec_state(seen);
        if let Some(host) = self.policy_host() {
            let (state, findings) = mta_sts_advice::judge_policy(&seen.policy, &host, &self.mail_hosts());
            self.mta_sts.policy = state;
            self.findings.extend(findings);
        }
        one_each(&mut self.findings);
        self.findings.sort_by_key(Finding::severity);
    }

    /// RFC 5321 §5.1: where there is no MX record, the domain's own address takes the mail.
    fn mail_hosts(&self) -> Vec<DomainName> {
        let is_implicit = |f: &Finding| f.cause == Cause::MxMissing { address: true };
        if self.findings.iter().any(is_implicit) { vec![self.domain.clone()] } else { self.exchanges.clone() }
    }

    /// The gravest severity among the findings.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).min()
    }
}

/// Looks at everything in the DNS that decides whether the domain's mail is believed.
///
/// # Errors
/// [`Missing`] where answers are needed that are not known yet: the questions
/// are noted in `answers`; ask them and call again.
///
/// ```
/// use postseal_core::advice::{CheckRequest, FindingId, MAX_CHECK_QUERIES, check};
/// use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
///
/// let domain = DomainName::parse("contoso.example")?;
/// let mut zone = Zone::new();
/// zone.add(&domain, 3600, RecordData::Txt(TxtRecord::from_strings(&["v=spf1 mx ?all"])));
/// let mut answers = Answers::new(&zone).with_limit(MAX_CHECK_QUERIES);
/// let report = check(&CheckRequest::new(domain), &mut answers).expect("a zone answers everything");
/// let finding = report.findings.iter().find(|f| f.id() == FindingId::SpfNeutralAll).expect("raised");
/// assert_eq!(finding.span, Some(10..14));
/// # Ok::<(), postseal_core::dns::DomainNameError>(())
/// ```
pub fn check(request: &CheckRequest, answers: &mut Answers<'_>) -> Result<CheckReport, Missing> {
    // All parts note their questions before any of them is waited for.
    let mx = mx_advice::examine(request, answers);
    let spf = spf_advice::examine(request, mx.as_ref().ok(), answers);
    let dkim = dkim_advice::examine(request, answers);
    let dmarc = dmarc_advice::examine(request, answers);
    let tlsrpt = tlsrpt_advice::examine(&request.domain, answers);
    let mta_sts = mta_sts_advice::examine(&request.domain, answers);
    let bimi = bimi_advice::examine(&request.domain, answers);
    let ptr: Vec<_> = request.from_ips.iter().map(|ip| ptr_advice::examine(*ip, answers)).collect();
    let (mx, spf, dkim, dmarc) = (mx?, spf?, dkim?, dmarc?);
    let parts = Parts { request, mx: &mx, spf: &spf, dkim_keys: &dkim.keys, dmarc: &dmarc };
    let mut findings = Vec::new();
    findings.extend(spf.findings.iter().cloned());
    findings.extend(dkim.findings);
    findings.extend(dkim.none_found.then(|| parts.no_key()).flatten());
    findings.extend(dmarc.findings.iter().cloned());
    findings.extend(parts.policy());
    findings.extend(mx.findings.iter().cloned());
    findings.extend(parts.null_mx());
    let mta_sts = mta_sts?;
    findings.extend(parts.transport_security(tlsrpt?, mta_sts.findings));
    if let Some(bimi) = bimi? {
        findings.extend(bimi.not_enforced(&dmarc));
        findings.extend(bimi.findings);
    }
    for finding in ptr {
        findings.extend(finding?);
    }
    one_each(&mut findings);
    findings.sort_by_key(Finding::severity);
    let found_by = dmarc.evaluation.policy.map(|_| dmarc.evaluation.method.as_str());
    let policy = DmarcPolicy {
        record: record_text(&dmarc),
        policy_domain: dmarc.evaluation.policy_domain.clone(),
        policy: dmarc.evaluation.policy,
        found_by,
    };
    let domain = request.domain.clone();
    let exchanges = mx.exchanges;
    let mta_sts = MtaSts { record: mta_sts.record, policy: MtaStsPolicyState::NotAsked };
    Ok(CheckReport {
        domain,
        findings,
        spf: spf.tree,
        dkim: dkim.keys,
        dmarc: policy,
        exchanges,
        mta_sts,
        dnssec: None,
    })
}

/// Leaves out what is said already: one record may be looked at by two parts.
fn one_each(findings: &mut Vec<Finding>) {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        if !kept.contains(&finding) {
            kept.push(finding);
        }
    }
    *findings = kept;
}

/// All parts together, for what no part knows alone.
struct Parts<'p> {
    request: &'p CheckRequest,
    mx: &'p MailExchange,
    spf: &'p Spf,
    dkim_keys: &'p [DkimKey],
    dmarc: &'p Dmarc,
}

impl Parts<'_> {
    /// The domain says of itself that it sends no mail.
    fn never_sends(&self) -> bool {
        self.mx.null && self.spf.is_closed()
    }

    fn no_key(&self) -> Option<Finding> {
        let domain = self.request.signing_domain();
        let cause = Cause::DkimNoneFound { tried: USUAL_SELECTORS.join(", ") };
        (!self.never_sends()).then(|| Finding::at(cause, domain))
    }

    fn policy(&self) -> Vec<Finding> {
        let domain = &self.request.domain;
        let name = domain.with_prefix("_dmarc").unwrap_or_else(|_| domain.clone());
        let mut findings = Vec::new();
        if let Some(broken) = self.dmarc.missing {
            let first = || dmarc_fix::first_record(domain, self.never_sends());
            let fix = if broken { None } else { first() };
            findings.push(Finding::at(Cause::DmarcMissing { broken }, &name).with_fix(fix));
        }
        if let (Some(at), false) = (&self.dmarc.without_rua, self.never_sends()) {
            findings.push(self.without_rua(at));
        }
        let enforced = self.dmarc.evaluation.policy.filter(|policy| *policy != Policy::None);
        if let (Some(policy), false) = (enforced, self.never_sends() || self.can_align()) {
            let cause = Cause::DmarcEnforcedUnprepared { policy: policy.as_str() };
            findings.push(Finding::at(cause, &name));
        }
        findings
    }

    fn without_rua(&self, at: &DomainName) -> Finding {
        let Some(text) = &self.dmarc.record else { return Finding::at(Cause::DmarcRuaMissing, at) };
        let owner = self.dmarc.evaluation.policy_domain.as_ref().unwrap_or(&self.request.domain);
        let old = std::str::from_utf8(&text.octets).ok();
        let value =
            old.map(|old| format!("{}; rua=mailto:dmarc-reports@{owner}", old.trim_end_matches([' ', ';'])));
        let end = text.octets.len();
        let fix = value.map(|value| Fix::txt(at, value));
        Finding::in_record(Cause::DmarcRuaMissing, at, text, end..end).with_fix(fix)
    }

    /// True where some mail of the domain can pass DMARC.
    fn can_align(&self) -> bool {
        let signs_for_it = same_owner(self.request.signing_domain(), &self.request.domain);
        let has_key = self.dkim_keys.iter().any(|key| key.state.is_usable());
        self.spf.can_pass() || (signs_for_it && has_key)
    }

    /// How mail to the domain is protected on its way; where it takes none, nothing is missing.
    fn transport_security(&self, tlsrpt: Vec<Finding>, mta_sts: Vec<Finding>) -> Vec<Finding> {
        let absent = matches!(self.spf.tree.state, SpfState::None { exists: false, .. });
        let takes_mail = !self.mx.null && (!absent || !self.mx.exchanges.is_empty());
        let is_missing =
            |f: &Finding| matches!(f.cause, Cause::TlsrptMissing | Cause::MtaStsMissing { policy: None });
        tlsrpt.into_iter().chain(mta_sts).filter(|f| takes_mail || !is_missing(f)).collect()
    }

    fn null_mx(&self) -> Option<Finding> {
        let domain = &self.request.domain;
        let sends = !self.spf.is_closed();
        let fix = sends.then(|| Fix::txt(domain, "v=spf1 -all"));
        self.mx.null.then(|| Finding::at(Cause::MxNull { sends }, domain).with_fix(fix))
    }
}
