use aws_lc_rs::rand;
use postseal_core::dns::DomainName;
use postseal_core::hosting::{CheckTarget, SigningConfiguration, Waits, next_check};
use postseal_store::{HeldDomain, StoreError};

use super::{Schedule, Workers};

impl Workers {
    /// Plans what has changed since the last time; everything, the first time.
    pub(super) async fn follow_changes(
        &self,
        schedule: &mut Schedule,
        revision: &mut Option<i64>,
    ) -> Result<(), StoreError> {
        let store = &self.service.store;
        let Some(known) = *revision else {
            // The number first: what changes while we read is read again.
            let newest = store.revision().await?;
            self.plan_all(schedule).await?;
            *revision = Some(newest);
            return Ok(());
        };
        let feed = store.changes_since(known).await?;
        match feed.domains {
            None => self.plan_all(schedule).await?,
            Some(domains) => {
                for domain in domains {
                    self.plan_again(schedule, domain).await?;
                }
            }
        }
        *revision = Some(feed.revision);
        Ok(())
    }

    async fn plan_all(&self, schedule: &mut Schedule) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let page = self.service.store.held_domains(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            last.name.as_str().clone_into(&mut after);
            for domain in &page {
                schedule.plan(domain.name.clone(), self.due_by_itself(domain));
            }
        }
    }

    /// A domain that has changed is looked at at once where it waits; else as planned.
    async fn plan_again(&self, schedule: &mut Schedule, domain: DomainName) -> Result<(), StoreError> {
        let Some(organisation) = self.service.store.holder_of(&domain).await? else {
            schedule.forget(&domain);
            return Ok(());
        };
        let configuration = match self.service.store.dkim_get(&organisation, &domain).await {
            Ok(configuration) => configuration,
            // It has gone again.
            Err(StoreError::NoDomain(_) | StoreError::NotHeld(_)) => {
                schedule.forget(&domain);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let due = configuration.map_or(self.service.now(), |c| self.next_look(&c, &domain));
        schedule.plan(domain, due);
        Ok(())
    }

    /// Whoever looks at a domain has it looked at as in the first hour.
    pub(super) async fn follow_watchers(&self, schedule: &mut Schedule) {
        for domain in self.service.watched.all(self.service.now()) {
            // Where the store is away, the next round tries again.
            let _ = self.plan_again(schedule, domain).await;
        }
    }

    /// The first look of this process: when the last one of another says so. What was missed while no
    /// node ran is spread over an hour, except where somebody waits.
    fn due_by_itself(&self, domain: &HeldDomain) -> u64 {
        let now = self.service.now();
        match &domain.configuration {
            Some((configuration, _)) => {
                let due = self.next_look(configuration, &domain.name);
                let regular = target(configuration) == CheckTarget::Enabled { first_no_at: None };
                let step = is_due(configuration, &self.service.waits, now);
                let missed = due <= now && regular && !step;
                if missed { now + u64::from(random()) * HOUR / u64::from(u16::MAX) } else { due }
            }
            // Only its token is to be looked at, some time today.
            None => now + u64::from(random()) * DAY / u64::from(u16::MAX),
        }
    }

    /// When a domain is looked at next, or something is due by the time.
    pub(super) fn next_look(&self, configuration: &SigningConfiguration, domain: &DomainName) -> u64 {
        let now = self.service.now();
        let watched = self.service.watched.since(domain, now);
        let last = configuration.last_checked().unwrap_or(0);
        let look = next_check(target(configuration), last, watched, random());
        let step = configuration.next_step(&self.service.waits, now);
        step.map_or(look, |step| look.min(step))
    }
}

/// Whether somebody waits for records to appear.
fn target(configuration: &SigningConfiguration) -> CheckTarget {
    let current = configuration.current();
    let standby = configuration.slot(current.other());
    let waits_for_standby = configuration.rotation.is_some() || !configuration.enabled;
    let mut since = None;
    for slot in [configuration.slot(current), standby] {
        let needed =
            slot.is_published() && (slot.name == configuration.slot(current).name || waits_for_standby);
        if needed && !slot.is_visible() {
            let began = configuration.rotation.map_or(0, |rotation| rotation.began_at);
            since = since.max(Some(slot.key_made_at.max(began).max(slot.lost_since.unwrap_or(0))));
        }
    }
    match since {
        Some(since) => CheckTarget::Waiting { since },
        None => CheckTarget::Enabled {
            first_no_at: configuration.slots.iter().filter_map(|slot| slot.first_no_at).min(),
        },
    }
}

/// After this look a domain is due at `planned`, or `pause` seconds from now where that has gone by
/// without effect: nothing is tried again and again.
pub(super) fn not_at_once(planned: u64, now: u64, pause: u64) -> u64 {
    if planned > now { planned } else { now + pause }
}

/// Spreads looks, no more: where the system gives no random octets, they are not spread.
pub(super) fn random() -> u16 {
    let mut octets = [0; 2];
    let _ = rand::fill(&mut octets);
    u16::from_le_bytes(octets)
}

/// When the passing of time does something for a configuration, if that is now.
pub(super) fn is_due(configuration: &SigningConfiguration, waits: &Waits, now: u64) -> bool {
    configuration.next_step(waits, now).is_some_and(|step| step <= now)
}

const PAGE: u32 = 1_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;
    use postseal_core::hosting::{Changes, Conclusion, KeyId, NewKey, Slot};

    #[test]
    fn who_waits_is_asked_often() {
        let keys = [1, 2].map(|id| NewKey { id: KeyId(id), bits: 2_048 });
        let selectors = SigningConfiguration::default_selectors();
        let mut c = SigningConfiguration::new(selectors, keys, 2_048, 1_000).expect("made");
        assert_eq!(target(&c), CheckTarget::Waiting { since: 1_000 });
        c.observe(Slot::First, Conclusion::Seen, 1_010);
        // Not enabled, and one record is missing still.
        assert_eq!(target(&c), CheckTarget::Waiting { since: 1_000 });
        c.set(&Changes { enabled: Some(true), ..Changes::default() }, 1_010).expect("seen");
        assert_eq!(target(&c), CheckTarget::Enabled { first_no_at: None });
        c.rotate(None, None, &Waits::default(), 2_000).expect("begins");
        assert_eq!(target(&c), CheckTarget::Waiting { since: 2_000 });
        c.observe(Slot::Second, Conclusion::Seen, 2_010);
        c.observe(Slot::First, Conclusion::Missing, 3_000);
        assert_eq!(target(&c), CheckTarget::Enabled { first_no_at: Some(3_000) });
        c.observe(Slot::First, Conclusion::Missing, 4_800);
        assert_eq!(target(&c), CheckTarget::Waiting { since: 4_800 });
    }
}
