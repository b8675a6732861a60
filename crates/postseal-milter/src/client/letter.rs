use thiserror::Error;

use crate::line_ending::as_received;

/// A message on its way through a filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// The queue id, macro `i`.
    pub queue_id: String,
    /// The reverse-path with its angle brackets.
    pub mail_from: String,
    /// Forward-paths with their angle brackets.
    pub recipients: Vec<String>,
    /// The header section: lines that end in CRLF, without the empty line.
    pub header: Vec<u8>,
    /// The body: lines that end in CRLF.
    pub body: Vec<u8>,
}

/// Why a header section cannot be shown.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum HeaderError {
    /// A line is neither a field nor a continuation of one, or does not end in CRLF, or has a NUL.
    #[error("the header section is malformed at octet {at}")]
    Malformed {
        /// From its start, in octets.
        at: usize,
    },
}

/// Fields of a header section in order: names, and values as they stand after the colon.
#[derive(Debug)]
pub(super) struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    pub(super) fn read(header: &[u8]) -> Result<Fields, HeaderError> {
        let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut at = 0;
        while let Some(rest) = header.get(at..).filter(|rest| !rest.is_empty()) {
            let malformed = HeaderError::Malformed { at };
            let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or(malformed)?;
            let line = &rest[..end];
            if line.iter().any(|octet| matches!(octet, b'\0' | b'\n' | b'\r')) {
                return Err(malformed);
            }
            match (fields.last_mut(), line.first()) {
                (Some((_, value)), Some(b' ' | b'\t')) => {
                    value.extend_from_slice(b"\r\n");
                    value.extend_from_slice(line);
                }
                _ => {
                    let colon = line.iter().position(|octet| *octet == b':').filter(|colon| *colon > 0);
                    let colon = colon.ok_or(malformed)?;
                    fields.push((line[..colon].to_vec(), line[colon + 1..].to_vec()));
                }
            }
            at += end + 2;
        }
        Ok(Fields(fields))
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// Position 0 is the top.
    pub(super) fn insert(&mut self, at: u32, name: &[u8], value: &[u8]) {
        let place = (at as usize).min(self.0.len());
        let value = as_received(value, false, &mut Vec::new()).to_vec();
        self.0.insert(place, (name.to_vec(), value));
    }

    /// The nth field of this name, counted from 1; an empty value removes it. One that is not
    /// there is added, as MTAs do.
    pub(super) fn change(&mut self, at: u32, name: &[u8], value: &[u8]) {
        let named = self.0.iter().enumerate().filter(|(_, (n, _))| n.eq_ignore_ascii_case(name));
        let place = named.map(|(place, _)| place).nth((at as usize).saturating_sub(1));
        match place {
            Some(place) if value.is_empty() => drop(self.0.remove(place)),
            Some(place) => self.0[place].1 = as_received(value, false, &mut Vec::new()).to_vec(),
            None if value.is_empty() => {}
            None => self.insert(u32::MAX, name, value),
        }
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        for (name, value) in &self.0 {
            for part in [name.as_slice(), b":", value, b"\r\n"] {
                octets.extend_from_slice(part);
            }
        }
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_edits_fields() {
        let header = b"From: a\r\nTo:b\r\n\tc\r\nX: 1\r\nx: 2\r\n";
        let mut fields = Fields::read(header).expect("well-formed");
        assert_eq!(fields.octets(), header);
        fields.insert(0, b"Top", b" of\n it");
        fields.change(2, b"X", b"");
        fields.change(1, b"from", b" b");
        fields.change(3, b"Gone", b"");
        fields.insert(99, b"Last", b" one");
        let expected = "Top: of\r\n it\r\nFrom: b\r\nTo:b\r\n\tc\r\nX: 1\r\nLast: one\r\n";
        assert_eq!(String::from_utf8_lossy(&fields.octets()), expected);
    }

    #[test]
    fn refuses_what_is_no_header_section() {
        for (header, at) in [
            (&b"From: a\r\nno field\r\n"[..], 9),
            (b" begins with a blank\r\n", 0),
            (b"From: a\nb\r\n", 0),
            (b"From: a\r\nTo: b", 9),
            (b"From: \0\r\n", 0),
            (b": x\r\n", 0),
        ] {
            let error = Fields::read(header).expect_err("malformed");
            assert_eq!(error, HeaderError::Malformed { at }, "{}", header.escape_ascii());
        }
        assert_eq!(Fields::read(b"").expect("empty").octets(), b"");
    }
}
