//! The keys of organisations, as this node has them: opened from the store, and kept.

mod store_access;

pub(crate) use store_access::StoreAccess;
