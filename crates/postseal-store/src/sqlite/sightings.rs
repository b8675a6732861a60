use postseal_core::dns::DomainName;
use postseal_core::hosting::{Conclusion, Event, OrganisationName, SelectorSlot, Slot};

use super::{Sqlite, configuration_rows, domains, feed, from_sql, organisations, to_sql};
use crate::{Act, Sighting, StoreError};

type Columns = (String, String, String, String, Option<i64>);

impl Sqlite {
    /// Keeps what each server showed, in place of what was kept, and lets the
    /// configuration know what all of it means.
    pub(crate) async fn record_sighting(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        (slot, looked_at): (Slot, &SelectorSlot),
        (conclusion, sightings): (Conclusion, &[Sighting]),
        act: Act<'_>,
    ) -> Result<Option<Event>, StoreError> {
        let mut transaction = self.write().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let row = domains::held(&mut transaction, id, name).await?;
        let Some(mut configuration) = configuration_rows::load(&mut transaction, row.id).await? else {
            return Ok(None);
        };
        let is_now = configuration.slot(slot);
        if (is_now.key, &is_now.name) != (looked_at.key, &looked_at.name) {
            return Ok(None);
        }
        sqlx::query("DELETE FROM sighting WHERE domain_id = ? AND slot = ?")
            .bind(row.id)
            .bind(slot.number())
            .execute(&mut *transaction)
            .await?;
        for sighting in sightings {
            sqlx::query(
                "INSERT OR REPLACE INTO sighting (domain_id, slot, server, address, finding, detail,
                 others_may_hold_until, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(row.id)
            .bind(slot.number())
            .bind(sighting.server.as_str())
            .bind(sighting.address.to_string())
            .bind(&sighting.finding)
            .bind(&sighting.detail)
            .bind(sighting.others_may_hold_until.map(to_sql))
            .bind(to_sql(act.now))
            .execute(&mut *transaction)
            .await?;
        }
        let before = configuration.sign_with();
        let event = configuration.observe(slot, conclusion, act.now);
        configuration_rows::save(&mut transaction, row.id, &configuration).await?;
        if event.is_some() || before != configuration.sign_with() {
            feed::note(&mut transaction, Some(name.as_str()), act.now).await?;
        }
        if let Some(Event::Lost(slot)) = event {
            let detail = format!("slot={}", slot.number());
            self.note_domain(&mut transaction, organisation, name, "dkim.lost", detail, act).await?;
        }
        transaction.commit().await?;
        Ok(event)
    }

    pub(crate) async fn sightings(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        slot: Slot,
    ) -> Result<Vec<(Sighting, u64)>, StoreError> {
        let bad = || StoreError::BadRow { what: "sighting" };
        let mut transaction = self.read().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let row = domains::held(&mut transaction, id, name).await?;
        let rows: Vec<(Columns, i64)> = read_rows(&mut transaction, row.id, slot).await?;
        let read = |((server, address, finding, detail, until), at): (Columns, i64)| {
            let server = DomainName::parse(&server).map_err(|_| bad())?;
            let address = address.parse().map_err(|_| bad())?;
            let others_may_hold_until = until.map(from_sql);
            Ok((Sighting { server, address, finding, detail, others_may_hold_until }, from_sql(at)))
        };
        rows.into_iter().map(read).collect()
    }
}

async fn read_rows(
    connection: &mut super::Connection,
    domain_id: i64,
    slot: Slot,
) -> Result<Vec<(Columns, i64)>, StoreError> {
    let rows: Vec<(String, String, String, String, Option<i64>, i64)> = sqlx::query_as(
        "SELECT server, address, finding, detail, others_may_hold_until, seen_at FROM sighting
         WHERE domain_id = ? AND slot = ? ORDER BY server, address",
    )
    .bind(domain_id)
    .bind(slot.number())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(a, b, c, d, e, at)| ((a, b, c, d, e), at)).collect())
}
