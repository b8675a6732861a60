//! What the API takes and gives, as JSON. The field names are stable; new ones may join.

mod arc_config;
mod audit;
mod dkim;
mod domain;
mod domain_counts;
mod let_in;
mod node;
mod organisation;
mod page;
mod receiver_policy;
mod record;
mod retention;
mod search;
mod verdict;

pub(crate) use arc_config::{ArcConfig, SetArcConfig};
pub(crate) use audit::{AuditEntry, AuditVerification};
pub(crate) use dkim::{
    DkimOutcome, DkimSigningConfiguration, NewDkimSigningConfiguration, RotateDkimSigningConfiguration,
    ServerFinding, SetDkimSigningConfiguration, event_words, flyout, read_form, read_selectors,
};
pub(crate) use domain::{DomainResource, DomainSigning, NewDomain, VerificationOutcome};
pub(crate) use domain_counts::{DOMAIN_STATES, DomainCountsResource, standings_of};
pub(crate) use let_in::{AccountResource, NewToken, SetPassword, SetupLink, Token, TokenMade};
pub(crate) use node::{Backup, BackupOrder, ReloadOrder, RestoreOrder};
pub(crate) use organisation::{NewOrganisation, Organisation};
pub(crate) use page::Page;
pub(crate) use receiver_policy::{
    AllowedPairResource, NewAllowedPair, ReceiverChoiceResource, ReceiverPolicyResource, SetReceiverPolicy,
};
pub(crate) use record::Record;
pub(crate) use retention::{MessageRetention, SetMessageRetention};
pub(crate) use search::{FoundDomainResource, SearchResult};
pub(crate) use verdict::{OutcomeOfPolicy, PolicyEffectResource, VerdictDayResource, VerdictResource};

use crate::serve::timestamp;

/// A moment as RFC 3339 writes it, in UTC and whole seconds.
pub(crate) fn moment(seconds: u64) -> String {
    timestamp(seconds.saturating_mul(1_000)).replace(".000Z", "Z")
}
