use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use compact_str::CompactString;

use super::OrganisationName;
use crate::dkim::Selector;
use crate::dns::{DomainName, DomainNameError};

/// The zone in which keys are hosted, and what its names may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostingZone(DomainName);

/// What stands for a domain in the names of its hosted keys: the domain with
/// dashes for dots, or the beginning of that and eight hex digits of its hash.
///
/// Made once for an organisation and a domain, and never given to another of
/// either: whoever chooses one stores it for ever.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostedLabel(CompactString);

/// Why no label can be made, or no key be hosted at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostedLabelError {
    /// `<selector>._domainkey.<domain>` is no name of the DNS.
    #[error("the domain is too long: its key names would have more than 253 octets")]
    DomainTooLong,
    /// Nothing is left for the label behind selector, organisation and zone.
    #[error("the selector, the organisation and the hosting zone leave no room for a label")]
    NoRoom,
    /// A selector of more than one label.
    #[error("the selector of a hosted key has no dot")]
    DottedSelector,
    /// `<selector>-<label>` has more than 63 octets, or the whole name more than 253.
    #[error("the selector may have at most {most} octets for this domain")]
    SelectorTooLong {
        /// Octets that there is room for.
        most: usize,
    },
    /// Each label that the rule makes belongs to somebody else.
    #[error("all labels for this domain are taken")]
    AllTaken,
}

impl HostingZone {
    /// Octets that the zone's name may have, so that the longest organisation and a label fit in front.
    pub const MAX_LEN: usize = DomainName::MAX_LEN - 63 - DOMAINKEY.len() - OrganisationName::MAX_LEN - 1;

    /// A hosting zone of this name.
    ///
    /// # Errors
    /// Where the name has more than [`HostingZone::MAX_LEN`] octets.
    pub fn new(name: DomainName) -> Result<HostingZone, DomainNameError> {
        if name.as_str().len() > HostingZone::MAX_LEN {
            return Err(DomainNameError::TooLong);
        }
        Ok(HostingZone(name))
    }

    /// The zone's name.
    pub fn name(&self) -> &DomainName {
        &self.0
    }

    /// The domain that an organisation has from its first minute: `<organisation>.<zone>`.
    pub fn initial_domain(&self, organisation: &OrganisationName) -> DomainName {
        self.0.with_prefix(organisation.as_str()).unwrap_or_else(|_| self.0.clone())
    }

    /// Where a key is hosted: `<selector>-<label>._domainkey.<organisation>.<zone>`.
    ///
    /// # Errors
    /// [`HostedLabelError::DottedSelector`] or [`HostedLabelError::SelectorTooLong`].
    pub fn key_name(
        &self,
        selector: &Selector,
        label: &HostedLabel,
        organisation: &OrganisationName,
    ) -> Result<DomainName, HostedLabelError> {
        let first = hosted_selector(selector, label)?;
        let parent = self.initial_domain(organisation);
        DomainName::join(&[&first, "_domainkey", parent.as_str()])
            .map_err(|_| HostedLabelError::SelectorTooLong { most: 62 - label.as_str().len() })
    }
}

/// The first label of a hosted key's name: `<selector>-<label>`. Two selectors
/// and two labels may make the same one (`a` and `b-c`, `a-b` and `c`), so this
/// is what must be unique, and for ever.
///
/// # Errors
/// As [`HostingZone::key_name`].
pub fn hosted_selector(selector: &Selector, label: &HostedLabel) -> Result<String, HostedLabelError> {
    if selector.as_str().contains('.') {
        return Err(HostedLabelError::DottedSelector);
    }
    let most = 62_usize.saturating_sub(label.as_str().len());
    if selector.as_str().len() > most {
        return Err(HostedLabelError::SelectorTooLong { most });
    }
    Ok(format!("{selector}-{label}"))
}

impl HostedLabel {
    /// Chooses the label of a domain. `is_free` says of a label whether nobody
    /// else has or had it, and nothing that it makes with the selectors.
    ///
    /// # Errors
    /// [`HostedLabelError`] says why there is none.
    pub fn choose(
        domain: &DomainName,
        selectors: [&Selector; 2],
        mut is_free: impl FnMut(&HostedLabel) -> bool,
    ) -> Result<HostedLabel, HostedLabelError> {
        if selectors.iter().any(|s| s.as_str().contains('.')) {
            return Err(HostedLabelError::DottedSelector);
        }
        if selectors.iter().any(|s| s.key_name(domain).is_err()) {
            return Err(HostedLabelError::DomainTooLong);
        }
        let longest = selectors.iter().map(|s| s.as_str().len()).max().unwrap_or(0);
        let room = 62_usize.saturating_sub(longest);
        if room < SHORTEST_FRONT + HASHED {
            return Err(HostedLabelError::NoRoom);
        }
        let dashed = domain.as_str().replace('.', "-");
        if dashed.len() <= room {
            let plain = HostedLabel(CompactString::new(&dashed));
            if is_free(&plain) {
                return Ok(plain);
            }
        }
        hashed(domain, &dashed, room).find(|label| is_free(label)).ok_or(HostedLabelError::AllTaken)
    }

    /// Reads a label that was stored.
    ///
    /// # Errors
    /// Where it is not one label of a domain name.
    pub fn parse(text: &str) -> Result<HostedLabel, DomainNameError> {
        let name = DomainName::parse(text)?;
        if name.label_count() != 1 {
            return Err(DomainNameError::BadCharacter);
        }
        Ok(HostedLabel(CompactString::new(name.as_str())))
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The labels with a hash, most wanted first: the eight digits are the first
/// eight of the SHA-256, and the next where those are taken.
fn hashed(domain: &DomainName, dashed: &str, room: usize) -> impl Iterator<Item = HostedLabel> {
    let hash = digest(&SHA256, domain.as_str().as_bytes());
    let digits: String = hash.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
    let front = dashed[..dashed.len().min(room - HASHED)].trim_end_matches('-').to_owned();
    (0..8).map(move |i| HostedLabel(CompactString::new(format!("{front}-{}", &digits[i * 8..i * 8 + 8]))))
}

impl fmt::Display for HostedLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HostedLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

const DOMAINKEY: &str = "._domainkey.";
/// A dash and eight hex digits.
const HASHED: usize = 9;
/// Octets of the domain that a label shows at least.
const SHORTEST_FRONT: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn domain(text: &str) -> DomainName {
        DomainName::parse(text).expect("a domain")
    }

    fn selector(text: &str) -> Selector {
        Selector::parse(text).expect("a selector")
    }

    fn choose(text: &str, taken: &[&str]) -> Result<String, HostedLabelError> {
        let pair = [selector("selector1"), selector("selector2")];
        HostedLabel::choose(&domain(text), [&pair[0], &pair[1]], |label| !taken.contains(&label.as_str()))
            .map(|label| label.to_string())
    }

    #[test]
    fn dashes_for_dots_and_a_hash_where_taken_or_too_long() {
        let check = |text: &str, taken: &[&str], expected: &str| {
            assert_eq!(choose(text, taken).as_deref(), Ok(expected), "{text} {taken:?}");
        };
        check("contoso.example", &[], "contoso-example");
        check("a.b.example", &[], "a-b-example");
        // The first eight digits of SHA-256("a-b.example").
        check("a-b.example", &["a-b-example"], "a-b-example-119c49fe");
        check("a.b.example", &["a-b-example"], "a-b-example-104dd5e0");
        // A stranger sits on the hashed label as well: the next eight digits.
        check("a-b.example", &["a-b-example", "a-b-example-119c49fe"], "a-b-example-a604f2ea");
        check("例え.テスト", &[], "xn--r8jz45g-xn--zckzah");
        // 53 octets fit behind "selector1-", 54 do not.
        check(&format!("{}.example", "a".repeat(45)), &[], &format!("{}-example", "a".repeat(45)));
        let long = choose(&format!("{}.example", "a".repeat(46)), &[]).expect("made");
        assert_eq!((long.len(), &long[..44]), (53, &*"a".repeat(44)), "{long}");
        // A cut at a dash leaves no two dashes.
        let at_dash = choose(&format!("{}.{}.example", "a".repeat(43), "b".repeat(20)), &[]).expect("made");
        assert_eq!(&at_dash[..44], &format!("{}-", "a".repeat(43)), "{at_dash}");
        assert_eq!(at_dash.len(), 52, "{at_dash}");
    }

    #[test]
    fn refuses_what_cannot_be_named() {
        let longest = format!("{}example", "aaaaaaaaa.".repeat(22));
        assert_eq!(longest.len(), 227);
        assert_eq!(choose(&longest, &[]).map(|l| l.len()), Ok(53));
        let too_long = format!("{}example", "aaaaaaaaa.".repeat(23));
        assert_eq!(choose(&too_long, &[]), Err(HostedLabelError::DomainTooLong));
        let check = |s: &str, expected: HostedLabelError| {
            let (one, two) = (selector(s), selector("ps2"));
            let got = HostedLabel::choose(&domain("a.example"), [&one, &two], |_| true);
            assert_eq!(got, Err(expected), "{s}");
        };
        check("a.b", HostedLabelError::DottedSelector);
        check(&"s".repeat(46), HostedLabelError::NoRoom);
        let pair = [selector("selector1"), selector("selector2")];
        let all = HostedLabel::choose(&domain("a.example"), [&pair[0], &pair[1]], |_| false);
        assert_eq!(all, Err(HostedLabelError::AllTaken));
    }

    #[test]
    fn names_fit_the_dns_and_say_which_selector_does_not() {
        let zone = HostingZone::new(domain(&format!("{}.{}", "z".repeat(63), "y".repeat(63)))).expect("fits");
        assert!(zone.name().as_str().len() <= HostingZone::MAX_LEN);
        let organisation = OrganisationName::parse(&"o".repeat(40)).expect("a name");
        let label = HostedLabel::parse(&"l".repeat(53)).expect("a label");
        let name = zone.key_name(&selector("selector1"), &label, &organisation).expect("fits");
        assert!(name.as_str().len() <= DomainName::MAX_LEN, "{}", name.as_str().len());
        let long = zone.key_name(&selector("selector12"), &label, &organisation);
        assert_eq!(long, Err(HostedLabelError::SelectorTooLong { most: 9 }));
        assert!(HostingZone::new(domain(&"z.".repeat(70))).is_err());
    }

    #[test]
    fn a_thousand_look_alikes_never_meet() {
        let mut taken = BTreeSet::new();
        let pair = [selector("selector1"), selector("selector2")];
        for bits in 0..1_024_u32 {
            let text: String =
                (0..10).map(|i| format!("x{}", if bits >> i & 1 == 1 { '.' } else { '-' })).collect();
            let name = domain(&format!("{text}example"));
            let label =
                HostedLabel::choose(&name, [&pair[0], &pair[1]], |l| !taken.contains(l)).expect("made");
            assert!(hosted_selector(&pair[0], &label).expect("fits").len() <= 63);
            assert!(taken.insert(label), "{name}");
        }
    }
}
