use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use serde::{Deserialize, Serialize};

use super::VerdictResource;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SearchResult {
    pub(crate) organisations: Vec<String>,
    pub(crate) domains: Vec<FoundDomainResource>,
    /// Judged messages; none for a caller who may not see them.
    pub(crate) messages: Vec<VerdictResource>,
}

/// A domain, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundDomainResource {
    pub(crate) organisation: String,
    pub(crate) name: String,
}

impl FoundDomainResource {
    pub(crate) fn of(organisation: &OrganisationName, name: &DomainName) -> FoundDomainResource {
        FoundDomainResource { organisation: organisation.to_string(), name: name.to_string() }
    }
}
