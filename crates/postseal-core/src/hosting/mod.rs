//! Hosted keys: what an organisation and its domains may be called, who holds a
//! domain, and the life of the two keys that a domain signs with.
//!
//! All of it is plain functions of a state, what was seen in the DNS, the time
//! (UNIX seconds) and, where a random number is needed, that number. The store
//! applies these transitions inside its transactions; nothing else writes them down.

// What things are called.
mod hosted_label;
mod initial_domain;
mod organisation;

// Whose a domain is.
mod ownership;

// What the DNS shows of a selector, and when to look again.
mod recheck;
mod selector_sighting;

// The two keys of a domain.
mod rotation;
mod selector;
mod signing_configuration;

pub use hosted_label::{HostedLabel, HostedLabelError, HostingZone, hosted_selector};
pub use initial_domain::{HostedRecord, KEY_TTL, MailRoute, initial_domain_records, zone_policy_record};
pub use organisation::{OrganisationName, OrganisationNameError};
pub use ownership::{
    CLAIM_LIFE, Challenge, Claim, Holding, OwnershipToken, Proof, REPROOF_INTERVAL, TOKEN_LOSS, Title,
    TokenReading, judge_claim, settings_apply, transfer_due,
};
pub use recheck::{CheckTarget, FIRST_LOSS_RECHECK, interval_of_waiting, next_check};
pub use rotation::{Advance, Event, Rotation, Waits};
pub use selector::{KeyId, Life, NewKey, SelectorSlot, Slot};
pub use selector_sighting::{
    Conclusion, Expected, Finding, HostedReading, Negative, OutsideSignature, Said, Whose, classify,
    conclude, propose_selectors,
};
pub use signing_configuration::{
    Changes, Flyout, KEY_SIZES, PublishMode, Refusal, SignWith, SigningConfiguration, Status, UnseenKey,
};
