//! What survives a restart: organisations, domains, hosted keys, signing
//! configurations, what was seen of them, trusted sealers, the audit log. The only
//! crate that knows SQL.
//!
//! [`Store`] is the whole interface: the operations of the service layer. The rules
//! are `postseal_core::hosting`; the store applies them inside its transactions.
//! Private keys are encrypted at rest by a [`KeyVault`], whose key is never in the database.

// What is stored.
mod audit_row;
mod domain;
mod domain_list;
mod hosted_key;
mod published_key;
mod receiver_policy;
mod sighting;

// Who is let in.
mod account;
mod api_token;

// What was judged, and how it waits to be stored.
mod spool;
mod stored_verdict;
mod verdict_record;

// How private keys rest.
mod key_encryption_key;
mod key_vault;
mod private_file;

// Where.
mod schema_change;
mod sqlite;
mod store;
mod store_error;

pub use account::{Account, ActorName, ActorNameError, PasswordHash, Role, Session, SessionTimes};
pub use api_token::{ApiToken, NewApiToken, SecretHash, TokenScope};
pub use audit_row::{AuditRow, AuditVerdict, Feed};
pub use domain::{Act, Domain, FormerName, HeldDomain, HeldKey, Standing, Verification};
pub use domain_list::{
    DomainCounts, DomainOrder, DomainPage, DomainPlace, DomainQuestion, DomainStanding, FoundDomain,
    ListedDomain,
};
pub use hosted_key::{HostedKey, HostedKeyError};
pub use key_encryption_key::{KeyEncryptionKey, KeySource, KeySourceError};
pub use key_vault::{Binding, KeyVault, SealedKey, VaultError};
pub use private_file::{PrivateFileError, PrivateFiles, Readers, UnsafePath};
pub use published_key::{PublishedKey, revoked_record};
pub use receiver_policy::{NewPair, PairOrigin, ReceiverPolicy, StoredPair};
pub use schema_change::SchemaChange;
pub use sighting::Sighting;
pub use spool::{SpoolReader, SpoolWriter, fuzz_record, fuzz_segment, spool, spool_octets};
pub use store::Store;
pub use store_error::StoreError;
pub use stored_verdict::{
    CountedRow, EffectSource, PolicyEffect, StoredVerdict, VerdictDay, VerdictExpiry, VerdictFilter,
    VerdictPage, VerdictRows,
};
pub use verdict_record::{SegmentId, VerdictBatch, VerdictRecord};
