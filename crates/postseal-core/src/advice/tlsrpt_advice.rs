use std::ops::Range;

use super::versioned_record::{self, PlacedFault, RecordFault, Selected, is_https, is_uri_text};
use super::{Cause, Finding, Fix, lossy};
use crate::dns::{Answers, DomainName, Missing, QueryClass, RecordType};

const VERSION: &str = "v=TLSRPTv1";

/// Looks at the domain's TLS reporting policy (RFC 8460 §3).
pub(super) fn examine(domain: &DomainName, answers: &mut Answers<'_>) -> Result<Vec<Finding>, Missing> {
    let Ok(name) = domain.with_prefix("_smtp._tls") else { return Ok(Vec::new()) };
    let answer = answers.get(QueryClass::Other, &name, RecordType::Txt)?;
    if answer.outcome.failure().is_some() {
        return Ok(Vec::new());
    }
    let (text, faults) = match versioned_record::select(answer.txt(), VERSION) {
        Selected::None => {
            let fix = Fix::txt(&name, format!("{VERSION}; rua=mailto:tls-reports@{domain}"));
            return Ok(vec![Finding::at(Cause::TlsrptMissing, &name).with_fix(Some(fix))]);
        }
        Selected::Several(count, second) => {
            (second, vec![(RecordFault::Several { count }, 0..second.octets.len())])
        }
        Selected::Meant(text) => {
            let fault = RecordFault::Version { expected: VERSION };
            (text, vec![(fault, versioned_record::version_span(&text.octets))])
        }
        Selected::One(text) => (text, tlsrpt_faults(&text.octets)),
    };
    let finding = |(fault, span): PlacedFault| {
        let place = lossy(text.octets.get(span.clone()).unwrap_or_default());
        let fix = with_scheme(&text.octets, &fault, &span).map(|value| Fix::txt(&name, value));
        let cause = Cause::TlsrptSyntax { text: place, fault };
        Finding::in_record(cause, &name, text, span).with_fix(fix)
    };
    Ok(faults.into_iter().map(finding).collect())
}

/// What is wrong in a text that begins with `v=TLSRPTv1`, with its place in octets.
pub fn tlsrpt_faults(octets: &[u8]) -> Vec<(RecordFault, Range<usize>)> {
    let read = versioned_record::fields(octets);
    let mut faults = read.faults;
    let mut has_rua = false;
    for field in read.fields.into_iter().filter(|field| field.name == b"rua") {
        // RFC 8460 §3 has one tlsrpt-rua; a second one may be read or not.
        if std::mem::replace(&mut has_rua, true) {
            faults.push((RecordFault::Duplicate { tag: "rua" }, field.span));
            continue;
        }
        let mut start = field.value_span.start;
        for uri in field.value.split(|octet| *octet == b',').take(MAX_URIS) {
            let from = start + (uri.len() - uri.trim_ascii_start().len());
            let text = uri.trim_ascii();
            if !is_report_uri(text) {
                faults.push((RecordFault::Value { tag: "rua" }, from..from + text.len()));
            }
            start += uri.len() + 1;
        }
    }
    if !has_rua {
        faults.push((RecordFault::Missing { tag: "rua" }, octets.len()..octets.len()));
    }
    faults
}

/// Addresses of one `rua` that are read; what follows is left alone.
const MAX_URIS: usize = 16;

/// RFC 8460 §3: "mailto" and "https" are the schemes.
fn is_report_uri(uri: &[u8]) -> bool {
    let is_mail = uri.split_at_checked(7).is_some_and(|(scheme, address)| {
        scheme.eq_ignore_ascii_case(b"mailto:") && is_address(address) && is_uri_text(address)
    });
    is_mail || is_https(uri)
}

fn is_address(text: &[u8]) -> bool {
    let mut halves = text.splitn(2, |octet| *octet == b'@');
    halves.next().is_some_and(|local| !local.is_empty()) && halves.next().is_some_and(|host| !host.is_empty())
}

/// The record with `mailto:` before a bare address, where that is all that is wrong.
fn with_scheme(octets: &[u8], fault: &RecordFault, span: &Range<usize>) -> Option<String> {
    let address = octets.get(span.clone())?;
    let is_bare = *fault == RecordFault::Value { tag: "rua" }
        && is_address(address)
        && is_uri_text(address)
        && !address.contains(&b':');
    let [before, after] = [octets.get(..span.start)?, octets.get(span.start..)?];
    let fixed = [before, b"mailto:", after].concat();
    (is_bare && tlsrpt_faults(&fixed).is_empty()).then(|| String::from_utf8(fixed).ok()).flatten()
}
