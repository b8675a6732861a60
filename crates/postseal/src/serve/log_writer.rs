use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Takes lines to where they are read, on a thread of its own: whoever does not read them
/// never holds up mail. Lines for which there is no room are lost, and counted.
///
/// A line waits for [`GATHERING`] at most, so that on a busy node one write and one wake-up
/// serve many lines: a line costs mail no system call. Dropped, it first writes what it has.
#[derive(Debug)]
pub(super) struct LogWriter {
    entries: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
    /// `None` where the system gave none.
    thread: Option<Thread>,
}

#[derive(Debug)]
enum Entry {
    Line(String),
    /// Told when everything before it has been written.
    Written(SyncSender<()>),
}

impl LogWriter {
    /// Begins a thread that writes to `out`; `sorry` makes the line that says how many were lost.
    /// Where the system gives no thread, every line is lost.
    pub(super) fn new(out: impl Write + Send + 'static, sorry: fn(u64) -> String) -> LogWriter {
        let (entries, waiting) = sync_channel(MAX_WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let writing = Writing { waiting, out, lost: Arc::clone(&lost), sorry };
        let spawned = thread::Builder::new().name("log".to_owned()).spawn(move || writing.run());
        LogWriter { entries, lost, thread: spawned.ok().map(|handle| handle.thread().clone()) }
    }

    /// Takes a line, with its line end.
    pub(super) fn write(&self, line: String) {
        match self.entries.try_send(Entry::Line(line)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Waits until what was taken before is written, for a moment at most.
    pub(super) fn flush(&self) {
        let until = Instant::now() + FLUSH_TIME;
        let (written, told) = sync_channel(1);
        let mut entry = Entry::Written(written);
        while let Err(TrySendError::Full(again)) = self.entries.try_send(entry) {
            if Instant::now() >= until {
                return;
            }
            entry = again;
            thread::sleep(FULL_PAUSE);
        }
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
        let _ = told.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The thread's side.
struct Writing<W> {
    waiting: Receiver<Entry>,
    out: W,
    lost: Arc<AtomicU64>,
    sorry: fn(u64) -> String,
}

impl<W: Write> Writing<W> {
    fn run(mut self) {
        let mut lines = String::new();
        let mut told = Vec::new();
        let mut said = 0;
        while let Ok(entry) = self.waiting.recv() {
            // While this thread is parked here, nobody has to wake it.
            if matches!(entry, Entry::Line(_)) {
                thread::park_timeout(GATHERING);
            }
            // What has come meanwhile leaves in the same write.
            let mut next = Some(entry);
            while let Some(entry) = next.take() {
                match entry {
                    Entry::Line(line) => lines.push_str(&line),
                    Entry::Written(who) => told.push(who),
                }
                if lines.len() < MAX_WRITE {
                    next = self.waiting.try_recv().ok();
                }
            }
            let lost = self.lost.load(Ordering::Relaxed);
            if lost > said {
                lines.push_str(&(self.sorry)(lost - said));
                said = lost;
            }
            // Nobody is left to tell where it is closed.
            let _ = self.out.write_all(lines.as_bytes());
            lines.clear();
            lines.shrink_to(2 * MAX_WRITE);
            told.drain(..).for_each(|who| {
                let _ = who.try_send(());
            });
        }
    }
}

/// Lines that wait: of some seconds on a busy node.
const MAX_WAITING: usize = 8_192;

/// How long a first line waits for others: shorter than anybody sees. A crash of the machine or
/// a `kill -9` loses the lines of this time.
const GATHERING: Duration = Duration::from_millis(5);

/// Octets of one write, but for its last line.
const MAX_WRITE: usize = 32 * 1024;

const FLUSH_TIME: Duration = Duration::from_secs(1);

/// Between two looks at whether there is room.
const FULL_PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard};

    use super::*;

    /// Keeps what is written, once it is let.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
            self.0.lock().expect("no panic")
        }
    }

    impl Write for Kept {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.lock().extend(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn sorry(lost: u64) -> String {
        format!("{lost} lost\n")
    }

    #[test]
    fn writes_all_in_order_before_it_ends() {
        let kept = Kept::default();
        let writer = LogWriter::new(kept.clone(), sorry);
        (0..1_000).for_each(|number| writer.write(format!("{number}\n")));
        drop(writer);
        let expected: String = (0..1_000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8_lossy(&kept.lock()), expected);
    }

    #[test]
    fn never_waits_for_a_reader() {
        let kept = Kept::default();
        let writer = LogWriter::new(kept.clone(), sorry);
        let stuck = kept.lock();
        (0..60_000).for_each(|_| writer.write("x\n".to_owned()));
        drop(stuck);
        writer.flush();
        writer.write("last\n".to_owned());
        drop(writer);
        let text = String::from_utf8_lossy(&kept.lock()).into_owned();
        let lost = text.lines().filter_map(|line| line.strip_suffix(" lost"));
        let lost: usize = lost.map(|lost| lost.parse::<usize>().expect("a number")).sum();
        assert!(lost >= 60_000 - MAX_WAITING - MAX_WRITE, "{lost}");
        assert_eq!(text.lines().filter(|line| *line == "x").count() + lost, 60_000);
        assert!(text.ends_with("last\n"));
    }
}
