use std::collections::HashMap;
use std::path::Path;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostedLabel, KeyId, OrganisationName, SelectorSlot};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use super::configuration_rows::{self, BAD, Properties};
use super::{BUSY, Sqlite, from_sql, to_sql};
use crate::{FormerName, HeldDomain, HeldKey, SealedKey, StoreError};

/// A page of domains that are held, with the properties of their configurations.
const PAGE: &str = "
    SELECT d.id, d.name, o.name, l.label, c.admin_display_name, c.header_canonicalization, c.body_canonicalization,
           c.enabled, c.unseen_key, c.key_bits, c.rotation_began_at, c.switched_at
    FROM domain d JOIN organisation o ON o.id = d.organisation_id
    JOIN label l ON l.organisation_id = d.organisation_id AND l.domain = d.name
    LEFT JOIN signing_configuration c ON c.domain_id = d.id
    WHERE d.state = 'held' AND d.name BETWEEN ? AND ? ORDER BY d.name LIMIT ?";

/// The selectors of the same page: the columns of one selector, and behind them the domain, its key record and
/// its hosted name.
const SLOTS: &str = "
    SELECT s.slot, s.name, s.key_id, k.bits, k.made_at, s.life, s.life_until, s.last, s.last_at, s.visible_since,
           s.first_no_at, s.lost_since, s.domain_id, k.record, h.name
    FROM (SELECT id, name, organisation_id FROM domain WHERE state = 'held' AND name BETWEEN ? AND ? ORDER BY name LIMIT ?) d
    JOIN selector s ON s.domain_id = d.id JOIN signing_key k ON k.id = s.key_id
    JOIN hosted_name h ON h.organisation_id = d.organisation_id AND h.domain = d.name AND h.selector = s.name
    ORDER BY s.domain_id, s.slot";

/// Names that were given up and still answer, by name; a name that is in use again is not among them.
const FORMER: &str = "
    SELECT h.domain, o.name, f.name, f.record, f.published_until, f.revoked_until
    FROM former_name f JOIN hosted_name h ON h.name = f.name JOIN organisation o ON o.id = h.organisation_id
    WHERE f.name > ?1 AND f.revoked_until > ?2 AND (?3 IS NULL OR h.domain = ?3)
      AND f.id = (SELECT max(id) FROM former_name g WHERE g.name = f.name)
      AND NOT EXISTS (SELECT 1 FROM selector s JOIN domain d ON d.id = s.domain_id
                      WHERE d.organisation_id = h.organisation_id AND d.name = h.domain AND s.name = h.selector)
    ORDER BY f.name LIMIT ?4";

type FormerColumns = (String, String, String, String, i64, i64);

impl Sqlite {
    /// Two statements for a page, however long it is.
    pub(crate) async fn held_domains(&self, after: &str, limit: u32) -> Result<Vec<HeldDomain>, StoreError> {
        // In no name is there a character before "-" or after "z".
        self.held_between(&format!("{after}!"), "~", limit).await
    }

    /// One domain, as the pages have it.
    pub(crate) async fn held_domain(&self, name: &DomainName) -> Result<Option<HeldDomain>, StoreError> {
        Ok(self.held_between(name.as_str(), name.as_str(), 1).await?.pop())
    }

    /// Looks at a file without a lock on it or a change to it.
    pub(crate) async fn holders_in_file(
        path: &Path,
        names: impl Iterator<Item = &DomainName>,
    ) -> Result<Vec<(DomainName, OrganisationName)>, StoreError> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
        let mut connection = SqliteConnection::connect_with(&options.disable_statement_logging()).await?;
        let mut found = Vec::new();
        for name in names {
            let holder: Option<String> = sqlx::query_scalar(
                "SELECT o.name FROM domain d JOIN organisation o ON o.id = d.organisation_id
                 WHERE d.name = ? AND d.state = 'held'",
            )
            .bind(name.as_str())
            .fetch_optional(&mut connection)
            .await?;
            if let Some(holder) = holder {
                let bad = |_| StoreError::BadRow { what: "organisation" };
                found.push((name.clone(), OrganisationName::parse(&holder).map_err(bad)?));
            }
        }
        connection.close().await?;
        Ok(found)
    }

    async fn held_between(&self, first: &str, last: &str, limit: u32) -> Result<Vec<HeldDomain>, StoreError> {
        let mut transaction = self.read().await?;
        let mut slots: HashMap<i64, Vec<(SelectorSlot, HeldKey)>> = HashMap::new();
        for row in sqlx::query(SLOTS).bind(first).bind(last).bind(limit).fetch_all(&mut *transaction).await? {
            let key = HeldKey { record: row.try_get(13)?, hosted_selector: row.try_get(14)? };
            slots.entry(row.try_get(12)?).or_default().push((configuration_rows::read_slot(&row)?, key));
        }
        let rows = sqlx::query(PAGE).bind(first).bind(last).bind(limit).fetch_all(&mut *transaction).await?;
        rows.iter().map(|row| read(row, &mut slots)).collect()
    }

    pub(crate) async fn former_names(
        &self,
        domain: Option<&DomainName>,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<FormerName>, StoreError> {
        let rows: Vec<FormerColumns> = sqlx::query_as(FORMER)
            .bind(after)
            .bind(to_sql(now))
            .bind(domain.map(DomainName::as_str))
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        let read = |(domain, organisation, name, record, published_until, revoked_until): FormerColumns| {
            let bad = || StoreError::BadRow { what: "former name" };
            Ok(FormerName {
                domain: DomainName::parse(&domain).map_err(|_| bad())?,
                organisation: OrganisationName::parse(&organisation).map_err(|_| bad())?,
                hosted_selector: name,
                record,
                published_until: from_sql(published_until),
                revoked_until: from_sql(revoked_until),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Private keys as they rest; those that were destroyed, or never were, are left out.
    pub(crate) async fn sealed_keys(&self, keys: &[KeyId]) -> Result<Vec<(KeyId, SealedKey)>, StoreError> {
        let mut transaction = self.read().await?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let sealed: Option<Option<Vec<u8>>> =
                sqlx::query_scalar("SELECT sealed FROM signing_key WHERE id = ?")
                    .bind(key.0)
                    .fetch_optional(&mut *transaction)
                    .await?;
            found.extend(sealed.flatten().map(|sealed| (*key, SealedKey::new(sealed))));
        }
        Ok(found)
    }
}

fn read(
    row: &sqlx::sqlite::SqliteRow,
    slots: &mut HashMap<i64, Vec<(SelectorSlot, HeldKey)>>,
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
            let (both, keys): (Vec<SelectorSlot>, Vec<HeldKey>) = both.into_iter().unzip();
            let both = configuration_rows::read(properties, both.try_into().map_err(|_| BAD)?)?;
            Some((both, keys.try_into().map_err(|_| BAD)?))
        }
    };
    Ok(HeldDomain {
        name: DomainName::parse(row.try_get(1)?).map_err(|_| bad())?,
        organisation: OrganisationName::parse(row.try_get(2)?).map_err(|_| bad())?,
        label: HostedLabel::parse(row.try_get(3)?).map_err(|_| bad())?,
        configuration,
    })
}
