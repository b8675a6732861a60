//! What was done to a message on its way: which hop broke its signature, and how, found by
//! undoing what mail servers and mailing lists do, with the verifier that judges mail.

mod body_undo;
mod change;
mod charset;
mod content;
mod examine;
mod header_undo;
mod hops;
mod recoded;

pub use change::Change;
pub use examine::{ExaminedSignature, MAX_EXAMINED_BODY, MessageExamination, examine_message};
pub use hops::{MAX_HOPS, MessageHop};
