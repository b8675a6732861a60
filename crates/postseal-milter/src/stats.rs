use std::sync::atomic::{AtomicU64, Ordering};

/// What a server has done since it started. Each value only grows, but for
/// `open`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Connections accepted.
    pub accepted: u64,
    /// Connections open now.
    pub open: u64,
    /// Connections for which the milter made no handler.
    pub declined: u64,
    /// Times that accepting failed, most likely for want of file descriptors.
    pub accept_errors: u64,
    /// Messages answered.
    pub messages: u64,
    /// Messages given up before an answer.
    pub aborted: u64,
    /// Panics, all caught. Any but 0 is a fault to report.
    pub panics: u64,
    /// Connections on which the MTA broke the protocol.
    pub protocol_errors: u64,
    /// Connections closed because the MTA was silent, or did not read.
    pub timeouts: u64,
    /// Messages tempfailed because the decision took too long.
    pub late_decisions: u64,
    /// Connections cut in a message when a drain had lasted long enough.
    pub cut: u64,
    /// Edits left out because the MTA does not allow them.
    pub edits_left_out: u64,
}

/// What happened in a session since it was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that were answered.
    pub messages: u64,
    /// Messages that ended without an answer.
    pub aborted: u64,
    /// Panics in the handler.
    pub panics: u64,
    /// Edits left out because the MTA does not allow them.
    pub edits_left_out: u64,
}

/// The counters behind a [`Snapshot`].
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) accepted: Counter,
    pub(crate) closed: Counter,
    pub(crate) declined: Counter,
    pub(crate) accept_errors: Counter,
    pub(crate) protocol_errors: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) late_decisions: Counter,
    pub(crate) cut: Counter,
    pub(crate) panics: Counter,
    messages: Counter,
    aborted: Counter,
    edits_left_out: Counter,
}

impl Stats {
    pub(crate) fn add(&self, counts: Counts) {
        self.messages.add(counts.messages);
        self.aborted.add(counts.aborted);
        self.panics.add(counts.panics);
        self.edits_left_out.add(counts.edits_left_out);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let closed = self.closed.get();
        let accepted = self.accepted.get();
        Snapshot {
            accepted,
            open: accepted.saturating_sub(closed),
            declined: self.declined.get(),
            accept_errors: self.accept_errors.get(),
            messages: self.messages.get(),
            aborted: self.aborted.get(),
            panics: self.panics.get(),
            protocol_errors: self.protocol_errors.get(),
            timeouts: self.timeouts.get(),
            late_decisions: self.late_decisions.get(),
            cut: self.cut.get(),
            edits_left_out: self.edits_left_out.get(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, by: u64) {
        if by > 0 {
            self.0.fetch_add(by, Ordering::Relaxed);
        }
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
