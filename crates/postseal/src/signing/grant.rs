use std::sync::Arc;

use postseal_core::dns::DomainName;
use postseal_core::message::{AuthorDomainError, HeaderSection, authors};

use super::{HostedWith, Signatory, SigningDomain, SigningSources, SigningTrouble, Submitter};
use crate::config::{OnForeignAuthor, SignSettings};
use crate::keys::HostedSnapshot;

/// The sources that grant something to one submitter, by their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grant(Vec<usize>);

/// What a grant means for one message.
#[derive(Debug)]
pub(crate) enum Right {
    /// It must be signed as this domain's.
    Sign(Arc<SigningDomain>),
    /// It goes without a signature.
    Unsigned(NotSigned),
    /// The submitter may not send it.
    Refuse(DomainName),
    /// Readers disagree about whose it is: perhaps it must be signed, and it cannot be.
    Ambiguous(AuthorDomainError),
    /// It must be signed, or perhaps it must, and cannot be now.
    Wait(SigningTrouble),
}

/// Why a message from inside goes without a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSigned {
    /// No source fits the submitter.
    #[error("no signing source fits the sender")]
    NothingGranted,
    /// There is no one Author Domain.
    #[error(transparent)]
    Author(AuthorDomainError),
    /// Who may speak for one author may not speak for several.
    #[error("there are {0} From addresses")]
    SeveralAuthors(usize),
    /// The sources do not name this Author Domain.
    #[error("the sender may not sign as {0}")]
    ForeignAuthor(DomainName),
    /// The Author Domain has no key here.
    #[error("{0} has no key here")]
    NoKey(DomainName),
    /// The hosted domain has no keys, or signing is not enabled.
    #[error("signing is not enabled for {0}")]
    NotEnabled(DomainName),
}

impl Grant {
    /// What the sources grant to this submitter.
    pub(crate) fn of(sources: &SigningSources, submitter: Submitter<'_>) -> Grant {
        Grant(sources.matching(submitter).map(|(place, _)| place).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only an Author Domain that a source names is signed, and only a message with one author.
    pub(crate) fn right(
        &self,
        settings: &SignSettings,
        hosted: Option<&HostedSnapshot>,
        section: &HeaderSection,
    ) -> Right {
        if self.is_empty() {
            return Right::Unsigned(NotSigned::NothingGranted);
        }
        let author = match authors(section) {
            Ok(authors) if authors.addresses == 1 => authors.domain,
            Ok(authors) => return Right::Unsigned(NotSigned::SeveralAuthors(authors.addresses)),
            Err(
                error @ (AuthorDomainError::AmbiguousHeaderSection(_)
                | AuthorDomainError::DisguisedFrom { .. }),
            ) => return Right::Ambiguous(error),
            Err(error) => return Right::Unsigned(NotSigned::Author(error)),
        };
        let signatory = Signatory::of(&author, settings, hosted);
        let mut sources = self.0.iter().filter_map(|place| settings.sources.get(*place));
        if sources.any(|source| source.domains.grants(&author, &signatory)) {
            return Right::granted(author, signatory);
        }
        // One source that refuses outdoes those that let foreign mail pass.
        let mut sources = self.0.iter().filter_map(|place| settings.sources.get(*place));
        if sources.any(|source| source.on_foreign_author == OnForeignAuthor::Refuse) {
            Right::Refuse(author)
        } else {
            Right::Unsigned(NotSigned::ForeignAuthor(author))
        }
    }
}

impl Right {
    /// What is done with mail that may be signed.
    fn granted(author: DomainName, signatory: Signatory) -> Right {
        match signatory {
            Signatory::File(domain) | Signatory::Hosted { with: HostedWith::Key(domain), .. } => {
                Right::Sign(domain)
            }
            Signatory::Hosted { with: HostedWith::Nothing, .. } => {
                Right::Unsigned(NotSigned::NotEnabled(author))
            }
            Signatory::Hosted { with: HostedWith::Defer, .. } => {
                Right::Wait(SigningTrouble::UnseenKey { domain: author })
            }
            Signatory::NotKnown => Right::Wait(SigningTrouble::NotKnown { domain: author }),
            Signatory::Nobody => Right::Unsigned(NotSigned::NoKey(author)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::config::MilterAddress;
    use crate::signing::{HostedManner, SigningDomains, SigningSource, SourceDomains};

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a valid test name")
    }

    fn source(login: &str, domains: &[&str], on_foreign_author: OnForeignAuthor) -> SigningSource {
        let domains = match domains {
            ["*"] => SourceDomains::All,
            domains => SourceDomains::Listed {
                domains: domains.iter().map(|d| name(d)).collect::<HashSet<_>>(),
                organisations: HashSet::new(),
            },
        };
        SigningSource {
            login: Some(login.parse().expect("a pattern")),
            networks: Vec::new(),
            listener: None,
            daemon_name: None,
            local: false,
            domains,
            on_foreign_author,
        }
    }

    #[test]
    fn signs_as_whom_the_sources_name() {
        use OnForeignAuthor::{Refuse, Unsigned};
        let mut domains = SigningDomains::default();
        for (domain, subdomains) in [("a.example", true), ("b.a.example", false), ("c.example", false)] {
            domains.add(SigningDomain { subdomains, ..SigningDomain::new(name(domain)) }).expect("new");
        }
        let settings = SignSettings {
            sources: SigningSources::new(vec![
                source("jo", &["a.example", "keyless.example"], Unsigned),
                source("jo", &["c.example"], Unsigned),
                source("strict", &["a.example"], Refuse),
                source("strict", &["c.example"], Unsigned),
                source("all", &["*"], Refuse),
            ]),
            domains,
            named: std::collections::HashMap::new(),
            hosted: HostedManner { names: Arc::default(), expire_after: None },
        };
        let listener = MilterAddress::Systemd("x".to_owned());
        let check = |login: &str, from: &str, expected: &str| {
            let submitter = Submitter {
                client: None,
                login: Some(login.as_bytes()),
                daemon_name: None,
                listener: &listener,
                is_local: false,
                is_listed: false,
            };
            let section = HeaderSection::parse(from.as_bytes().to_vec());
            let got = match Grant::of(&settings.sources, submitter).right(&settings, None, &section) {
                Right::Sign(domain) => format!("sign as {}", domain.domain),
                Right::Unsigned(why) => why.to_string(),
                Right::Refuse(author) => format!("refuse {author}"),
                Right::Ambiguous(error) => format!("ambiguous: {error}"),
                Right::Wait(trouble) => trouble.to_string(),
            };
            assert_eq!(got, expected, "{login} {from}");
        };
        check("jo", "From: x@a.example\r\n", "sign as a.example");
        check("jo", "From: x@eu.a.example\r\n", "sign as a.example");
        check("jo", "From: x@c.example\r\n", "sign as c.example");
        // Its own keys, so its own grant.
        check("jo", "From: x@b.a.example\r\n", "the sender may not sign as b.a.example");
        check("jo", "From: x@other.example\r\n", "the sender may not sign as other.example");
        check("jo", "From: x@keyless.example\r\n", "keyless.example has no key here");
        check("jo", "From: x@a.example, y@a.example\r\n", "there are 2 From addresses");
        check("jo", "From: x@a.example\r\nFrom: x@a.example\r\n", "there are 2 From fields");
        check("jo", "Subject: x\r\n", "there is no From field");
        check("jo", "From: x@a.example\rTo: y\r\n", "ambiguous: the header section is ambiguous at octet 17");
        check(
            "jo",
            "Fr\u{e9}om: x\r\nFrom: x@a.example\r\n",
            "ambiguous: a line at octet 0 is not a field but looks like From",
        );
        check("strict", "From: x@c.example\r\n", "sign as c.example");
        check("strict", "From: x@other.example\r\n", "refuse other.example");
        check("all", "From: x@c.example\r\n", "sign as c.example");
        check("all", "From: x@other.example\r\n", "other.example has no key here");
        check("stranger", "From: x@a.example\r\n", "no signing source fits the sender");
    }
}
