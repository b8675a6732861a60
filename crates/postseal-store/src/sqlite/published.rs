use postseal_core::hosting::OrganisationName;

use super::{Sqlite, from_sql, to_sql};
use crate::{PublishedKey, StoreError, revoked_record};

type Columns = (String, String, String, i64, Option<i64>);

/// The selectors of all domains and, where a name was given up, what it answers for a while.
/// A name that is in use again is not answered by what it once was.
const ALL: &str = "
    SELECT h.name, o.name, k.record, s.life = 'revoked', NULL
    FROM selector s JOIN domain d ON d.id = s.domain_id JOIN signing_key k ON k.id = s.key_id
    JOIN hosted_name h ON h.organisation_id = d.organisation_id AND h.domain = d.name AND h.selector = s.name
    JOIN organisation o ON o.id = d.organisation_id
    WHERE h.name > ?1
    UNION ALL
    SELECT f.name, o.name, f.record, f.published_until <= ?2,
           CASE WHEN f.published_until <= ?2 THEN f.revoked_until ELSE f.published_until END
    FROM former_name f JOIN hosted_name h ON h.name = f.name JOIN organisation o ON o.id = h.organisation_id
    WHERE f.name > ?1 AND f.revoked_until > ?2
      AND f.id = (SELECT max(id) FROM former_name g WHERE g.name = f.name)
      AND NOT EXISTS (SELECT 1 FROM selector s JOIN domain d ON d.id = s.domain_id
                      WHERE d.organisation_id = h.organisation_id AND d.name = h.domain AND s.name = h.selector)
    ORDER BY 1 LIMIT ?3";

impl Sqlite {
    pub(crate) async fn published_keys(
        &self,
        after: &str,
        limit: u32,
        now: u64,
    ) -> Result<Vec<PublishedKey>, StoreError> {
        let rows: Vec<Columns> =
            sqlx::query_as(ALL).bind(after).bind(to_sql(now)).bind(limit).fetch_all(&self.readers).await?;
        let read = |(name, organisation, record, revoked, until): Columns| {
            let bad = |_| StoreError::BadRow { what: "organisation" };
            let organisation = OrganisationName::parse(&organisation).map_err(bad)?;
            let record = if revoked == 0 { record } else { revoked_record(&record) };
            Ok(PublishedKey { hosted_selector: name, organisation, record, changes_at: until.map(from_sql) })
        };
        rows.into_iter().map(read).collect()
    }
}
