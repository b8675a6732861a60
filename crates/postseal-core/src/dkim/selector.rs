use std::fmt;

use crate::dns::{DomainName, DomainNameError};

/// A selector, the `s=` tag (RFC 6376 §3.1): names one key of an SDID. Lower
/// case, U-labels kept as A-labels (RFC 8616 §4).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selector(DomainName);

impl Selector {
    /// Reads a selector: one label or more, with dots between them.
    ///
    /// # Errors
    /// What is wrong with it, in a domain name's words.
    pub fn parse(text: &str) -> Result<Selector, DomainNameError> {
        DomainName::parse(text).map(Selector)
    }

    pub(crate) fn parse_octets(octets: &[u8]) -> Result<Selector, DomainNameError> {
        DomainName::parse_octets(octets).map(Selector)
    }

    /// The selector's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Where this selector's key record lies (RFC 6376 §3.6.2.1).
    ///
    /// # Errors
    /// Where the name is too long for the DNS.
    pub fn key_name(&self, sdid: &DomainName) -> Result<DomainName, DomainNameError> {
        sdid.with_labels(&self.0, KEY_LABEL)
    }

    /// Tells whether [`Selector::key_name`] makes a name, without making it.
    pub(crate) fn check_key_name(&self, sdid: &DomainName) -> Result<(), DomainNameError> {
        let len = self.as_str().len() + 1 + KEY_LABEL.len() + 1 + sdid.as_str().len();
        if len > DomainName::MAX_LEN { Err(DomainNameError::TooLong) } else { Ok(()) }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// What stands between selector and SDID in the name of a key.
const KEY_LABEL: &str = "_domainkey";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_a_key_name_as_it_makes_one() {
        let selector = Selector::parse("selector1").expect("a selector");
        for last in 30..=63 {
            let sdid = format!("{0}.{0}.{0}.{1}", "a".repeat(60), "b".repeat(last));
            let sdid = DomainName::parse(&sdid).expect("a name");
            let made = selector.key_name(&sdid).map(|_| ());
            assert_eq!(selector.check_key_name(&sdid), made, "{} octets", sdid.as_str().len());
        }
    }
}
