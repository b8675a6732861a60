use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::config::LogLevel;
use crate::keys::{HostedKeys, StoreAccess};
use crate::serve::hosted_dns::HostedDns;
use crate::serve::http::{Monitored, Readiness};
use crate::serve::key_check::check_keys;
use crate::serve::listeners::Listeners;
use crate::serve::metrics::{write_hosted_dns, write_verdicts};
use crate::serve::node::Node;
use crate::serve::organisations;
use crate::serve::reload::{ReloadReply, Reloader};
use crate::serve::service_manager::ServiceManager;
use crate::serve::take_over::OfferedSockets;
use crate::service::WorkerCounts;
use crate::verdicts;
use crate::words::Lang;

/// What the tasks of a node share.
pub(super) struct Parts {
    pub(super) node: Arc<Node>,
    pub(super) listeners: Listeners,
    pub(super) manager: Arc<ServiceManager>,
    pub(super) reloader: Reloader,
    pub(super) stopping: AtomicBool,
    /// `None`: the settings name no store.
    pub(super) store: Option<Arc<StoreAccess>>,
    pub(super) hosted: Option<Arc<HostedKeys>>,
    /// `None`: the settings name no hosting zone.
    pub(super) dns: Option<HostedDns>,
    pub(super) looks: Arc<WorkerCounts>,
    pub(super) offered: OfferedSockets,
}

impl Parts {
    /// Looks at the key files of the settings in force, on a thread of its own.
    pub(super) fn check_keys(self: &Arc<Self>) {
        let parts = Arc::clone(self);
        drop(spawn_blocking(move || {
            let node = &parts.node;
            let snapshot = node.current();
            let stopping = || parts.stopping.load(Ordering::Relaxed);
            let still_in_force = || !stopping() && Arc::ptr_eq(&node.current(), &snapshot);
            check_keys(&snapshot.settings, &node.log, &node.metrics, still_in_force);
        }));
    }

    pub(super) fn say_where_dns_is(&self) {
        let Some((dns, hosting)) = self.dns.as_ref().zip(self.node.current().settings.hosting.clone()) else {
            return;
        };
        let zone = hosting.zone.name();
        let addresses: Vec<String> = dns.addresses().iter().map(ToString::to_string).collect();
        let text = match addresses.join(", ") {
            none if none.is_empty() => {
                format!("the zone {zone} is not answered for here: [hosting] listen is empty")
            }
            addresses => format!("answering for the zone {zone} on {addresses}, UDP and TCP"),
        };
        self.node.log.say(LogLevel::Info, &text);
    }

    pub(super) async fn reload(self: &Arc<Self>, lang: Lang) -> ReloadReply {
        let reply = self.reloader.reload(lang).await;
        if matches!(reply, ReloadReply::Reloaded(_)) {
            self.check_keys();
        }
        reply
    }

    pub(super) async fn no_connection_left(&self) {
        while self.listeners.stats().open > 0 {
            sleep(LOOK_AGAIN).await;
        }
    }
}

impl Monitored for Parts {
    fn metrics(&self) -> String {
        let snapshot = self.node.current();
        let mut text =
            self.node.metrics.write(&self.listeners.stats(), &snapshot.answers, self.hosted.as_deref());
        if self.store.is_some() {
            organisations::write_metrics(&mut text, &self.looks);
        }
        if let Some(dns) = &self.dns {
            write_hosted_dns(&mut text, dns.responder.counts());
        }
        if let (Some(queue), Some(store)) = (&self.node.verdicts, &snapshot.settings.store) {
            // What cannot be counted is shown as nothing.
            let on_disk = postseal_store::spool_octets(&verdicts::spool_directory(&store.path));
            write_verdicts(&mut text, &queue.counts, on_disk.unwrap_or_default());
        }
        text
    }

    fn readiness(&self) -> Readiness {
        if self.stopping.load(Ordering::Relaxed) { Readiness::Stopping } else { Readiness::Ready }
    }
}

/// Between two looks at whether the last connection has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
