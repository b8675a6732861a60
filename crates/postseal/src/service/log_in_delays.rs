use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};

/// How long somebody must wait before the next password is looked at, for each account that is
/// named, there or not, and for each address. It grows with each try that fails, and a try is
/// counted before its password is looked at, so that many at once gain nothing.
#[derive(Debug, Default)]
pub(super) struct LogInDelays(Mutex<Tries>);

#[derive(Debug, Default)]
struct Tries {
    accounts: HashMap<[u8; 32], Tried>,
    addresses: HashMap<IpAddr, Tried>,
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    /// Since the last time that it was right.
    times: u32,
    /// Nothing is looked at before, UNIX seconds.
    until: u64,
}

impl LogInDelays {
    /// Counts a try. `Err`: it is too early, by so many seconds, and the password must not be
    /// looked at.
    pub(super) fn begin(&self, name: &str, address: Option<IpAddr>, now: u64) -> Result<(), u64> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = account(name);
        let address = address.map(network);
        let until_of = |tried: Option<&Tried>| tried.map_or(0, |tried| tried.until);
        let until = until_of(tries.accounts.get(&account));
        let until = until.max(until_of(address.as_ref().and_then(|address| tries.addresses.get(address))));
        if until > now {
            return Err(until - now);
        }
        count(&mut tries.accounts, account, now, OF_ACCOUNT);
        if let Some(address) = address {
            count(&mut tries.addresses, address, now, OF_ADDRESS);
        }
        Ok(())
    }

    /// It was right.
    pub(super) fn succeeded(&self, name: &str, address: Option<IpAddr>) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.accounts.remove(&account(name));
        if let Some(address) = address {
            tries.addresses.remove(&network(address));
        }
    }
}

/// A name may be long, and may be a password in the wrong field: it is not kept.
fn account(name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, name.to_lowercase().as_bytes()).as_ref());
    key
}

/// Whoever has an IPv6 address has 2⁶⁴ of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

fn count<K: std::hash::Hash + Eq + Clone>(tried: &mut HashMap<K, Tried>, key: K, now: u64, free: u32) {
    if tried.len() >= MOST && !tried.contains_key(&key) {
        tried.retain(|_, tried| tried.until + FORGOTTEN > now);
        // Whoever has waited longest already matters least.
        if tried.len() >= MOST
            && let Some(least) = tried.iter().min_by_key(|(_, tried)| tried.until).map(|(key, _)| key.clone())
        {
            tried.remove(&least);
        }
    }
    let entry = tried.entry(key).or_default();
    if entry.until + FORGOTTEN <= now {
        entry.times = 0;
    }
    entry.times = entry.times.saturating_add(1);
    entry.until = now + delay(entry.times, free);
}

/// Seconds after so many tries, of which some are free.
fn delay(times: u32, free: u32) -> u64 {
    match times.checked_sub(free) {
        None | Some(0) => 0,
        Some(over) => LONGEST.min(FIRST << (over - 1).min(10)),
    }
}

/// Tries without a delay. With the delays that follow, at most eight passwords are looked at for an
/// account within a quarter of an hour.
const OF_ACCOUNT: u32 = 2;
/// Several people may be behind one address.
const OF_ADDRESS: u32 = 10;

/// Seconds.
const FIRST: u64 = 15;
const LONGEST: u64 = 900;
const FORGOTTEN: u64 = 3_600;

/// Of accounts and of addresses.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const T0: u64 = 1_800_000_000;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    #[test]
    fn the_delay_grows_and_ends_with_the_right_password() {
        let delays = LogInDelays::default();
        let mut now = T0;
        for expected in [0, 15, 30, 60, 120, 240, 480, 900, 900] {
            delays.begin("admin", None, now).expect("its time has come");
            let (early, at) = (delays.begin("admin", None, now), now + expected);
            if expected > 0 {
                assert_eq!(early, Err(expected));
                assert_eq!(delays.begin("Admin", None, at - 1), Err(1), "in whatever case");
            } else {
                assert_eq!(early, Ok(()), "two are free");
            }
            now = at;
        }
        delays.succeeded("admin", None);
        assert_eq!(delays.begin("admin", None, now), Ok(()));
    }

    #[test]
    fn of_ten_thousand_guesses_ten_at_most_are_looked_at_in_a_quarter_of_an_hour() {
        let delays = LogInDelays::default();
        let mut looked_at = Vec::new();
        // From another address each time, one each second.
        for guess in 0..10_000_u32 {
            let now = T0 + u64::from(guess);
            let from = Some(IpAddr::from((0xc000_0000 + guess).to_be_bytes()));
            if delays.begin("admin", from, now).is_ok() {
                looked_at.push(now);
            }
        }
        for (place, first) in looked_at.iter().enumerate() {
            let within = looked_at[place..].iter().take_while(|at| **at < first + 900).count();
            assert!(within <= 10, "{within} from {first}");
        }
        assert!(looked_at.len() < 25, "{}", looked_at.len());
    }

    #[test]
    fn one_address_guesses_few_accounts_and_ipv6_networks_are_one() {
        let delays = LogInDelays::default();
        let mut passed = 0;
        for guess in 0..1_000 {
            let from = address(&format!("2001:db8::{guess:x}"));
            passed += usize::from(delays.begin(&format!("name{guess}"), from, T0).is_ok());
        }
        assert_eq!(passed, 11);
        assert_eq!(delays.begin("other", address("2001:db8:0:1::1"), T0), Ok(()));
        assert_eq!(delays.begin("another", address("::ffff:192.0.2.1"), T0), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_an_account_under_attack_stays_known() {
        let delays = LogInDelays::default();
        for _ in 0..3 {
            let _ = delays.begin("admin", None, T0);
        }
        for guess in 0..2 * MOST {
            let _ = delays.begin(&format!("name{guess}"), None, T0);
        }
        assert!(delays.0.lock().expect("no panic").accounts.len() <= MOST);
        assert_eq!(delays.begin("admin", None, T0 + 1), Err(14));
    }
}
