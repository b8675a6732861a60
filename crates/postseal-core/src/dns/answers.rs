use std::sync::Arc;

use super::{Answer, DomainName, Failure, Outcome, Question, RecordType};

/// DNS questions that one message may cost in all.
pub const MAX_QUERIES: u16 = 150;

/// Rounds of asking that one message may cost. Each round answers something new.
pub const MAX_ROUNDS: u16 = 32;

/// An answer is missing; the questions are noted in [`Answers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing;

/// Answers that are at hand without waiting: a cache, a zone, a replay.
pub trait AnswerSource {
    /// The answer to this question, if it is at hand.
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>>;
}

/// No answer is at hand.
impl AnswerSource for () {
    fn ready(&self, _: &DomainName, _: RecordType) -> Option<Arc<Answer>> {
        None
    }
}

/// What a question is for: each class but `Other` has queries reserved, so that
/// foreign signatures and ARC cannot use up what the verdict needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryClass {
    /// DMARC policy discovery: eight of the tree walk and one more.
    Policy,
    /// SPF, both identities.
    Spf,
    /// Keys of signatures that could align with the Author Domain.
    AlignedKey,
    /// Everything else.
    Other,
}

impl QueryClass {
    const COUNT: usize = 4;

    /// Queries that only this class may use.
    pub const fn reserved(self) -> u16 {
        match self {
            QueryClass::Policy => 9,
            QueryClass::Spf => 44,
            QueryClass::AlignedKey => 20,
            QueryClass::Other => 0,
        }
    }

    /// What all classes have reserved together.
    const RESERVED: u16 =
        QueryClass::Policy.reserved() + QueryClass::Spf.reserved() + QueryClass::AlignedKey.reserved();
}

/// The answers of one message, in the order in which they were first used.
pub struct Answers<'s> {
    source: Source<'s>,
    given: Vec<Arc<Answer>>,
    missing: Vec<(QueryClass, Question)>,
    used: [u16; QueryClass::COUNT],
    /// Queries that any class may use.
    unreserved: u16,
    limit_reached: bool,
}

enum Source<'s> {
    Borrowed(&'s (dyn AnswerSource + Sync)),
    Shared(Arc<dyn AnswerSource + Send + Sync>),
}

impl Answers<'static> {
    /// As [`Answers::new`], for a message whose evaluation outlives the caller's stack.
    pub fn shared(source: Arc<dyn AnswerSource + Send + Sync>) -> Answers<'static> {
        Answers::with_source(Source::Shared(source))
    }
}

impl<'s> Answers<'s> {
    /// No answers yet; `source` is looked into before anything counts as missing.
    pub fn new(source: &'s (dyn AnswerSource + Sync)) -> Answers<'s> {
        Answers::with_source(Source::Borrowed(source))
    }

    /// The same for work that is no message and may cost another number of
    /// queries in all. What the classes have reserved is kept: a limit below
    /// that leaves nothing for the rest.
    #[must_use]
    pub fn with_limit(mut self, queries: u16) -> Answers<'s> {
        self.unreserved = queries.saturating_sub(QueryClass::RESERVED);
        self
    }

    fn with_source(source: Source<'s>) -> Answers<'s> {
        Answers {
            source,
            given: Vec::with_capacity(16),
            missing: Vec::new(),
            used: [0; QueryClass::COUNT],
            unreserved: MAX_QUERIES - QueryClass::RESERVED,
            limit_reached: false,
        }
    }

    /// The answer to a question that the evaluation needs now.
    ///
    /// # Errors
    /// [`Missing`] where it is not known yet; the question is noted. Where the
    /// message has used up its queries the answer is [`Failure::QueryLimit`].
    pub fn get(
        &mut self,
        class: QueryClass,
        name: &DomainName,
        record_type: RecordType,
    ) -> Result<Arc<Answer>, Missing> {
        if let Some(answer) = self.find(name, record_type) {
            return Ok(Arc::clone(answer));
        }
        if self.is_noted(name, record_type) {
            return Err(Missing);
        }
        if !self.count(class) {
            return Ok(Arc::new(Answer::new(
                Question::new(name.clone(), record_type),
                Outcome::Failure(Failure::QueryLimit),
                0,
            )));
        }
        let ready = match &self.source {
            Source::Borrowed(source) => source.ready(name, record_type),
            Source::Shared(source) => source.ready(name, record_type),
        };
        if let Some(answer) = ready {
            self.given.push(Arc::clone(&answer));
            return Ok(answer);
        }
        self.missing.push((class, Question::new(name.clone(), record_type)));
        Err(Missing)
    }

    /// Notes a question that will be needed, so that it is asked in the same
    /// round. Nothing is noted that is known already or exceeds the limit.
    pub fn prefetch(&mut self, class: QueryClass, name: &DomainName, record_type: RecordType) {
        let _ = self.get(class, name, record_type);
    }

    /// The questions noted since the last call, each once. Give an [`Answer`]
    /// for every one of them, a failure too.
    pub fn take_missing(&mut self) -> Vec<Question> {
        self.missing.drain(..).map(|(_, question)| question).collect()
    }

    /// Adds an answer. The first answer to a question stays.
    pub fn give(&mut self, answer: Arc<Answer>) {
        let question = &answer.question;
        if self.find(&question.name, question.record_type).is_none() {
            self.given.push(answer);
        }
    }

    /// Every answer used so far, in order.
    pub fn trace(&self) -> &[Arc<Answer>] {
        &self.given
    }

    /// True where a question was not asked because the message had used up its queries.
    pub fn limit_reached(&self) -> bool {
        self.limit_reached
    }

    fn find(&self, name: &DomainName, record_type: RecordType) -> Option<&Arc<Answer>> {
        self.given.iter().find(|a| a.question.record_type == record_type && a.question.name == *name)
    }

    fn is_noted(&self, name: &DomainName, record_type: RecordType) -> bool {
        self.missing.iter().any(|(_, q)| q.record_type == record_type && q.name == *name)
    }

    /// Takes one query of the class's own reserve, else of the common rest.
    fn count(&mut self, class: QueryClass) -> bool {
        let beyond_reserve = |class: QueryClass, used: u16| used.saturating_sub(class.reserved());
        let common: u16 = [QueryClass::Policy, QueryClass::Spf, QueryClass::AlignedKey, QueryClass::Other]
            .into_iter()
            .map(|c| beyond_reserve(c, self.used[c as usize]))
            .sum();
        let used = &mut self.used[class as usize];
        if *used < class.reserved() || common < self.unreserved {
            *used += 1;
            return true;
        }
        self.limit_reached = true;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a valid test name")
    }

    #[test]
    fn an_answer_once_given_stays() {
        let mut answers = Answers::new(&());
        let host = name("mail.example");
        assert_eq!(answers.get(QueryClass::Other, &host, RecordType::A).err(), Some(Missing));
        let question = answers.take_missing().remove(0);
        answers.give(Arc::new(Answer::new(question.clone(), Outcome::NoData, 1)));
        answers.give(Arc::new(Answer::new(question, Outcome::NxDomain, 1)));
        let answer = answers.get(QueryClass::Other, &host, RecordType::A).expect("given");
        assert_eq!(answer.outcome, Outcome::NoData);
    }

    #[test]
    fn a_question_is_noted_once() {
        let mut answers = Answers::new(&());
        let host = name("mail.example");
        answers.prefetch(QueryClass::Other, &host, RecordType::A);
        assert!(answers.get(QueryClass::Other, &host, RecordType::A).is_err());
        assert_eq!(answers.take_missing().len(), 1);
    }

    #[test]
    fn foreign_signatures_leave_the_reserved_queries() {
        let mut answers = Answers::new(&());
        for i in 0..200 {
            answers.prefetch(QueryClass::Other, &name(&format!("k{i}.example")), RecordType::Txt);
        }
        assert_eq!(answers.take_missing().len(), usize::from(MAX_QUERIES - QueryClass::RESERVED));
        assert!(answers.limit_reached());
        for i in 0..44 {
            let host = name(&format!("s{i}.example"));
            assert!(answers.get(QueryClass::Spf, &host, RecordType::A).is_err());
        }
        let over = answers.get(QueryClass::Spf, &name("one.more.example"), RecordType::A);
        let over = over.expect("an answer, not a question");
        assert_eq!(over.outcome, Outcome::Failure(Failure::QueryLimit));
        assert!(answers.get(QueryClass::Policy, &name("p.example"), RecordType::Txt).is_err());
    }

    #[test]
    fn another_limit() {
        let asked = |limit: u16| {
            let mut answers = Answers::new(&()).with_limit(limit);
            for i in 0..500 {
                answers.prefetch(QueryClass::Other, &name(&format!("k{i}.example")), RecordType::Txt);
            }
            answers.take_missing().len()
        };
        assert_eq!(asked(400), usize::from(400 - QueryClass::RESERVED));
        assert_eq!(asked(10), 0);
    }
}
