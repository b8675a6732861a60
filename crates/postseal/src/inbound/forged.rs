use postseal_core::message::HeaderSection;
use postseal_core::verdict::{AuthservId, fields_to_strip};
use postseal_milter::Edits;

/// The field that tells filters behind us what is to be done with a message: its value is
/// `quarantine` or `tag`.
pub(crate) const DISPOSITION_FIELD: &str = "Postseal-Disposition";

/// Removes the fields of a message that only claim to be ours: results that bear our
/// authserv-id (RFC 8601 §5), and dispositions. Returns how many.
pub(crate) fn remove_forged(section: &HeaderSection, authserv_id: &AuthservId, edits: &mut Edits) -> usize {
    let results = fields_to_strip(section, authserv_id);
    let dispositions = section.named(DISPOSITION_FIELD).count();
    let places = results.iter().map(|place| ("Authentication-Results", *place));
    for (name, place) in places.chain((1..=dispositions).map(|place| (DISPOSITION_FIELD, place))) {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        edits.delete_field(name, place).expect("a good name, and a place of at most 10 000, from 1");
    }
    results.len() + dispositions
}
