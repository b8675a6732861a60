use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use postseal_milter::{Access, Config, Server, Snapshot, Socket, SocketError, Stop};

use super::inherited::{InheritedSocket, InheritedSockets};
use super::node::Node;
use super::session::Inlet;
use super::take_over::OfferedSockets;
use crate::config::{MilterAddress, Settings};

/// The sockets on which MTAs reach the node, each a server of its own, so that a signing
/// source can be bound to one.
pub(crate) struct Listeners {
    servers: Vec<Server<Inlet>>,
    addresses: Vec<MilterAddress>,
}

/// Why the node cannot listen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// The system's word.
    #[error("{error}{}", source_of(error))]
    Socket { error: SocketError },
    /// A socket that was passed cannot be used.
    #[error("{name}: {source}")]
    Inherited { name: String, source: io::Error },
    /// systemd passed none of this name.
    #[error(
        "systemd:{name}: systemd has passed no socket of this name; FileDescriptorName={name} in a .socket \
         unit makes one"
    )]
    NotPassed { name: String },
}

/// A [`SocketError`] leaves the system's words to those who ask.
fn source_of(error: &SocketError) -> String {
    std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default()
}

impl From<SocketError> for ListenError {
    fn from(error: SocketError) -> ListenError {
        ListenError::Socket { error }
    }
}

impl Listeners {
    /// Listens on every socket of the settings; if one cannot be had, on none. Each is offered to
    /// a process that comes after this one.
    ///
    /// # Errors
    /// [`ListenError`] names the socket.
    pub(crate) async fn open(
        node: &Arc<Node>,
        settings: &Settings,
        inherited: &mut InheritedSockets,
        offered: &OfferedSockets,
    ) -> Result<Listeners, ListenError> {
        let mut open = Vec::new();
        for address in &settings.milter.listen {
            for socket in sockets(address, settings, inherited).await? {
                let name = name_of(address);
                offered
                    .add(name.clone(), &socket)
                    .map_err(|source| ListenError::Inherited { name, source })?;
                open.push((address.clone(), socket));
            }
        }
        let config = Config {
            max_connections: settings.milter.max_connections,
            // A decision ends by itself before; this is for faults.
            decision_timeout: settings.resolver.message_time * 2,
            ..Config::default()
        };
        let addresses = open.iter().map(|(address, socket)| taken(address, socket)).collect();
        let servers = open.into_iter().map(|(address, socket)| {
            let server = Server::new(Inlet::new(Arc::clone(node), address), config);
            server.listen(socket);
            server
        });
        Ok(Listeners { servers: servers.collect(), addresses })
    }

    /// Where they listen: with the port that was taken, where the settings ask for any.
    pub(crate) fn addresses(&self) -> &[MilterAddress] {
        &self.addresses
    }

    /// What all of them have done.
    pub(crate) fn stats(&self) -> Snapshot {
        self.servers.iter().map(Server::stats).fold(Snapshot::default(), sum)
    }

    /// Begins the end; it is reached when no connection is open ([`Listeners::stats`]).
    pub(crate) fn stop(&self, stop: Stop) {
        self.servers.iter().for_each(|server| server.stop(stop));
    }
}

fn taken(address: &MilterAddress, socket: &Socket) -> MilterAddress {
    match (address, socket.tcp_address()) {
        (MilterAddress::Tcp(_), Some(taken)) => MilterAddress::Tcp(taken),
        _ => address.clone(),
    }
}

/// What the socket of this address is called when it is handed over.
fn name_of(address: &MilterAddress) -> String {
    format!("milter {address}")
}

/// Those that the node before this one had for this address.
fn taken_over(address: &MilterAddress, inherited: &mut InheritedSockets) -> Result<Vec<Socket>, ListenError> {
    let name = name_of(address);
    let is_tcp = |socket: &OwnedFd| {
        !matches!(rustix::net::sockopt::socket_domain(socket), Ok(rustix::net::AddressFamily::UNIX))
    };
    let mut sockets = Vec::new();
    while let Some(socket) = inherited.taken.one(&name) {
        let socket = match is_tcp(&socket) {
            true => Socket::from_tcp(TcpListener::from(socket)),
            false => Socket::from_unix(UnixListener::from(socket)),
        };
        sockets.push(socket.map_err(|source| ListenError::Inherited { name: name.clone(), source })?);
        if !matches!(address, MilterAddress::Systemd(_)) {
            break;
        }
    }
    Ok(sockets)
}

async fn sockets(
    address: &MilterAddress,
    settings: &Settings,
    inherited: &mut InheritedSockets,
) -> Result<Vec<Socket>, ListenError> {
    let taken = taken_over(address, inherited)?;
    if !taken.is_empty() {
        return Ok(taken);
    }
    match address {
        MilterAddress::Unix(path) => {
            let access = Access { mode: settings.milter.socket_mode, group: settings.milter.socket_group };
            Ok(vec![Socket::unix(path, access)?])
        }
        MilterAddress::Tcp(address) => Ok(vec![Socket::tcp(*address).await?]),
        MilterAddress::Systemd(name) => {
            let passed = inherited.named(name);
            if passed.is_empty() {
                return Err(ListenError::NotPassed { name: name.clone() });
            }
            let socket = |socket| match socket {
                InheritedSocket::Unix(listener) => Socket::from_unix(listener),
                InheritedSocket::Tcp(listener) => Socket::from_tcp(listener),
            };
            let failed = |source| ListenError::Inherited { name: format!("systemd:{name}"), source };
            passed.into_iter().map(|passed| socket(passed).map_err(failed)).collect()
        }
    }
}

fn sum(a: Snapshot, b: Snapshot) -> Snapshot {
    Snapshot {
        accepted: a.accepted + b.accepted,
        open: a.open + b.open,
        declined: a.declined + b.declined,
        accept_errors: a.accept_errors + b.accept_errors,
        messages: a.messages + b.messages,
        aborted: a.aborted + b.aborted,
        panics: a.panics + b.panics,
        protocol_errors: a.protocol_errors + b.protocol_errors,
        timeouts: a.timeouts + b.timeouts,
        late_decisions: a.late_decisions + b.late_decisions,
        cut: a.cut + b.cut,
        edits_left_out: a.edits_left_out + b.edits_left_out,
    }
}
