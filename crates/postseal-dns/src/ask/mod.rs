//! Asking: a resolver, the answers it keeps, the loop that drives an evaluation, and the
//! authoritative servers of a name.

mod at_source;
pub mod authoritative;
mod beside;
mod cache;
mod counts;
mod drive;
mod joined;
mod reply;
mod resolver;
mod validation;
pub(crate) mod wire_name;

pub use at_source::SourceLook;
pub use beside::AskingBeside;
pub use cache::{AnswerCache, CachedAnswers, MAX_KEPT};
pub use counts::OUTCOMES;
pub use drive::{Ask, Stalled, drive};
pub use resolver::{QUERY_TIME, Resolver, SystemConfigError};
