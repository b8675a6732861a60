use super::address_list::{MAX_ADDRESS_LIST, MAX_ADDRESSES, MAX_COMMENT_DEPTH, read_address_list};
use super::{Defect, DefectKind, HeaderSection};
use crate::dns::{DomainName, DomainNameError};

/// The Author Domain (RFC 9989 §3.2.2): the domain of the one From field, the
/// same for each of its addresses. Where readers of the message could take
/// another one, there is none.
///
/// ```
/// use postseal_core::message::{HeaderSection, author_domain};
///
/// let section = HeaderSection::parse(b"From: Jo (at work) <jo@Example.com>\r\n".to_vec());
/// assert_eq!(author_domain(&section)?.as_str(), "example.com");
/// # Ok::<(), postseal_core::message::AuthorDomainError>(())
/// ```
///
/// # Errors
/// [`AuthorDomainError`] says why there is no usable Author Domain.
pub fn author_domain(section: &HeaderSection) -> Result<DomainName, AuthorDomainError> {
    authors(section).map(|authors| authors.domain)
}

/// Who wrote a message: the addresses of its one From field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authors {
    /// The domain that they have in common: the Author Domain.
    pub domain: DomainName,
    /// How many addresses there are; at least 1.
    pub addresses: usize,
}

/// The Author Domain, and how many addresses have it: whoever signs for one author
/// may not speak for several.
///
/// # Errors
/// As [`author_domain`].
pub fn authors(section: &HeaderSection) -> Result<Authors, AuthorDomainError> {
    if let Some(defect) = section.ambiguity() {
        return Err(AuthorDomainError::AmbiguousHeaderSection(defect));
    }
    if let Some(offset) = disguised_from(section) {
        return Err(AuthorDomainError::DisguisedFrom { offset });
    }
    let mut from_fields = section.named("From");
    let from = from_fields.next().ok_or(AuthorDomainError::NoFrom)?;
    // RFC 5322 §3.6: "From" is present exactly once.
    match from_fields.count() {
        0 => {}
        others => return Err(AuthorDomainError::SeveralFrom { fields: others + 1 }),
    }
    authors_of(from.body())
}

/// RFC 9989 §5.3.1: "If zero or more than one domain is extracted from the
/// RFC5322.From header field, then DMARC validation is not possible".
fn authors_of(body: &[u8]) -> Result<Authors, AuthorDomainError> {
    if body.len() > MAX_ADDRESS_LIST {
        return Err(AuthorDomainError::TooLong { octets: body.len() });
    }
    let mut author: Option<DomainName> = None;
    let mut other: Option<DomainName> = None;
    let mut addresses = 0;
    read_address_list(body, |domain| {
        addresses += 1;
        match &author {
            None => author = Some(domain),
            Some(author) if *author != domain => {
                other.get_or_insert(domain);
            }
            Some(_) => {}
        }
        Ok(())
    })
    .map_err(AuthorDomainError::Address)?;
    match (author, other) {
        (Some(first), Some(other)) => Err(AuthorDomainError::DifferentDomains { first, other }),
        (Some(domain), None) => Ok(Authors { domain, addresses }),
        (None, _) => Err(AuthorDomainError::NoAddress),
    }
}

/// Where a line is no field to us but a From field to readers that are less
/// strict about blanks and odd octets in a field name.
fn disguised_from(section: &HeaderSection) -> Option<usize> {
    let not_fields = section.defects().iter().filter(|d| d.kind == DefectKind::NotAField);
    not_fields.map(|defect| defect.offset).find(|offset| looks_like_from(&section.octets()[*offset..]))
}

fn looks_like_from(octets: &[u8]) -> bool {
    let ends_here = |pair: &[u8]| pair[0] == b'\n' && !matches!(pair.get(1), Some(b' ' | b'\t'));
    let end = octets.windows(2).position(ends_here).unwrap_or(octets.len());
    let visible = octets[..end].iter().filter(|b| (b'!'..=b'~').contains(*b));
    visible.take(5).map(u8::to_ascii_lowercase).eq(*b"from:")
}

/// Why a message has no usable Author Domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorDomainError {
    /// A bare CR or LF, a NUL, or too many fields: readers disagree about what the fields are.
    #[error("the header section is ambiguous at octet {}", .0.offset)]
    AmbiguousHeaderSection(Defect),
    /// No From field.
    #[error("there is no From field")]
    NoFrom,
    /// More than one From field.
    #[error("there are {fields} From fields")]
    SeveralFrom {
        /// How many.
        fields: usize,
    },
    /// A line that is no field, but that some readers take for a From field.
    #[error("a line at octet {offset} is not a field but looks like From")]
    DisguisedFrom {
        /// Octets from the start of the header section.
        offset: usize,
    },
    /// The field's body is longer than 64 kB.
    #[error("the From field has {octets} octets, more than {MAX_ADDRESS_LIST}")]
    TooLong {
        /// Octets of the body.
        octets: usize,
    },
    /// An empty From field, or only empty groups.
    #[error("the From field has no address")]
    NoAddress,
    /// Addresses of more than one domain.
    #[error("the From field has addresses of several domains: {first}, {other}")]
    DifferentDomains {
        /// The domain of the first address.
        first: DomainName,
        /// The first domain that differs.
        other: DomainName,
    },
    /// The addresses cannot be read, or not in one way only.
    #[error(transparent)]
    Address(AddressError),
}

/// What is wrong in an address list, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the From field: {defect} (octet {offset})")]
pub struct AddressError {
    /// What it is.
    pub defect: AddressDefect,
    /// Octets from the start of the field's body.
    pub offset: usize,
}

/// What can be wrong in an address list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressDefect {
    /// An octet that has no place there.
    #[error("a character is out of place")]
    UnexpectedOctet,
    /// A control character.
    #[error("a control character")]
    ControlCharacter,
    /// Octets that are not UTF-8 and can be read in more than one way.
    #[error("octets of an unknown character set")]
    UnknownCharset,
    /// A comment that does not end.
    #[error("a comment does not end")]
    UnclosedComment,
    /// Comments nested deeper than 32.
    #[error("comments are nested deeper than {MAX_COMMENT_DEPTH}")]
    CommentTooDeep,
    /// A comment holds what could be taken for an address or a part of one.
    #[error("a comment looks like a part of an address")]
    AddressInComment,
    /// A quoted string that does not end.
    #[error("a quoted string does not end")]
    UnclosedQuotedString,
    /// `<` without `>`.
    #[error("an angle bracket is not closed")]
    UnclosedAngleBracket,
    /// A group without its semicolon.
    #[error("a group does not end")]
    UnclosedGroup,
    /// A display name and an address without angle brackets.
    #[error("an address needs angle brackets")]
    NoAngleBrackets,
    /// A display name that is another address.
    #[error("the display name is an address of another domain")]
    AddressInDisplayName,
    /// More text where the next address or the end should be.
    #[error("text follows an address")]
    TextAfterAddress,
    /// An obsolete route: `<@a.example:user@b.example>`.
    #[error("a source route")]
    SourceRoute,
    /// A second `@`.
    #[error("a second @ in an address")]
    SecondAt,
    /// Nothing before the `@`.
    #[error("an address has no local-part")]
    NoLocalPart,
    /// No `@`, or nothing behind it.
    #[error("an address has no domain")]
    NoDomain,
    /// An address literal, such as `[192.0.2.1]`, in the place of a domain.
    #[error("an address literal is no domain")]
    AddressLiteral,
    /// An encoded word in an address (RFC 2047 §5).
    #[error("an encoded word in an address")]
    EncodedWordInAddress,
    /// What follows the `@` is no domain name.
    #[error("the domain cannot be read: {0}")]
    BadDomain(DomainNameError),
    /// A label outside ASCII that is no U-label (RFC 5890 §2.3.2.1).
    #[error("a label of the domain is not a U-label")]
    NotALabel,
    /// More than 100 addresses.
    #[error("more than {MAX_ADDRESSES} addresses")]
    TooManyAddresses,
}
