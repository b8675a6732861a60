use super::Conclusion;
use super::recheck::FIRST_LOSS_RECHECK;
use crate::dkim::Selector;

/// One of the two selectors of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// `selector1`, unless it has another name.
    First,
    /// `selector2`, unless it has another name.
    Second,
}

/// The number of a key: each key has one of its own, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub i64);

/// A key that was just made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its number.
    pub id: KeyId,
    /// Bits of its modulus; 256 for Ed25519.
    pub bits: u32,
}

/// What a selector is for just now. Times are UNIX seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Published and unused: the next to sign.
    Standby,
    /// Signs, where the configuration is enabled.
    Signing,
    /// Signs no more and stays published for the mail that is under way.
    Retiring {
        /// Until when.
        until: u64,
    },
    /// Answers with an empty key (RFC 6376 §3.6.1) until it gets a new one.
    Revoked {
        /// Until when.
        until: u64,
    },
}

/// A selector, its key, and what is known of its being visible. Times are UNIX seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorSlot {
    /// Its name.
    pub name: Selector,
    /// Its key.
    pub key: KeyId,
    /// Bits of the key.
    pub bits: u32,
    /// When the key was made.
    pub key_made_at: u64,
    /// What it is for.
    pub life: Life,
    /// The last conclusion, and when it was drawn.
    pub last: Option<(Conclusion, u64)>,
    /// Since when the world sees this key; a loss ends it, a silence does not.
    pub visible_since: Option<u64>,
    /// When a run of "missing" began.
    pub first_no_at: Option<u64>,
    /// Since when a key that was visible counts as lost.
    pub lost_since: Option<u64>,
}

impl Slot {
    /// Both.
    pub const BOTH: [Slot; 2] = [Slot::First, Slot::Second];

    /// The other one.
    pub fn other(self) -> Slot {
        match self {
            Slot::First => Slot::Second,
            Slot::Second => Slot::First,
        }
    }

    /// 1 or 2, as in Exchange's property names.
    pub fn number(self) -> u8 {
        match self {
            Slot::First => 1,
            Slot::Second => 2,
        }
    }
}

impl SelectorSlot {
    /// A selector with a new key that nobody has seen.
    pub fn new(name: Selector, key: NewKey, life: Life, now: u64) -> SelectorSlot {
        SelectorSlot {
            name,
            key: key.id,
            bits: key.bits,
            key_made_at: now,
            life,
            last: None,
            visible_since: None,
            first_no_at: None,
            lost_since: None,
        }
    }

    /// True where the hosting zone answers with the key and not with an empty one.
    pub fn is_published(&self) -> bool {
        !matches!(self.life, Life::Revoked { .. })
    }

    /// True where the key may be signed with as far as the DNS is concerned: it
    /// was seen, and is not lost.
    pub fn is_visible(&self) -> bool {
        self.visible_since.is_some() && self.is_published()
    }

    /// True where the last look saw the key, at most `age` seconds before `now`.
    pub fn was_just_seen(&self, now: u64, age: u64) -> bool {
        matches!(self.last, Some((Conclusion::Seen, at)) if now.saturating_sub(at) <= age)
    }

    /// Replaces the key; the new one has been seen by nobody.
    pub(super) fn replace_key(&mut self, key: NewKey, now: u64) {
        *self = SelectorSlot::new(self.name.clone(), key, Life::Standby, now);
    }

    /// Forgets what was seen: the name has changed.
    pub(super) fn rename(&mut self, name: Selector) {
        self.name = name;
        self.last = None;
        self.visible_since = None;
        self.first_no_at = None;
        self.lost_since = None;
    }

    /// Takes a conclusion into account; true where this one makes a key lost that
    /// was visible. Only "missing" counts against it, twice, half an hour apart; a
    /// half-made change ends a run of them, a silence says nothing.
    pub(super) fn observe(&mut self, conclusion: Conclusion, now: u64) -> bool {
        self.last = Some((conclusion, now));
        match conclusion {
            Conclusion::Seen => {
                self.visible_since.get_or_insert(now);
                self.first_no_at = None;
                self.lost_since = None;
                false
            }
            Conclusion::Missing => {
                let first = *self.first_no_at.get_or_insert(now);
                let lost = self.visible_since.is_some() && now.saturating_sub(first) >= FIRST_LOSS_RECHECK;
                if lost {
                    self.visible_since = None;
                    self.lost_since = Some(now);
                }
                lost
            }
            Conclusion::Partly | Conclusion::HostedDiffers | Conclusion::SignatureFails => {
                self.first_no_at = None;
                false
            }
            Conclusion::NoAnswer => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_lost_after_two_authoritative_noes_half_an_hour_apart() {
        use Conclusion as C;
        // (conclusions with their minutes) -> visible, lost
        let check = |looks: &[(C, u64)], visible: bool, lost: bool| {
            let name = Selector::parse("selector1").expect("valid");
            let mut slot = SelectorSlot::new(name, NewKey { id: KeyId(1), bits: 2_048 }, Life::Signing, 0);
            let losses = looks.iter().filter(|(c, minute)| slot.observe(*c, minute * 60)).count();
            assert_eq!((slot.is_visible(), slot.lost_since.is_some()), (visible, lost), "{looks:?}");
            assert!(losses <= 1, "{looks:?}");
        };
        check(&[], false, false);
        check(&[(C::Missing, 0), (C::Missing, 60)], false, false);
        check(&[(C::Seen, 0)], true, false);
        check(&[(C::Seen, 0), (C::Missing, 10)], true, false);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::Missing, 39)], true, false);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::Missing, 40)], false, true);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::Missing, 40), (C::Missing, 90)], false, true);
        // Silence neither confirms nor ends a loss; a half-made change ends it.
        check(&[(C::Seen, 0), (C::Missing, 10), (C::NoAnswer, 50)], true, false);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::NoAnswer, 50), (C::Missing, 60)], false, true);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::Partly, 20), (C::Missing, 45)], true, false);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::Seen, 20), (C::Missing, 45)], true, false);
        check(&[(C::Seen, 0), (C::Missing, 10), (C::Missing, 40), (C::Seen, 41)], true, false);
    }
}
