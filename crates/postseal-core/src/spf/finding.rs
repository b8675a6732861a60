use std::ops::Range;

use super::TermError;

/// Something odd or wrong in the text of a record, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Where it stands.
    pub span: Span,
}

/// Octets of a TXT record as published, its strings joined: the first one, and
/// the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first octet, counted from 0.
    pub start: u32,
    /// The octet after the last.
    pub end: u32,
}

/// Kinds of [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A term that RFC 7208 does not allow: the whole record is "permerror" (§4.6).
    Syntax(TermError),
    /// Quotation marks, straight or curly. Straight ones are part of a name or
    /// a value and make the term mean something else.
    Quotes,
    /// Two terms made one by the joining of strings (§3.3: joined "without adding spaces").
    StringJoin,
    /// A modifier that neither RFC 7208 nor the IANA registry knows; ignored (§6).
    UnknownModifier,
    /// An unknown modifier with a mechanism's name, as `include=`: most likely a slip.
    MechanismAsModifier,
    /// A mechanism after "all", which is never tested (§5.1).
    AfterAll,
    /// "redirect" beside "all", which makes it void (§5.1).
    RedirectIgnored,
    /// "ptr", which "SHOULD NOT be published" (§5.5).
    Ptr,
    /// Neither "all" nor "redirect": the end of the record is "?all" (§4.7).
    NoAll,
}

impl Finding {
    /// A finding at this place.
    pub fn new(kind: FindingKind, span: Span) -> Finding {
        Finding { kind, span }
    }

    /// What is wrong, where it makes the whole record "permerror".
    pub fn error(&self) -> Option<TermError> {
        match self.kind {
            FindingKind::Syntax(error) => Some(error),
            _ => None,
        }
    }
}

impl Span {
    /// From `start` up to, and without, `end`. Records are at most 65,535
    /// octets long; what is beyond saturates.
    pub fn new(start: usize, end: usize) -> Span {
        let saturate = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: saturate(start), end: saturate(end) }
    }

    /// The same as a range of indexes.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The octets that it marks; empty where `octets` is another, shorter text.
    pub fn of(self, octets: &[u8]) -> &[u8] {
        octets.get(self.range()).unwrap_or_default()
    }
}
