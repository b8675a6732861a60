//! What the owner of a domain types at the DNS host, read as registrars read it: nothing is known in advance, mistakes
//! are taken where a registrar takes them, and something is said about them.

use std::net::Ipv4Addr;

use postseal_core::dns::{DomainName, RecordData, TxtRecord};

use super::dns_host::HostedRecord;

/// The four fields of the form, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) host: String,
    pub(crate) value: String,
    pub(crate) ttl: String,
}

/// A record that is registered, and what its owner may want to know.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Accepted {
    pub(super) name: DomainName,
    pub(super) ttl: u32,
    pub(super) data: RecordData,
    pub(super) advice: Vec<Advice>,
}

/// A mistake that a DNS host takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// The domain stands in the host name, and the DNS host has added it once more.
    DoubledSuffix { registered: String, meant: String },
    /// Quotation marks around the text, which the DNS host puts there itself.
    Quotes,
    /// A text that is a name: DKIM follows a CNAME.
    NameAsText,
    /// Two records of one kind, of which there may be one: SPF or DMARC.
    Second { what: &'static str },
    /// A DMARC record that is not at `_dmarc`.
    DmarcElsewhere { at: String },
    /// A text at `_dmarc` that is no DMARC record.
    NotDmarc,
    /// Marks of word processors in place of plain ones.
    CurlyQuotes,
}

/// Why a DNS host does not take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntryError {
    UnknownType,
    Host(String),
    OtherZone(String),
    NoValue,
    NotAName(String),
    TextAsName,
    NotAnAddress(String),
    TooLong,
    Ttl,
    /// A CNAME stands alone at its name.
    AliasBesideData(String),
    Full,
}

/// Reads what was typed for this zone, which has these records already.
pub(super) fn read(entry: &Entry, zone: &str, known: &[HostedRecord]) -> Result<Accepted, EntryError> {
    let ttl = ttl(&entry.ttl)?;
    let mut advice = Vec::new();
    let name = name(&entry.host, zone, &mut advice)?;
    let value = entry.value.trim();
    if value.is_empty() {
        return Err(EntryError::NoValue);
    }
    let data = match entry.kind.as_str() {
        "TXT" => text(value, &mut advice)?,
        "CNAME" => RecordData::Cname(target(value)?),
        "A" => {
            RecordData::A(value.parse::<Ipv4Addr>().map_err(|_| EntryError::NotAnAddress(value.to_owned()))?)
        }
        _ => return Err(EntryError::UnknownType),
    };
    let at_name = || known.iter().filter(|record| record.name == name);
    let alias = |data: &RecordData| matches!(data, RecordData::Cname(_));
    let is_apex = name.as_str() == zone;
    if (alias(&data) && (is_apex || at_name().next().is_some()))
        || at_name().any(|record| alias(&record.data))
    {
        return Err(EntryError::AliasBesideData(name.to_string()));
    }
    if let RecordData::Txt(text) = &data {
        look_at_text(&String::from_utf8_lossy(&text.octets), &name, zone, known, &mut advice);
    }
    Ok(Accepted { name, ttl, data, advice })
}

fn ttl(text: &str) -> Result<u32, EntryError> {
    let ttl: u32 = text.trim().parse().map_err(|_| EntryError::Ttl)?;
    (60..=604_800).contains(&ttl).then_some(ttl).ok_or(EntryError::Ttl)
}

/// Relative to the zone, whatever it looks like; `@` is the zone itself, and a final dot says that the name is whole.
fn name(host: &str, zone: &str, advice: &mut Vec<Advice>) -> Result<DomainName, EntryError> {
    let host = host.trim().to_ascii_lowercase();
    let wrong = || EntryError::Host(host.clone());
    let whole = match host.strip_suffix('.') {
        _ if host.is_empty() || host == "@" => zone.to_owned(),
        Some(whole) => whole.to_owned(),
        None => format!("{host}.{zone}"),
    };
    let name = DomainName::parse(&whole).map_err(|_| wrong())?;
    let origin = DomainName::parse(zone).map_err(|_| wrong())?;
    if !name.is_at_or_below(&origin) {
        return Err(EntryError::OtherZone(name.to_string()));
    }
    if !host.ends_with('.') && (host == zone || host.ends_with(&format!(".{zone}"))) {
        let meant = host.strip_suffix(zone).map_or("", |front| front.trim_end_matches('.'));
        let meant = if meant.is_empty() { "@" } else { meant }.to_owned();
        advice.push(Advice::DoubledSuffix { registered: name.to_string(), meant });
    }
    Ok(name)
}

fn text(value: &str, advice: &mut Vec<Advice>) -> Result<RecordData, EntryError> {
    let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(inside) => {
            advice.push(Advice::Quotes);
            inside
        }
        None => value,
    };
    if value.contains(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
        advice.push(Advice::CurlyQuotes);
    }
    if value.len() > MAX_TEXT || value.contains(char::is_control) {
        return Err(EntryError::TooLong);
    }
    let strings: Vec<&[u8]> = value.as_bytes().chunks(255).collect();
    Ok(RecordData::Txt(TxtRecord::from_strings(&strings)))
}

fn target(value: &str) -> Result<DomainName, EntryError> {
    if value.starts_with("v=") {
        return Err(EntryError::TextAsName);
    }
    let name = value.strip_suffix('.').unwrap_or(value);
    DomainName::parse(name).map_err(|_| EntryError::NotAName(value.to_owned()))
}

fn look_at_text(text: &str, name: &DomainName, zone: &str, known: &[HostedRecord], advice: &mut Vec<Advice>) {
    let is_dmarc_name = name.as_str() == format!("_dmarc.{zone}");
    let begins = |text: &str, version: &str| {
        text.get(..version.len()).is_some_and(|front| front.eq_ignore_ascii_case(version))
    };
    let already = |version: &str| {
        known.iter().any(|record| match &record.data {
            RecordData::Txt(known) => {
                record.name == *name && begins(&String::from_utf8_lossy(&known.octets), version)
            }
            _ => false,
        })
    };
    for (what, version) in [("SPF", "v=spf1"), ("DMARC", "v=DMARC1")] {
        if begins(text, version) && already(version) {
            advice.push(Advice::Second { what });
        }
    }
    if begins(text, "v=DMARC1") && !is_dmarc_name {
        advice.push(Advice::DmarcElsewhere { at: name.to_string() });
    }
    if is_dmarc_name && !begins(text, "v=DMARC1") {
        advice.push(Advice::NotDmarc);
    }
    let looks_like_a_name = !text.contains(['=', ' ']) && text.contains('.');
    if name.as_str().contains("._domainkey.") && looks_like_a_name {
        advice.push(Advice::NameAsText);
    }
}

/// Octets of a text.
const MAX_TEXT: usize = 2_000;

#[cfg(test)]
mod tests {
    use postseal_dns::master_file::write_data;

    use super::*;

    fn entry(kind: &str, host: &str, value: &str) -> Entry {
        Entry { kind: kind.into(), host: host.into(), value: value.into(), ttl: "3600".into() }
    }

    fn read(kind: &str, host: &str, value: &str) -> Result<Accepted, EntryError> {
        super::read(&entry(kind, host, value), "contoso.example", &[])
    }

    #[test]
    fn host_names_are_relative() {
        let check = |host: &str, expected: &str| {
            let accepted = read("TXT", host, "x").expect("taken");
            assert_eq!(accepted.name.as_str(), expected, "{host}");
        };
        check("@", "contoso.example");
        check("", "contoso.example");
        check("_dmarc", "_dmarc.contoso.example");
        check("_DMARC.contoso.example.", "_dmarc.contoso.example");
        check("_dmarc.contoso.example", "_dmarc.contoso.example.contoso.example");
        assert_eq!(
            read("TXT", "a.fabrikam.example.", "x"),
            Err(EntryError::OtherZone("a.fabrikam.example".into()))
        );
        assert!(matches!(read("TXT", "a..b", "x"), Err(EntryError::Host(_))));
    }

    #[test]
    fn mistakes_are_taken_and_taught() {
        let check = |kind: &str, host: &str, value: &str, expected: &[Advice]| {
            assert_eq!(read(kind, host, value).expect("taken").advice, expected, "{host} {value}");
        };
        check("TXT", "@", "v=spf1 -all", &[]);
        check("TXT", "@", "\"v=spf1 -all\"", &[Advice::Quotes]);
        let doubled = Advice::DoubledSuffix {
            registered: "selector1._domainkey.contoso.example.contoso.example".into(),
            meant: "selector1._domainkey".into(),
        };
        check("CNAME", "selector1._domainkey.contoso.example", "a.keys.example", &[doubled]);
        check("TXT", "selector1._domainkey", "selector1-contoso-example.keys.example", &[Advice::NameAsText]);
        check("TXT", "@", "v=DMARC1; p=none", &[Advice::DmarcElsewhere { at: "contoso.example".into() }]);
        check("TXT", "_dmarc", "p=none", &[Advice::NotDmarc]);
        let first = HostedRecord {
            number: 1,
            name: DomainName::parse("contoso.example").expect("a name"),
            ttl: 60,
            data: RecordData::Txt(TxtRecord::from_strings(&["v=spf1 ~all"])),
        };
        let again =
            super::read(&entry("TXT", "@", "v=spf1 -all"), "contoso.example", &[first]).expect("taken");
        assert_eq!(again.advice, [Advice::Second { what: "SPF" }]);
    }

    #[test]
    fn what_no_registrar_takes_is_refused() {
        let check = |kind: &str, host: &str, value: &str, expected: EntryError| {
            assert_eq!(read(kind, host, value), Err(expected), "{kind} {host} {value}");
        };
        check("TXT", "@", " ", EntryError::NoValue);
        check("MX", "@", "x", EntryError::UnknownType);
        check("A", "www", "1.2.3", EntryError::NotAnAddress("1.2.3".into()));
        check("CNAME", "@", "a.example", EntryError::AliasBesideData("contoso.example".into()));
        check("CNAME", "a", "v=spf1 -all", EntryError::TextAsName);
        check("CNAME", "a", "no name", EntryError::NotAName("no name".into()));
        check("TXT", "@", &"x".repeat(2_001), EntryError::TooLong);
        let slow = Entry { ttl: "1 hour".into(), ..entry("TXT", "@", "x") };
        assert_eq!(super::read(&slow, "contoso.example", &[]), Err(EntryError::Ttl));
    }

    #[test]
    fn long_texts_are_cut_into_strings() {
        let accepted = read("TXT", "@", &"x".repeat(300)).expect("taken");
        assert!(write_data(&accepted.data).contains("\" \""));
    }
}
