//! Incoming mail: for whom it is judged, what the verdict is, and what becomes of it.
//!
//! ```text
//! Course::of ─► Judgement: begin ─► header_section ─► body … ─► finish ─► Judged
//!                                                                          │
//!                   exception (trusted sealers, allowed pairs) ─► decide ◄─┘
//! ```

// Whose mail it is.
mod course;

// The verdict, while the message arrives.
mod judgement;

// What becomes of it.
mod decision;
mod exception;
mod forged;
mod refusal;

// What the receiver has changed while the node runs.
mod receiver_changes;
mod receiver_copy;

pub(crate) use course::{Course, Inside, WhoseClient};
pub(crate) use decision::{Action, Case, Decision, Exception, Ground, decide};
pub(crate) use exception::{chain_comment, exception};
pub(crate) use forged::{DISPOSITION_FIELD, remove_forged};
#[cfg(test)]
pub(crate) use judgement::AskingLimits;
pub(crate) use judgement::{Beginning, Judged, Judgement};
pub(crate) use receiver_changes::{ReceiverChanges, ReceiverKey};
pub(crate) use receiver_copy::ReceiverCopy;
pub(crate) use refusal::{deferred, refused};
