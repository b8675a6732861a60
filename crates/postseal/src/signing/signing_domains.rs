use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dkim::{Canonicalization, Selector, SignedNames};
use postseal_core::dns::DomainName;

use super::KeyPlace;

/// The domains that have keys, found in time that does not depend on how many
/// there are.
#[derive(Debug, Default)]
pub(crate) struct SigningDomains(HashMap<DomainName, Arc<SigningDomain>>);

/// How mail of a domain is signed. A domain that is here must be signed: without a
/// usable key its mail waits.
#[derive(Clone, Debug)]
pub(crate) struct SigningDomain {
    /// `d=`
    pub(crate) domain: DomainName,
    /// Mail of domains below it is signed too, with this domain's name, unless a
    /// longer name is configured.
    pub(crate) subdomains: bool,
    /// A signature for each, in this order top down: first RSA; a second for Ed25519 only where
    /// asked for.
    pub(crate) keys: Vec<DomainKey>,
    pub(crate) header_form: Canonicalization,
    pub(crate) body_form: Canonicalization,
    /// Shared among domains that sign the same.
    pub(crate) names: Arc<SignedNames>,
    /// `x=` is this long after `t=`. `None`: a signature does not expire.
    pub(crate) expire_after: Option<Duration>,
    /// The key is not as it should be: nobody sees it, or it stands in for one that nobody sees.
    pub(crate) alarm: bool,
}

/// One key of a domain. It is read when it is first needed.
#[derive(Clone, Debug)]
pub(crate) struct DomainKey {
    /// `s=`
    pub(crate) selector: Selector,
    pub(crate) place: KeyPlace,
    /// Only for mail to recipients at or below one of these. Empty: always.
    pub(crate) routes: Vec<DomainName>,
}

/// A domain that is configured twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the domain {0} is configured twice")]
pub(crate) struct DuplicateDomain(pub(crate) DomainName);

impl SigningDomains {
    /// Makes room for as many more.
    pub(crate) fn reserve(&mut self, domains: usize) {
        self.0.reserve(domains);
    }

    /// Adds a domain.
    ///
    /// # Errors
    /// [`DuplicateDomain`]; what was there stays.
    pub(crate) fn add(&mut self, domain: SigningDomain) -> Result<(), DuplicateDomain> {
        match self.0.entry(domain.domain.clone()) {
            Entry::Occupied(_) => Err(DuplicateDomain(domain.domain)),
            Entry::Vacant(place) => {
                place.insert(Arc::new(domain));
                Ok(())
            }
        }
    }

    /// How mail of this Author Domain is signed: by the domain itself, else by the nearest
    /// one above it, if that signs for the domains below it.
    pub(crate) fn find(&self, author_domain: &DomainName) -> Option<&Arc<SigningDomain>> {
        if let Some(found) = self.0.get(author_domain) {
            return Some(found);
        }
        let mut name = author_domain.as_str();
        while let Some((_, parent)) = name.split_once('.') {
            if let Some(found) = self.0.get(parent) {
                // A nearer domain that keeps to itself is not jumped over.
                return found.subdomains.then_some(found);
            }
            name = parent;
        }
        None
    }

    /// In no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<SigningDomain>> {
        self.0.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl SigningDomain {
    /// Relaxed canonicalizations, the usual fields, no expiry, no key yet.
    #[cfg(test)]
    pub(crate) fn new(domain: DomainName) -> SigningDomain {
        SigningDomain {
            domain,
            subdomains: false,
            keys: Vec::new(),
            header_form: Canonicalization::Relaxed,
            body_form: Canonicalization::Relaxed,
            names: Arc::new(SignedNames::Usual),
            expire_after: None,
            alarm: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a valid test name")
    }

    #[test]
    fn finds_the_nearest() {
        let mut domains = SigningDomains::default();
        for (domain, subdomains) in [
            ("contoso.example", true),
            ("eu.contoso.example", false),
            ("de.eu.contoso.example", true),
            ("fabrikam.example", false),
        ] {
            domains.add(SigningDomain { subdomains, ..SigningDomain::new(name(domain)) }).expect("new");
        }
        let check = |author: &str, expected: Option<&str>| {
            let found = domains.find(&name(author)).map(|found| found.domain.as_str());
            assert_eq!(found, expected, "{author}");
        };
        check("contoso.example", Some("contoso.example"));
        check("us.contoso.example", Some("contoso.example"));
        check("eu.contoso.example", Some("eu.contoso.example"));
        check("fr.eu.contoso.example", None);
        check("x.de.eu.contoso.example", Some("de.eu.contoso.example"));
        check("fabrikam.example", Some("fabrikam.example"));
        check("mail.fabrikam.example", None);
        check("evilcontoso.example", None);
        check("example", None);
        let twice = domains.add(SigningDomain::new(name("contoso.example")));
        assert_eq!(twice, Err(DuplicateDomain(name("contoso.example"))));
        assert_eq!(domains.len(), 4);
    }
}
