use serde::Serialize;

/// What is said about one thing that somebody was given, in the language of the terminal.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    /// What it is.
    pub(super) kind: Kind,
    /// The rule of a receiver that explains it.
    pub(super) rule: Option<String>,
    /// Whether it is about who sends.
    pub(super) authentication: bool,
    /// Who said it, where that is a known receiver.
    pub(super) receiver: Option<String>,
    /// What happened, in one or two sentences.
    pub(super) summary: String,
    /// Why, with the words that say so.
    pub(super) causes: Vec<CauseText>,
    /// What to do.
    pub(super) fixes: Vec<String>,
    /// Where the rule is written.
    pub(super) source: Option<String>,
    /// When the rule was last held against its source.
    pub(super) last_verified: Option<String>,
    /// The mail servers that a message went through, the first one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) hops: Vec<HopText>,
    /// What a reader should know about the answer.
    pub(super) notes: Vec<String>,
}

/// What was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
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
pub(super) struct HopText {
    pub(super) by: Option<String>,
    pub(super) from: Option<String>,
    /// The names of the fields that were added there.
    pub(super) added: Vec<String>,
}

/// One reason.
#[derive(Debug, Serialize)]
pub(super) struct CauseText {
    /// Stable.
    pub(super) id: &'static str,
    pub(super) message: String,
    /// The words of what was given that say so.
    pub(super) evidence: String,
}
