use std::net::IpAddr;

use postseal_core::dns::DomainName;

use super::{ProblemWords, domain_name_error};
use crate::words::{Lang, say};

/// The domain that somebody names. Where they gave something else that has a domain in it (a mail
/// address, a URL, a wildcard), they are told which one to give.
///
/// # Errors
/// What was given instead, and what to give.
pub(crate) fn named_domain(text: &str, lang: Lang) -> Result<DomainName, ProblemWords> {
    let given = text.trim();
    if let Ok(address) = given.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Err(address_given(address, lang));
    }
    DomainName::parse(given).map_err(|error| {
        let Some((what, domain)) = domain_within(given, lang) else {
            let why = domain_name_error(error, lang);
            let what = say!(
                lang,
                "{given:?} is no domain name: {why}",
                "{given:?} はドメイン名ではありません: {why}"
            );
            return ProblemWords { what, next: None };
        };
        let next = say!(lang, "Give the domain alone: {domain}", "ドメインだけを指定してください: {domain}");
        ProblemWords { what, next: Some(next) }
    })
}

fn address_given(address: IpAddr, lang: Lang) -> ProblemWords {
    let what = say!(
        lang,
        "{address} is an IP address, not a domain",
        "{address} は IP アドレスで、ドメインではありません"
    );
    let next = say!(
        lang,
        "Give the domain of the mail addresses. Whether it may send from this address: postseal check DOMAIN --from-ip {address}",
        "メールアドレスのドメインを指定してください。このアドレスから送信できるかどうかは、postseal check DOMAIN --from-ip {address} で調べます。"
    );
    ProblemWords { what, next: Some(next) }
}

/// What else was given, and the domain in it.
fn domain_within(given: &str, lang: Lang) -> Option<(String, DomainName)> {
    let (what, rest) = if let Some((_, rest)) = given.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        (say!(lang, "{given:?} is a URL, not a domain", "{given:?} は URL で、ドメインではありません"), host)
    } else if let Some((_, domain)) = given.rsplit_once('@') {
        let what = say!(
            lang,
            "{given:?} is a mail address, not a domain",
            "{given:?} はメールアドレスで、ドメインではありません"
        );
        (what, domain.trim_end_matches('>'))
    } else {
        let domain = given.strip_prefix("*.")?;
        (
            say!(
                lang,
                "{given:?} is a wildcard, not a domain",
                "{given:?} はワイルドカードで、ドメインではありません"
            ),
            domain,
        )
    };
    // A port, or who logs in, is no part of the domain.
    let host = rest.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    Some((what, DomainName::parse(host).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_named_or_found_in_what_was_given() {
        let check = |given: &str, expected: Result<&str, &str>| {
            let named = named_domain(given, Lang::En);
            let told = named.as_ref().map(DomainName::as_str);
            let told = told.map_err(|words| words.next.as_deref().unwrap_or(&words.what));
            match expected {
                Ok(_) => assert_eq!(told, expected, "{given:?}"),
                Err(text) => assert!(told.is_err_and(|told| told.contains(text)), "{given:?}: {told:?}"),
            }
        };
        check("contoso.example", Ok("contoso.example"));
        check(" Contoso.Example. ", Ok("contoso.example"));
        check("日本.example", Ok("xn--wgv71a.example"));
        check("192.0.2.1", Err("--from-ip 192.0.2.1"));
        check("[2001:db8::1]", Err("--from-ip 2001:db8::1"));
        check("jo@contoso.example", Err("alone: contoso.example"));
        check("Jo <jo@contoso.example>", Err("alone: contoso.example"));
        check("https://www.contoso.example:8443/mail?x", Err("alone: www.contoso.example"));
        check("http://jo@contoso.example", Err("alone: contoso.example"));
        check("*.contoso.example", Err("alone: contoso.example"));
        check("contoso..example", Err("no domain name"));
        check("https://", Err("no domain name"));
        check("https://192.0.2.1/", Err("alone"));
        check("a b", Err("no domain name"));
        check("", Err("no domain name"));
    }
}
