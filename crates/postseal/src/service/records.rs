use postseal_core::dns::{DomainName, RecordData, TxtRecord};
use postseal_core::hosting::{KEY_TTL, OrganisationName, OwnershipToken, Slot, Title};
use postseal_store::{Domain, Standing};

use super::{DkimView, Service, ServiceError};

/// A record that the owner of a domain is to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordToPublish {
    pub(crate) name: DomainName,
    /// Seconds.
    pub(crate) ttl: u32,
    pub(crate) data: RecordData,
    pub(crate) purpose: Purpose,
}

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It shows whose the domain is, and stays: it is looked at each month.
    Ownership,
    /// Receivers find the key of a selector by it.
    Dkim,
    /// It is to be merged with an SPF record that is there: never a second one beside it.
    Spf,
    /// A policy that only asks for reports; nothing is refused by it.
    Dmarc,
}

impl Service {
    /// What the owner of a domain is to publish, as far as it is known. An initial domain needs nothing.
    pub(crate) async fn records(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Vec<RecordToPublish>, ServiceError> {
        let domain = self.store.domain(organisation, name).await?;
        if self.is_initial(organisation, name) {
            return Ok(Vec::new());
        }
        let mut records: Vec<RecordToPublish> = ownership_record(&domain).into_iter().collect();
        if matches!(domain.standing, Standing::Held(_)) {
            let view = self.dkim_get(organisation, name).await?;
            records.extend(Slot::BOTH.into_iter().filter_map(|slot| key_record(&view, slot)));
        }
        records.extend(self.spf_record(name));
        records.extend(dmarc_record(name));
        Ok(records)
    }

    /// Whoever sends through this installation includes its senders.
    fn spf_record(&self, name: &DomainName) -> Option<RecordToPublish> {
        let zone = self.zone.as_ref().filter(|_| self.has_senders)?;
        let data = text(&format!("v=spf1 include:spf.{} -all", zone.name()));
        Some(RecordToPublish { name: name.clone(), ttl: KEY_TTL, data, purpose: Purpose::Spf })
    }
}

/// The record that proves a claim, or goes on proving a holding; none where the operator's word stands.
pub(crate) fn ownership_record(domain: &Domain) -> Option<RecordToPublish> {
    let token = match &domain.standing {
        Standing::Claimed(claim) => &claim.token,
        Standing::Held(holding) if matches!(holding.title, Title::Proven { .. }) => &holding.token,
        Standing::Held(_) | Standing::Removed => return None,
    };
    let name = OwnershipToken::name(&domain.name).ok()?;
    let data = text(&token.record());
    Some(RecordToPublish { name, ttl: KEY_TTL, data, purpose: Purpose::Ownership })
}

/// The CNAME of a selector, or its key where none is hosted; a revoked key is not asked for.
pub(crate) fn key_record(view: &DkimView, slot: Slot) -> Option<RecordToPublish> {
    if view.initial {
        return None;
    }
    let data = match (view.target(slot), &view.configured) {
        (Some(target), _) => RecordData::Cname(target.clone()),
        (None, Some(configured)) => text(&configured.records[super::dkim_view::index(slot)]),
        (None, None) => return None,
    };
    Some(RecordToPublish { name: view.key_name(slot)?, ttl: KEY_TTL, data, purpose: Purpose::Dkim })
}

fn dmarc_record(name: &DomainName) -> Option<RecordToPublish> {
    let name = name.with_prefix("_dmarc").ok()?;
    Some(RecordToPublish { name, ttl: KEY_TTL, data: text("v=DMARC1; p=none"), purpose: Purpose::Dmarc })
}

/// A TXT record, split at 255 octets (RFC 1035 §3.3).
fn text(text: &str) -> RecordData {
    let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
    RecordData::Txt(TxtRecord::from_strings(&strings))
}
