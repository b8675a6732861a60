use serde::{Deserialize, Serialize};

/// The ARC sealers that an organisation trusts, with Exchange's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ArcConfig {
    /// `Default`.
    pub(crate) identity: String,
    /// Domains that seal with this `d=`.
    pub(crate) arc_trusted_sealers: Vec<String>,
}

/// Sealers to set, add or remove.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SetArcConfig {
    pub(crate) arc_trusted_sealers: Vec<String>,
}
