use std::collections::BTreeMap;

use postseal_core::dns::DomainName;
use postseal_store::{NewPair, PairOrigin, StoredPair};
use serde::{Deserialize, Serialize};

use super::moment;
use crate::config::moment::end_of;
use crate::config::{AllowedPair, Infrastructure};
use crate::service::ReceiverChoice;

/// What decides about mail that fails: each setting by its key in `[receive]` of the configuration file.
pub(crate) type ReceiverPolicyResource = BTreeMap<String, ReceiverChoiceResource>;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReceiverChoiceResource {
    /// What is in force.
    pub(crate) value: String,
    /// What the file says, or what is so by default.
    pub(crate) file: String,
    /// It was changed here; then the file does not count.
    pub(crate) changed: bool,
}

/// Settings to change, by their keys; `file`: as the file has it.
pub(crate) type SetReceiverPolicy = BTreeMap<String, String>;

/// Mail of an Author Domain from somewhere is accepted although DMARC fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AllowedPairResource {
    /// Null: it stands in the configuration file, and is removed there.
    pub(crate) id: Option<i64>,
    pub(crate) author_domain: String,
    pub(crate) subdomains: bool,
    /// A network of client addresses.
    pub(crate) client: Option<String>,
    /// Whoever SPF or DKIM authenticates as this domain or one below it.
    pub(crate) authenticated: Option<String>,
    /// Null: until it is removed.
    pub(crate) until: Option<String>,
    pub(crate) note: String,
    pub(crate) since: Option<String>,
}

/// One of `client` and `authenticated` is needed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAllowedPair {
    pub(crate) author_domain: String,
    #[serde(default)]
    pub(crate) subdomains: bool,
    #[serde(default)]
    pub(crate) client: Option<String>,
    #[serde(default)]
    pub(crate) authenticated: Option<String>,
    /// A day (its end, in UTC) or a moment.
    #[serde(default)]
    pub(crate) until: Option<String>,
    #[serde(default)]
    pub(crate) note: String,
}

impl ReceiverChoiceResource {
    pub(crate) fn of(choice: &ReceiverChoice) -> (String, ReceiverChoiceResource) {
        let resource = ReceiverChoiceResource {
            value: choice.value.to_owned(),
            file: choice.file.to_owned(),
            changed: choice.is_changed,
        };
        (choice.key.as_str().to_owned(), resource)
    }
}

impl AllowedPairResource {
    pub(crate) fn of(stored: &StoredPair) -> AllowedPairResource {
        let (client, authenticated) = match &stored.pair.from {
            PairOrigin::Client(network) => (Some(network.clone()), None),
            PairOrigin::Authenticated(domain) => (None, Some(domain.to_string())),
        };
        AllowedPairResource {
            id: Some(stored.id),
            author_domain: stored.pair.author_domain.to_string(),
            subdomains: stored.pair.subdomains,
            client,
            authenticated,
            until: stored.pair.until.map(moment),
            note: stored.pair.note.clone(),
            since: Some(moment(stored.made_at)),
        }
    }

    pub(crate) fn of_file(pair: &AllowedPair) -> AllowedPairResource {
        let (client, authenticated) = match &pair.infrastructure {
            Infrastructure::Network(network) => (Some(network.to_string()), None),
            Infrastructure::Authenticated(domain) => (None, Some(domain.to_string())),
        };
        AllowedPairResource {
            id: None,
            author_domain: pair.author_domain.to_string(),
            subdomains: pair.subdomains,
            client,
            authenticated,
            until: pair.until.map(moment),
            note: String::new(),
            since: None,
        }
    }
}

impl NewAllowedPair {
    /// # Errors
    /// What cannot be read, and why.
    pub(crate) fn read(&self) -> Result<NewPair, String> {
        let name = |text: &str| {
            DomainName::parse(text).map_err(|error| format!("{text:?} is no domain name: {error}"))
        };
        let from = match (&self.client, &self.authenticated) {
            (Some(network), None) => PairOrigin::Client(network.clone()),
            (None, Some(domain)) => PairOrigin::Authenticated(name(domain)?),
            _ => return Err("one of client and authenticated is needed".to_owned()),
        };
        let until = |text: &String| {
            let date = text.parse().ok().and_then(|date| end_of(&date));
            date.ok_or_else(|| format!("until: {text:?} is no day and no moment, as 2027-01-31"))
        };
        Ok(NewPair {
            author_domain: name(&self.author_domain)?,
            subdomains: self.subdomains,
            from,
            until: self.until.as_ref().map(until).transpose()?,
            note: self.note.trim().to_owned(),
        })
    }
}
