use crate::advice::lossy;
use crate::advice::reported::{Method, ReportedResults};
use crate::dns::DomainName;
use crate::message::HeaderSection;

/// Hops of one message that are read.
pub const MAX_HOPS: usize = 100;

/// A mail server that a message went through, as its Received field says (RFC 5321 §4.4). Nobody
/// vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHop {
    /// The host that wrote the field.
    pub by: Option<String>,
    /// The name of the client.
    pub from: Option<String>,
    /// The place of its Received field in the header section.
    pub field: usize,
    /// The names of the fields above it, up to the next hop's: added by this host, or by the next one
    /// before it wrote its own.
    pub added: Vec<String>,
}

/// The hops of a message, the first one first.
pub(super) fn hops(section: &HeaderSection) -> Vec<MessageHop> {
    let mut hops: Vec<MessageHop> = Vec::new();
    let mut above: Vec<String> = Vec::new();
    for (place, field) in section.fields().enumerate() {
        if hops.len() == MAX_HOPS {
            break;
        }
        if field.is_named("Received") {
            let text = lossy(field.body());
            let (by, from) = (clause(&text, "by"), clause(&text, "from"));
            hops.push(MessageHop { by, from, field: place, added: std::mem::take(&mut above) });
        } else if above.len() < MAX_HOPS {
            above.push(lossy(field.name()));
        }
    }
    hops.reverse();
    hops
}

/// The hops that may have changed what the signature in the field at `own` signs: those behind the
/// signer and, where a later signature passes or somebody reports that this one passed, before
/// or behind that.
pub(super) fn suspects(
    section: &HeaderSection,
    hops: &[MessageHop],
    own: usize,
    sdid: Option<&DomainName>,
    passing: &[usize],
) -> Vec<usize> {
    let later = passing.iter().copied().filter(|place| *place < own).max();
    let seen_whole = section.fields().enumerate().take(own).find(|(_, field)| {
        field.is_named("Authentication-Results")
            && ReportedResults::read(field.body()).results.iter().any(|result| {
                let is_it = sdid.is_some_and(|sdid| result.identity.as_deref() == Some(sdid.as_str()));
                result.method == Method::Dkim && result.result == "pass" && is_it
            })
    });
    // Who reports is the hop whose own field is the next below; it may have changed the message afterwards.
    let reporter = seen_whole.and_then(|(place, _)| hops.iter().rposition(|hop| hop.field > place));
    let in_range = |(number, hop): (usize, &MessageHop)| {
        let behind_signer = hop.field < own;
        let before_resigning = later.is_none_or(|later| hop.field > later);
        let behind_reporter = reporter.is_none_or(|reporter| number >= reporter);
        (behind_signer && before_resigning && behind_reporter).then_some(number)
    };
    let suspects: Vec<usize> = hops.iter().enumerate().filter_map(in_range).collect();
    // A list says that it is one.
    let lists: Vec<usize> = suspects.iter().copied().filter(|number| is_list(&hops[*number])).collect();
    if lists.is_empty() { suspects } else { lists }
}

fn is_list(hop: &MessageHop) -> bool {
    let marks =
        ["list-id", "list-post", "list-unsubscribe", "x-mailman-version", "mailing-list", "x-ml-name"];
    hop.added.iter().any(|name| marks.contains(&name.to_ascii_lowercase().as_str()))
}

/// The word behind `from` or `by`, outside of comments.
fn clause(text: &str, keyword: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut is_next = false;
    for word in text.split_whitespace() {
        let opens = word.matches('(').count();
        let closes = word.matches(')').count();
        let is_plain = depth == 0 && opens == 0;
        if is_plain && is_next {
            return Some(word.trim_end_matches(';').chars().take(255).collect());
        }
        is_next = is_plain && word.eq_ignore_ascii_case(keyword);
        depth = (depth + opens).saturating_sub(closes);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> HeaderSection {
        HeaderSection::parse(text.replace('\n', "\r\n").into_bytes())
    }

    const MESSAGE: &str = "Received: from list.example (list.example [192.0.2.2]) by mx.fabrikam.example; Tue\n\
        List-Id: <l.list.example>\n\
        Authentication-Results: list.example; dkim=pass header.d=contoso.example\n\
        Received: from relay.example (by x [192.0.2.1]) by list.example with ESMTP; Tue\n\
        Received: from mail.contoso.example by relay.example; Tue\n\
        DKIM-Signature: v=1\n\
        Received: from localhost by mail.contoso.example; Tue\n\
        From: a@contoso.example\n";

    #[test]
    fn reads_hops_from_the_first() {
        let hops = hops(&section(MESSAGE));
        let by: Vec<_> = hops.iter().map(|hop| hop.by.as_deref().unwrap_or_default()).collect();
        assert_eq!(by, ["mail.contoso.example", "relay.example", "list.example", "mx.fabrikam.example"]);
        assert_eq!(hops[2].from.as_deref(), Some("relay.example"));
        assert_eq!(hops[2].added, ["List-Id", "Authentication-Results"]);
        assert_eq!(hops[0].added, ["DKIM-Signature"]);
    }

    #[test]
    fn narrows_down_who_it_was() {
        let sdid = DomainName::parse("contoso.example").expect("a name");
        let check = |text: &str, passing: &[usize], expected: &[usize]| {
            let section = section(text);
            let own = section.fields().position(|field| field.is_named("DKIM-Signature")).expect("there");
            let found = suspects(&section, &hops(&section), own, Some(&sdid), passing);
            assert_eq!(found, expected, "{text}");
        };
        check(MESSAGE, &[], &[2]);
        let no_list = MESSAGE.replace("List-Id: <l.list.example>\n", "");
        check(&no_list, &[], &[2, 3]);
        let no_report = no_list.replace("dkim=pass", "dkim=none");
        check(&no_report, &[], &[1, 2, 3]);
        // A signature that passes was made above the relay.
        check(&no_report, &[1], &[1, 2]);
    }
}
