use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postseal_core::dns::{AnswerSource, Answers, Missing};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::drive::{Ask, Stalled, ask_round, drive};

/// The answers of one message, and tasks that ask while its octets still arrive.
///
/// What is needed first is begun as soon as it is known ([`AskingBeside::begin`],
/// [`AskingBeside::ask`]); [`AskingBeside::finish`] waits for it and asks what is left. All
/// share one [`Answers`], so that a message's questions are counted once. Where the
/// answers are at hand nothing is asked and no task begun. Dropped, it asks no more.
pub struct AskingBeside<A> {
    answers: Arc<Mutex<Answers<'static>>>,
    asked: Arc<A>,
    tasks: Option<JoinSet<()>>,
}

impl<A: Ask + AnswerSource> AskingBeside<A> {
    /// No answers yet; `asked` is looked into before it is asked.
    pub fn new(asked: Arc<A>) -> AskingBeside<A> {
        let source: Arc<dyn AnswerSource + Send + Sync> = Arc::clone(&asked) as _;
        AskingBeside { answers: Arc::new(Mutex::new(Answers::shared(source))), asked, tasks: None }
    }

    /// Whether `step` has all it needs; what is missing stays noted.
    pub fn look(&mut self, step: impl FnOnce(&mut Answers<'_>) -> Result<(), Missing>) -> bool {
        step(&mut lock(&self.answers)).is_ok()
    }

    /// Calls `step` until it has all it needs, in a task where it must wait; for at
    /// most `time`: then its questions are answered with failures.
    ///
    /// # Panics
    /// Outside a tokio runtime, where something must be asked.
    pub fn begin(
        &mut self,
        time: Duration,
        mut step: impl FnMut(&mut Answers<'_>) -> Result<(), Missing> + Send + 'static,
    ) {
        if step(&mut lock(&self.answers)).is_ok() {
            return;
        }
        let (answers, asked) = (Arc::clone(&self.answers), Arc::clone(&self.asked));
        let deadline = Instant::now() + time;
        self.tasks.get_or_insert_default().spawn(async move {
            let mut round = 0;
            loop {
                let questions = lock(&answers).take_missing();
                if questions.is_empty() {
                    // Somebody else has taken them along; `finish` looks again.
                    return;
                }
                round += 1;
                let replies = ask_round(&asked, questions, round, deadline).await;
                let mut answers = lock(&answers);
                replies.into_iter().for_each(|answer| answers.give(answer));
                if step(&mut answers).is_ok() {
                    return;
                }
            }
        });
    }

    /// Asks, in a task, what `step` notes as missing, once.
    ///
    /// # Panics
    /// As [`AskingBeside::begin`].
    pub fn ask(&mut self, time: Duration, step: impl FnOnce(&mut Answers<'_>)) {
        let questions = {
            let mut answers = lock(&self.answers);
            step(&mut answers);
            answers.take_missing()
        };
        if questions.is_empty() {
            return;
        }
        let (answers, asked) = (Arc::clone(&self.answers), Arc::clone(&self.asked));
        let deadline = Instant::now() + time;
        self.tasks.get_or_insert_default().spawn(async move {
            let replies = ask_round(&asked, questions, 1, deadline).await;
            let mut answers = lock(&answers);
            replies.into_iter().for_each(|answer| answers.give(answer));
        });
    }

    /// Waits for what has been begun, then calls `step` until it has its result and asks what
    /// is missing in between: for at most `time` in all. Returns the answers too.
    ///
    /// # Errors
    /// As [`drive`].
    pub async fn finish<T>(
        self,
        time: Duration,
        step: impl FnMut(&mut Answers<'_>) -> Result<T, Missing>,
    ) -> Result<(T, Answers<'static>), Stalled> {
        let deadline = Instant::now() + time;
        if let Some(mut tasks) = self.tasks {
            while let Ok(Some(_)) = timeout_at(deadline, tasks.join_next()).await {}
            tasks.shutdown().await;
        }
        // The tasks are gone, and their shares with them.
        let answers = Arc::into_inner(self.answers).ok_or(Stalled)?;
        let mut answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let result = drive(&mut answers, &self.asked, left, step).await?;
        Ok((result, answers))
    }
}

/// A panic in a step leaves answers as they were.
fn lock<'a>(answers: &'a Mutex<Answers<'static>>) -> MutexGuard<'a, Answers<'static>> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use postseal_core::dns::{Answer, DomainName, Failure, Outcome, QueryClass, Question, RecordType};

    use super::*;

    /// Answers "no data" after as many seconds as the name says; remembers what it was asked.
    #[derive(Default)]
    struct Slow(Mutex<Vec<String>>);

    impl Ask for Slow {
        async fn ask(&self, question: Question) -> Arc<Answer> {
            self.0.lock().expect("no panic").push(question.name.to_string());
            let seconds = question.name.labels().next().and_then(|label| label.parse().ok());
            tokio::time::sleep(Duration::from_secs(seconds.unwrap_or(0))).await;
            Arc::new(Answer::new(question, Outcome::NoData, 60))
        }
    }

    impl AnswerSource for Slow {
        fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
            let known = name.as_str() == "known.example";
            known
                .then(|| Arc::new(Answer::new(Question::new(name.clone(), record_type), Outcome::NoData, 60)))
        }
    }

    /// Needs these one by one.
    fn needs(names: &'static [&str]) -> impl FnMut(&mut Answers<'_>) -> Result<Vec<Outcome>, Missing> + Send {
        |answers| {
            let get = |name: &&str| {
                let name = DomainName::parse(name).expect("a valid test name");
                answers.get(QueryClass::Spf, &name, RecordType::Txt).map(|answer| answer.outcome.clone())
            };
            names.iter().map(get).collect()
        }
    }

    fn only(
        mut step: impl FnMut(&mut Answers<'_>) -> Result<Vec<Outcome>, Missing>,
    ) -> impl FnMut(&mut Answers<'_>) -> Result<(), Missing> {
        move |answers| step(answers).map(|_| ())
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(future)
    }

    #[test]
    fn asks_while_the_message_arrives() {
        run(async {
            let asked = Arc::new(Slow::default());
            let mut beside = AskingBeside::new(Arc::clone(&asked));
            let began = Instant::now();
            beside.begin(Duration::from_secs(20), only(needs(&["1.a.example", "2.b.example"])));
            tokio::time::sleep(Duration::from_secs(2)).await;
            beside.ask(Duration::from_secs(20), |answers| {
                let _ = needs(&["4.c.example"])(answers);
            });
            let all = needs(&["1.a.example", "2.b.example", "4.c.example", "3.d.example"]);
            let (outcomes, answers) = beside.finish(Duration::from_secs(60), all).await.expect("ends");
            assert_eq!(outcomes, vec![Outcome::NoData; 4]);
            // The second round of what began first went on beside the third question.
            assert_eq!(began.elapsed(), Duration::from_secs(2 + 4 + 3));
            assert_eq!(asked.0.lock().expect("no panic").len(), 4);
            assert_eq!(answers.trace().len(), 4);
        });
    }

    #[test]
    fn asks_nothing_that_is_at_hand() {
        run(async {
            let asked = Arc::new(Slow::default());
            let mut beside = AskingBeside::new(Arc::clone(&asked));
            beside.begin(Duration::from_secs(20), only(needs(&["known.example"])));
            assert!(beside.tasks.is_none());
            let result = beside.finish(Duration::ZERO, needs(&["known.example"])).await;
            assert_eq!(result.expect("ends").0, [Outcome::NoData]);
            assert!(asked.0.lock().expect("no panic").is_empty());
        });
    }

    #[test]
    fn time_ends() {
        run(async {
            let late = Outcome::Failure(Failure::TimeLimit);
            let check = async |begun: u64, all: u64, elapsed: u64| {
                let began = Instant::now();
                let mut beside = AskingBeside::new(Arc::new(Slow::default()));
                beside.begin(Duration::from_secs(begun), only(needs(&["90.a.example"])));
                let result = beside.finish(Duration::from_secs(all), needs(&["90.a.example"])).await;
                assert_eq!(result.expect("ends").0, std::slice::from_ref(&late));
                assert_eq!(began.elapsed(), Duration::from_secs(elapsed));
            };
            check(20, 60, 20).await;
            check(60, 20, 20).await;
        });
    }
}
