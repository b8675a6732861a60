use std::sync::Arc;

use super::{Cause, CheckRequest, Finding, Fix, ttl_advice};
use crate::dns::{Answer, Answers, DomainName, Missing, Mx, Outcome, QueryClass, RecordType, Records};

/// How a domain takes mail.
pub(super) struct MailExchange {
    pub(super) findings: Vec<Finding>,
    /// RFC 7505: the domain says that it takes no mail.
    pub(super) null: bool,
    /// The hosts named, in the order of the answer.
    pub(super) exchanges: Vec<DomainName>,
    /// True where the domain has an address of its own.
    pub(super) address: bool,
}

/// Exchanges that are looked at; the rest of a longer list is left alone.
const MAX_EXCHANGES: usize = 20;

/// Looks at the MX records of the domain and at the hosts that they name.
pub(super) fn examine(request: &CheckRequest, answers: &mut Answers<'_>) -> Result<MailExchange, Missing> {
    let domain = &request.domain;
    let mx = answers.get(QueryClass::Other, domain, RecordType::Mx);
    let address = has_address(answers, domain);
    let (mx, address) = (mx?, address?);
    let mut found = MailExchange {
        findings: Vec::new(),
        null: false,
        exchanges: Vec::new(),
        address: address == Some(true),
    };
    match &mx.outcome {
        Outcome::Failure(failure) => {
            let cause = Cause::DnsError { record_type: RecordType::Mx, failure: *failure };
            found.findings.push(Finding::at(cause, domain));
        }
        Outcome::Records(Records::Mx(records)) => {
            found.findings.extend(ttl_advice::judge(&mx, domain));
            examine_records(records, domain, answers, &mut found)?;
        }
        _ => found.findings.push(Finding::at(Cause::MxMissing { address: found.address }, domain)),
    }
    Ok(found)
}

fn examine_records(
    records: &[Mx],
    domain: &DomainName,
    answers: &mut Answers<'_>,
    found: &mut MailExchange,
) -> Result<(), Missing> {
    // RFC 7505 §3: a null MX stands alone.
    found.null = records.iter().all(|mx| mx.exchange.is_none());
    found.exchanges = records.iter().filter_map(|mx| mx.exchange.clone()).collect();
    let mut missing = None;
    for mx in records.iter().take(MAX_EXCHANGES) {
        let Some(exchange) = &mx.exchange else { continue };
        match examine_exchange(mx, exchange, domain, answers) {
            Ok(finding) => found.findings.extend(finding),
            Err(Missing) => missing = Some(Missing),
        }
    }
    missing.map_or(Ok(()), Err)
}

fn examine_exchange(
    mx: &Mx,
    exchange: &DomainName,
    domain: &DomainName,
    answers: &mut Answers<'_>,
) -> Result<Option<Finding>, Missing> {
    let alias = answers.get(QueryClass::Other, exchange, RecordType::Cname);
    let address = has_address(answers, exchange);
    let (alias, address) = (alias?, address?);
    // RFC 5321 §5.1: "If MX records are present, but none of them are usable, or the implicit MX is
    // unusable, this situation MUST be reported as an error."
    if address == Some(false) {
        return Ok(Some(Finding::at(Cause::MxUnresolvable { exchange: exchange.clone() }, domain)));
    }
    Ok(alias_target(&alias).map(|target| {
        let cause = Cause::MxCname { exchange: exchange.clone(), target: target.clone() };
        let value = format!("{} {target}", mx.preference);
        let fix = Fix { record_type: RecordType::Mx, name: domain.clone(), value, ttl: Fix::TTL };
        Finding::at(cause, domain).with_fix(Some(fix))
    }))
}

/// Whether the name has an address; `None` where the DNS does not say.
pub(super) fn has_address(answers: &mut Answers<'_>, name: &DomainName) -> Result<Option<bool>, Missing> {
    let ip4 = answers.get(QueryClass::Other, name, RecordType::A);
    let ip6 = answers.get(QueryClass::Other, name, RecordType::Aaaa);
    let found = [ip4?, ip6?];
    if found.iter().any(|answer| matches!(answer.outcome, Outcome::Records(_))) {
        return Ok(Some(true));
    }
    Ok(found.iter().all(|answer| answer.is_void()).then_some(false))
}

/// What the name is an alias of, from the answer to a question for CNAME.
pub(super) fn alias_target(answer: &Arc<Answer>) -> Option<&DomainName> {
    match &answer.outcome {
        Outcome::Records(Records::Cname(target)) => Some(target),
        _ => None,
    }
}
