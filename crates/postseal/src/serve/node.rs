use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use postseal_dns::ask::SystemConfigError;

use super::log::Log;
use super::metrics::Metrics;
use super::snapshot::Snapshot;
use crate::config::{LogLevel, MilterAddress, PortalSettings, Settings};
use crate::keys::HostedKeys;
use crate::verdicts::VerdictQueue;

/// What all sessions of the process share.
pub(crate) struct Node {
    /// Replaced as a whole; read once for each message, for as long as a pointer takes to copy.
    current: RwLock<Arc<Snapshot>>,
    pub(crate) log: Log,
    pub(crate) metrics: Metrics,
    /// What is kept of judged mail; `None` without a store.
    pub(crate) verdicts: Option<Arc<VerdictQueue>>,
    /// That an MTA hides blanks has been said.
    blanks_said: AtomicBool,
}

impl Node {
    /// # Errors
    /// The system names no name servers, and neither do the settings.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn new(
        settings: Settings,
        hosted: Option<Arc<HostedKeys>>,
        log: Log,
    ) -> Result<Node, SystemConfigError> {
        let metrics = Metrics::new();
        metrics.loaded(settings.sign.domains.len());
        let verdicts = settings.store.as_ref().map(|_| Arc::new(VerdictQueue::new()));
        let current = RwLock::new(Arc::new(Snapshot::new(settings, hosted)?));
        Ok(Node { current, log, metrics, verdicts, blanks_said: AtomicBool::new(false) })
    }

    /// What is in force now.
    pub(crate) fn current(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts new settings in force: for every message that begins from now on. Messages under way
    /// keep theirs. Returns the names of settings that have changed but wait for a restart.
    ///
    /// # Errors
    /// As [`Node::new`]; what was in force stays.
    pub(crate) fn swap(&self, settings: Settings) -> Result<Vec<&'static str>, SystemConfigError> {
        let before = self.current();
        let log = settings.log;
        let next = Arc::new(before.renewed(settings)?);
        let waiting = at_restart(&before.settings, &next.settings);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        self.log.set(log);
        self.metrics.loaded(next.settings.sign.domains.len());
        Ok(waiting)
    }

    /// Says something that somebody must look at.
    pub(crate) fn alarm(&self, message: &str) {
        self.log.say(LogLevel::Error, message);
    }

    /// An MTA does not tell how header fields stood. Said once; every message would be too often.
    pub(super) fn blanks_are_hidden(&self, listener: &MilterAddress) {
        if !self.blanks_said.swap(true, Ordering::Relaxed) {
            let text = format!(
                "{listener}: the mail server does not offer SMFIP_HDR_LEADSPC, so that header fields are \
                 signed and verified in relaxed form only; Postfix 2.5 and Sendmail 8.14 offer it"
            );
            self.log.say(LogLevel::Warn, &text);
        }
    }
}

fn at_restart(before: &Settings, after: &Settings) -> Vec<&'static str> {
    let changed = [
        ("[milter]", before.milter != after.milter),
        ("[http]", before.http != after.http),
        ("[portal]", !same_portal(before.portal.as_ref(), after.portal.as_ref())),
        ("[control]", before.control != after.control),
        ("[store]", before.store != after.store),
        ("[hosting]", before.hosting != after.hosting),
        ("[keys]", before.keys != after.keys),
        ("[verdicts]", before.verdicts != after.verdicts),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect()
}

/// A new certificate waits for nothing.
fn same_portal(before: Option<&PortalSettings>, after: Option<&PortalSettings>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => before.differs_in_certificate_only(after),
        (before, after) => before.is_none() && after.is_none(),
    }
}
