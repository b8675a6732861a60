use std::fmt;

use compact_str::CompactString;

/// The name of an organisation: the label in front of the hosting zone that
/// makes its initial domain. 2 to 40 letters, digits and hyphens, lower case.
/// A name is for ever: the store never gives it to another organisation.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrganisationName(CompactString);

/// Why a text is no name of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationNameError {
    /// Fewer than two characters.
    #[error("the name of an organisation has at least {min} characters", min = OrganisationName::MIN_LEN)]
    TooShort,
    /// More than forty characters.
    #[error("the name of an organisation has at most {max} characters", max = OrganisationName::MAX_LEN)]
    TooLong,
    /// Something that is no letter of ASCII, digit or hyphen.
    #[error("the name of an organisation has only the letters a to z, digits and hyphens, not {0:?}")]
    BadCharacter(char),
    /// A hyphen at an end.
    #[error("the name of an organisation neither begins nor ends with a hyphen")]
    HyphenAtEnd,
    /// Two hyphens at the third and fourth place, as A-labels have (RFC 5890 §2.3.1).
    #[error("the name of an organisation has no two hyphens at its third and fourth place")]
    LooksEncoded,
    /// A name that the hosting zone itself may need.
    #[error("this name is kept for the hosting zone itself")]
    Reserved,
}

impl OrganisationName {
    /// Characters that a name has at least.
    pub const MIN_LEN: usize = 2;
    /// Characters that a name may have: room is left for a key's label in front of it.
    pub const MAX_LEN: usize = 40;

    /// Reads a name; letters become lower case.
    ///
    /// # Errors
    /// [`OrganisationNameError`] says what is wrong.
    pub fn parse(text: &str) -> Result<OrganisationName, OrganisationNameError> {
        if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return Err(OrganisationNameError::BadCharacter(bad));
        }
        if text.len() < OrganisationName::MIN_LEN {
            return Err(OrganisationNameError::TooShort);
        }
        if text.len() > OrganisationName::MAX_LEN {
            return Err(OrganisationNameError::TooLong);
        }
        if text.starts_with('-') || text.ends_with('-') {
            return Err(OrganisationNameError::HyphenAtEnd);
        }
        if text.get(2..4) == Some("--") {
            return Err(OrganisationNameError::LooksEncoded);
        }
        let name = text.to_ascii_lowercase();
        if is_reserved(&name) {
            return Err(OrganisationNameError::Reserved);
        }
        Ok(OrganisationName(CompactString::new(name)))
    }

    /// The name, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganisationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OrganisationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Hosts that a zone has for itself, and hosts that programs look up unasked.
const RESERVED: [&str; 17] = [
    "admin",
    "autoconfig",
    "autodiscover",
    "dkim",
    "dmarc",
    "hostmaster",
    "imap",
    "isatap",
    "localhost",
    "mail",
    "mta-sts",
    "openpgpkey",
    "postmaster",
    "smtp",
    "spf",
    "wpad",
    "www",
];

/// `ns`, `mx` and such with a number behind them are reserved as well.
fn is_reserved(name: &str) -> bool {
    let numbered = ["ns", "mx", "dns"]
        .iter()
        .any(|front| name.strip_prefix(front).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())));
    numbered || RESERVED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        use OrganisationNameError as E;
        let check = |text: &str, expected: Result<&str, E>| {
            let got = OrganisationName::parse(text);
            assert_eq!(got.as_ref().map(OrganisationName::as_str), expected.as_ref().copied(), "{text:?}");
        };
        check("Contoso", Ok("contoso"));
        check("a1-b2", Ok("a1-b2"));
        check("42", Ok("42"));
        check("nsa", Ok("nsa"));
        check("", Err(E::TooShort));
        check("a", Err(E::TooShort));
        check(&"a".repeat(40), Ok(&"a".repeat(40)));
        check(&"a".repeat(41), Err(E::TooLong));
        check("a.b", Err(E::BadCharacter('.')));
        check("_dmarc", Err(E::BadCharacter('_')));
        check("株式会社", Err(E::BadCharacter('株')));
        check("-ab", Err(E::HyphenAtEnd));
        check("ab-", Err(E::HyphenAtEnd));
        check("xn--bcher-kva", Err(E::LooksEncoded));
        check("SPF", Err(E::Reserved));
        check("ns1", Err(E::Reserved));
        check("mx", Err(E::Reserved));
    }
}
