use std::borrow::Cow;
use std::sync::Arc;

use postseal_core::arc::ArcResult;
use postseal_core::dmarc::DmarcResult;
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{AuthResults, SpfAuthResult};

use super::*;

pub(super) fn record(at: u64) -> VerdictRecord {
    VerdictRecord {
        at,
        queue_id: String::new(),
        client: None,
        mail_from: None,
        author_domain: None,
        auth_results: AuthResults {
            dkim: Vec::new(),
            spf: SpfAuthResult { domain: None, result: SpfResult::None },
        },
        arc: ArcResult::None,
        dmarc: DmarcResult::None,
        aligned: None,
        policy: None,
        action: Cow::Borrowed("deliver"),
        evaluated: None,
    }
}

#[test]
fn the_oldest_give_way_and_are_counted() {
    let queue = VerdictQueue::new();
    let many = MAX_WAITING as u64 + 1_000;
    (0..many).for_each(|at| queue.put(record(at)));
    let left: Vec<u64> = std::iter::from_fn(|| queue.take()).map(|record| record.at).collect();
    assert_eq!(left, (1_000..many).collect::<Vec<_>>());
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    assert_eq!((count(&queue.counts.queued), count(&queue.counts.dropped_in_queue)), (many, 1_000));
}

#[test]
fn a_sleeper_is_woken() {
    let queue = Arc::new(VerdictQueue::new());
    let sleeper = Arc::clone(&queue);
    let thread = std::thread::spawn(move || {
        sleeper.emptied_here();
        let mut taken = 0;
        while taken < 100 {
            match sleeper.take() {
                Some(_) => taken += 1,
                None if sleeper.may_sleep() => std::thread::park_timeout(std::time::Duration::from_secs(600)),
                None => {}
            }
        }
    });
    let begun = std::time::Instant::now();
    for at in 0..100 {
        queue.put(record(at));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    thread.join().expect("no panic");
    assert!(begun.elapsed().as_secs() < 300, "nobody slept through a verdict");
}
