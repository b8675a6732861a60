//! Outgoing mail: who may sign as whom, with which keys.

// What the settings are made of.
mod key_file;
mod login_pattern;
mod signing_domains;
mod signing_sources;

// One message.
mod body_watch;
mod grant;
mod hosted_domain;
mod keys;
mod outgoing;

// A message of somebody else's, sealed.
mod sealing;

pub(crate) use body_watch::{BodyWatch, Fragile};
pub(crate) use grant::{Grant, NotSigned, Right};
pub(crate) use hosted_domain::{HostedManner, HostedWith, Signatory};
pub(crate) use key_file::{KeyFileError, KeyFiles, read_key_file};
pub(crate) use keys::{KeyPlace, KeyUnusable, KeyWanted, Keys};
pub(crate) use login_pattern::{LoginPattern, LoginPatternError};
pub(crate) use outgoing::{Fields, Outgoing, Recipients, Signed, SigningTrouble};
pub(crate) use sealing::{NotSealed, Sealing};
pub(crate) use signing_domains::{DomainKey, SigningDomain, SigningDomains};
pub(crate) use signing_sources::{SigningSource, SigningSources, SourceDomains, Submitter};
