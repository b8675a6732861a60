use postseal_core::hosting::OrganisationName;

/// What the hosting zone answers at one name, apart from the initial domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// The first label: `<selector>-<label>`.
    pub hosted_selector: String,
    /// Whose: the name is `<hosted_selector>._domainkey.<organisation>.<hosting zone>`.
    pub organisation: OrganisationName,
    /// The text of the TXT record; an empty `p=` where the key is revoked.
    pub record: String,
    /// When this answer changes by itself, UNIX seconds: a name that was given up is
    /// revoked, and then gone.
    pub changes_at: Option<u64>,
}
