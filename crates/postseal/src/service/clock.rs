#[cfg(test)]
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{SystemTime, UNIX_EPOCH};

/// What time it is: the system's, or a test's.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    System,
    /// UNIX seconds that somebody else moves on.
    #[cfg(test)]
    Set(Arc<AtomicU64>),
}

impl Clock {
    /// UNIX seconds.
    pub(crate) fn now(&self) -> u64 {
        match self {
            Clock::System => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            #[cfg(test)]
            Clock::Set(seconds) => seconds.load(Ordering::Relaxed),
        }
    }
}
