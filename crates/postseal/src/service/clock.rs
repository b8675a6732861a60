use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// What time it is: the system's, the sandbox's, or a test's.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    System,
    /// The system's, moved on by these seconds.
    Ahead(Arc<AtomicU64>),
    /// UNIX seconds that somebody else moves on.
    #[cfg(test)]
    Set(Arc<AtomicU64>),
}

impl Clock {
    /// UNIX seconds.
    pub(crate) fn now(&self) -> u64 {
        match self {
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            Clock::Ahead(seconds) => Clock::System.now().saturating_add(seconds.load(Ordering::Relaxed)),
            #[cfg(test)]
            Clock::Set(seconds) => seconds.load(Ordering::Relaxed),
        }
    }
}
