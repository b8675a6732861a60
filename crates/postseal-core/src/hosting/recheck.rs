/// Seconds after which a first loss is asked again: only a second one, this much later, counts.
pub const FIRST_LOSS_RECHECK: u64 = 1_800;

/// Seconds for which a domain that waits is asked often.
const OFTEN_FOR: u64 = 3_600;
const SHORTEST: u64 = 5;
const LONGEST_OFTEN: u64 = 60;
const HOURLY: u64 = 3_600;
const ENABLED: u64 = 6 * 3_600;

/// What decides when a domain's selectors are asked for next. Times are UNIX seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckTarget {
    /// Somebody waits for records to appear: since when.
    Waiting {
        /// Since when.
        since: u64,
    },
    /// The domain signs, and its records were there.
    Enabled {
        /// When a server first said that a record is gone, where one did.
        first_no_at: Option<u64>,
    },
}

/// Seconds between two looks, `waited` seconds after the waiting began: 5 s,
/// growing to a minute in the first hour, then an hour.
pub fn interval_of_waiting(waited: u64) -> u64 {
    if waited < OFTEN_FOR { (waited / 4).clamp(SHORTEST, LONGEST_OFTEN) } else { HOURLY }
}

/// When to look next, UNIX seconds. `last` is the last look; `watched_since` is
/// set while a page or a command shows the domain, which is then asked as in the
/// first hour. `jitter` is a random number: an enabled domain is asked each 6 h,
/// up to a tenth sooner or later, so that a hundred thousand are not asked at once.
pub fn next_check(target: CheckTarget, last: u64, watched_since: Option<u64>, jitter: u16) -> u64 {
    let planned = match target {
        CheckTarget::Waiting { since } => last + interval_of_waiting(last.saturating_sub(since)),
        CheckTarget::Enabled { first_no_at } => {
            let regular = last + ENABLED * 9 / 10 + ENABLED / 5 * u64::from(jitter) / u64::from(u16::MAX);
            match first_no_at.map(|at| at + FIRST_LOSS_RECHECK) {
                Some(again) if again > last => regular.min(again),
                _ => regular,
            }
        }
    };
    let watched = watched_since.map(|since| {
        let waited = last.saturating_sub(since).min(OFTEN_FOR - 1);
        last + interval_of_waiting(waited)
    });
    watched.map_or(planned, |soon| planned.min(soon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_domain_is_asked_after_five_seconds_then_less_and_less() {
        let check =
            |waited: u64, expected: u64| assert_eq!(interval_of_waiting(waited), expected, "{waited}");
        check(0, 5);
        check(20, 5);
        check(100, 25);
        check(240, 60);
        check(3_599, 60);
        check(3_600, 3_600);
        check(1_000_000, 3_600);
        let mut now = 0;
        let mut looks = 0;
        while now < 3_600 {
            now = next_check(CheckTarget::Waiting { since: 0 }, now, None, 0);
            looks += 1;
        }
        assert_eq!(looks, 72);
    }

    #[test]
    fn an_enabled_domain_is_asked_each_six_hours_and_again_after_a_first_loss() {
        let enabled = |first_no_at| CheckTarget::Enabled { first_no_at };
        let check = |target, last, watched, jitter, expected: u64| {
            assert_eq!(
                next_check(target, last, watched, jitter),
                expected,
                "{target:?} {last} {watched:?} {jitter}"
            );
        };
        check(enabled(None), 0, None, 0, 19_440);
        check(enabled(None), 0, None, u16::MAX, 23_760);
        check(enabled(Some(100)), 100, None, 0, 1_900);
        // The second look was made: regular again.
        check(enabled(Some(100)), 1_900, None, 0, 1_900 + 19_440);
        check(enabled(None), 1_000, Some(1_000), 0, 1_005);
        // Watched for a day: once a minute, not hourly.
        check(CheckTarget::Waiting { since: 0 }, 90_000, Some(3_600), 0, 90_060);
        check(CheckTarget::Waiting { since: 0 }, 90_000, None, 0, 93_600);
    }
}
