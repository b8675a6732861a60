use std::fmt;

use compact_str::CompactString;

use super::macro_string::{MacroContext, MacroString};
use super::term::{Fault, Term};
use super::{DomainSpec, Mechanism, Span};

/// A modifier that is neither "redirect" nor "exp" (RFC 7208 §6): ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownModifier {
    pub(super) text: CompactString,
    /// Where it stands in the record.
    pub span: Span,
}

impl UnknownModifier {
    /// The whole as written; its value is a macro-string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The name as written.
    pub fn name(&self) -> &str {
        self.text.split_once('=').map_or(self.as_str(), |(name, _)| name)
    }

    /// True where the IANA registry "SPF Modifier Names" has it: `ra`, `rp` and
    /// `rr` of RFC 6652.
    pub fn is_registered(&self) -> bool {
        ["ra", "rp", "rr"].iter().any(|known| self.name().eq_ignore_ascii_case(known))
    }

    /// True where a mechanism has this name: most likely `=` stands for `:`.
    pub fn is_named_like_a_mechanism(&self) -> bool {
        Mechanism::is_name(self.name())
    }
}

impl fmt::Display for UnknownModifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name and the value, where the term is a modifier.
pub(super) fn split(term: &str) -> Option<(&str, &str)> {
    // RFC 7208 §4.6.1: "name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )".
    let end = term.bytes().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')))?;
    let (name, value) = term.split_at(end);
    let value = value.strip_prefix('=')?;
    name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some((name, value))
}

/// Reads the modifier `term`, split; the places in an error are counted in `value`.
pub(super) fn parse(term: &str, name: &str, value: &str) -> Result<Term, Fault> {
    // RFC 7208 §4.6.1: "unknown-modifier … where name is not any known
    // modifier": a known one with a bad value is a syntax error.
    if name.eq_ignore_ascii_case("redirect") {
        return DomainSpec::parse(value).map(Term::Redirect);
    }
    if name.eq_ignore_ascii_case("exp") {
        return DomainSpec::parse(value).map(Term::Explanation);
    }
    MacroString::check(value.as_bytes(), MacroContext::UnknownModifier)?;
    Ok(Term::Unknown(UnknownModifier { text: CompactString::new(term), span: Span::new(0, 0) }))
}
