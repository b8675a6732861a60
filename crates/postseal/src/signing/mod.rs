//! Outgoing mail: who may sign as whom, with which keys.

// What the settings are made of.
mod login_pattern;
mod signing_domains;
mod signing_sources;

pub(crate) use login_pattern::{LoginPattern, LoginPatternError};
pub(crate) use signing_domains::{DomainKey, DuplicateDomain, SigningDomain, SigningDomains};
pub(crate) use signing_sources::{SigningSource, SigningSources, SourceDomains, Submitter};
