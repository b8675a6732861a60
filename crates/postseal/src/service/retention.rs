use std::time::Duration;

use super::{Service, ServiceError};
use crate::verdicts::{RETENTION, retention_set};

/// How long a row of each judged message is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retention {
    /// What is in force; zero: no rows are kept.
    pub(crate) keep: Duration,
    /// What the file says, or what is so by default.
    pub(crate) file: Duration,
    /// It was changed here; then the file does not count.
    pub(crate) is_changed: bool,
}

impl Service {
    /// How long messages are kept.
    pub(crate) async fn retention(&self) -> Result<Retention, ServiceError> {
        let (file, set) = ((self.keep)(), retention_set(&self.store).await?);
        Ok(Retention { keep: set.unwrap_or(file), file, is_changed: set.is_some() })
    }

    /// Changes it; `None`: it is as in the file again. What is older is removed within the hour.
    pub(crate) async fn set_retention(
        &self,
        keep: Option<Duration>,
        actor: &str,
    ) -> Result<Retention, ServiceError> {
        let value = keep.map(|keep| keep.as_secs().to_string());
        self.store.set_node_setting(RETENTION, value.as_deref(), self.act(actor)).await?;
        self.retention().await
    }

    /// How many messages are older than that; for zero, all.
    pub(crate) async fn messages_older_than(&self, keep: Duration) -> Result<u64, ServiceError> {
        let before = if keep.is_zero() { u64::MAX } else { self.now().saturating_sub(keep.as_secs()) };
        Ok(self.store.verdicts_before(before).await?)
    }
}
