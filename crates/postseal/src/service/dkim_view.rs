use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Expected, Finding, Flyout, HostingZone, OrganisationName, PublishMode, SigningConfiguration, Slot,
    Status, Whose, propose_selectors,
};
use postseal_store::{Domain, Sighting, Standing, StoreError};

use super::{Service, ServiceError};

/// All that is to be shown of how a domain signs.
#[derive(Clone, Debug)]
pub(crate) struct DkimView {
    pub(crate) domain: Domain,
    /// True for the domain that an organisation has from its first minute.
    pub(crate) initial: bool,
    /// What its owner publishes. An initial domain's keys lie in our own zone.
    pub(crate) mode: PublishMode,
    /// The names of the two selectors.
    pub(crate) selectors: [Selector; 2],
    /// Where the two CNAMEs point; `None` in TXT mode and for an initial domain.
    pub(crate) targets: Option<[DomainName; 2]>,
    /// `None` where no keys are saved for the domain.
    pub(crate) configured: Option<Configured>,
    /// Selector names to use instead: somebody else's records are at these.
    pub(crate) proposal: Option<[Selector; 2]>,
    /// The hosting zone, to recognise our own names.
    pub(crate) zone: Option<HostingZone>,
}

/// A configuration with what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    pub(crate) configuration: SigningConfiguration,
    /// The texts of the two key records.
    pub(crate) records: [String; 2],
    /// What each server showed of each selector at the last look, and when.
    pub(crate) sightings: [Vec<(Sighting, u64)>; 2],
    /// `RotateOnDate`, and the selectors before and after it.
    pub(crate) rotate_on: (u64, Slot, Slot),
}

/// How a domain signs, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SigningState {
    pub(crate) enabled: bool,
    pub(crate) status: Status,
    pub(crate) flyout: Flyout,
    /// UNIX seconds.
    pub(crate) last_checked: Option<u64>,
}

impl DkimView {
    pub(crate) fn configuration(&self) -> Option<&SigningConfiguration> {
        self.configured.as_ref().map(|configured| &configured.configuration)
    }

    pub(crate) fn status(&self) -> Status {
        SigningConfiguration::status(self.configuration(), self.mode)
    }

    pub(crate) fn flyout(&self) -> Flyout {
        SigningConfiguration::flyout(self.configuration())
    }

    /// Where the owner publishes: `<selector>._domainkey.<domain>`; `None` where that is too long.
    pub(crate) fn key_name(&self, slot: Slot) -> Option<DomainName> {
        self.selectors[index(slot)].key_name(&self.domain.name).ok()
    }

    pub(crate) fn target(&self, slot: Slot) -> Option<&DomainName> {
        self.targets.as_ref().map(|targets| &targets[index(slot)])
    }

    /// What a look must find.
    pub(super) fn expected(&self, slot: Slot) -> Option<Expected> {
        match (self.target(slot), &self.zone) {
            (Some(target), Some(zone)) => {
                Some(Expected::Cname { target: target.clone(), zone: zone.clone() })
            }
            _ => {
                let record = self.configured.as_ref()?.records[index(slot)].clone();
                Some(Expected::Txt { record })
            }
        }
    }
}

pub(super) fn index(slot: Slot) -> usize {
    usize::from(slot.number() - 1)
}

/// A finding as it was kept, as far as its advice goes.
pub(crate) fn finding_of(sighting: &Sighting, zone: Option<&HostingZone>) -> Option<Finding> {
    Some(match sighting.finding.as_str() {
        "right" => Finding::Right,
        "wrong_target" => {
            let target = DomainName::parse(&sighting.detail).ok()?;
            let whose = Whose::of(&target, zone);
            Finding::WrongTarget { target, whose }
        }
        "txt_instead" => Finding::TxtInstead,
        "wrong_txt" => Finding::WrongTxt,
        _ => return None,
    })
}

impl Service {
    /// How a domain signs, with what was seen of it at the last look.
    pub(crate) async fn dkim_get(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<DkimView, ServiceError> {
        let domain = self.store.domain(organisation, name).await?;
        if matches!(domain.standing, Standing::Claimed(_)) {
            return Err(StoreError::NotHeld(name.to_string()).into());
        }
        let configured = match self.store.dkim_get(organisation, name).await? {
            Some(configuration) => Some(self.with_records(&domain, configuration).await?),
            None => None,
        };
        self.view(domain, configured)
    }

    /// How a held domain signs, without what was seen of it; `None` where it is not held.
    pub(crate) async fn signing_state(&self, domain: &Domain) -> Result<Option<SigningState>, ServiceError> {
        if !matches!(domain.standing, Standing::Held(_)) {
            return Ok(None);
        }
        let configuration = self.store.dkim_get(&domain.organisation, &domain.name).await?;
        Ok(self.state_of(domain, configuration.as_ref()))
    }

    /// The same of what is read already. Of a domain in TXT mode and of an initial one the status is that
    /// of its mode.
    pub(super) fn state_of(
        &self,
        domain: &Domain,
        configuration: Option<&SigningConfiguration>,
    ) -> Option<SigningState> {
        let initial = self.is_initial(&domain.organisation, &domain.name);
        let mode = if initial { PublishMode::Txt } else { self.mode() };
        matches!(domain.standing, Standing::Held(_)).then(|| SigningState {
            enabled: configuration.is_some_and(|configuration| configuration.enabled),
            status: SigningConfiguration::status(configuration, mode),
            flyout: SigningConfiguration::flyout(configuration),
            last_checked: configuration.and_then(SigningConfiguration::last_checked),
        })
    }

    async fn with_records(
        &self,
        domain: &Domain,
        configuration: SigningConfiguration,
    ) -> Result<Configured, ServiceError> {
        let key = |slot| configuration.slot(slot).key;
        let records =
            [self.store.key_record(key(Slot::First)).await?, self.store.key_record(key(Slot::Second)).await?];
        let (organisation, name) = (&domain.organisation, &domain.name);
        let sightings = [
            self.store.sightings(organisation, name, Slot::First).await?,
            self.store.sightings(organisation, name, Slot::Second).await?,
        ];
        let rotate_on = configuration.rotate_on(&self.waits, self.now());
        Ok(Configured { configuration, records, sightings, rotate_on })
    }

    pub(super) fn view(
        &self,
        domain: Domain,
        configured: Option<Configured>,
    ) -> Result<DkimView, ServiceError> {
        let selectors = match &configured {
            Some(c) => c.configuration.slots.each_ref().map(|slot| slot.name.clone()),
            None => SigningConfiguration::default_selectors(),
        };
        let initial = self.is_initial(&domain.organisation, &domain.name);
        let targets = if initial { None } else { self.targets(&domain, &selectors)? };
        let mode = if initial { PublishMode::Txt } else { self.mode() };
        let proposal = configured.as_ref().and_then(|configured| self.proposal(configured));
        let zone = self.zone.clone();
        Ok(DkimView { domain, initial, mode, selectors, targets, configured, proposal, zone })
    }

    /// The hosted names of the two keys.
    fn targets(
        &self,
        domain: &Domain,
        selectors: &[Selector; 2],
    ) -> Result<Option<[DomainName; 2]>, ServiceError> {
        let (Some(zone), Some(label)) = (&self.zone, &domain.label) else { return Ok(None) };
        let target =
            |selector| zone.key_name(selector, label, &domain.organisation).map_err(StoreError::from);
        Ok(Some([target(&selectors[0])?, target(&selectors[1])?]))
    }

    pub(super) fn is_initial(&self, organisation: &OrganisationName, name: &DomainName) -> bool {
        self.zone.as_ref().is_some_and(|zone| zone.initial_domain(organisation) == *name)
    }

    /// Only for a domain that has never signed: a key of our own that was replaced since is
    /// nobody else's.
    fn proposal(&self, configured: &Configured) -> Option<[Selector; 2]> {
        let configuration = &configured.configuration;
        let fresh = !configuration.enabled && configuration.slots.iter().all(|s| s.visible_since.is_none());
        let sightings = configured.sightings.iter().flatten();
        let findings: Vec<Finding> =
            sightings.filter_map(|(sighting, _)| finding_of(sighting, self.zone.as_ref())).collect();
        propose_selectors(&findings).filter(|_| fresh)
    }
}
