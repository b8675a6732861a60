use std::ops::Range;

use super::versioned_record::{self, PlacedFault, RecordFault, Selected};
use super::{Cause, Finding, lossy};
use crate::dns::{Answers, DomainName, Missing, QueryClass, RecordType};

const VERSION: &str = "v=STSv1";

/// Looks at the domain's MTA-STS TXT record (RFC 8461 §3.1). The policy file is not fetched.
pub(super) fn examine(domain: &DomainName, answers: &mut Answers<'_>) -> Result<Vec<Finding>, Missing> {
    let Ok(name) = domain.with_prefix("_mta-sts") else { return Ok(Vec::new()) };
    let answer = answers.get(QueryClass::Other, &name, RecordType::Txt)?;
    if answer.outcome.failure().is_some() {
        return Ok(Vec::new());
    }
    let (text, faults) = match versioned_record::select(answer.txt(), VERSION) {
        // The record is worth nothing without the policy file, so none is proposed.
        Selected::None => return Ok(vec![Finding::at(Cause::MtaStsMissing, &name)]),
        Selected::Several(count, second) => {
            (second, vec![(RecordFault::Several { count }, 0..second.octets.len())])
        }
        Selected::Meant(text) => {
            let fault = RecordFault::Version { expected: VERSION };
            (text, vec![(fault, versioned_record::version_span(&text.octets))])
        }
        Selected::One(text) => (text, mta_sts_faults(&text.octets)),
    };
    let finding = |(fault, span): PlacedFault| {
        let place = lossy(text.octets.get(span.clone()).unwrap_or_default());
        Finding::in_record(Cause::MtaStsSyntax { text: place, fault }, &name, text, span)
    };
    Ok(faults.into_iter().map(finding).collect())
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
