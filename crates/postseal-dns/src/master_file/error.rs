/// Why a master file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct MasterFileError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub wrong: Wrong,
}

/// What can be wrong in a master file. Texts hold what was found, at most
/// [`Wrong::SHOWN`] characters of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// More octets than are read.
    #[error("the file is larger than {0} octets")]
    TooLarge(usize),
    /// NUL octets, or UTF-16.
    #[error("this is not a text file")]
    NotText,
    /// A quotation mark that is never closed on its line.
    #[error("a quotation mark is not closed")]
    OpenQuote,
    /// A parenthesis that is never closed.
    #[error("a parenthesis is not closed")]
    OpenParenthesis,
    /// A closing parenthesis without an opening one.
    #[error("a closing parenthesis has no opening one")]
    StrayParenthesis,
    /// A backslash with digits that make no octet.
    #[error("a backslash is followed by digits that make no octet")]
    BadEscape,
    /// The first line begins with a blank: there is no name to repeat.
    #[error("there is no name before the type")]
    NoOwner,
    /// A name without a final dot, and nothing it could be relative to.
    #[error("the name {0:?} needs an $ORIGIN")]
    NoOrigin(String),
    /// A name that is none.
    #[error("{0:?} is not a domain name")]
    BadName(String),
    /// A word where a type should be.
    #[error("{0:?} is not a record type")]
    UnknownType(String),
    /// A line without a type.
    #[error("there is no record type")]
    NoType,
    /// Data is missing.
    #[error("there is no {0}")]
    Missing(Field),
    /// Data that cannot be read.
    #[error("{text:?} is not a valid {field}")]
    Bad {
        /// What should have been there.
        field: Field,
        /// What was there.
        text: String,
    },
    /// More data than the type takes.
    #[error("{0:?} is more than this type takes")]
    TooMuch(String),
    /// A `$` word that is not known.
    #[error("{0:?} is not known")]
    UnknownDirective(String),
}

impl Wrong {
    /// Characters of the file that an error shows.
    pub const SHOWN: usize = 60;
}

/// Parts of a record's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// IPv4 address.
    Ipv4,
    /// IPv6 address.
    Ipv6,
    /// Name of a host or domain.
    Name,
    /// Preference of an MX.
    Preference,
    /// A number.
    Number,
    /// Text.
    Text,
    /// Hexadecimal digits.
    Hex,
    /// Seconds, or a time with units.
    Ttl,
}

impl Field {
    /// The name in English.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Ipv4 => "IPv4 address",
            Field::Ipv6 => "IPv6 address",
            Field::Name => "name",
            Field::Preference => "preference (a number before the host)",
            Field::Number => "number",
            Field::Text => "text",
            Field::Hex => "row of hexadecimal digits",
            Field::Ttl => "time to live",
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something odd that does not keep the file from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: FindingKind,
}

/// What can be odd in a master file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// A record type that no command of Postseal uses.
    TypeSkipped(String),
    /// A class other than IN.
    ClassSkipped(String),
    /// `$INCLUDE` or `$GENERATE`, which are not followed.
    DirectiveSkipped(String),
    /// Without `$ORIGIN`, names without a final dot are taken as they are.
    TakenAsAbsolute(String),
    /// A name that ends in the origin but not in a dot, so that the origin comes twice.
    OriginTwice(String),
    /// Several texts of which not all have quotation marks: they are joined without blanks.
    JoinedWithoutBlanks,
    /// A semicolon outside quotation marks: the rest of the text is a comment.
    CutBySemicolon,
    /// A text of more than 255 octets, which servers refuse or split.
    LongString,
    /// Curly quotation marks, which are part of the text.
    CurlyQuotes,
    /// Data beside an alias (RFC 1034 §3.6.2).
    CnameBesideOthers(String),
}
