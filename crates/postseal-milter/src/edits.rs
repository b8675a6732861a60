use std::cmp::Reverse;
use std::ops::Range;

use memchr::{memchr, memchr2};
use thiserror::Error;

use crate::flags::Actions;
use crate::frame::{MAX_REPLY_PACKET, close_packet, open_packet, put_packet};
use crate::line_ending::push_as_sent;
use crate::negotiate::Terms;

/// The edits that a filter makes at the end of a message. They are collected in
/// any order and leave in the one order that is right:
///
/// 1. changes and deletions of header fields, for each name from the last field
///    to the first, since a deletion moves the numbers of those below it;
/// 2. added fields, then inserted ones, each in the order given;
/// 3. the envelope, the body, the quarantine.
///
/// A field's *value* is given as it is to stand after the colon, with its leading
/// space, lines folded by CRLF (or LF) and a blank: ` pass\r\n\treason`. The name and
/// the value can be trusted to make one field: anything else is an [`EditError`].
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// Names, values and addresses of everything below.
    octets: Vec<u8>,
    changes: Vec<Change>,
    additions: Vec<Addition>,
    envelope: Vec<EnvelopeEdit>,
    body: Option<Vec<u8>>,
    quarantine: Option<Range<usize>>,
}

/// A field changed or, with an empty value, deleted.
#[derive(Clone, Debug)]
struct Change {
    name: Range<usize>,
    index: u32,
    value: Range<usize>,
}

/// A field added at the end, or inserted at a position.
#[derive(Clone, Debug)]
struct Addition {
    position: Option<u32>,
    name: Range<usize>,
    value: Range<usize>,
}

#[derive(Clone, Debug)]
enum EnvelopeEdit {
    From(Range<usize>, Range<usize>),
    AddRcpt(Range<usize>, Range<usize>),
    DeleteRcpt(Range<usize>),
}

impl Edits {
    /// None yet.
    pub fn new() -> Edits {
        Edits::default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.additions.is_empty()
            && self.envelope.is_empty()
            && self.body.is_none()
            && self.quarantine.is_none()
    }

    /// Adds a field below the last one.
    ///
    /// # Errors
    /// What is no field, or longer than a packet may be.
    pub fn add_field(&mut self, name: &str, value: &[u8]) -> Result<(), EditError> {
        self.push_addition(None, name, value)
    }

    /// Inserts a field so that `position` fields stand above it: 0 is the top.
    /// Both MTAs count their own Received field, which the filter does not see,
    /// as the first; fields that this message deletes no longer count.
    ///
    /// # Errors
    /// What is no field, or longer than a packet may be.
    pub fn insert_field(&mut self, position: u32, name: &str, value: &[u8]) -> Result<(), EditError> {
        self.push_addition(Some(position), name, value)
    }

    /// Gives a field a new value. `index` is 1 for the topmost field of that
    /// name (in any case) as the filter saw the message, 2 for the next: other
    /// edits do not move it. The last change of a field counts.
    ///
    /// # Errors
    /// Index 0, an empty value (that would delete the field), what is no field,
    /// or is longer than a packet may be.
    pub fn change_field(&mut self, name: &str, index: u32, value: &[u8]) -> Result<(), EditError> {
        if value.is_empty() {
            return Err(EditError::EmptyValue);
        }
        self.push_change(name, index, value)
    }

    /// Deletes a field; `index` as in [`Edits::change_field`].
    ///
    /// # Errors
    /// Index 0, or a name that is none.
    pub fn delete_field(&mut self, name: &str, index: u32) -> Result<(), EditError> {
        self.push_change(name, index, b"")
    }

    /// Changes the reverse-path, with angle brackets. `parameters` are ESMTP
    /// parameters separated by spaces, or empty.
    ///
    /// # Errors
    /// Control characters, or more octets than a packet may have.
    pub fn change_from(&mut self, address: &str, parameters: &str) -> Result<(), EditError> {
        let edit = EnvelopeEdit::From(self.line(address)?, self.line(parameters)?);
        self.envelope.push(edit);
        Ok(())
    }

    /// Adds a recipient, with angle brackets. `parameters` are ESMTP parameters
    /// separated by spaces, or empty; they need an action of their own.
    ///
    /// # Errors
    /// Control characters, or more octets than a packet may have.
    pub fn add_rcpt(&mut self, address: &str, parameters: &str) -> Result<(), EditError> {
        let edit = EnvelopeEdit::AddRcpt(self.line(address)?, self.line(parameters)?);
        self.envelope.push(edit);
        Ok(())
    }

    /// Deletes a recipient, written exactly as `rcpt` showed it.
    ///
    /// # Errors
    /// Control characters, or more octets than a packet may have.
    pub fn delete_rcpt(&mut self, address: &str) -> Result<(), EditError> {
        let edit = EnvelopeEdit::DeleteRcpt(self.line(address)?);
        self.envelope.push(edit);
        Ok(())
    }

    /// Replaces the body; lines end in CRLF.
    pub fn replace_body(&mut self, body: Vec<u8>) {
        self.body = Some(body);
    }

    /// Puts the message on hold in the MTA's queue. The message is accepted;
    /// the answer should be [`Answer::Continue`](crate::Answer::Continue).
    ///
    /// # Errors
    /// An empty reason, control characters, or more octets than a packet may have.
    pub fn quarantine(&mut self, reason: &str) -> Result<(), EditError> {
        if reason.is_empty() {
            return Err(EditError::EmptyValue);
        }
        self.quarantine = Some(self.line(reason)?);
        Ok(())
    }

    /// Appends the packets, in order. Those that the terms do not allow are left
    /// out; the result is how many.
    pub(crate) fn write(&mut self, terms: &Terms, out: &mut Vec<u8>) -> usize {
        let allowed = |action| terms.actions().contains(action);
        let mut left_out = 0;
        if allowed(Actions::CHANGE_FIELDS) {
            self.write_changes(terms, out);
        } else {
            left_out += self.changes.len();
        }
        if allowed(Actions::ADD_FIELDS) {
            self.write_additions(terms, out);
        } else {
            left_out += self.additions.len();
        }
        left_out += self.envelope.iter().filter(|edit| !self.write_envelope(edit, terms, out)).count();
        match &self.body {
            Some(body) if allowed(Actions::REPLACE_BODY) => write_body(body, out),
            Some(_) => left_out += 1,
            None => {}
        }
        match &self.quarantine {
            Some(reason) if allowed(Actions::QUARANTINE) => {
                put_packet(out, b'q', &[&self.octets[reason.clone()], b"\0"]);
            }
            Some(_) => left_out += 1,
            None => {}
        }
        left_out
    }

    fn write_changes(&mut self, terms: &Terms, out: &mut Vec<u8>) {
        let octets = &self.octets;
        let name = |change: &Change| octets[change.name.clone()].to_ascii_lowercase();
        // Names together, each from its last field to its first; of two edits of
        // one field the later, which the stable sort leaves behind the earlier.
        self.changes.sort_by_cached_key(|change| (name(change), Reverse(change.index)));
        for (at, change) in self.changes.iter().enumerate() {
            let is_outdone = self.changes.get(at + 1).is_some_and(|next| {
                next.index == change.index
                    && octets[next.name.clone()].eq_ignore_ascii_case(&octets[change.name.clone()])
            });
            if !is_outdone {
                let head = change.index.to_be_bytes();
                self.write_field(b'm', &head, &change.name, &change.value, terms, out);
            }
        }
    }

    fn write_additions(&self, terms: &Terms, out: &mut Vec<u8>) {
        for addition in self.additions.iter().filter(|addition| addition.position.is_none()) {
            self.write_field(b'h', &[], &addition.name, &addition.value, terms, out);
        }
        for addition in &self.additions {
            let Some(position) = addition.position else { continue };
            let head = position.to_be_bytes();
            self.write_field(b'i', &head, &addition.name, &addition.value, terms, out);
        }
    }

    fn write_field(
        &self,
        letter: u8,
        head: &[u8],
        name: &Range<usize>,
        value: &Range<usize>,
        terms: &Terms,
        out: &mut Vec<u8>,
    ) {
        let mut value = &self.octets[value.clone()];
        if !terms.has_leading_space() {
            // The MTA puts a space in front. Nothing at all would be a deletion.
            match value.strip_prefix(b" ") {
                Some(rest) if !rest.is_empty() => value = rest,
                _ => {}
            }
        }
        let start = open_packet(out, letter);
        out.extend_from_slice(head);
        out.extend_from_slice(&self.octets[name.clone()]);
        out.push(0);
        push_as_sent(out, value);
        out.push(0);
        close_packet(out, start);
    }

    /// Whether the terms allowed it.
    fn write_envelope(&self, edit: &EnvelopeEdit, terms: &Terms, out: &mut Vec<u8>) -> bool {
        let (letter, action, address, parameters) = match edit {
            EnvelopeEdit::From(address, parameters) => {
                (b'e', Actions::CHANGE_FROM, address, Some(parameters))
            }
            EnvelopeEdit::AddRcpt(address, parameters) if parameters.is_empty() => {
                (b'+', Actions::ADD_RCPT, address, None)
            }
            EnvelopeEdit::AddRcpt(address, parameters) => {
                (b'2', Actions::ADD_RCPT_WITH_PARAMETERS, address, Some(parameters))
            }
            EnvelopeEdit::DeleteRcpt(address) => (b'-', Actions::DELETE_RCPT, address, None),
        };
        if !terms.actions().contains(action) {
            return false;
        }
        let address = &self.octets[address.clone()];
        match parameters {
            Some(parameters) if !parameters.is_empty() => {
                put_packet(out, letter, &[address, b"\0", &self.octets[parameters.clone()], b"\0"]);
            }
            _ => put_packet(out, letter, &[address, b"\0"]),
        }
        true
    }

    fn push_addition(&mut self, position: Option<u32>, name: &str, value: &[u8]) -> Result<(), EditError> {
        check_field(name, value)?;
        let (name, value) = (self.keep(name.as_bytes()), self.keep(value));
        self.additions.push(Addition { position, name, value });
        Ok(())
    }

    fn push_change(&mut self, name: &str, index: u32, value: &[u8]) -> Result<(), EditError> {
        // Sendmail and Postfix take the index as a signed number.
        if index == 0 || index > i32::MAX as u32 {
            return Err(EditError::Index { index });
        }
        check_field(name, value)?;
        let (name, value) = (self.keep(name.as_bytes()), self.keep(value));
        self.changes.push(Change { name, index, value });
        Ok(())
    }

    fn line(&mut self, text: &str) -> Result<Range<usize>, EditError> {
        if text.bytes().any(|octet| octet.is_ascii_control()) {
            return Err(EditError::Control);
        }
        check_length(text.len())?;
        Ok(self.keep(text.as_bytes()))
    }

    fn keep(&mut self, octets: &[u8]) -> Range<usize> {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        start..self.octets.len()
    }
}

/// Why an edit can't be made.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EditError {
    /// RFC 5322 §2.2: printable ASCII without the colon, at least one.
    #[error("not a field name")]
    FieldName,
    /// NUL, a CR that is not part of a line end, a line end that no blank follows.
    #[error("octet {at} of a field value would end or break the field")]
    FieldValue {
        /// Which octet, from 0.
        at: usize,
    },
    /// Where something must be said.
    #[error("an empty value")]
    EmptyValue,
    /// Fields are counted from 1.
    #[error("a field index of {index}")]
    Index {
        /// As given.
        index: u32,
    },
    /// An address, a parameter or a reason with a control character.
    #[error("a control character in an address or a reason")]
    Control,
    /// Longer than a packet may be.
    #[error("an edit of {octets} octets, the limit is {MAX_EDIT}")]
    TooLong {
        /// How long.
        octets: usize,
    },
}

/// Octets of a name and a value together, or of an address: what fits a packet.
pub const MAX_EDIT: usize = MAX_REPLY_PACKET - 1_024;

fn check_length(octets: usize) -> Result<(), EditError> {
    if octets > MAX_EDIT { Err(EditError::TooLong { octets }) } else { Ok(()) }
}

fn check_field(name: &str, value: &[u8]) -> Result<(), EditError> {
    if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':') {
        return Err(EditError::FieldName);
    }
    if let Some(at) = memchr(0, value) {
        return Err(EditError::FieldValue { at });
    }
    check_line_ends(value)?;
    check_length(name.len() + value.len())
}

/// RFC 5322 §2.2.3: a field is folded by "inserting a CRLF before any WSP".
fn check_line_ends(value: &[u8]) -> Result<(), EditError> {
    let mut at = 0;
    while let Some(found) = memchr2(b'\r', b'\n', &value[at..]) {
        let start = at + found;
        let rest = &value[start..];
        let line_end = if rest.starts_with(b"\r\n") { 2 } else { 1 };
        if rest[0] == b'\r' && line_end == 1 || !matches!(rest.get(line_end), Some(b' ' | b'\t')) {
            return Err(EditError::FieldValue { at: start });
        }
        at = start + line_end;
    }
    Ok(())
}

/// Pieces that any MTA takes.
fn write_body(body: &[u8], out: &mut Vec<u8>) {
    if body.is_empty() {
        put_packet(out, b'b', &[]);
    }
    for piece in body.chunks(MAX_REPLY_PACKET - 1) {
        put_packet(out, b'b', &[piece]);
    }
}

#[cfg(test)]
mod tests;
