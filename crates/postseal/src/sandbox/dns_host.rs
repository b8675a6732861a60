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
    /// The number of the newest record.
    numbered: u64,
    /// As it was before each change on the page, oldest first.
    before: Vec<Vec<Hosted>>,
}

/// One zone, and the records that were pasted.
#[derive(Clone)]
struct Hosted {
    origin: DomainName,
    records: Vec<HostedRecord>,
}

/// A record as its owner sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HostedRecord {
    /// By which it is removed.
    pub(super) number: u64,
    pub(super) name: DomainName,
    /// Seconds.
    pub(super) ttl: u32,
    pub(super) data: RecordData,
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
    #[error("a zone has {MAX_RECORDS} records at most here")]
    Full,
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
                let kind = std::mem::discriminant(&record.data);
                state
                    .zone_of(&record.name)?
                    .records
                    .retain(|known| known.name != record.name || std::mem::discriminant(&known.data) != kind);
                state.add(record.name, record.ttl, record.data)?;
            }
            Ok(())
        })
    }

    /// Adds a record beside those that are there. [`DnsHost::undo`] takes it back.
    pub(super) fn add(&self, name: &DomainName, ttl: u32, data: &RecordData) -> Result<(), DnsHostError> {
        self.zones.change(|state| {
            state.remember();
            state.add(name.clone(), ttl, data.clone())
        })
    }

    /// Removes a record; false where there is none of this number.
    pub(super) fn remove(&self, number: u64) -> Result<bool, DnsHostError> {
        let mut removed = false;
        self.zones.change(|state| {
            state.remember();
            for hosted in &mut state.records {
                let count = hosted.records.len();
                hosted.records.retain(|record| record.number != number);
                removed |= hosted.records.len() < count;
            }
            if !removed {
                state.before.pop();
            }
            Ok(())
        })?;
        Ok(removed)
    }

    /// Takes back the last change that was made by [`DnsHost::add`] or [`DnsHost::remove`]; false where there is none.
    pub(super) fn undo(&self) -> Result<bool, DnsHostError> {
        let mut undone = false;
        self.zones.change(|state| {
            if let Some(before) = state.before.pop() {
                state.records = before;
                undone = true;
            }
            Ok(())
        })?;
        Ok(undone)
    }

    pub(super) fn can_undo(&self) -> bool {
        !self.zones.0.lock().unwrap_or_else(PoisonError::into_inner).before.is_empty()
    }

    /// What the owner of a zone has registered, in the order of it.
    pub(super) fn records(&self, origin: &str) -> Vec<HostedRecord> {
        let state = self.zones.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hosted = state.records.iter().find(|hosted| hosted.origin.as_str() == origin);
        hosted.map(|hosted| hosted.records.clone()).unwrap_or_default()
    }
}

impl State {
    fn zone_of(&mut self, name: &DomainName) -> Result<&mut Hosted, DnsHostError> {
        let hosted = self.records.iter_mut().find(|hosted| name.is_at_or_below(&hosted.origin));
        hosted.ok_or_else(|| DnsHostError::NoZone(name.clone()))
    }

    fn add(&mut self, name: DomainName, ttl: u32, data: RecordData) -> Result<(), DnsHostError> {
        self.numbered += 1;
        let number = self.numbered;
        let hosted = self.zone_of(&name)?;
        if hosted.records.len() >= MAX_RECORDS {
            return Err(DnsHostError::Full);
        }
        hosted.records.push(HostedRecord { number, name, ttl, data });
        Ok(())
    }

    fn remember(&mut self) {
        if self.before.len() >= MAX_UNDONE {
            self.before.remove(0);
        }
        self.before.push(self.records.clone());
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
        let (records, before) = (state.records.clone(), state.before.clone());
        let serial = state.serial + 1;
        let changed = change(&mut state).and_then(|()| {
            state.records.iter().map(|hosted| hosted.zone(serial)).collect::<Result<Vec<RecordZone>, _>>()
        });
        match changed {
            Ok(served) => {
                state.serial = serial;
                state.served = Arc::new(served);
                Ok(())
            }
            Err(error) => {
                (state.records, state.before) = (records, before);
                Err(error)
            }
        }
    }
}

impl Hosted {
    fn zone(&self, serial: u32) -> Result<RecordZone, DnsHostError> {
        let host = self.origin.with_prefix("ns1")?;
        let soa = StartOfAuthority::new(host.clone(), self.origin.with_prefix("hostmaster")?, serial);
        let mut zone = RecordZone::new(&self.origin, &soa);
        zone.add(&self.origin, TTL, &RecordData::Ns(host.clone()))?;
        zone.add(&host, TTL, &RecordData::A(Ipv4Addr::LOCALHOST))?;
        for record in &self.records {
            zone.add(&record.name, record.ttl, &record.data)?;
        }
        Ok(zone)
    }
}

const TTL: u32 = 3_600;

/// Of one zone.
const MAX_RECORDS: usize = 200;

/// Changes that can be taken back.
const MAX_UNDONE: usize = 50;
