//! What a node does for the organisations of its store, beside the mail path: it serves the API,
//! and its workers look after their keys.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use postseal_dns::ask::{Resolver, SystemConfigError};
use postseal_store::{AuditVerdict, Store};
use tokio::time::{Instant, interval_at};

use super::counters::write_value;
use super::node::Node;
use super::portal_server::say_first_link;
use crate::api::Api;
use crate::config::{LogLevel, Settings};
use crate::keys::StoreAccess;
use crate::service::{Clock, HostingParts, Parts, Service, WorkerCounts, WorkerEvent, Workers};

/// Waits until the store is open, and works for as long as it is polled. `dns`: where this node
/// answers for the hosting zone. `clock`: when keys change places.
pub(super) async fn serve(
    node: Arc<Node>,
    access: Arc<StoreAccess>,
    api: Arc<Api>,
    (dns, counts, clock): (Vec<SocketAddr>, Arc<WorkerCounts>, Clock),
) {
    let store = access.opened().await.clone();
    let service = match parts(&node, &access, store, (dns, clock)) {
        Ok(Some(parts)) => Arc::new(Service::new(parts)),
        Ok(None) => return,
        Err(error) => return node.alarm(&format!("organisations are not served: {error}")),
    };
    let in_force = move |revision| -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let access = Arc::clone(&access);
        Box::pin(async move { access.until_in_force(revision).await })
    };
    api.open(Arc::clone(&service), Box::new(in_force));
    say_first_link(&node, &service, &api).await;
    let log_of = Arc::clone(&node);
    let say = move |event: &WorkerEvent| {
        node.log.say(event.level(), &event.to_string());
    };
    let heads = write_heads(Arc::clone(&service), Arc::clone(&log_of));
    tokio::join!(Workers::new(service, counts, say).run(), heads);
}

/// Each hour the head of the audit log goes into the log of the node: where that is kept elsewhere,
/// it shows later whether rows were cut off.
async fn write_heads(service: Arc<Service>, node: Arc<Node>) {
    let mut hours = interval_at(Instant::now() + FIRST_HEAD, HOUR);
    loop {
        hours.tick().await;
        match service.audit_verify(None).await {
            Ok(AuditVerdict::Intact { rows: 0, .. }) => {}
            Ok(AuditVerdict::Intact { rows, head }) => {
                let link: String = head.iter().map(|octet| format!("{octet:02x}")).collect();
                node.log.say(LogLevel::Info, &format!("audit log: intact; head {rows}:{link}"));
            }
            Ok(AuditVerdict::Broken { first_bad }) => {
                node.alarm(&format!("audit log: row {first_bad} is not as it was written"));
            }
            Err(error) => node.log.say(LogLevel::Warn, &format!("audit log: not read: {error}")),
        }
    }
}

/// A node that has just started has better things to do than to read its whole audit log.
const FIRST_HEAD: Duration = Duration::from_secs(60);

/// Between two heads.
const HOUR: Duration = Duration::from_secs(3_600);

/// As the settings that the node started with say; `None` where they name no store.
fn parts(
    node: &Arc<Node>,
    access: &Arc<StoreAccess>,
    store: Store,
    (dns, clock): (Vec<SocketAddr>, Clock),
) -> Result<Option<Parts>, SystemConfigError> {
    let snapshot = node.current();
    let settings: &Settings = &snapshot.settings;
    let Some(of_store) = &settings.store else { return Ok(None) };
    let usual = match settings.resolver.servers.as_slice() {
        [] => Resolver::system_servers()?,
        servers => servers.to_vec(),
    };
    let outside = match settings.keys.outside_resolver.as_slice() {
        [] => &usual,
        servers => servers,
    };
    let (access, node) = (Arc::clone(access), Arc::clone(node));
    let (receiving, keeping) = (Arc::clone(&node), Arc::clone(&node));
    Ok(Some(Parts {
        store,
        hosting: settings.hosting.as_ref().map(|hosting| HostingParts {
            zone: hosting.zone.clone(),
            listen: dns,
            has_senders: !hosting.senders.is_empty(),
        }),
        waits: settings.keys.waits,
        key_source: of_store.key.clone(),
        authoritative: settings.keys.authoritative.clone(),
        resolver: Arc::new(Resolver::new(&usual)),
        outside: Arc::new(Resolver::new(outside)),
        changed: Box::new(move || access.changed.notify_one()),
        clock,
        receive: Box::new(move || receiving.current().settings.receive.clone()),
        keep: Box::new(move || keeping.current().settings.verdicts.keep),
        in_file: Box::new(move |domain| {
            let found = node.current();
            found.settings.sign.domains.find(domain).is_some_and(|found| found.domain == *domain)
        }),
    }))
}

/// What the workers have done.
pub(super) fn write_metrics(out: &mut String, counts: &WorkerCounts) {
    write_value(
        out,
        "postseal_key_looks_total",
        "Times that a domain was looked for in the DNS.",
        "counter",
        counts.looks(),
    );
    write_value(
        out,
        "postseal_keys_lost_total",
        "Keys that were visible in the DNS and are not any more.",
        "counter",
        counts.losses(),
    );
    write_value(
        out,
        "postseal_domains_alarmed",
        "Enabled domains whose own key is not visible now.",
        "gauge",
        counts.alarmed(),
    );
}
