//! What goes on by itself: domains are looked at again, rotations go on, ownership is proven
//! each month. One task plans; a bounded number of others work.

mod counts;
mod event;
mod plan;
mod tend;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::DomainName;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Service;

pub(crate) use counts::WorkerCounts;
pub(crate) use event::WorkerEvent;

/// The workers of one node.
pub(crate) struct Workers {
    service: Arc<Service>,
    pub(crate) counts: Arc<WorkerCounts>,
    say: Box<dyn Fn(&WorkerEvent) + Send + Sync>,
}

impl Workers {
    /// `say` hears what somebody may want to know.
    pub(crate) fn new(
        service: Arc<Service>,
        counts: Arc<WorkerCounts>,
        say: impl Fn(&WorkerEvent) + Send + Sync + 'static,
    ) -> Arc<Workers> {
        Arc::new(Workers { service, counts, say: Box::new(say) })
    }

    /// Works for as long as it is polled.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut schedule = Schedule::default();
        let mut revision = None;
        let mut under_way = JoinSet::new();
        loop {
            if self.follow_changes(&mut schedule, &mut revision).await.is_err() {
                // The store will be back; what is planned stays planned.
                revision = None;
                sleep(PAUSE).await;
                continue;
            }
            self.follow_watchers(&mut schedule).await;
            let now = self.service.now();
            while under_way.len() < AT_ONCE {
                let Some(domain) = schedule.take_due(now) else { break };
                let workers = Arc::clone(&self);
                under_way.spawn(async move {
                    let next = workers.tend(&domain).await;
                    (domain, next)
                });
            }
            let end = sleep(TICK);
            tokio::pin!(end);
            loop {
                tokio::select! {
                    () = &mut end => break,
                    Some(done) = under_way.join_next(), if !under_way.is_empty() => {
                        // A task that ended in a panic is planned again by the next change or start.
                        if let Ok((domain, Some(next))) = done {
                            schedule.plan(domain, next);
                        }
                    }
                }
            }
        }
    }
}

/// When each domain is due next, UNIX seconds.
#[derive(Debug, Default)]
struct Schedule {
    by_time: BTreeSet<(u64, DomainName)>,
    by_domain: HashMap<DomainName, u64>,
}

impl Schedule {
    /// Plans a domain, in place of what was planned for it.
    fn plan(&mut self, domain: DomainName, due: u64) {
        self.forget(&domain);
        self.by_time.insert((due, domain.clone()));
        self.by_domain.insert(domain, due);
    }

    fn forget(&mut self, domain: &DomainName) {
        if let Some(due) = self.by_domain.remove(domain) {
            self.by_time.remove(&(due, domain.clone()));
        }
    }

    fn take_due(&mut self, now: u64) -> Option<DomainName> {
        let first = self.by_time.first().filter(|(due, _)| *due <= now)?.1.clone();
        self.forget(&first);
        Some(first)
    }
}

/// Domains that are looked at at the same time. Many may lie at the same servers, which get ten queries a
/// second from us: no look waits long for its turn, nor does that of somebody who asks.
const AT_ONCE: usize = 16;

/// Between two looks at the change feed.
const TICK: Duration = Duration::from_secs(1);

/// Where the store does not answer.
const PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_keeps_one_moment_for_each_domain() {
        let name = |text: &str| DomainName::parse(text).expect("a name");
        let mut schedule = Schedule::default();
        schedule.plan(name("a.example"), 30);
        schedule.plan(name("b.example"), 20);
        schedule.plan(name("a.example"), 10);
        assert_eq!(schedule.take_due(9), None);
        assert_eq!(schedule.take_due(25), Some(name("a.example")));
        assert_eq!(schedule.take_due(25), Some(name("b.example")));
        assert_eq!(schedule.take_due(u64::MAX), None);
        schedule.plan(name("a.example"), 5);
        schedule.forget(&name("a.example"));
        assert_eq!(schedule.take_due(u64::MAX), None);
    }
}
