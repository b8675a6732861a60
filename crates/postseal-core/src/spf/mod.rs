//! Sender Policy Framework (RFC 7208, with errata; RFC 8616 §4 for
//! internationalised mail).
//!
//! [`check_host`] judges one identity of a client; [`Record`] is the parsed
//! policy, with [`Finding`]s about its text. One parser serves the verifier and
//! whoever explains records.
//!
//! Errata: 4453 (prefix lengths are 0 to 32 and 0 to 128, whatever the digits of
//! the ABNF allow), 4751 and 8596 ("ptr" matches names at or below the target
//! name, as the examples of Appendix A do), 4001 (Appendix A.4 means TXT).
//!
//! ```
//! use std::sync::Arc;
//! use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
//! use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
//! use postseal_core::spf::{self, Identity, Request, SpfResult};
//!
//! let mut zone = Zone::new();
//! let policy = TxtRecord::from_strings(&["v=spf1 ip4:192.0.2.0/24 -all"]);
//! zone.add(&DomainName::parse("example.org")?, 3600, RecordData::Txt(policy));
//!
//! let envelope = Envelope {
//!     client: "192.0.2.1".parse()?,
//!     helo: HeloIdentity::new("mail.example.org"),
//!     mail_from: MailFrom::new("user@example.org"),
//! };
//! let mut answers = Answers::new(&zone);
//! let request = Request::new(&envelope, Identity::MailFrom);
//! let evaluation = spf::check_host(&request, &mut answers).expect("a zone answers everything");
//! assert_eq!(evaluation.result, SpfResult::Pass);
//! assert_eq!(evaluation.mechanism(), Some("ip4:192.0.2.0/24"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// The record and its parts, in the order of the grammar.
mod directive;
mod domain_spec;
mod finding;
mod macro_string;
mod mechanism;
mod modifier;
mod network;
mod quotes;
mod record;
mod string_join;
mod term;

// Its evaluation.
mod check_host;
mod designated_sender;
mod explanation;
mod limits;
mod macro_expansion;
mod result;

pub use check_host::{ExplanationWanted, Identity, Request, check_host};
pub use directive::{Directive, Qualifier};
pub use domain_spec::DomainSpec;
pub use explanation::MAX_EXPLANATION;
pub use finding::{Finding, FindingKind, Span};
pub use limits::{MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS};
pub use macro_string::{Delimiters, Macro, MacroError, MacroLetter, MacroString, Segment};
pub use mechanism::Mechanism;
pub use modifier::UnknownModifier;
pub use network::{Ip4Network, Ip6Network, PrefixLengths};
pub use quotes::quotation_marks;
pub use record::{MAX_RECORD, MAX_UNKNOWN_MODIFIERS, Record, Selection};
pub use result::{Cause, Evaluation, SpfResult, UnknownResult};
pub use string_join::version_is_glued;
pub use term::TermError;
