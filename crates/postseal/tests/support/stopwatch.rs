use std::fs;
use std::time::{Duration, Instant};

use super::node::Node;

/// How long a node takes, without the time in which this machine had no core free for it or for the test, or was
/// waiting for its disk: that is not the node's, and a busy machine may have much of it.
pub struct Stopwatch<'n> {
    node: &'n Node,
    begun: Instant,
    waited: Duration,
}

impl Stopwatch<'_> {
    pub fn start(node: &Node) -> Stopwatch<'_> {
        Stopwatch { node, begun: Instant::now(), waited: waited(node) }
    }

    /// All of it.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What the node itself took. Where the system does not say who waited for what, all of it.
    pub fn taken(&self) -> Duration {
        self.elapsed().saturating_sub(self.lost())
    }

    /// What the machine took from it; of all threads together, so it may be more than all of the time.
    pub fn lost(&self) -> Duration {
        waited(self.node).saturating_sub(self.waited)
    }
}

fn waited(node: &Node) -> Duration {
    for_a_core(node.child.id()) + for_a_core(std::process::id()) + for_the_disk()
}

/// The second number of `schedstat`: nanoseconds for which a thread was ready to run and did not (proc(5)).
fn for_a_core(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let waited = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').nth(1)?.parse::<u64>().ok()
    });
    Duration::from_nanos(waited.sum())
}

/// Microseconds in which anybody on this machine waited for a disk.
fn for_the_disk() -> Duration {
    let text = fs::read_to_string("/proc/pressure/io").unwrap_or_default();
    let total = text.lines().next().and_then(|some| some.rsplit_once("total=")?.1.trim().parse().ok());
    Duration::from_micros(total.unwrap_or(0))
}
