//! DMARC (RFC 9989): what the Author Domain asks for, and whether the message
//! has an Authenticated Identifier that is aligned with it.
//!
//! [`evaluate`] is the whole of it. The mode of RFC 7489, with a public suffix
//! list in place of the tree walk, is there for comparison.

// The record, as published.
mod policy_finding;
mod policy_record;
mod published;
mod report_uri;

// Where it is found, and who belongs together.
mod alignment;
mod discovery;
mod tree_walk;

// The verdict.
mod evaluate;
mod result;

pub use alignment::{Authentication, Identifier};
pub use discovery::{DiscoveryMethod, organizational_domain};
pub use evaluate::{Alignment, Cause, Evaluation, Options, Pct, PolicySource, evaluate, prefetch};
pub use policy_finding::{PolicyFinding, PolicyFindingKind, Tag};
pub use policy_record::{AlignmentMode, FailureOptions, PolicyRecord, Psd, ReadPolicyRecord, TestMode};
pub use published::Published;
pub use report_uri::{ReportUri, ReportUriError};
pub use result::{Disposition, DmarcResult, Policy, UnknownToken};
pub use tree_walk::{MAX_WALK, names as tree_walk_names};
