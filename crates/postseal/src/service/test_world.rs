//! A service on a real store, with owners' zones, the hosting zone and a resolver on loopback.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use postseal_core::arc::ArcResult;
use postseal_core::dkim::{DkimResult, Selector};
use postseal_core::dmarc::{Alignment, DmarcResult, Policy};
use postseal_core::dns::{DomainName, RecordData, TxtRecord};
use postseal_core::hosting::{
    Changes, HostingZone, MailRoute, OrganisationName, Slot, Waits, initial_domain_records,
};
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{AuthResults, DkimAuthResult, SpfAuthResult};
use postseal_dns::ClosedNetwork;
use postseal_dns::ask::Resolver;
use postseal_dns::ask::authoritative::AuthoritativeSettings;
use postseal_dns::serve::{
    CookieSecrets, Listener, ListenerLimits, RecordZone, Responder, Source, StartOfAuthority,
};
use postseal_store::{
    KeyEncryptionKey, KeySource, SegmentId, Store, VerdictBatch, VerdictRecord, VerdictRows,
};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::config::{AllowedPair, Infrastructure, ReceiveSettings};

use super::{Clock, DkimDone, HostingParts, NewConfiguration, Parts, Service, ServiceError};

/// When the tests begin, UNIX seconds.
pub(crate) const T0: u64 = 1_800_000_000;
pub(crate) const HOUR: u64 = 3_600;
pub(crate) const DAY: u64 = 24 * HOUR;
pub(crate) const ACTOR: &str = "uid:1000";

/// Zones that a test changes while they are served.
#[derive(Clone, Default)]
struct Served(Arc<Mutex<Arc<Vec<RecordZone>>>>);

impl Source for Served {
    type Zones = Vec<RecordZone>;

    fn current(&self) -> Arc<Vec<RecordZone>> {
        Arc::clone(&self.0.lock().expect("no panic"))
    }
}

pub(crate) struct World {
    pub(crate) service: Arc<Service>,
    store: Store,
    segments: Mutex<u128>,
    clock: Arc<AtomicU64>,
    owner: Served,
    _network: ClosedNetwork,
    _listeners: [Listener; 2],
    hosting: JoinHandle<()>,
    /// The hosting zone does not follow the store.
    paused: Arc<AtomicBool>,
    _directory: tempfile::TempDir,
}

impl Drop for World {
    fn drop(&mut self) {
        self.hosting.abort();
    }
}

impl World {
    /// With a hosting zone `keys.example`, and owners' zones at one server.
    pub(crate) async fn new() -> World {
        World::with_hosting(true).await
    }

    /// Without one: owners publish the keys themselves.
    pub(crate) async fn in_txt_mode() -> World {
        World::with_hosting(false).await
    }

    async fn with_hosting(hosted: bool) -> World {
        let directory = tempfile::tempdir().expect("a directory");
        let key = KeyEncryptionKey::from_octets([7; 32]);
        let store = Store::open_sqlite(&directory.path().join("db"), &key, T0).await.expect("opened");
        let (owner, zone) = (Served::default(), Served::default());
        let listeners = [serve(owner.clone()).await, serve(zone.clone()).await];
        let [owner_at, zone_at] = [&listeners[0], &listeners[1]].map(|listener| listener.addresses()[0]);
        let network = ClosedNetwork::start(LOOPBACK.into(), 0).await.expect("starts");
        let mut configured = vec![(name("keys.example"), vec![zone_at])];
        for owned in ["contoso.example", "fabrikam.example"] {
            network.delegate(&name(owned), owner_at);
            configured.push((name(owned), vec![owner_at]));
        }
        network.delegate(&name("keys.example"), zone_at);
        let changed = Arc::new(Notify::new());
        let paused = Arc::new(AtomicBool::new(false));
        let hosting = tokio::spawn(host(store.clone(), zone, Arc::clone(&changed), Arc::clone(&paused)));
        let clock = Arc::new(AtomicU64::new(T0));
        let parts = Parts {
            store: store.clone(),
            hosting: hosted.then(|| HostingParts {
                zone: hosting_zone(),
                listen: vec![zone_at],
                has_senders: true,
            }),
            waits: Waits::default(),
            key_source: KeySource::Environment("KEY".to_owned()),
            authoritative: AuthoritativeSettings { configured, ..AuthoritativeSettings::default() },
            resolver: Arc::new(Resolver::new(&[network.address()])),
            outside: Arc::new(Resolver::new(&[network.address()])),
            changed: Box::new(move || changed.notify_one()),
            clock: Clock::Set(Arc::clone(&clock)),
            receive: Box::new(receive_settings),
            keep: Box::new(|| Duration::from_secs(30 * 86_400)),
            in_file: Box::new(|domain| domain.as_str() == "file.example"),
        };
        let world = World {
            service: Arc::new(Service::new(parts)),
            store,
            segments: Mutex::new(0),
            clock,
            owner,
            _network: network,
            _listeners: listeners,
            hosting,
            paused,
            _directory: directory,
        };
        world.publish(&[]);
        world
    }

    pub(crate) fn after(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Whether the hosting zone stays as it is, whatever the store has.
    pub(crate) fn pause_hosting(&self, paused: bool) {
        self.paused.store(paused, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// The owners' zones have these records from now on, and no others.
    pub(crate) fn publish(&self, records: &[(DomainName, RecordData)]) {
        let zones = ["contoso.example", "fabrikam.example"].map(|origin| {
            let mut zone = zone(origin, 1);
            for (owner, data) in records.iter().filter(|(owner, _)| owner.is_at_or_below(&name(origin))) {
                zone.add(owner, 300, data).expect("fits");
            }
            zone
        });
        *self.owner.0.lock().expect("no panic") = Arc::new(zones.into_iter().collect());
    }

    /// `contoso` with `contoso.example`, held.
    pub(crate) async fn held() -> World {
        let world = World::new().await;
        world.hold().await;
        world
    }

    pub(crate) async fn hold(&self) {
        self.service.add_organisation(&contoso(), ACTOR).await.expect("added");
        self.service.add_domain(&contoso(), &domain(), true, ACTOR).await.expect("held");
    }

    /// `contoso.example` with keys and its CNAMEs, enabled.
    pub(crate) async fn enabled() -> World {
        let world = World::held().await;
        world.publish(&world.cnames().await);
        let done = world.make(true).await.expect("made");
        assert!(done.refused.is_none(), "{done:?}");
        world
    }

    /// A message for `contoso.example` that was judged `seconds` after the tests began: it fails, and is refused.
    pub(crate) fn verdict(&self, seconds: u64) -> VerdictRecord {
        VerdictRecord {
            at: T0 + seconds,
            queue_id: format!("4Xy{seconds}"),
            client: Some(IpAddr::from([192, 0, 2, 1])),
            mail_from: Some(name("bounce.contoso.example")),
            author_domain: Some(domain()),
            auth_results: AuthResults {
                dkim: vec![DkimAuthResult {
                    domain: domain(),
                    selector: Selector::parse("selector1").expect("a selector"),
                    result: DkimResult::Fail,
                }],
                spf: SpfAuthResult { domain: Some(name("bounce.contoso.example")), result: SpfResult::Fail },
            },
            arc: ArcResult::None,
            dmarc: DmarcResult::Fail,
            aligned: Some(Alignment { spf: false, dkim: false }),
            policy: Some(Policy::Reject),
            action: Cow::Borrowed("reject"),
            evaluated: None,
        }
    }

    /// They are in the store.
    pub(crate) async fn judge(&self, records: &[VerdictRecord]) {
        let segment = {
            let mut segments = self.segments.lock().expect("no panic");
            *segments += 1;
            SegmentId(segments.to_be_bytes())
        };
        let until = records.len() as u64;
        let batch = VerdictBatch { segment, records: (0..).zip(records.iter().cloned()).collect(), until };
        self.store.record_verdicts(&batch, VerdictRows::Kept, T0).await.expect("stored");
    }

    pub(crate) async fn make(&self, enabled: bool) -> Result<DkimDone, ServiceError> {
        let new = NewConfiguration { enabled, ..NewConfiguration::default() };
        self.service.dkim_new(&contoso(), &domain(), &new, false, ACTOR).await
    }

    pub(crate) async fn enable(&self) -> Result<DkimDone, ServiceError> {
        let changes = Changes { enabled: Some(true), ..Changes::default() };
        self.service.dkim_set(&contoso(), &domain(), &changes, false, ACTOR).await
    }

    /// What `dkim get` says to publish.
    pub(crate) async fn cnames(&self) -> Vec<(DomainName, RecordData)> {
        let view = self.service.dkim_get(&contoso(), &domain()).await.expect("held");
        let record = |slot| {
            let target = view.target(slot).expect("hosted").clone();
            (view.key_name(slot).expect("short"), RecordData::Cname(target))
        };
        Slot::BOTH.map(record).to_vec()
    }
}

/// `[receive]` as it is by default, with a pair.
fn receive_settings() -> ReceiveSettings {
    ReceiveSettings {
        allowed: vec![AllowedPair {
            author_domain: name("infile.example"),
            subdomains: false,
            infrastructure: Infrastructure::Authenticated(name("host.example")),
            until: None,
        }],
        ..ReceiveSettings::default()
    }
}

/// The hosting zone as a node serves it: made anew with each change.
async fn host(store: Store, served: Served, changed: Arc<Notify>, paused: Arc<AtomicBool>) {
    let hosting = hosting_zone();
    loop {
        let mut made = zone("keys.example", store.zone_serial().await.expect("read"));
        for key in store.published_keys("", 1_000, T0).await.expect("read") {
            let owner = DomainName::join(&[
                &key.hosted_selector,
                "_domainkey",
                key.organisation.as_str(),
                "keys.example",
            ]);
            made.add(&owner.expect("short"), 3_600, &text(&key.record)).expect("fits");
        }
        for held in store.held_domains("", 1_000).await.expect("read") {
            let Some((configuration, records)) = held.configuration else { continue };
            if hosting.initial_domain(&held.organisation) == held.name {
                let names = configuration.slots.map(|slot| slot.name);
                let keys: Vec<_> = names.into_iter().zip(records.map(|key| key.record)).collect();
                for record in
                    initial_domain_records(&hosting, &held.organisation, &MailRoute::Null, &[], &keys)
                {
                    made.add(&record.name, record.ttl, &record.data).expect("fits");
                }
            }
        }
        if !paused.load(Ordering::Relaxed) {
            *served.0.lock().expect("no panic") = Arc::new(vec![made]);
        }
        tokio::select! {
            () = changed.notified() => {}
            () = sleep(Duration::from_millis(200)) => {}
        }
    }
}

async fn serve(source: Served) -> Listener {
    let responder = Arc::new(Responder::new(CookieSecrets::new([7; 16])));
    Listener::start(&[LOOPBACK.into()], source, responder, ListenerLimits::default()).await.expect("listens")
}

fn zone(origin: &str, serial: u32) -> RecordZone {
    let origin = name(origin);
    let host = |label| origin.with_prefix(label).expect("short");
    let soa = StartOfAuthority::new(host("ns1"), host("hostmaster"), serial);
    let mut zone = RecordZone::new(&origin, &soa);
    zone.add(&origin, 3_600, &RecordData::Ns(host("ns1"))).expect("fits");
    zone
}

pub(crate) fn hosting_zone() -> HostingZone {
    HostingZone::new(name("keys.example")).expect("short")
}

pub(crate) fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

pub(crate) fn domain() -> DomainName {
    name("contoso.example")
}

pub(crate) fn contoso() -> OrganisationName {
    organisation("contoso")
}

pub(crate) fn organisation(text: &str) -> OrganisationName {
    OrganisationName::parse(text).expect("a name")
}

pub(crate) fn text(text: &str) -> RecordData {
    let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
    RecordData::Txt(TxtRecord::from_strings(&strings))
}

const LOOPBACK: ([u8; 4], u16) = ([127, 0, 0, 1], 0);
