use std::time::Duration;

use postseal_store::{Store, StoreError};

/// The setting of the store that takes the place of `[verdicts] keep` in the file. Its value is in seconds.
pub(crate) const RETENTION: &str = "verdicts.keep";

/// A time for which rows of judged messages may be kept; zero: there are none. As the file may have it.
pub(crate) fn is_retention(keep: Duration) -> bool {
    keep.is_zero() || (SHORTEST..=LONGEST).contains(&keep)
}

/// What was set on the running node; `None`: it is as in the file.
///
/// # Errors
/// Only where the store fails.
pub(crate) async fn retention_set(store: &Store) -> Result<Option<Duration>, StoreError> {
    let value = store.node_setting(RETENTION).await?;
    let keep = value.and_then(|value| value.parse().ok()).map(Duration::from_secs);
    Ok(keep.filter(|keep| is_retention(*keep)))
}

const SHORTEST: Duration = Duration::from_secs(3_600);
const LONGEST: Duration = Duration::from_secs(3_660 * 86_400);
