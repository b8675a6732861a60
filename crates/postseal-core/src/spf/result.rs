use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, Selection, Span, TermError};
use crate::dns::{Answer, DomainName, Failure, Question};

/// Result of an SPF check (RFC 7208 §2.6), in the words of RFC 8601 §2.7.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpfResult {
    /// No domain to check, or it has no policy.
    None,
    /// The policy says nothing about the client.
    Neutral,
    /// The client is authorised.
    Pass,
    /// The client is not authorised.
    Fail,
    /// The client is probably not authorised.
    Softfail,
    /// The DNS gave no usable answer; later it may.
    Temperror,
    /// The published policy cannot be interpreted.
    Permerror,
}

impl SpfResult {
    /// Every result.
    pub const ALL: [SpfResult; 7] = [
        SpfResult::None,
        SpfResult::Neutral,
        SpfResult::Pass,
        SpfResult::Fail,
        SpfResult::Softfail,
        SpfResult::Temperror,
        SpfResult::Permerror,
    ];

    /// The token of RFC 8601.
    pub fn as_str(self) -> &'static str {
        match self {
            SpfResult::None => "none",
            SpfResult::Neutral => "neutral",
            SpfResult::Pass => "pass",
            SpfResult::Fail => "fail",
            SpfResult::Softfail => "softfail",
            SpfResult::Temperror => "temperror",
            SpfResult::Permerror => "permerror",
        }
    }
}

impl fmt::Display for SpfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SpfResult {
    type Err = UnknownResult;

    fn from_str(text: &str) -> Result<SpfResult, UnknownResult> {
        SpfResult::ALL
            .into_iter()
            .find(|r| r.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownResult(text.to_owned()))
    }
}

/// A text that is no SPF result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an SPF result")]
pub struct UnknownResult(pub String);

/// Why a check ended without a mechanism that matched, or with an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The identity holds no domain name of two labels or more (§4.3).
    #[error("the identity has no domain name that can be checked")]
    NoDomain,
    /// Where the message was handed over from is not known, so that nobody can be authorised.
    #[error("the address of the client is not known")]
    ClientUnknown,
    /// The domain does not exist (§4.3).
    #[error("{domain} does not exist")]
    NoSuchDomain {
        /// The domain asked for.
        domain: DomainName,
    },
    /// The domain has no SPF record (§4.5).
    #[error("{domain} has no SPF record")]
    NoRecord {
        /// The domain asked for.
        domain: DomainName,
    },
    /// No mechanism matched and there is no redirect (§4.7).
    #[error("no mechanism of {domain} matched")]
    NoMatch {
        /// The domain whose record ended.
        domain: DomainName,
    },
    /// The domain has more than one SPF record (§4.5).
    #[error("{domain} has {count} SPF records")]
    MultipleRecords {
        /// The domain asked for.
        domain: DomainName,
        /// How many there are.
        count: usize,
    },
    /// A record with a syntax error (§4.6).
    #[error("the SPF record of {domain}: {error} (octets {} to {})", .span.start, .span.end)]
    Syntax {
        /// Whose record it is.
        domain: DomainName,
        /// The first error in it.
        error: TermError,
        /// Where in the record it is.
        span: Span,
    },
    /// More terms that cause DNS queries than [`MAX_LOOKUPS`] (§4.6.4).
    #[error("more than {MAX_LOOKUPS} terms that need DNS look-ups")]
    LookupLimit,
    /// More void lookups than [`MAX_VOID_LOOKUPS`] (§4.6.4).
    #[error("more than {MAX_VOID_LOOKUPS} void lookups")]
    VoidLookupLimit,
    /// An "mx" whose domain has more mail exchanges than [`MAX_NAMES`] (§4.6.4).
    #[error("{domain} has more than {MAX_NAMES} mail exchanges")]
    MxLimit {
        /// The domain of the mail exchanges.
        domain: DomainName,
    },
    /// The domain of an include has no SPF record, or cannot have one (§5.2).
    #[error("include:{target} names no SPF record")]
    IncludeNotFound {
        /// The domain, or the domain-spec where it makes no domain name.
        target: String,
    },
    /// The domain of a redirect has no SPF record, or cannot have one (§6.1).
    #[error("redirect={target} names no SPF record")]
    RedirectNotFound {
        /// The domain, or the domain-spec where it makes no domain name.
        target: String,
    },
    /// The DNS gave no usable answer (§4.4, §5), or was not asked because the
    /// message had used up its queries or its time.
    #[error("{question}: {failure}")]
    Dns {
        /// What was asked.
        question: Question,
        /// What went wrong.
        failure: Failure,
    },
}

impl Cause {
    /// The result that this causes.
    pub fn result(&self) -> SpfResult {
        match self {
            Cause::NoDomain | Cause::ClientUnknown | Cause::NoSuchDomain { .. } | Cause::NoRecord { .. } => {
                SpfResult::None
            }
            Cause::NoMatch { .. } => SpfResult::Neutral,
            Cause::MultipleRecords { .. }
            | Cause::Syntax { .. }
            | Cause::LookupLimit
            | Cause::VoidLookupLimit
            | Cause::MxLimit { .. }
            | Cause::IncludeNotFound { .. }
            | Cause::RedirectNotFound { .. } => SpfResult::Permerror,
            Cause::Dns { .. } => SpfResult::Temperror,
        }
    }
}

/// What [`super::check_host`] found out.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The result.
    pub result: SpfResult,
    /// The domain of the identity; `None` where it has none.
    pub domain: Option<DomainName>,
    /// Why, where no mechanism matched.
    pub cause: Option<Cause>,
    /// What the domain says about a "fail" (§6.2), where it was asked for:
    /// printable ASCII, at most [`super::MAX_EXPLANATION`] octets, written by a
    /// stranger.
    pub explanation: Option<String>,
    /// Terms evaluated that cause DNS queries (§4.6.4); at most [`MAX_LOOKUPS`].
    pub lookups: u8,
    /// Queries of these terms that found nothing (§4.6.4); at most one more
    /// than [`MAX_VOID_LOOKUPS`].
    pub void_lookups: u8,
    pub(super) decided_by: Option<DecidedBy>,
}

/// The directive that decided: one of the record of the identity's domain or of
/// one that it redirects to, never of one that it includes.
#[derive(Clone, Debug)]
pub(super) struct DecidedBy {
    pub(super) answer: Arc<Answer>,
    /// Its place among the record's directives.
    pub(super) index: usize,
    pub(super) redirected_to: Option<DomainName>,
}

impl Evaluation {
    /// The directive that matched, as published, qualifier included. One of an
    /// included record shows as the include.
    pub fn mechanism(&self) -> Option<&str> {
        let decided_by = self.decided_by.as_ref()?;
        let Selection::One { index, record } = decided_by.answer.spf() else { return None };
        let octets = &decided_by.answer.txt().get(*index)?.octets;
        std::str::from_utf8(record.directives().get(decided_by.index)?.span.of(octets)).ok()
    }

    /// The domain whose record holds the directive that matched: that of the
    /// identity, or one that it redirects to.
    pub fn matched_domain(&self) -> Option<&DomainName> {
        let decided_by = self.decided_by.as_ref()?;
        decided_by.redirected_to.as_ref().or(self.domain.as_ref())
    }
}
