//! What the core asks of the DNS, and what it was told.
//!
//! *Ask and replay*: an evaluation looks an answer up in [`Answers`]; where it
//! is absent the question is noted and the evaluation returns [`Missing`]. The
//! caller asks the noted questions together, gives the answers and calls again.
//! An answer once given stays until the verdict, so that a verdict can be
//! replayed from its answers.

mod answer;
mod answers;
mod domain_name;
mod question;
mod zone;

pub use answer::{Answer, Failure, Mx, Outcome, Records, TxtRecord};
pub use answers::{AnswerSource, Answers, MAX_QUERIES, MAX_ROUNDS, Missing, QueryClass};
pub use domain_name::{DomainName, DomainNameError};
pub use question::{Question, RecordType, UnknownRecordType};
pub use zone::{MAX_ALIASES, RecordData, Zone};
