use std::borrow::Cow;

use postseal_core::dns::DomainName;

use super::lookup_name::{LookupName, WireName};
use super::node::{Node, TYPE_SOA, push_head};
use super::start_of_authority::StartOfAuthority;

/// The zones that are served at one moment: the program implements it on its snapshot.
pub trait Zones {
    /// What a zone is here.
    type Zone: Zone;

    /// The zone that holds this name: the one with the longest apex at or above it.
    fn zone_of(&self, name: LookupName<'_>) -> Option<&Self::Zone>;
}

/// One zone without delegations. Its answers must come from one state of the data.
pub trait Zone {
    /// Name and SOA.
    fn apex(&self) -> &Apex;

    /// What there is at this name, which is the apex or lies below it. The node of the apex
    /// has the SOA and NS records.
    fn find(&self, name: LookupName<'_>) -> Found<'_>;
}

/// What a zone has at one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'z> {
    /// Records, kept or made for this answer.
    Node(Cow<'z, Node>),
    /// No records, but names below it have some (RFC 8020 §2): no data, not NXDOMAIN.
    EmptyNonTerminal,
    /// Nothing at the name nor below it.
    Nothing,
}

/// A zone's name, and the SOA record of its negative answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apex {
    name: WireName,
    denial: Vec<u8>,
}

impl Apex {
    /// For the zone of this name.
    pub fn new(name: &DomainName, soa: &StartOfAuthority) -> Apex {
        let data = soa.data();
        let mut denial = Vec::with_capacity(data.len() + 12);
        let length = u16::try_from(data.len()).expect("two names and 20 octets");
        push_head(TYPE_SOA, soa.negative_ttl(), length, &mut denial);
        denial.extend_from_slice(&data);
        Apex { name: WireName::from(name), denial }
    }

    /// The name.
    pub fn name(&self) -> LookupName<'_> {
        self.name.as_lookup()
    }

    /// The SOA record as the authority section of a negative answer has it (RFC 2308 §3).
    pub(super) fn denial(&self) -> &[u8] {
        &self.denial
    }
}
