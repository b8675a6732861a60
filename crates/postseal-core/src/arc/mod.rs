//! Authenticated Received Chain (RFC 8617).

mod authres_payload;
mod chain;
mod instance;
mod seal;
mod seal_field;
mod structure;
mod validate;

pub use chain::{ArcCause, ArcSet, Chain};
pub use instance::MAX_SETS;
pub use seal::{SealRefusal, Sealer};
pub use seal_field::{ArcResult, SealError, UnknownStatus};
pub use validate::{ValidateOptions, Validator};
