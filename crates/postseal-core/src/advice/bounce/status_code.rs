use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// An enhanced mail system status code (RFC 3463 §2), as in `5.7.26`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2 for success, 4 for a persistent transient failure, 5 for a permanent failure.
    pub class: u8,
    /// What the status is about: 1 addressing, 2 mailbox, …, 7 security or policy.
    pub subject: u16,
    /// The precise condition.
    pub detail: u16,
}

impl FromStr for EnhancedCode {
    type Err = BadCode;

    // RFC 3463 §2: status-code = class "." subject "." detail; subject and detail = 1*3digit
    fn from_str(text: &str) -> Result<EnhancedCode, BadCode> {
        let mut parts = text.split('.');
        let (class, subject, detail) = (parts.next(), parts.next(), parts.next());
        let class = match class {
            Some("2") => 2,
            Some("4") => 4,
            Some("5") => 5,
            _ => return Err(BadCode),
        };
        match (number(subject), number(detail), parts.next()) {
            (Some(subject), Some(detail), None) => Ok(EnhancedCode { class, subject, detail }),
            _ => Err(BadCode),
        }
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// One to three digits.
fn number(text: Option<&str>) -> Option<u16> {
    text.filter(|t| matches!(t.len(), 1..=3) && t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// The codes that a rule is about: `550 5.7.26`, `5.7.26` with any reply code,
/// `x.7.28` with any class, `5.7.606-649` for a range, `550` with any enhanced code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePattern {
    reply: Option<u16>,
    enhanced: Option<EnhancedPattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct EnhancedPattern {
    class: Option<u8>,
    subject: u16,
    details: RangeInclusive<u16>,
}

/// How a code stands to a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeMatch {
    /// All that the pattern asks for is there.
    Full,
    /// Nothing contradicts, but a part is not there to compare.
    Unknown,
    /// It is another code.
    Other,
}

impl CodePattern {
    pub(super) fn compare(&self, reply: Option<u16>, enhanced: Option<EnhancedCode>) -> CodeMatch {
        let reply = match (self.reply, reply) {
            (Some(wanted), Some(code)) if wanted != code => return CodeMatch::Other,
            (Some(_), None) => CodeMatch::Unknown,
            _ => CodeMatch::Full,
        };
        match (&self.enhanced, enhanced) {
            (Some(wanted), Some(code)) if !wanted.covers(code) => CodeMatch::Other,
            (Some(_), None) => CodeMatch::Unknown,
            _ => reply,
        }
    }
}

impl EnhancedPattern {
    fn covers(&self, code: EnhancedCode) -> bool {
        self.class.is_none_or(|class| class == code.class)
            && self.subject == code.subject
            && self.details.contains(&code.detail)
    }
}

impl FromStr for CodePattern {
    type Err = BadCode;

    fn from_str(text: &str) -> Result<CodePattern, BadCode> {
        let mut words = text.split(' ');
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        if words.next().is_some() {
            return Err(BadCode);
        }
        let is_reply = first.len() == 3 && first.bytes().all(|b| b.is_ascii_digit());
        match (is_reply, second) {
            (true, second) => Ok(CodePattern {
                reply: Some(first.parse().map_err(|_| BadCode)?),
                enhanced: second.map(enhanced_pattern).transpose()?,
            }),
            (false, None) => Ok(CodePattern { reply: None, enhanced: Some(enhanced_pattern(first)?) }),
            (false, Some(_)) => Err(BadCode),
        }
    }
}

fn enhanced_pattern(text: &str) -> Result<EnhancedPattern, BadCode> {
    let mut parts = text.split('.');
    let (class, subject, details) = (parts.next(), parts.next(), parts.next());
    let class = match class {
        Some("x") => None,
        Some("4") => Some(4),
        Some("5") => Some(5),
        _ => return Err(BadCode),
    };
    let (first, last) = match details.and_then(|d| d.split_once('-')) {
        Some((first, last)) => (number(Some(first)), number(Some(last))),
        None => (number(details), number(details)),
    };
    match (number(subject), first, last, parts.next()) {
        (Some(subject), Some(first), Some(last), None) => {
            Ok(EnhancedPattern { class, subject, details: first..=last })
        }
        _ => Err(BadCode),
    }
}

/// Not a code, or not a pattern of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a reply code, as 550, nor an enhanced one, as 5.7.26, x.7.26 or 5.7.606-649")]
pub struct BadCode;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes() {
        let check = |text: &str, expected: Option<&str>| {
            let code = text.parse::<EnhancedCode>().ok();
            assert_eq!(code.map(|c| c.to_string()).as_deref(), expected, "{text}");
        };
        check("5.7.26", Some("5.7.26"));
        check("4.7.650", Some("4.7.650"));
        for bad in ["3.7.1", "5.7", "5.7.26.1", "5.7.1234", "5..1", "55.7.1", "5.7.x", ""] {
            check(bad, None);
        }
    }

    #[test]
    fn compares_with_patterns() {
        use CodeMatch::{Full, Other, Unknown};
        let check = |pattern: &str, reply: Option<u16>, enhanced: Option<&str>, expected: CodeMatch| {
            let pattern: CodePattern = pattern.parse().expect("a pattern");
            let enhanced = enhanced.map(|text| text.parse().expect("a code"));
            assert_eq!(pattern.compare(reply, enhanced), expected, "{pattern:?} {reply:?} {enhanced:?}");
        };
        check("550 5.7.26", Some(550), Some("5.7.26"), Full);
        check("550 5.7.26", Some(421), Some("5.7.26"), Other);
        check("550 5.7.26", Some(550), None, Unknown);
        check("550 5.7.26", None, Some("5.7.26"), Unknown);
        check("x.7.26", Some(421), Some("4.7.26"), Full);
        check("x.7.26", Some(421), Some("4.7.2"), Other);
        check("5.7.606-649", Some(550), Some("5.7.606"), Full);
        check("5.7.606-649", Some(550), Some("5.7.650"), Other);
        check("550", Some(550), Some("5.1.1"), Full);
        for bad in ["", "550 5.7", "55", "3.7.1", "550 5.7.1 x", "5.7.1 550", "5.7.2-x"] {
            assert_eq!(bad.parse::<CodePattern>(), Err(BadCode), "{bad:?}");
        }
    }
}
