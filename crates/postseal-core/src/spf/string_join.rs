use super::term::Term;
use super::{Directive, Qualifier, Span};
use crate::dns::TxtRecord;

/// Joints looked at in one record; a record of real use has a handful.
const MAX_JOINTS: usize = 32;

/// Octets of a term in which a joint is looked for. Two terms of real use are
/// shorter; a longer one would be read again for each of its joints.
const MAX_GLUED: usize = 512;

/// The terms that are two, made one where strings were joined.
///
/// RFC 7208 §3.3: "if a published record contains multiple character-strings,
/// then the record MUST be treated as if those strings are concatenated
/// together without adding spaces."
pub(super) fn glued_terms(txt: &TxtRecord) -> Vec<Span> {
    let joints = txt.joints.iter().take(MAX_JOINTS).map(|&joint| usize::from(joint));
    joints.filter_map(|joint| glued_at(&txt.octets, joint)).collect()
}

/// True where a record's version was glued to its first term, so that it is no
/// SPF record at all.
pub fn version_is_glued(txt: &TxtRecord) -> bool {
    let version = txt.octets.get(..6).is_some_and(|v| v.eq_ignore_ascii_case(b"v=spf1"));
    let glued = txt.octets.get(6).is_some_and(|&b| b != b' ');
    version && glued && txt.joints.contains(&6)
}

fn glued_at(octets: &[u8], joint: usize) -> Option<Span> {
    let (before, after) = octets.split_at_checked(joint)?;
    let start = memchr::memrchr(b' ', before).map_or(0, |blank| blank + 1);
    let end = joint + memchr::memchr(b' ', after).unwrap_or(after.len());
    if start == joint || joint == end || start == 0 || end - start > MAX_GLUED {
        return None;
    }
    let right = known(&octets[joint..end])?;
    known(&octets[start..joint])?;
    // A name may end in what looks like a bare "a" or "mx"; only where the whole
    // is no term are these two for sure.
    (is_telling(&right) || known(&octets[start..end]).is_none()).then(|| Span::new(start, end))
}

fn known(octets: &[u8]) -> Option<Term> {
    Term::parse(octets).ok().filter(Term::is_known)
}

/// True for a term that no name ends in: one with a qualifier or an argument.
fn is_telling(term: &Term) -> bool {
    match term {
        Term::Directive(Directive { qualifier, mechanism, .. }) => {
            *qualifier != Qualifier::Pass || mechanism.to_string() != mechanism.name()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_glued_terms() {
        let check = |strings: &[&str], expected: &[&str]| {
            let txt = TxtRecord::from_strings(strings);
            let found: Vec<String> = glued_terms(&txt)
                .iter()
                .map(|span| String::from_utf8_lossy(span.of(&txt.octets)).into_owned())
                .collect();
            assert_eq!(found, expected, "{strings:?}");
        };
        check(
            &["v=spf1 include:a.example", "include:b.example -all"],
            &["include:a.exampleinclude:b.example"],
        );
        check(&["v=spf1 ip4:192.0.2.1", "ip4:192.0.2.2 -all"], &["ip4:192.0.2.1ip4:192.0.2.2"]);
        check(&["v=spf1 include:a.example", "-all"], &["include:a.example-all"]);
        check(&["v=spf1 a", "mx -all"], &["amx"]);
        check(&["v=spf1 include:a.example ", "-all"], &[]);
        check(&["v=spf1 include:a.exa", "mple -all"], &[]);
        check(&["v=spf1 ip4:192.0.2.1", "28/25 -all"], &[]);
        check(&["v=spf1 include:foo.b", "a -all"], &[]);
        check(&["v=spf1 ip6:2001:db8:", "a:1::1 -all"], &[]);
        assert!(version_is_glued(&TxtRecord::from_strings(&["v=spf1", "mx"])));
        assert!(!version_is_glued(&TxtRecord::from_strings(&["v=spf1", " mx"])));
    }
}
