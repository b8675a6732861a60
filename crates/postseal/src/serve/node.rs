use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use postseal_dns::ask::SystemConfigError;
use postseal_store::ReceiverPolicy;

use super::log::Log;
use super::metrics::Metrics;
use super::snapshot::Snapshot;
use crate::config::{LogLevel, MilterAddress, PortalSettings, Settings};
use crate::inbound::{ReceiverChanges, ReceiverCopy};
use crate::keys::HostedKeys;
use crate::verdicts::VerdictQueue;

/// What all sessions of the process share.
pub(crate) struct Node {
    /// Replaced as a whole; read once for each message, for as long as a pointer takes to copy.
    current: RwLock<Arc<Snapshot>>,
    /// Held while another is made: of two changes none is lost.
    changing: Mutex<()>,
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
        let receiver = Arc::new(receiver_changes(&settings, &log));
        let current = RwLock::new(Arc::new(Snapshot::new(settings, hosted, receiver)?));
        Ok(Node {
            current,
            changing: Mutex::new(()),
            log,
            metrics,
            verdicts,
            blanks_said: AtomicBool::new(false),
        })
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
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.current();
        let log = settings.log;
        let next = Arc::new(before.renewed(settings)?);
        let waiting = at_restart(&before.settings, &next.settings);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        self.log.set(log);
        self.metrics.loaded(next.settings.sign.domains.len());
        Ok(waiting)
    }

    /// Puts what the receiver has changed in force, for every message that begins from now on.
    pub(crate) fn receiver_changed(&self, policy: &ReceiverPolicy) {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let (changes, unknown) = ReceiverChanges::of(policy);
        say_unknown(&unknown, &self.log);
        let before = self.current();
        if *before.receiver != changes {
            let next = Arc::new(before.with_receiver(Arc::new(changes)));
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
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

/// What the receiver had changed when this node last saw its store. It blocks: one small file.
fn receiver_changes(settings: &Settings, log: &Log) -> ReceiverChanges {
    let Some(store) = &settings.store else { return ReceiverChanges::default() };
    let copy = ReceiverCopy::beside(&store.path);
    match copy.read() {
        Ok(policy) => {
            let (changes, unknown) = ReceiverChanges::of(&policy.unwrap_or_default());
            say_unknown(&unknown, log);
            changes
        }
        Err(error) => {
            let path = copy.path().display();
            let text =
                format!("{path}: {error}; mail is decided by [receive] of the file until the store was read");
            log.say(LogLevel::Error, &text);
            ReceiverChanges::default()
        }
    }
}

fn say_unknown(unknown: &[String], log: &Log) {
    if !unknown.is_empty() {
        let text = format!("not known to this version, and as in the file: {}", unknown.join(", "));
        log.say(LogLevel::Warn, &text);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::{self, Depth, OnReject};

    /// A node that starts without its store decides as it did with it, and a reload changes nothing of that.
    #[tokio::test]
    async fn what_the_receiver_changed_holds_without_the_store() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("postseal.toml");
        let text = "authserv_id = \"mx.example\"\n[milter]\nlisten = [\"inet:127.0.0.1:0\"]\n\
            [resolver]\nservers = [\"127.0.0.1:1\"]\n[log]\nlevel = \"error\"\n[store]\npath = \"db\"\n";
        std::fs::write(&file, text).expect("written");
        let load = |depth: Depth<'_>| config::load(&file, depth).expect("right").settings;
        let settings = load(Depth::Start);
        let copy = ReceiverCopy::beside(&settings.store.as_ref().expect("a store").path);
        let policy = |word: &str| ReceiverPolicy {
            settings: BTreeMap::from([("on_reject".to_owned(), word.to_owned())]),
            ..ReceiverPolicy::default()
        };
        copy.write(&policy("quarantine")).expect("written");
        let log = Log::new(settings.log);
        let node = Node::new(settings, None, log).expect("a node");
        let begun = node.current();
        assert_eq!(begun.receive.on_reject, OnReject::Quarantine);
        assert_eq!(begun.settings.receive.on_reject, OnReject::Reject, "the file is as it was");
        node.swap(load(Depth::Reload(&begun.settings))).expect("reloaded");
        assert_eq!(node.current().receive.on_reject, OnReject::Quarantine);
        node.receiver_changed(&policy("tag"));
        assert_eq!(node.current().receive.on_reject, OnReject::Tag);
        assert_eq!(begun.receive.on_reject, OnReject::Quarantine, "a message under way keeps its settings");
        node.receiver_changed(&ReceiverPolicy::default());
        assert_eq!(node.current().receive.on_reject, OnReject::Reject);
    }
}
