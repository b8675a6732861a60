use serde::{Deserialize, Serialize};

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Organisation {
    pub(crate) name: String,
    /// The domain that it has from its first minute; null without a hosting zone.
    pub(crate) initial_domain: Option<String>,
    /// Whether its mail is signed.
    pub(crate) initial_domain_signs: Option<bool>,
}

/// An organisation that is to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganisation {
    /// 2 to 40 letters, digits and hyphens.
    pub(crate) name: String,
}
