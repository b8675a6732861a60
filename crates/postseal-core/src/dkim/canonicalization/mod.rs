//! Canonicalization (RFC 6376 §3.4): the form in which octets are hashed.

mod blanks;
mod body;
mod header;

use std::fmt;

pub(crate) use body::{BodyCanonicalizer, Sink};
pub(crate) use header::HeaderHasher;

/// A canonicalization algorithm, for header fields and for the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Canonicalization {
    /// Nearly no change is tolerated (RFC 6376 §3.4.1, §3.4.3).
    Simple,
    /// Changes of blanks and folding are tolerated (RFC 6376 §3.4.2, §3.4.4).
    Relaxed,
}

impl Canonicalization {
    /// The token of the `c=` tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Canonicalization::Simple => "simple",
            Canonicalization::Relaxed => "relaxed",
        }
    }

    /// Reads one half of a `c=` value, in whatever case.
    pub(crate) fn from_token(token: &[u8]) -> Option<Canonicalization> {
        [Canonicalization::Relaxed, Canonicalization::Simple]
            .into_iter()
            .find(|c| token.eq_ignore_ascii_case(c.as_str().as_bytes()))
    }

    /// Reads a `c=` value: header, and body where it is given.
    pub(crate) fn pair_from_value(value: &[u8]) -> Option<(Canonicalization, Canonicalization)> {
        let slash = value.iter().position(|b| *b == b'/');
        let (header, body) = slash.map_or((value, None), |i| (&value[..i], Some(&value[i + 1..])));
        // RFC 6376 §3.5: "If only one algorithm is named, that algorithm is used for the
        // header and "simple" is used for the body."
        let body = body.map_or(Some(Canonicalization::Simple), Canonicalization::from_token)?;
        Some((Canonicalization::from_token(header)?, body))
    }
}

impl fmt::Display for Canonicalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
