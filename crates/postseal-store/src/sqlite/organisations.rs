use postseal_core::hosting::{Changes, HostingZone, OrganisationName, OwnershipToken, SigningConfiguration};

use super::audit::{self, Entry};
use super::{Connection, Sqlite, feed, to_sql};
use crate::{Act, HostedKey, StoreError};

/// The number of an organisation that is there.
pub(super) async fn id_of(connection: &mut Connection, name: &OrganisationName) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT id FROM organisation WHERE name = ? AND removed_at IS NULL")
        .bind(name.as_str())
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::NoOrganisation(name.to_string()))
}

pub(super) async fn name_of(connection: &mut Connection, id: i64) -> Result<OrganisationName, StoreError> {
    let name: String = sqlx::query_scalar("SELECT name FROM organisation WHERE id = ?")
        .bind(id)
        .fetch_one(connection)
        .await?;
    OrganisationName::parse(&name).map_err(|_| StoreError::BadRow { what: "organisation" })
}

impl Sqlite {
    pub(crate) async fn add_organisation(
        &self,
        name: &OrganisationName,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        self.insert_organisation(&mut transaction, name, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// With its initial domain, held, and the two keys of that: all of it or nothing.
    pub(crate) async fn add_organisation_with_initial_domain(
        &self,
        name: &OrganisationName,
        zone: &HostingZone,
        token: OwnershipToken,
        keys: [&HostedKey; 2],
        act: Act<'_>,
    ) -> Result<SigningConfiguration, StoreError> {
        let mut transaction = self.write().await?;
        self.insert_organisation(&mut transaction, name, act).await?;
        let id = id_of(&mut transaction, name).await?;
        let initial = zone.initial_domain(name);
        self.hold_trusted(&mut transaction, name, id, &initial, token, act).await?;
        let changes = Changes::default();
        let (made, _) =
            self.make_configuration(&mut transaction, name, &initial, keys, &changes, act).await?;
        transaction.commit().await?;
        Ok(made)
    }

    async fn insert_organisation(
        &self,
        connection: &mut Connection,
        name: &OrganisationName,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let made = sqlx::query(
            "INSERT INTO organisation (name, made_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name.as_str())
        .bind(to_sql(act.now))
        .execute(&mut *connection)
        .await?;
        if made.rows_affected() == 0 {
            return Err(StoreError::OrganisationTaken(name.to_string()));
        }
        feed::note_zone(connection, Some(feed::NO_DOMAIN), act.now).await?;
        let entry = Entry {
            organisation: name.as_str(),
            action: "org.add",
            subject: name.as_str(),
            detail: String::new(),
        };
        audit::append(connection, &self.vault, act, entry).await?;
        Ok(())
    }

    pub(crate) async fn organisations(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<OrganisationName>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM organisation WHERE removed_at IS NULL AND name > ? ORDER BY name LIMIT ?",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        let read = |name: String| {
            OrganisationName::parse(&name).map_err(|_| StoreError::BadRow { what: "organisation" })
        };
        names.into_iter().map(read).collect()
    }
}
