use postseal_core::dns::DomainName;
use postseal_core::hosting::{Changes, Event, OrganisationName, SignWith, SigningConfiguration};
use postseal_store::{Domain, Standing, StoreError, Verification};

use super::super::ServiceError;
use super::super::new_keys::new_key;
use super::Workers;
use super::event::{WorkerEvent, names};
use super::plan::{is_due, not_at_once, random};

impl Workers {
    /// Looks at a domain and does what is due; returns when it is due next, `None` where nobody
    /// holds it any more.
    pub(in crate::service) async fn tend(&self, name: &DomainName) -> Option<u64> {
        match self.try_to_tend(name).await {
            Ok(next) => next,
            Err(ServiceError::Store(StoreError::NoDomain(_) | StoreError::NotHeld(_))) => {
                self.counts.alarm(name, false);
                None
            }
            Err(error) => {
                let error = error.to_string();
                (self.say)(&WorkerEvent::Failed { domain: name.clone(), error });
                Some(self.service.now() + AFTER_FAILURE)
            }
        }
    }

    async fn try_to_tend(&self, name: &DomainName) -> Result<Option<u64>, ServiceError> {
        let Some(organisation) = self.service.store.holder_of(name).await? else {
            self.counts.alarm(name, false);
            return Ok(None);
        };
        self.counts.looked();
        let reproof = self.look_at_token(&organisation, name).await?;
        let view = self.service.dkim_get(&organisation, name).await?;
        let Some(before) = view.configuration() else { return Ok(Some(reproof)) };
        let (_, events) = self.service.look_at(&view, WORKER).await?;
        self.say_all(name, before, &events);
        let first_seen = events.iter().any(|event| matches!(event, Event::Seen(_)));
        if view.initial && !before.enabled && first_seen {
            self.enable_initial(&organisation, name).await?;
        }
        let Some(after) = self.advance(&organisation, name).await? else { return Ok(Some(reproof)) };
        self.note_alarm(name, before, &after);
        let now = self.service.now();
        Ok(Some(not_at_once(self.next_look(&after, name), now, AFTER_NO_EFFECT).min(reproof)))
    }

    /// The initial domain of an organisation is signed as soon as our zone answers with its key.
    async fn enable_initial(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<(), ServiceError> {
        let enable = Changes { enabled: Some(true), ..Changes::default() };
        match self.service.dkim_set(organisation, name, &enable, false, WORKER).await {
            Ok(_) | Err(ServiceError::NotVisible { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Each month the token is looked at again. Returns when that is next.
    async fn look_at_token(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<u64, ServiceError> {
        let now = self.service.now();
        let domain = self.service.store.domain(organisation, name).await?;
        match next_proof(&domain) {
            None => return Ok(now + DAY),
            Some(due) if due > now => return Ok(due),
            Some(_) => {}
        }
        let verified = match self.service.verify_domain(organisation, name, WORKER).await {
            // Its servers are not to be found: that says nothing of who it belongs to.
            Err(ServiceError::NoServers(_)) => return Ok(now + HOUR),
            verified => verified?,
        };
        if verified.verification != Verification::Held {
            let verification = verified.verification;
            (self.say)(&WorkerEvent::Ownership { domain: name.clone(), verification });
        }
        let next = next_proof(&verified.domain).unwrap_or(now + DAY);
        // Spread, so that those who came together are not asked together for ever.
        Ok(not_at_once(next, now, HOUR) + u64::from(random()) % HOUR)
    }

    /// Does what the passing of time calls for.
    async fn advance(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Option<SigningConfiguration>, ServiceError> {
        for _ in 0..STEPS {
            let Some(configuration) = self.service.store.dkim_get(organisation, name).await? else {
                return Ok(None);
            };
            let now = self.service.now();
            if !is_due(&configuration, &self.service.waits, now) {
                return Ok(Some(configuration));
            }
            let key = match configuration.key_due(now) {
                true => Some(new_key(configuration.key_bits).await?),
                false => None,
            };
            let (waits, act) = (&self.service.waits, self.service.act(WORKER));
            let done = self.service.store.dkim_advance(organisation, name, key.as_ref(), waits, act).await?;
            if done.events.is_empty() {
                break;
            }
            self.service.ring();
            self.say_all(name, &configuration, &done.events);
        }
        Ok(self.service.store.dkim_get(organisation, name).await?)
    }

    fn say_all(&self, name: &DomainName, configuration: &SigningConfiguration, events: &[Event]) {
        for event in events {
            if matches!(event, Event::Lost(_)) {
                self.counts.lost();
            }
            (self.say)(&WorkerEvent::of(name, *event, configuration));
        }
    }

    /// Says when a domain begins or ceases to sign with something else than it should.
    fn note_alarm(&self, name: &DomainName, before: &SigningConfiguration, after: &SigningConfiguration) {
        let signs = after.sign_with();
        let is = is_alarming(signs);
        self.counts.alarm(name, is);
        match (is_alarming(before.sign_with()), is) {
            (false, true) => {
                let selectors = names(after);
                (self.say)(&WorkerEvent::Alarm { domain: name.clone(), signs, selectors });
            }
            (true, false) if after.enabled => {
                (self.say)(&WorkerEvent::Recovered { domain: name.clone() });
            }
            _ => {}
        }
    }
}

fn is_alarming(signs: SignWith) -> bool {
    matches!(signs, SignWith::Key { alarm: true, .. } | SignWith::Defer)
}

fn next_proof(domain: &Domain) -> Option<u64> {
    match &domain.standing {
        Standing::Held(holding) => holding.next_look(),
        Standing::Claimed(_) | Standing::Removed => None,
    }
}

/// Who did it, in the audit log.
const WORKER: &str = "worker";

/// Steps that can be due at once: a switch, a revocation, a new key.
const STEPS: usize = 4;

/// Seconds.
const AFTER_FAILURE: u64 = 60;
const AFTER_NO_EFFECT: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
