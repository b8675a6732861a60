use std::fmt;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{Event, SignWith, SigningConfiguration};
use postseal_store::Verification;

use crate::config::LogLevel;

/// What somebody may want to know of a domain.
#[derive(Clone, Debug)]
pub(crate) enum WorkerEvent {
    /// Something happened to its signing configuration.
    Signing { domain: DomainName, event: Event, selectors: [String; 2] },
    /// How it signs is not as it should be, or is so again.
    Alarm { domain: DomainName, signs: SignWith, selectors: [String; 2] },
    /// It is enabled and its key is visible again.
    Recovered { domain: DomainName },
    /// Its token was looked at, and it is not simply held.
    Ownership { domain: DomainName, verification: Verification },
    /// It could not be looked at, for a reason that is ours.
    Failed { domain: DomainName, error: String },
}

impl WorkerEvent {
    pub(super) fn of(domain: &DomainName, event: Event, configuration: &SigningConfiguration) -> WorkerEvent {
        WorkerEvent::Signing { domain: domain.clone(), event, selectors: names(configuration) }
    }

    /// Whether somebody must, should or may look at it.
    pub(crate) fn level(&self) -> LogLevel {
        match self {
            WorkerEvent::Alarm { .. } | WorkerEvent::Signing { event: Event::Lost(_), .. } => LogLevel::Error,
            WorkerEvent::Ownership { .. } | WorkerEvent::Failed { .. } => LogLevel::Warn,
            WorkerEvent::Signing { .. } | WorkerEvent::Recovered { .. } => LogLevel::Info,
        }
    }
}

pub(super) fn names(configuration: &SigningConfiguration) -> [String; 2] {
    configuration.slots.each_ref().map(|slot| slot.name.to_string())
}

impl fmt::Display for WorkerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WorkerEvent::Signing { domain, event, selectors } => {
                let name = |slot: &postseal_core::hosting::Slot| &selectors[usize::from(slot.number() - 1)];
                match event {
                    Event::RotationBegan => write!(f, "{domain}: a rotation has begun"),
                    Event::Switched { to } => write!(f, "{domain}: {} signs now", name(to)),
                    Event::Revoked(slot) => write!(f, "{domain}: {} is revoked", name(slot)),
                    Event::KeyRenewed(slot) => {
                        write!(f, "{domain}: {} has a new key and stands by", name(slot))
                    }
                    Event::Lost(slot) => write!(
                        f,
                        "{domain}: the key of {} is not visible any more, twice in half an hour: \
                         postseal dkim get {domain}",
                        name(slot)
                    ),
                    Event::Seen(slot) => write!(f, "{domain}: the key of {} is visible", name(slot)),
                }
            }
            WorkerEvent::Alarm { domain, signs: SignWith::Key { slot, .. }, selectors } => write!(
                f,
                "{domain}: its key is not visible; it signs with {}: postseal dkim get {domain}",
                selectors[usize::from(slot.number() - 1)]
            ),
            WorkerEvent::Alarm { domain, signs: SignWith::Defer | SignWith::Nothing, .. } => {
                write!(f, "{domain}: no key is visible; its mail is deferred: postseal dkim get {domain}")
            }
            WorkerEvent::Recovered { domain } => write!(f, "{domain}: its key is visible again"),
            WorkerEvent::Ownership { domain, verification } => match verification {
                Verification::HeldTokenMissing => {
                    write!(f, "{domain}: its ownership record is gone: postseal domain show {domain}")
                }
                Verification::Moved => write!(f, "{domain}: it has moved from another organisation"),
                Verification::Held | Verification::Contested { .. } | Verification::NotProven(_) => {
                    write!(f, "{domain}: its ownership was looked at")
                }
            },
            WorkerEvent::Failed { domain, error } => write!(f, "{domain}: not looked at: {error}"),
        }
    }
}
