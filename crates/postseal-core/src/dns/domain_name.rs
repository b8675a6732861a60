use std::borrow::Borrow;
use std::fmt;

use compact_str::CompactString;

/// A domain name: lower-case ASCII, no final dot, labels of 1 to 63 octets, at
/// most 253 octets in all. Never the root.
///
/// Names from messages and records pass [`DomainName::parse`], which takes
/// letters, digits, hyphen and underscore, and U-labels (kept as A-labels).
/// Names made by SPF macros may hold any printable ASCII: see
/// [`DomainName::from_expansion`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainName(CompactString);

/// Why a text is no domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DomainNameError {
    /// Nothing, or only a dot.
    #[error("the name is empty")]
    Empty,
    /// Two dots in a row, or a dot in front.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label of more than 63 octets (RFC 1035 §2.3.4).
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// More than 253 octets.
    #[error("the name is longer than 253 octets")]
    TooLong,
    /// A character that a domain name may not have.
    #[error("a character is not allowed in a domain name")]
    BadCharacter,
    /// A U-label that IDNA (UTS 46) does not allow.
    #[error("an internationalised label is not valid")]
    BadIdna,
}

impl DomainName {
    /// Octets that a name may have, without the final dot.
    pub const MAX_LEN: usize = 253;

    /// Reads a domain name as messages and records write it. One final dot is
    /// allowed and dropped; letters become lower case; U-labels become A-labels.
    ///
    /// # Errors
    /// [`DomainNameError`] says what is wrong.
    pub fn parse(text: &str) -> Result<DomainName, DomainNameError> {
        if text.is_ascii() {
            return DomainName::from_ascii(text, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        }
        if text.len() > 4 * DomainName::MAX_LEN {
            return Err(DomainNameError::TooLong);
        }
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), idna::AsciiDenyList::EMPTY)
            .map_err(|_| DomainNameError::BadIdna)?;
        DomainName::from_ascii(&ascii, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    }

    /// Reads a domain name from octets.
    ///
    /// # Errors
    /// As [`DomainName::parse`]; octets that are not UTF-8 are bad characters.
    pub fn parse_octets(octets: &[u8]) -> Result<DomainName, DomainNameError> {
        let text = std::str::from_utf8(octets).map_err(|_| DomainNameError::BadCharacter)?;
        DomainName::parse(text)
    }

    /// A name that a macro made (RFC 7208 §7): any printable ASCII and blanks,
    /// because local parts may hold them.
    ///
    /// # Errors
    /// [`DomainNameError`] says what is wrong.
    pub fn from_expansion(text: &str) -> Result<DomainName, DomainNameError> {
        DomainName::from_ascii(text, |b| (0x20..0x7f).contains(&b))
    }

    fn from_ascii(text: &str, allowed: impl Fn(u8) -> bool) -> Result<DomainName, DomainNameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        DomainName::check(text, allowed)?;
        let mut name = CompactString::new(text);
        name.make_ascii_lowercase();
        Ok(DomainName(name))
    }

    fn check(text: &str, allowed: impl Fn(u8) -> bool) -> Result<(), DomainNameError> {
        if text.is_empty() {
            return Err(DomainNameError::Empty);
        }
        if text.len() > DomainName::MAX_LEN {
            return Err(DomainNameError::TooLong);
        }
        let mut label = 0;
        for byte in text.bytes() {
            if byte == b'.' {
                if label == 0 {
                    return Err(DomainNameError::EmptyLabel);
                }
                label = 0;
            } else if allowed(byte) {
                label += 1;
                if label > 63 {
                    return Err(DomainNameError::LabelTooLong);
                }
            } else {
                return Err(DomainNameError::BadCharacter);
            }
        }
        if label == 0 { Err(DomainNameError::EmptyLabel) } else { Ok(()) }
    }

    /// The name, lower case, without a final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels, leftmost first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// How many labels there are; at least 1.
    pub fn label_count(&self) -> usize {
        1 + memchr::memchr_iter(b'.', self.0.as_bytes()).count()
    }

    /// The name without its leftmost label; `None` for a single label.
    pub fn parent(&self) -> Option<DomainName> {
        let (_, rest) = self.0.split_once('.')?;
        Some(DomainName(CompactString::new(rest)))
    }

    /// The last `count` labels; the whole name where it has no more than that.
    pub fn suffix(&self, count: usize) -> DomainName {
        let skip = self.label_count().saturating_sub(count);
        let mut rest = self.as_str();
        for _ in 0..skip {
            rest = rest.split_once('.').map_or(rest, |(_, tail)| tail);
        }
        DomainName(CompactString::new(rest))
    }

    /// The last `count` labels with a label put in front: one name, made once.
    pub(crate) fn suffix_with_prefix(
        &self,
        label: &str,
        count: usize,
    ) -> Result<DomainName, DomainNameError> {
        let skip = self.label_count().saturating_sub(count);
        let start = match skip {
            0 => 0,
            _ => memchr::memchr_iter(b'.', self.0.as_bytes()).nth(skip - 1).map_or(0, |dot| dot + 1),
        };
        let suffix = &self.0[start..];
        if label.len() + 1 + suffix.len() > DomainName::MAX_LEN {
            return Err(DomainNameError::TooLong);
        }
        let mut name = CompactString::with_capacity(label.len() + 1 + suffix.len());
        name.push_str(label);
        name.push('.');
        name.push_str(suffix);
        Ok(DomainName(name))
    }

    /// True where this is `ancestor` or a name below it.
    pub fn is_at_or_below(&self, ancestor: &DomainName) -> bool {
        self.0.strip_suffix(ancestor.as_str()).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    }

    /// This name with labels put in front, as `_dmarc` in front of `example.com`.
    ///
    /// # Errors
    /// Where the whole is no domain name, most often because it is too long.
    pub fn with_prefix(&self, labels: &str) -> Result<DomainName, DomainNameError> {
        DomainName::join(&[labels, self.as_str()])
    }

    /// The name `front.middle.self`, where `middle` is one valid label.
    ///
    /// # Errors
    /// Only [`DomainNameError::TooLong`].
    pub(crate) fn with_labels(
        &self,
        front: &DomainName,
        middle: &'static str,
    ) -> Result<DomainName, DomainNameError> {
        let mut octets = [0; DomainName::MAX_LEN];
        let mut len = 0;
        for part in [front.as_str(), ".", middle, ".", self.as_str()] {
            let room = octets.get_mut(len..len + part.len()).ok_or(DomainNameError::TooLong)?;
            room.copy_from_slice(part.as_bytes());
            len += part.len();
        }
        let name = CompactString::from_utf8(&octets[..len]).map_err(|_| DomainNameError::BadCharacter)?;
        Ok(DomainName(name))
    }

    /// The name made of these parts with dots between them.
    ///
    /// # Errors
    /// Where the whole is no domain name, most often because it is too long.
    pub fn join(parts: &[&str]) -> Result<DomainName, DomainNameError> {
        let len = parts.iter().map(|p| p.len() + 1).sum::<usize>();
        let mut name = CompactString::with_capacity(len.saturating_sub(1));
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                name.push('.');
            }
            name.push_str(part);
        }
        DomainName::check(&name, |b| (0x20..0x7f).contains(&b))?;
        name.make_ascii_lowercase();
        Ok(DomainName(name))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for DomainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let check = |text: &str, expected: Result<&str, DomainNameError>| {
            assert_eq!(
                DomainName::parse(text).as_ref().map(DomainName::as_str),
                expected.as_ref().copied(),
                "{text:?}"
            );
        };
        check("Example.COM.", Ok("example.com"));
        check("_dmarc.example.com", Ok("_dmarc.example.com"));
        check("bücher.example", Ok("xn--bcher-kva.example"));
        check("例え.テスト", Ok("xn--r8jz45g.xn--zckzah"));
        check("", Err(DomainNameError::Empty));
        check(".", Err(DomainNameError::Empty));
        check("a..b", Err(DomainNameError::EmptyLabel));
        check(".a", Err(DomainNameError::EmptyLabel));
        check("a b", Err(DomainNameError::BadCharacter));
        check("legit(.attack", Err(DomainNameError::BadCharacter));
        check("a\0b", Err(DomainNameError::BadCharacter));
        check(&"a".repeat(64), Err(DomainNameError::LabelTooLong));
        let longest = "a.".repeat(127);
        check(&longest, Ok(longest.trim_end_matches('.')));
        check(&"a.".repeat(128), Err(DomainNameError::TooLong));
    }

    #[test]
    fn walks_labels() {
        let name = DomainName::parse("a.b.example.com").expect("valid");
        assert_eq!(name.label_count(), 4);
        assert_eq!(name.suffix(2).as_str(), "example.com");
        assert_eq!(name.suffix(9).as_str(), "a.b.example.com");
        assert_eq!(name.parent().expect("has one").as_str(), "b.example.com");
        assert!(name.is_at_or_below(&DomainName::parse("example.com").expect("valid")));
        assert!(!name.is_at_or_below(&DomainName::parse("ample.com").expect("valid")));
    }
}
