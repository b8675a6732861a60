use std::ops::Range;

use super::author_domain::{AddressDefect, AddressError};
use crate::dns::DomainName;

/// Octets that a From field's body may have.
pub const MAX_ADDRESS_LIST: usize = 64 * 1024;

/// Addresses that a From field may have.
pub const MAX_ADDRESSES: usize = 100;

/// Depth of nested comments that is read.
pub const MAX_COMMENT_DEPTH: usize = 32;

/// Reads the body of a From field (RFC 5322 §3.4, RFC 6532, RFC 6854) and hands
/// the domain of each address to `on_domain`, in order.
///
/// Strict where readers could disagree about an address or where it ends, easy
/// where they cannot: dots and brackets in a display name, 8-bit octets in it,
/// misplaced dots in a local-part, a display name that repeats the address.
/// Of the obsolete syntax only empty list elements are read; a source route and
/// blanks or comments inside a domain are errors.
pub(super) fn read_address_list(
    body: &[u8],
    on_domain: impl FnMut(DomainName) -> Result<(), AddressDefect>,
) -> Result<(), AddressError> {
    let mut reader = Reader { octets: body, at: 0, addresses: 0, on_domain };
    let read = reader.check_charset().and_then(|()| reader.address_list());
    read.map_err(|defect| AddressError { defect, offset: reader.at })
}

struct Reader<'a, F> {
    octets: &'a [u8],
    at: usize,
    addresses: usize,
    on_domain: F,
}

/// What has been read before an address could be told from a display name.
#[derive(Default)]
struct Words {
    count: usize,
    /// Where the first word lies: a local-part, if an `@` follows.
    first: Range<usize>,
    comments: Comments,
}

/// What comments hold. In a display name anything goes; between the parts of an
/// address nothing may be taken for a part of it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Comments {
    #[default]
    Plain,
    LikeAddress,
}

impl<F: FnMut(DomainName) -> Result<(), AddressDefect>> Reader<'_, F> {
    /// Old mail holds display names in charsets other than UTF-8. In some of
    /// them a second octet looks like one of `@ [ \ ]`, and readers disagree.
    fn check_charset(&mut self) -> Result<(), AddressDefect> {
        if self.octets.is_ascii() || std::str::from_utf8(self.octets).is_ok() {
            return Ok(());
        }
        let mixed = |pair: &[u8]| pair[0] >= 0x80 && matches!(pair[1], b'@' | b'[' | b'\\' | b']');
        match self.octets.windows(2).position(mixed) {
            Some(at) => {
                self.at = at;
                Err(AddressDefect::UnknownCharset)
            }
            None => Ok(()),
        }
    }

    // RFC 6854 §2.1: "from = "From:" (mailbox-list / address-list) CRLF"
    fn address_list(&mut self) -> Result<(), AddressDefect> {
        let mut in_group = false;
        let mut expects_separator = false;
        loop {
            self.skip_cfws()?;
            match self.peek() {
                None if in_group => return Err(AddressDefect::UnclosedGroup),
                None => return Ok(()),
                Some(b',') => {
                    self.at += 1;
                    expects_separator = false;
                }
                Some(b';') if in_group => {
                    self.at += 1;
                    in_group = false;
                    expects_separator = true;
                }
                Some(_) if expects_separator => return Err(AddressDefect::TextAfterAddress),
                Some(_) => expects_separator = !self.element(&mut in_group)?,
            }
        }
    }

    /// An address, or the beginning of a group; true for the latter.
    fn element(&mut self, in_group: &mut bool) -> Result<bool, AddressDefect> {
        let words = self.words()?;
        match self.peek() {
            Some(b'<') => {
                let domain = self.angle_addr()?;
                self.found(domain)?;
            }
            Some(b'@') => self.bare_address(&words)?,
            Some(b':') if words.count > 0 && !*in_group => {
                self.at += 1;
                *in_group = true;
                return Ok(true);
            }
            None | Some(b',' | b';') if words.count > 0 => return Err(AddressDefect::NoDomain),
            _ => return Err(AddressDefect::UnexpectedOctet),
        }
        Ok(false)
    }

    /// The words of a display name, or the local-part of an address without angle brackets.
    fn words(&mut self) -> Result<Words, AddressDefect> {
        let mut words = Words::default();
        loop {
            if self.skip_cfws()? == Comments::LikeAddress {
                words.comments = Comments::LikeAddress;
            }
            let start = self.at;
            while self.word(is_phrase_octet)? {}
            if self.at == start {
                return Ok(words);
            }
            words.count += 1;
            if words.count == 1 {
                words.first = start..self.at;
            }
        }
    }

    /// One run of atom octets or one quoted string; false where there is neither.
    fn word(&mut self, allowed: fn(u8) -> bool) -> Result<bool, AddressDefect> {
        match self.peek() {
            Some(b'"') => self.quoted_string()?,
            Some(octet) if allowed(octet) => {
                let rest = &self.octets[self.at..];
                self.at += rest.iter().position(|b| !allowed(*b)).unwrap_or(rest.len());
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// `local-part@domain` without angle brackets. Mailers that put an address
    /// in the place of the display name as well are read where both domains agree.
    fn bare_address(&mut self, words: &Words) -> Result<(), AddressDefect> {
        if words.count != 1 {
            return Err(AddressDefect::NoAngleBrackets);
        }
        if words.comments == Comments::LikeAddress {
            return Err(AddressDefect::AddressInComment);
        }
        self.check_local_part(words.first.clone())?;
        let domain = self.at_domain()?;
        // `user@example.com (Jo)` is the oldest way to give a display name; a comment that
        // touches the domain is read as carefully as one within an address.
        match self.peek() {
            Some(b'(') => self.skip_cfws_in_address()?,
            _ => {
                self.skip_cfws()?;
            }
        }
        match self.peek() {
            None | Some(b',' | b';') => self.found(domain),
            Some(b'<') => {
                if self.angle_addr()? == domain {
                    self.found(domain)
                } else {
                    Err(AddressDefect::AddressInDisplayName)
                }
            }
            Some(b'@') => Err(AddressDefect::SecondAt),
            Some(octet) if is_atom_octet(octet) => Err(AddressDefect::TextAfterAddress),
            Some(_) => Err(AddressDefect::UnexpectedOctet),
        }
    }

    /// `<local-part@domain>`.
    fn angle_addr(&mut self) -> Result<DomainName, AddressDefect> {
        self.at += 1;
        self.skip_cfws_in_address()?;
        let start = self.at;
        while self.word(is_atom_octet)? {}
        let local_part = start..self.at;
        self.skip_cfws_in_address()?;
        match self.peek() {
            // RFC 5322 §4.4 has obs-route = obs-domain-list ":", to be ignored; readers
            // exist that take the first domain of it.
            Some(b'@') if local_part.is_empty() => return Err(AddressDefect::SourceRoute),
            Some(b'@') => {}
            Some(b'>') => return Err(AddressDefect::NoDomain),
            None => return Err(AddressDefect::UnclosedAngleBracket),
            Some(_) => return Err(AddressDefect::UnexpectedOctet),
        }
        self.check_local_part(local_part)?;
        let domain = self.at_domain()?;
        self.skip_cfws_in_address()?;
        match self.peek() {
            Some(b'>') => {
                self.at += 1;
                Ok(domain)
            }
            Some(b'@') => Err(AddressDefect::SecondAt),
            None => Err(AddressDefect::UnclosedAngleBracket),
            Some(_) => Err(AddressDefect::UnexpectedOctet),
        }
    }

    /// The domain after an `@`, which is next.
    fn at_domain(&mut self) -> Result<DomainName, AddressDefect> {
        self.at += 1;
        self.skip_cfws_in_address()?;
        let start = self.at;
        if self.peek() == Some(b'[') {
            return Err(AddressDefect::AddressLiteral);
        }
        let rest = &self.octets[start..];
        let length = rest.iter().position(|b| !is_atom_octet(*b)).unwrap_or(rest.len());
        if length == 0 {
            return Err(AddressDefect::NoDomain);
        }
        let domain = read_domain(&rest[..length])?;
        self.at += length;
        Ok(domain)
    }

    fn check_local_part(&self, range: Range<usize>) -> Result<(), AddressDefect> {
        let local_part = &self.octets[range];
        if local_part.is_empty() {
            return Err(AddressDefect::NoLocalPart);
        }
        let text = std::str::from_utf8(local_part).map_err(|_| AddressDefect::UnknownCharset)?;
        // RFC 2047 §5: "An 'encoded-word' MUST NOT appear in any portion of an 'addr-spec'."
        if text.split_once("=?").is_some_and(|(_, rest)| rest.contains("?=")) {
            return Err(AddressDefect::EncodedWordInAddress);
        }
        // The brackets that a display name may have.
        if local_part.iter().any(|b| matches!(b, b'[' | b']')) && !local_part.contains(&b'"') {
            return Err(AddressDefect::UnexpectedOctet);
        }
        Ok(())
    }

    fn found(&mut self, domain: DomainName) -> Result<(), AddressDefect> {
        self.addresses += 1;
        if self.addresses > MAX_ADDRESSES {
            return Err(AddressDefect::TooManyAddresses);
        }
        (self.on_domain)(domain)
    }

    fn quoted_string(&mut self) -> Result<(), AddressDefect> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.quoted_pair()?,
                Some(octet) if is_text(octet) => self.at += 1,
                Some(_) => return Err(AddressDefect::ControlCharacter),
                None => {
                    self.at = start;
                    return Err(AddressDefect::UnclosedQuotedString);
                }
            }
        }
    }

    fn quoted_pair(&mut self) -> Result<(), AddressDefect> {
        match self.octets.get(self.at + 1) {
            Some(octet) if is_text(*octet) && !matches!(octet, b'\r' | b'\n') => {
                self.at += 2;
                Ok(())
            }
            _ => Err(AddressDefect::ControlCharacter),
        }
    }

    fn skip_cfws_in_address(&mut self) -> Result<(), AddressDefect> {
        match self.skip_cfws()? {
            Comments::Plain => Ok(()),
            Comments::LikeAddress => Err(AddressDefect::AddressInComment),
        }
    }

    /// Comments and folding white space (RFC 5322 §3.2.2).
    fn skip_cfws(&mut self) -> Result<Comments, AddressDefect> {
        let mut comments = Comments::Plain;
        loop {
            match self.peek() {
                Some(octet) if is_blank(octet) => self.at += 1,
                Some(b'(') => {
                    if self.comment()? == Comments::LikeAddress {
                        comments = Comments::LikeAddress;
                    }
                }
                _ => return Ok(comments),
            }
        }
    }

    fn comment(&mut self) -> Result<Comments, AddressDefect> {
        let start = self.at;
        let mut content = Comments::Plain;
        let mut depth = 0;
        loop {
            match self.peek() {
                Some(b'(') if depth == MAX_COMMENT_DEPTH => return Err(AddressDefect::CommentTooDeep),
                Some(b'(') => {
                    depth += 1;
                    self.at += 1;
                    if self.peek() == Some(b'.') {
                        content = Comments::LikeAddress;
                    }
                }
                Some(b')') => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        return Ok(content);
                    }
                }
                Some(b'\\') => self.quoted_pair()?,
                // Readers that look for the first bracket find an address here.
                Some(b'<' | b'>') => return Err(AddressDefect::AddressInComment),
                Some(octet) if is_text(octet) => {
                    if matches!(octet, b'@' | b',' | b';' | b':' | b'"' | b'[' | b']') {
                        content = Comments::LikeAddress;
                    }
                    self.at += 1;
                }
                Some(_) => return Err(AddressDefect::ControlCharacter),
                None => {
                    self.at = start;
                    return Err(AddressDefect::UnclosedComment);
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }
}

/// A domain as an address has it: a dot-atom that is a domain name. U-labels
/// become A-labels (RFC 9989 §5.3.1).
fn read_domain(octets: &[u8]) -> Result<DomainName, AddressDefect> {
    if octets.ends_with(b".") {
        return Err(AddressDefect::UnexpectedOctet);
    }
    let domain = DomainName::parse_octets(octets).map_err(AddressDefect::BadDomain)?;
    // A label outside ASCII must be a U-label. What UTS 46 would only map to ASCII (wide
    // letters, other full stops) looks like another name to those who do not map.
    let is_u_label = |(written, label): (&[u8], &str)| written.is_ascii() || label.starts_with("xn--");
    let labels = octets.split(|b| *b == b'.');
    if !octets.is_ascii()
        && (labels.clone().count() != domain.label_count() || !labels.zip(domain.labels()).all(is_u_label))
    {
        return Err(AddressDefect::NotALabel);
    }
    Ok(domain)
}

/// atext (RFC 5322 §3.2.3), octets of other scripts (RFC 6532 §3.2) and the dot.
fn is_atom_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || octet >= 0x80
        || matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-'..=b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
}

/// What a display name may have; brackets are not allowed but cannot mislead.
fn is_phrase_octet(octet: u8) -> bool {
    is_atom_octet(octet) || matches!(octet, b'[' | b']')
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// Anything but control characters; folding is CR and LF.
fn is_text(octet: u8) -> bool {
    is_blank(octet) || (octet >= 0x20 && octet != 0x7f)
}
