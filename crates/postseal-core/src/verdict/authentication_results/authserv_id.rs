use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

use crate::dns::DomainName;

/// The name that owns an Authentication-Results field (RFC 8601 §2.5): mostly
/// the host's domain name. A token of RFC 2045, so that it never needs quoting;
/// compared without case.
#[derive(Clone)]
pub struct AuthservId(CompactString);

/// Why a text is no authserv-id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthservIdError {
    /// Nothing.
    #[error("the authserv-id is empty")]
    Empty,
    /// More than 253 octets.
    #[error("the authserv-id is longer than {} octets", AuthservId::MAX_LEN)]
    TooLong,
    /// A character that a token may not have, or letters that make no domain name.
    #[error("the authserv-id has a character that is not allowed in it")]
    BadCharacter,
    /// The word that RFC 8601 has for "no results".
    #[error("\"none\" cannot be an authserv-id")]
    None,
}

impl AuthservId {
    /// Octets that an authserv-id may have: as many as a domain name.
    pub const MAX_LEN: usize = 253;

    /// Reads an authserv-id. U-labels become A-labels.
    ///
    /// # Errors
    /// [`AuthservIdError`] says what is wrong.
    pub fn parse(text: &str) -> Result<AuthservId, AuthservIdError> {
        if text.is_empty() {
            return Err(AuthservIdError::Empty);
        }
        if text.len() > AuthservId::MAX_LEN {
            return Err(AuthservIdError::TooLong);
        }
        if text.eq_ignore_ascii_case("none") {
            return Err(AuthservIdError::None);
        }
        if !text.is_ascii() {
            let domain = DomainName::parse(text).map_err(|_| AuthservIdError::BadCharacter)?;
            return Ok(AuthservId(domain.as_str().into()));
        }
        let has_letter = text.bytes().any(|b| b.is_ascii_alphanumeric());
        if has_letter && text.bytes().all(is_token_octet) {
            Ok(AuthservId(text.into()))
        } else {
            Err(AuthservIdError::BadCharacter)
        }
    }

    /// The authserv-id as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Octets of a token (RFC 2045 §5.1): visible ASCII without the tspecials.
pub(super) fn is_token_octet(octet: u8) -> bool {
    TOKEN_OCTETS[usize::from(octet)]
}

/// Every octet of every value that is written is looked up.
const TOKEN_OCTETS: [bool; 256] = {
    let tspecials = b"()<>@,;:\\\"/[]?=";
    let mut octets = [false; 256];
    let mut octet = b'!';
    while octet <= b'~' {
        octets[octet as usize] = true;
        octet += 1;
    }
    let mut i = 0;
    while i < tspecials.len() {
        octets[tspecials[i] as usize] = false;
        i += 1;
    }
    octets
};

impl PartialEq for AuthservId {
    fn eq(&self, other: &AuthservId) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for AuthservId {}

impl fmt::Display for AuthservId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AuthservId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl FromStr for AuthservId {
    type Err = AuthservIdError;

    fn from_str(text: &str) -> Result<AuthservId, AuthservIdError> {
        AuthservId::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let check = |text: &str, expected: Result<&str, AuthservIdError>| {
            let got = AuthservId::parse(text);
            assert_eq!(got.as_ref().map(AuthservId::as_str), expected.as_ref().copied(), "{text:?}");
        };
        check("mx.example", Ok("mx.example"));
        check("MX1_a.Example", Ok("MX1_a.Example"));
        check("bücher.example", Ok("xn--bcher-kva.example"));
        check("", Err(AuthservIdError::Empty));
        check("none", Err(AuthservIdError::None));
        check("mx example", Err(AuthservIdError::BadCharacter));
        check("mx.example;", Err(AuthservIdError::BadCharacter));
        check("mx.example\r\nX: y", Err(AuthservIdError::BadCharacter));
        check("[192.0.2.1]", Err(AuthservIdError::BadCharacter));
        check("...", Err(AuthservIdError::BadCharacter));
        check(&"a".repeat(254), Err(AuthservIdError::TooLong));
        assert_eq!(AuthservId::parse("MX.example"), AuthservId::parse("mx.EXAMPLE"));
    }
}
