use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What an address range that is never seen on the Internet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateRange {
    /// RFC 1918, and unique local addresses of RFC 4193.
    Private,
    /// 127.0.0.0/8 and ::1.
    Loopback,
    /// 169.254.0.0/16 and fe80::/10.
    LinkLocal,
    /// RFC 5737 and RFC 3849.
    Documentation,
}

/// A range of addresses of one family, both ends within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AddressRange {
    ip6: bool,
    first: u128,
    last: u128,
}

impl AddressRange {
    /// The network around an address; `prefix` in bits, 0 to 32.
    pub(super) fn ip4(address: Ipv4Addr, prefix: u8) -> AddressRange {
        let rest = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let first = address.to_bits() & !rest;
        AddressRange { ip6: false, first: first.into(), last: (first | rest).into() }
    }

    /// The network around an address; `prefix` in bits, 0 to 128.
    pub(super) fn ip6(address: Ipv6Addr, prefix: u8) -> AddressRange {
        let rest = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        let first = address.to_bits() & !rest;
        AddressRange { ip6: true, first, last: first | rest }
    }

    /// True where every address of the family is in it.
    pub(super) fn is_everything(self) -> bool {
        self.first == 0 && self.last == if self.ip6 { u128::MAX } else { u32::MAX.into() }
    }

    /// True for IPv4.
    pub(super) fn is_ip4(self) -> bool {
        !self.ip6
    }

    /// True where all of `other` is in it.
    pub(super) fn holds(self, other: AddressRange) -> bool {
        self.ip6 == other.ip6 && self.first <= other.first && other.last <= self.last
    }

    /// `ip4:` or `ip6:` with the network; a single address without its length.
    pub(super) fn as_term(self) -> String {
        let bits = if self.ip6 { 128 } else { 32 };
        // A network has 2^n addresses.
        let free = (self.last - self.first).count_ones();
        let length = if free == 0 { String::new() } else { format!("/{}", bits - free) };
        match u32::try_from(self.first) {
            Ok(first) if !self.ip6 => format!("ip4:{}{length}", Ipv4Addr::from(first)),
            _ => format!("ip6:{}{length}", Ipv6Addr::from(self.first)),
        }
    }

    /// What the range is for, where no mail can come from it on the Internet.
    pub(super) fn private(self) -> Option<PrivateRange> {
        let ranges = if self.ip6 { &PRIVATE_IP6[..] } else { &PRIVATE_IP4[..] };
        let found = ranges.iter().find(|(range, _)| range.holds(self));
        found.map(|(_, purpose)| *purpose)
    }
}

const PRIVATE_IP4: [(AddressRange, PrivateRange); 8] = [
    (ip4_range([10, 0, 0, 0], 8), PrivateRange::Private),
    (ip4_range([172, 16, 0, 0], 12), PrivateRange::Private),
    (ip4_range([192, 168, 0, 0], 16), PrivateRange::Private),
    (ip4_range([127, 0, 0, 0], 8), PrivateRange::Loopback),
    (ip4_range([169, 254, 0, 0], 16), PrivateRange::LinkLocal),
    (ip4_range([192, 0, 2, 0], 24), PrivateRange::Documentation),
    (ip4_range([198, 51, 100, 0], 24), PrivateRange::Documentation),
    (ip4_range([203, 0, 113, 0], 24), PrivateRange::Documentation),
];

const PRIVATE_IP6: [(AddressRange, PrivateRange); 5] = [
    (ip6_range(1, 128), PrivateRange::Loopback),
    (ip6_range(0xfe80 << 112, 10), PrivateRange::LinkLocal),
    (ip6_range(0xfc << 120, 7), PrivateRange::Private),
    (ip6_range(0x2001_0db8 << 96, 32), PrivateRange::Documentation),
    // RFC 9637
    (ip6_range(0x3fff << 112, 20), PrivateRange::Documentation),
];

const fn ip4_range([a, b, c, d]: [u8; 4], prefix: u8) -> AddressRange {
    let first = u32::from_be_bytes([a, b, c, d]);
    let last = first | (u32::MAX >> prefix);
    AddressRange { ip6: false, first: first as u128, last: last as u128 }
}

const fn ip6_range(first: u128, prefix: u8) -> AddressRange {
    let rest = if prefix == 128 { 0 } else { u128::MAX >> prefix };
    AddressRange { ip6: true, first, last: first | rest }
}

/// How many addresses are in one range or more.
pub(super) fn count(ranges: &[AddressRange]) -> u128 {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut total: u128 = 0;
    let mut reached: Option<AddressRange> = None;
    for range in sorted {
        // Networks lie within each other or apart, so the start decides.
        if !reached.is_some_and(|r| r.holds(range)) {
            total = total.saturating_add((range.last - range.first).saturating_add(1));
            reached = Some(range);
        }
    }
    total
}

/// The ranges in order, without those that lie in another one.
pub(super) fn without_held(ranges: &[AddressRange]) -> Vec<AddressRange> {
    let mut sorted = ranges.to_vec();
    // The wider of two with the same start comes first.
    sorted.sort_unstable_by_key(|range| (range.ip6, range.first, std::cmp::Reverse(range.last)));
    let mut kept: Vec<AddressRange> = Vec::new();
    for range in sorted {
        if !kept.last().is_some_and(|last| last.holds(range)) {
            kept.push(range);
        }
    }
    kept
}

/// For each owner that shares addresses with an earlier one: the two, the later
/// one second.
pub(super) fn overlaps(ranges: &[(AddressRange, usize)]) -> Vec<(usize, usize)> {
    let mut sorted = ranges.to_vec();
    // The wider of two with the same start comes first.
    sorted.sort_unstable_by_key(|(range, owner)| {
        (range.ip6, range.first, std::cmp::Reverse(range.last), *owner)
    });
    let mut around: Vec<(AddressRange, usize)> = Vec::new();
    let mut pairs = BTreeMap::new();
    for (range, owner) in sorted {
        while around.last().is_some_and(|(outer, _)| !outer.holds(range)) {
            around.pop();
        }
        for &(_, other) in around.iter().filter(|(_, other)| *other != owner) {
            pairs.entry(other.max(owner)).or_insert(other.min(owner));
        }
        // One of equal ranges is enough: what lies within them is found beside it.
        if around.last().is_none_or(|(outer, _)| *outer != range) {
            around.push((range, owner));
        }
    }
    pairs.into_iter().map(|(later, earlier)| (earlier, later)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        let (address, prefix) = text.split_once('/').expect("a network");
        let prefix = prefix.parse().expect("a length");
        match address.parse().expect("an address") {
            std::net::IpAddr::V4(address) => AddressRange::ip4(address, prefix),
            std::net::IpAddr::V6(address) => AddressRange::ip6(address, prefix),
        }
    }

    #[test]
    fn counts_each_address_once() {
        let check = |texts: &[&str], expected: u128| {
            let ranges: Vec<_> = texts.iter().map(|text| range(text)).collect();
            assert_eq!(count(&ranges), expected, "{texts:?}");
        };
        check(&[], 0);
        check(&["192.0.2.0/24", "192.0.2.128/25", "192.0.2.7/32"], 256);
        check(&["192.0.2.0/25", "192.0.2.128/25"], 256);
        check(&["0.0.0.0/0"], 1 << 32);
        check(&["0.0.0.0/0", "::/0"], u128::MAX);
    }

    #[test]
    fn finds_overlaps_of_different_owners() {
        let check = |texts: &[(&str, usize)], expected: &[(usize, usize)]| {
            let ranges: Vec<_> = texts.iter().map(|(text, owner)| (range(text), *owner)).collect();
            assert_eq!(overlaps(&ranges), expected, "{texts:?}");
        };
        check(&[("192.0.2.0/24", 0), ("192.0.2.7/32", 1)], &[(0, 1)]);
        check(&[("192.0.2.7/32", 0), ("192.0.2.0/24", 1)], &[(0, 1)]);
        check(&[("192.0.2.0/24", 0), ("192.0.2.7/32", 0)], &[]);
        check(&[("192.0.2.0/24", 0), ("192.0.3.0/24", 1), ("2001:db8::/32", 2)], &[]);
        check(&[("10.0.0.0/8", 0), ("10.0.0.0/8", 1), ("10.1.0.0/16", 2)], &[(0, 1), (0, 2)]);
    }

    #[test]
    fn knows_what_ranges_are_for() {
        let check = |text: &str, expected: Option<PrivateRange>| {
            assert_eq!(range(text).private(), expected, "{text}");
        };
        check("10.1.2.3/32", Some(PrivateRange::Private));
        check("172.31.0.0/16", Some(PrivateRange::Private));
        check("172.32.0.0/16", None);
        check("192.168.0.0/15", None);
        check("127.0.0.1/32", Some(PrivateRange::Loopback));
        check("169.254.1.1/32", Some(PrivateRange::LinkLocal));
        check("203.0.113.0/24", Some(PrivateRange::Documentation));
        check("8.8.8.8/32", None);
        check("::1/128", Some(PrivateRange::Loopback));
        check("fe80::1/128", Some(PrivateRange::LinkLocal));
        check("fd12::/48", Some(PrivateRange::Private));
        check("2001:db8::1/128", Some(PrivateRange::Documentation));
        check("2001:4860::/32", None);
    }
}
