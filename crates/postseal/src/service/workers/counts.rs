use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use postseal_core::dns::DomainName;

/// What the workers have done, for the metrics.
#[derive(Debug, Default)]
pub(crate) struct WorkerCounts {
    looks: AtomicU64,
    losses: AtomicU64,
    alarmed: Mutex<HashSet<DomainName>>,
}

impl WorkerCounts {
    pub(super) fn looked(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lost(&self) {
        self.losses.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a domain signs otherwise than it should.
    pub(super) fn alarm(&self, domain: &DomainName, alarmed: bool) {
        let Ok(mut all) = self.alarmed.lock() else { return };
        if alarmed {
            all.insert(domain.clone());
        } else {
            all.remove(domain);
        }
    }

    /// Times that a domain was looked at.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// Keys that were visible and are not any more.
    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Relaxed)
    }

    /// Domains that are enabled and whose own key is not visible now.
    pub(crate) fn alarmed(&self) -> u64 {
        self.alarmed.lock().map_or(0, |all| all.len() as u64)
    }
}
