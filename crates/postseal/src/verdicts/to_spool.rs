use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use postseal_store::{SpoolWriter, VerdictRecord};
use tokio::sync::Notify;

use super::queue::VerdictQueue;

/// The thread that writes what the queue has to disk. Dropped, it first writes what is there.
#[derive(Debug)]
pub(crate) struct Spooling {
    queue: Arc<VerdictQueue>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Spooling {
    /// Begins. `written` is told when there is something to be stored; `say` hears of trouble with the disk,
    /// and that it is over.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn begin(
        queue: Arc<VerdictQueue>,
        writer: SpoolWriter,
        max_octets: u64,
        written: Arc<Notify>,
        say: impl Fn(Result<(), &io::Error>) + Send + 'static,
    ) -> io::Result<Spooling> {
        let stopping = Arc::new(AtomicBool::new(false));
        let work = Work {
            queue: Arc::clone(&queue),
            writer,
            max_octets,
            written,
            stopping: Arc::clone(&stopping),
            say,
        };
        let thread = thread::Builder::new().name("verdicts".to_owned()).spawn(move || work.run())?;
        Ok(Spooling { queue, stopping, thread: Some(thread) })
    }
}

impl Drop for Spooling {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.queue.wake();
        if let Some(thread) = self.thread.take() {
            // A panic in it was said by the thread itself.
            let _ = thread.join();
        }
    }
}

struct Work<S> {
    queue: Arc<VerdictQueue>,
    writer: SpoolWriter,
    max_octets: u64,
    written: Arc<Notify>,
    stopping: Arc<AtomicBool>,
    say: S,
}

impl<S: Fn(Result<(), &io::Error>)> Work<S> {
    fn run(mut self) {
        self.queue.emptied_here();
        let mut batch: Vec<VerdictRecord> = Vec::with_capacity(BATCH);
        let mut last = Instant::now();
        let mut in_trouble = false;
        loop {
            // After this look: what comes later is written in the next round.
            let is_last = self.stopping.load(Ordering::SeqCst);
            batch.extend(std::iter::from_fn(|| self.queue.take()).take(BATCH - batch.len()));
            if batch.is_empty() {
                if is_last {
                    return;
                }
                self.wait(last);
                continue;
            }
            last = Instant::now();
            let appended = self.writer.append(&batch, self.max_octets);
            self.queue.counts.dropped_in_spool.store(self.writer.dropped(), Ordering::Relaxed);
            match appended {
                Ok(()) => {
                    self.queue.counts.spooled.fetch_add(batch.len() as u64, Ordering::Relaxed);
                    batch.clear();
                    self.written.notify_one();
                    if std::mem::take(&mut in_trouble) {
                        (self.say)(Ok(()));
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut in_trouble, true) {
                        (self.say)(Err(&error));
                    }
                    if is_last {
                        // Nobody can wait for a disk that has no room.
                        let lost = batch.len() as u64;
                        self.queue.counts.dropped_in_spool.fetch_add(lost, Ordering::Relaxed);
                        return;
                    }
                    // The batch is kept as it is: it must be appended as it was. The queue fills meanwhile.
                    thread::sleep(TRY_AGAIN);
                }
            }
        }
    }

    /// A moment while mail flows; else until there is some.
    fn wait(&self, last: Instant) {
        if last.elapsed() > STILL && self.queue.may_sleep() {
            // An unseen wake-up costs no more than this.
            thread::park_timeout(SLEEP);
        } else {
            thread::park_timeout(LOOK_AGAIN);
        }
    }
}

/// Records that are written at once.
const BATCH: usize = 512;

/// Between two looks at the queue while mail flows.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Without mail for so long, the thread sleeps until there is some.
const STILL: Duration = Duration::from_secs(1);

const SLEEP: Duration = Duration::from_secs(10);

/// After trouble with the disk.
const TRY_AGAIN: Duration = Duration::from_secs(1);
