use std::fmt;

use super::OrganisationName;
use crate::dns::{DomainName, DomainNameError};

/// Seconds that a token may be proven with: 14 days.
pub const CLAIM_LIFE: u64 = 14 * DAY;

/// Seconds between two looks at the token of a domain that is held: 30 days.
pub const REPROOF_INTERVAL: u64 = 30 * DAY;

/// Seconds for which a token must be gone, in two readings, before a holder can lose the domain to another's proof.
pub const TOKEN_LOSS: u64 = 1_800;

const DAY: u64 = 86_400;

/// The random text that proves ownership, unique to an organisation and a domain.
/// It is no secret once it is published.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnershipToken(String);

/// A claim on a domain. It holds nothing and blocks nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What must be published.
    pub token: OwnershipToken,
    /// When the token was made, UNIX seconds.
    pub made_at: u64,
}

/// What one authoritative server says at `_postseal.<domain>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenReading {
    /// It answered with these TXT records, or with none.
    Answered(Vec<Vec<u8>>),
    /// It did not answer, which says nothing.
    Silent,
}

/// What a reading at all authoritative servers means for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every server that answers has it, and at least one answers.
    Proven,
    /// Some that answer have it, some do not: the change is still on its way.
    Partly,
    /// No server that answers has it.
    Absent,
    /// No server answers.
    Unknown,
    /// The token is older than [`CLAIM_LIFE`]: a new one must be made.
    Expired,
}

/// By what right a domain is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    /// The token was seen.
    Proven {
        /// When it was first seen, UNIX seconds.
        at: u64,
    },
    /// The operator of this installation says so; no proof of another's moves it.
    Trusted {
        /// When, UNIX seconds.
        at: u64,
    },
}

/// A domain that an organisation holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The holder's token, looked at again each month.
    pub token: OwnershipToken,
    /// By what right.
    pub title: Title,
    /// When the token was last looked for, UNIX seconds.
    pub checked_at: u64,
    /// Since when every look has found it absent, UNIX seconds.
    pub missing_since: Option<u64>,
}

/// Another organisation's proof of a domain that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// When the other's token was seen, UNIX seconds.
    pub proven_at: u64,
}

impl OwnershipToken {
    /// Makes a token of 20 random octets.
    pub fn from_random(random: [u8; 20]) -> OwnershipToken {
        OwnershipToken(random.iter().map(|octet| format!("{octet:02x}")).collect())
    }

    /// Reads a token that was stored: 40 hex digits.
    pub fn parse(text: &str) -> Option<OwnershipToken> {
        let valid = text.len() == 40 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| OwnershipToken(text.to_owned()))
    }

    /// The forty hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of the TXT record to publish.
    pub fn record(&self) -> String {
        format!("{RECORD_FRONT}{}", self.0)
    }

    /// Where it is published: `_postseal.<domain>`.
    ///
    /// # Errors
    /// Where the name is too long for the DNS.
    pub fn name(domain: &DomainName) -> Result<DomainName, DomainNameError> {
        domain.with_prefix("_postseal")
    }

    /// True for a TXT record that is this token's; blanks at the ends are forgiven.
    fn is_in(&self, record: &[u8]) -> bool {
        record.trim_ascii() == self.record().as_bytes()
    }
}

impl fmt::Debug for OwnershipToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnershipToken({})", self.0)
    }
}

const RECORD_FRONT: &str = "postseal-verification=";

impl Claim {
    /// True where the token can no longer prove anything.
    pub fn is_expired(&self, now: u64) -> bool {
        now.saturating_sub(self.made_at) > CLAIM_LIFE
    }
}

/// What a reading means for a claim.
pub fn judge_claim(claim: &Claim, readings: &[TokenReading], now: u64) -> Proof {
    if claim.is_expired(now) { Proof::Expired } else { read_token(&claim.token, readings) }
}

/// Whether the servers that answer have this token.
fn read_token(token: &OwnershipToken, readings: &[TokenReading]) -> Proof {
    let answers = readings.iter().filter_map(|reading| match reading {
        TokenReading::Answered(records) => Some(records.iter().any(|record| token.is_in(record))),
        TokenReading::Silent => None,
    });
    let (with, without): (Vec<bool>, Vec<bool>) = answers.partition(|has| *has);
    match (with.len(), without.len()) {
        (0, 0) => Proof::Unknown,
        (_, 0) => Proof::Proven,
        (0, _) => Proof::Absent,
        (_, _) => Proof::Partly,
    }
}

impl Holding {
    /// A holding that begins now, by a token that was seen.
    pub fn proven(token: OwnershipToken, now: u64) -> Holding {
        Holding { token, title: Title::Proven { at: now }, checked_at: now, missing_since: None }
    }

    /// A holding that begins now, by the operator's word.
    pub fn trusted(token: OwnershipToken, now: u64) -> Holding {
        Holding { token, title: Title::Trusted { at: now }, checked_at: now, missing_since: None }
    }

    /// When the token is to be looked at next: a month after it was seen, and
    /// half an hour after it was first missed. Never for a trusted one.
    pub fn next_look(&self) -> Option<u64> {
        match (self.title, self.missing_since) {
            (Title::Trusted { .. }, _) => None,
            (Title::Proven { .. }, Some(since)) if self.checked_at < since + TOKEN_LOSS => {
                Some(since + TOKEN_LOSS)
            }
            (Title::Proven { .. }, _) => Some(self.checked_at + REPROOF_INTERVAL),
        }
    }

    /// Takes a reading into account. The loss of the token alone takes nothing
    /// from the holder; silence and a half-made change change nothing.
    pub fn look(&mut self, readings: &[TokenReading], now: u64) -> Proof {
        let proof = read_token(&self.token, readings);
        match proof {
            Proof::Proven => self.missing_since = None,
            Proof::Absent => {
                self.missing_since.get_or_insert(now);
            }
            Proof::Partly | Proof::Unknown | Proof::Expired => return proof,
        }
        self.checked_at = now;
        proof
    }
}

/// True where a domain goes to another organisation: its proof is newer than the
/// holder's, and the holder's token has been found gone twice, half an hour apart.
pub fn transfer_due(holding: &Holding, challenge: Challenge) -> bool {
    let Title::Proven { at } = holding.title else { return false };
    let gone =
        holding.missing_since.is_some_and(|since| holding.checked_at.saturating_sub(since) >= TOKEN_LOSS);
    challenge.proven_at > at && gone
}

/// Whether settings of `owner` at `domain` apply to mail of `author_domain`: it is
/// that domain or below it, and nothing between the two is held by another
/// organisation. `holder` tells who holds a name, if anybody does.
pub fn settings_apply<'h>(
    owner: &OrganisationName,
    domain: &DomainName,
    author_domain: &DomainName,
    mut holder: impl FnMut(&DomainName) -> Option<&'h OrganisationName>,
) -> bool {
    if !author_domain.is_at_or_below(domain) {
        return false;
    }
    let depth = domain.label_count();
    let own_or_free = |count| holder(&author_domain.suffix(count)).is_none_or(|found| found == owner);
    (depth..=author_domain.label_count()).all(own_or_free)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(octet: u8) -> OwnershipToken {
        OwnershipToken::from_random([octet; 20])
    }

    fn says(tokens: &[u8]) -> TokenReading {
        TokenReading::Answered(tokens.iter().map(|t| token(*t).record().into_bytes()).collect())
    }

    #[test]
    fn a_claim_is_proven_by_all_that_answer() {
        let claim = Claim { token: token(1), made_at: 1_000 };
        let check = |readings: &[TokenReading], now: u64, expected: Proof| {
            assert_eq!(judge_claim(&claim, readings, now), expected, "{readings:?} at {now}");
        };
        check(&[says(&[1]), says(&[2, 1])], 1_001, Proof::Proven);
        check(&[says(&[1]), TokenReading::Silent], 1_001, Proof::Proven);
        check(&[says(&[1]), says(&[2])], 1_001, Proof::Partly);
        check(&[says(&[]), says(&[2])], 1_001, Proof::Absent);
        check(&[TokenReading::Silent], 1_001, Proof::Unknown);
        check(&[], 1_001, Proof::Unknown);
        check(&[says(&[1])], 1_000 + CLAIM_LIFE, Proof::Proven);
        check(&[says(&[1])], 1_001 + CLAIM_LIFE, Proof::Expired);
        // Another token with this one inside it is another token.
        let longer = TokenReading::Answered(vec![format!("{}0", token(1).record()).into_bytes()]);
        check(&[longer], 1_001, Proof::Absent);
        let blanks = TokenReading::Answered(vec![format!(" {} ", token(1).record()).into_bytes()]);
        check(&[blanks], 1_001, Proof::Proven);
    }

    #[test]
    fn a_holder_is_asked_again_each_month_and_half_an_hour_after_a_loss() {
        let mut holding = Holding::proven(token(1), 1_000);
        assert_eq!(holding.next_look(), Some(1_000 + REPROOF_INTERVAL));
        let month = 1_000 + REPROOF_INTERVAL;
        assert_eq!(holding.look(&[says(&[1])], month), Proof::Proven);
        assert_eq!(holding.next_look(), Some(month + REPROOF_INTERVAL));
        assert_eq!(holding.look(&[TokenReading::Silent], month + 5), Proof::Unknown);
        assert_eq!((holding.checked_at, holding.missing_since), (month, None));
        assert_eq!(holding.look(&[says(&[])], month + 10), Proof::Absent);
        assert_eq!(holding.next_look(), Some(month + 10 + TOKEN_LOSS));
        holding.look(&[says(&[])], month + 10 + TOKEN_LOSS);
        assert_eq!(holding.missing_since, Some(month + 10));
        holding.look(&[says(&[1])], month + 9_000);
        assert_eq!(holding.missing_since, None);
        assert_eq!(Holding::trusted(token(1), 5).next_look(), None);
    }

    #[test]
    fn a_domain_moves_by_a_newer_proof_and_the_loss_of_the_old() {
        // (holder's proof, missing since, last look, other's proof) -> moves
        let check = |title, missing_since, checked_at, proven_at, expected: bool| {
            let holding = Holding { token: token(1), title, checked_at, missing_since };
            let moves = transfer_due(&holding, Challenge { proven_at });
            assert_eq!(moves, expected, "{holding:?} {proven_at}");
        };
        let proven = Title::Proven { at: 1_000 };
        check(proven, Some(5_000), 5_000 + TOKEN_LOSS, 6_000, true);
        // Gone once only, or for less than half an hour.
        check(proven, Some(5_000), 5_000, 6_000, false);
        check(proven, Some(5_000), 5_000 + TOKEN_LOSS - 1, 6_000, false);
        // Still there: two proofs, the holder keeps it.
        check(proven, None, 9_000, 6_000, false);
        // An older proof moves nothing.
        check(proven, Some(5_000), 9_000, 1_000, false);
        check(Title::Trusted { at: 1_000 }, Some(5_000), 9_000, 6_000, false);
    }

    #[test]
    fn a_subdomain_of_another_holder_is_never_signed_by_its_parent() {
        let name = |text: &str| DomainName::parse(text).expect("a name");
        let organisation = |text: &str| OrganisationName::parse(text).expect("a name");
        let held = [
            (name("example.com"), organisation("contoso")),
            (name("b.example.com"), organisation("fabrikam")),
            (name("c.example.com"), organisation("contoso")),
        ];
        let holder = |asked: &DomainName| held.iter().find(|(n, _)| n == asked).map(|(_, o)| o);
        let check = |owner: &str, domain: &str, author: &str, expected: bool| {
            let got = settings_apply(&organisation(owner), &name(domain), &name(author), holder);
            assert_eq!(got, expected, "{owner} {domain} {author}");
        };
        check("contoso", "example.com", "example.com", true);
        check("contoso", "example.com", "a.example.com", true);
        check("contoso", "example.com", "c.example.com", true);
        check("contoso", "example.com", "b.example.com", false);
        check("contoso", "example.com", "x.b.example.com", false);
        check("fabrikam", "b.example.com", "x.b.example.com", true);
        check("fabrikam", "b.example.com", "example.com", false);
        check("contoso", "example.com", "notexample.com", false);
        // Who has lost a domain signs nothing there.
        check("fabrikam", "example.com", "example.com", false);
    }
}
