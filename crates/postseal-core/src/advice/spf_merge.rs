use super::spf_fix::merged;
use super::spf_networks::{AddressRange, without_held};
use super::{SpfNode, SpfState, SpfTerm, TermOutcome};
use crate::dns::TxtRecord;
use crate::spf::{FindingKind, Mechanism, Qualifier, Record};

/// An SPF record that keeps what is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedSpf {
    /// The record.
    pub text: String,
    /// The terms that were not in it.
    pub added: Vec<String>,
    /// How many records it takes the place of: 0, 1, or several that may not stand beside each other.
    pub replaces: usize,
}

/// The published record cannot be read, so that nothing can be added to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the published SPF record has a syntax error")]
pub struct BrokenSpf;

/// Adds terms to the SPF record among the published texts, in front of its `all`; nothing that is there
/// goes. Several records become one (RFC 7208 §4.5). Where none is published, a first one that ends
/// in `~all`.
///
/// # Errors
/// [`BrokenSpf`] where what is published has a syntax error: put that right first.
pub fn merge_spf(published: &[TxtRecord], needed: &[&str]) -> Result<MergedSpf, BrokenSpf> {
    let records: Vec<&TxtRecord> =
        published.iter().filter(|text| Record::has_version(&text.octets)).collect();
    let old = match records[..] {
        [] => "v=spf1 ~all".to_owned(),
        [one] => String::from_utf8(one.octets.clone()).map_err(|_| BrokenSpf)?,
        _ => merged(&records).ok_or(BrokenSpf)?,
    };
    let record = Record::parse(old.as_bytes());
    if record.findings().iter().any(|finding| matches!(finding.kind, FindingKind::Syntax(_))) {
        return Err(BrokenSpf);
    }
    let terms: Vec<&str> = old.split(' ').skip(1).filter(|term| !term.is_empty()).collect();
    let is_there = |needed: &str| terms.iter().any(|term| bare(term).eq_ignore_ascii_case(bare(needed)));
    let mut added: Vec<String> = Vec::new();
    for term in needed.iter().filter(|term| !is_there(term)) {
        if !added.iter().any(|known| known == term) {
            added.push((*term).to_owned());
        }
    }
    let all = record.directives().iter().find(|directive| directive.mechanism == Mechanism::All);
    let at = all.map_or(old.len(), |directive| directive.span.range().start);
    let (before, after) = (old[..at].trim_end(), old[at..].trim_start());
    let parts = [before, &added.join(" "), after];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let text = if added.is_empty() { old } else { text };
    Ok(MergedSpf { text, added, replaces: records.len() })
}

fn bare(term: &str) -> &str {
    term.strip_prefix('+').unwrap_or(term)
}

/// The record of a tree with addresses in the place of names, as they are today. A term stays where that
/// would change what it means: one that does not simply pass, with macros, or whose look-up failed.
/// `None` where there is no record.
pub fn flatten_spf(tree: &SpfNode) -> Option<String> {
    tree.text()?;
    let mut ranges: Vec<AddressRange> = Vec::new();
    let mut kept: Vec<&str> = Vec::new();
    let mut order_counts = false;
    for term in &tree.terms {
        // What follows a term that refuses some must stay behind it.
        order_counts |= term.qualifier != Qualifier::Pass && !is_all(term);
        if !order_counts && !term.redirect && is_plain(term) && !is_all(term) {
            ranges.extend(term.ranges.iter().copied());
        } else {
            kept.push(&term.text);
        }
    }
    let networks = without_held(&ranges).into_iter().map(|range| range.as_term());
    let mut terms: Vec<String> = networks.collect();
    terms.extend(kept.into_iter().map(str::to_owned));
    Some(format!("v=spf1 {}", terms.join(" ")))
}

/// True where the term is a list of addresses that pass, and nothing else.
fn is_plain(term: &SpfTerm) -> bool {
    if term.qualifier != Qualifier::Pass || term.text.contains('%') {
        return false;
    }
    match &term.node {
        Some(node) => {
            matches!(node.state, SpfState::Found)
                && node.terms.iter().all(|inner| !inner.redirect && (is_all(inner) || is_plain(inner)))
        }
        None => {
            let name = bare(&term.text).split([':', '/']).next().unwrap_or_default().to_ascii_lowercase();
            term.outcome == TermOutcome::Fine && ["ip4", "ip6", "a", "mx"].contains(&name.as_str())
        }
    }
}

fn is_all(term: &SpfTerm) -> bool {
    term.text.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::{CheckRequest, MAX_CHECK_QUERIES};
    use crate::dns::{Answers, DomainName, RecordData, Zone};

    #[test]
    fn keeps_what_is_there() {
        let check = |published: &[&str], needed: &[&str], expected: &str, added: &[&str]| {
            let texts: Vec<TxtRecord> =
                published.iter().map(|text| TxtRecord::from_strings(&[text])).collect();
            let merged = merge_spf(&texts, needed).expect("no syntax error");
            assert_eq!((merged.text.as_str(), merged.added), (expected, own(added)), "{published:?}");
        };
        let include = &["include:spf.keys.example"][..];
        check(&[], include, "v=spf1 include:spf.keys.example ~all", include);
        check(&["hello"], include, "v=spf1 include:spf.keys.example ~all", include);
        check(&["v=spf1 mx -all"], include, "v=spf1 mx include:spf.keys.example -all", include);
        check(&["v=spf1 mx"], include, "v=spf1 mx include:spf.keys.example", include);
        check(
            &["v=spf1 mx redirect=a.example"],
            include,
            "v=spf1 mx redirect=a.example include:spf.keys.example",
            include,
        );
        // Already there, in other letters and with a plus: nothing changes, not even blanks.
        check(
            &["v=spf1  mx +include:SPF.keys.example ?all"],
            include,
            "v=spf1  mx +include:SPF.keys.example ?all",
            &[],
        );
        check(
            &["v=spf1 mx -all", "v=spf1 a ~all"],
            &["a", "ip4:192.0.2.1"],
            "v=spf1 mx a ip4:192.0.2.1 ~all",
            &["ip4:192.0.2.1"],
        );
        check(&["v=spf1 -all"], &["mx", "mx"], "v=spf1 mx -all", &["mx"]);
    }

    fn own(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn nothing_is_added_to_what_cannot_be_read() {
        let broken = TxtRecord::from_strings(&["v=spf1 ipv4:192.0.2.1 -all"]);
        assert_eq!(merge_spf(&[broken], &["mx"]), Err(BrokenSpf));
        let odd = TxtRecord::from_strings(&[b"v=spf1 \xff -all"]);
        assert_eq!(merge_spf(&[odd], &["mx"]), Err(BrokenSpf));
    }

    #[test]
    fn flattens_what_is_addresses_and_nothing_else() {
        let check = |own: &str, expected: &str| {
            let name = |text: &str| DomainName::parse(text).expect("a name");
            let mut zone = Zone::new();
            let mut add = |owner: &str, text: &str| {
                zone.add(&name(owner), 3600, RecordData::Txt(TxtRecord::from_strings(&[text])));
            };
            add("contoso.example", own);
            add("plain.example", "v=spf1 ip4:198.18.0.0/24 ip4:198.18.0.7 include:inner.example ~all");
            add("inner.example", "v=spf1 ip6:2001:db8::/32 a:host.example -all");
            add("odd.example", "v=spf1 -ip4:198.18.0.1 ip4:198.18.0.0/24 -all");
            add("macro.example", "v=spf1 exists:%{i}.example -all");
            zone.add(&name("host.example"), 3600, RecordData::A([198, 18, 9, 9].into()));
            let mut answers = Answers::new(&zone).with_limit(MAX_CHECK_QUERIES);
            let report = super::super::check(&CheckRequest::new(name("contoso.example")), &mut answers);
            let tree = report.expect("a zone answers").spf;
            assert_eq!(flatten_spf(&tree).as_deref(), Some(expected), "{own}");
        };
        check(
            "v=spf1 include:plain.example -all",
            "v=spf1 ip4:198.18.0.0/24 ip4:198.18.9.9 ip6:2001:db8::/32 -all",
        );
        check("v=spf1 a:host.example ip4:198.18.9.9 ?all", "v=spf1 ip4:198.18.9.9 ?all");
        check("v=spf1 include:odd.example -all", "v=spf1 include:odd.example -all");
        check(
            "v=spf1 include:macro.example ?a:host.example -all",
            "v=spf1 include:macro.example ?a:host.example -all",
        );
        check(
            "v=spf1 a:host.example -ip4:198.18.0.1 ip4:198.18.0.0/24 -all",
            "v=spf1 ip4:198.18.9.9 -ip4:198.18.0.1 ip4:198.18.0.0/24 -all",
        );
        check("v=spf1 redirect=plain.example", "v=spf1 redirect=plain.example");
        check("v=spf1 a:nowhere.example mx -all", "v=spf1 a:nowhere.example mx -all");
    }
}
