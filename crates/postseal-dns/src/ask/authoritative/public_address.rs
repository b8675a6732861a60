use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// True for an address that a name server on the Internet can have: whoever owns a zone may
/// name any address, and must not make us ask within our own networks.
///
/// The special-purpose registries of RFC 6890 as of 2026, multicast and what is not assigned
/// are left out; so are prefixes of IPv6 that carry an IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOT_PUBLIC_V4.iter().any(|net| within_v4(address, *net)),
        IpAddr::V6(address) => {
            within_v6(address, GLOBAL_V6) && !NOT_PUBLIC_V6.iter().any(|net| within_v6(address, *net))
        }
    }
}

fn within_v4(address: Ipv4Addr, (net, bits): ([u8; 4], u32)) -> bool {
    (address.to_bits() ^ u32::from_be_bytes(net)) >> (32 - bits) == 0
}

fn within_v6(address: Ipv6Addr, (net, bits): (u128, u32)) -> bool {
    (address.to_bits() ^ net) >> (128 - bits) == 0
}

const NOT_PUBLIC_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];
/// 2000::/3, what is assigned to the Internet.
const GLOBAL_V6: (u128, u32) = (0x2000 << 112, 3);
/// IETF protocols (2001::/23), documentation (2001:db8::/32, 3fff::/20), 6to4 (2002::/16).
const NOT_PUBLIC_V6: [(u128, u32); 4] =
    [(0x2001 << 112, 23), (0x2001_0db8 << 96, 32), (0x3fff << 112, 20), (0x2002 << 112, 16)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_or_not() {
        let check = |text: &str, public: bool| {
            assert_eq!(is_public(text.parse().expect("an address")), public, "{text}");
        };
        for public in ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1"] {
            check(public, true);
        }
        for public in ["2001:4860:4860::8888", "2a00:1450::1", "2620:fe::fe", "::ffff:8.8.8.8"] {
            check(public, true);
        }
        for inner in ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.53", "169.254.169.254", "172.31.9.9"] {
            check(inner, false);
        }
        for inner in ["192.0.0.8", "192.168.1.1", "198.19.0.1", "224.0.0.1", "255.255.255.255", "203.0.113.9"]
        {
            check(inner, false);
        }
        for inner in
            ["::", "::1", "fe80::1", "fc00::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::1"]
        {
            check(inner, false);
        }
        for inner in ["2001:db8::1", "2001::1", "2002:a00:1::1", "3fff::1", "4000::1"] {
            check(inner, false);
        }
    }
}
