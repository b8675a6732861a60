use std::sync::Arc;
use std::time::{Duration, Instant};

use postseal_core::dns::{Answer, AnswerSource, DomainName, Outcome, Question, RecordType, Records};
use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::counts::Counts;
use super::joined::Joined;
use super::{Ask, Resolver};

/// Seconds that an answer is kept at most, whatever its TTL: a day.
pub const MAX_KEPT: u32 = 86_400;

/// Answers that were received, each until its time to live is over. Bounded in
/// octets; reading takes a shard's read lock for some nanoseconds and copies nothing.
///
/// Failures are not kept: the next message asks again. A question that is under way already
/// is not asked a second time.
pub struct AnswerCache {
    resolver: Resolver,
    kept: Cache<Question, Kept, Octets>,
    joined: Joined,
    counts: Counts,
}

#[derive(Clone)]
struct Kept {
    answer: Arc<Answer>,
    until: Instant,
}

impl AnswerCache {
    /// An empty cache of at most `octets`, in front of `resolver`.
    pub fn new(resolver: Resolver, octets: u64) -> AnswerCache {
        let items = usize::try_from(octets / TYPICAL).unwrap_or(usize::MAX).max(64);
        AnswerCache {
            resolver,
            kept: Cache::with_weighter(items, octets, Octets),
            joined: Joined::new(MAX_UNDER_WAY),
            counts: Counts::default(),
        }
    }

    /// The answers that are valid at this moment, for one message.
    pub fn now(&self) -> CachedAnswers<'_> {
        CachedAnswers { cache: self, now: Instant::now() }
    }

    /// The resolver behind it.
    pub fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    /// How often the resolver was asked, for each of [`OUTCOMES`](super::OUTCOMES).
    pub fn asked(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter()
    }

    /// Answers kept, valid or not, and their octets.
    pub fn kept(&self) -> (usize, u64) {
        (self.kept.len(), self.kept.weight())
    }

    fn keep(&self, answer: &Arc<Answer>, now: Instant) {
        let keep = answer.ttl > 0 && !matches!(answer.outcome, Outcome::Failure(_));
        if keep {
            let until = now + Duration::from_secs(u64::from(answer.ttl.min(MAX_KEPT)));
            self.kept.insert(answer.question.clone(), Kept { answer: Arc::clone(answer), until });
        }
    }
}

/// For a message whose evaluation outlives the caller's stack; each look reads the clock.
impl AnswerSource for AnswerCache {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        self.now().ready(name, record_type)
    }
}

impl Ask for AnswerCache {
    async fn ask(&self, question: Question) -> Arc<Answer> {
        let asking = async {
            let answer = Arc::new(self.resolver.ask(&question).await);
            self.counts.count(&answer.outcome);
            self.keep(&answer, Instant::now());
            answer
        };
        self.joined.answer(&question, asking).await
    }
}

/// The answers of an [`AnswerCache`] that are valid at one moment.
pub struct CachedAnswers<'c> {
    cache: &'c AnswerCache,
    now: Instant,
}

impl AnswerSource for CachedAnswers<'_> {
    fn ready(&self, name: &DomainName, record_type: RecordType) -> Option<Arc<Answer>> {
        let kept = self.cache.kept.get(&Borrowed { name, record_type })?;
        (kept.until > self.now).then_some(kept.answer)
    }
}

/// A question by reference; hashes as [`Question`] does.
#[derive(Hash)]
struct Borrowed<'q> {
    name: &'q DomainName,
    record_type: RecordType,
}

impl Equivalent<Question> for Borrowed<'_> {
    fn equivalent(&self, question: &Question) -> bool {
        self.record_type == question.record_type && *self.name == question.name
    }
}

/// What an answer weighs: the octets of its records, and of what is parsed from them.
#[derive(Clone)]
struct Octets;

impl Weighter<Question, Kept> for Octets {
    fn weight(&self, question: &Question, kept: &Kept) -> u64 {
        let data = match &kept.answer.outcome {
            Outcome::Records(records) => data_octets(records),
            Outcome::NoData | Outcome::NxDomain | Outcome::Failure(_) => 0,
        };
        // The name is there twice; parsed views are about as large as the text.
        (FRAME + 2 * question.name.as_str().len() + 3 * data) as u64
    }
}

fn data_octets(records: &Records) -> usize {
    match records {
        Records::A(all) => 4 * all.len(),
        Records::Aaaa(all) => 16 * all.len(),
        Records::Cname(name) => name.as_str().len(),
        Records::Mx(all) => all.len() * HOST,
        Records::Ns(all) | Records::Ptr(all) => all.len() * HOST,
        Records::Soa { .. } => HOST,
        Records::Spf(all) | Records::Txt(all) => all.iter().map(|t| 48 + t.octets.len()).sum(),
        Records::Tlsa(all) => all.iter().map(|t| 32 + t.3.len()).sum(),
    }
}

/// Different questions under way that others may join: 64 messages with all 150 of theirs.
const MAX_UNDER_WAY: usize = 9_600;
const FRAME: usize = 256;
const HOST: usize = 64;
const TYPICAL: u64 = 1024;
