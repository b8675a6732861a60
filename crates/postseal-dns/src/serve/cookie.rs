use std::fmt;
use std::hash::Hasher;
use std::net::IpAddr;

/// The secret of the server cookies (RFC 9018 §4.4): 128 random bits, the same at every server
/// that answers for one address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CookieSecret([u8; 16]);

impl fmt::Debug for CookieSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieSecret(..)")
    }
}

/// The secret that makes cookies, and one that was in use before it (RFC 9018 §5).
#[derive(Clone, Copy, Debug)]
pub struct CookieSecrets {
    current: CookieSecret,
    previous: Option<CookieSecret>,
}

/// What a query's COOKIE option says about its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    /// No option.
    Nothing,
    /// A client cookie, perhaps with a server cookie that is not ours or no longer good.
    Client(ClientCookie),
    /// A server cookie of ours: the sender can be reached at its address.
    Valid(ClientCookie, ServerCookie),
}

pub(super) type ClientCookie = [u8; 8];
/// Version, reserved, timestamp, hash (RFC 9018 §4).
pub(super) type ServerCookie = [u8; 16];

impl CookieSecrets {
    /// This secret alone.
    pub fn new(current: [u8; 16]) -> CookieSecrets {
        CookieSecrets { current: CookieSecret(current), previous: None }
    }

    /// Cookies made with this secret are taken as well.
    #[must_use]
    pub fn with_previous(self, previous: [u8; 16]) -> CookieSecrets {
        CookieSecrets { previous: Some(CookieSecret(previous)), ..self }
    }

    /// A key for the hashes of the rate limit, which never leave this process.
    pub(super) fn rate_limit_key(&self) -> [u8; 16] {
        let mut key = [0; 16];
        for (at, half) in [0, 8].into_iter().zip([&b"rate limit, low"[..], b"rate limit, high"]) {
            let mut hasher = sip_hasher(&self.current.0);
            hasher.write(half);
            key[at..at + 8].copy_from_slice(&hasher.finish().to_le_bytes());
        }
        key
    }

    /// A server cookie for this client, `now` in seconds since 1970.
    pub(super) fn make(&self, client: ClientCookie, address: IpAddr, now: u64) -> ServerCookie {
        let mut cookie = [0; 16];
        cookie[0] = VERSION;
        cookie[4..8].copy_from_slice(&timestamp(now));
        let hash = self.current.hash(client, &cookie, address);
        cookie[8..].copy_from_slice(&hash);
        cookie
    }

    /// Judges the octets of a COOKIE option; `None` where their length is none of RFC 7873 §4.
    pub(super) fn judge(&self, option: &[u8], address: IpAddr, now: u64) -> Option<Presented> {
        let (client, server) = option.split_first_chunk::<8>()?;
        if !(server.is_empty() || (8..=32).contains(&server.len())) {
            return None;
        }
        let Ok(server) = ServerCookie::try_from(server) else { return Some(Presented::Client(*client)) };
        if !is_timely(&server, now) || !self.made(*client, &server, address) {
            return Some(Presented::Client(*client));
        }
        // RFC 9018 §4.3: a new one where this is "older than half an hour".
        let fresh = age(&server, now) <= RENEWED_AFTER && self.current.matches(*client, &server, address);
        let given = if fresh { server } else { self.make(*client, address, now) };
        Some(Presented::Valid(*client, given))
    }

    fn made(&self, client: ClientCookie, server: &ServerCookie, address: IpAddr) -> bool {
        let secrets = [Some(self.current), self.previous];
        secrets.into_iter().flatten().any(|secret| secret.matches(client, server, address))
    }
}

impl CookieSecret {
    /// Over the version, the reserved octets and the timestamp as they are in `cookie`.
    fn hash(self, client: ClientCookie, cookie: &ServerCookie, address: IpAddr) -> [u8; 8] {
        let mut hasher = sip_hasher(&self.0);
        hasher.write(&client);
        hasher.write(&cookie[..8]);
        match address.to_canonical() {
            IpAddr::V4(address) => hasher.write(&address.octets()),
            IpAddr::V6(address) => hasher.write(&address.octets()),
        }
        hasher.finish().to_le_bytes()
    }

    fn matches(self, client: ClientCookie, cookie: &ServerCookie, address: IpAddr) -> bool {
        let own = self.hash(client, cookie, address);
        // All octets are compared, whichever differ.
        own.iter().zip(&cookie[8..]).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

/// SipHash-2-4 with this key.
#[expect(deprecated, reason = "the standard library's SipHash-2-4; its successor does not say what it is")]
pub(super) fn sip_hasher(key: &[u8; 16]) -> std::hash::SipHasher {
    let [low, high] = [0, 8].map(|at| {
        let mut half = [0; 8];
        half.copy_from_slice(&key[at..at + 8]);
        u64::from_le_bytes(half)
    });
    std::hash::SipHasher::new_with_keys(low, high)
}

fn timestamp(now: u64) -> [u8; 4] {
    let [.., a, b, c, d] = now.to_be_bytes();
    [a, b, c, d]
}

/// Seconds since the cookie was made, by serial number arithmetic (RFC 9018 §4.3).
fn age(server: &ServerCookie, now: u64) -> i32 {
    let made = u32::from_be_bytes([server[4], server[5], server[6], server[7]]);
    u32::from_be_bytes(timestamp(now)).wrapping_sub(made).cast_signed()
}

/// RFC 9018 §4.3: not older than an hour, not more than five minutes ahead.
fn is_timely(server: &ServerCookie, now: u64) -> bool {
    server[0] == VERSION && (-300..=3600).contains(&age(server, now))
}

const VERSION: u8 = 1;
const RENEWED_AFTER: i32 = 1800;

#[cfg(test)]
mod tests {
    use super::*;

    fn octets<const N: usize>(hex: &str) -> [u8; N] {
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex"))
    }

    /// RFC 9018 Appendix A.
    #[test]
    fn the_examples_of_rfc_9018() {
        let makes = |secret: &str, client: &str, address: &str, now: u64, expected: &str| {
            let address = address.parse().expect("an address");
            let made = CookieSecrets::new(octets(secret)).make(octets(client), address, now);
            assert_eq!(made, octets(expected), "{expected}");
        };
        let secret = "e5e973e5a6b2a43f48e7dc849e37bfcf";
        let (a, b) = ("198.51.100.100", "203.0.113.203");
        makes(secret, "2464c4abcf10c957", a, 1_559_731_985, "010000005cf79f111f8130c3eee29480");
        makes(secret, "2464c4abcf10c957", a, 1_559_734_385, "010000005cf7a871d4a564a1442aca77");
        makes(secret, "fc93fc62807ddb86", b, 1_559_734_700, "010000005cf7a9acf73a7810aca2381e");
        let (new, old) = ("445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715");
        let c = "2001:db8:220:1:59de:d0f4:8769:82b8";
        makes(new, "22681ab97d52c298", c, 1_559_741_961, "010000005cf7c609a6bb79d16625507a");
        let secrets = CookieSecrets::new(octets(new)).with_previous(octets(old));
        let presented = octets::<24>("22681ab97d52c298010000005cf7c57926556bd0934c72f8");
        let renewed =
            Presented::Valid(octets("22681ab97d52c298"), octets("010000005cf7c609a6bb79d16625507a"));
        let address = c.parse().expect("an address");
        assert_eq!(secrets.judge(&presented, address, 1_559_741_961), Some(renewed));
    }

    #[test]
    fn reserved_octets_are_hashed_as_they_came() {
        let (secrets, address) = (CookieSecrets::new([1; 16]), IpAddr::from([192, 0, 2, 1]));
        let mut cookie = secrets.make(*b"cookie!!", address, 1000);
        cookie[1..4].copy_from_slice(&[0xab, 0xcd, 0xef]);
        assert!(!secrets.current.matches(*b"cookie!!", &cookie, address));
        let hash = secrets.current.hash(*b"cookie!!", &cookie, address);
        cookie[8..].copy_from_slice(&hash);
        assert!(secrets.current.matches(*b"cookie!!", &cookie, address));
    }

    #[test]
    fn judges_cookies() {
        let (client, address, now) = (*b"cookie!!", IpAddr::from([192, 0, 2, 1]), 1_800_000_000);
        let secrets = CookieSecrets::new([1; 16]).with_previous([2; 16]);
        let old = CookieSecrets::new([2; 16]);
        let stranger = CookieSecrets::new([3; 16]);
        let judge = |server: &[u8]| secrets.judge(&[&client[..], server].concat(), address, now);
        let fresh = secrets.make(client, address, now);
        let unproven = Some(Presented::Client(client));
        let renewed = Some(Presented::Valid(client, fresh));
        assert_eq!(judge(b""), unproven);
        assert_eq!(judge(&[9; 8]), unproven);
        assert_eq!(judge(&[9; 16]), unproven);
        assert_eq!(judge(&[9; 32]), unproven);
        assert_eq!(judge(&[9; 7]), None);
        assert_eq!(judge(&[9; 33]), None);
        assert_eq!(secrets.judge(b"short", address, now), None);
        assert_eq!(judge(&fresh), renewed);
        let young = secrets.make(client, address, now - 1800);
        assert_eq!(judge(&young), Some(Presented::Valid(client, young)));
        assert_eq!(judge(&secrets.make(client, address, now - 1801)), renewed);
        assert_eq!(judge(&secrets.make(client, address, now - 3600)), renewed);
        assert_eq!(judge(&secrets.make(client, address, now - 3601)), unproven);
        assert_ne!(judge(&secrets.make(client, address, now + 300)), unproven);
        assert_eq!(judge(&secrets.make(client, address, now + 301)), unproven);
        assert_eq!(judge(&old.make(client, address, now)), renewed);
        assert_eq!(judge(&stranger.make(client, address, now)), unproven);
        assert_eq!(judge(&secrets.make(client, [192, 0, 2, 2].into(), now)), unproven);
        assert_eq!(judge(&secrets.make(*b"another!", address, now)), unproven);
        let mut version = fresh;
        version[0] = 2;
        assert_eq!(judge(&version), unproven);
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert!(!format!("{:?}", CookieSecrets::new([0xab; 16])).contains("171"));
    }
}
