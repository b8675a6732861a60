//! What is kept of judged mail, on a way that mail never waits for.
//!
//! ```text
//! message concludes ─► record ─► queue ─► thread ─► spool (disk) ─► task ─► store: rows, counters
//!                                bounded: the oldest give way    bounded: the oldest give way
//! ```
//!
//! What gives way is counted: [`Counts`].

mod queue;
mod record;
mod retention;
mod to_spool;
mod to_store;

pub(crate) use queue::{Counts, VerdictQueue};
pub(crate) use record::{Concluded, record};
pub(crate) use retention::{RETENTION, is_retention, retention_set};
pub(crate) use to_spool::Spooling;
pub(crate) use to_store::keep_in_store;

use std::path::{Path, PathBuf};

/// Where the spool of a store is: beside it.
pub(crate) fn spool_directory(store: &Path) -> PathBuf {
    let mut name = store.file_name().unwrap_or_default().to_owned();
    name.push(".verdicts");
    store.with_file_name(name)
}
