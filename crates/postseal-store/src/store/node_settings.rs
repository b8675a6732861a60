use super::{Backend, Store};
use crate::{Act, StoreError};

/// What a person has set on a running node, in the place of what its file says.
impl Store {
    /// The value of a setting; `None`: it is as in the file.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn node_setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.node_setting(key).await,
        }
    }

    /// Sets it; `None`: it is as in the file again.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn set_node_setting(
        &self,
        key: &str,
        value: Option<&str>,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.set_node_setting(key, value, act).await,
        }
    }

    /// Notes in the audit log what was done with the node itself.
    ///
    /// # Errors
    /// Only where the database fails.
    pub async fn note_node(&self, action: &str, detail: String, act: Act<'_>) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Sqlite(store) => store.note_node(action, detail, act).await,
        }
    }
}
