use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use postseal_core::spf::{Ip4Network, Ip6Network};

/// A network of IP addresses: `192.0.2.0/24`, `2001:db8::/32`, or one address.
/// An IPv4-mapped IPv6 address counts as IPv4, in a network and of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// IPv4.
    Ip4(Ip4Network),
    /// IPv6.
    Ip6(Ip6Network),
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NetworkError {
    /// What stands before the slash.
    #[error("not an IP address")]
    Address,
    /// What stands after it.
    #[error("the length of a network's prefix is a number from 0 to {max}")]
    Prefix {
        /// 32 or 128.
        max: u8,
    },
    /// `192.0.2.1/24`: it is not clear what is meant.
    #[error("the address has bits beyond the prefix; the network is {network}")]
    HostBits {
        /// What it would be without them.
        network: Network,
    },
}

impl Network {
    /// Whether the address lies in the network.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Network::Ip4(network), IpAddr::V4(address)) => network.contains(address),
            (Network::Ip6(network), IpAddr::V6(address)) => network.contains(address),
            _ => false,
        }
    }

    fn address(&self) -> IpAddr {
        match self {
            Network::Ip4(network) => network.address().into(),
            Network::Ip6(network) => network.address().into(),
        }
    }

    fn new(address: IpAddr, prefix: u8) -> Network {
        match address {
            IpAddr::V4(address) => Network::Ip4(Ip4Network::new(address, prefix)),
            IpAddr::V6(address) => Network::Ip6(Ip6Network::new(address, prefix)),
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Network, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let max = if written.is_ipv4() { 32 } else { 128 };
        let bits = match prefix {
            None => max,
            Some(digits) => prefix_length(digits, max).ok_or(NetworkError::Prefix { max })?,
        };
        let (address, bits) = canonical(written, bits);
        let network = Network::new(address, bits);
        if network.address() != address {
            return Err(NetworkError::HostBits { network });
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Network::Ip4(network) => network.fmt(f),
            Network::Ip6(network) => network.fmt(f),
        }
    }
}

/// `::ffff:192.0.2.0/120` is `192.0.2.0/24`.
fn canonical(address: IpAddr, bits: u8) -> (IpAddr, u8) {
    match address.to_canonical() {
        mapped @ IpAddr::V4(_) if address.is_ipv6() && bits >= MAPPED_BITS => (mapped, bits - MAPPED_BITS),
        _ => (address, bits),
    }
}

/// Decimal digits without sign or leading zero.
fn prefix_length(digits: &str, max: u8) -> Option<u8> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|bits| plain && *bits <= max)
}

/// Bits of `::ffff:0:0/96`.
const MAPPED_BITS: u8 = 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_networks() {
        let check = |text: &str, expected: Result<&str, NetworkError>| {
            let got: Result<Network, NetworkError> = text.parse();
            assert_eq!(got.map(|n| n.to_string()), expected.map(str::to_owned), "{text:?}");
        };
        check("192.0.2.0/24", Ok("192.0.2.0/24"));
        check("192.0.2.7", Ok("192.0.2.7"));
        check("0.0.0.0/0", Ok("0.0.0.0/0"));
        check("2001:DB8::/32", Ok("2001:db8::/32"));
        check("::ffff:192.0.2.0/120", Ok("192.0.2.0/24"));
        check("", Err(NetworkError::Address));
        check("192.0.2/24", Err(NetworkError::Address));
        check("192.0.2.0/33", Err(NetworkError::Prefix { max: 32 }));
        check("192.0.2.0/+8", Err(NetworkError::Prefix { max: 32 }));
        check("192.0.2.0/08", Err(NetworkError::Prefix { max: 32 }));
        check("::/129", Err(NetworkError::Prefix { max: 128 }));
        let network = "192.0.2.0/24".parse().expect("a network");
        check("192.0.2.1/24", Err(NetworkError::HostBits { network }));
    }

    #[test]
    fn contains_addresses() {
        let check = |network: &str, address: &str, expected: bool| {
            let network: Network = network.parse().expect("a network");
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(network.contains(address), expected, "{network} {address}");
        };
        check("192.0.2.0/24", "192.0.2.255", true);
        check("192.0.2.0/24", "::ffff:192.0.2.1", true);
        check("192.0.2.0/24", "192.0.3.0", false);
        check("2001:db8::/32", "2001:db8::1", true);
        check("::/0", "192.0.2.1", false);
    }
}
