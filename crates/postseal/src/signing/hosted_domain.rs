use std::sync::Arc;
use std::time::Duration;

use postseal_core::dkim::SignedNames;
use postseal_core::dns::DomainName;
use postseal_core::hosting::{OrganisationName, SignWith};

use super::{DomainKey, KeyPlace, SigningDomain};
use crate::config::SignSettings;
use crate::keys::{Entry, HostedKeyName, HostedSnapshot, Known};

/// Who signs mail of an Author Domain.
#[derive(Clone, Debug)]
pub(crate) enum Signatory {
    /// A domain of the configuration.
    File(Arc<SigningDomain>),
    /// The domain itself, which is hosted.
    Hosted { organisation: OrganisationName, with: HostedWith },
    /// It may be hosted: that part of the snapshot could not be read.
    NotKnown,
    /// Nobody here.
    Nobody,
}

/// How a hosted domain signs now.
#[derive(Clone, Debug)]
pub(crate) enum HostedWith {
    Key(Arc<SigningDomain>),
    /// It has no keys, or is not enabled.
    Nothing,
    /// Nobody sees a key of it, and its mail waits.
    Defer,
}

/// What `[sign]` says for all domains and organisations do not say themselves.
#[derive(Clone, Debug)]
pub(crate) struct HostedManner {
    pub(crate) names: Arc<SignedNames>,
    pub(crate) expire_after: Option<Duration>,
}

impl Signatory {
    /// Who signs mail of this Author Domain: a domain of the configuration of exactly this name,
    /// else the hosted one, else the nearest of the configuration above it that signs for those
    /// below. A hosted domain signs for itself alone, and what is below it is nobody else's.
    pub(crate) fn of(
        author: &DomainName,
        settings: &SignSettings,
        hosted: Option<&HostedSnapshot>,
    ) -> Signatory {
        let of_file = settings.domains.find(author);
        let Some(hosted) = hosted.filter(|_| of_file.is_none_or(|found| found.domain != *author)) else {
            return of_file.map_or(Signatory::Nobody, |found| Signatory::File(Arc::clone(found)));
        };
        match hosted.find(author) {
            Known::Yes(entry) if entry.holder.is_some() => return Signatory::hosted(entry, &settings.hosted),
            Known::Yes(_) | Known::No => {}
            Known::Unknown => return Signatory::NotKnown,
        }
        let Some(of_file) = of_file else { return Signatory::Nobody };
        let mut name = author.parent();
        while let Some(nearer) = name.filter(|name| *name != of_file.domain) {
            match hosted.holder_of(&nearer) {
                Known::Yes(_) => return Signatory::Nobody,
                Known::Unknown => return Signatory::NotKnown,
                Known::No => name = nearer.parent(),
            }
        }
        Signatory::File(Arc::clone(of_file))
    }

    fn hosted(entry: Entry, manner: &HostedManner) -> Signatory {
        let Some(holder) = entry.holder else { return Signatory::Nobody };
        let organisation = holder.organisation;
        let Some(signing) = holder.signing else {
            return Signatory::Hosted { organisation, with: HostedWith::Nothing };
        };
        let with = match signing.with {
            SignWith::Nothing => HostedWith::Nothing,
            SignWith::Defer => HostedWith::Defer,
            SignWith::Key { slot, alarm } => {
                let key = signing.key(slot);
                let name = HostedKeyName {
                    id: key.id,
                    organisation: organisation.clone(),
                    domain: entry.name.clone(),
                    selector: key.selector.clone(),
                    record: key.record.clone(),
                };
                let key = DomainKey {
                    selector: key.selector.clone(),
                    place: KeyPlace::Hosted(Arc::new(name)),
                    routes: Vec::new(),
                };
                HostedWith::Key(Arc::new(SigningDomain {
                    domain: entry.name,
                    subdomains: false,
                    keys: vec![key],
                    header_form: signing.header_form,
                    body_form: signing.body_form,
                    names: Arc::clone(&manner.names),
                    expire_after: manner.expire_after,
                    alarm,
                }))
            }
        };
        Signatory::Hosted { organisation, with }
    }
}

#[cfg(test)]
mod tests {
    use postseal_core::hosting::Slot;

    use super::*;
    use crate::keys::tests::{self, entry, name};
    use crate::signing::{SigningDomains, SigningSources};

    /// One domain of the configuration, some hosted ones.
    #[test]
    fn the_exact_name_comes_first_and_nobody_is_jumped_over() {
        let with = |domain: &str, with: SignWith| {
            let mut entry = entry(domain, "fabrikam");
            entry.holder.as_mut().expect("held").signing.as_mut().expect("signs").with = with;
            entry
        };
        let mut keyless = entry("keyless.example", "fabrikam");
        keyless.holder.as_mut().expect("held").signing = None;
        let hosted = tests::with(&[
            entry("contoso.example", "contoso"),
            entry("eu.file.example", "fabrikam"),
            with("off.example", SignWith::Nothing),
            with("defer.example", SignWith::Defer),
            with("alarm.example", SignWith::Key { slot: Slot::Second, alarm: true }),
            keyless,
            entry("both.example", "contoso"),
        ]);
        let mut domains = SigningDomains::default();
        for (domain, subdomains) in [("file.example", true), ("both.example", false)] {
            domains.add(SigningDomain { subdomains, ..SigningDomain::new(name(domain)) }).expect("new");
        }
        let manner = HostedManner { names: Arc::default(), expire_after: Some(Duration::from_secs(7)) };
        let (sources, named) = (SigningSources::default(), std::collections::HashMap::new());
        let settings = SignSettings { sources, domains, named, hosted: manner };
        let said = |author: &str, hosted: Option<&HostedSnapshot>| match Signatory::of(
            &name(author),
            &settings,
            hosted,
        ) {
            Signatory::File(domain) => format!("file {}", domain.domain),
            Signatory::Hosted { organisation, with: HostedWith::Key(domain) } => {
                let key = &domain.keys[0];
                assert!(domain.expire_after.is_some() && key.routes.is_empty() && !domain.subdomains);
                let alarm = if domain.alarm { " alarm" } else { "" };
                format!("{organisation} {} {}{alarm}", domain.domain, key.selector)
            }
            Signatory::Hosted { organisation, with } => format!("{organisation} {with:?}"),
            Signatory::NotKnown => "not known".to_owned(),
            Signatory::Nobody => "nobody".to_owned(),
        };
        let check =
            |author: &str, expected: &str| assert_eq!(said(author, Some(&hosted)), expected, "{author}");
        check("contoso.example", "contoso contoso.example selector1");
        check("mail.contoso.example", "nobody");
        check("file.example", "file file.example");
        check("us.file.example", "file file.example");
        check("eu.file.example", "fabrikam eu.file.example selector1");
        check("de.eu.file.example", "nobody");
        check("off.example", "fabrikam Nothing");
        check("defer.example", "fabrikam Defer");
        check("keyless.example", "fabrikam Nothing");
        check("alarm.example", "fabrikam alarm.example selector2 alarm");
        check("both.example", "file both.example");
        check("other.example", "nobody");
        assert_eq!(said("de.eu.file.example", None), "file file.example");
        assert_eq!(said("contoso.example", None), "nobody");
        let unknown = tests::unknown();
        assert_eq!(said("contoso.example", Some(&unknown)), "not known");
        assert_eq!(said("us.file.example", Some(&unknown)), "not known");
        assert_eq!(said("file.example", Some(&unknown)), "file file.example");
    }
}
