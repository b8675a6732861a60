use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use postseal_core::dns::{DomainName, RecordData};
use postseal_dns::master_file::{MasterFile, MasterFileError};
use postseal_dns::serve::{
    CookieSecrets, Listener, ListenerError, ListenerLimits, RecordZone, RecordZoneError, Responder, Source,
    StartOfAuthority,
};

/// The DNS host of the domain owners: a real name server, whose zones begin empty. Records are
/// pasted as at any DNS host, a line each.
pub(super) struct DnsHost {
    zones: Zones,
    listener: Listener,
}

#[derive(Clone, Default)]
struct Zones(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    records: Vec<Hosted>,
    served: Arc<Vec<RecordZone>>,
    serial: u32,
}

/// One zone, and the records that were pasted.
struct Hosted {
    origin: DomainName,
    records: Vec<(DomainName, u32, RecordData)>,
}

/// Why the DNS host takes no record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DnsHostError {
    #[error(transparent)]
    Line(#[from] MasterFileError),
    #[error(transparent)]
    Record(#[from] RecordZoneError),
    #[error("{0} is in no zone of this DNS host")]
    NoZone(DomainName),
    #[error(transparent)]
    Name(#[from] postseal_core::dns::DomainNameError),
}

impl Source for Zones {
    type Zones = Vec<RecordZone>;

    fn current(&self) -> Arc<Vec<RecordZone>> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).served)
    }
}

impl DnsHost {
    /// Serves these zones, with nothing in them, on a free port of the loopback interface.
    pub(super) async fn start(origins: &[&str], secret: [u8; 16]) -> Result<DnsHost, DnsHostStart> {
        let zones = Zones::default();
        zones.change(|state| {
            for origin in origins {
                state.records.push(Hosted { origin: DomainName::parse(origin)?, records: Vec::new() });
            }
            Ok(())
        })?;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        // Nobody but this machine's own programs reaches it.
        let responder = Arc::new(Responder::without_rate_limit(CookieSecrets::new(secret)));
        let listener = Listener::start(&[any], zones.clone(), responder, ListenerLimits::default()).await?;
        Ok(DnsHost { zones, listener })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.listener.addresses()[0]
    }

    /// Takes a record as a line of a zone file with its whole name. It replaces those of the same
    /// name and type, as changing a record at a DNS host does.
    pub(super) fn register(&self, line: &str) -> Result<(), DnsHostError> {
        let file = MasterFile::read(format!("$ORIGIN .\n{line}\n").as_bytes())?;
        self.zones.change(|state| {
            for record in file.records {
                let hosted =
                    state.records.iter_mut().find(|hosted| record.name.is_at_or_below(&hosted.origin));
                let hosted = hosted.ok_or_else(|| DnsHostError::NoZone(record.name.clone()))?;
                let kind = std::mem::discriminant(&record.data);
                hosted
                    .records
                    .retain(|(name, _, data)| *name != record.name || std::mem::discriminant(data) != kind);
                hosted.records.push((record.name, record.ttl, record.data));
            }
            Ok(())
        })
    }
}

/// Why the DNS host does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DnsHostStart {
    #[error(transparent)]
    Zone(#[from] DnsHostError),
    #[error(transparent)]
    Listen(#[from] ListenerError),
}

impl Zones {
    /// All of the change is served at once, or none of it.
    fn change(
        &self,
        change: impl FnOnce(&mut State) -> Result<(), DnsHostError>,
    ) -> Result<(), DnsHostError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state)?;
        state.serial += 1;
        let served: Result<Vec<RecordZone>, DnsHostError> =
            state.records.iter().map(|hosted| hosted.zone(state.serial)).collect();
        state.served = Arc::new(served?);
        Ok(())
    }
}

impl Hosted {
    fn zone(&self, serial: u32) -> Result<RecordZone, DnsHostError> {
        let host = self.origin.with_prefix("ns1")?;
        let soa = StartOfAuthority::new(host.clone(), self.origin.with_prefix("hostmaster")?, serial);
        let mut zone = RecordZone::new(&self.origin, &soa);
        zone.add(&self.origin, TTL, &RecordData::Ns(host.clone()))?;
        zone.add(&host, TTL, &RecordData::A(Ipv4Addr::LOCALHOST))?;
        for (name, ttl, data) in &self.records {
            zone.add(name, *ttl, data)?;
        }
        Ok(zone)
    }
}

const TTL: u32 = 3_600;
