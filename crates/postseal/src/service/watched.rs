use std::collections::HashMap;
use std::sync::Mutex;

use postseal_core::dns::DomainName;

/// The domains that a page or a command shows just now: they are asked for as in the first
/// hour. Times are UNIX seconds.
#[derive(Debug, Default)]
pub(super) struct Watched {
    domains: Mutex<HashMap<DomainName, Watch>>,
}

#[derive(Clone, Copy, Debug)]
struct Watch {
    since: u64,
    last: u64,
}

impl Watched {
    /// Somebody looks at a domain now.
    pub(super) fn note(&self, domain: &DomainName, now: u64) {
        let Ok(mut domains) = self.domains.lock() else { return };
        domains.retain(|_, watch| now.saturating_sub(watch.last) <= KEPT);
        if domains.len() >= MOST && !domains.contains_key(domain) {
            return;
        }
        domains.entry(domain.clone()).or_insert(Watch { since: now, last: now }).last = now;
    }

    /// Since when a domain is watched, if it is.
    pub(super) fn since(&self, domain: &DomainName, now: u64) -> Option<u64> {
        let domains = self.domains.lock().ok()?;
        domains.get(domain).filter(|watch| now.saturating_sub(watch.last) <= KEPT).map(|watch| watch.since)
    }

    /// All of them.
    pub(super) fn all(&self, now: u64) -> Vec<DomainName> {
        let Ok(domains) = self.domains.lock() else { return Vec::new() };
        let fresh = domains.iter().filter(|(_, watch)| now.saturating_sub(watch.last) <= KEPT);
        fresh.map(|(domain, _)| domain.clone()).collect()
    }
}

/// Seconds for which one look of somebody counts.
const KEPT: u64 = 30;

/// Domains that can be watched at once.
const MOST: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_watched_as_long_as_somebody_looks() {
        let watched = Watched::default();
        let domain = DomainName::parse("contoso.example").expect("a name");
        assert_eq!(watched.since(&domain, 100), None);
        watched.note(&domain, 100);
        watched.note(&domain, 125);
        assert_eq!(watched.since(&domain, 155), Some(100));
        assert_eq!(watched.all(155), std::slice::from_ref(&domain));
        assert_eq!(watched.since(&domain, 156), None);
        // Whoever comes back begins anew.
        watched.note(&domain, 200);
        assert_eq!(watched.since(&domain, 200), Some(200));
    }
}
