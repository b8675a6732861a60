use std::sync::Arc;

use postseal_core::verdict::Options;
use postseal_dns::ask::{AnswerCache, Resolver, SystemConfigError};

use crate::config::{ReceiveSettings, ResolverSettings, Settings};
use crate::inbound::ReceiverChanges;
use crate::keys::HostedKeys;
use crate::signing::{DomainKey, Fields, Keys};

/// All that a message is handled by. A message holds the one that was in force when it began;
/// a reload makes another.
pub(crate) struct Snapshot {
    pub(crate) settings: Arc<Settings>,
    /// What the receiver has changed of them.
    pub(crate) receiver: Arc<ReceiverChanges>,
    /// `[receive]` with those changes: what mail is decided by.
    pub(crate) receive: ReceiveSettings,
    pub(crate) answers: Arc<AnswerCache>,
    pub(crate) keys: Arc<Keys>,
    /// `None`: the settings name no store. A reload keeps them.
    pub(crate) hosted: Option<Arc<HostedKeys>>,
    /// The evaluation's options, for MTAs that hide blanks in header fields.
    options_without_blanks: Arc<Options>,
    /// Some key is chosen by the recipients.
    pub(crate) wants_recipients: bool,
}

impl Snapshot {
    /// # Errors
    /// The system names no name servers, and neither do the settings.
    pub(crate) fn new(
        settings: Settings,
        hosted: Option<Arc<HostedKeys>>,
        receiver: Arc<ReceiverChanges>,
    ) -> Result<Snapshot, SystemConfigError> {
        let answers = Arc::new(answer_cache(&settings.resolver)?);
        Ok(Snapshot::with_answers(Arc::new(settings), answers, hosted, receiver))
    }

    /// A snapshot of new settings, which keeps the answers where they come from the same
    /// servers. Keys are read again.
    ///
    /// # Errors
    /// As [`Snapshot::new`].
    pub(crate) fn renewed(&self, settings: Settings) -> Result<Snapshot, SystemConfigError> {
        if settings.resolver == self.settings.resolver {
            let (answers, receiver) = (Arc::clone(&self.answers), Arc::clone(&self.receiver));
            return Ok(Snapshot::with_answers(Arc::new(settings), answers, self.hosted.clone(), receiver));
        }
        Snapshot::new(settings, self.hosted.clone(), Arc::clone(&self.receiver))
    }

    /// The same, with other changes of the receiver's.
    pub(crate) fn with_receiver(&self, receiver: Arc<ReceiverChanges>) -> Snapshot {
        Snapshot {
            keys: Arc::clone(&self.keys),
            ..Snapshot::with_answers(
                Arc::clone(&self.settings),
                Arc::clone(&self.answers),
                self.hosted.clone(),
                receiver,
            )
        }
    }

    fn with_answers(
        settings: Arc<Settings>,
        answers: Arc<AnswerCache>,
        hosted: Option<Arc<HostedKeys>>,
        receiver: Arc<ReceiverChanges>,
    ) -> Snapshot {
        let mut options = (*settings.authentication).clone();
        options.dkim.exact_fields = false;
        let has_routes = |key: &DomainKey| !key.routes.is_empty();
        let wants_recipients = settings.sign.domains.iter().any(|domain| domain.keys.iter().any(has_routes));
        Snapshot {
            wants_recipients: wants_recipients || receiver.wants_recipients(),
            receive: receiver.applied_to(&settings.receive),
            receiver,
            settings,
            answers,
            keys: Arc::new(Keys::new(hosted.clone())),
            hosted,
            options_without_blanks: Arc::new(options),
        }
    }

    /// How messages are evaluated whose header fields come so.
    pub(crate) fn options(&self, fields: Fields) -> &Arc<Options> {
        match fields {
            Fields::Exact => &self.settings.authentication,
            Fields::BlanksHidden => &self.options_without_blanks,
        }
    }
}

fn answer_cache(settings: &ResolverSettings) -> Result<AnswerCache, SystemConfigError> {
    let servers = match settings.servers.as_slice() {
        [] => Resolver::system_servers()?,
        servers => servers.to_vec(),
    };
    let resolver = Resolver::with_query_time(&servers, settings.query_time);
    Ok(AnswerCache::new(resolver, settings.cache_octets))
}
