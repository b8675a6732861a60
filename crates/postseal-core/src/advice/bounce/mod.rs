//! Bounces: what a refusal says, who says it, and what it is about.
//!
//! [`Bounce::read`] takes whatever shape the refusal has; [`diagnose`] holds it against
//! [`BounceRules`], which are data.

// What a refusal is made of.
mod smtp_reply;
mod status_code;
mod words;

// The shapes it comes in.
mod delivery_report;
mod reader;
mod remote_host;
mod stated_result;
mod transfer_encoding;

// What it means.
mod diagnosis;
mod general;
mod rule;
mod topic;

pub(super) use delivery_report::boundary as boundary_of;
pub(super) use transfer_encoding::{base64 as decode_base64, quoted_printable as decode_quoted_printable};

pub use diagnosis::{Diagnosis, RefusalCause, diagnose};
pub use reader::{Bounce, MAX_BOUNCE};
pub use rule::{BounceRule, BounceRules, EmptyPattern, Receiver, RefusalPattern, TextPattern};
pub use smtp_reply::{MAX_REPLIES, MAX_REPLY_TEXT, SmtpReply, replies};
pub use status_code::{BadCode, CodePattern, EnhancedCode};
pub use topic::{Topic, UnknownTopic};
