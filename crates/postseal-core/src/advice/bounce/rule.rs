use std::str::FromStr;

use super::status_code::CodeMatch;
use super::{CodePattern, SmtpReply, Topic};

/// What is known about the refusals of receivers: data, reviewed and dated, that
/// the program reads from a file.
#[derive(Clone, Debug, Default)]
pub struct BounceRules {
    /// Who refuses.
    pub receivers: Vec<Receiver>,
    /// How, the most particular first: the first rule that matches counts.
    pub rules: Vec<BounceRule>,
}

/// Somebody who receives mail for many.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The stable name used in output.
    pub name: String,
    /// Domains at or below which its mail servers and mailboxes are, in lower case.
    pub domains: Vec<String>,
    /// Texts that only this receiver writes, in lower case.
    pub marks: Vec<String>,
}

/// A refusal and what it means.
#[derive(Clone, Debug)]
pub struct BounceRule {
    /// The stable id; several rules may bear one.
    pub id: String,
    /// The names of the receivers whose rule it is; none for a rule of everybody.
    pub receivers: Vec<String>,
    /// What it looks like: one of these.
    pub when: Vec<RefusalPattern>,
    /// What it is about.
    pub topics: Vec<Topic>,
    /// The receiver says less than it knows: other reasons are possible.
    pub doubtful: bool,
}

/// What a refusal looks like.
#[derive(Clone, Debug)]
pub struct RefusalPattern {
    /// Codes; empty for any.
    pub codes: Vec<CodePattern>,
    /// Texts; one of them must be there; empty for any.
    pub texts: Vec<TextPattern>,
    /// The texts are too common to tell the receiver by them.
    pub common_text: bool,
    /// Nobody else uses the codes: they tell the receiver.
    pub own_codes: bool,
}

impl Receiver {
    /// True where a host's name or a mailbox's domain is this receiver's.
    pub fn owns(&self, name: &str) -> bool {
        self.domains.iter().any(|domain| {
            name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }

    /// True where a text in lower case has one of its marks.
    pub fn signs(&self, text: &str) -> bool {
        self.marks.iter().any(|mark| text.contains(mark.as_str()))
    }
}

/// Who is known to have refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaker<'r> {
    /// This receiver.
    Receiver(&'r str),
    /// A host that is no known receiver's.
    Other,
    /// The bounce does not say.
    Unknown,
}

impl BounceRule {
    /// `text` is the reply's text in lower case.
    pub(super) fn matches(&self, reply: &SmtpReply, text: &str, speaker: Speaker<'_>) -> bool {
        let told_by_text = match speaker {
            _ if self.receivers.is_empty() => false,
            Speaker::Receiver(name) if self.receivers.iter().any(|own| own == name) => false,
            Speaker::Receiver(_) | Speaker::Other => return false,
            // Vendors use codes of their own: without a name only their words tell them.
            Speaker::Unknown => true,
        };
        let tells = |pattern: &&RefusalPattern| !told_by_text || pattern.tells_receiver();
        self.when.iter().filter(tells).any(|pattern| pattern.matches(reply, text))
    }
}

impl RefusalPattern {
    fn tells_receiver(&self) -> bool {
        self.own_codes || (!self.texts.is_empty() && !self.common_text)
    }

    fn matches(&self, reply: &SmtpReply, text: &str) -> bool {
        let says = self.texts.is_empty() || self.texts.iter().any(|pattern| pattern.is_in(text));
        says && self.has_code(reply)
    }

    fn has_code(&self, reply: &SmtpReply) -> bool {
        let fits = |pattern: &CodePattern| match pattern.compare(reply.code, reply.enhanced) {
            CodeMatch::Full => true,
            CodeMatch::Unknown => !self.texts.is_empty(),
            CodeMatch::Other => false,
        };
        self.codes.is_empty() || self.codes.iter().any(fits)
    }
}

/// Pieces of text that must be there in this order; in writing, `…` between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextPattern(Vec<String>);

impl TextPattern {
    /// Looks into a text in lower case.
    pub fn is_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.0.iter().all(|piece| match rest.find(piece.as_str()) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }
}

impl FromStr for TextPattern {
    type Err = EmptyPattern;

    fn from_str(text: &str) -> Result<TextPattern, EmptyPattern> {
        let pieces: Vec<String> = text
            .split('…')
            .map(|piece| piece.to_lowercase())
            .filter(|piece| !piece.trim().is_empty())
            .collect();
        if pieces.is_empty() { Err(EmptyPattern) } else { Ok(TextPattern(pieces)) }
    }
}

/// A pattern that every text would match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text to look for, with … where anything may stand")]
pub struct EmptyPattern;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_owns_what_is_below_its_domains() {
        let receiver = Receiver {
            name: "gmail".to_owned(),
            domains: vec!["google.com".to_owned()],
            marks: vec!["gsmtp".to_owned()],
        };
        assert!(receiver.owns("google.com") && receiver.owns("gmail-smtp-in.l.google.com"));
        assert!(!receiver.owns("notgoogle.com") && !receiver.owns("google.com.example"));
        assert!(receiver.signs("x - gsmtp") && !receiver.signs("smtp"));
    }

    #[test]
    fn text_patterns() {
        let check = |pattern: &str, text: &str, expected: bool| {
            let pattern: TextPattern = pattern.parse().expect("a pattern");
            assert_eq!(pattern.is_in(text), expected, "{pattern:?} in {text:?}");
        };
        check("SPF fail", "rejected: spf fail - not authorized", true);
        check("authenticate…with spf", "authenticate their email with spf", true);
        check("authenticate…with spf", "with spf, authenticate", false);
        assert_eq!("… …".parse::<TextPattern>(), Err(EmptyPattern));
    }
}
