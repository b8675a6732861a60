use postseal_core::dkim::Selector;
use postseal_core::hosting::{KeyId, NewKey};
use zeroize::Zeroizing;

use super::{Connection, Sqlite, to_sql};
use crate::key_vault::Binding;
use crate::{HostedKey, KeyVault, StoreError};

/// The domain that a key belongs to.
#[derive(Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) organisation: &'a str,
    pub(super) domain_id: i64,
    pub(super) domain: &'a str,
}

impl<'a> Owner<'a> {
    fn binding(self, selector: &'a str, key_id: i64) -> Binding<'a> {
        Binding { organisation: self.organisation, domain: self.domain, selector, key_id }
    }
}

/// Stores a new key, sealed; its number is bound into the seal.
pub(super) async fn insert(
    connection: &mut Connection,
    vault: &KeyVault,
    owner: Owner<'_>,
    selector: &Selector,
    key: &HostedKey,
    now: u64,
) -> Result<NewKey, StoreError> {
    let id = sqlx::query(
        "INSERT INTO signing_key (domain_id, selector, bits, record, sealed, made_at) VALUES (?, ?, ?, ?, x'', ?)",
    )
    .bind(owner.domain_id)
    .bind(selector.as_str())
    .bind(key.bits())
    .bind(key.record())
    .bind(to_sql(now))
    .execute(&mut *connection)
    .await?
    .last_insert_rowid();
    store_sealed(connection, vault, owner, selector, id, key.pkcs8()).await?;
    Ok(NewKey { id: KeyId(id), bits: key.bits() })
}

async fn store_sealed(
    connection: &mut Connection,
    vault: &KeyVault,
    owner: Owner<'_>,
    selector: &Selector,
    id: i64,
    pkcs8: &[u8],
) -> Result<(), StoreError> {
    let sealed = vault.seal(owner.binding(selector.as_str(), id), pkcs8)?;
    sqlx::query("UPDATE signing_key SET selector = ?, sealed = ? WHERE id = ?")
        .bind(selector.as_str())
        .bind(sealed)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Opens a key. Its selector is the one that it was sealed for.
async fn open(
    connection: &mut Connection,
    vault: &KeyVault,
    owner: Owner<'_>,
    key: KeyId,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let row: Option<(String, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT selector, sealed FROM signing_key WHERE id = ? AND domain_id = ?")
            .bind(key.0)
            .bind(owner.domain_id)
            .fetch_optional(connection)
            .await?;
    match row {
        Some((selector, Some(sealed))) => Ok(vault.open(owner.binding(&selector, key.0), &sealed)?),
        _ => Err(StoreError::NoKey(key.0)),
    }
}

/// Seals a key again for a selector with another name.
pub(super) async fn reseal(
    connection: &mut Connection,
    vault: &KeyVault,
    owner: Owner<'_>,
    key: KeyId,
    selector: &Selector,
) -> Result<(), StoreError> {
    let pkcs8 = open(connection, vault, owner, key).await?;
    store_sealed(connection, vault, owner, selector, key.0, &pkcs8).await
}

/// Destroys a private key; its record stays, to be answered or told of.
pub(super) async fn destroy(connection: &mut Connection, key: KeyId, now: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE signing_key SET sealed = NULL, destroyed_at = ? WHERE id = ? AND sealed IS NOT NULL")
        .bind(to_sql(now))
        .bind(key.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The text of a key's record.
pub(super) async fn record(connection: &mut Connection, key: KeyId) -> Result<String, StoreError> {
    sqlx::query_scalar("SELECT record FROM signing_key WHERE id = ?")
        .bind(key.0)
        .fetch_optional(connection)
        .await?
        .ok_or(StoreError::NoKey(key.0))
}

impl Sqlite {
    pub(crate) async fn key_record(&self, key: KeyId) -> Result<String, StoreError> {
        record(&mut *self.readers.acquire().await?, key).await
    }

    pub(crate) async fn private_key(&self, key: KeyId) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let mut transaction = self.read().await?;
        let row: Option<(String, i64, String)> = sqlx::query_as(
            "SELECT o.name, d.id, d.name FROM signing_key k JOIN domain d ON d.id = k.domain_id
             JOIN organisation o ON o.id = d.organisation_id WHERE k.id = ?",
        )
        .bind(key.0)
        .fetch_optional(&mut *transaction)
        .await?;
        let (organisation, domain_id, domain) = row.ok_or(StoreError::NoKey(key.0))?;
        let owner = Owner { organisation: &organisation, domain_id, domain: &domain };
        open(&mut transaction, &self.vault, owner, key).await
    }
}
