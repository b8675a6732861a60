use postseal_store::{DomainCounts, DomainStanding};
use serde::{Deserialize, Serialize};

/// How many domains of an organisation stand how. Some are in two counts: one that does not sign may need
/// somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DomainCountsResource {
    pub(crate) all: u64,
    pub(crate) signing: u64,
    pub(crate) not_signing: u64,
    pub(crate) needs_attention: u64,
}

impl DomainCountsResource {
    pub(crate) fn of(counts: &DomainCounts) -> DomainCountsResource {
        let of = |word| standings_of(word).map_or(0, |standings| counts.of_any(&standings));
        DomainCountsResource {
            all: counts.all(),
            signing: of("signing"),
            not_signing: of("not_signing"),
            needs_attention: of("needs_attention"),
        }
    }
}

/// What stands for domains that stand so.
pub(crate) const DOMAIN_STATES: &[(&str, &[DomainStanding])] = &{
    use DomainStanding as S;
    [
        ("signing", &[S::Signing] as &[DomainStanding]),
        ("not_signing", &[S::Claimed, S::KeyUnseen, S::NotEnabled, S::NoKeys]),
        ("needs_attention", &[S::KeyLost, S::Claimed, S::KeyUnseen, S::NotEnabled]),
        ("key_seen", &[S::NotEnabled, S::Signing]),
        ("key_not_seen", &[S::KeyLost, S::KeyUnseen]),
        ("no_keys", &[S::NoKeys]),
        ("claimed", &[S::Claimed]),
    ]
};

pub(crate) fn standings_of(word: &str) -> Option<Vec<DomainStanding>> {
    DOMAIN_STATES.iter().find(|(known, _)| *known == word).map(|(_, standings)| standings.to_vec())
}
