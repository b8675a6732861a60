use std::ops::Range;
use std::sync::Arc;

use super::dmarc_record_advice::{self, PolicyPlace};
use super::spf_advice::whole;
use super::{Cause, CheckRequest, Finding, Fix, dmarc_fix, lossy, ttl_advice};
use crate::dmarc::{
    self, DiscoveryMethod, Evaluation, Policy, PolicyRecord, PolicySource, Published, ReportUri,
};
use crate::dns::{Answer, Answers, DomainName, Missing, QueryClass, RecordType, TxtRecord};

/// Report addresses whose permission is looked at in one record.
const MAX_REPORT_URIS: usize = 10;

/// What DMARC says for a domain.
pub(super) struct Dmarc {
    pub(super) findings: Vec<Finding>,
    pub(super) evaluation: Evaluation,
    /// The record that applies, as published.
    pub(super) record: Option<TxtRecord>,
    /// Where `rua` is absent from the record that applies: its name.
    pub(super) without_rua: Option<DomainName>,
    /// No policy applies; true where a record was meant as one.
    pub(super) missing: Option<bool>,
}

/// Looks at the record that applies to the domain, and at those that do not.
pub(super) fn examine(request: &CheckRequest, answers: &mut Answers<'_>) -> Result<Dmarc, Missing> {
    let domain = &request.domain;
    let now = evaluate(domain, DiscoveryMethod::TreeWalk, answers);
    let before = evaluate(domain, DiscoveryMethod::PublicSuffixList, answers);
    let organizations = organizations(domain, answers);
    let strays = strays(domain, answers);
    let own = own_answer(domain, answers);
    let (now, strays, own) = (now?, strays?, own?);
    let mut dmarc =
        Dmarc { findings: Vec::new(), evaluation: now, record: None, without_rua: None, missing: None };
    dmarc.own(&own);
    dmarc.strays(&strays, domain, &own);
    for name in several(&dmarc.evaluation, answers)? {
        dmarc.findings.extend(name);
    }
    if let Some((answer, text)) = applied(&dmarc.evaluation, answers)? {
        dmarc.applied(&answer, &text, domain);
        let permissions = report_addresses(&dmarc, &text, answers)?;
        dmarc.findings.extend(permissions);
        dmarc.record = dmarc.evaluation.policy.map(|_| text);
    }
    dmarc.discovery();
    dmarc.findings.extend(compare(&dmarc.evaluation, &before?, organizations?, domain));
    Ok(dmarc)
}

fn evaluate(
    domain: &DomainName,
    method: DiscoveryMethod,
    answers: &mut Answers<'_>,
) -> Result<Evaluation, Missing> {
    let options = dmarc::Options { method, ..dmarc::Options::default() };
    dmarc::evaluate(domain, None, std::iter::empty(), &options, answers)
}

/// The Organizational Domain by RFC 9989 and by RFC 7489.
fn organizations(
    domain: &DomainName,
    answers: &mut Answers<'_>,
) -> Result<Option<(DomainName, DomainName)>, Missing> {
    let now = organization(domain, DiscoveryMethod::TreeWalk, answers);
    let before = organization(domain, DiscoveryMethod::PublicSuffixList, answers)?;
    Ok(now?.zip(before))
}

/// An Organizational Domain; `None` where the DNS does not say.
fn organization(
    domain: &DomainName,
    method: DiscoveryMethod,
    answers: &mut Answers<'_>,
) -> Result<Option<DomainName>, Missing> {
    dmarc::organizational_domain(domain, method, QueryClass::Policy, answers).map(Result::ok)
}

fn own_answer(domain: &DomainName, answers: &mut Answers<'_>) -> Result<Option<Arc<Answer>>, Missing> {
    let Ok(name) = domain.with_prefix("_dmarc") else { return Ok(None) };
    answers.get(QueryClass::Policy, &name, RecordType::Txt).map(Some)
}

/// The answers at the places where a record stands by mistake.
fn strays(domain: &DomainName, answers: &mut Answers<'_>) -> Result<Vec<Arc<Answer>>, Missing> {
    let apex = answers.get(QueryClass::Spf, domain, RecordType::Txt);
    let doubled = DomainName::join(&["_dmarc", domain.as_str(), domain.as_str()]);
    let doubled = doubled.ok().map(|name| answers.get(QueryClass::Other, &name, RecordType::Txt));
    let mut found = vec![apex?];
    found.extend(doubled.transpose()?);
    Ok(found)
}

/// Where several records stand at one of the names that were asked for.
fn several(evaluation: &Evaluation, answers: &mut Answers<'_>) -> Result<Vec<Option<Finding>>, Missing> {
    if evaluation.cause != Some(dmarc::Cause::SeveralRecords) {
        return Ok(Vec::new());
    }
    let names = evaluation.asked().into_iter().filter_map(|domain| domain.with_prefix("_dmarc").ok());
    names.map(|name| Ok(multiple(&*answers.get(QueryClass::Policy, &name, RecordType::Txt)?))).collect()
}

fn multiple(answer: &Answer) -> Option<Finding> {
    let records = answer.txt().iter().filter(|text| PolicyRecord::is_one(&text.octets));
    let records: Vec<&TxtRecord> = records.collect();
    let second = records.get(1)?;
    let cause = Cause::DmarcMultiple { count: records.len() };
    Some(Finding::in_record(cause, &answer.question.name, second, whole(second)))
}

/// The record that applies, or would if it had a policy: the answer it came in, and its text.
fn applied(
    evaluation: &Evaluation,
    answers: &mut Answers<'_>,
) -> Result<Option<(Arc<Answer>, TxtRecord)>, Missing> {
    let without_policy = match &evaluation.cause {
        Some(dmarc::Cause::NoValidPolicy { domain }) => Some(domain),
        _ => None,
    };
    let domain = evaluation.policy_domain.as_ref().or(without_policy);
    let Some(Ok(name)) = domain.map(|domain| domain.with_prefix("_dmarc")) else { return Ok(None) };
    let answer = answers.get(QueryClass::Policy, &name, RecordType::Txt)?;
    let text = answer.txt().iter().find(|text| PolicyRecord::is_one(&text.octets)).cloned();
    Ok(text.map(|text| (answer, text)))
}

impl Dmarc {
    /// What stands at the domain's own `_dmarc` name and is no record.
    fn own(&mut self, own: &Option<Arc<Answer>>) {
        let Some(answer) = own else { return };
        let name = &answer.question.name;
        if matches!(answer.dmarc(), Published::Nothing) {
            let near = |text| dmarc_record_advice::judge(PolicyPlace { name, text, record: None });
            self.findings.extend(answer.txt().iter().flat_map(near));
        } else {
            self.findings.extend(ttl_advice::judge(answer, name));
        }
    }

    /// Records at the domain itself, and at the name with the domain added twice.
    fn strays(&mut self, strays: &[Arc<Answer>], domain: &DomainName, own: &Option<Arc<Answer>>) {
        let has_own = own.as_ref().is_some_and(|answer| !matches!(answer.dmarc(), Published::Nothing));
        for answer in strays {
            let name = &answer.question.name;
            let is_apex = name == domain;
            if !is_apex && has_own {
                continue;
            }
            for text in answer.txt().iter().filter(|text| PolicyRecord::is_one(&text.octets)) {
                let cause = if is_apex {
                    Cause::DmarcAtApex
                } else {
                    Cause::DmarcDoubledSuffix { found_at: name.clone() }
                };
                let fix = moved(text, domain).filter(|_| !has_own);
                self.findings.push(Finding::in_record(cause, name, text, whole(text)).with_fix(fix));
            }
        }
    }

    /// Where the policy came from, or why there is none.
    fn discovery(&mut self) {
        match &self.evaluation.cause {
            Some(dmarc::Cause::PolicyLookup { domain: at, failure }) => {
                let name = at.with_prefix("_dmarc").unwrap_or_else(|_| at.clone());
                let cause = Cause::DnsError { record_type: RecordType::Txt, failure: *failure };
                self.findings.push(Finding::at(cause, &name));
            }
            Some(dmarc::Cause::ExistenceLookup { domain: at, failure }) => {
                let cause = Cause::DnsError { record_type: RecordType::Txt, failure: *failure };
                self.findings.push(Finding::at(cause, at));
            }
            _ if self.evaluation.policy.is_none() => {
                // A time to live is no attempt at a record.
                let tried = |f: &Finding| !matches!(f.cause, Cause::DnsTtlShort { .. });
                self.missing = Some(self.findings.iter().any(tried));
            }
            _ => {}
        }
    }

    /// What the record that applies says.
    fn applied(&mut self, answer: &Answer, text: &TxtRecord, domain: &DomainName) {
        let name = &answer.question.name;
        let Published::Record(record) = answer.dmarc() else { return };
        let place = PolicyPlace { name, text, record: Some(record) };
        self.findings.extend(dmarc_record_advice::judge(place));
        let Some(policy) = self.evaluation.policy else { return };
        let source = self.evaluation.policy_source;
        let tag = match source {
            Some(PolicySource::Sp) => "sp",
            Some(PolicySource::Np) => "np",
            Some(PolicySource::P | PolicySource::Assumed) | None => "p",
        };
        let span = dmarc_record_advice::tag(&text.octets, tag).unwrap_or_else(|| whole(text));
        if self.evaluation.policy_domain.as_ref().is_some_and(|at| at != domain) {
            let cause = Cause::DmarcInherited {
                policy_domain: self.evaluation.policy_domain.clone().unwrap_or_else(|| domain.clone()),
                policy: policy.as_str(),
                tag,
                walk: walk(&self.evaluation),
            };
            self.findings.push(Finding::in_record(cause, name, text, span.clone()));
        }
        if policy == Policy::None && source != Some(PolicySource::Assumed) {
            self.findings.push(Finding::in_record(Cause::DmarcPolicyNone, name, text, span));
        }
        let has_rua = dmarc_record_advice::tag(&text.octets, "rua").is_some();
        self.without_rua = (!has_rua).then(|| name.clone());
    }
}

/// The names that were asked for, in order.
fn walk(evaluation: &Evaluation) -> String {
    let names: Vec<String> = evaluation.asked().iter().map(|name| format!("_dmarc.{name}")).collect();
    names.join(" → ")
}

/// The same text where it belongs.
fn moved(text: &TxtRecord, domain: &DomainName) -> Option<Fix> {
    let name = domain.with_prefix("_dmarc").ok()?;
    dmarc_fix::corrected(&text.octets, &name)
        .or_else(|| std::str::from_utf8(&text.octets).ok().map(|text| Fix::txt(&name, text)))
}

/// Addresses in other organisations need their permission (RFC 9990 §4).
fn report_addresses(
    dmarc: &Dmarc,
    text: &TxtRecord,
    answers: &mut Answers<'_>,
) -> Result<Vec<Finding>, Missing> {
    let (Some(record), Some(domain)) = (dmarc.evaluation.record(), &dmarc.evaluation.policy_domain) else {
        return Ok(Vec::new());
    };
    let own = organization(domain, DiscoveryMethod::TreeWalk, answers);
    let uris = record.rua.iter().chain(&record.ruf).take(MAX_REPORT_URIS);
    let permissions: Vec<_> = uris.map(|uri| (uri, permission(uri, domain, answers))).collect();
    let Some(own) = own? else { return Ok(Vec::new()) };
    let mut findings: Vec<Finding> = Vec::new();
    for (uri, permission) in permissions {
        let Some(permission) = permission? else { continue };
        if permission.organization == own {
            continue;
        }
        let cause = match permission.answer.outcome.failure() {
            Some(failure) => Cause::DnsError { record_type: RecordType::Txt, failure },
            None if permission.is_given() => continue,
            None => Cause::DmarcRuaUnauthorized {
                outside: permission.outside.clone(),
                permission: permission.answer.question.name.clone(),
            },
        };
        let fix = Fix::txt(&permission.answer.question.name, "v=DMARC1");
        let span = find(text, &uri.uri);
        let name = domain.with_prefix("_dmarc").unwrap_or_else(|_| domain.clone());
        let finding = Finding::in_record(cause, &name, text, span).with_fix(Some(fix));
        if !findings.iter().any(|known| known.cause == finding.cause) {
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// What the domain of a report address says about taking reports.
struct Permission {
    outside: DomainName,
    organization: DomainName,
    answer: Arc<Answer>,
}

impl Permission {
    fn is_given(&self) -> bool {
        self.answer.txt().iter().any(|text| PolicyRecord::is_one(&text.octets))
    }
}

fn permission(
    uri: &ReportUri,
    domain: &DomainName,
    answers: &mut Answers<'_>,
) -> Result<Option<Permission>, Missing> {
    let Some(outside) = uri.domain().filter(|outside| !outside.is_at_or_below(domain)) else {
        return Ok(None);
    };
    let Ok(name) = DomainName::join(&[domain.as_str(), "_report._dmarc", outside.as_str()]) else {
        return Ok(None);
    };
    let organization = organization(&outside, DiscoveryMethod::TreeWalk, answers);
    let answer = answers.get(QueryClass::Other, &name, RecordType::Txt);
    let (organization, answer) = (organization?, answer?);
    Ok(organization.map(|organization| Permission { outside, organization, answer }))
}

/// Where a part of the record stands.
fn find(text: &TxtRecord, part: &str) -> Range<usize> {
    let start = memchr::memmem::find(&text.octets, part.as_bytes());
    start.map_or_else(|| whole(text), |start| start..start + part.len())
}

/// What RFC 7489 would have made of it.
fn compare(
    now: &Evaluation,
    before: &Evaluation,
    organizations: Option<(DomainName, DomainName)>,
    domain: &DomainName,
) -> Option<Finding> {
    let unknown = |evaluation: &Evaluation| {
        matches!(
            evaluation.cause,
            Some(dmarc::Cause::PolicyLookup { .. } | dmarc::Cause::ExistenceLookup { .. })
        )
    };
    let (organization, old_organization) = organizations?;
    let no_policy = now.policy.is_none() && before.policy.is_none();
    if no_policy || unknown(now) || unknown(before) {
        return None;
    }
    // What np says is new, and no difference in whose record it is.
    let by_np = now.policy_source == Some(PolicySource::Np);
    let same_policy = now.policy == before.policy || (by_np && now.policy_domain == before.policy_domain);
    if same_policy && organization == old_organization {
        return None;
    }
    let cause = Cause::DmarcRfc7489Differs {
        organization,
        old_organization,
        policy: now.policy.map(Policy::as_str),
        old_policy: before.policy.map(Policy::as_str),
    };
    Some(Finding::at(cause, domain))
}

/// The text of the record that applies, for output.
pub(super) fn record_text(dmarc: &Dmarc) -> Option<String> {
    dmarc.record.as_ref().map(|text| lossy(&text.octets))
}
