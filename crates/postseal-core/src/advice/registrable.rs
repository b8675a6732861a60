use crate::dns::DomainName;

/// The registrable domain: the public suffix and one label more, by the public
/// suffix list. `None` for a public suffix.
pub(super) fn registrable(name: &DomainName) -> Option<DomainName> {
    psl::domain_str(name.as_str()).and_then(|domain| DomainName::from_expansion(domain).ok())
}

/// True where both names belong to the same registrable domain.
pub(super) fn same_owner(one: &DomainName, other: &DomainName) -> bool {
    one == other || registrable(one).is_some_and(|domain| Some(domain) == registrable(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_registered() {
        let name = |text: &str| DomainName::parse(text).expect("a valid test name");
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(registrable(&name(text)).as_ref().map(DomainName::as_str), expected, "{text}");
        };
        check("_spf.contoso.example", Some("contoso.example"));
        check("a.b.contoso.co.jp", Some("contoso.co.jp"));
        check("co.jp", None);
        check("com", None);
        assert!(same_owner(&name("a.contoso.example"), &name("b.contoso.example")));
        assert!(!same_owner(&name("contoso.example"), &name("fabrikam.example")));
    }
}
