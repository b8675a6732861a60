use std::collections::BTreeMap;

use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

/// What the receiver has changed of its settings in the configuration file, and whom organisations trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverPolicy {
    /// The revision at which something of it changed last.
    pub revision: i64,
    /// Settings by their keys in the file. What is not here is as the file has it.
    pub settings: BTreeMap<String, String>,
    /// Who is accepted although DMARC fails, in the order in which they were added.
    pub pairs: Vec<StoredPair>,
    /// The ARC sealers that organisations trust.
    pub sealers: Vec<(OrganisationName, DomainName)>,
}

/// Mail of an Author Domain from somewhere is accepted although DMARC fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPair {
    /// The Author Domain.
    pub author_domain: DomainName,
    /// Author Domains below it as well.
    pub subdomains: bool,
    /// From where.
    pub from: PairOrigin,
    /// It holds before this moment, UNIX seconds. `None`: until it is removed.
    pub until: Option<u64>,
    /// Why, in somebody's words.
    pub note: String,
}

/// Where mail of an allowed pair comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairOrigin {
    /// A network of client addresses, as text.
    Client(String),
    /// Whoever SPF or DKIM authenticates as this domain, or one below it.
    Authenticated(DomainName),
}

/// A pair as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPair {
    /// What tells it from others.
    pub id: i64,
    /// What it allows.
    pub pair: NewPair,
    /// When it was added, UNIX seconds.
    pub made_at: u64,
}
