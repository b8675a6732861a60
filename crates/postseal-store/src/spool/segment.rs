//! A segment of the spool: a head with its random id, then records, each with its length and a
//! checksum of the id, its place and its octets. What a sudden death leaves at the end is no
//! record, and neither is anything behind it.

use aws_lc_rs::digest;

use super::octets::{self, MAX_RECORD};
use crate::{SegmentId, VerdictRecord};

const MAGIC: &[u8; 8] = b"PSVERD01";

/// Octets of a segment's head.
pub(crate) const HEAD: usize = MAGIC.len() + 16;

/// Octets before each record: its length, its checksum.
const FRAME: usize = 4 + CHECKSUM;
const CHECKSUM: usize = 8;

/// The longest that a record can be in a segment.
pub(crate) const MAX_FRAMED: usize = FRAME + MAX_RECORD;

pub(crate) fn head(id: SegmentId) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..MAGIC.len()].copy_from_slice(MAGIC);
    head[MAGIC.len()..].copy_from_slice(&id.0);
    head
}

/// The id of a segment; `None` where the octets do not begin one.
pub(crate) fn read_head(octets: &[u8]) -> Option<SegmentId> {
    let id = octets.strip_prefix(MAGIC)?.first_chunk::<16>()?;
    Some(SegmentId(*id))
}

/// Appends a record that will be at this place of the segment.
pub(crate) fn write(id: SegmentId, place: u64, record: &VerdictRecord, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend([0; FRAME]);
    octets::write(record, out);
    let len = u32::try_from(out.len() - start - FRAME).unwrap_or(u32::MAX);
    let checksum = checksum(id, place, &out[start + FRAME..]);
    out[start..start + 4].copy_from_slice(&len.to_be_bytes());
    out[start + 4..start + FRAME].copy_from_slice(&checksum);
}

/// What can be read of a stretch of a segment.
#[derive(Debug, Default)]
pub(crate) struct Stretch {
    /// The records with their places. One of another version is left out, and its place is not given again.
    pub(crate) records: Vec<(u64, VerdictRecord)>,
    /// The place behind the last record.
    pub(crate) until: u64,
    /// Octets that were read: up to the end of the last whole record.
    pub(crate) octets: usize,
}

/// Reads whole records, `most` at most, from octets that begin with the record at `place`.
pub(crate) fn read(id: SegmentId, place: u64, octets: &[u8], most: usize) -> Stretch {
    let mut stretch = Stretch { until: place, ..Stretch::default() };
    while stretch.records.len() < most
        && let Some(payload) = whole_record(id, stretch.until, &octets[stretch.octets..])
    {
        stretch.records.extend(octets::read(payload).ok().map(|record| (stretch.until, record)));
        stretch.until += 1;
        stretch.octets += FRAME + payload.len();
    }
    stretch
}

fn whole_record(id: SegmentId, place: u64, octets: &[u8]) -> Option<&[u8]> {
    let (frame, rest) = octets.split_first_chunk::<FRAME>()?;
    let (len, expected) = frame.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_be_bytes(*len)).ok().filter(|len| *len <= MAX_RECORD)?;
    let payload = rest.get(..len)?;
    (checksum(id, place, payload) == expected).then_some(payload)
}

fn checksum(id: SegmentId, place: u64, payload: &[u8]) -> [u8; CHECKSUM] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&id.0);
    context.update(&place.to_be_bytes());
    context.update(payload);
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&context.finish().as_ref()[..CHECKSUM]);
    checksum
}
