//! Who vouches for a message that fails DMARC: trusted sealers, and pairs of Author Domain and
//! infrastructure that the receiver allows.

use std::fmt::Write as _;
use std::net::IpAddr;

use postseal_core::dkim::DkimResult;
use postseal_core::dns::DomainName;
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{AuthenticationResults, MethodResult, Verdict};

use crate::config::{AllowedPair, Infrastructure, ReceiveSettings};

use super::decision::Exception;

/// Why a message that fails is accepted all the same, if it is. `client` is the one that it was
/// judged for; `now` in seconds since 1970; `sealers` are those whom all recipients trust besides the receiver.
pub(crate) fn exception(
    verdict: &Verdict,
    client: Option<IpAddr>,
    now: u64,
    settings: &ReceiveSettings,
    sealers: &[DomainName],
) -> Option<Exception> {
    let author = verdict.dmarc.author_domain.as_ref()?;
    if settings.allowed.iter().any(|pair| is_allowed(pair, author, verdict, client, now)) {
        return Some(Exception::AllowedPair);
    }
    let trusted: Vec<DomainName> = settings.trusted_sealers.iter().chain(sealers).cloned().collect();
    let vouched = verdict.arc.is_trusted(&trusted) && passed_at_entry(verdict, author);
    vouched.then_some(Exception::TrustedChain)
}

fn is_allowed(
    pair: &AllowedPair,
    author: &DomainName,
    verdict: &Verdict,
    client: Option<IpAddr>,
    now: u64,
) -> bool {
    let is_author =
        *author == pair.author_domain || (pair.subdomains && author.is_at_or_below(&pair.author_domain));
    if !is_author || pair.until.is_some_and(|until| now >= until) {
        return false;
    }
    match &pair.infrastructure {
        Infrastructure::Network(network) => client.is_some_and(|client| network.contains(client)),
        Infrastructure::Authenticated(domain) => {
            authenticated(verdict).any(|authenticated| authenticated.is_at_or_below(domain))
        }
    }
}

/// The domains that SPF or DKIM has authenticated.
fn authenticated(verdict: &Verdict) -> impl Iterator<Item = &DomainName> {
    let spf = (verdict.mail_from.result == SpfResult::Pass).then_some(&verdict.mail_from.domain);
    let dkim = verdict.dkim.iter().filter(|s| s.result == DkimResult::Pass).map(|s| &s.sdid);
    spf.into_iter().chain(dkim).flatten()
}

/// Whether the first sealer saw the Author Domain authenticated. Later ones saw the message
/// after it was forwarded.
fn passed_at_entry(verdict: &Verdict, author: &DomainName) -> bool {
    let first = verdict.arc.sets.first().and_then(|set| verdict.section.field(set.authentication_results));
    first.is_some_and(|field| results_at_entry(field.body()).iter().any(|result| is_pass_of(result, author)))
}

/// RFC 8617 §4.1.1: the instance, a semicolon, then what an Authentication-Results field says.
fn results_at_entry(body: &[u8]) -> Vec<MethodResult> {
    let Some(end) = body.iter().position(|octet| *octet == b';') else { return Vec::new() };
    AuthenticationResults::read(&body[end + 1..]).field.results
}

/// DMARC passed for this Author Domain, or its own domain was authenticated.
fn is_pass_of(result: &MethodResult, author: &DomainName) -> bool {
    if result.result != *"pass" {
        return false;
    }
    let (ptype, name) = match &result.method {
        method if *method == *"dmarc" => ("header", "from"),
        method if *method == *"dkim" => ("header", "d"),
        method if *method == *"spf" => ("smtp", "mailfrom"),
        _ => return false,
    };
    property(result, ptype, name).is_some_and(|value| {
        let domain = value.rsplit_once('@').map_or(value, |(_, domain)| domain);
        DomainName::parse(domain).as_ref() == Ok(author)
    })
}

fn property<'r>(result: &'r MethodResult, ptype: &str, name: &str) -> Option<&'r str> {
    let is_it = |p: &&postseal_core::verdict::Property| {
        p.name == *name && p.ptype.as_ref().is_some_and(|found| *found == *ptype)
    };
    result.properties.iter().find(is_it).map(|p| p.value.as_str())
}

/// The chain in the words of RFC 8617 §7.2.2, for the log and for aggregate reports:
/// `arc=pass as[2].d=d2.example as[2].s=s2 as[1].d=d1.example as[1].s=s1 remote-ip[1]=2001:db8::1`.
pub(crate) fn chain_comment(verdict: &Verdict) -> String {
    let mut comment = format!("arc={}", verdict.arc.result.as_str());
    for (index, set) in verdict.arc.sets.iter().enumerate().rev() {
        let instance = index + 1;
        // A String takes every write.
        let _ = write!(comment, " as[{instance}].d={} as[{instance}].s={}", set.sealer, set.selector);
    }
    let entry = verdict.arc.sets.first().and_then(|set| verdict.section.field(set.authentication_results));
    let results = entry.map(|field| results_at_entry(field.body())).unwrap_or_default();
    let remote = results.iter().find_map(|result| property(result, "smtp", "remote-ip"));
    if let Some(address) = remote.and_then(|text| text.parse::<IpAddr>().ok()) {
        let _ = write!(comment, " remote-ip[1]={address}");
    }
    comment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_first_sealer_saw() {
        let author = DomainName::parse("contoso.example").expect("a name");
        let check = |body: &str, expected: bool| {
            let results = results_at_entry(body.as_bytes());
            assert_eq!(results.iter().any(|result| is_pass_of(result, &author)), expected, "{body:?}");
        };
        check(" i=1; mx.example; dmarc=pass header.from=contoso.example", true);
        check(
            " i=1; mx.example;\r\n\tspf=fail smtp.mailfrom=x.example;\r\n\tdkim=pass header.d=Contoso.example",
            true,
        );
        check(" i=1; mx.example; spf=pass smtp.mailfrom=jo@contoso.example", true);
        check(" i=1; mx.example; dmarc=fail header.from=contoso.example", false);
        check(" i=1; mx.example; dmarc=pass header.from=fabrikam.example", false);
        check(" i=1; mx.example; dmarc=pass", false);
        check(" i=1; mx.example; dkim=pass header.d=mail.contoso.example", false);
        check(" i=1; mx.example; arc=pass header.from=contoso.example", false);
        check(" i=1; mx.example; none", false);
        check(" i=1", false);
    }
}
