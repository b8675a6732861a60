use std::fmt;
use std::str::FromStr;

/// The result of DMARC, in the words of RFC 8601 (RFC 9989 §9.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DmarcResult {
    /// No policy applies to the Author Domain.
    None,
    /// An Authenticated Identifier is aligned with the Author Domain.
    Pass,
    /// A policy applies, and no Authenticated Identifier is aligned.
    Fail,
    /// The DNS gave no answer that the verdict needs; later it may.
    Temperror,
    /// There is no usable Author Domain.
    Permerror,
}

/// A Domain Owner Assessment Policy (RFC 9989 §4.7), weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// No preference.
    None,
    /// Mail that fails is suspicious.
    Quarantine,
    /// Mail that fails is not the Domain Owner's.
    Reject,
}

/// What the policy means for one message, before the receiver's own settings (RFC 9990).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// Nothing is asked for: no policy, `none`, or no verdict.
    None,
    /// The message passed.
    Pass,
    /// Set it aside.
    Quarantine,
    /// Refuse it.
    Reject,
}

impl DmarcResult {
    /// The token.
    pub fn as_str(self) -> &'static str {
        match self {
            DmarcResult::None => "none",
            DmarcResult::Pass => "pass",
            DmarcResult::Fail => "fail",
            DmarcResult::Temperror => "temperror",
            DmarcResult::Permerror => "permerror",
        }
    }
}

impl Policy {
    /// The word of the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::None => "none",
            Policy::Quarantine => "quarantine",
            Policy::Reject => "reject",
        }
    }

    /// One step weaker, as `t=y` asks for (RFC 9989 §4.7): "the policy applied
    /// to any failing messages will be one level below the specified policy".
    pub fn lowered(self) -> Policy {
        match self {
            Policy::Reject => Policy::Quarantine,
            Policy::Quarantine | Policy::None => Policy::None,
        }
    }
}

impl Disposition {
    /// The word of RFC 9990.
    pub fn as_str(self) -> &'static str {
        match self {
            Disposition::None => "none",
            Disposition::Pass => "pass",
            Disposition::Quarantine => "quarantine",
            Disposition::Reject => "reject",
        }
    }
}

impl From<Policy> for Disposition {
    fn from(policy: Policy) -> Disposition {
        match policy {
            Policy::None => Disposition::None,
            Policy::Quarantine => Disposition::Quarantine,
            Policy::Reject => Disposition::Reject,
        }
    }
}

/// A text that is none of the words of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the words of RFC 9989")]
pub struct UnknownToken;

impl FromStr for DmarcResult {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<DmarcResult, UnknownToken> {
        use DmarcResult::{Fail, None, Pass, Permerror, Temperror};
        let all = [None, Pass, Fail, Temperror, Permerror];
        all.into_iter().find(|r| r.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownToken)
    }
}

impl FromStr for Policy {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<Policy, UnknownToken> {
        let all = [Policy::None, Policy::Quarantine, Policy::Reject];
        all.into_iter().find(|p| p.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownToken)
    }
}

impl FromStr for Disposition {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<Disposition, UnknownToken> {
        use Disposition::{None, Pass, Quarantine, Reject};
        let all = [None, Pass, Quarantine, Reject];
        all.into_iter().find(|d| d.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownToken)
    }
}

impl fmt::Display for DmarcResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
