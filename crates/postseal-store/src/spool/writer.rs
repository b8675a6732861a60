use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use super::{Spool, segment};
use crate::{SegmentId, VerdictRecord};

/// The end of a spool that verdicts are put into.
#[derive(Debug)]
pub struct SpoolWriter {
    spool: Arc<Spool>,
    active: Option<Active>,
    octets: Vec<u8>,
    dropped: u64,
}

#[derive(Debug)]
struct Active {
    number: u64,
    id: SegmentId,
    file: File,
    /// Of whole records.
    octets: u64,
    records: u64,
    /// Behind them is what is left of a write that failed.
    is_torn: bool,
}

impl SpoolWriter {
    pub(super) fn new(spool: Arc<Spool>) -> SpoolWriter {
        SpoolWriter { spool, active: None, octets: Vec::new(), dropped: 0 }
    }

    /// Appends records: all of them, or none. The spool is kept under `max_octets` (at least
    /// 256 KiB): the oldest segment gives way. Survives the death of the process at once; a loss of power
    /// after what the system calls dirty pages' age.
    ///
    /// # Errors
    /// What the system says, as that the disk is full although the oldest segments gave way.
    pub fn append(&mut self, records: &[VerdictRecord], max_octets: u64) -> io::Result<()> {
        let max_octets = max_octets.max(MIN_OCTETS);
        loop {
            match self.try_append(records, max_octets) {
                // Rather the new ones than the old ones.
                Err(error) if error.kind() == io::ErrorKind::StorageFull && self.give_way()? => {}
                appended => return appended,
            }
        }
    }

    /// How many records gave way to newer ones, so far.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Makes room on a disk that is full. Says whether there was anything that could give way.
    fn give_way(&mut self) -> io::Result<bool> {
        if drop_oldest(&self.spool, &mut self.dropped)? {
            return Ok(true);
        }
        // The one that is written is the oldest: it ends here, and may go as any other.
        let Some(active) = self.active.as_mut().filter(|active| active.records > 0) else { return Ok(false) };
        if active.is_torn {
            active.file.set_len(active.octets)?;
        }
        self.spool.state().active = None;
        self.active = None;
        Ok(true)
    }

    #[cfg(test)]
    pub(super) fn swap_file(&mut self, file: File) -> File {
        std::mem::replace(&mut self.active.as_mut().expect("a segment").file, file)
    }

    fn try_append(&mut self, records: &[VerdictRecord], max_octets: u64) -> io::Result<()> {
        let active = match &mut self.active {
            Some(active) => active,
            none => none.insert(begin_segment(&self.spool, max_octets, &mut self.dropped)?),
        };
        if active.is_torn {
            active.file.set_len(active.octets)?;
            active.is_torn = false;
        }
        self.octets.clear();
        for (place, record) in (active.records..).zip(records) {
            segment::write(active.id, place, record, &mut self.octets);
        }
        if let Err(error) = active.file.write_all(&self.octets) {
            active.is_torn = true;
            return Err(error);
        }
        active.octets += self.octets.len() as u64;
        active.records += records.len() as u64;
        self.octets.shrink_to(KEPT_OCTETS);
        let is_full = active.octets >= segment_octets(max_octets);
        self.spool.state().active = (!is_full).then_some((active.number, active.octets));
        if is_full && let Some(full) = self.active.take() {
            // What is written is written; that it would not survive a loss of power is no reason to write it again.
            let _ = full.file.sync_data();
        }
        Ok(())
    }
}

fn begin_segment(spool: &Spool, max_octets: u64, dropped: &mut u64) -> io::Result<Active> {
    let room = max_octets.saturating_sub(segment_octets(max_octets));
    while spool.directory.octets()? > room && drop_oldest(spool, dropped)? {}
    let mut id = SegmentId([0; 16]);
    aws_lc_rs::rand::fill(&mut id.0).map_err(|_| io::Error::other("no random octets"))?;
    // Held until it is known as ours: nobody is to take it for one that is finished.
    let mut state = spool.state();
    let (number, mut file) = spool.directory.create()?;
    if let Err(error) = file.write_all(&segment::head(id)) {
        spool.directory.remove(number)?;
        return Err(error);
    }
    let octets = segment::HEAD as u64;
    state.active = Some((number, octets));
    Ok(Active { number, id, file, octets, records: 0, is_torn: false })
}

/// Removes the oldest segment that is no living process's, and counts what nobody has taken of
/// it. Says whether there was one.
fn drop_oldest(spool: &Spool, dropped: &mut u64) -> io::Result<bool> {
    let mut state = spool.state();
    for (number, _) in spool.directory.segments()? {
        if state.active.is_some_and(|(active, _)| active == number) {
            continue;
        }
        let file = match spool.directory.open_segment(number) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let taken = state.reading.filter(|(reading, _)| *reading == number).map(|(_, taken)| taken);
        if taken.is_none() && file.try_lock().is_err() {
            continue;
        }
        *dropped += records_in(&file)?.saturating_sub(taken.unwrap_or(0));
        spool.directory.remove(number)?;
        if taken.is_some() {
            state.reading = None;
        }
        return Ok(true);
    }
    Ok(false)
}

/// Records of a segment, however few octets are read at once.
fn records_in(file: &File) -> io::Result<u64> {
    let mut stretches = super::reader::Stretches::new(file)?;
    let mut records = 0;
    while let Some(stretch) = stretches.next(file, u64::MAX, usize::MAX)? {
        records = stretch.until;
    }
    Ok(records)
}

/// A sixteenth of the whole, within bounds: so much is lost at once when the spool is full.
fn segment_octets(max_octets: u64) -> u64 {
    (max_octets / 16).clamp(16 * 1024, 4 * 1024 * 1024)
}

/// The least that a spool may take: a segment that is written, one that is read, and the longest batch.
const MIN_OCTETS: u64 = 256 * 1024;

/// Of the buffer, after an unusually long append.
const KEPT_OCTETS: usize = 512 * 1024;
