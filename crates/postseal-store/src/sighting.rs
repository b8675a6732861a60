use std::net::IpAddr;

use postseal_core::dns::DomainName;

/// What one server showed of a selector, as it is kept to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The server's name.
    pub server: DomainName,
    /// The address that was asked.
    pub address: IpAddr,
    /// `postseal_core::hosting::Finding::token`.
    pub finding: String,
    /// What was there instead: the target of a CNAME, a doubled name; empty where nothing is to be said.
    pub detail: String,
    /// Until when others may hold a negative answer, UNIX seconds.
    pub others_may_hold_until: Option<u64>,
}
