use std::hash::Hasher;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::client_prefix::ClientPrefix;
use super::cookie::sip_hasher;
use super::lookup_name::LookupName;

/// Response rate limiting: how many answers of one kind go to one network in a second.
///
/// The sender of a UDP query may have forged its address; what it asks for goes to somebody
/// else. A network that gets more than [`RATE`] answers of one kind in a second gets no more
/// of them; every second time a truncated answer tells an honest sender to come over TCP.
pub(super) struct RateLimiter {
    key: [u8; 16],
    shards: Vec<Mutex<Vec<Slot>>>,
}

/// Kinds of answers that are counted apart.
#[derive(Clone, Copy)]
pub(super) enum Kind<'n> {
    /// Records, or none of the type, at this name.
    Existing(LookupName<'n>),
    /// Names that do not exist, in the zone with this apex: whatever the name, so that
    /// made-up names do not have a limit each.
    NonExisting(LookupName<'n>),
    /// Errors and refusals.
    Error,
}

/// What the limit says about one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    Within,
    /// Above: a truncated answer.
    Slip,
    /// Above: nothing.
    Silence,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u64,
    second: u64,
    count: u32,
}

impl RateLimiter {
    /// With a key that strangers do not know, so that they cannot find names that share a slot.
    pub(super) fn new(key: [u8; 16]) -> RateLimiter {
        let shards = (0..SHARDS).map(|_| Mutex::new(vec![Slot::default(); WAYS * SETS]));
        RateLimiter { key, shards: shards.collect() }
    }

    /// Counts one answer to this client, `now` since 1970.
    pub(super) fn count(&self, client: IpAddr, kind: Kind<'_>, now: Duration) -> Allowance {
        let hash = self.hash(ClientPrefix::of(client), kind);
        let [shard, set_low, set_high, ..] = hash.to_le_bytes();
        let set = usize::from(u16::from_le_bytes([set_low, set_high])) % SETS;
        let shard = &self.shards[usize::from(shard) % SHARDS];
        let mut slots = shard.lock().unwrap_or_else(PoisonError::into_inner);
        count_in(&mut slots[set * WAYS..(set + 1) * WAYS], hash, now.as_secs())
    }

    fn hash(&self, client: ClientPrefix, kind: Kind<'_>) -> u64 {
        let mut hasher = sip_hasher(&self.key);
        let (class, name): (u8, &[u8]) = match kind {
            Kind::Existing(name) => (0, name.octets()),
            Kind::NonExisting(apex) => (1, apex.octets()),
            Kind::Error => (2, &[]),
        };
        hasher.write(&client.octets());
        hasher.write(&[class]);
        hasher.write(name);
        hasher.finish()
    }
}

fn count_in(slots: &mut [Slot], hash: u64, second: u64) -> Allowance {
    let known = slots.iter().position(|slot| slot.hash == hash);
    // Without a slot of its own: that of the past, or else of the one who has asked least.
    let least = |slot: &&mut Slot| if slot.second == second { slot.count } else { 0 };
    let slot = match known {
        Some(at) => &mut slots[at],
        None => {
            let Some(slot) = slots.iter_mut().min_by_key(least) else { return Allowance::Within };
            *slot = Slot { hash, second, count: 0 };
            slot
        }
    };
    if slot.second != second {
        (slot.second, slot.count) = (second, 0);
    }
    slot.count = slot.count.saturating_add(1);
    match slot.count {
        ..=RATE => Allowance::Within,
        above if (above - RATE).is_multiple_of(SLIP) => Allowance::Slip,
        _ => Allowance::Silence,
    }
}

/// Answers of one kind for one network in one second.
pub(super) const RATE: u32 = 200;
/// Of the answers above the rate, every second one is sent truncated.
const SLIP: u32 = 2;
/// 64 times 256 sets of four slots of 24 octets: 1.6 MB, whoever asks.
const SHARDS: usize = 64;
const SETS: usize = 256;
const WAYS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(octets: &'static [u8]) -> LookupName<'static> {
        LookupName::trusted(octets)
    }

    #[test]
    fn counts_by_network_kind_and_second() {
        let limiter = RateLimiter::new([1; 16]);
        let ask = |client: [u8; 4], kind, ms| limiter.count(client.into(), kind, Duration::from_millis(ms));
        let (a, b) = (Kind::Existing(name(b"\x01a\0")), Kind::Existing(name(b"\x01b\0")));
        for i in 0..RATE {
            let host = u8::try_from(i).expect("below 200");
            assert_eq!(ask([192, 0, 2, host], a, 999), Allowance::Within);
        }
        assert_eq!(ask([192, 0, 2, 1], a, 999), Allowance::Silence);
        assert_eq!(ask([192, 0, 2, 2], a, 999), Allowance::Slip);
        assert_eq!(ask([192, 0, 2, 1], a, 999), Allowance::Silence);
        assert_eq!(ask([192, 0, 2, 1], b, 999), Allowance::Within);
        assert_eq!(ask([192, 0, 2, 1], Kind::NonExisting(name(b"\x01a\0")), 999), Allowance::Within);
        assert_eq!(ask([192, 0, 2, 1], Kind::Error, 999), Allowance::Within);
        assert_eq!(ask([192, 0, 3, 1], a, 999), Allowance::Within);
        assert_eq!(ask([192, 0, 2, 1], a, 1000), Allowance::Within);
    }

    #[test]
    fn a_full_set_forgets_the_one_who_asked_least() {
        let mut slots = [Slot::default(); WAYS];
        for _ in 0..RATE {
            count_in(&mut slots, 1, 9);
        }
        for stranger in 100..200 {
            assert_eq!(count_in(&mut slots, stranger, 9), Allowance::Within);
        }
        assert_eq!(count_in(&mut slots, 1, 9), Allowance::Silence);
    }
}
