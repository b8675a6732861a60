use std::fmt;

use compact_str::CompactString;

use super::tag_list::is_fws;
use crate::dns::DomainName;

/// The Agent or User Identifier, the `i=` tag (RFC 6376 §3.5): an address, or
/// `@` and a domain, at or below the SDID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Auid {
    /// Before the last `@`, decoded; empty where there is nothing.
    pub local_part: CompactString,
    /// After the last `@`.
    pub domain: DomainName,
}

impl Auid {
    /// An AUID without a local part: what an absent `i=` stands for.
    pub fn of_domain(domain: DomainName) -> Auid {
        Auid { local_part: CompactString::default(), domain }
    }

    /// Reads an address, or `@` and a domain.
    pub fn parse(text: &str) -> Option<Auid> {
        let (local_part, domain) = text.rsplit_once('@')?;
        Some(Auid { local_part: local_part.into(), domain: DomainName::parse(domain).ok()? })
    }

    /// Reads an `i=` value; `None` where it is not valid.
    pub(crate) fn from_value(value: &[u8]) -> Option<Auid> {
        let at = value.iter().rposition(|b| *b == b'@')?;
        let local_part = CompactString::from_utf8(dkim_quoted_printable(&value[..at])?).ok()?;
        Some(Auid { local_part, domain: DomainName::parse_octets(&value[at + 1..]).ok()? })
    }

    /// Writes it as the value of an `i=` tag.
    pub(crate) fn to_value(&self) -> String {
        use std::fmt::Write as _;
        let mut value = String::new();
        for c in self.local_part.chars() {
            // RFC 6376 §2.11: dkim-safe-char is any visible character but ";" and "=";
            // RFC 8616 §4 adds what is not ASCII.
            if !c.is_ascii() || (c.is_ascii_graphic() && !matches!(c, ';' | '=')) {
                value.push(c);
            } else {
                // A String takes every write.
                let _ = write!(value, "={:02X}", u32::from(c));
            }
        }
        value.push('@');
        value.push_str(self.domain.as_str());
        value
    }
}

impl fmt::Display for Auid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local_part, self.domain)
    }
}

/// Decodes dkim-quoted-printable (RFC 6376 §2.11): `=` and two capital
/// hexadecimal digits are an octet, FWS is nothing.
fn dkim_quoted_printable(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'=' {
            let [high, low, tail @ ..] = rest else { return None };
            let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
            octets.push(digit(*high)? << 4 | digit(*low)?);
            rest = tail;
        } else if !is_fws(*first) {
            octets.push(*first);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_values() {
        let check = |value: &str, expected: Option<&str>| {
            let auid = Auid::from_value(value.as_bytes());
            assert_eq!(auid.as_ref().map(Auid::to_string).as_deref(), expected, "{value:?}");
            if let Some(auid) = auid {
                assert_eq!(Auid::from_value(auid.to_value().as_bytes()), Some(auid), "{value:?}");
            }
        };
        check("@Example.com", Some("@example.com"));
        check("jo=20hn=3B@example.com", Some("jo hn;@example.com"));
        check("jo\r\n hn@example.com", Some("john@example.com"));
        check("a@b@example.com", Some("a@b@example.com"));
        check("佐藤@例え.テスト", Some("佐藤@xn--r8jz45g.xn--zckzah"));
        check("example.com", None);
        check("a=2@example.com", None);
        check("a=G0@example.com", None);
        check("a=FF@example.com", None);
        check("a@", None);
    }
}
