use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::{Answer, Answers, Failure, MAX_ROUNDS, Missing, Outcome, Question};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Whom [`drive`] asks.
pub trait Ask: Send + Sync + 'static {
    /// The answer to this question; trouble is an answer too.
    fn ask(&self, question: Question) -> impl Future<Output = Arc<Answer>> + Send;
}

/// An evaluation said that an answer is missing, but noted no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the evaluation waits for an answer but asks no question")]
pub struct Stalled;

/// Calls `step` until it has its result, and asks what is missing in between:
/// all questions of a round at once.
///
/// It always ends: after [`MAX_ROUNDS`] rounds questions are answered with
/// [`Failure::RoundLimit`], and `time` after the call with [`Failure::TimeLimit`],
/// without being asked; each round answers something new, and a message may
/// have only so many questions.
///
/// # Errors
/// [`Stalled`] is a fault in `step`, never of the message or the DNS.
pub async fn drive<T>(
    answers: &mut Answers<'_>,
    asked: &Arc<impl Ask>,
    time: Duration,
    mut step: impl FnMut(&mut Answers<'_>) -> Result<T, Missing>,
) -> Result<T, Stalled> {
    let deadline = Instant::now() + time;
    let mut rounds: u16 = 0;
    loop {
        if let Ok(result) = step(answers) {
            return Ok(result);
        }
        let questions = answers.take_missing();
        if questions.is_empty() {
            return Err(Stalled);
        }
        rounds += 1;
        for answer in ask_round(asked, questions, rounds, deadline).await {
            answers.give(answer);
        }
    }
}

/// Asks the questions of one round, the `round`th of an evaluation, all at once. There is an
/// answer for each, in their order.
pub(super) async fn ask_round(
    asked: &Arc<impl Ask>,
    questions: Vec<Question>,
    round: u16,
    by: Instant,
) -> Vec<Arc<Answer>> {
    if round > MAX_ROUNDS {
        return questions.into_iter().map(|question| failed(question, Failure::RoundLimit)).collect();
    }
    let mut under_way = JoinSet::new();
    let mut replies: Vec<Option<Arc<Answer>>> = vec![None; questions.len()];
    for (place, question) in questions.iter().enumerate() {
        let (asked, question) = (Arc::clone(asked), question.clone());
        under_way.spawn(async move { (place, asked.ask(question).await) });
    }
    while let Ok(Some(finished)) = tokio::time::timeout_at(by, under_way.join_next()).await {
        if let Ok((place, answer)) = finished {
            replies[place] = Some(answer);
        }
    }
    // In the order of the questions, whatever the order of the replies: a trace repeats.
    let replies = questions.into_iter().zip(replies);
    replies.map(|(question, reply)| reply.unwrap_or_else(|| failed(question, Failure::TimeLimit))).collect()
}

fn failed(question: Question, failure: Failure) -> Arc<Answer> {
    Arc::new(Answer::new(question, Outcome::Failure(failure), 0))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU16, Ordering};

    use postseal_core::dns::{DomainName, QueryClass, RecordType};

    use super::*;

    /// Answers "no data" after a while.
    struct After(Duration, AtomicU16);

    impl Ask for After {
        async fn ask(&self, question: Question) -> Arc<Answer> {
            self.1.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.0).await;
            Arc::new(Answer::new(question, Outcome::NoData, 60))
        }
    }

    fn name(i: u16) -> DomainName {
        DomainName::parse(&format!("n{i}.example")).expect("a valid test name")
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(future)
    }

    #[test]
    fn asks_a_round_at_once() {
        run(async {
            let asked = Arc::new(After(Duration::from_secs(1), AtomicU16::new(0)));
            let mut answers = Answers::new(&());
            let began = Instant::now();
            let result = drive(&mut answers, &asked, Duration::from_secs(9), |answers| {
                for i in 0..20 {
                    answers.prefetch(QueryClass::Other, &name(i), RecordType::A);
                }
                (0..20)
                    .map(|i| answers.get(QueryClass::Other, &name(i), RecordType::A))
                    .collect::<Result<Vec<_>, _>>()
            });
            assert_eq!(result.await.expect("ends").len(), 20);
            assert_eq!(began.elapsed(), Duration::from_secs(1));
            assert_eq!(asked.1.load(Ordering::Relaxed), 20);
        });
    }

    #[test]
    fn one_by_one_meets_the_round_limit() {
        run(async {
            let asked = Arc::new(After(Duration::from_millis(1), AtomicU16::new(0)));
            let mut answers = Answers::new(&());
            let result = drive(&mut answers, &asked, Duration::from_secs(9), |answers| {
                (0..40)
                    .map(|i| answers.get(QueryClass::Other, &name(i), RecordType::A))
                    .collect::<Result<Vec<_>, _>>()
            });
            let result = result.await.expect("ends");
            assert_eq!(asked.1.load(Ordering::Relaxed), MAX_ROUNDS);
            assert_eq!(result[31].outcome, Outcome::NoData);
            assert_eq!(result[32].outcome, Outcome::Failure(Failure::RoundLimit));
        });
    }

    #[test]
    fn time_ends() {
        run(async {
            let asked = Arc::new(After(Duration::from_secs(3), AtomicU16::new(0)));
            let mut answers = Answers::new(&());
            let result = drive(&mut answers, &asked, Duration::from_secs(4), |answers| {
                (0..3)
                    .map(|i| answers.get(QueryClass::Other, &name(i), RecordType::A))
                    .collect::<Result<Vec<_>, _>>()
            });
            let result = result.await.expect("ends");
            let outcomes: Vec<_> = result.iter().map(|a| a.outcome.clone()).collect();
            let late = Outcome::Failure(Failure::TimeLimit);
            assert_eq!(outcomes, [Outcome::NoData, late.clone(), late]);
        });
    }

    #[test]
    fn a_step_that_asks_nothing_is_a_fault() {
        run(async {
            let asked = Arc::new(After(Duration::ZERO, AtomicU16::new(0)));
            let mut answers = Answers::new(&());
            let result = drive(&mut answers, &asked, Duration::from_secs(1), |_| Err::<(), _>(Missing));
            assert_eq!(result.await, Err(Stalled));
        });
    }
}
