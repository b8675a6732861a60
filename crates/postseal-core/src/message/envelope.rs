use std::net::IpAddr;

use compact_str::CompactString;

use crate::dns::DomainName;

/// What the SMTP session said about one message.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// The client's address. An IPv4-mapped IPv6 address counts as IPv4.
    pub client: IpAddr,
    /// The argument of HELO or EHLO.
    pub helo: HeloIdentity,
    /// The reverse-path.
    pub mail_from: MailFrom,
}

/// The argument of HELO or EHLO, as given, and the domain where it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeloIdentity {
    /// As the client said it.
    pub text: CompactString,
    /// The domain name; `None` for an address literal or what is no name.
    pub domain: Option<DomainName>,
}

impl HeloIdentity {
    /// Reads a HELO argument; never fails.
    pub fn new(text: &str) -> HeloIdentity {
        HeloIdentity { text: CompactString::new(text), domain: DomainName::parse(text).ok() }
    }
}

/// The reverse-path of MAIL FROM (RFC 5321 §4.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailFrom {
    /// `<>`: the identity to check is `postmaster@` and the HELO domain (RFC 7208 §2.4).
    Null,
    /// An address.
    Address {
        /// Before the last `@`, as given; empty where there was none.
        local_part: CompactString,
        /// After the last `@`, as given.
        domain_text: CompactString,
        /// The domain name; `None` where the text is none.
        domain: Option<DomainName>,
    },
}

impl MailFrom {
    /// Reads a reverse-path, with or without angle brackets; never fails. An
    /// empty text is the null reverse-path. Without `@` the whole is a domain
    /// (RFC 7208 §4.3: the local part is then `postmaster`).
    pub fn new(text: &str) -> MailFrom {
        let text = text.trim();
        let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
        if text.is_empty() {
            return MailFrom::Null;
        }
        let (local_part, domain_text) = text.rsplit_once('@').unwrap_or(("", text));
        MailFrom::Address {
            local_part: CompactString::new(local_part),
            domain_text: CompactString::new(domain_text),
            domain: DomainName::parse(domain_text).ok(),
        }
    }

    /// The domain, where there is a usable one.
    pub fn domain(&self) -> Option<&DomainName> {
        match self {
            MailFrom::Null => None,
            MailFrom::Address { domain, .. } => domain.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_reverse_paths() {
        assert_eq!(MailFrom::new(""), MailFrom::Null);
        assert_eq!(MailFrom::new("<>"), MailFrom::Null);
        let MailFrom::Address { local_part, domain, .. } = MailFrom::new("<\"a@b\"@Example.com>") else {
            panic!("an address");
        };
        assert_eq!(local_part, "\"a@b\"");
        assert_eq!(domain, DomainName::parse("example.com").ok());
        assert_eq!(MailFrom::new("a@[192.0.2.1]").domain(), None);
    }
}
