use crate::dkim::Selector;
use crate::dns::DomainName;

/// Selectors whose CNAME has a form that is known: Microsoft 365's and our own.
const HOSTED: [&str; 4] = ["selector1", "selector2", "ps1", "ps2"];

/// True for a selector of Microsoft 365 or of a hosted key: a CNAME belongs there.
pub(super) fn is_hosted(selector: &Selector) -> bool {
    HOSTED.contains(&selector.as_str())
}

/// The target that the form of this CNAME asks for, where it has the form
/// `<selector>-<domain with dashes>._domainkey.<organisation>.…` and names
/// another selector or another domain. `None` where all is well or the form is
/// a stranger's.
pub(super) fn expected(selector: &Selector, domain: &DomainName, target: &DomainName) -> Option<String> {
    let (label, rest) = target.as_str().split_once('.')?;
    let (named, owner) = label.split_once('-')?;
    if !HOSTED.contains(&named) || !rest.starts_with("_domainkey.") || rest.split('.').count() < 3 {
        return None;
    }
    let dashed = domain.as_str().replace('.', "-");
    if named == selector.as_str() && is_owner(owner, &dashed) {
        return None;
    }
    // Another domain's label says nothing about what was added to this one's.
    let owner = if is_owner(owner, &dashed) { owner } else { &dashed };
    Some(format!("{selector}-{owner}.{rest}"))
}

/// True where the label stands for the domain: all of it, with a few letters
/// added, or a beginning of it with a hash.
fn is_owner(label: &str, dashed: &str) -> bool {
    match label.strip_prefix(dashed) {
        // Seen behind the name: "03i", "01be2e…"; ours is a dash and eight hex digits.
        Some("") => true,
        Some(added) if !added.contains('-') => added.starts_with(|c: char| c.is_ascii_digit()),
        Some(added) => added.strip_prefix('-').is_some_and(is_hash),
        None => label
            .rsplit_once('-')
            .is_some_and(|(front, hash)| front.len() >= 32 && dashed.starts_with(front) && is_hash(hash)),
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_form() {
        let check = |selector: &str, domain: &str, target: &str, right: Option<&str>| {
            let selector = Selector::parse(selector).expect("a selector");
            let domain = DomainName::parse(domain).expect("a domain");
            let target = DomainName::parse(target).expect("a target");
            assert_eq!(expected(&selector, &domain, &target).as_deref(), right, "{target}");
        };
        let old = "_domainkey.contoso.onmicrosoft.com";
        let new = "_domainkey.contoso.n-v1.dkim.mail.microsoft";
        check("selector1", "contoso.example", &format!("selector1-contoso-example.{old}"), None);
        check("selector2", "contoso.example", &format!("selector2-contoso-example.{new}"), None);
        check("selector1", "a.gov.uk", &format!("selector1-a-gov-uk01be2e.{new}"), None);
        check("selector1", "a.example", "selector1-a-example-0123abcd._domainkey.a.keys.example", None);
        check("s1", "contoso.example", "s1.domainkey.u1.wl.provider.example", None);
        check("k1", "contoso.example", "k1._domainkey.provider.example", None);
        check(
            "selector1",
            "contoso.example",
            &format!("selector2-contoso-example.{old}"),
            Some(&format!("selector1-contoso-example.{old}")),
        );
        check(
            "selector1",
            "contoso.com",
            &format!("selector1-contoso-com-au.{old}"),
            Some(&format!("selector1-contoso-com.{old}")),
        );
        check(
            "selector1",
            "contoso.example",
            &format!("selector1-fabrikam-example.{new}"),
            Some(&format!("selector1-contoso-example.{new}")),
        );
    }
}
