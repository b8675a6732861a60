use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use postseal_core::dns::{DomainName, Failure, Outcome, Question, RecordType, Records};
use tokio::task::JoinSet;

use super::super::Resolver;
use super::{MAX_SERVERS, NoServers};

/// The closest zone of a name, and the names of its servers.
pub(super) struct Found {
    pub(super) zone: DomainName,
    pub(super) hosts: Vec<DomainName>,
}

/// Servers that may be asked.
#[derive(Clone)]
pub(super) struct Servers {
    pub(super) zone: DomainName,
    pub(super) addresses: Vec<ServerAddress>,
}

#[derive(Clone)]
pub(super) struct ServerAddress {
    pub(super) server: Option<DomainName>,
    pub(super) address: SocketAddr,
}

impl Servers {
    pub(super) fn not_empty(self, left_out: usize) -> Result<Servers, NoServers> {
        if self.addresses.is_empty() {
            Err(NoServers::NoAddress { zone: self.zone, left_out })
        } else {
            Ok(self)
        }
    }
}

/// Walks up from the name to the first one with NS records.
///
/// An alias at a name has no NS records of its own, and those of its target are not its: a
/// name with a CNAME is passed over. So is a name for which the resolver has no answer: while
/// a zone's servers are silent it still knows who they are. Should there be a zone in between,
/// its parent's servers say so themselves.
pub(super) async fn find(resolver: &Resolver, name: &DomainName) -> Result<Found, NoServers> {
    let mut zone = name.suffix(name.label_count().min(MAX_LABELS));
    let mut trouble = None;
    loop {
        match servers_at(resolver, &zone).await {
            Ok(Some(hosts)) => return Ok(Found { zone, hosts }),
            Ok(None) => {}
            Err(failure) => {
                trouble.get_or_insert(NoServers::NotFound { name: zone.clone(), failure });
            }
        }
        let parent = zone.parent();
        zone = parent.ok_or_else(|| trouble.take().unwrap_or(NoServers::NoZone { name: name.clone() }))?;
    }
}

/// The NS records at a name; `None` where it has none of its own.
async fn servers_at(resolver: &Resolver, name: &DomainName) -> Result<Option<Vec<DomainName>>, Failure> {
    // Names with two labels or fewer are zones, or nobody's.
    let may_be_alias = name.label_count() > 2;
    let types = [may_be_alias.then_some(RecordType::Cname), Some(RecordType::Ns)];
    for record_type in types.into_iter().flatten() {
        match resolver.ask(&Question::new(name.clone(), record_type)).await.outcome {
            Outcome::Records(Records::Ns(hosts)) => return Ok(Some(hosts)),
            Outcome::Records(_) => return Ok(None),
            Outcome::Failure(failure) => return Err(failure),
            Outcome::NoData | Outcome::NxDomain => {}
        }
    }
    Ok(None)
}

/// The addresses of these hosts: one of each host first, so that the limit leaves no host out
/// for the sake of another's second address.
pub(super) async fn addresses(
    resolver: &Arc<Resolver>,
    zone: DomainName,
    hosts: Vec<DomainName>,
    port: u16,
    may_be_asked: impl Fn(IpAddr) -> bool,
) -> Result<Servers, NoServers> {
    let mut tasks = JoinSet::new();
    for (at, host) in hosts.into_iter().take(MAX_SERVERS).enumerate() {
        let resolver = Arc::clone(resolver);
        tasks.spawn(async move { (at, addresses_of(&resolver, host).await) });
    }
    let mut left_out = 0;
    let mut addresses = Vec::new();
    let mut failure = None;
    for (server, all, trouble) in super::in_order(tasks).await {
        failure = failure.or(trouble);
        let (good, bad): (Vec<IpAddr>, Vec<IpAddr>) = all.into_iter().partition(|a| may_be_asked(*a));
        left_out += bad.len();
        let address = |(nth, ip)| {
            (nth, ServerAddress { server: Some(server.clone()), address: SocketAddr::new(ip, port) })
        };
        addresses.extend(good.into_iter().enumerate().map(address));
    }
    if let Some(failure) = failure.filter(|_| addresses.is_empty() && left_out == 0) {
        return Err(NoServers::NotFound { name: zone, failure });
    }
    addresses.sort_by_key(|(nth, _)| *nth);
    let addresses = addresses.into_iter().map(|(_, address)| address).take(MAX_SERVERS).collect();
    Servers { zone, addresses }.not_empty(left_out)
}

async fn addresses_of(resolver: &Resolver, host: DomainName) -> (DomainName, Vec<IpAddr>, Option<Failure>) {
    let mut addresses: Vec<IpAddr> = Vec::new();
    let mut trouble = None;
    for record_type in [RecordType::A, RecordType::Aaaa] {
        match resolver.ask(&Question::new(host.clone(), record_type)).await.outcome {
            Outcome::Records(Records::A(all)) => addresses.extend(all.into_iter().map(IpAddr::from)),
            Outcome::Records(Records::Aaaa(all)) => addresses.extend(all.into_iter().map(IpAddr::from)),
            Outcome::Failure(failure) => trouble = Some(failure),
            _ => {}
        }
    }
    (host, addresses, trouble)
}

/// Labels of a name from which the walk begins: no zone of mail lies deeper.
const MAX_LABELS: usize = 16;
