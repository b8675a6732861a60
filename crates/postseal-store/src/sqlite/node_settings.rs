use super::Sqlite;
use super::audit::{self, Entry};
use crate::{Act, StoreError};

impl Sqlite {
    pub(crate) async fn node_setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let found = sqlx::query_scalar("SELECT value FROM node_setting WHERE key = ?").bind(key);
        Ok(found.fetch_optional(&self.readers).await?)
    }

    pub(crate) async fn set_node_setting(
        &self,
        key: &str,
        value: Option<&str>,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        match value {
            Some(value) => {
                sqlx::query("INSERT OR REPLACE INTO node_setting (key, value) VALUES (?, ?)")
                    .bind(key)
                    .bind(value)
                    .execute(&mut *transaction)
                    .await?;
            }
            None => {
                sqlx::query("DELETE FROM node_setting WHERE key = ?")
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        let detail = format!("{key}={}", value.unwrap_or("file"));
        let entry = Entry { organisation: "", action: "node.set", subject: key, detail };
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn note_node(
        &self,
        action: &str,
        detail: String,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let entry = Entry { organisation: "", action, subject: "node", detail };
        audit::append(&mut transaction, &self.vault, act, entry).await?;
        transaction.commit().await?;
        Ok(())
    }
}
