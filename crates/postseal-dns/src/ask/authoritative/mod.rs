//! Asking a name's authoritative servers themselves: no recursion, no cache, each server by
//! itself, so that a record is seen the second it is there and silence is never taken for "no".

mod exchange;
mod outcome;
mod pace;
mod public_address;
mod zone_servers;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use postseal_core::dns::{DomainName, Failure, Question, RecordType};
use postseal_core::hosting::Said;
use tokio::task::JoinSet;

use super::Resolver;
use exchange::exchange;
pub(crate) use exchange::{over_tcp, over_udp};
use pace::Pace;
use zone_servers::{Found, ServerAddress, Servers};

pub use outcome::{Negative, ServerOutcome};
pub use pace::QUERIES_PER_SECOND;
pub use public_address::is_public;

/// Servers of one zone that are asked, by address.
pub const MAX_SERVERS: usize = 16;

/// What may be asked beside public addresses, and where nothing must be searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthoritativeSettings {
    /// Addresses that are asked although they are not public.
    pub listed: Vec<IpAddr>,
    /// Servers of these zones and of what is below them, in place of those that NS records
    /// name. They are asked whatever their addresses.
    pub configured: Vec<(DomainName, Vec<SocketAddr>)>,
    /// The port of servers that NS records name: 53, except where a whole DNS of one's own
    /// listens elsewhere.
    pub port: u16,
    /// Which addresses are asked although nobody listed them.
    pub reach: Reach,
    /// Queries that one server gets in a second, at least 1.
    pub queries_per_second: usize,
}

/// Which addresses are asked without being listed: whoever owns a zone may name any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that a server on the Internet can have. For whoever asks on behalf of others.
    Public,
    /// Every address of one machine, this one and private ones too. For whoever asks on his own.
    Everywhere,
}

impl Default for AuthoritativeSettings {
    fn default() -> AuthoritativeSettings {
        AuthoritativeSettings {
            listed: Vec::new(),
            configured: Vec::new(),
            port: 53,
            reach: Reach::Public,
            queries_per_second: QUERIES_PER_SECOND,
        }
    }
}

/// Asks authoritative servers. Cheap to clone; all clones share the pace.
#[derive(Clone)]
pub struct Authoritative {
    shared: Arc<Shared>,
}

struct Shared {
    resolver: Arc<Resolver>,
    settings: AuthoritativeSettings,
    pace: Pace,
}

/// What the servers of a name say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation<T> {
    /// The zone whose servers were asked.
    pub zone: DomainName,
    /// What each says; at most [`MAX_SERVERS`], never none.
    pub servers: Vec<ServerAnswer<T>>,
}

/// What one server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAnswer<T> {
    /// Its name; `None` where it was configured by address.
    pub server: Option<DomainName>,
    /// Where it was asked.
    pub address: SocketAddr,
    /// What it says.
    pub outcome: T,
}

/// Why no server could be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoServers {
    /// The resolver does not say who serves the name.
    #[error("{name}: its name servers are not known: {failure}")]
    NotFound {
        /// The name whose NS records were asked for.
        name: DomainName,
        /// Why.
        failure: Failure,
    },
    /// Nobody serves it, not even its top-level domain.
    #[error("{name} lies in no zone")]
    NoZone {
        /// The name.
        name: DomainName,
    },
    /// The zone's servers have no address, or none that is public or listed.
    #[error("no name server of {zone} has an address that may be asked ({left_out} are not public)")]
    NoAddress {
        /// The zone.
        zone: DomainName,
        /// Addresses that are neither public nor listed.
        left_out: usize,
    },
}

impl Authoritative {
    /// The servers are searched for with this resolver.
    pub fn new(resolver: Arc<Resolver>, settings: AuthoritativeSettings) -> Authoritative {
        Authoritative {
            shared: Arc::new(Shared { resolver, pace: Pace::new(settings.queries_per_second), settings }),
        }
    }

    /// Asks every server of the name's zone for its records of one type.
    ///
    /// # Errors
    /// [`NoServers`] where there is nobody to ask. Silence of a server is an outcome.
    pub async fn ask(
        &self,
        name: &DomainName,
        record_type: RecordType,
    ) -> Result<Observation<ServerOutcome>, NoServers> {
        let mut servers = self.shared.servers_of(name).await?;
        for _ in 0..MAX_REFERRALS {
            let observation = self.ask_servers(&servers, name, record_type).await;
            let Some((zone, hosts)) = referral(&observation, name) else { return Ok(observation) };
            servers = self.shared.addresses_of(zone, hosts).await?;
        }
        Ok(self.ask_servers(&servers, name, record_type).await)
    }

    /// Asks every server of the zone of `name` several questions, all at once; what each of them says
    /// to each question, in their order.
    ///
    /// # Errors
    /// As [`Authoritative::ask`].
    pub async fn ask_each(
        &self,
        name: &DomainName,
        questions: &[Question],
    ) -> Result<Vec<Observation<ServerOutcome>>, NoServers> {
        let mut servers = self.shared.servers_of(name).await?;
        let mut turns = 0;
        loop {
            let mut tasks = JoinSet::new();
            for (at, question) in questions.iter().cloned().enumerate() {
                let (asking, servers) = (self.clone(), servers.clone());
                tasks.spawn(async move {
                    (at, asking.ask_servers(&servers, &question.name, question.record_type).await)
                });
            }
            let seen = in_order(tasks).await;
            let below = seen.iter().find_map(|observation| referral(observation, name));
            let Some((zone, hosts)) = below.filter(|_| turns < MAX_REFERRALS) else { return Ok(seen) };
            servers = self.shared.addresses_of(zone, hosts).await?;
            turns += 1;
        }
    }

    /// What every server of the name's zone shows there: a CNAME, TXT records, addresses or
    /// nothing. One query for TXT, which brings a CNAME too; two more where there is neither.
    ///
    /// # Errors
    /// As [`Authoritative::ask`].
    pub async fn look(&self, name: &DomainName) -> Result<Observation<Said>, NoServers> {
        let texts = self.ask(name, RecordType::Txt).await?;
        let mut tasks = JoinSet::new();
        for (at, answer) in texts.servers.iter().cloned().enumerate() {
            let (shared, name) = (Arc::clone(&self.shared), name.clone());
            tasks.spawn(async move { (at, shared.said(answer, &name).await) });
        }
        Ok(Observation { zone: texts.zone, servers: in_order(tasks).await })
    }

    async fn ask_servers(
        &self,
        servers: &Servers,
        name: &DomainName,
        record_type: RecordType,
    ) -> Observation<ServerOutcome> {
        let mut tasks = JoinSet::new();
        for (at, ServerAddress { server, address }) in servers.addresses.iter().cloned().enumerate() {
            let (shared, name, zone) = (Arc::clone(&self.shared), name.clone(), servers.zone.clone());
            tasks.spawn(async move {
                let outcome = shared.ask_one(address, &zone, &name, record_type).await;
                (at, ServerAnswer { server, address, outcome })
            });
        }
        Observation { zone: servers.zone.clone(), servers: in_order(tasks).await }
    }
}

impl Shared {
    async fn servers_of(&self, name: &DomainName) -> Result<Servers, NoServers> {
        let configured = self.settings.configured.iter().filter(|(zone, _)| name.is_at_or_below(zone));
        if let Some((zone, addresses)) = configured.max_by_key(|(zone, _)| zone.label_count()) {
            let address = |address: &SocketAddr| ServerAddress { server: None, address: *address };
            let addresses: Vec<_> = addresses.iter().map(address).take(MAX_SERVERS).collect();
            return Servers { zone: zone.clone(), addresses }.not_empty(0);
        }
        let Found { zone, hosts } = zone_servers::find(&self.resolver, name).await?;
        self.addresses_of(zone, hosts).await
    }

    async fn addresses_of(&self, zone: DomainName, hosts: Vec<DomainName>) -> Result<Servers, NoServers> {
        let may_be_asked = |address: IpAddr| match self.settings.reach {
            Reach::Everywhere => !address.is_multicast() && !address.is_unspecified(),
            Reach::Public => is_public(address) || self.settings.listed.contains(&address.to_canonical()),
        };
        zone_servers::addresses(&self.resolver, zone, hosts, self.settings.port, may_be_asked).await
    }

    async fn ask_one(
        &self,
        address: SocketAddr,
        zone: &DomainName,
        name: &DomainName,
        record_type: RecordType,
    ) -> ServerOutcome {
        match exchange(&self.pace, address, name, record_type).await {
            Ok(reply) => ServerOutcome::read(&reply, zone, name, record_type),
            Err(failure) => ServerOutcome::Silent(failure),
        }
    }

    async fn said(&self, answer: ServerAnswer<ServerOutcome>, name: &DomainName) -> ServerAnswer<Said> {
        let ServerAnswer { server, address, outcome } = answer;
        let mut addresses = Vec::new();
        if matches!(outcome, ServerOutcome::NoData(_)) {
            for record_type in [RecordType::A, RecordType::Aaaa] {
                // The zone does not matter: whoever said "no data" did not refer elsewhere.
                let more = self.ask_one(address, name, name, record_type).await;
                addresses.extend(more.addresses());
            }
        }
        ServerAnswer { server, address, outcome: outcome.into_said(addresses) }
    }
}

/// Where servers send us to: a zone below the one that was asked. Only where nobody answers
/// for the name itself.
fn referral(
    observation: &Observation<ServerOutcome>,
    name: &DomainName,
) -> Option<(DomainName, Vec<DomainName>)> {
    let outcomes = || observation.servers.iter().map(|answer| &answer.outcome);
    if outcomes().any(ServerOutcome::is_authoritative) {
        return None;
    }
    outcomes().find_map(|outcome| match outcome {
        ServerOutcome::Referral { zone, hosts }
            if name.is_at_or_below(zone) && zone.label_count() > observation.zone.label_count() =>
        {
            Some((zone.clone(), hosts.clone()))
        }
        _ => None,
    })
}

pub(super) async fn in_order<T: 'static>(mut tasks: JoinSet<(usize, T)>) -> Vec<T> {
    let mut answers = Vec::with_capacity(tasks.len());
    while let Some(done) = tasks.join_next().await {
        // A task that ended in a panic has nothing to say; the others have.
        answers.extend(done.ok());
    }
    answers.sort_unstable_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Zone cuts that are followed below the zone that the resolver knows.
const MAX_REFERRALS: usize = 3;
