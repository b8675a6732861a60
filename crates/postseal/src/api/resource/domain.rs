use postseal_core::hosting::{CLAIM_LIFE, Proof, Title};
use postseal_store::{Domain, Standing, Verification};
use serde::{Deserialize, Serialize};

use super::{Record, flyout, moment};
use crate::service::{SigningState, VerifiedDomain, ownership_record};

/// A domain as its organisation sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DomainResource {
    pub(crate) name: String,
    pub(crate) organisation: String,
    /// `claimed` or `held`.
    pub(crate) standing: String,
    /// Where it is held: `proven`, or `trusted` by the operator's word.
    pub(crate) title: Option<String>,
    /// Since when it is claimed or held.
    pub(crate) since: Option<String>,
    /// Until when its token can prove it, where it is claimed.
    pub(crate) claim_until: Option<String>,
    /// When its token was last looked for.
    pub(crate) checked_at: Option<String>,
    /// Since when each look has found it absent.
    pub(crate) token_missing_since: Option<String>,
    /// What stands for it in hosted names.
    pub(crate) label: Option<String>,
    /// The record that proves it; null where the operator's word stands.
    pub(crate) ownership_record: Option<Record>,
    pub(crate) added_at: String,
    /// How it signs; null where it is not held.
    pub(crate) signing: Option<DomainSigning>,
}

/// How a domain signs, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DomainSigning {
    pub(crate) enabled: bool,
    /// `Valid`, `CnameMissing`, `TxtMissing` or `NoDKIMKeys`.
    pub(crate) status: String,
    /// `NoKeys`, `NotSigning`, `Signing` or `Rotating`.
    pub(crate) flyout: String,
    pub(crate) last_checked: Option<String>,
}

/// A domain that is to be added.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDomain {
    pub(crate) name: String,
    /// The operator's word stands for the proof.
    #[serde(default)]
    pub(crate) trust: bool,
}

/// What came of looking for a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerificationOutcome {
    /// `held`, `held_token_missing`, `moved`, `contested` or `not_proven`.
    pub(crate) outcome: String,
    /// Where it is not proven: `absent`, `partly`, `unknown` or `expired`.
    pub(crate) reason: Option<String>,
    /// Where another organisation holds the domain: when a second look can decide.
    pub(crate) again_at: Option<String>,
    pub(crate) domain: DomainResource,
    /// What each authoritative server said.
    pub(crate) servers: Vec<TokenServer>,
}

/// What one server said where a token must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenServer {
    pub(crate) server: String,
    pub(crate) address: String,
    /// The TXT records; null where it did not answer.
    pub(crate) texts: Option<Vec<String>>,
    /// Seconds for which others may hold "there is none".
    pub(crate) others_may_hold_for: Option<u32>,
    /// Why there is no usable answer: `TIMEOUT`, `REFUSED`, …
    pub(crate) failure: Option<String>,
}

impl DomainResource {
    pub(crate) fn of(domain: &Domain, signing: Option<&SigningState>) -> DomainResource {
        let mut resource = DomainResource {
            name: domain.name.to_string(),
            organisation: domain.organisation.to_string(),
            standing: "removed".to_owned(),
            title: None,
            since: None,
            claim_until: None,
            checked_at: None,
            token_missing_since: None,
            label: domain.label.as_ref().map(ToString::to_string),
            ownership_record: ownership_record(domain).as_ref().map(Record::of),
            added_at: moment(domain.added_at),
            signing: signing.map(DomainSigning::of),
        };
        match &domain.standing {
            Standing::Removed => {}
            Standing::Claimed(claim) => {
                resource.standing = "claimed".to_owned();
                resource.since = Some(moment(claim.made_at));
                resource.claim_until = Some(moment(claim.made_at + CLAIM_LIFE));
            }
            Standing::Held(holding) => {
                let (title, at) = match holding.title {
                    Title::Proven { at } => ("proven", at),
                    Title::Trusted { at } => ("trusted", at),
                };
                resource.standing = "held".to_owned();
                resource.title = Some(title.to_owned());
                resource.since = Some(moment(at));
                resource.checked_at = Some(moment(holding.checked_at)).filter(|_| title == "proven");
                resource.token_missing_since = holding.missing_since.map(moment);
            }
        }
        resource
    }
}

impl DomainSigning {
    fn of(state: &SigningState) -> DomainSigning {
        DomainSigning {
            enabled: state.enabled,
            status: state.status.as_str().to_owned(),
            flyout: flyout(state.flyout).to_owned(),
            last_checked: state.last_checked.map(moment),
        }
    }
}

impl VerificationOutcome {
    pub(crate) fn of(verified: &VerifiedDomain, domain: DomainResource) -> VerificationOutcome {
        let (outcome, reason, again_at) = match verified.verification {
            Verification::Held => ("held", None, None),
            Verification::HeldTokenMissing => ("held_token_missing", None, None),
            Verification::Moved => ("moved", None, None),
            Verification::Contested { again_at } => ("contested", None, again_at),
            Verification::NotProven(proof) => ("not_proven", Some(word(proof)), None),
        };
        let servers = verified.seen.servers.iter().map(|server| TokenServer {
            server: server.server.to_string(),
            address: server.address.to_string(),
            texts: server.texts.clone(),
            others_may_hold_for: server.others_may_hold_for,
            failure: server.failure.map(|failure| failure.as_str().to_owned()),
        });
        VerificationOutcome {
            outcome: outcome.to_owned(),
            reason: reason.map(str::to_owned),
            again_at: again_at.map(moment),
            domain,
            servers: servers.collect(),
        }
    }
}

fn word(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven => "proven",
        Proof::Partly => "partly",
        Proof::Absent => "absent",
        Proof::Unknown => "unknown",
        Proof::Expired => "expired",
    }
}
