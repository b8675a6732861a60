use super::{Service, ServiceError};

impl Service {
    /// Notes who has had the configuration file taken again, and what came of it.
    pub(crate) async fn note_reload(&self, outcome: &str, actor: &str) -> Result<(), ServiceError> {
        Ok(self.store.note_node("node.reload", format!("outcome={outcome}"), self.act(actor)).await?)
    }
}
