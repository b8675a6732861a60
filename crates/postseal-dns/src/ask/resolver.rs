use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_proto::op::{DnsRequestOptions, Query};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{DnsResponse, ResponseCode};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use postseal_core::dns::{Answer, Failure, Outcome, Question};

use super::reply::{Chase, Step, failure, wire_type};
use super::wire_name::to_wire;

/// Time that one query may take, TCP after truncation included, unless set otherwise.
pub const QUERY_TIME: Duration = Duration::from_secs(2);

/// Servers of the system configuration that are used; more are left out.
const MAX_SERVERS: usize = 3;

/// Asks recursive name servers: UDP with EDNS, TCP after truncation,
/// [`QUERY_TIME`] a query and one retry, at the next server where there is one.
///
/// Names are asked exactly as they are: no search domains, no hosts file, no
/// names answered by special rules. CNAMEs are followed, eight at most.
pub struct Resolver {
    servers: Vec<Server>,
    /// The server that answered last.
    preferred: AtomicUsize,
}

struct Server {
    address: SocketAddr,
    udp: NameServerPool<TokioRuntimeProvider>,
    /// Used where UDP brought something unreadable.
    tcp: NameServerPool<TokioRuntimeProvider>,
    query_time: Duration,
}

/// Why the system's name servers are not known.
#[derive(Debug, thiserror::Error)]
pub enum SystemConfigError {
    /// The system's configuration cannot be read.
    #[error("the system's DNS configuration cannot be read: {0}")]
    Unreadable(String),
    /// It names no server.
    #[error("the system's DNS configuration names no server")]
    NoServer,
}

impl Resolver {
    /// The name servers of this machine's configuration (`/etc/resolv.conf`).
    ///
    /// # Errors
    /// [`SystemConfigError`] where there is none. Nothing is asked yet.
    pub fn from_system() -> Result<Resolver, SystemConfigError> {
        Ok(Resolver::new(&Resolver::system_servers()?))
    }

    /// The addresses of the name servers of this machine's configuration.
    ///
    /// # Errors
    /// As [`Resolver::from_system`].
    pub fn system_servers() -> Result<Vec<SocketAddr>, SystemConfigError> {
        let (config, _) = hickory_resolver::system_conf::read_system_conf()
            .map_err(|e| SystemConfigError::Unreadable(e.to_string()))?;
        let address = |server: &NameServerConfig| {
            let port = server.connections.first().map_or(53, |c| c.port);
            SocketAddr::new(server.ip, port)
        };
        let addresses: Vec<_> = config.name_servers().iter().map(address).take(MAX_SERVERS).collect();
        if addresses.is_empty() { Err(SystemConfigError::NoServer) } else { Ok(addresses) }
    }

    /// These name servers, in this order.
    pub fn new(servers: &[SocketAddr]) -> Resolver {
        Resolver::with_query_time(servers, QUERY_TIME)
    }

    /// These name servers, in this order; `query_time` in the place of [`QUERY_TIME`].
    pub fn with_query_time(servers: &[SocketAddr], query_time: Duration) -> Resolver {
        Resolver {
            servers: servers.iter().map(|address| Server::new(*address, query_time)).collect(),
            preferred: AtomicUsize::new(0),
        }
    }

    /// The addresses of the name servers.
    pub fn servers(&self) -> impl Iterator<Item = SocketAddr> {
        self.servers.iter().map(|server| server.address)
    }

    /// The answer to one question. Never fails: trouble is an answer too.
    pub async fn ask(&self, question: &Question) -> Answer {
        let (outcome, ttl) = self.chase(question).await;
        Answer::new(question.clone(), outcome, ttl)
    }

    async fn chase(&self, question: &Question) -> (Outcome, u32) {
        let Some(name) = to_wire(&question.name) else {
            return (Outcome::Failure(Failure::Malformed), 0);
        };
        let mut chase = Chase::new(name, question.record_type);
        loop {
            let query = Query::query(chase.name.clone(), wire_type(question.record_type));
            let step = match self.exchange(&query).await {
                Ok(reply) => chase.read(&reply),
                Err(error) => chase.read_error(&error),
            };
            // Every turn takes an alias at least, and aliases are capped.
            if let Step::Done(outcome, ttl) = step {
                return (outcome, ttl);
            }
        }
    }

    /// One query and, where it brought nothing usable, one more.
    async fn exchange(&self, query: &Query) -> Result<DnsResponse, NetError> {
        let first = self.preferred.load(Ordering::Relaxed) % self.servers.len().max(1);
        let Some(server) = self.servers.get(first) else { return Err(NetError::NoConnections) };
        let error = match server.query(query, Attempt::Udp).await {
            Err(error) => error,
            reply => return reply,
        };
        let next = (first + 1) % self.servers.len();
        let (retry, attempt) = match Trouble::of(&error) {
            Trouble::None => return Err(error),
            Trouble::Unreadable => (first, Attempt::Tcp),
            Trouble::EdnsUnknown => (first, Attempt::UdpWithoutEdns),
            Trouble::Silence => (next, Attempt::Udp),
            Trouble::Refusal if next == first => return Err(error),
            Trouble::Refusal => (next, Attempt::Udp),
        };
        let reply = self.servers[retry].query(query, attempt).await;
        if reply.as_ref().err().is_none_or(|e| matches!(Trouble::of(e), Trouble::None)) {
            self.preferred.store(retry, Ordering::Relaxed);
        }
        // Silence says less than whatever came first.
        if matches!(reply, Err(NetError::Timeout)) { Err(error) } else { reply }
    }
}

/// How a query is sent.
#[derive(Clone, Copy)]
enum Attempt {
    Udp,
    UdpWithoutEdns,
    Tcp,
}

/// What kind of trouble an error is, as far as the retry is concerned.
enum Trouble {
    /// An answer: no records, or no such name.
    None,
    /// Octets came that are no reply to the question.
    Unreadable,
    /// The server does not understand the query; perhaps EDNS is why.
    EdnsUnknown,
    /// Nothing came.
    Silence,
    /// The server will not or cannot answer; another may.
    Refusal,
}

impl Trouble {
    fn of(error: &NetError) -> Trouble {
        match error {
            NetError::Dns(DnsError::NoRecordsFound(_)) => Trouble::None,
            NetError::Dns(DnsError::ResponseCode(ResponseCode::FormErr | ResponseCode::NotImp)) => {
                Trouble::EdnsUnknown
            }
            error => match failure(error) {
                Failure::Malformed => Trouble::Unreadable,
                Failure::Timeout => Trouble::Silence,
                _ => Trouble::Refusal,
            },
        }
    }
}

impl Server {
    fn new(address: SocketAddr, query_time: Duration) -> Server {
        let pool = |connections: Vec<ConnectionConfig>| {
            let mut options = ResolverOpts::default();
            options.timeout = query_time;
            options.num_concurrent_reqs = 1;
            options.max_active_requests = MAX_ACTIVE;
            let config = NameServerConfig::new(address.ip(), true, connections);
            let tls = TlsConfig::new().expect("no TLS feature is built in, so nothing is loaded");
            let context = Arc::new(PoolContext::new(options, tls));
            NameServerPool::from_config([config], context, TokioRuntimeProvider::default())
        };
        let on_port = |mut connection: ConnectionConfig| {
            connection.port = address.port();
            connection
        };
        Server {
            address,
            udp: pool(vec![on_port(ConnectionConfig::udp()), on_port(ConnectionConfig::tcp())]),
            tcp: pool(vec![on_port(ConnectionConfig::tcp())]),
            query_time,
        }
    }

    async fn query(&self, query: &Query, attempt: Attempt) -> Result<DnsResponse, NetError> {
        let mut options = DnsRequestOptions::default();
        options.use_edns = !matches!(attempt, Attempt::UdpWithoutEdns);
        let pool = match attempt {
            Attempt::Udp | Attempt::UdpWithoutEdns => &self.udp,
            Attempt::Tcp => &self.tcp,
        };
        let reply = pool.lookup(query.clone(), options).first_answer();
        tokio::time::timeout(self.query_time, reply).await.unwrap_or(Err(NetError::Timeout))
    }
}

/// Queries in flight on one TCP connection: all of a message's, and more.
const MAX_ACTIVE: usize = 512;
