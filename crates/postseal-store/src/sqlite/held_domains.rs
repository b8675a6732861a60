use std::collections::HashMap;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostedLabel, OrganisationName, SelectorSlot};
use sqlx::Row as _;

use super::Sqlite;
use super::configuration_rows::{self, BAD, Properties};
use crate::{HeldDomain, StoreError};

/// A page of domains that are held, with the properties of their configurations.
const PAGE: &str = "
    SELECT d.id, d.name, o.name, l.label, c.admin_display_name, c.header_canonicalization, c.body_canonicalization,
           c.enabled, c.unseen_key, c.key_bits, c.rotation_began_at, c.switched_at
    FROM domain d JOIN organisation o ON o.id = d.organisation_id
    JOIN label l ON l.organisation_id = d.organisation_id AND l.domain = d.name
    LEFT JOIN signing_configuration c ON c.domain_id = d.id
    WHERE d.state = 'held' AND d.name > ? ORDER BY d.name LIMIT ?";

/// The selectors of the same page: the columns of one selector, and the domain and its key record behind them.
const SLOTS: &str = "
    SELECT s.slot, s.name, s.key_id, k.bits, k.made_at, s.life, s.life_until, s.last, s.last_at, s.visible_since,
           s.first_no_at, s.lost_since, s.domain_id, k.record
    FROM (SELECT id FROM domain WHERE state = 'held' AND name > ? ORDER BY name LIMIT ?) d
    JOIN selector s ON s.domain_id = d.id JOIN signing_key k ON k.id = s.key_id
    ORDER BY s.domain_id, s.slot";

impl Sqlite {
    /// Two statements for a page, however long it is.
    pub(crate) async fn held_domains(&self, after: &str, limit: u32) -> Result<Vec<HeldDomain>, StoreError> {
        let mut transaction = self.read().await?;
        let mut slots: HashMap<i64, Vec<(SelectorSlot, String)>> = HashMap::new();
        for row in sqlx::query(SLOTS).bind(after).bind(limit).fetch_all(&mut *transaction).await? {
            slots
                .entry(row.try_get(12)?)
                .or_default()
                .push((configuration_rows::read_slot(&row)?, row.try_get(13)?));
        }
        let rows = sqlx::query(PAGE).bind(after).bind(limit).fetch_all(&mut *transaction).await?;
        rows.iter().map(|row| read(row, &mut slots)).collect()
    }
}

fn read(
    row: &sqlx::sqlite::SqliteRow,
    slots: &mut HashMap<i64, Vec<(SelectorSlot, String)>>,
) -> Result<HeldDomain, StoreError> {
    let bad = || StoreError::BadRow { what: "domain" };
    let display_name: Option<String> = row.try_get(4)?;
    let configuration = match display_name {
        None => None,
        Some(display_name) => {
            let properties: Properties = (
                display_name,
                row.try_get(5)?,
                row.try_get(6)?,
                row.try_get(7)?,
                row.try_get(8)?,
                row.try_get(9)?,
                row.try_get(10)?,
                row.try_get(11)?,
            );
            let both = slots.remove(&row.try_get(0)?).unwrap_or_default();
            let (both, records): (Vec<SelectorSlot>, Vec<String>) = both.into_iter().unzip();
            let both = configuration_rows::read(properties, both.try_into().map_err(|_| BAD)?)?;
            Some((both, records.try_into().map_err(|_| BAD)?))
        }
    };
    Ok(HeldDomain {
        name: DomainName::parse(row.try_get(1)?).map_err(|_| bad())?,
        organisation: OrganisationName::parse(row.try_get(2)?).map_err(|_| bad())?,
        label: HostedLabel::parse(row.try_get(3)?).map_err(|_| bad())?,
        configuration,
    })
}
