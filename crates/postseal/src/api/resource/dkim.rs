use postseal_core::dkim::Canonicalization;
use postseal_core::hosting::{
    Changes, Event, Finding, Flyout, Life, PublishMode, SelectorSlot, Slot, UnseenKey, Whose,
};
use postseal_store::Sighting;
use serde::{Deserialize, Serialize};

use super::{Record, moment};
use crate::service::{Configured, DkimView, finding_of, key_record};

/// How a domain signs, with the property names of Exchange's object and ours beside them.
/// Times are RFC 3339. Null stands for what is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DkimSigningConfiguration {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) admin_display_name: String,
    pub(crate) enabled: bool,
    /// `Valid`, `CnameMissing`, `TxtMissing` or `NoDKIMKeys`.
    pub(crate) status: String,
    /// What the status means: `NoKeys`, `NotSigning`, `Signing` or `Rotating`.
    pub(crate) flyout: String,
    /// True for the initial domain of an organisation.
    pub(crate) is_default: bool,
    /// What the owner publishes: `CNAME` or `TXT`.
    pub(crate) publish_mode: String,
    pub(crate) selector1: String,
    #[serde(rename = "Selector1CNAME")]
    pub(crate) selector1_cname: Option<String>,
    pub(crate) selector1_key_size: Option<u32>,
    pub(crate) selector1_public_key: Option<String>,
    /// `standby`, `signing`, `retiring` or `revoked`.
    pub(crate) selector1_state: Option<String>,
    /// Since when the world sees this key.
    pub(crate) selector1_visible_since: Option<String>,
    /// What the last look showed: `seen`, `missing`, `partly`, `hosted_differs`, `signature_fails`, `no_answer`.
    pub(crate) selector1_conclusion: Option<String>,
    /// What each server showed.
    pub(crate) selector1_found: Vec<ServerFinding>,
    pub(crate) selector2: String,
    #[serde(rename = "Selector2CNAME")]
    pub(crate) selector2_cname: Option<String>,
    pub(crate) selector2_key_size: Option<u32>,
    pub(crate) selector2_public_key: Option<String>,
    pub(crate) selector2_state: Option<String>,
    pub(crate) selector2_visible_since: Option<String>,
    pub(crate) selector2_conclusion: Option<String>,
    pub(crate) selector2_found: Vec<ServerFinding>,
    /// `Relaxed` or `Simple`.
    pub(crate) header_canonicalization: Option<String>,
    pub(crate) body_canonicalization: Option<String>,
    pub(crate) algorithm: Option<String>,
    pub(crate) number_of_bytes_to_sign: Option<String>,
    pub(crate) include_signature_creation_time: Option<bool>,
    pub(crate) include_key_expiration: Option<bool>,
    pub(crate) key_creation_time: Option<String>,
    pub(crate) last_checked: Option<String>,
    pub(crate) rotate_on_date: Option<String>,
    pub(crate) selector_before_rotate_on_date: Option<String>,
    pub(crate) selector_after_rotate_on_date: Option<String>,
    /// What is done where nobody sees a key: `Sign` or `Defer`.
    pub(crate) unseen_key: Option<String>,
    /// Selector names to use instead: somebody else's records are at these.
    pub(crate) proposed_selectors: Option<[String; 2]>,
    /// What the owner is to publish for the two selectors.
    pub(crate) records: Vec<Record>,
    pub(crate) identity: String,
    pub(crate) id: String,
    pub(crate) is_valid: bool,
}

/// What one server showed of a selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ServerFinding {
    pub(crate) server: String,
    pub(crate) address: String,
    /// `right`, `wrong_target`, `txt_instead`, `wrong_txt`, `doubled_suffix`, `proxied`, `nxdomain`, `no_data`,
    /// `no_answer`, `no_servers`, `hosted_differs` or `hosted_no_answer`.
    pub(crate) finding: String,
    /// What was there instead.
    pub(crate) detail: Option<String>,
    /// Whose name that is, where it is known.
    pub(crate) whose: Option<String>,
    /// Until when others may still hold "there is none".
    pub(crate) others_may_hold_until: Option<String>,
    pub(crate) seen_at: String,
}

/// What came of an operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DkimOutcome {
    pub(crate) configuration: DkimSigningConfiguration,
    /// Why it is not enabled although that was asked for.
    pub(crate) warning: Option<super::super::Problem>,
    /// What happened, in order.
    pub(crate) events: Vec<String>,
    /// True where nothing was done.
    pub(crate) dry_run: bool,
}

/// A configuration that is to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct NewDkimSigningConfiguration {
    pub(crate) enabled: bool,
    /// 2048, 3072 or 4096; default 2048.
    pub(crate) key_size: Option<u32>,
    pub(crate) admin_display_name: Option<String>,
    pub(crate) header_canonicalization: Option<String>,
    pub(crate) body_canonicalization: Option<String>,
    pub(crate) selectors: Option<[String; 2]>,
    /// Nothing is done; the answer says what would be refused.
    pub(crate) dry_run: bool,
}

/// What is to be changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct SetDkimSigningConfiguration {
    pub(crate) enabled: Option<bool>,
    pub(crate) admin_display_name: Option<String>,
    pub(crate) header_canonicalization: Option<String>,
    pub(crate) body_canonicalization: Option<String>,
    pub(crate) unseen_key: Option<String>,
    pub(crate) selectors: Option<[String; 2]>,
    pub(crate) dry_run: bool,
}

/// How the keys change places.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub(crate) struct RotateDkimSigningConfiguration {
    /// Of the key that does not sign yet.
    pub(crate) key_size: Option<u32>,
    /// The key that signs is in other hands: it is revoked at once.
    pub(crate) compromised: bool,
    pub(crate) dry_run: bool,
}

impl DkimSigningConfiguration {
    pub(crate) fn of(view: &DkimView) -> DkimSigningConfiguration {
        let name = view.domain.name.to_string();
        let configuration = view.configuration();
        let [one, two] = Slot::BOTH.map(|slot| Side::of(view, slot));
        let dates = view.configured.as_ref().map(|configured| configured.rotate_on);
        let selector = |slot: Slot| view.selectors[usize::from(slot.number() - 1)].to_string();
        let made = |text: &str| configuration.map(|_| text.to_owned());
        DkimSigningConfiguration {
            domain: name.clone(),
            identity: name.clone(),
            id: name.clone(),
            admin_display_name: configuration.map(|c| c.admin_display_name.clone()).unwrap_or_default(),
            enabled: configuration.is_some_and(|c| c.enabled),
            status: view.status().as_str().to_owned(),
            flyout: flyout(view.flyout()).to_owned(),
            is_default: view.initial,
            publish_mode: match view.mode {
                PublishMode::Cname => "CNAME",
                PublishMode::Txt => "TXT",
            }
            .to_owned(),
            selector1: selector(Slot::First),
            selector1_cname: view.target(Slot::First).map(ToString::to_string),
            selector1_key_size: one.key_size,
            selector1_public_key: one.public_key,
            selector1_state: one.state,
            selector1_visible_since: one.visible_since,
            selector1_conclusion: one.conclusion,
            selector1_found: one.found,
            selector2: selector(Slot::Second),
            selector2_cname: view.target(Slot::Second).map(ToString::to_string),
            selector2_key_size: two.key_size,
            selector2_public_key: two.public_key,
            selector2_state: two.state,
            selector2_visible_since: two.visible_since,
            selector2_conclusion: two.conclusion,
            selector2_found: two.found,
            header_canonicalization: configuration.map(|c| form(c.header_canonicalization).to_owned()),
            body_canonicalization: configuration.map(|c| form(c.body_canonicalization).to_owned()),
            algorithm: made("RsaSHA256"),
            number_of_bytes_to_sign: made("All"),
            include_signature_creation_time: configuration.map(|_| true),
            include_key_expiration: configuration.map(|_| false),
            key_creation_time: configuration.map(|c| moment(c.key_creation_time())),
            last_checked: configuration.and_then(|c| c.last_checked()).map(moment),
            rotate_on_date: dates.map(|(at, _, _)| moment(at)),
            selector_before_rotate_on_date: dates.map(|(_, before, _)| selector(before)),
            selector_after_rotate_on_date: dates.map(|(_, _, after)| selector(after)),
            unseen_key: configuration.map(|c| unseen_key(c.unseen_key).to_owned()),
            proposed_selectors: view.proposal.as_ref().map(|pair| pair.each_ref().map(ToString::to_string)),
            records: Slot::BOTH
                .into_iter()
                .filter_map(|s| key_record(view, s))
                .map(|r| Record::of(&r))
                .collect(),
            is_valid: true,
            name,
        }
    }

    /// What each server showed of a selector, 1 or 2, and that selector's name.
    pub(crate) fn found(&self, second: bool) -> (&str, &[ServerFinding]) {
        if second {
            (&self.selector2, &self.selector2_found)
        } else {
            (&self.selector1, &self.selector1_found)
        }
    }
}

/// What is said of one selector.
#[derive(Default)]
struct Side {
    key_size: Option<u32>,
    public_key: Option<String>,
    state: Option<String>,
    visible_since: Option<String>,
    conclusion: Option<String>,
    found: Vec<ServerFinding>,
}

impl Side {
    fn of(view: &DkimView, slot: Slot) -> Side {
        let Some(Configured { configuration, records, sightings, .. }) = &view.configured else {
            return Side::default();
        };
        let (state, at) = (configuration.slot(slot), usize::from(slot.number() - 1));
        Side {
            key_size: Some(state.bits),
            public_key: Some(records[at].clone()),
            state: Some(life(state).to_owned()),
            visible_since: state.visible_since.map(moment),
            conclusion: state.last.map(|(conclusion, _)| conclusion.token().to_owned()),
            found: sightings[at]
                .iter()
                .map(|(sighting, seen)| ServerFinding::of(sighting, *seen, view))
                .collect(),
        }
    }
}

impl ServerFinding {
    fn of(sighting: &Sighting, seen_at: u64, view: &DkimView) -> ServerFinding {
        let whose = match finding_of(sighting, view.zone.as_ref()) {
            Some(Finding::WrongTarget { whose: Some(Whose::Service(name)), .. }) => Some(name.to_owned()),
            Some(Finding::WrongTarget { whose: Some(Whose::HostingZone), .. }) => Some("Postseal".to_owned()),
            _ => None,
        };
        ServerFinding {
            server: sighting.server.to_string(),
            address: sighting.address.to_string(),
            finding: sighting.finding.clone(),
            detail: Some(sighting.detail.clone()).filter(|detail| !detail.is_empty()),
            whose,
            others_may_hold_until: sighting.others_may_hold_until.map(moment),
            seen_at: moment(seen_at),
        }
    }
}

/// Events in the words of the audit log.
pub(crate) fn event_words(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| match event {
        Event::RotationBegan => "rotation_began".to_owned(),
        Event::Switched { to } => format!("signs={}", to.number()),
        Event::Revoked(slot) => format!("revoked={}", slot.number()),
        Event::KeyRenewed(slot) => format!("key_renewed={}", slot.number()),
        Event::Lost(slot) => format!("lost={}", slot.number()),
        Event::Seen(slot) => format!("seen={}", slot.number()),
    };
    events.iter().map(word).collect()
}

fn life(slot: &SelectorSlot) -> &'static str {
    match slot.life {
        Life::Standby => "standby",
        Life::Signing => "signing",
        Life::Retiring { .. } => "retiring",
        Life::Revoked { .. } => "revoked",
    }
}

/// The word for what a status means.
pub(crate) fn flyout(flyout: Flyout) -> &'static str {
    match flyout {
        Flyout::NoKeys => "NoKeys",
        Flyout::NotSigning => "NotSigning",
        Flyout::Signing => "Signing",
        Flyout::Rotating => "Rotating",
    }
}

fn form(form: Canonicalization) -> &'static str {
    match form {
        Canonicalization::Relaxed => "Relaxed",
        Canonicalization::Simple => "Simple",
    }
}

fn unseen_key(setting: UnseenKey) -> &'static str {
    match setting {
        UnseenKey::Sign => "Sign",
        UnseenKey::Defer => "Defer",
    }
}

/// What was asked for, read; `Err` names what cannot be.
pub(crate) fn read_form(text: &str) -> Result<Canonicalization, String> {
    match text.to_ascii_lowercase().as_str() {
        "relaxed" => Ok(Canonicalization::Relaxed),
        "simple" => Ok(Canonicalization::Simple),
        _ => Err(format!("a canonicalization is Relaxed or Simple, not {text:?}")),
    }
}

pub(crate) fn read_unseen_key(text: &str) -> Result<UnseenKey, String> {
    match text.to_ascii_lowercase().as_str() {
        "sign" => Ok(UnseenKey::Sign),
        "defer" => Ok(UnseenKey::Defer),
        _ => Err(format!("UnseenKey is Sign or Defer, not {text:?}")),
    }
}

impl SetDkimSigningConfiguration {
    /// As the service takes it.
    pub(crate) fn changes(&self) -> Result<Changes, String> {
        Ok(Changes {
            admin_display_name: self.admin_display_name.clone(),
            header_canonicalization: self.header_canonicalization.as_deref().map(read_form).transpose()?,
            body_canonicalization: self.body_canonicalization.as_deref().map(read_form).transpose()?,
            enabled: self.enabled,
            unseen_key: self.unseen_key.as_deref().map(read_unseen_key).transpose()?,
            selectors: self.selectors.as_ref().map(read_selectors).transpose()?,
        })
    }
}

pub(crate) fn read_selectors(pair: &[String; 2]) -> Result<[postseal_core::dkim::Selector; 2], String> {
    let read = |text: &String| {
        postseal_core::dkim::Selector::parse(text).map_err(|error| format!("the selector {text:?}: {error}"))
    };
    Ok([read(&pair[0])?, read(&pair[1])?])
}
