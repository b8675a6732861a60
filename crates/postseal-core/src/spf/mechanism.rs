use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::term::{Fault, fault};
use super::{DomainSpec, Ip4Network, Ip6Network, PrefixLengths, TermError};

/// A mechanism (RFC 7208 §5). Where the domain is `None`, the domain whose
/// record it is takes its place (§4.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// "all": always matches.
    All,
    /// "include": matches where the record of that domain passes the client.
    Include(DomainSpec),
    /// "a": the domain's addresses.
    A(Option<DomainSpec>, PrefixLengths),
    /// "mx": the addresses of the domain's mail exchanges.
    Mx(Option<DomainSpec>, PrefixLengths),
    /// "ptr": the client's validated names at or below the domain.
    Ptr(Option<DomainSpec>),
    /// "ip4": an IPv4 network.
    Ip4(Ip4Network),
    /// "ip6": an IPv6 network.
    Ip6(Ip6Network),
    /// "exists": matches where the name has an IPv4 address.
    Exists(DomainSpec),
}

impl Mechanism {
    const NAMES: [&str; 8] = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];

    /// The name, in small letters.
    pub fn name(&self) -> &'static str {
        match self {
            Mechanism::All => "all",
            Mechanism::Include(_) => "include",
            Mechanism::A(..) => "a",
            Mechanism::Mx(..) => "mx",
            Mechanism::Ptr(_) => "ptr",
            Mechanism::Ip4(_) => "ip4",
            Mechanism::Ip6(_) => "ip6",
            Mechanism::Exists(_) => "exists",
        }
    }

    /// The domain-spec, where it has one.
    pub fn domain_spec(&self) -> Option<&DomainSpec> {
        match self {
            Mechanism::Include(spec) | Mechanism::Exists(spec) => Some(spec),
            Mechanism::A(spec, _) | Mechanism::Mx(spec, _) | Mechanism::Ptr(spec) => spec.as_ref(),
            Mechanism::All | Mechanism::Ip4(_) | Mechanism::Ip6(_) => None,
        }
    }

    /// True where it counts against [`super::MAX_LOOKUPS`] (§4.6.4).
    pub fn causes_queries(&self) -> bool {
        match self {
            Mechanism::Include(_)
            | Mechanism::A(..)
            | Mechanism::Mx(..)
            | Mechanism::Ptr(_)
            | Mechanism::Exists(_) => true,
            Mechanism::All | Mechanism::Ip4(_) | Mechanism::Ip6(_) => false,
        }
    }

    /// True where a mechanism has this name, in whatever case.
    pub(super) fn is_name(text: &str) -> bool {
        Mechanism::NAMES.iter().any(|name| name.eq_ignore_ascii_case(text))
    }

    /// Reads a mechanism, without its qualifier; `text` is graphic ASCII.
    pub(super) fn parse(text: &str) -> Result<Mechanism, Fault> {
        let end = text.bytes().position(|b| matches!(b, b':' | b'/')).unwrap_or(text.len());
        let (name, argument) = text.split_at(end);
        let mut small = [0; 8];
        let small = small.get_mut(..name.len()).ok_or(fault(TermError::UnknownMechanism))?;
        small.copy_from_slice(name.as_bytes());
        small.make_ascii_lowercase();
        let mechanism = match &*small {
            b"all" if argument.is_empty() => Ok(Mechanism::All),
            b"all" => Err(fault(TermError::UnexpectedArgument)),
            b"include" => needed(argument).and_then(DomainSpec::parse).map(Mechanism::Include),
            b"exists" => needed(argument).and_then(DomainSpec::parse).map(Mechanism::Exists),
            b"a" => host(argument).map(|(spec, prefixes)| Mechanism::A(spec, prefixes)),
            b"mx" => host(argument).map(|(spec, prefixes)| Mechanism::Mx(spec, prefixes)),
            b"ptr" => optional_domain(argument).map(Mechanism::Ptr),
            b"ip4" => needed(argument).and_then(ip4).map(Mechanism::Ip4),
            b"ip6" => needed(argument).and_then(ip6).map(Mechanism::Ip6),
            _ => Err(fault(TermError::UnknownMechanism)),
        };
        // Places in an argument are counted after its colon.
        mechanism.map_err(|f| f.shifted(end + 1))
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Some(spec) = self.domain_spec() {
            write!(f, ":{spec}")?;
        }
        match self {
            Mechanism::A(_, prefixes) | Mechanism::Mx(_, prefixes) => prefixes.fmt(f),
            Mechanism::Ip4(network) => write!(f, ":{network}"),
            Mechanism::Ip6(network) => write!(f, ":{network}"),
            Mechanism::All | Mechanism::Include(_) | Mechanism::Ptr(_) | Mechanism::Exists(_) => Ok(()),
        }
    }
}

/// What follows the colon, which must be there.
fn needed(argument: &str) -> Result<&str, Fault> {
    match argument.strip_prefix(':') {
        Some(value) => Ok(value),
        None if argument.is_empty() => Err(fault(TermError::MissingArgument)),
        None => Err(fault(TermError::UnexpectedArgument)),
    }
}

/// `[ ":" domain-spec ]`
fn optional_domain(argument: &str) -> Result<Option<DomainSpec>, Fault> {
    if argument.is_empty() {
        return Ok(None);
    }
    let value = argument.strip_prefix(':').ok_or(fault(TermError::UnexpectedArgument))?;
    DomainSpec::parse(value).map(Some)
}

/// `[ ":" domain-spec ] [ dual-cidr-length ]`
fn host(argument: &str) -> Result<(Option<DomainSpec>, PrefixLengths), Fault> {
    // A slash may be part of a domain-spec: only digits after the last one make
    // it a prefix length. No domain-spec ends in a slash and digits.
    let (rest, last) = split_prefix(argument);
    let (domain, ip4, ip6) = match (last, rest.strip_suffix('/')) {
        (Some(ip6), Some(rest)) => {
            let (domain, ip4) = split_prefix(rest);
            (domain, ip4, Some(ip6))
        }
        (ip4, _) => (rest, ip4, None),
    };
    let default = PrefixLengths::DEFAULT;
    let prefixes = PrefixLengths {
        ip4: ip4.map_or(Ok(default.ip4), |digits| prefix_length(digits, default.ip4))?,
        ip6: ip6.map_or(Ok(default.ip6), |digits| prefix_length(digits, default.ip6))?,
    };
    Ok((optional_domain(domain)?, prefixes))
}

/// Cuts a slash and digits off the end.
fn split_prefix(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once('/') {
        Some((rest, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            (rest, Some(digits))
        }
        _ => (text, None),
    }
}

fn prefix_length(digits: &str, largest: u8) -> Result<u8, Fault> {
    // RFC 7208 §5.6: "ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT) ; value
    // range 0-32". Erratum 4453: the range counts, not the number of digits.
    let bad = fault(TermError::PrefixLength);
    if digits.is_empty()
        || digits.bytes().any(|b| !b.is_ascii_digit())
        || (digits.len() > 1 && digits.starts_with('0'))
    {
        return Err(bad);
    }
    match digits.parse() {
        Ok(length) if length <= largest => Ok(length),
        _ => Err(bad),
    }
}

/// `ip4-network [ ip4-cidr-length ]`
fn ip4(value: &str) -> Result<Ip4Network, Fault> {
    let (address, prefix) = match value.split_once('/') {
        Some((address, digits)) => (address, prefix_length(digits, 32)?),
        None => (value, 32),
    };
    let address: Ipv4Addr = address.parse().map_err(|_| fault(TermError::Ip4Address))?;
    Ok(Ip4Network::new(address, prefix))
}

/// `ip6-network [ ip6-cidr-length ]`
fn ip6(value: &str) -> Result<Ip6Network, Fault> {
    let (address, prefix) = match value.split_once('/') {
        Some((address, digits)) => (address, prefix_length(digits, 128)?),
        None => (value, 128),
    };
    let address: Ipv6Addr = address.parse().map_err(|_| fault(TermError::Ip6Address))?;
    Ok(Ip6Network::new(address, prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let check = |text: &str, expected: Result<&str, TermError>| {
            let written = Mechanism::parse(text).map(|m| m.to_string()).map_err(|f| f.error);
            assert_eq!(written.as_deref().map_err(|e| *e), expected, "{text:?}");
        };
        check("all", Ok("all"));
        check("ALL", Ok("all"));
        check("a", Ok("a"));
        check("a/24", Ok("a/24"));
        check("a//64", Ok("a//64"));
        check("a/24//64", Ok("a/24//64"));
        check("a/0//0", Ok("a/0//0"));
        check("mx:example.com/24", Ok("mx:example.com/24"));
        check("a:foo:bar/baz.example.com", Ok("a:foo:bar/baz.example.com"));
        check("a:%{d/}", Ok("a:%{d/}"));
        check("a:%{d}//64", Ok("a:%{d}//64"));
        check("ptr", Ok("ptr"));
        check("ptr:example.com", Ok("ptr:example.com"));
        check("ip4:192.0.2.1", Ok("ip4:192.0.2.1"));
        check("ip4:192.0.2.1/24", Ok("ip4:192.0.2.0/24"));
        check("ip4:192.0.2.1/0", Ok("ip4:0.0.0.0/0"));
        check("ip6:2001:DB8::1", Ok("ip6:2001:db8::1"));
        check("ip6:::1.1.1.1/0", Ok("ip6:::/0"));
        check("ip6:Cafe:Babe:8000::/33", Ok("ip6:cafe:babe:8000::/33"));
        check("all.", Err(TermError::UnknownMechanism));
        check("all:foo", Err(TermError::UnexpectedArgument));
        check("all/8", Err(TermError::UnexpectedArgument));
        check("ptr/0", Err(TermError::UnexpectedArgument));
        check("include/8", Err(TermError::UnexpectedArgument));
        check("include", Err(TermError::MissingArgument));
        check("include:", Err(TermError::EmptyDomain));
        check("a:", Err(TermError::EmptyDomain));
        check("a:/24", Err(TermError::EmptyDomain));
        check("a/", Err(TermError::UnexpectedArgument));
        check("a/33", Err(TermError::PrefixLength));
        check("a//129", Err(TermError::PrefixLength));
        check("a/24/64", Err(TermError::PrefixLength));
        check("a/24/16", Err(TermError::UnexpectedArgument));
        check("a///64", Err(TermError::UnexpectedArgument));
        check("a:example.com:8080", Err(TermError::DomainEnd));
        check("exists:%{d}/24", Err(TermError::DomainEnd));
        check("ip4", Err(TermError::MissingArgument));
        check("ip4:1.2.3", Err(TermError::Ip4Address));
        check("ip4:01.2.3.4", Err(TermError::Ip4Address));
        check("ip4:1.2.3.4:8080", Err(TermError::Ip4Address));
        check("ip4:1.2.3.4/", Err(TermError::PrefixLength));
        check("ip4:1.2.3.4/33", Err(TermError::PrefixLength));
        check("ip4:1.2.3.4/032", Err(TermError::PrefixLength));
        check("ip4:1.2.3.4/+8", Err(TermError::PrefixLength));
        check("ip4:1.2.3.4//32", Err(TermError::PrefixLength));
        check("ip6:::1.1.1.1/129", Err(TermError::PrefixLength));
        check("ip6::CAFE::BABE", Err(TermError::Ip6Address));
        check("ip6:fe80::1%eth0", Err(TermError::Ip6Address));
        check("moo", Err(TermError::UnknownMechanism));
        check("averylongname", Err(TermError::UnknownMechanism));
        check("", Err(TermError::UnknownMechanism));
    }
}
