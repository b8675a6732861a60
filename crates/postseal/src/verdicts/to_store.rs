use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use postseal_store::{SpoolReader, Store, StoreError, VerdictBatch, VerdictExpiry, VerdictRows};
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::queue::VerdictQueue;
use super::retention::retention_set;

/// Moves what lies in the spool into the store, and removes there what is too old. Never ends.
/// `in_file`: how long rows are kept where nothing else was set. `written` tells that there is something; `say`
/// hears of trouble, each once.
pub(crate) async fn keep_in_store(
    mut reader: SpoolReader,
    store: &Store,
    queue: &VerdictQueue,
    in_file: impl Fn() -> Duration,
    written: Arc<Notify>,
    say: impl Fn(&str),
) {
    let mut trouble = Trouble { said: String::new(), say };
    let mut expired: Option<Instant> = None;
    let mut keep = in_file();
    loop {
        // A store that does not answer says nothing new.
        if let Ok(set) = retention_set(store).await {
            keep = set.unwrap_or_else(&in_file);
        }
        let rows = if keep.is_zero() { VerdictRows::Off } else { VerdictRows::Kept };
        if expired.is_none_or(|at| at.elapsed() >= EXPIRE_EVERY) {
            expire(store, keep, &mut trouble).await;
            expired = Some(Instant::now());
        }
        // Reading from disk is no work for the threads that serve mail.
        let read = spawn_blocking(move || {
            let batch = reader.next_batch(BATCH);
            (reader, batch)
        });
        let Ok((back, batch)) = read.await else { return };
        reader = back;
        match batch {
            Ok(Some(batch)) => store_batch(store, &batch, rows, queue, &mut trouble).await,
            Ok(None) => {
                let _ = timeout(EXPIRE_EVERY, written.notified()).await;
                // What comes within a moment goes into one transaction.
                sleep(GATHER).await;
            }
            Err(error) => {
                trouble.say(&format!("the verdicts on disk cannot be read: {error}"));
                sleep(TRY_AGAIN).await;
            }
        }
    }
}

/// Until it is stored.
async fn store_batch(
    store: &Store,
    batch: &VerdictBatch,
    rows: VerdictRows,
    queue: &VerdictQueue,
    trouble: &mut Trouble<impl Fn(&str)>,
) {
    loop {
        match store.record_verdicts(batch, rows, now()).await {
            Ok(stored) => {
                queue.counts.stored.fetch_add(stored, Ordering::Relaxed);
                trouble.is_over("verdicts are stored again");
                return;
            }
            Err(error) => {
                trouble.of_store(&error);
                sleep(TRY_AGAIN).await;
            }
        }
    }
}

async fn expire(store: &Store, keep: Duration, trouble: &mut Trouble<impl Fn(&str)>) {
    let now = now();
    let rows_before = if keep.is_zero() { u64::MAX } else { now.saturating_sub(keep.as_secs()) };
    let expiry = VerdictExpiry { rows_before, counters_before: now.saturating_sub(COUNTERS_KEPT.as_secs()) };
    loop {
        match store.expire_verdicts(expiry).await {
            Ok(true) => sleep(BETWEEN_REMOVALS).await,
            Ok(false) => return,
            Err(error) => return trouble.of_store(&error),
        }
    }
}

/// Says each trouble once, and that it is over.
struct Trouble<S> {
    said: String,
    say: S,
}

impl<S: Fn(&str)> Trouble<S> {
    fn of_store(&mut self, error: &StoreError) {
        self.say(&format!("verdicts wait on disk, as the store does not take them: {error}"));
    }

    fn say(&mut self, text: &str) {
        if self.said != text {
            (self.say)(text);
            text.clone_into(&mut self.said);
        }
    }

    fn is_over(&mut self, text: &str) {
        if !std::mem::take(&mut self.said).is_empty() {
            (self.say)(text);
        }
    }
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()
}

/// Records of one transaction.
const BATCH: usize = 500;

/// From the first verdict that can be stored to the transaction that takes it.
const GATHER: Duration = Duration::from_millis(500);

const TRY_AGAIN: Duration = Duration::from_secs(2);

const EXPIRE_EVERY: Duration = Duration::from_secs(3_600);

/// Others want to write too.
const BETWEEN_REMOVALS: Duration = Duration::from_millis(100);

/// Reports are for a day, and are tried for some.
const COUNTERS_KEPT: Duration = Duration::from_secs(30 * 86_400);
