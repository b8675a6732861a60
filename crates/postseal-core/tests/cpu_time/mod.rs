//! How much work something is, however busy the machine.

use std::time::{Duration, Instant};

/// The time that this thread has run: what a bound on work is held against. Where the system does not say (proc(5)),
/// the time that goes by.
pub(crate) struct CpuTime {
    begun: Instant,
    ran: Option<Duration>,
}

impl CpuTime {
    pub(crate) fn start() -> CpuTime {
        CpuTime { begun: Instant::now(), ran: ran() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        let spent = ran().zip(self.ran).map(|(now, before)| now.saturating_sub(before));
        spent.unwrap_or_else(|| self.begun.elapsed())
    }
}

fn ran() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
