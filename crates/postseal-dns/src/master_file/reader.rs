use std::collections::{BTreeMap, BTreeSet};

use memchr::memchr;
use postseal_core::dns::{DomainName, RecordData, RecordType};

use super::data::DataReader;
use super::entry::{Entries, Entry, Token};
use super::error::{Finding, FindingKind, MasterFileError, Wrong};

/// Octets that a master file may have: 64 MB.
pub const MAX_FILE: usize = 64_000_000;

/// The records of one master file, and what was odd about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MasterFile {
    /// In the order of the file.
    pub records: Vec<SourceRecord>,
    /// What is odd, in the order of the file.
    pub findings: Vec<Finding>,
}

/// One record and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRecord {
    /// Counted from 1.
    pub line: usize,
    /// The owner.
    pub name: DomainName,
    /// Time to live in seconds.
    pub ttl: u32,
    /// The data.
    pub data: RecordData,
}

impl MasterFile {
    /// Reads a master file. Types that Postseal does not use, other classes,
    /// `$INCLUDE` and `$GENERATE` are left out, with a finding.
    ///
    /// Without `$ORIGIN` names are relative to the owner of the first SOA record;
    /// where there is none either, names with a dot are taken as absolute.
    ///
    /// # Errors
    /// [`MasterFileError`] where a line cannot be read.
    pub fn read(file: &[u8]) -> Result<MasterFile, MasterFileError> {
        let first = |wrong| MasterFileError { line: 1, wrong };
        if file.len() > MAX_FILE {
            return Err(first(Wrong::TooLarge(MAX_FILE)));
        }
        if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") || memchr(0, file).is_some() {
            return Err(first(Wrong::NotText));
        }
        let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
        let mut entries = Entries::new(file);
        let mut reader = Reader::default();
        while let Some(entry) = entries.next()? {
            let line = entry.line;
            reader.names.line = line;
            reader.entry(&entry).map_err(|wrong| MasterFileError { line, wrong })?;
        }
        Ok(reader.finish())
    }
}

#[derive(Default)]
struct Reader {
    names: Names,
    records: Vec<SourceRecord>,
    owner: Option<DomainName>,
    /// `$TTL` (RFC 2308 §4).
    default_ttl: Option<u32>,
    /// RFC 1035 §5.1: "Omitted class and TTL values are default to the last explicitly stated".
    last_ttl: Option<u32>,
}

impl Reader {
    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), Wrong> {
        let first = &entry.tokens[0];
        if !first.quoted && first.raw.starts_with(b"$") {
            return self.directive(first, &entry.tokens[1..]);
        }
        let mut tokens = entry.tokens.as_slice();
        // A pasted file may be indented as a whole: a word that can be nothing else is an owner.
        let begins_with_owner = !entry.indented || Head::of(first).is_none();
        let owner_token = begins_with_owner.then(|| {
            tokens = &tokens[1..];
            *first
        });
        let (ttl, record_type) = self.head(&mut tokens, owner_token.as_ref())?;
        let Some(record_type) = record_type else { return Ok(()) };
        if let Some(token) = owner_token {
            self.take_origin_of_soa(record_type, &token);
            self.owner = Some(self.names.absolute(&token)?);
        }
        let name = self.owner.clone().ok_or(Wrong::NoOwner)?;
        let data = DataReader::new(tokens, &mut self.names).read(record_type)?;
        let ttl = ttl.or(self.default_ttl).or(self.last_ttl).unwrap_or(USUAL_TTL);
        self.records.push(SourceRecord { line: entry.line, name, ttl, data });
        Ok(())
    }

    /// TTL, class and type, in whatever order the first two come. No type: the
    /// record is of a kind that is left out.
    fn head(
        &mut self,
        tokens: &mut &[Token<'_>],
        owner: Option<&Token<'_>>,
    ) -> Result<(Option<u32>, Option<RecordType>), Wrong> {
        let mut ttl = None;
        let mut left_out = false;
        while let Some((token, rest)) = tokens.split_first() {
            *tokens = rest;
            match Head::of(token) {
                Some(Head::Ttl(seconds)) => {
                    ttl = Some(seconds);
                    self.last_ttl = ttl;
                }
                Some(Head::Class) => {}
                Some(Head::OtherClass) => {
                    left_out = true;
                    self.names.note(FindingKind::ClassSkipped(token.shown()));
                }
                Some(Head::Type(_)) if left_out => return Ok((ttl, None)),
                Some(Head::Type(record_type)) => return Ok((ttl, Some(record_type))),
                Some(Head::OtherType) => {
                    if !left_out {
                        self.names.note(FindingKind::TypeSkipped(token.shown()));
                    }
                    if let Some(owner) = owner {
                        self.owner = Some(self.names.absolute(owner)?);
                    }
                    return Ok((ttl, None));
                }
                None => return Err(Wrong::UnknownType(token.shown())),
            }
        }
        Err(Wrong::NoType)
    }

    fn directive(&mut self, word: &Token<'_>, values: &[Token<'_>]) -> Result<(), Wrong> {
        let value = values.first();
        if word.is("$ORIGIN") {
            let token = value.ok_or(Wrong::Missing(super::error::Field::Name))?;
            self.names.set_origin(token)
        } else if word.is("$TTL") {
            let field = super::error::Field::Ttl;
            let token = value.ok_or(Wrong::Missing(field))?;
            let bad = || Wrong::Bad { field, text: token.shown() };
            self.default_ttl = Some(seconds(token.raw).ok_or_else(bad)?);
            Ok(())
        } else if word.is("$INCLUDE") || word.is("$GENERATE") {
            self.names.note(FindingKind::DirectiveSkipped(word.shown()));
            Ok(())
        } else {
            Err(Wrong::UnknownDirective(word.shown()))
        }
    }

    fn take_origin_of_soa(&mut self, record_type: RecordType, owner: &Token<'_>) {
        if record_type == RecordType::Soa && self.names.origin.is_none() && owner.raw.ends_with(b".") {
            self.names.origin = owner.octets().ok().and_then(|octets| parse(&octets).ok()).map(Origin::Name);
        }
    }

    fn finish(mut self) -> MasterFile {
        let mut types: BTreeMap<&DomainName, BTreeSet<RecordType>> = BTreeMap::new();
        for record in &self.records {
            types.entry(&record.name).or_default().insert(record.data.record_type());
        }
        for record in &self.records {
            // RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present".
            if record.data.record_type() == RecordType::Cname && types[&record.name].len() > 1 {
                let kind = FindingKind::CnameBesideOthers(record.name.to_string());
                self.names.findings.push(Finding { line: record.line, kind });
            }
        }
        self.names.findings.sort_by_key(|finding| finding.line);
        MasterFile { records: self.records, findings: self.names.findings }
    }
}

/// A word that may come between the owner and the data.
enum Head {
    Ttl(u32),
    Class,
    OtherClass,
    Type(RecordType),
    OtherType,
}

impl Head {
    fn of(token: &Token<'_>) -> Option<Head> {
        if token.quoted {
            return None;
        }
        if let Some(seconds) = seconds(token.raw) {
            return Some(Head::Ttl(seconds));
        }
        let text = std::str::from_utf8(token.raw).ok()?;
        let is_any = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if text.eq_ignore_ascii_case("IN") {
            Some(Head::Class)
        } else if is_any(&["CH", "HS", "CS", "ANY"]) {
            Some(Head::OtherClass)
        } else if let Ok(record_type) = text.parse() {
            Some(Head::Type(record_type))
        } else if is_any(OTHER_TYPES) || is_numbered_type(text) {
            Some(Head::OtherType)
        } else {
            None
        }
    }
}

/// RFC 3597 §5: `TYPE` and a number.
fn is_numbered_type(text: &str) -> bool {
    text.get(..4).is_some_and(|t| t.eq_ignore_ascii_case("TYPE")) && text[4..].parse::<u16>().is_ok()
}

/// A time in seconds, with or without units: `3600`, `1h30m`, `2w`.
pub(super) fn seconds(raw: &[u8]) -> Option<u32> {
    let mut total: u32 = 0;
    let mut number: Option<u32> = None;
    for &byte in raw {
        match byte {
            b'0'..=b'9' => {
                let digit = u32::from(byte - b'0');
                number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
            }
            unit => {
                let factor = match unit.to_ascii_lowercase() {
                    b's' => 1,
                    b'm' => 60,
                    b'h' => 3600,
                    b'd' => 86_400,
                    b'w' => 604_800,
                    _ => return None,
                };
                total = total.checked_add(number.take()?.checked_mul(factor)?)?;
            }
        }
    }
    if raw.is_empty() { None } else { total.checked_add(number.unwrap_or(0)) }
}

/// What relative names are relative to, and the findings on the way.
#[derive(Default)]
pub(super) struct Names {
    origin: Option<Origin>,
    line: usize,
    findings: Vec<Finding>,
    /// Names are absolute whether they end in a dot or not.
    all_absolute: bool,
    said_absolute: bool,
}

enum Origin {
    Root,
    Name(DomainName),
}

impl Names {
    /// For data that stands alone.
    pub(super) fn absolute_only() -> Names {
        Names { all_absolute: true, ..Names::default() }
    }

    pub(super) fn note(&mut self, kind: FindingKind) {
        self.findings.push(Finding { line: self.line, kind });
    }

    fn set_origin(&mut self, token: &Token<'_>) -> Result<(), Wrong> {
        self.origin = Some(if token.is(".") {
            Origin::Root
        } else if self.origin.is_none() {
            // `$ORIGIN contoso.example` without the dot can mean one thing only.
            Origin::Name(parse(&token.octets()?).map_err(|()| Wrong::BadName(token.shown()))?)
        } else {
            Origin::Name(self.absolute(token)?)
        });
        Ok(())
    }

    /// The name that a word stands for.
    pub(super) fn absolute(&mut self, token: &Token<'_>) -> Result<DomainName, Wrong> {
        let bad = |()| Wrong::BadName(token.shown());
        if has_escaped_dot(token.raw) {
            return Err(bad(()));
        }
        let is_absolute = self.all_absolute || token.raw.ends_with(b".");
        let octets = token.octets()?;
        if is_absolute {
            return parse(&octets).map_err(bad);
        }
        match &self.origin {
            None => self.without_origin(token, &octets),
            Some(Origin::Name(origin)) if octets == b"@" => Ok(origin.clone()),
            Some(Origin::Root) => parse(&octets).map_err(bad),
            Some(Origin::Name(origin)) => {
                let origin = origin.clone();
                let name = parse(&octets).map_err(bad)?;
                if name.is_at_or_below(&origin) {
                    self.note(FindingKind::OriginTwice(token.shown()));
                }
                origin.with_prefix(name.as_str()).map_err(|_| bad(()))
            }
        }
    }

    fn without_origin(&mut self, token: &Token<'_>, octets: &[u8]) -> Result<DomainName, Wrong> {
        let name = parse(octets).map_err(|()| Wrong::BadName(token.shown()));
        let last_label = |name: &DomainName| name.labels().next_back().is_some_and(|l| l.starts_with('_'));
        match name {
            // No top-level domain begins with an underscore.
            Ok(name) if name.label_count() > 1 && !last_label(&name) => {
                if !self.said_absolute {
                    self.said_absolute = true;
                    self.note(FindingKind::TakenAsAbsolute(token.shown()));
                }
                Ok(name)
            }
            Err(wrong) if octets != b"@" => Err(wrong),
            _ => Err(Wrong::NoOrigin(token.shown())),
        }
    }
}

/// A dot within a label (RFC 1035 §5.1), which a name here cannot have.
fn has_escaped_dot(raw: &[u8]) -> bool {
    let mut rest = raw;
    while let Some((octet, after)) = rest.split_first() {
        rest = match (octet, after) {
            (b'\\', [b'.', ..] | [b'0', b'4', b'6', ..]) => return true,
            (b'\\', [_, after @ ..]) => after,
            _ => after,
        };
    }
    false
}

fn parse(octets: &[u8]) -> Result<DomainName, ()> {
    let text = std::str::from_utf8(octets).map_err(|_| ())?;
    if text.is_ascii() { DomainName::from_expansion(text) } else { DomainName::parse(text) }.map_err(|_| ())
}

/// Seconds where neither the record nor the file states a time to live.
const USUAL_TTL: u32 = 3600;

/// Types that are met in zone files and that nothing here uses.
const OTHER_TYPES: &[&str] = &[
    "CAA",
    "SRV",
    "DS",
    "CDS",
    "DNSKEY",
    "CDNSKEY",
    "RRSIG",
    "NSEC",
    "NSEC3",
    "NSEC3PARAM",
    "ZONEMD",
    "HTTPS",
    "SVCB",
    "NAPTR",
    "SSHFP",
    "HINFO",
    "LOC",
    "DNAME",
    "URI",
    "RP",
    "AFSDB",
    "CERT",
    "OPENPGPKEY",
    "SMIMEA",
    "IPSECKEY",
    "DHCID",
    "HIP",
    "CSYNC",
    "EUI48",
    "EUI64",
    "APL",
    "KEY",
    "SIG",
    "NID",
    "L32",
    "L64",
    "LP",
    "MB",
    "MG",
    "MR",
    "MINFO",
    "WKS",
    "NULL",
    "X25",
    "ISDN",
    "RT",
    "PX",
    "TKEY",
    "TSIG",
    "KX",
    "ALIAS",
    "ANAME",
    "TA",
    "DLV",
    "RESINFO",
    "WALLET",
];
