use super::{Conclusion, Event, Life, NewKey, Rotation, SelectorSlot, Slot, Waits};
use crate::dkim::{Canonicalization, Selector};

/// Bits that a hosted RSA key may have.
pub const KEY_SIZES: [u32; 3] = [2_048, 3_072, 4_096];

/// How a domain signs with its two hosted keys: the properties, and what each
/// command and the passing of time make of them. Exactly one selector has
/// [`Life::Signing`], enabled or not. Times are UNIX seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningConfiguration {
    /// What its administrator calls it; may be empty.
    pub admin_display_name: String,
    /// For header fields; default relaxed.
    pub header_canonicalization: Canonicalization,
    /// For the body; default relaxed.
    pub body_canonicalization: Canonicalization,
    /// Whether mail is signed.
    pub enabled: bool,
    /// What to do where neither key is visible any more.
    pub unseen_key: UnseenKey,
    /// Bits of the keys that are made from now on; default 2048.
    pub key_bits: u32,
    /// The first and the second selector.
    pub slots: [SelectorSlot; 2],
    /// A rotation that was asked for and has not switched.
    pub rotation: Option<Rotation>,
    /// When the signing selector last changed.
    pub switched_at: u64,
}

/// What a node does for a domain whose keys nobody sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnseenKey {
    /// It signs all the same, and raises the alarm.
    #[default]
    Sign,
    /// It defers the mail (4xx).
    Defer,
}

/// What the owner publishes: two CNAMEs, or the keys themselves where no hosting zone is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishMode {
    /// CNAMEs to hosted keys.
    Cname,
    /// TXT records.
    Txt,
}

/// The `Status` of Exchange's configuration object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// What is needed to sign is visible.
    Valid,
    /// The CNAMEs are not there.
    CnameMissing,
    /// The TXT records are not there (TXT mode).
    TxtMissing,
    /// No configuration.
    NoDkimKeys,
}

/// The state that a flyout tells in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flyout {
    /// "No DKIM keys saved for this domain"
    NoKeys,
    /// "Not signing DKIM signatures for this domain"
    NotSigning,
    /// "Signing DKIM signatures for this domain"
    Signing,
    /// "Rotating keys for this domain and signing DKIM signatures"
    Rotating,
}

/// With what a message of the domain is signed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignWith {
    /// With nothing: not enabled.
    Nothing,
    /// With this selector's key. `alarm` where it is not as it should be: the
    /// other key stands in for a lost one, or nobody sees this one.
    Key {
        /// Which.
        slot: Slot,
        /// Whether somebody must look after it.
        alarm: bool,
    },
    /// Nobody sees a key, and the setting says to defer.
    Defer,
}

/// What `set` changes; `None` leaves as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// At most 256 characters, no control characters.
    pub admin_display_name: Option<String>,
    /// For header fields.
    pub header_canonicalization: Option<Canonicalization>,
    /// For the body.
    pub body_canonicalization: Option<Canonicalization>,
    /// On or off.
    pub enabled: Option<bool>,
    /// See [`UnseenKey`].
    pub unseen_key: Option<UnseenKey>,
    /// Other names for the selectors; only while nothing is signed.
    pub selectors: Option<[Selector; 2]>,
}

/// Why a command is refused; then nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The world does not see the key.
    #[error("the key of {selector} is not visible")]
    NotSeen {
        /// The selector that would sign.
        selector: Selector,
        /// What the last look showed; `None` where nobody looked.
        found: Option<Conclusion>,
    },
    /// A rotation runs, or the key of the last one has not had its time.
    #[error("a rotation runs")]
    RotationRunning {
        /// When the next one may begin, at the soonest. UNIX seconds.
        until: u64,
    },
    /// Only a configuration that is enabled rotates.
    #[error("signing is not enabled")]
    NotEnabled,
    /// A size that is not among [`KEY_SIZES`].
    #[error("a key may have 2048, 3072 or 4096 bits, not {bits}")]
    KeySize {
        /// What was asked for.
        bits: u32,
    },
    /// The caller must bring a new key of this size: the standby key has another.
    #[error("a new key of {bits} bits is needed")]
    KeyNeeded {
        /// Its bits.
        bits: u32,
    },
    /// Selectors are renamed only while signing is off and both keys have their rest.
    #[error("the selectors are in use")]
    SelectorsInUse,
    /// Both selectors would have the same name.
    #[error("both selectors have the same name")]
    SelectorsAlike,
    /// The name that the administrator gives is too long or has control characters.
    #[error("the display name has more than 256 characters, or control characters")]
    DisplayName,
}

impl SigningConfiguration {
    /// A configuration with two new keys, not enabled.
    ///
    /// # Errors
    /// [`Refusal::SelectorsAlike`].
    pub fn new(
        selectors: [Selector; 2],
        keys: [NewKey; 2],
        key_bits: u32,
        now: u64,
    ) -> Result<Self, Refusal> {
        if selectors[0] == selectors[1] {
            return Err(Refusal::SelectorsAlike);
        }
        let [first, second] = selectors;
        Ok(SigningConfiguration {
            admin_display_name: String::new(),
            header_canonicalization: Canonicalization::Relaxed,
            body_canonicalization: Canonicalization::Relaxed,
            enabled: false,
            unseen_key: UnseenKey::default(),
            key_bits,
            slots: [
                SelectorSlot::new(first, keys[0], Life::Signing, now),
                SelectorSlot::new(second, keys[1], Life::Standby, now),
            ],
            rotation: None,
            switched_at: now,
        })
    }

    /// The names that selectors have unless told otherwise.
    pub fn default_selectors() -> [Selector; 2] {
        ["selector1", "selector2"].map(|name| Selector::parse(name).expect("a valid selector"))
    }

    /// A selector.
    pub fn slot(&self, slot: Slot) -> &SelectorSlot {
        &self.slots[usize::from(slot.number() - 1)]
    }

    pub(super) fn slot_mut(&mut self, slot: Slot) -> &mut SelectorSlot {
        &mut self.slots[usize::from(slot.number() - 1)]
    }

    /// The selector that signs, or would.
    pub fn current(&self) -> Slot {
        if self.slots[1].life == Life::Signing { Slot::Second } else { Slot::First }
    }

    /// With what a message is signed now.
    pub fn sign_with(&self) -> SignWith {
        if !self.enabled {
            return SignWith::Nothing;
        }
        let current = self.current();
        if self.slot(current).is_visible() {
            return SignWith::Key { slot: current, alarm: false };
        }
        if self.slot(current.other()).is_visible() {
            return SignWith::Key { slot: current.other(), alarm: true };
        }
        match self.unseen_key {
            UnseenKey::Sign => SignWith::Key { slot: current, alarm: true },
            UnseenKey::Defer => SignWith::Defer,
        }
    }

    /// The `Status` property: whether the selector that signs, or would, is visible.
    pub fn status(configuration: Option<&SigningConfiguration>, mode: PublishMode) -> Status {
        let Some(configuration) = configuration else { return Status::NoDkimKeys };
        let current = configuration.current();
        let stands_in = configuration.enabled && configuration.slot(current.other()).is_visible();
        match mode {
            _ if configuration.slot(current).is_visible() || stands_in => Status::Valid,
            PublishMode::Cname => Status::CnameMissing,
            PublishMode::Txt => Status::TxtMissing,
        }
    }

    /// Which sentence a flyout shows.
    pub fn flyout(configuration: Option<&SigningConfiguration>) -> Flyout {
        match configuration {
            None => Flyout::NoKeys,
            Some(c) if !c.enabled => Flyout::NotSigning,
            Some(c) if c.rotation.is_some() => Flyout::Rotating,
            Some(_) => Flyout::Signing,
        }
    }

    /// `KeyCreationTime`: when the younger of the two keys was made.
    pub fn key_creation_time(&self) -> u64 {
        self.slots[0].key_made_at.max(self.slots[1].key_made_at)
    }

    /// `LastChecked`: when a selector was last looked for.
    pub fn last_checked(&self) -> Option<u64> {
        self.slots.iter().filter_map(|slot| slot.last.map(|(_, at)| at)).max()
    }

    /// `set`: all of it, or nothing.
    ///
    /// # Errors
    /// [`Refusal`]; enabling needs that the last look, at most ten minutes ago, saw the key.
    pub fn set(&mut self, changes: &Changes, now: u64) -> Result<(), Refusal> {
        let mut changed = self.clone();
        if let Some(name) = &changes.admin_display_name {
            if name.chars().count() > 256 || name.chars().any(char::is_control) {
                return Err(Refusal::DisplayName);
            }
            changed.admin_display_name.clone_from(name);
        }
        let keep = |new: Option<Canonicalization>, old| new.unwrap_or(old);
        changed.header_canonicalization = keep(changes.header_canonicalization, self.header_canonicalization);
        changed.body_canonicalization = keep(changes.body_canonicalization, self.body_canonicalization);
        changed.unseen_key = changes.unseen_key.unwrap_or(self.unseen_key);
        if changes.enabled == Some(false) {
            changed.enabled = false;
        }
        if let Some(selectors) = &changes.selectors {
            changed.rename(selectors)?;
        }
        if changes.enabled == Some(true) && !changed.enabled {
            changed.enable(now)?;
        }
        *self = changed;
        Ok(())
    }

    fn rename(&mut self, selectors: &[Selector; 2]) -> Result<(), Refusal> {
        if selectors[0] == selectors[1] {
            return Err(Refusal::SelectorsAlike);
        }
        if [&self.slots[0].name, &self.slots[1].name] == [&selectors[0], &selectors[1]] {
            return Ok(());
        }
        if self.enabled || self.busy_until(&Waits::default(), 0).is_some() {
            return Err(Refusal::SelectorsInUse);
        }
        for (slot, name) in self.slots.iter_mut().zip(selectors) {
            if slot.name != *name {
                slot.rename(name.clone());
            }
        }
        Ok(())
    }

    /// The first enable has no wait: no older key is in use. Where only the standby
    /// is visible, it is the one that signs.
    fn enable(&mut self, now: u64) -> Result<(), Refusal> {
        let current = self.current();
        let usable =
            |slot: Slot| self.slot(slot).is_visible() && self.slot(slot).was_just_seen(now, FRESH_TO_ENABLE);
        if !usable(current) {
            let stands_by = self.slot(current.other()).life == Life::Standby && self.rotation.is_none();
            if !(stands_by && usable(current.other())) {
                let slot = self.slot(current);
                return Err(Refusal::NotSeen {
                    selector: slot.name.clone(),
                    found: slot.last.map(|(c, _)| c),
                });
            }
            self.slot_mut(current).life = Life::Standby;
            self.slot_mut(current.other()).life = Life::Signing;
            self.switched_at = now;
        }
        self.enabled = true;
        Ok(())
    }

    /// Takes into account what a look at a selector showed.
    pub fn observe(&mut self, slot: Slot, conclusion: Conclusion, now: u64) -> Option<Event> {
        let seen = self.slot_mut(slot);
        let was_visible = seen.visible_since.is_some();
        if seen.observe(conclusion, now) {
            return Some(Event::Lost(slot));
        }
        (!was_visible && seen.visible_since.is_some()).then_some(Event::Seen(slot))
    }
}

impl Status {
    /// Exchange's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Valid => "Valid",
            Status::CnameMissing => "CnameMissing",
            Status::TxtMissing => "TxtMissing",
            Status::NoDkimKeys => "NoDKIMKeys",
        }
    }
}

/// A sighting that lets a domain be enabled is at most this old, in seconds.
const FRESH_TO_ENABLE: u64 = 600;
#[cfg(test)]
mod tests;
