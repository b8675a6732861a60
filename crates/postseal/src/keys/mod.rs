//! The keys of organisations, as this node has them.
//!
//! ```text
//! store ─► refresh ─► HostedSnapshot (in force) ─► signing, hosted zone
//!                          └─► copy on disk ─► the next start, cold private keys
//! ```

mod hosted_keys;
mod hosted_zone;
mod refresh;
mod snapshot;
mod store_access;

pub(crate) use hosted_keys::{FoundCopy, HostedKeyName, HostedKeyTrouble, HostedKeys};
pub(crate) use hosted_zone::HostedZoneSource;
pub(crate) use refresh::Refresher;
pub(crate) use snapshot::{Entry, HostedSnapshot, Known};
pub(crate) use store_access::StoreAccess;

#[cfg(test)]
pub(crate) use snapshot::tests;
