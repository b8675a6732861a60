use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;

use crossbeam_queue::ArrayQueue;
use postseal_store::VerdictRecord;

/// Verdicts that wait to be written to disk. Whoever puts one in never waits: where it is full, the
/// oldest gives way and is counted.
#[derive(Debug)]
pub(crate) struct VerdictQueue {
    // Boxed, so that an empty queue is small.
    waiting: ArrayQueue<Box<VerdictRecord>>,
    /// The thread that empties it sleeps until it is woken. While mail flows it looks by itself,
    /// so that a message costs no system call.
    sleeps: AtomicBool,
    thread: OnceLock<Thread>,
    pub(crate) counts: Counts,
}

/// What has become of verdicts since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Put into the queue.
    pub(crate) queued: AtomicU64,
    /// Given way in the queue.
    pub(crate) dropped_in_queue: AtomicU64,
    /// Given way on disk.
    pub(crate) dropped_in_spool: AtomicU64,
    /// Written to disk.
    pub(crate) spooled: AtomicU64,
    /// In the store.
    pub(crate) stored: AtomicU64,
}

impl VerdictQueue {
    pub(crate) fn new() -> VerdictQueue {
        VerdictQueue {
            waiting: ArrayQueue::new(MAX_WAITING),
            sleeps: AtomicBool::new(false),
            thread: OnceLock::new(),
            counts: Counts::default(),
        }
    }

    /// Takes a verdict.
    pub(crate) fn put(&self, record: VerdictRecord) {
        self.counts.queued.fetch_add(1, Ordering::Relaxed);
        if self.waiting.force_push(Box::new(record)).is_some() {
            self.counts.dropped_in_queue.fetch_add(1, Ordering::Relaxed);
        }
        if self.sleeps.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// Gives the oldest.
    pub(super) fn take(&self) -> Option<VerdictRecord> {
        self.waiting.pop().map(|record| *record)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The thread that empties it: this one.
    pub(super) fn emptied_here(&self) {
        let _ = self.thread.set(std::thread::current());
    }

    /// Whether the thread may sleep until it is woken: what came before is seen, what comes
    /// after wakes it.
    pub(super) fn may_sleep(&self) -> bool {
        self.sleeps.store(true, Ordering::SeqCst);
        let may = self.is_empty();
        if !may {
            self.sleeps.store(false, Ordering::SeqCst);
        }
        may
    }

    pub(super) fn wake(&self) {
        if self.sleeps.swap(false, Ordering::SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}

/// Of some seconds on a busy node; with the longest names, 60 MB.
pub(crate) const MAX_WAITING: usize = 4_096;

#[cfg(test)]
mod tests;
