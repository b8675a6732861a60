mod connections;
mod tcp;
mod udp;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

use super::responder::Responder;
use super::zone::Zones;
use connections::Connections;

/// Where the zones come from that are in force now. Each batch of queries asks again, so a
/// change is served as soon as it is here.
pub trait Source: Send + Sync + 'static {
    /// What is served.
    type Zones: Zones + Send + Sync;

    /// The state of this moment.
    fn current(&self) -> Arc<Self::Zones>;
}

/// Zones that never change.
impl<Z: Zones + Send + Sync + 'static> Source for Arc<Z> {
    type Zones = Z;

    fn current(&self) -> Arc<Z> {
        Arc::clone(self)
    }
}

/// Bounds of the TCP side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerLimits {
    /// Connections at the same time: 150. Beyond that the one that has asked nothing for
    /// longest is cut.
    pub connections: usize,
    /// Of one network (/24 or /56): 10. Beyond that a new one is closed at once.
    pub connections_per_prefix: usize,
    /// How long a connection may take over its next query: 10 s.
    pub idle: Duration,
    /// How long it may take to read its answers: 5 s.
    pub slow_read: Duration,
}

impl Default for ListenerLimits {
    fn default() -> ListenerLimits {
        ListenerLimits {
            connections: 150,
            connections_per_prefix: 10,
            idle: Duration::from_secs(10),
            slow_read: Duration::from_secs(5),
        }
    }
}

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{address}: {error}")]
pub struct ListenerError {
    /// Which one.
    pub address: SocketAddr,
    /// Why.
    pub error: io::Error,
}

/// A UDP and a TCP socket at the same address.
#[derive(Debug)]
pub struct BoundSockets {
    udp: UdpSocket,
    tcp: TcpListener,
    address: SocketAddr,
}

impl BoundSockets {
    /// Binds both; port 0 takes one that is free for both.
    ///
    /// # Errors
    /// [`ListenerError`].
    pub async fn bind(address: SocketAddr) -> Result<BoundSockets, ListenerError> {
        let bound = bind(address).await.map_err(|error| ListenerError { address, error })?;
        Ok(BoundSockets { udp: bound.0, tcp: bound.1, address: bound.2 })
    }

    /// Takes sockets that another process has bound.
    ///
    /// # Errors
    /// What the system says.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn take_over(udp: OwnedFd, tcp: OwnedFd) -> io::Result<BoundSockets> {
        let (udp, tcp) = (std::net::UdpSocket::from(udp), std::net::TcpListener::from(tcp));
        udp.set_nonblocking(true)?;
        tcp.set_nonblocking(true)?;
        let address = tcp.local_addr()?;
        Ok(BoundSockets { udp: UdpSocket::from_std(udp)?, tcp: TcpListener::from_std(tcp)?, address })
    }

    /// The UDP socket and the TCP one, for a process that hands them on.
    pub fn files(&self) -> (BorrowedFd<'_>, BorrowedFd<'_>) {
        (self.udp.as_fd(), self.tcp.as_fd())
    }
}

/// A running server: UDP and TCP on every address. Dropping it ends it.
pub struct Listener {
    addresses: Vec<SocketAddr>,
    tasks: JoinSet<()>,
}

impl Listener {
    /// Listens on these addresses; port 0 takes a free one, the same for both transports.
    ///
    /// Give each address of the host by itself: an answer to a query that came in at
    /// `0.0.0.0` leaves from whichever address the routes choose, and the asker drops it.
    ///
    /// # Errors
    /// [`ListenerError`] for the first address that is not to be had; nothing listens then.
    pub async fn start<S: Source>(
        addresses: &[SocketAddr],
        source: S,
        responder: Arc<Responder>,
        limits: ListenerLimits,
    ) -> Result<Listener, ListenerError> {
        let mut sockets = Vec::with_capacity(addresses.len());
        for address in addresses {
            sockets.push(BoundSockets::bind(*address).await?);
        }
        Ok(Listener::on(sockets, source, &responder, limits))
    }

    /// Serves on sockets that are there.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn on<S: Source>(
        sockets: Vec<BoundSockets>,
        source: S,
        responder: &Arc<Responder>,
        limits: ListenerLimits,
    ) -> Listener {
        let source = Arc::new(source);
        let connections = Arc::new(Connections::new(&limits));
        let mut listener = Listener { addresses: Vec::new(), tasks: JoinSet::new() };
        for BoundSockets { udp, tcp, address } in sockets {
            listener.addresses.push(address);
            listener.tasks.spawn(udp::serve(udp, Arc::clone(&source), Arc::clone(responder)));
            let server = tcp::Server {
                source: Arc::clone(&source),
                responder: Arc::clone(responder),
                connections: Arc::clone(&connections),
                limits,
            };
            listener.tasks.spawn(server.serve(tcp));
        }
        listener
    }

    /// Where it listens, in the order given.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// A UDP and a TCP socket at the same address; port 0 is one that is free for both.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener, SocketAddr)> {
    let mut tries_left = if address.port() == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        let tcp = TcpListener::bind(address).await?;
        let bound = tcp.local_addr()?;
        match UdpSocket::bind(bound).await {
            Ok(udp) => return Ok((udp, tcp, bound)),
            Err(error) => {
                tries_left -= 1;
                if tries_left == 0 {
                    return Err(error);
                }
            }
        }
    }
}

/// Time since 1970; a clock before that is 1970.
fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// Ports that are free for TCP and not for UDP, before that is the answer.
const FREE_PORT_TRIES: u32 = 50;
