use super::macro_string::MacroFault;
use super::{Directive, DomainSpec, MacroError, UnknownModifier, directive, modifier};

/// What is wrong with a term, or with the record as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// The record is longer than [`super::MAX_RECORD`].
    #[error("the record is too long to be one")]
    RecordTooLong,
    /// An octet that is not printable ASCII: only blanks separate terms (§4.6.1).
    #[error("the octet 0x{0:02x} is not allowed")]
    BadOctet(u8),
    /// Neither a mechanism nor a modifier (§4.6.1).
    #[error("neither a mechanism nor a modifier")]
    UnknownMechanism,
    /// A mechanism without the argument that it needs (§5).
    #[error("the mechanism needs an argument")]
    MissingArgument,
    /// A mechanism with an argument or a prefix length that it does not take (§5).
    #[error("the mechanism takes no such argument")]
    UnexpectedArgument,
    /// A colon or an equals sign with no domain after it (§7.1).
    #[error("the domain is empty")]
    EmptyDomain,
    /// A domain that ends neither in a macro nor in a dot and a top label (§7.1).
    #[error("a domain ends in a dot and a top-level domain, or in a macro")]
    DomainEnd,
    /// A macro that does not parse (§7.1).
    #[error("{0}")]
    Macro(MacroError),
    /// A prefix length that is none, or beyond 32 or 128 (§5.6).
    #[error("the prefix length is not valid")]
    PrefixLength,
    /// No IPv4 address of four parts (§5.6).
    #[error("not an IPv4 address")]
    Ip4Address,
    /// No IPv6 address (§5.6).
    #[error("not an IPv6 address")]
    Ip6Address,
    /// A second "redirect" or "exp" (§6).
    #[error("the modifier may appear only once")]
    RepeatedModifier,
}

/// A term that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Directive(Directive),
    Redirect(DomainSpec),
    Explanation(DomainSpec),
    Unknown(UnknownModifier),
}

/// An error and, where it is about a part of the text read, which part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    pub(super) error: TermError,
    pub(super) part: Option<(usize, usize)>,
}

/// An error about the whole text.
pub(super) fn fault(error: TermError) -> Fault {
    Fault { error, part: None }
}

impl Fault {
    /// The same, where the text read began at `offset` in a longer one.
    pub(super) fn shifted(self, offset: usize) -> Fault {
        Fault { part: self.part.map(|(start, end)| (start + offset, end + offset)), ..self }
    }
}

impl From<MacroFault> for Fault {
    fn from((error, start, end): MacroFault) -> Fault {
        Fault { error: TermError::Macro(error), part: Some((start, end)) }
    }
}

impl Term {
    /// Reads one term; `octets` holds no blank and is not empty.
    pub(super) fn parse(octets: &[u8]) -> Result<Term, Fault> {
        if let Some(at) = octets.iter().position(|b| !b.is_ascii_graphic()) {
            return Err(Fault { error: TermError::BadOctet(octets[at]), part: Some((at, at + 1)) });
        }
        // Graphic ASCII is UTF-8.
        let Ok(text) = std::str::from_utf8(octets) else { return Err(fault(TermError::UnknownMechanism)) };
        // RFC 7208 §4.6.1: "Modifiers always contain an equals ('=') character
        // immediately after the name, and before any ":" or "/" characters".
        match modifier::split(text) {
            Some((name, value)) => modifier::parse(text, name, value).map_err(|f| f.shifted(name.len() + 1)),
            None => directive::parse(text).map(Term::Directive),
        }
    }

    /// True for all but modifiers that nobody knows.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self, Term::Unknown(_))
    }
}
