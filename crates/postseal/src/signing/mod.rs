//! Outgoing mail: who may sign as whom, with which keys.

// What the settings are made of.
mod key_file;
mod login_pattern;
mod signing_domains;
mod signing_sources;

pub(crate) use key_file::{KeyFileError, UnsafePath, check_key_file, read_key_file};
pub(crate) use login_pattern::{LoginPattern, LoginPatternError};
pub(crate) use signing_domains::{DomainKey, DuplicateDomain, SigningDomain, SigningDomains};
pub(crate) use signing_sources::{SigningSource, SigningSources, SourceDomains, Submitter};
