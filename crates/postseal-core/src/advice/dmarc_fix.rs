use super::Fix;
use crate::dmarc::{PolicyFinding, PolicyFindingKind, PolicyRecord};
use crate::dns::DomainName;
use crate::spf::quotation_marks;

/// The record with everything put right that can be: quotation marks gone, the
/// version and `p` first, each tag once, removed tags gone, `mailto:` in front
/// of addresses, sizes gone. `None` where nothing changes or the policy is not
/// known.
pub(super) fn corrected(octets: &[u8], name: &DomainName) -> Option<Fix> {
    // A record in order has a few hundred octets.
    if octets.len() > 4096 {
        return None;
    }
    let mut kept = octets.to_vec();
    for mark in quotation_marks(octets) {
        kept.get_mut(mark.range())?.fill(b' ');
    }
    let text = String::from_utf8(kept).ok()?;
    let mut tags: Vec<(String, String)> = Vec::new();
    for part in text.split(';') {
        let Some((tag, value)) = part.split_once('=') else { continue };
        let tag = tag.trim().to_ascii_lowercase();
        if !tags.iter().any(|(known, _)| *known == tag) {
            tags.push((tag, value.trim().to_owned()));
        }
    }
    let value = write(&tags)?;
    let read = PolicyRecord::read(value.as_bytes());
    // What a tag that nobody knows was to say is not known either: it stays.
    let is_unknown = |finding: &PolicyFinding| finding.kind == PolicyFindingKind::UnknownTag;
    let is_right =
        read.record.is_some_and(|record| record.p.is_some()) && read.findings.iter().all(is_unknown);
    (is_right && value.as_bytes() != octets).then(|| Fix::txt(name, value))
}

fn write(tags: &[(String, String)]) -> Option<String> {
    let value = |name: &str| tags.iter().find(|(tag, _)| tag == name).map(|(_, value)| value.as_str());
    let mut text = format!("v=DMARC1; p={}", value("p").filter(|p| !p.is_empty()).unwrap_or("none"));
    // RFC 9989 §A.6: what pct=0 was used for is t=y now.
    if value("pct") == Some("0") && value("t").is_none() {
        text.push_str("; t=y");
    }
    for (tag, value) in tags {
        match tag.as_str() {
            "v" | "p" | "pct" | "rf" | "ri" => {}
            "rua" | "ruf" => {
                let uris: Vec<String> = value.split(',').map(uri).collect();
                text.push_str(&format!("; {tag}={}", uris.join(",")));
            }
            _ => text.push_str(&format!("; {tag}={value}")),
        }
    }
    text.bytes().all(|b| (0x20..0x7f).contains(&b)).then_some(text)
}

/// One report address with its scheme and without a size.
fn uri(text: &str) -> String {
    let text = text.trim();
    let text = text.split_once('!').map_or(text, |(uri, _)| uri);
    let bare = text.trim_start_matches('/');
    if text.contains('@') && !text.contains(':') { format!("mailto:{bare}") } else { text.to_owned() }
}

/// A first record for a domain that has none.
pub(super) fn first_record(domain: &DomainName, never_sends: bool) -> Option<Fix> {
    let name = domain.with_prefix("_dmarc").ok()?;
    let value = match never_sends {
        true => "v=DMARC1; p=reject".to_owned(),
        false => format!("v=DMARC1; p=none; rua=mailto:dmarc-reports@{domain}"),
    };
    Some(Fix::txt(&name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_right_what_it_can() {
        let name = DomainName::parse("_dmarc.contoso.example").expect("valid");
        let check = |text: &str, expected: Option<&str>| {
            let fix = corrected(text.as_bytes(), &name);
            assert_eq!(fix.as_ref().map(|fix| fix.value.as_str()), expected, "{text}");
        };
        check("v=DMARC1; pct=100; p=none", Some("v=DMARC1; p=none"));
        check("v=DMARC1; p=reject; pct=0", Some("v=DMARC1; p=reject; t=y"));
        check("v=dmarc1; p=reject", Some("v=DMARC1; p=reject"));
        check("\"v=DMARC1; p=reject\"", Some("v=DMARC1; p=reject"));
        check("v=DMARC1; p=“reject”", Some("v=DMARC1; p=reject"));
        check("p=reject; v=DMARC1; rf=afrf", Some("v=DMARC1; p=reject"));
        check(
            "v=DMARC1; rua=d@contoso.example!10m,mailto:e@contoso.example",
            Some("v=DMARC1; p=none; rua=mailto:d@contoso.example,mailto:e@contoso.example"),
        );
        check(
            "v=DMARC1; ruaa=mailto:d@contoso.example; p=none",
            Some("v=DMARC1; p=none; ruaa=mailto:d@contoso.example"),
        );
        check("v=DMARC1; p=none; ruaa=mailto:d@contoso.example", None);
        check("v=DMARC1; p=rejct", None);
        check("v=DMARC1; p=reject", None);
    }
}
