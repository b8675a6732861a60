use serde::{Deserialize, Serialize};

use crate::service::Retention;

/// How long a row of each judged message is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageRetention {
    /// What is in force; 0: no rows are kept.
    pub(crate) keep_seconds: u64,
    /// What the configuration file says (`[verdicts] keep`), or what is so by default.
    pub(crate) file_keep_seconds: u64,
    /// It was changed here; then the file does not count.
    pub(crate) changed: bool,
    /// Messages that are older, and are removed within the hour.
    pub(crate) older_messages: u64,
}

/// Another time; null or absent: as the file has it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetMessageRetention {
    #[serde(default)]
    pub(crate) keep_seconds: Option<u64>,
    /// Nothing is changed; it is only said what would be.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

impl MessageRetention {
    pub(crate) fn of(retention: Retention, older_messages: u64) -> MessageRetention {
        MessageRetention {
            keep_seconds: retention.keep.as_secs(),
            file_keep_seconds: retention.file.as_secs(),
            changed: retention.is_changed,
            older_messages,
        }
    }
}
