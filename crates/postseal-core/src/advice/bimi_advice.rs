use std::ops::Range;

use super::dmarc_advice::Dmarc;
use super::versioned_record::{self, PlacedFault, RecordFault, Selected, is_https};
use super::{Cause, Finding, lossy};
use crate::dmarc::{Policy, PolicyRecord, TestMode};
use crate::dns::{Answers, DomainName, Missing, QueryClass, RecordType, TxtRecord};

const VERSION: &str = "v=BIMI1";

/// The tags that are judged.
const TAGS: [&str; 3] = ["l", "a", "avp"];

/// Why receivers show no indicator although there is a record for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BimiObstacle {
    /// No DMARC policy applies.
    NoPolicy,
    /// The policy is none.
    PolicyNone,
    /// The policy for subdomains is none.
    SubdomainNone,
    /// `t=y`: the policy is on trial.
    TestMode,
}

/// The domain's BIMI record under the selector `default`.
pub(super) struct Bimi {
    pub(super) findings: Vec<Finding>,
    name: DomainName,
    /// The record, where it asks for an indicator.
    record: Option<TxtRecord>,
}

/// Looks at the Assertion Record (draft-brand-indicators-for-message-identification) of the
/// selector `default`. What it points at is not fetched.
pub(super) fn examine(domain: &DomainName, answers: &mut Answers<'_>) -> Result<Option<Bimi>, Missing> {
    let Ok(name) = domain.with_prefix("default._bimi") else { return Ok(None) };
    let answer = answers.get(QueryClass::Other, &name, RecordType::Txt)?;
    let (text, faults) = match versioned_record::select(answer.txt(), VERSION) {
        Selected::None => return Ok(None),
        Selected::Several(count, second) => {
            (second, vec![(RecordFault::Several { count }, 0..second.octets.len())])
        }
        Selected::Meant(text) => {
            let fault = RecordFault::Version { expected: VERSION };
            (text, vec![(fault, versioned_record::version_span(&text.octets))])
        }
        Selected::One(text) => (text, bimi_faults(&text.octets)),
    };
    // An empty l= says that the domain takes no part.
    let fields = versioned_record::fields(&text.octets).fields;
    let asks = fields.iter().any(|field| field.name == b"l" && !field.value.is_empty());
    let record = asks.then(|| text.clone());
    let finding = |(fault, span): PlacedFault| {
        let place = lossy(text.octets.get(span.clone()).unwrap_or_default());
        Finding::in_record(Cause::BimiSyntax { text: place, fault }, &name, text, span)
    };
    let findings = faults.into_iter().map(finding).collect();
    Ok(Some(Bimi { findings, name, record }))
}

impl Bimi {
    /// The finding that the domain's DMARC policy is too weak for an indicator.
    pub(super) fn not_enforced(&self, dmarc: &Dmarc) -> Option<Finding> {
        let record = self.record.as_ref()?;
        let obstacle = obstacle(dmarc)?;
        let whole = 0..record.octets.len();
        Some(Finding::in_record(Cause::BimiNotEnforced { obstacle }, &self.name, record, whole))
    }
}

fn obstacle(dmarc: &Dmarc) -> Option<BimiObstacle> {
    let applied = dmarc.record.as_ref().and_then(|text| PolicyRecord::read(&text.octets).record);
    let is = |value: fn(&PolicyRecord) -> bool| applied.as_ref().is_some_and(value);
    match dmarc.evaluation.policy {
        None => Some(BimiObstacle::NoPolicy),
        Some(Policy::None) => Some(BimiObstacle::PolicyNone),
        Some(_) if is(|record| record.sp == Some(Policy::None)) => Some(BimiObstacle::SubdomainNone),
        Some(_) if is(|record| record.t == Some(TestMode::Yes)) => Some(BimiObstacle::TestMode),
        Some(_) => None,
    }
}

/// What is wrong in a text that begins with `v=BIMI1`, with its place in octets.
pub fn bimi_faults(octets: &[u8]) -> Vec<(RecordFault, Range<usize>)> {
    let read = versioned_record::fields(octets);
    let mut faults = read.faults;
    let mut seen = [false; TAGS.len()];
    for field in read.fields {
        let Some(nth) = TAGS.iter().position(|tag| tag.as_bytes() == field.name) else { continue };
        let tag = TAGS[nth];
        if std::mem::replace(&mut seen[nth], true) {
            faults.push((RecordFault::Duplicate { tag }, field.span));
        } else if !is_value(tag, field.value) {
            faults.push((RecordFault::Value { tag }, field.value_span));
        }
    }
    if !seen[0] {
        faults.push((RecordFault::Missing { tag: "l" }, octets.len()..octets.len()));
    }
    faults
}

fn is_value(tag: &str, value: &[u8]) -> bool {
    match tag {
        "avp" => value == b"brand" || value == b"personal",
        _ => value.is_empty() || is_https(value),
    }
}
