use postseal_core::dns::DomainName;
use postseal_core::hosting::{Claim, Holding, HostedLabel, OrganisationName, SigningConfiguration};

/// A domain as its organisation sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its name.
    pub name: DomainName,
    /// Whose it is, or who claims it.
    pub organisation: OrganisationName,
    /// Whether it is held.
    pub standing: Standing,
    /// What stands for it in hosted names; set once it is held.
    pub label: Option<HostedLabel>,
    /// When it was added, UNIX seconds.
    pub added_at: u64,
}

/// Whether an organisation holds a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not yet: the token waits to be published.
    Claimed(Claim),
    /// It does.
    Held(Holding),
    /// Not any more; the names it had stay its own.
    Removed,
}

/// A domain that is held, with all that signing for it needs: what a node's snapshot is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldDomain {
    /// Its name.
    pub name: DomainName,
    /// Whose it is.
    pub organisation: OrganisationName,
    /// What stands for it in hosted names.
    pub label: HostedLabel,
    /// How it signs, with what belongs to the two selectors; `None` where no keys are saved for it.
    pub configuration: Option<(SigningConfiguration, [HeldKey; 2])>,
}

/// What belongs to a selector of a domain that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// The text of the key record, revoked or not: [`SelectorSlot::life`](postseal_core::hosting::SelectorSlot)
    /// says that.
    pub record: String,
    /// Its first label in the hosting zone: `<selector>-<label>`.
    pub hosted_selector: String,
}

/// A hosted name that is no selector's any more: it answers with its key, then as revoked, then not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerName {
    /// The domain whose name it is, held or not.
    pub domain: DomainName,
    /// Whose: the name is `<hosted_selector>._domainkey.<organisation>.<hosting zone>`.
    pub organisation: OrganisationName,
    /// The first label.
    pub hosted_selector: String,
    /// The text of its key record.
    pub record: String,
    /// Until when it answers with that, UNIX seconds.
    pub published_until: u64,
    /// Until when it answers as revoked, UNIX seconds.
    pub revoked_until: u64,
}

/// What came of looking at a domain's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The organisation holds the domain: by this look, or still.
    Held,
    /// The organisation holds it still, though its token was not there.
    HeldTokenMissing,
    /// The domain has moved here from another organisation.
    Moved,
    /// The token is there; another organisation holds the domain, and its token is still there
    /// or was not missed twice yet. Look again.
    Contested {
        /// When a second look can decide, UNIX seconds; `None` while the holder's token is there.
        again_at: Option<u64>,
    },
    /// Not proven: what was found instead.
    NotProven(postseal_core::hosting::Proof),
}

/// Who does something, and when: what an audit row says of it.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// `uid:1000`, `token:…`, `worker`.
    pub actor: &'a str,
    /// UNIX seconds.
    pub now: u64,
}
