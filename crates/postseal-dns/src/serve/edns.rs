/// What the OPT record of a query says (RFC 6891 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edns<'q> {
    /// Octets that the sender can take over UDP, as it says.
    pub(super) payload: u16,
    pub(super) version: u8,
    /// DNSSEC OK: goes back as it came (RFC 3225 §3).
    pub(super) dnssec_ok: bool,
    /// The first COOKIE option (RFC 7873 §5.2).
    pub(super) cookie: Option<&'q [u8]>,
}

impl<'q> Edns<'q> {
    /// From the CLASS, TTL and data of the record; `None` where options do not fit into it.
    pub(super) fn read(class: u16, ttl: [u8; 4], mut data: &'q [u8]) -> Option<Edns<'q>> {
        let [_extended_rcode, version, flags, _] = ttl;
        let mut edns = Edns { payload: class, version, dnssec_ok: flags & 0x80 != 0, cookie: None };
        while !data.is_empty() {
            let (head, rest) = data.split_first_chunk::<4>()?;
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let (option, rest) = rest.split_at_checked(length)?;
            if u16::from_be_bytes([head[0], head[1]]) == OPTION_COOKIE && edns.cookie.is_none() {
                edns.cookie = Some(option);
            }
            data = rest;
        }
        Some(edns)
    }
}

/// The OPT record of an answer. `cookie` is the client's and ours.
pub(super) fn push_opt(extended_rcode: u8, dnssec_ok: bool, cookie: Option<&[u8; 24]>, out: &mut Vec<u8>) {
    let [payload_high, payload_low] = MAX_UDP.to_be_bytes();
    let flags = if dnssec_ok { 0x80 } else { 0 };
    out.extend_from_slice(&[0, 0, TYPE_OPT, payload_high, payload_low, extended_rcode, 0, flags, 0]);
    match cookie {
        None => out.extend_from_slice(&[0, 0]),
        Some(cookie) => {
            let [option_high, option_low] = OPTION_COOKIE.to_be_bytes();
            out.extend_from_slice(&[0, 28, option_high, option_low, 0, 24]);
            out.extend_from_slice(cookie);
        }
    }
}

/// Octets of an answer over UDP at most, so that no path fragments it.
pub(super) const MAX_UDP: u16 = 1232;
/// The same for a sender without EDNS, and the least that one with EDNS can take
/// (RFC 1035 §4.2.1, RFC 6891 §6.2.3).
pub(super) const MIN_UDP: u16 = 512;
pub(super) const TYPE_OPT: u8 = 41;
const OPTION_COOKIE: u16 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_options() {
        let check = |data: &'static [u8], cookie: Option<Option<&'static [u8]>>| {
            let read = Edns::read(1232, [0, 0, 0x80, 0], data);
            assert_eq!(read.map(|e| (e.cookie, e.dnssec_ok)), cookie.map(|c| (c, true)), "{data:?}");
        };
        check(b"", Some(None));
        check(b"\0\x0a\0\x02ab", Some(Some(b"ab")));
        check(b"\0\x03\0\0\0\x0a\0\x01a\0\x0a\0\x01b", Some(Some(b"a")));
        check(b"\0\x0a\0\x03ab", None);
        check(b"\0\x0a\0", None);
        check(b"\0\x0a\0\x02abc", None);
    }
}
