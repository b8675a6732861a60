//! What a bounce, an Authentication-Results field, an ARC set or a message says, in words: for the command
//! `explain` and for pages.

pub(crate) mod bounce;
pub(crate) mod message;
pub(crate) mod reported;

use serde::Serialize;

/// What is said about one thing that somebody was given, in the language of the terminal.
#[derive(Debug, Serialize)]
pub(crate) struct Explanation {
    /// What it is.
    pub(crate) kind: Kind,
    /// The rule of a receiver that explains it.
    pub(crate) rule: Option<String>,
    /// Whether it is about who sends.
    pub(crate) authentication: bool,
    /// Who said it, where that is a known receiver.
    pub(crate) receiver: Option<String>,
    /// What happened, in one or two sentences.
    pub(crate) summary: String,
    /// Why, with the words that say so.
    pub(crate) causes: Vec<CauseText>,
    /// What to do.
    pub(crate) fixes: Vec<String>,
    /// Where the rule is written.
    pub(crate) source: Option<String>,
    /// When the rule was last held against its source.
    pub(crate) last_verified: Option<String>,
    /// The mail servers that a message went through, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hops: Vec<HopText>,
    /// What a reader should know about the answer.
    pub(crate) notes: Vec<String>,
}

/// What was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// A refusal, in whatever wrapping.
    Bounce,
    /// One or more Authentication-Results fields.
    AuthenticationResults,
    /// ARC fields.
    Arc,
    /// A message, or its header section.
    Message,
}

/// A mail server on a message's way, as its Received field says.
#[derive(Debug, Serialize)]
pub(crate) struct HopText {
    pub(crate) by: Option<String>,
    pub(crate) from: Option<String>,
    /// The names of the fields that were added there.
    pub(crate) added: Vec<String>,
}

/// One reason.
#[derive(Debug, Serialize)]
pub(crate) struct CauseText {
    /// Stable.
    pub(crate) id: &'static str,
    pub(crate) message: String,
    /// The words of what was given that say so.
    pub(crate) evidence: String,
}
