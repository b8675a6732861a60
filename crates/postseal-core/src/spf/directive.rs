use std::fmt;

use super::term::Fault;
use super::{Mechanism, Span, SpfResult};

/// A mechanism and what it means where it matches (RFC 7208 §4.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The result where it matches.
    pub qualifier: Qualifier,
    /// The test.
    pub mechanism: Mechanism,
    /// Where it stands in the record.
    pub span: Span,
}

/// What a match means (RFC 7208 §4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Qualifier {
    /// `+`, or none.
    Pass,
    /// `-`.
    Fail,
    /// `~`.
    Softfail,
    /// `?`.
    Neutral,
}

impl Qualifier {
    /// The result that a match causes.
    pub fn result(self) -> SpfResult {
        match self {
            Qualifier::Pass => SpfResult::Pass,
            Qualifier::Fail => SpfResult::Fail,
            Qualifier::Softfail => SpfResult::Softfail,
            Qualifier::Neutral => SpfResult::Neutral,
        }
    }

    /// As written; nothing for `+`.
    pub fn as_str(self) -> &'static str {
        match self {
            Qualifier::Pass => "",
            Qualifier::Fail => "-",
            Qualifier::Softfail => "~",
            Qualifier::Neutral => "?",
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.qualifier.as_str(), self.mechanism)
    }
}

/// Reads a directive; `text` is graphic ASCII. The span is set by the caller.
pub(super) fn parse(text: &str) -> Result<Directive, Fault> {
    // RFC 7208 §4.6.2: "The qualifier is optional and defaults to "+"."
    let (qualifier, rest) = match text.as_bytes().first() {
        Some(b'+') => (Qualifier::Pass, &text[1..]),
        Some(b'-') => (Qualifier::Fail, &text[1..]),
        Some(b'~') => (Qualifier::Softfail, &text[1..]),
        Some(b'?') => (Qualifier::Neutral, &text[1..]),
        _ => (Qualifier::Pass, text),
    };
    let mechanism = Mechanism::parse(rest).map_err(|f| f.shifted(text.len() - rest.len()))?;
    Ok(Directive { qualifier, mechanism, span: Span::new(0, 0) })
}
