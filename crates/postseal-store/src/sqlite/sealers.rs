use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::audit::{self, Entry};
use super::{Connection, Sqlite, organisations, receiver_policy};
use crate::{Act, StoreError};

const MOST: usize = 1_000;

async fn list(connection: &mut Connection, organisation: i64) -> Result<Vec<DomainName>, StoreError> {
    let names: Vec<String> =
        sqlx::query_scalar("SELECT domain FROM trusted_sealer WHERE organisation_id = ? ORDER BY domain")
            .bind(organisation)
            .fetch_all(connection)
            .await?;
    let read =
        |name: String| DomainName::parse(&name).map_err(|_| StoreError::BadRow { what: "trusted sealer" });
    names.into_iter().map(read).collect()
}

impl Sqlite {
    pub(crate) async fn trusted_sealers(
        &self,
        organisation: &OrganisationName,
    ) -> Result<Vec<DomainName>, StoreError> {
        let mut transaction = self.read().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        list(&mut transaction, id).await
    }

    /// Changes the list by what `change` makes of it.
    pub(crate) async fn change_trusted_sealers(
        &self,
        organisation: &OrganisationName,
        action: &str,
        act: Act<'_>,
        change: impl FnOnce(&mut Vec<DomainName>),
    ) -> Result<Vec<DomainName>, StoreError> {
        let mut transaction = self.write().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let mut sealers = list(&mut transaction, id).await?;
        change(&mut sealers);
        sealers.sort();
        sealers.dedup();
        if sealers.len() > MOST {
            return Err(StoreError::TooManySealers);
        }
        sqlx::query("DELETE FROM trusted_sealer WHERE organisation_id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        for sealer in &sealers {
            sqlx::query("INSERT INTO trusted_sealer (organisation_id, domain) VALUES (?, ?)")
                .bind(id)
                .bind(sealer.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        receiver_policy::note(&mut transaction, act.now).await?;
        let detail =
            format!("sealers={}", sealers.iter().map(DomainName::as_str).collect::<Vec<_>>().join(","));
        let entry =
            Entry { organisation: organisation.as_str(), action, subject: organisation.as_str(), detail };
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(sealers)
    }
}
