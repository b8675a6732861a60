use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::words::Lang;

/// Where a backup is to be written, on the node's machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupOrder {
    /// An absolute path; nothing may be there yet.
    pub(crate) path: PathBuf,
}

/// A backup to take domains, keys and settings from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreOrder {
    /// An absolute path.
    pub(crate) path: PathBuf,
}

/// A backup that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Backup {
    pub(crate) path: PathBuf,
    /// Where the key-encryption key is: it is not in the backup, which is worth nothing without it.
    pub(crate) key_encryption_key: String,
}

/// The configuration file is to be taken again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReloadOrder {
    /// What its faults are said in.
    #[serde(default = "english")]
    pub(crate) lang: Lang,
}

fn english() -> Lang {
    Lang::En
}
