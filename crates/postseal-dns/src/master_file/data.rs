use std::fmt::Write as _;
use std::str::FromStr;

use postseal_core::dns::{DomainName, Mx, RecordData, RecordType, TxtRecord};

use super::entry::{Entries, Token};
use super::error::{Field, FindingKind, Wrong};
use super::reader::{Names, seconds};

/// The data of one record, from the words after its type.
pub(super) struct DataReader<'t, 'f, 'n> {
    tokens: &'t [Token<'f>],
    names: &'n mut Names,
}

impl<'t, 'f, 'n> DataReader<'t, 'f, 'n> {
    pub(super) fn new(tokens: &'t [Token<'f>], names: &'n mut Names) -> DataReader<'t, 'f, 'n> {
        DataReader { tokens, names }
    }

    pub(super) fn read(mut self, record_type: RecordType) -> Result<RecordData, Wrong> {
        let data = match record_type {
            RecordType::A => RecordData::A(self.parse(Field::Ipv4)?),
            RecordType::Aaaa => RecordData::Aaaa(self.parse(Field::Ipv6)?),
            RecordType::Cname => RecordData::Cname(self.name()?),
            RecordType::Ns => RecordData::Ns(self.name()?),
            RecordType::Ptr => RecordData::Ptr(self.name()?),
            RecordType::Mx => RecordData::Mx(self.mx()?),
            RecordType::Soa => self.soa()?,
            RecordType::Spf => RecordData::Spf(self.text()?),
            RecordType::Txt => RecordData::Txt(self.text()?),
            RecordType::Tlsa => self.tlsa()?,
        };
        match self.tokens.first() {
            Some(token) => Err(Wrong::TooMuch(token.shown())),
            None => Ok(data),
        }
    }

    fn next(&mut self, field: Field) -> Result<Token<'f>, Wrong> {
        let (first, rest) = self.tokens.split_first().ok_or(Wrong::Missing(field))?;
        self.tokens = rest;
        Ok(*first)
    }

    fn parse<T: FromStr>(&mut self, field: Field) -> Result<T, Wrong> {
        let token = self.next(field)?;
        let value = std::str::from_utf8(token.raw).ok().and_then(|text| text.parse().ok());
        value.ok_or_else(|| Wrong::Bad { field, text: token.shown() })
    }

    fn seconds(&mut self) -> Result<u32, Wrong> {
        let token = self.next(Field::Ttl)?;
        seconds(token.raw).ok_or_else(|| Wrong::Bad { field: Field::Ttl, text: token.shown() })
    }

    fn name(&mut self) -> Result<DomainName, Wrong> {
        let token = self.next(Field::Name)?;
        self.names.absolute(&token)
    }

    fn mx(&mut self) -> Result<Mx, Wrong> {
        let preference = self.parse(Field::Preference)?;
        // RFC 7505 §3: a null MX has the root as its exchange.
        if self.tokens.first().is_some_and(|t| t.is(".")) {
            self.tokens = &self.tokens[1..];
            return Ok(Mx { preference, exchange: None });
        }
        Ok(Mx { preference, exchange: Some(self.name()?) })
    }

    fn soa(&mut self) -> Result<RecordData, Wrong> {
        let primary = self.name()?;
        self.next(Field::Name)?;
        let serial = self.parse(Field::Number)?;
        for _refresh_retry_expire in 0..3 {
            self.seconds()?;
        }
        Ok(RecordData::Soa { primary, serial, minimum: self.seconds()? })
    }

    fn tlsa(&mut self) -> Result<RecordData, Wrong> {
        let mut byte = || self.parse::<u8>(Field::Number);
        let (usage, selector, matching) = (byte()?, byte()?, byte()?);
        let mut digits = self.next(Field::Hex)?.raw.to_vec();
        for token in std::mem::take(&mut self.tokens) {
            digits.extend_from_slice(token.raw);
        }
        let bad = || Wrong::Bad {
            field: Field::Hex,
            text: String::from_utf8_lossy(&digits).chars().take(Wrong::SHOWN).collect(),
        };
        let text = std::str::from_utf8(&digits).map_err(|_| bad())?;
        let octets: Option<Vec<u8>> = text
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        match octets {
            Some(octets) if text.len() % 2 == 0 => Ok(RecordData::Tlsa(usage, selector, matching, octets)),
            _ => Err(bad()),
        }
    }

    fn text(&mut self) -> Result<TxtRecord, Wrong> {
        let tokens = std::mem::take(&mut self.tokens);
        let last = tokens.last().ok_or(Wrong::Missing(Field::Text))?;
        if tokens.len() > 1 && tokens.iter().any(|t| !t.quoted) {
            self.names.note(FindingKind::JoinedWithoutBlanks);
        }
        if !last.quoted && last.before_comment {
            self.names.note(FindingKind::CutBySemicolon);
        }
        let mut strings = Vec::with_capacity(tokens.len());
        for token in tokens {
            let octets = token.octets()?;
            let text = String::from_utf8_lossy(&octets);
            if !token.quoted && text.contains(['“', '”', '„']) {
                self.names.note(FindingKind::CurlyQuotes);
            }
            if octets.len() > MAX_STRING {
                self.names.note(FindingKind::LongString);
            }
            match octets.as_slice() {
                [] => strings.push(Vec::new()),
                octets => strings.extend(octets.chunks(MAX_STRING).map(<[u8]>::to_vec)),
            }
        }
        Ok(TxtRecord::from_strings(&strings))
    }
}

/// Reads the data of one record as [`write_data`] writes it: names are absolute.
///
/// # Errors
/// [`Wrong`] says what is wrong.
pub fn read_data(record_type: RecordType, text: &str) -> Result<RecordData, Wrong> {
    let entry = Entries::new(text.as_bytes()).next().map_err(|e| e.wrong)?;
    let tokens = entry.map(|e| e.tokens).unwrap_or_default();
    DataReader::new(&tokens, &mut Names::absolute_only()).read(record_type)
}

/// Writes the data of one record as a master file has it, names absolute with a final dot.
pub fn write_data(data: &RecordData) -> String {
    match data {
        RecordData::A(address) => address.to_string(),
        RecordData::Aaaa(address) => address.to_string(),
        RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => dotted(name),
        RecordData::Mx(Mx { preference, exchange: None }) => format!("{preference} ."),
        RecordData::Mx(Mx { preference, exchange: Some(host) }) => format!("{preference} {}", dotted(host)),
        RecordData::Soa { primary, serial, minimum } => {
            format!("{} . {serial} 0 0 0 {minimum}", dotted(primary))
        }
        RecordData::Spf(text) | RecordData::Txt(text) => quoted(text),
        RecordData::Tlsa(usage, selector, matching, data) => {
            let mut out = format!("{usage} {selector} {matching} ");
            if data.is_empty() {
                out.push_str("\"\"");
            }
            for byte in data {
                let _ = write!(out, "{byte:02x}");
            }
            out
        }
    }
}

fn dotted(name: &DomainName) -> String {
    let mut out = String::with_capacity(name.as_str().len() + 1);
    for byte in name.as_str().bytes() {
        match byte {
            b'"' | b'(' | b')' | b';' | b'\\' | b'@' | b'$' => out.extend(['\\', char::from(byte)]),
            b' ' => out.push_str("\\032"),
            _ => out.push(char::from(byte)),
        }
    }
    out.push('.');
    out
}

fn quoted(text: &TxtRecord) -> String {
    let mut out = String::with_capacity(text.octets.len() + 2);
    for string in text.strings() {
        out.push_str(if out.is_empty() { "\"" } else { " \"" });
        for &byte in string {
            match byte {
                b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
                0x20..0x7f => out.push(char::from(byte)),
                _ => {
                    let _ = write!(out, "\\{byte:03}");
                }
            }
        }
        out.push('"');
    }
    out
}

/// RFC 1035 §3.3: a character-string has at most 255 octets.
const MAX_STRING: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_it_reads() {
        let name = |text: &str| DomainName::from_expansion(text).expect("a test name");
        let check = |data: RecordData, written: &str| {
            assert_eq!(write_data(&data), written);
            assert_eq!(read_data(data.record_type(), written), Ok(data), "{written}");
        };
        check(RecordData::A([192, 0, 2, 1].into()), "192.0.2.1");
        check(RecordData::Aaaa("2001:db8::1".parse().expect("an address")), "2001:db8::1");
        check(RecordData::Cname(name("a.example")), "a.example.");
        check(RecordData::Ptr(name("a b;(c.example")), "a\\032b\\;\\(c.example.");
        check(RecordData::Mx(Mx { preference: 0, exchange: None }), "0 .");
        check(RecordData::Mx(Mx { preference: 10, exchange: Some(name("mx.example")) }), "10 mx.example.");
        let soa = RecordData::Soa { primary: name("ns.example"), serial: 7, minimum: 300 };
        check(soa, "ns.example. . 7 0 0 0 300");
        let text = TxtRecord::from_strings(&[&b"v=spf1 \"\\"[..], b"\xff\n", b""]);
        check(RecordData::Txt(text.clone()), "\"v=spf1 \\\"\\\\\" \"\\255\\010\" \"\"");
        check(RecordData::Spf(text), "\"v=spf1 \\\"\\\\\" \"\\255\\010\" \"\"");
        check(RecordData::Tlsa(3, 1, 1, vec![0xab, 0x01]), "3 1 1 ab01");
        check(RecordData::Tlsa(0, 0, 0, vec![]), "0 0 0 \"\"");
    }
}
