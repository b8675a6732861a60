use std::collections::BTreeMap;

use super::{Service, ServiceError};
use crate::config::ReceiveSettings;
use crate::inbound::{ReceiverChanges, ReceiverKey};

/// A setting of the receiver's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReceiverChoice {
    pub(crate) key: ReceiverKey,
    /// What is in force.
    pub(crate) value: &'static str,
    /// What the file says, or what is so by default.
    pub(crate) file: &'static str,
    /// It was changed here, be it to the same.
    pub(crate) is_changed: bool,
}

impl Service {
    /// What decides about mail that fails, setting by setting.
    pub(crate) async fn receiver_choices(&self) -> Result<Vec<ReceiverChoice>, ServiceError> {
        let (file, policy) = (self.file_settings(), self.store.receiver_policy().await?);
        let (changes, _) = ReceiverChanges::of(&policy);
        let in_force = changes.applied_to(&file);
        let choice = |key: ReceiverKey| ReceiverChoice {
            key,
            value: key.read(&in_force),
            file: key.read(&file),
            is_changed: policy.settings.contains_key(key.as_str()),
        };
        Ok(ReceiverKey::ALL.map(choice).to_vec())
    }

    /// Changes some of them; `None`: it is as in the file again.
    pub(crate) async fn set_receiver_choices(
        &self,
        changes: &[(ReceiverKey, Option<&'static str>)],
        actor: &str,
    ) -> Result<Vec<ReceiverChoice>, ServiceError> {
        let changes: BTreeMap<String, Option<String>> =
            changes.iter().map(|(key, word)| (key.as_str().to_owned(), word.map(str::to_owned))).collect();
        if !changes.is_empty() {
            self.store.set_receiver_settings(&changes, self.act(actor)).await?;
            self.ring();
        }
        self.receiver_choices().await
    }

    /// `[receive]` of the file that is in force.
    pub(super) fn file_settings(&self) -> ReceiveSettings {
        (self.receive)()
    }
}
