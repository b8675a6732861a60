//! Authenticated Received Chain (RFC 8617).

mod authres_payload;
mod chain;
mod described_set;
mod instance;
mod seal;
mod seal_field;
mod structure;
mod validate;

pub(crate) use described_set::described_sets;

pub use chain::{ArcCause, ArcSet, Chain};
pub use instance::MAX_SETS;
pub use seal::{SealRefusal, Sealer};
pub use seal_field::{ArcResult, SealError, UnknownStatus};
pub use validate::{ValidateOptions, Validator};
