use std::borrow::Cow;
use std::collections::HashMap;

use postseal_core::dns::{DomainName, RecordData};

use super::lookup_name::{LookupName, WireName};
use super::node::{Node, NodeError};
use super::start_of_authority::StartOfAuthority;
use super::zone::{Apex, Found, Zone, Zones};

/// A zone of records in memory, for master files, sandboxes and tests. No wildcards and no
/// delegations: `*` is a label like any other.
#[derive(Clone, Debug)]
pub struct RecordZone {
    origin: DomainName,
    apex: Apex,
    /// Every name that exists; empty non-terminals have an empty node.
    nodes: HashMap<WireName, Node>,
}

/// Why a record does not go into the zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordZoneError {
    /// Its owner lies outside.
    #[error("{owner} is not in the zone {origin}")]
    OutsideZone {
        /// Of the record.
        owner: DomainName,
        /// Of the zone.
        origin: DomainName,
    },
    /// NS records below the apex would delegate a part of the zone.
    #[error("{owner} has NS records, and delegations are not served")]
    Delegation {
        /// Of the record.
        owner: DomainName,
    },
    /// The record does not fit to those of its name.
    #[error("{owner}: {error}")]
    Node {
        /// Of the record.
        owner: DomainName,
        /// Why.
        error: NodeError,
    },
}

impl RecordZone {
    /// A zone with nothing but its SOA record.
    pub fn new(origin: &DomainName, soa: &StartOfAuthority) -> RecordZone {
        let mut node = Node::new();
        node.add_start_of_authority(soa).expect("nothing stands beside it yet");
        let nodes = HashMap::from([(WireName::from(origin), node)]);
        RecordZone { origin: origin.clone(), apex: Apex::new(origin, soa), nodes }
    }

    /// Adds one record, `ttl` in seconds.
    ///
    /// # Errors
    /// [`RecordZoneError`]; the zone is as before.
    pub fn add(&mut self, owner: &DomainName, ttl: u32, data: &RecordData) -> Result<(), RecordZoneError> {
        if !owner.is_at_or_below(&self.origin) {
            return Err(RecordZoneError::OutsideZone { owner: owner.clone(), origin: self.origin.clone() });
        }
        if matches!(data, RecordData::Ns(_)) && *owner != self.origin {
            return Err(RecordZoneError::Delegation { owner: owner.clone() });
        }
        let wire = WireName::from(owner);
        let mut node = self.nodes.get(&wire).cloned().unwrap_or_default();
        node.add(ttl, data).map_err(|error| RecordZoneError::Node { owner: owner.clone(), error })?;
        self.add_names_above(wire.as_lookup());
        self.nodes.insert(wire, node);
        Ok(())
    }

    fn add_names_above(&mut self, name: LookupName<'_>) {
        let mut next = name.parent();
        while let Some(name) = next {
            if self.nodes.contains_key(name.octets()) {
                return;
            }
            self.nodes.insert(WireName::from(name), Node::new());
            next = name.parent();
        }
    }
}

impl Zone for RecordZone {
    fn apex(&self) -> &Apex {
        &self.apex
    }

    fn find(&self, name: LookupName<'_>) -> Found<'_> {
        match self.nodes.get(name.octets()) {
            Some(node) if node.smallest_set().is_none() => Found::EmptyNonTerminal,
            Some(node) => Found::Node(Cow::Borrowed(node)),
            None => Found::Nothing,
        }
    }
}

impl Zones for Vec<RecordZone> {
    type Zone = RecordZone;

    fn zone_of(&self, name: LookupName<'_>) -> Option<&RecordZone> {
        let holding = self.iter().filter(|zone| name.is_at_or_below(zone.apex.name()));
        holding.max_by_key(|zone| zone.apex.name().octets().len())
    }
}
