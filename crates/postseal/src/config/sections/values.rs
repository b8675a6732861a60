//! Values of the file, from their texts.

use std::net::{IpAddr, SocketAddr};

use postseal_core::dkim::{Canonicalization, Selector, SignedNames};
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_core::spf;
use postseal_store::KeySource;

use crate::config::fault::FaultKind;
use crate::config::source::Source;
use crate::config::{MilterAddress, Network};
use crate::signing::LoginPattern;
use crate::system_group::SystemGroup;

pub(super) fn domain(text: &str) -> Result<DomainName, FaultKind> {
    DomainName::parse(text).map_err(|error| FaultKind::Domain { value: text.to_owned(), error })
}

pub(super) fn selector(text: &str) -> Result<Selector, FaultKind> {
    Selector::parse(text).map_err(|error| FaultKind::Selector { value: text.to_owned(), error })
}

pub(super) fn network(text: &str) -> Result<Network, FaultKind> {
    text.parse().map_err(|error| FaultKind::Network { value: text.to_owned(), error })
}

pub(super) fn login(text: &str) -> Result<LoginPattern, FaultKind> {
    text.parse().map_err(FaultKind::Login)
}

/// `relaxed/relaxed`: header section and body, both written out. A word alone is not
/// taken, because `c=relaxed` means a simple body (RFC 6376 §3.5) and few expect it.
pub(super) fn canonicalization(text: &str) -> Result<(Canonicalization, Canonicalization), FaultKind> {
    let form = |word: &str| {
        [Canonicalization::Relaxed, Canonicalization::Simple].into_iter().find(|form| form.as_str() == word)
    };
    let forms = text.split_once('/').and_then(|(header, body)| Some((form(header)?, form(body)?)));
    forms.ok_or_else(|| FaultKind::Canonicalization { value: text.to_owned() })
}

pub(super) fn headers(text: &str) -> Result<SignedNames, FaultKind> {
    SignedNames::parse(text).map_err(FaultKind::Headers)
}

/// `unix:PATH`, `inet:ADDRESS:PORT` or `systemd:NAME`. Addresses are numbers: a name
/// that the DNS has to find is no firm ground for a mail server.
pub(super) fn milter_address(text: &str, source: &Source) -> Result<MilterAddress, FaultKind> {
    let wrong = || FaultKind::ListenAddress { value: text.to_owned() };
    match text.split_once(':') {
        Some(("unix", path)) if !path.is_empty() => Ok(MilterAddress::Unix(source.path(path))),
        Some(("systemd", name)) if !name.is_empty() => Ok(MilterAddress::Systemd(name.to_owned())),
        Some(("inet", address)) => address.parse().map(MilterAddress::Tcp).map_err(|_| wrong()),
        _ => Err(wrong()),
    }
}

pub(super) fn http_address(text: &str) -> Result<SocketAddr, FaultKind> {
    text.parse().map_err(|_| FaultKind::HttpAddress { value: text.to_owned() })
}

/// `ADDRESS:PORT`, or an address alone for port 53.
pub(super) fn name_server(text: &str) -> Result<SocketAddr, FaultKind> {
    let address = text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)));
    address.map_err(|_| FaultKind::NameServer { value: text.to_owned() })
}

pub(super) fn organisation(text: &str) -> Result<OrganisationName, FaultKind> {
    OrganisationName::parse(text).map_err(|error| FaultKind::Organisation { value: text.to_owned(), error })
}

pub(super) fn address(text: &str) -> Result<IpAddr, FaultKind> {
    text.parse().map_err(|_| FaultKind::Address { value: text.to_owned() })
}

/// One SPF mechanism of those who may send: `ip4:192.0.2.25`, `include:spf.example.net`.
pub(super) fn sender(text: &str) -> Result<String, FaultKind> {
    let wrong = || FaultKind::Sender { value: text.to_owned() };
    let record = spf::Record::parse(format!("v=spf1 {text} -all").as_bytes());
    let [sender, _all] = record.directives() else { return Err(wrong()) };
    let whole = record.redirect().is_none() && record.findings().is_empty();
    let passes = sender.qualifier == spf::Qualifier::Pass && sender.mechanism != spf::Mechanism::All;
    if whole && passes { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// `file:PATH`, `env:NAME` or `credential:NAME`.
pub(super) fn key_source(text: &str, source: &Source) -> Result<KeySource, FaultKind> {
    match text.split_once(':') {
        Some(("file", path)) if !path.is_empty() => Ok(KeySource::File(source.path(path))),
        Some(("env", name)) if !name.is_empty() => Ok(KeySource::Environment(name.to_owned())),
        Some(("credential", name)) if !name.is_empty() => Ok(KeySource::Credential(name.to_owned())),
        _ => Err(FaultKind::KeySource),
    }
}

/// What refusals name: an address or a URL. It stands in an SMTP reply, so it is
/// printable ASCII without blanks.
pub(super) fn contact(text: &str) -> Result<String, FaultKind> {
    let can_stand = (1..=200).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic());
    let can_be_used = text.contains('@') || text.starts_with("https://") || text.starts_with("http://");
    if can_stand && can_be_used {
        Ok(text.to_owned())
    } else {
        Err(FaultKind::Contact { value: text.to_owned() })
    }
}

/// Any text but none.
pub(super) fn filled(text: &str) -> Result<String, FaultKind> {
    if text.is_empty() { Err(FaultKind::EmptyText) } else { Ok(text.to_owned()) }
}

/// A group of the system: its name in `/etc/group`, or its number.
pub(super) fn group(text: &str) -> Result<u32, FaultKind> {
    let by_name = || SystemGroup::find(text).map(|group| group.gid);
    text.parse().ok().or_else(by_name).ok_or_else(|| FaultKind::Group { value: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn reads_listeners() {
        let source = Source::new(Arc::from(Path::new("/etc/postseal/postseal.toml")), String::new());
        let check = |text: &str, expected: Option<&str>| {
            let got = milter_address(text, &source).ok().map(|address| address.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("unix:/run/postseal/milter.sock", Some("unix:/run/postseal/milter.sock"));
        check("unix:milter.sock", Some("unix:/etc/postseal/milter.sock"));
        check("inet:127.0.0.1:8891", Some("inet:127.0.0.1:8891"));
        check("inet:[::1]:8891", Some("inet:[::1]:8891"));
        check("systemd:milter", Some("systemd:milter"));
        check("inet:localhost:8891", None);
        check("inet:8891@localhost", None);
        check("127.0.0.1:8891", None);
        check("unix:", None);
        check("", None);
    }

    #[test]
    fn reads_canonicalizations() {
        let check = |text: &str, expected: Option<&str>| {
            let got = canonicalization(text).ok().map(|(header, body)| format!("{header}/{body}"));
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("relaxed/relaxed", Some("relaxed/relaxed"));
        check("simple/relaxed", Some("simple/relaxed"));
        check("relaxed", None);
        check("relaxed/", None);
        check("Relaxed/simple", None);
        check("relaxed/simple/x", None);
    }

    #[test]
    fn reads_contacts() {
        let check = |text: &str, expected: bool| assert_eq!(contact(text).is_ok(), expected, "{text:?}");
        check("postmaster@example.net", true);
        check("https://example.net/mail", true);
        check("postmaster", false);
        check("a@b\r\n250 ok", false);
        check("a @b", false);
        check("管理者@example.net", false);
        check("", false);
    }

    #[test]
    fn reads_senders() {
        let check = |text: &str, expected: bool| assert_eq!(sender(text).is_ok(), expected, "{text:?}");
        check("ip4:192.0.2.25", true);
        check("ip6:2001:db8::/32", true);
        check("include:spf.example.net", true);
        check("a:mail.example.net", true);
        check("-ip4:192.0.2.25", false);
        check("all", false);
        check("ip4:192.0.2.25 ip4:192.0.2.26", false);
        check("redirect=spf.example.net", false);
        check("ip4:nonsense", false);
        check("192.0.2.25", false);
        check("\"ip4:192.0.2.25\"", false);
        check("", false);
    }

    #[test]
    fn reads_key_sources() {
        let source = Source::new(Arc::from(Path::new("/etc/postseal/postseal.toml")), String::new());
        let check = |text: &str, expected: Option<&str>| {
            let got = key_source(text, &source).ok().map(|source| source.to_string());
            assert_eq!(got.as_deref(), expected, "{text:?}");
        };
        check("file:/k", Some("the file /k"));
        check("file:k", Some("the file /etc/postseal/k"));
        check("env:POSTSEAL_KEY", Some("the environment variable POSTSEAL_KEY"));
        check("credential:kek", Some("the systemd credential kek"));
        check("/k", None);
        check("file:", None);
        check("0011223344556677889900112233445566778899001122334455667788990011", None);
    }

    #[test]
    fn finds_groups() {
        assert_eq!(group("115").ok(), Some(115));
        assert!(group("no such group").is_err());
    }
}
