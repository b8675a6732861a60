use std::sync::atomic::{AtomicU64, Ordering};

use postseal_core::dns::{Failure, Outcome};

/// What can come of a question, in one word each.
pub const OUTCOMES: [&str; 9] = [
    "records",
    "no_data",
    "nxdomain",
    "servfail",
    "refused",
    "timeout",
    "unreachable",
    "malformed",
    "too_many_aliases",
];

/// How often each of [`OUTCOMES`] came.
#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; OUTCOMES.len()]);

impl Counts {
    pub(super) fn count(&self, outcome: &Outcome) {
        let Some(word) = word(outcome) else { return };
        if let Some(place) = OUTCOMES.iter().position(|known| *known == word) {
            self.0[place].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        OUTCOMES.into_iter().zip(self.0.iter().map(|count| count.load(Ordering::Relaxed)))
    }
}

/// `None` for what was never asked.
fn word(outcome: &Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Records(_) => "records",
        Outcome::NoData => "no_data",
        Outcome::NxDomain => "nxdomain",
        Outcome::Failure(Failure::ServFail) => "servfail",
        Outcome::Failure(Failure::Refused) => "refused",
        Outcome::Failure(Failure::Timeout) => "timeout",
        Outcome::Failure(Failure::Unreachable) => "unreachable",
        Outcome::Failure(Failure::Malformed) => "malformed",
        Outcome::Failure(Failure::TooManyAliases) => "too_many_aliases",
        Outcome::Failure(
            Failure::QueryLimit | Failure::RoundLimit | Failure::TimeLimit | Failure::NotRecorded,
        ) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_once() {
        let counts = Counts::default();
        counts.count(&Outcome::NoData);
        counts.count(&Outcome::NxDomain);
        for failure in Failure::ALL {
            counts.count(&Outcome::Failure(failure));
        }
        let counted: Vec<(&str, u64)> = counts.iter().filter(|(_, count)| *count > 0).collect();
        let words: Vec<&str> = counted.iter().map(|(word, _)| *word).collect();
        assert_eq!(words, &OUTCOMES[1..]);
        assert!(counted.iter().all(|(_, count)| *count == 1));
    }
}
