use std::net::IpAddr;
use std::ops::Range;

use super::mta_sts_policy::FaultyLine;
use super::versioned_record::{self, PlacedFault, RecordFault, Selected};
use super::{Cause, Finding, MtaStsMode, MtaStsPolicy, MtaStsPolicyFault, ReadPolicy, lossy};
use crate::dns::{Answers, DomainName, Failure, Missing, QueryClass, RecordType};

const VERSION: &str = "v=STSv1";

/// What a domain does about MTA-STS, as far as it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MtaSts {
    /// The TXT record, where senders can use it: only then do they fetch the policy.
    pub record: Option<String>,
    /// What became of the policy.
    pub policy: MtaStsPolicyState,
}

/// What is known of the policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MtaStsPolicyState {
    /// Nobody looked, so nothing is known.
    NotAsked,
    /// It was asked for, and not reached: it may be good or bad.
    NotReached(PolicyNotReached),
    /// Senders cannot fetch it.
    Unavailable(PolicyUnavailable),
    /// Senders cannot read it.
    Unusable,
    /// What it says.
    Read(MtaStsPolicy),
}

/// What became of asking for the policy file (RFC 8461 §3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PolicyFetch {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// The question did not get there, which says nothing about the domain.
    NotReached(PolicyNotReached),
    /// It got there, and no policy came.
    Unavailable(PolicyUnavailable),
    /// The octets of the file.
    Fetched(Vec<u8>),
}

/// Why the host of the policy was not reached. It says nothing about the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyNotReached {
    /// The resolver does not say where it is.
    Dns(Failure),
    /// Its address is of this machine or of a private network, and is not asked.
    NotPublic(IpAddr),
    /// No connection came about: there may be no way from here.
    NoConnection(IpAddr),
    /// This machine has no certificate authorities to hold its certificate against.
    NoAuthorities,
}

/// Why senders get no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyUnavailable {
    /// The host of the policy has no address.
    NoAddress,
    /// Nothing listens at port 443.
    Refused(IpAddr),
    /// Its certificate is not accepted.
    Certificate(CertificateFault),
    /// TLS did not come about; the reason in the words of the library.
    Tls(String),
    /// It was connected and did not send the file within so many seconds.
    TooSlow(u64),
    /// It sends us elsewhere; RFC 8461 §3.3 forbids to follow.
    Redirect(u16),
    /// Another status than 200.
    Status(u16),
    /// Another media type than `text/plain`; empty where it says none.
    MediaType(String),
    /// The file has more than [`MAX_POLICY_FILE`](super::MAX_POLICY_FILE) octets.
    TooLong,
    /// What came is no answer of HTTP, or ended too early.
    NotHttp,
}

/// Why a certificate is not accepted for the host of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for other names.
    OtherName,
    /// Nobody who is trusted has issued it.
    UnknownIssuer,
    /// The reason in the words of the library.
    Other(String),
}

/// What is wrong with MTA-STS: in the record, in the policy file, or between the policy and the MX records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtaStsFault {
    /// The TXT record breaks a rule.
    Record(RecordFault),
    /// The policy file breaks a rule.
    Policy(MtaStsPolicyFault),
    /// The policy does not name a mail exchange of the domain.
    MxNotNamed {
        /// What senders do with the policy.
        mode: MtaStsMode,
    },
}

/// What the DNS says.
pub(super) struct MtaStsRecord {
    pub(super) findings: Vec<Finding>,
    /// The record, where it is one that senders use.
    pub(super) record: Option<String>,
}

/// Looks at the domain's MTA-STS TXT record (RFC 8461 §3.1).
pub(super) fn examine(domain: &DomainName, answers: &mut Answers<'_>) -> Result<MtaStsRecord, Missing> {
    let nothing = MtaStsRecord { findings: Vec::new(), record: None };
    let Ok(name) = domain.with_prefix("_mta-sts") else { return Ok(nothing) };
    let answer = answers.get(QueryClass::Other, &name, RecordType::Txt)?;
    if answer.outcome.failure().is_some() {
        return Ok(nothing);
    }
    let (text, faults) = match versioned_record::select(answer.txt(), VERSION) {
        // The record is worth nothing without the policy file, so none is proposed.
        Selected::None => {
            let finding = Finding::at(Cause::MtaStsMissing { policy: None }, &name);
            return Ok(MtaStsRecord { findings: vec![finding], record: None });
        }
        Selected::Several(count, second) => {
            (second, vec![(RecordFault::Several { count }, 0..second.octets.len())])
        }
        Selected::Meant(text) => {
            let fault = RecordFault::Version { expected: VERSION };
            (text, vec![(fault, versioned_record::version_span(&text.octets))])
        }
        Selected::One(text) => (text, mta_sts_faults(&text.octets)),
    };
    let record = faults.is_empty().then(|| lossy(&text.octets));
    let finding = |(fault, span): PlacedFault| {
        let place = lossy(text.octets.get(span.clone()).unwrap_or_default());
        let cause = Cause::MtaStsSyntax { text: place, fault: MtaStsFault::Record(fault) };
        Finding::in_record(cause, &name, text, span)
    };
    Ok(MtaStsRecord { findings: faults.into_iter().map(finding).collect(), record })
}

/// What is wrong in a text that begins with `v=STSv1`, with its place in octets.
pub fn mta_sts_faults(octets: &[u8]) -> Vec<(RecordFault, Range<usize>)> {
    let read = versioned_record::fields(octets);
    let mut faults = read.faults;
    let mut has_id = false;
    for field in read.fields.iter().filter(|field| field.name == b"id") {
        // RFC 8461 §3.1: "id" must appear exactly once, of 1 to 32 letters and digits.
        let is_id =
            (1..=32).contains(&field.value.len()) && field.value.iter().all(u8::is_ascii_alphanumeric);
        if has_id {
            faults.push((RecordFault::Duplicate { tag: "id" }, field.span.clone()));
        } else if !is_id {
            let span = if field.value.is_empty() { &field.span } else { &field.value_span };
            faults.push((RecordFault::Value { tag: "id" }, span.clone()));
        }
        has_id = true;
    }
    if !has_id {
        faults.push((RecordFault::Missing { tag: "id" }, octets.len()..octets.len()));
    }
    faults
}

/// What is to be said of the policy file, and what is known of it. `exchanges` are the hosts that take the domain's mail.
pub(super) fn judge_policy(
    fetch: &PolicyFetch,
    host: &DomainName,
    exchanges: &[DomainName],
) -> (MtaStsPolicyState, Vec<Finding>) {
    match fetch {
        PolicyFetch::NotAsked => (MtaStsPolicyState::NotAsked, Vec::new()),
        PolicyFetch::NotReached(why) => (MtaStsPolicyState::NotReached(why.clone()), Vec::new()),
        PolicyFetch::Unavailable(why) => {
            let finding = Finding::at(Cause::MtaStsMissing { policy: Some(why.clone()) }, host);
            (MtaStsPolicyState::Unavailable(why.clone()), vec![finding])
        }
        PolicyFetch::Fetched(octets) => {
            let ReadPolicy { policy, faults } = ReadPolicy::read(octets);
            let mut findings: Vec<Finding> = faults.into_iter().map(|line| in_line(line, host)).collect();
            findings.extend(policy.iter().flat_map(|policy| not_named(policy, host, exchanges)));
            (policy.map_or(MtaStsPolicyState::Unusable, MtaStsPolicyState::Read), findings)
        }
    }
}

fn in_line(FaultyLine { fault, line, span }: FaultyLine, host: &DomainName) -> Finding {
    let text = lossy(line.get(span.clone()).unwrap_or_default());
    let cause = Cause::MtaStsSyntax { text, fault: MtaStsFault::Policy(fault) };
    let place = (!line.is_empty()).then_some((line, span));
    let (record, span) = place.unzip();
    Finding { record, span, ..Finding::at(cause, host) }
}

/// RFC 8461 §4.1: senders leave out exchanges that the policy does not name.
fn not_named<'p>(
    policy: &'p MtaStsPolicy,
    host: &'p DomainName,
    exchanges: &'p [DomainName],
) -> impl Iterator<Item = Finding> + 'p {
    let is_used = policy.mode != MtaStsMode::None;
    let unnamed = |exchange: &&DomainName| !policy.mx.iter().any(|pattern| pattern.matches(exchange));
    exchanges.iter().take(MAX_EXCHANGES).filter(move |_| is_used).filter(unnamed).map(|exchange| {
        let fault = MtaStsFault::MxNotNamed { mode: policy.mode };
        Finding::at(Cause::MtaStsSyntax { text: exchange.to_string(), fault }, host)
    })
}

/// Exchanges that are held against the policy.
const MAX_EXCHANGES: usize = 20;
