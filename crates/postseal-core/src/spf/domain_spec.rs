use std::fmt;

use super::TermError;
use super::macro_string::{MacroContext, MacroString};
use super::term::{Fault, fault};
use crate::dns::DomainName;

/// A domain-spec (RFC 7208 §7.1), read as far as it can be without an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainSpec {
    /// A domain name without macros.
    Name(DomainName),
    /// No macros, the grammar of RFC 7208, but no domain name: an empty label or
    /// one of more than 63 octets. §4.8 leaves open what that means.
    NoName(Box<str>),
    /// With macros: the name is made for each message.
    Macros(Box<MacroString>),
}

impl DomainSpec {
    /// Reads a domain-spec; `text` is printable ASCII.
    pub(super) fn parse(text: &str) -> Result<DomainSpec, Fault> {
        if text.is_empty() {
            return Err(fault(TermError::EmptyDomain));
        }
        if memchr::memchr(b'%', text.as_bytes()).is_none() {
            if !ends_in_top_label(text) {
                return Err(fault(TermError::DomainEnd));
            }
            let name = DomainName::from_expansion(text);
            return Ok(name.map_or_else(|_| DomainSpec::NoName(text.into()), DomainSpec::Name));
        }
        let string = MacroString::parse(text.as_bytes(), MacroContext::DomainSpec)?;
        // RFC 7208 §7.1: "domain-end = ( "." toplabel [ "." ] ) / macro-expand".
        let end_is_good = match string.segments().last() {
            Some(super::Segment::Literal(literal)) => ends_in_top_label(literal),
            _ => true,
        };
        if end_is_good { Ok(DomainSpec::Macros(Box::new(string))) } else { Err(fault(TermError::DomainEnd)) }
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DomainSpec::Name(name) => name.fmt(f),
            DomainSpec::NoName(text) => f.write_str(text),
            DomainSpec::Macros(string) => string.fmt(f),
        }
    }
}

/// True where the text ends in a dot, a top label and perhaps a last dot.
fn ends_in_top_label(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let Some((_, label)) = text.rsplit_once('.') else { return false };
    let label = label.as_bytes();
    // RFC 7208 §7.1: "toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum
    // "-" *( alphanum / "-" ) alphanum )": letters, digits and hyphens, none at
    // either end, not digits alone.
    let [first, .., last] = label else { return label.first().is_some_and(u8::is_ascii_alphabetic) };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && label.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && !label.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_labels() {
        let check = |text: &str, expected: bool| assert_eq!(ends_in_top_label(text), expected, "{text:?}");
        check("example.com", true);
        check("example.com.", true);
        check(".com", true);
        check("a..com", true);
        check("foo:bar/baz.example.com", true);
        check("example.xn--zckzah", true);
        check("example.1-2", true);
        check("example.a", true);
        check("museum", false);
        check("museum.", false);
        check("example.com..", false);
        check("abc.123", false);
        check("111.222.33.44", false);
        check("example.-com", false);
        check("example.com-", false);
        check("example.com:8080", false);
        check("ip5.example.com/24", false);
        check("example.1", false);
        check("example._tcp", false);
    }

    #[test]
    fn kinds() {
        let kind = |text: &str| match DomainSpec::parse(text).map_err(|f| f.error) {
            Ok(DomainSpec::Name(name)) => format!("name {name}"),
            Ok(DomainSpec::NoName(text)) => format!("no name {text}"),
            Ok(DomainSpec::Macros(string)) => format!("macros {string}"),
            Err(error) => format!("{error:?}"),
        };
        assert_eq!(kind("Example.COM."), "name example.com");
        assert_eq!(kind("a..com"), "no name a..com");
        assert_eq!(kind("%{d}.com"), "macros %{d}.com");
        assert_eq!(kind("foo.%{d}"), "macros foo.%{d}");
        assert_eq!(kind("%{d}com"), "DomainEnd");
        assert_eq!(kind("%{d}/24"), "DomainEnd");
        assert_eq!(kind(""), "EmptyDomain");
    }
}
