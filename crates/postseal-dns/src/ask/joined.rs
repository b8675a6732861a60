use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postseal_core::dns::{Answer, Question};
use tokio::sync::OnceCell;

/// Questions under way: whoever asks what somebody is asking already waits for that answer.
///
/// Where the one who asks is cancelled, the next in line asks in its place. A failure
/// reaches those who waited for it and nobody after: nothing is kept here.
pub(super) struct Joined {
    under_way: Mutex<HashMap<Question, Arc<OnceCell<Arc<Answer>>>>>,
    max: usize,
}

impl Joined {
    /// At most `max` different questions are noted; beyond that each asks for itself.
    pub(super) fn new(max: usize) -> Joined {
        Joined { under_way: Mutex::default(), max }
    }

    /// The answer of whoever asks this already, or of `ask`.
    pub(super) async fn answer(
        &self,
        question: &Question,
        ask: impl Future<Output = Arc<Answer>>,
    ) -> Arc<Answer> {
        let Some(place) = self.join(question) else { return ask.await };
        Arc::clone(place.cell.get_or_init(|| ask).await)
    }

    fn join(&self, question: &Question) -> Option<Place<'_>> {
        let mut under_way = self.lock();
        let cell = match under_way.get(question) {
            Some(cell) => Arc::clone(cell),
            None if under_way.len() >= self.max => return None,
            None => Arc::clone(under_way.entry(question.clone()).or_default()),
        };
        Some(Place { joined: self, question: question.clone(), cell })
    }

    /// A panic elsewhere leaves the map whole.
    fn lock(&self) -> MutexGuard<'_, HashMap<Question, Arc<OnceCell<Arc<Answer>>>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits. Who leaves with the answer, or as the last, takes the note away.
struct Place<'j> {
    joined: &'j Joined,
    question: Question,
    cell: Arc<OnceCell<Arc<Answer>>>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut under_way = self.joined.lock();
        // Two: the map's and ours. Others join under the same lock only.
        let is_over = self.cell.initialized() || Arc::strong_count(&self.cell) <= 2;
        let is_ours = under_way.get(&self.question).is_some_and(|noted| Arc::ptr_eq(noted, &self.cell));
        if is_over && is_ours {
            under_way.remove(&self.question);
        }
        // Given back under the lock, so that the count above holds.
        self.cell = Arc::default();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use postseal_core::dns::{DomainName, Failure, Outcome, RecordType};
    use tokio::time::{Instant, sleep, timeout};

    use super::*;

    /// Counts who really asks; each takes a second.
    struct Asked {
        joined: Joined,
        times: AtomicUsize,
    }

    impl Asked {
        fn new(max: usize) -> Arc<Asked> {
            Arc::new(Asked { joined: Joined::new(max), times: AtomicUsize::new(0) })
        }

        async fn ask(self: Arc<Self>, name: &'static str, outcome: Outcome) -> Outcome {
            let name = DomainName::parse(name).expect("a valid test name");
            let question = Question::new(name, RecordType::Txt);
            let asking = async {
                self.times.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_secs(1)).await;
                Arc::new(Answer::new(question.clone(), outcome, 60))
            };
            self.joined.answer(&question, asking).await.outcome.clone()
        }

        fn times(&self) -> usize {
            self.times.load(Ordering::Relaxed)
        }

        fn noted(&self) -> usize {
            self.joined.lock().len()
        }
    }

    const FAILED: Outcome = Outcome::Failure(Failure::Timeout);

    #[tokio::test(start_paused = true)]
    async fn one_asks_for_all_and_nothing_stays() {
        let asked = Asked::new(10);
        let all: Vec<_> =
            (0..50).map(|_| tokio::spawn(Arc::clone(&asked).ask("a.example", Outcome::NoData))).collect();
        let other = tokio::spawn(Arc::clone(&asked).ask("b.example", Outcome::NxDomain));
        for one in all {
            assert_eq!(one.await.expect("ends"), Outcome::NoData);
        }
        assert_eq!(other.await.expect("ends"), Outcome::NxDomain);
        assert_eq!((asked.times(), asked.noted()), (2, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_reaches_those_who_waited_and_nobody_after() {
        let asked = Asked::new(10);
        let first = tokio::spawn(Arc::clone(&asked).ask("a.example", FAILED));
        tokio::task::yield_now().await;
        let second = tokio::spawn(Arc::clone(&asked).ask("a.example", Outcome::NoData));
        assert_eq!((first.await.expect("ends"), second.await.expect("ends")), (FAILED, FAILED));
        assert_eq!(Arc::clone(&asked).ask("a.example", Outcome::NoData).await, Outcome::NoData);
        assert_eq!((asked.times(), asked.noted()), (2, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_asks_where_the_first_is_cancelled() {
        let asked = Asked::new(10);
        let began = Instant::now();
        let first = tokio::spawn(Arc::clone(&asked).ask("a.example", FAILED));
        tokio::task::yield_now().await;
        let second = tokio::spawn(Arc::clone(&asked).ask("a.example", Outcome::NoData));
        sleep(Duration::from_millis(500)).await;
        first.abort();
        assert_eq!(second.await.expect("ends"), Outcome::NoData);
        assert_eq!((asked.times(), asked.noted()), (2, 0));
        assert_eq!(began.elapsed(), Duration::from_millis(1500));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_cancelled_leaves_nothing_behind() {
        let asked = Asked::new(10);
        let late = Arc::clone(&asked).ask("a.example", Outcome::NoData);
        assert!(timeout(Duration::from_millis(10), late).await.is_err());
        assert_eq!(asked.noted(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_the_bound_each_asks_for_itself() {
        let asked = Asked::new(1);
        let noted = tokio::spawn(Arc::clone(&asked).ask("a.example", Outcome::NoData));
        tokio::task::yield_now().await;
        let both = [0, 1].map(|_| tokio::spawn(Arc::clone(&asked).ask("b.example", Outcome::NoData)));
        tokio::task::yield_now().await;
        assert_eq!((asked.times(), asked.noted()), (3, 1));
        for one in both.into_iter().chain([noted]) {
            assert_eq!(one.await.expect("ends"), Outcome::NoData);
        }
    }
}
