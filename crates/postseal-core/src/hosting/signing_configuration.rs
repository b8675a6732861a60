use super::Conclusion;
use super::selector::{Life, NewKey, SelectorSlot, Slot};
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

/// A rotation that waits for the other key to have been visible long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// When it was asked for.
    pub began_at: u64,
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

/// How long a rotation's steps last, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// A key is visible before it signs. Default 96 h; never less than the TTL of hosted keys.
    pub before_signing: u64,
    /// The old key stays published. Default 14 days.
    pub retiring: u64,
    /// The old key answers as revoked. Default 2 days.
    pub revoked: u64,
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

/// Something that happened to a configuration, for the log, the audit log and the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A rotation was asked for and waits.
    RotationBegan,
    /// The other selector signs now.
    Switched {
        /// The one that signs.
        to: Slot,
    },
    /// A selector answers with an empty key.
    Revoked(Slot),
    /// A selector has a new key and stands by.
    KeyRenewed(Slot),
    /// A key that was visible is not any more.
    Lost(Slot),
    /// A key became visible.
    Seen(Slot),
}

/// What [`SigningConfiguration::advance`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advance {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// True where the new key that was brought is in use; else it may be thrown away.
    pub key_used: bool,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits { before_signing: 96 * HOUR, retiring: 14 * 24 * HOUR, revoked: 48 * HOUR }
    }
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

    fn slot_mut(&mut self, slot: Slot) -> &mut SelectorSlot {
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

    /// `RotateOnDate`, `SelectorBeforeRotateOnDate` and `SelectorAfterRotateOnDate`: the
    /// selector in use is `now < date ? before : after`. While the next key has not
    /// been seen the date moves on with the time.
    pub fn rotate_on(&self, waits: &Waits, now: u64) -> (u64, Slot, Slot) {
        let current = self.current();
        match self.rotation {
            Some(_) => (self.earliest_switch(waits, now).max(now + 1), current, current.other()),
            None => (self.switched_at, current.other(), current),
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

    /// True where `rotate` with this size replaces the standby key, so that the caller must bring one.
    pub fn rotation_needs_key(&self, key_size: Option<u32>) -> bool {
        let standby = self.slot(self.current().other());
        self.rotation.is_none()
            && standby.life == Life::Standby
            && key_size.is_some_and(|bits| bits != standby.bits)
    }

    /// `rotate`: from now the other selector is on its way to sign. It switches at
    /// once where its key has been visible long enough. A key size reaches the key
    /// that does not sign, which then waits again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn rotate(
        &mut self,
        key_size: Option<u32>,
        new_key: Option<NewKey>,
        waits: &Waits,
        now: u64,
    ) -> Result<Advance, Refusal> {
        if !self.enabled {
            return Err(Refusal::NotEnabled);
        }
        if let Some(bits) = key_size.filter(|bits| !KEY_SIZES.contains(bits)) {
            return Err(Refusal::KeySize { bits });
        }
        if let Some(until) = self.busy_until(waits, now) {
            return Err(Refusal::RotationRunning { until });
        }
        let mut done = Advance::default();
        if self.rotation_needs_key(key_size) {
            let bits = key_size.unwrap_or(self.key_bits);
            let key = new_key.ok_or(Refusal::KeyNeeded { bits })?;
            let standby = self.current().other();
            self.slot_mut(standby).replace_key(key, now);
            done.key_used = true;
            done.events.push(Event::KeyRenewed(standby));
        }
        self.key_bits = key_size.unwrap_or(self.key_bits);
        self.rotation = Some(Rotation { began_at: now });
        done.events.push(Event::RotationBegan);
        done.events.extend(self.switch_if_due(waits, now));
        Ok(done)
    }

    /// `rotate --compromised`: the key that signs is revoked now, and the other
    /// one signs now. It needs that the other one is visible; 96 h or not.
    ///
    /// # Errors
    /// [`Refusal::NotSeen`] where the other key is not visible, [`Refusal::RotationRunning`]
    /// where it is itself revoked.
    pub fn revoke_current(&mut self, waits: &Waits, now: u64) -> Result<Advance, Refusal> {
        let current = self.current();
        let other = self.slot(current.other());
        if let Life::Revoked { until } = other.life {
            return Err(Refusal::RotationRunning { until });
        }
        if self.enabled && !other.is_visible() {
            return Err(Refusal::NotSeen { selector: other.name.clone(), found: other.last.map(|(c, _)| c) });
        }
        self.slot_mut(current).life = Life::Revoked { until: now + waits.revoked };
        self.slot_mut(current.other()).life = Life::Signing;
        self.rotation = None;
        self.switched_at = now;
        let events = vec![Event::Revoked(current), Event::Switched { to: current.other() }];
        Ok(Advance { events, key_used: false })
    }

    /// Until when no other rotation may begin; `None` where one may.
    fn busy_until(&self, waits: &Waits, now: u64) -> Option<u64> {
        match self.slot(self.current().other()).life {
            Life::Retiring { until } => Some(until + waits.revoked),
            Life::Revoked { until } => Some(until),
            Life::Standby | Life::Signing if self.rotation.is_some() => {
                Some(self.earliest_switch(waits, now) + waits.retiring + waits.revoked)
            }
            Life::Standby | Life::Signing => None,
        }
    }

    /// When the standby key may sign at the soonest.
    fn earliest_switch(&self, waits: &Waits, now: u64) -> u64 {
        let standby = self.slot(self.current().other());
        standby.visible_since.unwrap_or(now) + waits.before_signing.max(SHORTEST_WAIT)
    }

    /// True where the passing of time calls for a new key: bring one of
    /// [`SigningConfiguration::key_bits`] to [`SigningConfiguration::advance`].
    pub fn key_due(&self, now: u64) -> bool {
        matches!(self.slot(self.current().other()).life, Life::Revoked { until } if until <= now)
    }

    /// When the passing of time changes something next, UNIX seconds.
    pub fn next_step(&self, waits: &Waits, now: u64) -> Option<u64> {
        match self.slot(self.current().other()).life {
            Life::Retiring { until } | Life::Revoked { until } => Some(until),
            Life::Standby | Life::Signing => self.rotation.map(|_| self.earliest_switch(waits, now)),
        }
    }

    /// Does what is due: a rotation switches where the next key has been visible
    /// long enough and was seen within twelve hours, an old key is revoked, a revoked
    /// one replaced by `new_key`, where it is given.
    pub fn advance(&mut self, new_key: Option<NewKey>, waits: &Waits, now: u64) -> Advance {
        let mut done = Advance::default();
        done.events.extend(self.switch_if_due(waits, now));
        let old = self.current().other();
        match self.slot(old).life {
            // It stands in for a key that was lost: mail signed with it is still under way.
            Life::Retiring { until } if self.sign_with() == (SignWith::Key { slot: old, alarm: true }) => {
                self.slot_mut(old).life = Life::Retiring { until: until.max(now + waits.retiring) };
            }
            Life::Retiring { until } if until <= now => {
                self.slot_mut(old).life = Life::Revoked { until: now + waits.revoked };
                done.events.push(Event::Revoked(old));
            }
            Life::Revoked { until } if until <= now => {
                if let Some(key) = new_key {
                    self.slot_mut(old).replace_key(key, now);
                    done.key_used = true;
                    done.events.push(Event::KeyRenewed(old));
                }
            }
            Life::Standby | Life::Signing | Life::Retiring { .. } | Life::Revoked { .. } => {}
        }
        done
    }

    fn switch_if_due(&mut self, waits: &Waits, now: u64) -> Option<Event> {
        self.rotation?;
        let (from, to) = (self.current(), self.current().other());
        let next = self.slot(to);
        let seen = next.is_visible() && next.was_just_seen(now, FRESH_TO_SWITCH);
        if !seen || self.earliest_switch(waits, now) > now {
            return None;
        }
        self.slot_mut(from).life = Life::Retiring { until: now + waits.retiring };
        self.slot_mut(to).life = Life::Signing;
        self.rotation = None;
        self.switched_at = now;
        Some(Event::Switched { to })
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

const HOUR: u64 = 3_600;
/// A sighting that lets a domain be enabled is at most this old, in seconds.
const FRESH_TO_ENABLE: u64 = 600;
/// A sighting that lets a rotation switch: two looks of an enabled domain may fail.
const FRESH_TO_SWITCH: u64 = 12 * HOUR;
/// The TTL of hosted keys: until then somebody may hold the answer of before.
const SHORTEST_WAIT: u64 = super::KEY_TTL as u64;

#[cfg(test)]
mod tests;
