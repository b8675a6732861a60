use super::{ArcResult, SealError};
use crate::dkim;
use crate::dns::DomainName;
use crate::message::DefectKind;

/// The chain of a message, validated (RFC 8617 §5.2).
#[derive(Clone, Debug)]
pub struct Chain {
    /// none, pass or fail.
    pub result: ArcResult,
    /// Why it failed; `None` where it did not.
    pub cause: Option<ArcCause>,
    /// The `d=` of every seal that can be read, in the order of the instances.
    pub sealers: Vec<DomainName>,
    /// The sets, in the order of their instances; empty where the structure is not valid.
    pub sets: Vec<ArcSet>,
    /// The highest instance found; 0 where there is none.
    pub highest_instance: u8,
    /// The newest seal says `cv=fail`: nobody may add a set.
    pub is_ended: bool,
}

/// One set of a chain: who sealed, and where its fields are in the header section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArcSet {
    /// The seal's `d=`.
    pub sealer: DomainName,
    /// The seal's `s=`.
    pub selector: dkim::Selector,
    /// The field that holds ARC-Authentication-Results, counted from 0 at the top.
    pub authentication_results: usize,
    /// The field that holds ARC-Message-Signature.
    pub message_signature: usize,
    /// The field that holds ARC-Seal.
    pub seal: usize,
}

impl Chain {
    /// True where the chain passed and every one of its sealers is in the
    /// caller's list.
    ///
    /// A passing chain alone is not trust: anybody can seal anything. And each
    /// sealer vouches for what came before it, so that one that is not trusted
    /// spoils the word of the others.
    pub fn is_trusted(&self, trusted_sealers: &[DomainName]) -> bool {
        self.result == ArcResult::Pass && self.sealers.iter().all(|sealer| trusted_sealers.contains(sealer))
    }
}

/// Why a chain failed. Its `Display` is the reason in one line.
// RFC 8617 §5.2.1: "All errors, including DNS failures, become unrecoverable and are
// considered permanent."
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArcCause {
    /// Readers of the message disagree about its header fields.
    #[error("the header section is ambiguous")]
    AmbiguousHeaderSection(DefectKind),
    /// An ARC field without an instance from 1 to 50.
    #[error("an {field} field has no valid instance")]
    BadInstance {
        /// Its name.
        field: &'static str,
    },
    /// Two ARC fields of one name and instance.
    #[error("instance {instance} has more than one {field} field")]
    Duplicate {
        /// Their name.
        field: &'static str,
        /// Their instance.
        instance: u8,
    },
    /// A set that lacks a field, or a gap in the chain.
    #[error("instance {instance} has no {field} field")]
    Missing {
        /// Its name.
        field: &'static str,
        /// Its instance.
        instance: u8,
    },
    /// The newest seal says that the chain had failed before.
    #[error("the newest seal says that the chain has failed")]
    SealedAsFailed,
    /// A seal whose `cv=` does not fit its place.
    #[error("the seal of instance {instance} has the wrong cv=")]
    Status {
        /// Its instance.
        instance: u8,
    },
    /// A seal that cannot be read.
    #[error("the seal of instance {instance} is not valid: {error}")]
    Seal {
        /// Its instance.
        instance: u8,
        /// What is wrong.
        error: SealError,
    },
    /// A seal whose signature did not pass.
    #[error("the seal of instance {instance} did not pass: {cause}")]
    SealSignature {
        /// Its instance.
        instance: u8,
        /// Why.
        cause: dkim::Cause,
    },
    /// The newest ARC-Message-Signature did not pass.
    #[error("the message signature of instance {instance} did not pass: {cause}")]
    MessageSignature {
        /// Its instance.
        instance: u8,
        /// Why.
        cause: dkim::Cause,
    },
}

impl ArcCause {
    /// The instance where the chain broke, where one can be named.
    pub fn instance(&self) -> Option<u8> {
        match self {
            ArcCause::Duplicate { instance, .. }
            | ArcCause::Missing { instance, .. }
            | ArcCause::Status { instance }
            | ArcCause::Seal { instance, .. }
            | ArcCause::SealSignature { instance, .. }
            | ArcCause::MessageSignature { instance, .. } => Some(*instance),
            ArcCause::AmbiguousHeaderSection(_) | ArcCause::BadInstance { .. } | ArcCause::SealedAsFailed => {
                None
            }
        }
    }
}
