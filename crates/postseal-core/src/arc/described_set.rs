use super::seal_field::SealTags;
use super::structure::{Kind, Structure};
use super::{ArcCause, ArcResult, MAX_SETS};
use crate::dns::DomainName;
use crate::message::HeaderSection;

/// A set as its fields describe it, whether or not it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DescribedSet<'s> {
    pub(crate) instance: u8,
    /// `d=` of the seal.
    pub(crate) sealer: Option<DomainName>,
    /// `cv=` of the seal.
    pub(crate) status: Option<ArcResult>,
    /// What follows `i=` in ARC-Authentication-Results.
    pub(crate) authentication_results: Option<&'s [u8]>,
}

/// The ARC fields by instance, and why they are no chain.
pub(crate) fn described_sets(section: &HeaderSection) -> (Vec<DescribedSet<'_>>, Option<ArcCause>) {
    let mut sets: Vec<DescribedSet<'_>> = Vec::new();
    for field in section.fields() {
        let Some(kind) = Kind::of(&field) else { continue };
        let Some(instance) = kind.instance(field.body()) else { continue };
        let place = match sets.binary_search_by_key(&instance, |set| set.instance) {
            Ok(place) => place,
            Err(_) if sets.len() >= usize::from(MAX_SETS) => continue,
            Err(place) => {
                let set = DescribedSet { instance, sealer: None, status: None, authentication_results: None };
                sets.insert(place, set);
                place
            }
        };
        match kind {
            Kind::Seal => {
                let tags = SealTags::read(field.body());
                sets[place].sealer = tags.sealer();
                sets[place].status = tags.status();
            }
            Kind::AuthenticationResults => {
                let behind = field.body().iter().position(|b| *b == b';').map(|at| &field.body()[at + 1..]);
                sets[place].authentication_results = behind;
            }
            Kind::MessageSignature => {}
        }
    }
    (sets, Structure::collect(section).1.err())
}
