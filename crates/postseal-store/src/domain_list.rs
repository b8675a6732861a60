use postseal_core::dns::DomainName;
use postseal_core::hosting::{OrganisationName, SigningConfiguration};

use crate::Domain;

/// How a domain stands in a list, in the order in which somebody has to see to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainStanding {
    /// It is enabled, and the world sees no key of it.
    KeyLost,
    /// It is claimed: its token waits to be published.
    Claimed,
    /// The world does not see its key.
    KeyUnseen,
    /// The world sees its key, and it is not enabled.
    NotEnabled,
    /// No keys are saved for it.
    NoKeys,
    /// Its mail is signed with a key that the world sees.
    Signing,
}

impl DomainStanding {
    /// All of them, in order.
    pub const ALL: [DomainStanding; 6] = [
        DomainStanding::KeyLost,
        DomainStanding::Claimed,
        DomainStanding::KeyUnseen,
        DomainStanding::NotEnabled,
        DomainStanding::NoKeys,
        DomainStanding::Signing,
    ];

    /// Where it stands in [`DomainStanding::ALL`].
    pub(crate) fn number(self) -> usize {
        DomainStanding::ALL.into_iter().position(|one| one == self).unwrap_or_default()
    }
}

/// Which domains of an organisation are wanted. The default are all, by name.
#[derive(Clone, Debug, Default)]
pub struct DomainQuestion {
    /// Letters that the name has somewhere, in lower case; empty for any name.
    pub letters: String,
    /// How they stand; empty for any.
    pub standings: Vec<DomainStanding>,
    /// What they are sorted by.
    pub order: DomainOrder,
    /// The last of them first.
    pub descending: bool,
    /// Behind which place the page begins; `None`: at the beginning.
    pub after: Option<DomainPlace>,
}

/// What a list of domains is sorted by; domains that are equal in that, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DomainOrder {
    /// Their names.
    #[default]
    Name,
    /// Their [`DomainStanding`]: who needs somebody is first.
    Standing,
    /// When they were added: the oldest is first.
    Age,
}

/// A place in a list that is sorted so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainPlace {
    /// What comes before the name in this order; zero in that by name.
    pub(crate) key: i64,
    pub(crate) name: String,
}

impl DomainPlace {
    /// Behind a name, in a list by name.
    pub fn behind(name: &str) -> DomainPlace {
        DomainPlace { key: 0, name: name.to_owned() }
    }

    /// Reads what [`Display`](std::fmt::Display) writes: a number, a colon and a name; without a number, a name.
    pub fn parse(text: &str) -> Option<DomainPlace> {
        let (key, name) = match text.split_once(':') {
            Some((key, name)) => (key.parse().ok()?, name),
            None => (0, text),
        };
        (name.len() <= MAX_NAME).then(|| DomainPlace { key, name: name.to_owned() })
    }
}

impl std::fmt::Display for DomainPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.key == 0 { f.write_str(&self.name) } else { write!(f, "{}:{}", self.key, self.name) }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Default)]
pub struct DomainPage {
    /// The domains.
    pub domains: Vec<ListedDomain>,
    /// Where the list goes on. A page may be short, or empty, and go on all the same: so many names are
    /// looked at for one page, and no more.
    pub next: Option<DomainPlace>,
}

/// A domain of a list, with how it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDomain {
    /// The domain.
    pub domain: Domain,
    /// How it signs; `None` where no keys are saved for it, and where it is not held.
    pub configuration: Option<SigningConfiguration>,
}

/// How many domains of an organisation stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DomainCounts(pub(crate) [u64; 6]);

impl DomainCounts {
    /// Those that stand so.
    pub fn of(&self, standing: DomainStanding) -> u64 {
        self.0[standing.number()]
    }

    /// Those that stand in one of these ways.
    pub fn of_any(&self, standings: &[DomainStanding]) -> u64 {
        standings.iter().map(|standing| self.of(*standing)).sum()
    }

    /// All.
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// Names that were found.
pub type FoundDomain = (OrganisationName, DomainName);

/// Octets of a name (RFC 1035 §2.3.4).
const MAX_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let check = |text: &str, key: i64, name: &str| {
            let place = DomainPlace { key, name: name.to_owned() };
            assert_eq!(DomainPlace::parse(text), Some(place.clone()), "{text}");
            assert_eq!(place.to_string(), text);
        };
        check("contoso.example", 0, "contoso.example");
        check("5:contoso.example", 5, "contoso.example");
        check("1800000000:a.example", 1_800_000_000, "a.example");
        check("", 0, "");
        assert_eq!(DomainPlace::parse("x:contoso.example"), None);
        assert_eq!(DomainPlace::parse(&"a".repeat(256)), None);
    }
}
