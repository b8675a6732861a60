//! Verdicts on disk, between the mail path and the store: they wait here while the store is away.
//!
//! The spool is a directory of segments. One [`SpoolWriter`] appends to the newest, which it
//! holds locked as long as it lives; one [`SpoolReader`] takes batches from the oldest on, and
//! removes a segment once it has been asked for what follows it. A process that starts begins a
//! segment of its own, and reads what dead ones left; of two that live, each leaves the other's
//! segment alone. Where a batch has come to is written down by the store, in the transaction
//! that stores it, so that nothing is counted twice: `Store::record_verdicts`.

mod directory;
mod octets;
mod reader;
pub(crate) mod segment;
mod writer;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use reader::SpoolReader;
pub use writer::SpoolWriter;

pub(crate) use octets::of_report_row;

use directory::Directory;

/// The two ends of a spool. Its directory is made when something is put in.
pub fn spool(directory: &Path) -> (SpoolWriter, SpoolReader) {
    let spool = Arc::new(Spool { directory: Directory::new(directory), state: Mutex::default() });
    (SpoolWriter::new(Arc::clone(&spool)), SpoolReader::new(spool))
}

/// Octets that a spool takes on disk.
///
/// # Errors
/// What the system says.
pub fn spool_octets(directory: &Path) -> io::Result<u64> {
    Directory::new(directory).octets()
}

/// What the two ends of a spool share.
#[derive(Debug)]
struct Spool {
    directory: Directory,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The segment that is appended to, and how many of its octets are whole records.
    active: Option<(u64, u64)>,
    /// The segment that is read, and the place of the first record that was not taken yet.
    reading: Option<(u64, u64)>,
}

impl Spool {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a fuzz target: any octets are a record or none, and what can be read is written and
/// read again as the same.
///
/// # Panics
/// Where that does not hold.
pub fn fuzz_record(octets: &[u8]) {
    octets::fuzz(octets);
}

/// The body of a fuzz target: any octets are a segment or none, and its records are written and
/// read again as the same.
///
/// # Panics
/// Where that does not hold.
pub fn fuzz_segment(octets: &[u8]) {
    let Some(id) = segment::read_head(octets) else { return };
    let stretch = segment::read(id, 0, &octets[segment::HEAD..], usize::MAX);
    let mut written = Vec::new();
    for (place, record) in &stretch.records {
        segment::write(id, *place, record, &mut written);
    }
    let holes = stretch.until != stretch.records.len() as u64;
    let again = segment::read(id, 0, &written, usize::MAX);
    assert!(holes || (again.records == stretch.records && again.octets == written.len()));
}

#[cfg(test)]
mod tests;
