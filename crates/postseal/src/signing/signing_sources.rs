use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::{LoginPattern, Signatory};
use crate::config::{MilterAddress, Network, OnForeignAuthor};

/// Who may sign as whom. Every condition that is there must hold.
///
/// A source whose conditions say nothing of a login, a network or local submission
/// grants only to clients that are known otherwise: logged in, local, or listed as
/// not judged. Mail of strangers is never signed.
#[derive(Clone, Debug)]
pub(crate) struct SigningSource {
    /// The name that the client logged in with (`{auth_authen}`).
    pub(crate) login: Option<LoginPattern>,
    /// The client's address: one of these networks suffices. Empty: any.
    pub(crate) networks: Vec<Network>,
    /// The socket on which the MTA reached this node.
    pub(crate) listener: Option<MilterAddress>,
    /// The MTA's name for the socket on which the client reached it (`{daemon_name}`).
    pub(crate) daemon_name: Option<String>,
    /// Mail of `sendmail(1)` on the MTA's own host (Postfix: `non_smtpd_milters`).
    pub(crate) local: bool,
    /// Author Domains that it may sign as.
    pub(crate) domains: SourceDomains,
    /// What becomes of mail with another Author Domain.
    pub(crate) on_foreign_author: OnForeignAuthor,
}

/// Author Domains that a source may sign as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceDomains {
    /// Every one that has a key: by an explicit setting only.
    All,
    Listed {
        /// These; and where one of them signs for the domains below it, those too.
        domains: HashSet<DomainName>,
        /// All hosted domains that one of these holds.
        organisations: HashSet<OrganisationName>,
    },
}

/// Every source, found without looking at those of other logins.
#[derive(Debug, Default)]
pub(crate) struct SigningSources {
    all: Vec<SigningSource>,
    by_login: HashMap<String, Vec<usize>>,
    by_login_domain: HashMap<DomainName, Vec<usize>>,
    /// Those that are not bound to one login or to one domain of logins.
    others: Vec<usize>,
}

/// What is known of whoever hands a message in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Submitter<'m> {
    /// Where the client connected from, where that is known.
    pub(crate) client: Option<IpAddr>,
    /// The name that it logged in with; never empty.
    pub(crate) login: Option<&'m [u8]>,
    pub(crate) daemon_name: Option<&'m [u8]>,
    pub(crate) listener: &'m MilterAddress,
    /// Not an SMTP client, but `sendmail(1)` on the MTA's host.
    pub(crate) is_local: bool,
    /// The client's address is listed as not judged.
    pub(crate) is_listed: bool,
}

impl SigningSources {
    pub(crate) fn new(sources: Vec<SigningSource>) -> SigningSources {
        let mut indexed = SigningSources::default();
        for (index, source) in sources.iter().enumerate() {
            let place = match &source.login {
                Some(LoginPattern::Name(name)) => indexed.by_login.entry(name.clone()).or_default(),
                Some(LoginPattern::AtDomain(domain)) => {
                    indexed.by_login_domain.entry(domain.clone()).or_default()
                }
                Some(LoginPattern::Any) | None => &mut indexed.others,
            };
            place.push(index);
        }
        SigningSources { all: sources, ..indexed }
    }

    /// In the order of the configuration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SigningSource> {
        self.all.iter()
    }

    /// The source at this place.
    pub(crate) fn get(&self, place: usize) -> Option<&SigningSource> {
        self.all.get(place)
    }

    /// The sources whose conditions all hold, and their places.
    pub(crate) fn matching<'s>(
        &'s self,
        submitter: Submitter<'s>,
    ) -> impl Iterator<Item = (usize, &'s SigningSource)> {
        let name = submitter.login.and_then(|login| std::str::from_utf8(login).ok());
        let by_login = name.and_then(|name| self.by_login.get(name));
        let domain = submitter.login.and_then(LoginPattern::domain_of);
        let by_domain = domain.and_then(|domain| self.by_login_domain.get(&domain));
        let indices = [by_login, by_domain, Some(&self.others)].into_iter().flatten().flatten();
        let sources = indices.map(|place| (*place, &self.all[*place]));
        sources.filter(move |(_, source)| source.matches(&submitter))
    }
}

impl SigningSource {
    fn matches(&self, submitter: &Submitter<'_>) -> bool {
        let login = self.login.as_ref().is_none_or(|p| submitter.login.is_some_and(|login| p.matches(login)));
        let network = self.networks.is_empty() || self.has_network_of(submitter);
        let listener = self.listener.as_ref().is_none_or(|listener| listener == submitter.listener);
        let daemon_name = self.daemon_name.as_ref().map(String::as_bytes);
        let daemon = daemon_name.is_none_or(|name| submitter.daemon_name == Some(name));
        let local = !self.local || submitter.is_local;
        login && network && listener && daemon && local && self.knows(submitter)
    }

    /// Whether this is nobody's stranger.
    fn knows(&self, submitter: &Submitter<'_>) -> bool {
        submitter.is_local
            || submitter.is_listed
            || submitter.login.is_some()
            || (!self.networks.is_empty() && self.has_network_of(submitter))
    }

    /// Mail of `sendmail(1)` comes from no network, whatever address the MTA shows.
    fn has_network_of(&self, submitter: &Submitter<'_>) -> bool {
        let client = submitter.client.filter(|_| !submitter.is_local);
        client.is_some_and(|client| self.networks.iter().any(|network| network.contains(client)))
    }
}

impl SourceDomains {
    /// Whether the source may sign as `author`, whose mail the keys of `signatory` sign.
    pub(crate) fn grants(&self, author: &DomainName, signatory: &Signatory) -> bool {
        let SourceDomains::Listed { domains, organisations } = self else { return true };
        domains.contains(author)
            || match signatory {
                Signatory::File(domain) => domains.contains(&domain.domain),
                Signatory::Hosted { organisation, .. } => organisations.contains(organisation),
                // It may be one of theirs.
                Signatory::NotKnown => !organisations.is_empty(),
                Signatory::Nobody => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::signing::{HostedWith, SigningDomain};

    fn listener(text: &str) -> MilterAddress {
        MilterAddress::Systemd(text.to_owned())
    }

    fn source(login: Option<&str>, networks: &[&str], domains: &[&str]) -> SigningSource {
        let domains = SourceDomains::Listed {
            domains: domains.iter().map(|d| DomainName::parse(d).expect("a name")).collect(),
            organisations: HashSet::new(),
        };
        SigningSource {
            login: login.map(|l| l.parse().expect("a pattern")),
            networks: networks.iter().map(|n| n.parse().expect("a network")).collect(),
            listener: None,
            daemon_name: None,
            local: false,
            domains,
            on_foreign_author: OnForeignAuthor::Unsigned,
        }
    }

    /// Which of the sources grant, by their first domain.
    fn check(sources: &SigningSources, submitter: Submitter<'_>, expected: &[&str]) {
        let first = |source: &SigningSource| match &source.domains {
            SourceDomains::All => "all".to_owned(),
            SourceDomains::Listed { domains, .. } => domains.iter().map(ToString::to_string).collect(),
        };
        let mut got: Vec<String> = sources.matching(submitter).map(|(_, source)| first(source)).collect();
        got.sort();
        assert_eq!(got, expected, "{submitter:?}");
    }

    #[test]
    fn grants_to_those_who_fulfil_all_conditions() {
        let sources = SigningSources::new(vec![
            source(Some("jo"), &[], &["jo.example"]),
            source(Some("*@contoso.example"), &[], &["contoso.example"]),
            source(Some("*"), &["10.1.0.0/16"], &["office.example"]),
            source(None, &["10.0.0.0/8"], &["net.example"]),
            SigningSource { local: true, ..source(None, &[], &["local.example"]) },
            SigningSource { listener: Some(listener("out")), ..source(None, &[], &["out.example"]) },
            SigningSource {
                daemon_name: Some("submission".to_owned()),
                domains: SourceDomains::All,
                ..source(None, &[], &[])
            },
        ]);
        let (inside, outside) = (listener("in"), listener("out"));
        let stranger = Submitter {
            client: "192.0.2.1".parse().ok(),
            login: None,
            daemon_name: None,
            listener: &inside,
            is_local: false,
            is_listed: false,
        };
        check(&sources, stranger, &[]);
        check(&sources, Submitter { listener: &outside, ..stranger }, &[]);
        check(&sources, Submitter { daemon_name: Some(b"submission"), ..stranger }, &[]);
        check(&sources, Submitter { listener: &outside, is_listed: true, ..stranger }, &["out.example"]);
        let jo = Submitter { login: Some(b"jo"), ..stranger };
        check(&sources, jo, &["jo.example"]);
        check(&sources, Submitter { daemon_name: Some(b"submission"), ..jo }, &["all", "jo.example"]);
        let contoso = Submitter { login: Some(b"amy@Contoso.Example"), ..stranger };
        check(&sources, contoso, &["contoso.example"]);
        check(&sources, Submitter { login: Some(b"amy@fabrikam.example"), ..stranger }, &[]);
        let near = Submitter { client: "10.1.2.3".parse().ok(), ..stranger };
        check(&sources, near, &["net.example"]);
        check(&sources, Submitter { login: Some(b"x"), ..near }, &["net.example", "office.example"]);
        check(&sources, Submitter { is_local: true, ..near }, &["local.example"]);
    }

    #[test]
    fn grants_domains() {
        let name = |text: &str| DomainName::parse(text).expect("a name");
        let organisation = |text: &str| OrganisationName::parse(text).expect("a name");
        let check = |author: &str, signatory: &Signatory, expected: bool| {
            let listed = SourceDomains::Listed {
                domains: HashSet::from([name("contoso.example")]),
                organisations: HashSet::from([organisation("contoso")]),
            };
            assert_eq!(listed.grants(&name(author), signatory), expected, "{author} {signatory:?}");
            assert!(SourceDomains::All.grants(&name(author), signatory));
        };
        let file = |domain| Signatory::File(Arc::new(SigningDomain::new(name(domain))));
        check("contoso.example", &file("contoso.example"), true);
        check("eu.contoso.example", &file("contoso.example"), true);
        check("eu.contoso.example", &file("eu.contoso.example"), false);
        check("eu.contoso.example", &Signatory::Nobody, false);
        check("fabrikam.example", &file("fabrikam.example"), false);
        let hosted =
            |holder| Signatory::Hosted { organisation: organisation(holder), with: HostedWith::Nothing };
        check("tailspin.example", &hosted("contoso"), true);
        check("tailspin.example", &hosted("fabrikam"), false);
        check("contoso.example", &hosted("fabrikam"), true);
        check("tailspin.example", &Signatory::NotKnown, true);
    }
}
