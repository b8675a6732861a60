use std::time::Duration;

use postseal_core::dkim::{Canonicalization, Selector};
use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Changes, Conclusion, Event, HostedLabelError, KEY_SIZES, KeyId, NewKey, OrganisationName, Refusal,
    SigningConfiguration, Slot,
};
use postseal_store::{Act, StoreError};
use tokio::time::sleep;

use super::dkim_view::index;
use super::look::{Seen, Sought};
use super::new_keys::{new_key, two_keys};
use super::{DkimView, Service, ServiceError};

/// What is asked of a configuration that is to be made.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewConfiguration {
    pub(crate) enabled: bool,
    /// Bits; default 2048.
    pub(crate) key_size: Option<u32>,
    pub(crate) admin_display_name: Option<String>,
    pub(crate) header_canonicalization: Option<Canonicalization>,
    pub(crate) body_canonicalization: Option<Canonicalization>,
    pub(crate) selectors: Option<[Selector; 2]>,
}

/// How the keys change places.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RotationOrder {
    /// Bits of the key that does not sign yet.
    pub(crate) key_size: Option<u32>,
    /// The key that signs is in other hands: it is revoked at once.
    pub(crate) compromised: bool,
}

/// What became of an operation on a configuration.
#[derive(Debug)]
pub(crate) struct DkimDone {
    pub(crate) view: DkimView,
    /// Why it is not enabled although that was asked for.
    pub(crate) refused: Option<Refusal>,
    pub(crate) events: Vec<Event>,
}

impl DkimDone {
    fn of(view: DkimView) -> DkimDone {
        DkimDone { view, refused: None, events: Vec::new() }
    }
}

/// Bits of a key unless told otherwise. Microsoft's default is 1024.
const KEY_SIZE: u32 = 2_048;

impl Service {
    /// Makes the configuration with two new keys, and enables it where that is asked for and the
    /// world sees the key. A refusal to enable leaves it made and not enabled.
    pub(crate) async fn dkim_new(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        new: &NewConfiguration,
        dry_run: bool,
        actor: &str,
    ) -> Result<DkimDone, ServiceError> {
        let before = self.dkim_get(organisation, name).await?;
        if before.configured.is_some() {
            return Err(StoreError::AlreadyConfigured(name.to_string()).into());
        }
        let bits = new.key_size.unwrap_or(KEY_SIZE);
        if !KEY_SIZES.contains(&bits) {
            return Err(StoreError::Refused(Refusal::KeySize { bits }).into());
        }
        let changes = new.changes();
        if dry_run {
            self.try_new(&changes, bits)?;
            return Ok(DkimDone::of(before));
        }
        let keys = two_keys(bits).await?;
        self.store.dkim_new(organisation, name, [&keys[0], &keys[1]], &changes, self.act(actor)).await?;
        self.ring();
        if !new.enabled {
            return self.dkim_get(organisation, name).await.map(DkimDone::of);
        }
        let enable = Changes { enabled: Some(true), ..Changes::default() };
        match self.dkim_set(organisation, name, &enable, false, actor).await {
            Err(ServiceError::NotVisible { refusal, view }) => {
                Ok(DkimDone { view: *view, refused: Some(refusal), events: Vec::new() })
            }
            done => done,
        }
    }

    /// Changes the configuration: all that is asked, or nothing; but other selector names stay
    /// although enabling with them is refused. Enabling looks first, at the source.
    pub(crate) async fn dkim_set(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        changes: &Changes,
        dry_run: bool,
        actor: &str,
    ) -> Result<DkimDone, ServiceError> {
        if changes.enabled == Some(true) {
            if changes.selectors.is_some() && !dry_run {
                let rename = Changes { enabled: None, ..changes.clone() };
                self.write_changes(organisation, name, &rename, actor).await?;
            }
            self.look_until_served(organisation, name, actor).await?;
        }
        if dry_run {
            let view = self.dkim_get(organisation, name).await?;
            let configured = view.configuration().cloned();
            let mut tried = configured.ok_or_else(|| StoreError::NoConfiguration(name.to_string()))?;
            let refused = tried.set(changes, self.now()).err();
            return match refused {
                Some(refusal) => Err(self.refused(organisation, name, refusal).await),
                None => Ok(DkimDone::of(view)),
            };
        }
        match self.write_changes(organisation, name, changes, actor).await {
            Err(ServiceError::Store(StoreError::Refused(refusal))) => {
                Err(self.refused(organisation, name, refusal).await)
            }
            Err(error) => Err(error),
            Ok(()) => self.dkim_get(organisation, name).await.map(DkimDone::of),
        }
    }

    async fn write_changes(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        changes: &Changes,
        actor: &str,
    ) -> Result<(), ServiceError> {
        self.store.dkim_set(organisation, name, changes, &self.waits, self.act(actor)).await?;
        self.ring();
        Ok(())
    }

    /// Begins a rotation, or revokes the key that signs.
    pub(crate) async fn dkim_rotate(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        order: RotationOrder,
        dry_run: bool,
        actor: &str,
    ) -> Result<DkimDone, ServiceError> {
        // What is seen now decides whether the other key may sign at once.
        self.dkim_check(organisation, name, actor).await?;
        let view = self.dkim_get(organisation, name).await?;
        let configuration = view.configuration();
        let mut tried = configuration.ok_or_else(|| StoreError::NoConfiguration(name.to_string()))?.clone();
        let needs_key = !order.compromised && tried.rotation_needs_key(order.key_size);
        if let Err(refusal) = self.try_rotation(&mut tried, order, needs_key) {
            return Err(self.refused(organisation, name, refusal).await);
        }
        if dry_run {
            return Ok(DkimDone::of(view));
        }
        let key = match order.key_size.filter(|_| needs_key) {
            Some(bits) => Some(new_key(bits).await?),
            None => None,
        };
        let (waits, act) = (&self.waits, self.act(actor));
        let done = if order.compromised {
            self.store.dkim_revoke_current(organisation, name, waits, act).await
        } else {
            self.store.dkim_rotate(organisation, name, order.key_size, key.as_ref(), waits, act).await
        };
        match done {
            Err(StoreError::Refused(refusal)) => Err(self.refused(organisation, name, refusal).await),
            Err(error) => Err(error.into()),
            Ok(advance) => {
                self.ring();
                let view = self.dkim_get(organisation, name).await?;
                Ok(DkimDone { view, refused: None, events: advance.events })
            }
        }
    }

    /// The same on a copy, so that no key is made for a rotation that is refused.
    fn try_rotation(
        &self,
        tried: &mut SigningConfiguration,
        order: RotationOrder,
        needs_key: bool,
    ) -> Result<(), Refusal> {
        let now = self.now();
        if order.compromised {
            return tried.revoke_current(&self.waits, now).map(|_| ());
        }
        let key = order.key_size.filter(|_| needs_key).map(|bits| NewKey { id: KeyId(0), bits });
        tried.rotate(order.key_size, key, &self.waits, now).map(|_| ())
    }

    /// Removes the configuration: its keys are destroyed.
    pub(crate) async fn dkim_remove(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        dry_run: bool,
        actor: &str,
    ) -> Result<DkimView, ServiceError> {
        let view = self.dkim_get(organisation, name).await?;
        if view.configured.is_none() {
            return Err(StoreError::NoConfiguration(name.to_string()).into());
        }
        if dry_run {
            return Ok(view);
        }
        self.store.dkim_remove(organisation, name, self.act(actor)).await?;
        self.ring();
        self.dkim_get(organisation, name).await
    }

    /// Somebody shows this domain: it is asked for as in the first hour.
    pub(crate) fn watch(&self, name: &DomainName) {
        self.watched.note(name, self.now());
    }

    /// Looks at both selectors now. What happened with that is returned.
    pub(crate) async fn dkim_check(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        actor: &str,
    ) -> Result<Vec<Event>, ServiceError> {
        let view = self.dkim_get(organisation, name).await?;
        Ok(self.look_at(&view, actor).await?.1)
    }

    /// Looks at both selectors, and writes down what was seen.
    pub(super) async fn look_at(
        &self,
        view: &DkimView,
        actor: &str,
    ) -> Result<([Option<Conclusion>; 2], Vec<Event>), ServiceError> {
        let (first, second) =
            tokio::join!(self.look_at_slot(view, Slot::First), self.look_at_slot(view, Slot::Second));
        let mut conclusions = [None; 2];
        let mut events = Vec::new();
        for (slot, seen) in [(Slot::First, first?), (Slot::Second, second?)] {
            let Some(Seen { conclusion, sightings }) = seen else { continue };
            conclusions[index(slot)] = Some(conclusion);
            let (organisation, name) = (&view.domain.organisation, &view.domain.name);
            let act = self.act(actor);
            let Some(configuration) = view.configuration() else { continue };
            let looked_at = (slot, configuration.slot(slot));
            let seen = (conclusion, sightings.as_slice());
            events.extend(self.store.record_sighting(organisation, name, looked_at, seen, act).await?);
        }
        if !events.is_empty() {
            self.ring();
        }
        Ok((conclusions, events))
    }

    /// Nothing is looked for where there is no key, or an empty one.
    async fn look_at_slot(&self, view: &DkimView, slot: Slot) -> Result<Option<Seen>, ServiceError> {
        let Some(configured) = &view.configured else { return Ok(None) };
        let state = configured.configuration.slot(slot);
        let Some(expected) = view.expected(slot) else { return Ok(None) };
        if !state.is_published() {
            return Ok(None);
        }
        let pkcs8 = match self.store.private_key(state.key).await {
            // It was replaced or revoked a moment ago.
            Err(StoreError::NoKey(_)) => return Ok(None),
            pkcs8 => pkcs8?,
        };
        let sought = Sought {
            domain: &view.domain.name,
            selector: &state.name,
            expected: &expected,
            record: &configured.records[index(slot)],
            initial: view.initial,
        };
        Ok(Some(self.looker.look(sought, pkcs8, self.now()).await))
    }

    /// Looks, and where only our own zone is behind, once more: a change is in force within two seconds.
    pub(super) async fn look_until_served(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        actor: &str,
    ) -> Result<Vec<Event>, ServiceError> {
        let mut events = Vec::new();
        for _ in 0..LOOKS_UNTIL_SERVED {
            let view = self.dkim_get(organisation, name).await?;
            let (conclusions, more) = self.look_at(&view, actor).await?;
            events.extend(more);
            let Some(configuration) = view.configuration() else { break };
            let behind = |slot: Slot| {
                let young = self.now().saturating_sub(configuration.slot(slot).key_made_at) <= YOUNG;
                let ours = match conclusions[index(slot)] {
                    Some(Conclusion::HostedDiffers) => true,
                    Some(Conclusion::Missing) => view.initial,
                    _ => false,
                };
                young && ours
            };
            if !Slot::BOTH.into_iter().any(behind) {
                break;
            }
            sleep(PAUSE).await;
        }
        Ok(events)
    }

    /// A refusal with what is to be shown beside it.
    async fn refused(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        refusal: Refusal,
    ) -> ServiceError {
        if !matches!(refusal, Refusal::NotSeen { .. }) {
            return StoreError::Refused(refusal).into();
        }
        match self.dkim_get(organisation, name).await {
            Ok(view) => ServiceError::NotVisible { refusal, view: Box::new(view) },
            Err(error) => error,
        }
    }

    /// What would be refused of a configuration with keys that nobody has made.
    fn try_new(&self, changes: &Changes, bits: u32) -> Result<(), ServiceError> {
        let selectors = changes.selectors.clone().unwrap_or_else(SigningConfiguration::default_selectors);
        if selectors.iter().any(|selector| selector.as_str().contains('.')) {
            return Err(StoreError::Label(HostedLabelError::DottedSelector).into());
        }
        let keys = [0, 1].map(|id| NewKey { id: KeyId(id), bits });
        let mut tried =
            SigningConfiguration::new(selectors, keys, bits, self.now()).map_err(StoreError::Refused)?;
        let rest = Changes { selectors: None, enabled: None, ..changes.clone() };
        tried.set(&rest, self.now()).map_err(StoreError::Refused)?;
        Ok(())
    }

    pub(super) fn act<'a>(&self, actor: &'a str) -> Act<'a> {
        Act { actor, now: self.now() }
    }
}

impl NewConfiguration {
    fn changes(&self) -> Changes {
        Changes {
            admin_display_name: self.admin_display_name.clone(),
            header_canonicalization: self.header_canonicalization,
            body_canonicalization: self.body_canonicalization,
            enabled: None,
            unseen_key: None,
            selectors: self.selectors.clone(),
        }
    }
}

/// Between two looks at our own zone.
const PAUSE: Duration = Duration::from_millis(250);
/// Five seconds in all, beside the looks themselves.
const LOOKS_UNTIL_SERVED: usize = 20;
/// Seconds for which our own zone may be behind with a key.
const YOUNG: u64 = 10;
