use super::log::Log;
use super::metrics::Metrics;
use crate::config::{LogLevel, Settings};
use crate::signing::KeyFiles;

/// Looks whether each key file is there and safe, and says which is not: mail of that
/// domain waits. Blocks; for many domains it takes seconds, so a node does it when it is
/// up already. Ends early where `still_in_force` says that it has become pointless.
pub(crate) fn check_keys(
    settings: &Settings,
    log: &Log,
    metrics: &Metrics,
    still_in_force: impl Fn() -> bool,
) {
    let mut files = KeyFiles::new();
    let mut unusable = 0;
    for (place, domain) in settings.sign.domains.iter().enumerate() {
        if place % LOOK_AGAIN == 0 && !still_in_force() {
            return;
        }
        for file in domain.keys.iter().filter_map(|key| key.place.file()) {
            if let Err(error) = files.check(file) {
                unusable += 1;
                if unusable <= MAX_SAID {
                    let domain = &domain.domain;
                    log.say(LogLevel::Error, &format!("mail of {domain} waits (451): {error}"));
                }
            }
        }
    }
    metrics.unusable_keys(unusable);
    if unusable > MAX_SAID {
        let more = unusable - MAX_SAID;
        log.say(
            LogLevel::Error,
            &format!("{more} more keys cannot be used: postseal config check names them all"),
        );
    }
}

/// Domains between two looks at whether it is still worth it.
const LOOK_AGAIN: usize = 1_000;

/// Keys that are named; the others are only counted.
const MAX_SAID: u64 = 100;
