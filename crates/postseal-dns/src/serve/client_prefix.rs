use std::net::IpAddr;

/// The network of a client, as far as limits are concerned: /24 of IPv4, /56 of IPv6.
/// Whoever forges or owns one address of it has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientPrefix(u64);

impl ClientPrefix {
    /// The network of this address; IPv4-mapped addresses are IPv4.
    pub fn of(address: IpAddr) -> ClientPrefix {
        match address.to_canonical() {
            // A prefix of 56 bits never has these.
            IpAddr::V4(address) => ClientPrefix(u64::from(address.to_bits() >> 8) | 0xffff << 48),
            IpAddr::V6(address) => {
                ClientPrefix(u64::try_from(address.to_bits() >> 72).expect("56 of 128 bits are left"))
            }
        }
    }

    pub(super) fn octets(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_network_or_not() {
        let check = |one: &str, other: &str, same: bool| {
            let prefix = |text: &str| ClientPrefix::of(text.parse().expect("an address"));
            assert_eq!(prefix(one) == prefix(other), same, "{one} {other}");
        };
        check("192.0.2.1", "192.0.2.254", true);
        check("192.0.2.1", "192.0.3.1", false);
        check("::ffff:192.0.2.1", "192.0.2.9", true);
        check("2001:db8:0:ff00::1", "2001:db8:0:ffff::1", true);
        check("2001:db8:0:fe00::1", "2001:db8:0:ff00::1", false);
        check("0.0.0.1", "::1", false);
    }
}
