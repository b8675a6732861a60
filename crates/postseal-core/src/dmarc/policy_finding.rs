use std::ops::Range;

/// Something odd in the text of a DMARC Policy Record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFinding {
    /// What it is.
    pub kind: PolicyFindingKind,
    /// The octets of the record, TXT strings joined, that it is about.
    pub span: Range<usize>,
}

/// Kinds of [`PolicyFinding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyFindingKind {
    /// A part that is no `tag=value`, or text after the version. It is discarded.
    Syntax,
    /// The version is there, but not first: the record does not count.
    VersionNotFirst,
    /// No version, in what looks like a policy record otherwise: it does not count.
    VersionMissing,
    /// `v=dmarc1`: the record does not count.
    VersionCase,
    /// Quotation marks, straight or curly.
    Quotes,
    /// The tag was there before. The first one counts.
    DuplicateTag(Tag),
    /// A tag that nobody knows. It is ignored.
    UnknownTag,
    /// `rf` or `ri`, removed by RFC 9989. It is ignored.
    RemovedTag(Tag),
    /// `pct`, removed by RFC 9989; its value where it is one from 0 to 100.
    Pct(Option<u8>),
    /// A known tag with a value that it cannot have.
    BadValue(Tag),
    /// `p` is there, but not right after the version.
    TagOrder,
    /// No `p`, or an empty one.
    PolicyMissing,
    /// In `rua` or `ruf`: no URI, or a `mailto:` URI without an address.
    ReportUriSyntax(Tag),
    /// In `rua` or `ruf`: a size limit such as `!10m`, obsolete.
    ReportUriSize(Tag),
}

impl PolicyFindingKind {
    /// The stable name that `check` gives it.
    pub fn id(self) -> &'static str {
        match self {
            PolicyFindingKind::Syntax
            | PolicyFindingKind::VersionNotFirst
            | PolicyFindingKind::VersionMissing => "dmarc.syntax",
            PolicyFindingKind::VersionCase => "dmarc.case",
            PolicyFindingKind::Quotes => "dmarc.quotes",
            PolicyFindingKind::DuplicateTag(_) => "dmarc.duplicate-tag",
            PolicyFindingKind::UnknownTag => "dmarc.unknown-tag",
            PolicyFindingKind::RemovedTag(_) => "dmarc.removed-tag",
            PolicyFindingKind::Pct(_) => "dmarc.pct",
            PolicyFindingKind::BadValue(_) => "dmarc.bad-value",
            PolicyFindingKind::TagOrder => "dmarc.tag-order",
            PolicyFindingKind::PolicyMissing => "dmarc.policy-missing",
            PolicyFindingKind::ReportUriSyntax(_) => "dmarc.rua-syntax",
            PolicyFindingKind::ReportUriSize(_) => "dmarc.rua-size",
        }
    }
}

/// The tags of the registry (RFC 9989 §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// DKIM alignment mode.
    Adkim,
    /// SPF alignment mode.
    Aspf,
    /// Failure reporting options.
    Fo,
    /// Policy for non-existent subdomains.
    Np,
    /// Policy.
    P,
    /// Sampling rate, historic.
    Pct,
    /// Whether the domain is a Public Suffix Domain.
    Psd,
    /// Failure reporting format, historic.
    Rf,
    /// Aggregate reporting interval, historic.
    Ri,
    /// Where aggregate reports go.
    Rua,
    /// Where failure reports go.
    Ruf,
    /// Policy for subdomains.
    Sp,
    /// Test mode.
    T,
    /// Version.
    V,
}

impl Tag {
    /// Every tag, in alphabetical order.
    pub const ALL: [Tag; 14] = [
        Tag::Adkim,
        Tag::Aspf,
        Tag::Fo,
        Tag::Np,
        Tag::P,
        Tag::Pct,
        Tag::Psd,
        Tag::Rf,
        Tag::Ri,
        Tag::Rua,
        Tag::Ruf,
        Tag::Sp,
        Tag::T,
        Tag::V,
    ];

    /// The tag's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Tag::Adkim => "adkim",
            Tag::Aspf => "aspf",
            Tag::Fo => "fo",
            Tag::Np => "np",
            Tag::P => "p",
            Tag::Pct => "pct",
            Tag::Psd => "psd",
            Tag::Rf => "rf",
            Tag::Ri => "ri",
            Tag::Rua => "rua",
            Tag::Ruf => "ruf",
            Tag::Sp => "sp",
            Tag::T => "t",
            Tag::V => "v",
        }
    }

    /// The tag of this name; the names of RFC 9989 §4.8 are quoted strings of
    /// ABNF, so case does not matter.
    pub(super) fn from_name(name: &[u8]) -> Option<Tag> {
        Tag::ALL.into_iter().find(|tag| tag.as_str().as_bytes().eq_ignore_ascii_case(name))
    }
}
