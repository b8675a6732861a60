use postseal_store::{NewPair, PairOrigin, StoredPair};

use super::{Service, ServiceError};
use crate::config::{AllowedPair, Network};

/// All who are accepted although DMARC fails.
pub(crate) struct AllowedPairs {
    /// Added here, and can be removed here.
    pub(crate) stored: Vec<StoredPair>,
    /// Of the configuration file.
    pub(crate) of_file: Vec<AllowedPair>,
}

impl Service {
    pub(crate) async fn allowed_pairs(&self) -> Result<AllowedPairs, ServiceError> {
        let stored = self.store.receiver_policy().await?.pairs;
        Ok(AllowedPairs { stored, of_file: self.file_settings().allowed })
    }

    /// Adds a pair. Each is a hole: one that lets in the whole world is refused, and one whose end has come.
    pub(crate) async fn add_allowed_pair(
        &self,
        mut new: NewPair,
        actor: &str,
    ) -> Result<StoredPair, ServiceError> {
        if let PairOrigin::Client(text) = &new.from {
            let network: Network =
                text.parse().map_err(|error| ServiceError::PairUnfit(format!("{text:?}: {error}")))?;
            let text = network.to_string();
            if text.ends_with("/0") {
                return Err(ServiceError::PairUnfit(format!("{text} is everybody")));
            }
            new.from = PairOrigin::Client(text);
        }
        if new.until.is_some_and(|until| until <= self.now()) {
            return Err(ServiceError::PairUnfit("its end lies in the past".to_owned()));
        }
        if new.note.chars().count() > MAX_NOTE || new.note.chars().any(char::is_control) {
            return Err(ServiceError::PairUnfit(format!(
                "a note has at most {MAX_NOTE} characters, and none that controls anything"
            )));
        }
        let pair = self.store.add_allowed_pair(&new, self.act(actor)).await?;
        self.ring();
        Ok(pair)
    }

    pub(crate) async fn remove_allowed_pair(&self, id: i64, actor: &str) -> Result<(), ServiceError> {
        self.store.remove_allowed_pair(id, self.act(actor)).await?;
        self.ring();
        Ok(())
    }
}

/// Characters.
const MAX_NOTE: usize = 200;
