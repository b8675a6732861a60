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

/// The record of a key that is revoked (RFC 6376 §3.6.1: "An empty value means that this public key has
/// been revoked").
pub fn revoked_record(record: &str) -> String {
    record.split_once("p=").map_or_else(|| "v=DKIM1; p=".to_owned(), |(front, _)| format!("{front}p="))
}
