use super::signing_configuration::KEY_SIZES;
use super::{Life, NewKey, Refusal, SignWith, SigningConfiguration, Slot};

/// A rotation that waits for the other key to have been visible long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// When it was asked for.
    pub began_at: u64,
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
    pub(super) fn busy_until(&self, waits: &Waits, now: u64) -> Option<u64> {
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
}

const HOUR: u64 = 3_600;
/// A sighting that lets a rotation switch: two looks of an enabled domain may fail.
const FRESH_TO_SWITCH: u64 = 12 * HOUR;
/// The TTL of hosted keys: until then somebody may hold the answer of before.
const SHORTEST_WAIT: u64 = super::KEY_TTL as u64;
