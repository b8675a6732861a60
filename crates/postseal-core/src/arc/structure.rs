use super::instance::{self, MAX_SETS, position};
use super::seal_field::{Seal, SealTags};
use super::{ArcCause, ArcResult};
use crate::dkim::signature::{Signature, SignatureField};
use crate::dkim::tag_list::TagList;
use crate::dns::DomainName;
use crate::message::{Field, HeaderSection};

/// The ARC fields of a message, as far as they make a chain (RFC 8617 §5.2,
/// steps 1 to 3).
#[derive(Debug, Default)]
pub(super) struct Structure {
    /// The sets in the order of their instances, from 1.
    pub(super) sets: Vec<SetFields>,
    /// The highest instance found; 0 where no field has a valid one.
    pub(super) highest: u8,
    /// The domains of all seals that can be read, by instance.
    pub(super) sealers: Vec<DomainName>,
    /// The newest seal says that the chain has failed.
    pub(super) is_ended: bool,
    /// The decoded `b=` of all seals and of the newest ARC-Message-Signature.
    pub(super) signature_octets: Vec<u8>,
}

/// One set: where its fields are in the header section.
#[derive(Clone, Debug)]
pub(super) struct SetFields {
    pub(super) authentication_results: usize,
    pub(super) message_signature: usize,
    pub(super) seal_index: usize,
    pub(super) seal: Seal,
}

/// The three fields of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    AuthenticationResults,
    MessageSignature,
    Seal,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::AuthenticationResults, Kind::MessageSignature, Kind::Seal];

    fn field_name(self) -> &'static str {
        match self {
            Kind::AuthenticationResults => "ARC-Authentication-Results",
            Kind::MessageSignature => "ARC-Message-Signature",
            Kind::Seal => "ARC-Seal",
        }
    }

    pub(super) fn of(field: &Field<'_>) -> Option<Kind> {
        // Few fields begin so, and those are compared in full.
        let is_arc = field.name().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"ARC-"));
        if !is_arc { None } else { Kind::ALL.into_iter().find(|kind| field.is_named(kind.field_name())) }
    }

    pub(super) fn instance(self, body: &[u8]) -> Option<u8> {
        match self {
            Kind::AuthenticationResults => instance::of_authentication_results(body),
            Kind::MessageSignature => {
                let (tags, _) = TagList::<1>::read(body, |name| (name == b"i").then_some(0));
                tags.value(0).and_then(position)
            }
            Kind::Seal => SealTags::read(body).instance(),
        }
    }
}

/// Where the fields of each instance are.
type Places = [[Option<usize>; 3]; MAX_SETS as usize];

impl Structure {
    /// Collects the ARC fields of a message; `Ok(None)` where there are none.
    ///
    /// Errors come with what was found, for whoever seals a chain that failed.
    pub(super) fn collect(section: &HeaderSection) -> (Structure, Result<(), ArcCause>) {
        let mut structure = Structure::default();
        let mut places: Option<Box<Places>> = None;
        let mut error = None;
        for (index, field) in section.fields().enumerate() {
            let Some(kind) = Kind::of(&field) else { continue };
            let places = places.get_or_insert_with(|| Box::new([[None; 3]; MAX_SETS as usize]));
            let Some(instance) = kind.instance(field.body()) else {
                error.get_or_insert(ArcCause::BadInstance { field: kind.field_name() });
                continue;
            };
            structure.highest = structure.highest.max(instance);
            let place = &mut places[usize::from(instance) - 1][kind as usize];
            if place.replace(index).is_some() {
                // RFC 8617 §5.2: "Each ARC Set MUST contain exactly one each of the three ARC
                // header fields".
                error.get_or_insert(ArcCause::Duplicate { field: kind.field_name(), instance });
            }
        }
        let Some(places) = places else { return (structure, Ok(())) };
        structure.note_seals(section, &places);
        let checked = match error {
            _ if structure.is_ended => Err(ArcCause::SealedAsFailed),
            Some(cause) => Err(cause),
            None => structure.build(section, &places),
        };
        (structure, checked)
    }

    /// Notes what seals say even where the chain is not valid.
    fn note_seals(&mut self, section: &HeaderSection, places: &Places) {
        for (number, set) in places.iter().enumerate() {
            let Some(field) = set[Kind::Seal as usize].and_then(|i| section.field(i)) else { continue };
            let tags = SealTags::read(field.body());
            self.sealers.extend(tags.sealer());
            // RFC 8617 §5.2: "If the Chain Validation Status of the highest instance value ARC
            // Set is "fail", then the Chain Validation Status is "fail"".
            if number + 1 == usize::from(self.highest) {
                self.is_ended = tags.status() == Some(ArcResult::Fail);
            }
        }
    }

    fn build(&mut self, section: &HeaderSection, places: &Places) -> Result<(), ArcCause> {
        self.sets.reserve_exact(usize::from(self.highest));
        for (number, set) in (1..=self.highest).zip(places) {
            let missing = |kind: Kind| ArcCause::Missing { field: kind.field_name(), instance: number };
            let place = |kind: Kind| set[kind as usize].ok_or_else(|| missing(kind));
            let seal_index = place(Kind::Seal)?;
            let body = section.field(seal_index).map_or(&b""[..], |f| f.body());
            let seal = Seal::from_tags(&SealTags::read(body), &mut self.signature_octets)
                .map_err(|error| ArcCause::Seal { error, instance: number })?;
            // RFC 8617 §5.2: "For ARC Sets with instance values > 1, the values MUST be "pass".
            // For the ARC Set with instance value = 1, the value MUST be "none"."
            let expected = if number == 1 { ArcResult::None } else { ArcResult::Pass };
            if seal.status != expected {
                return Err(ArcCause::Status { instance: number });
            }
            self.sets.push(SetFields {
                authentication_results: place(Kind::AuthenticationResults)?,
                message_signature: place(Kind::MessageSignature)?,
                seal_index,
                seal,
            });
        }
        Ok(())
    }

    /// The newest ARC-Message-Signature and where it is.
    pub(super) fn newest_signature(
        &mut self,
        section: &HeaderSection,
    ) -> Option<(usize, Result<Signature, crate::dkim::SignatureError>)> {
        let index = self.sets.last()?.message_signature;
        let body = section.field(index)?.body();
        let field = SignatureField::ArcMessageSignature;
        Some((index, Signature::read(body, field, &mut self.signature_octets).1))
    }
}
