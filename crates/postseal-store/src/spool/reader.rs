use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use super::segment::{self, MAX_FRAMED, Stretch};
use super::{Spool, State};
use crate::{SegmentId, VerdictBatch};

/// The end of a spool that verdicts are taken from.
#[derive(Debug)]
pub struct SpoolReader {
    spool: Arc<Spool>,
    current: Option<Current>,
}

/// The segment that is read.
#[derive(Debug)]
struct Current {
    number: u64,
    file: File,
    stretches: Stretches,
}

impl SpoolReader {
    pub(super) fn new(spool: Arc<Spool>) -> SpoolReader {
        SpoolReader { spool, current: None }
    }

    /// The next records, `most` at most; `None` where there are none yet. What was returned before
    /// counts as stored from now on: its segment may be removed.
    ///
    /// # Errors
    /// What the system says.
    pub fn next_batch(&mut self, most: usize) -> io::Result<Option<VerdictBatch>> {
        loop {
            let mut current = match self.current.take() {
                Some(current) => current,
                None => match self.oldest()? {
                    Some(current) => current,
                    None => return Ok(None),
                },
            };
            // Before it is read: what is appended meanwhile must not be taken for absent. Of what we
            // write ourselves, only whole writes: one that fails is taken back.
            let active = self.spool.state().active.filter(|(number, _)| *number == current.number);
            let end = active.map_or(u64::MAX, |(_, octets)| octets);
            let stretch = current.stretches.next(&current.file, end, most)?;
            let mut state = self.spool.state();
            if state.reading.map(|(number, _)| number) != Some(current.number) {
                // The writer dropped it, and has counted what is here.
                continue;
            }
            match stretch {
                Some(Stretch { records, until, .. }) => {
                    state.reading = Some((current.number, until));
                    let segment = current.stretches.id;
                    drop(state);
                    self.current = Some(current);
                    if let Some(segment) = segment.filter(|_| !records.is_empty()) {
                        return Ok(Some(VerdictBatch { segment, records, until }));
                    }
                }
                None if active.is_none() => {
                    self.spool.directory.remove(current.number)?;
                    state.reading = None;
                }
                None => {
                    drop(state);
                    self.current = Some(current);
                    return Ok(None);
                }
            }
        }
    }

    /// The oldest segment that is no other living process's.
    fn oldest(&self) -> io::Result<Option<Current>> {
        let mut state = self.spool.state();
        for (number, _) in self.spool.directory.segments()? {
            if let Some(file) = self.open(number, &state)? {
                let stretches = Stretches::new(&file)?;
                state.reading = Some((number, 0));
                return Ok(Some(Current { number, file, stretches }));
            }
        }
        Ok(None)
    }

    fn open(&self, number: u64, state: &State) -> io::Result<Option<File>> {
        let file = match self.spool.directory.open_segment(number) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_ours = state.active.is_some_and(|(active, _)| active == number);
        Ok((is_ours || file.try_lock().is_ok()).then_some(file))
    }
}

/// A segment, read from its head on.
#[derive(Debug)]
pub(super) struct Stretches {
    /// `None` where the head is not whole.
    id: Option<SegmentId>,
    offset: u64,
    place: u64,
}

impl Stretches {
    pub(super) fn new(file: &File) -> io::Result<Stretches> {
        let head = read_at(file, 0, segment::HEAD)?;
        Ok(Stretches { id: segment::read_head(&head), offset: segment::HEAD as u64, place: 0 })
    }

    /// The next records before the octet `end`; `None` where nothing more can be read.
    pub(super) fn next(&mut self, file: &File, end: u64, most: usize) -> io::Result<Option<Stretch>> {
        let Some(id) = self.id else { return Ok(None) };
        let count = usize::try_from(end.saturating_sub(self.offset)).unwrap_or(READ).min(READ);
        let octets = read_at(file, self.offset, count)?;
        let stretch = segment::read(id, self.place, &octets, most);
        if stretch.until == self.place {
            return Ok(None);
        }
        self.offset += stretch.octets as u64;
        self.place = stretch.until;
        Ok(Some(stretch))
    }
}

/// As many octets as there are, `count` at most.
fn read_at(file: &File, offset: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut octets = vec![0; count];
    let mut len = 0;
    while len < count {
        match file.read_at(&mut octets[len..], offset + len as u64) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    octets.truncate(len);
    Ok(octets)
}

/// Octets that are read at once: never fewer than the longest record.
const READ: usize = 256 * 1024;
const _: () = assert!(READ > MAX_FRAMED);
