use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An "ip4" network: the bits under the mask are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ip4Network {
    address: u32,
    mask: u32,
}

impl Ip4Network {
    /// The network of this address; `prefix` in bits, 0 to 32, more counts as 32.
    pub fn new(address: Ipv4Addr, prefix: u8) -> Ip4Network {
        let mask = mask4(prefix);
        Ip4Network { address: address.to_bits() & mask, mask }
    }

    /// The first address.
    pub fn address(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.address)
    }

    /// The prefix length in bits, 0 to 32.
    pub fn prefix(&self) -> u8 {
        // A mask has at most 32 ones.
        u8::try_from(self.mask.count_ones()).unwrap_or(32)
    }

    /// True where the address lies in the network.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask == self.address
    }
}

impl fmt::Display for Ip4Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)?;
        if self.prefix() < 32 { write!(f, "/{}", self.prefix()) } else { Ok(()) }
    }
}

/// An "ip6" network: the bits under the mask are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ip6Network {
    // Records may have tens of thousands of directives: two halves and a prefix
    // length take half the room of two numbers of 128 bits.
    halves: [u64; 2],
    prefix: u8,
}

impl Ip6Network {
    /// The network of this address; `prefix` in bits, 0 to 128, more counts as 128.
    pub fn new(address: Ipv6Addr, prefix: u8) -> Ip6Network {
        let prefix = prefix.min(128);
        let [a, b, c, d, e, f, g, h, rest @ ..] = (address.to_bits() & mask6(prefix)).to_be_bytes();
        let high = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        Ip6Network { halves: [high, u64::from_be_bytes(rest)], prefix }
    }

    /// The first address.
    pub fn address(&self) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.bits())
    }

    /// The prefix length in bits, 0 to 128.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// True where the address lies in the network.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        address.to_bits() & mask6(self.prefix) == self.bits()
    }

    fn bits(&self) -> u128 {
        u128::from(self.halves[0]) << 64 | u128::from(self.halves[1])
    }
}

impl fmt::Display for Ip6Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)?;
        if self.prefix() < 128 { write!(f, "/{}", self.prefix()) } else { Ok(()) }
    }
}

/// The dual-cidr-length of "a" and "mx" (§5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrefixLengths {
    /// Bits of an IPv4 address that are compared, 0 to 32.
    pub ip4: u8,
    /// Bits of an IPv6 address that are compared, 0 to 128.
    pub ip6: u8,
}

impl PrefixLengths {
    /// RFC 7208 §5.6: "If ip4-cidr-length is omitted, it is taken to be "/32"",
    /// and "/128" for IPv6.
    pub const DEFAULT: PrefixLengths = PrefixLengths { ip4: 32, ip6: 128 };

    /// True where the two IPv4 addresses agree in the bits that are compared.
    pub fn agree4(self, one: Ipv4Addr, other: Ipv4Addr) -> bool {
        (one.to_bits() ^ other.to_bits()) & mask4(self.ip4) == 0
    }

    /// True where the two IPv6 addresses agree in the bits that are compared.
    pub fn agree6(self, one: Ipv6Addr, other: Ipv6Addr) -> bool {
        (one.to_bits() ^ other.to_bits()) & mask6(self.ip6) == 0
    }
}

impl fmt::Display for PrefixLengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ip4 < 32 {
            write!(f, "/{}", self.ip4)?;
        }
        if self.ip6 < 128 { write!(f, "//{}", self.ip6) } else { Ok(()) }
    }
}

/// The address that counts: an IPv4-mapped IPv6 address is an IPv4 address.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    // RFC 7208 §5: "SPF implementations on IPv6 servers need to handle both
    // "AAAA" and "A" records, for clients on IPv4-mapped IPv6 addresses".
    address.to_canonical()
}

fn mask4(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32_u32.saturating_sub(prefix.into())).unwrap_or(0)
}

fn mask6(prefix: u8) -> u128 {
    u128::MAX.checked_shl(128_u32.saturating_sub(prefix.into())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_addresses() {
        let four = |network: &str, prefix: u8, address: &str| {
            Ip4Network::new(network.parse().expect("a network"), prefix)
                .contains(address.parse().expect("an address"))
        };
        assert!(four("192.0.2.0", 24, "192.0.2.255") && !four("192.0.2.0", 24, "192.0.3.0"));
        assert!(four("192.0.2.77", 24, "192.0.2.1") && four("192.0.2.77", 0, "0.0.0.0"));
        assert!(four("192.0.2.1", 32, "192.0.2.1") && !four("192.0.2.1", 32, "192.0.2.0"));
        let six = |network: &str, prefix: u8, address: &str| {
            Ip6Network::new(network.parse().expect("a network"), prefix)
                .contains(address.parse().expect("an address"))
        };
        assert!(six("2001:db8::", 32, "2001:db8:ffff::1") && !six("2001:db8::", 32, "2001:db9::"));
        assert!(six("2001:db8::1", 128, "2001:db8::1") && !six("2001:db8::1", 128, "2001:db8::"));
        assert!(
            six("2001:db8::8000:0:0:1", 65, "2001:db8::8000:0:0:2")
                && !six("2001:db8::8000:0:0:1", 65, "2001:db8::1")
        );
        assert!(six("::1", 0, "ffff::"));
    }

    #[test]
    fn prefixes_compare_high_bits() {
        let prefixes = PrefixLengths { ip4: 31, ip6: 127 };
        assert!(prefixes.agree4([192, 0, 2, 0].into(), [192, 0, 2, 1].into()));
        assert!(!prefixes.agree4([192, 0, 2, 0].into(), [192, 0, 2, 2].into()));
        assert!(prefixes.agree6(Ipv6Addr::from_bits(2), Ipv6Addr::from_bits(3)));
        assert!(!PrefixLengths::DEFAULT.agree6(Ipv6Addr::from_bits(2), Ipv6Addr::from_bits(3)));
        assert!(PrefixLengths { ip4: 0, ip6: 0 }.agree4([1, 1, 1, 1].into(), [255, 1, 1, 1].into()));
    }
}
