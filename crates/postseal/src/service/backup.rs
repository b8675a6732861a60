use std::path::Path;

use postseal_store::KeySource;

use super::{Service, ServiceError};

impl Service {
    /// Writes the store to a new file. Returns where the key-encryption key is, which is not in it.
    pub(crate) async fn backup(&self, path: &Path, actor: &str) -> Result<KeySource, ServiceError> {
        self.store.backup(path, &self.key_source, self.act(actor)).await?;
        Ok(self.key_source.clone())
    }

    /// Takes domains, keys and settings from a backup.
    pub(crate) async fn restore(&self, path: &Path, actor: &str) -> Result<(), ServiceError> {
        self.store.restore(path, self.act(actor)).await?;
        self.ring();
        Ok(())
    }
}
