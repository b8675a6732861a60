use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postseal_core::dns::{DomainName, DomainNameError};
use postseal_dns::{AskedQuestion, ClosedNetwork};
use tokio::net::{TcpListener, UdpSocket};

use super::dns_host::{DnsHost, DnsHostError, DnsHostStart};
use super::mail_host::{MailHost, Mailboxes, NextHop, Onward};
use super::private_directory::PrivateDirectory;
use super::receiver_policy::{ReceiverPolicy, Strictness};
use super::smtp::{self, Parcel, SmtpError, SmtpServer};
use super::{ALUMNI, CONTOSO, HOSTING_ZONE, PROVIDER, RECEIVER};
use crate::config::{self, Depth, Fault};
use crate::serve::{HostedDnsError, InheritedSockets, ReloadReply, Running, StartError};
use crate::service::Clock;
use crate::words::Lang;

/// Everybody who takes part, each on the loopback interface of this machine.
pub(super) struct World {
    pub(super) dns_host: DnsHost,
    /// The resolver of whoever looks records up: with the TTLs that they have.
    pub(super) resolver: ClosedNetwork,
    /// The provider's node's resolver.
    _forgetful: ClosedNetwork,
    /// The receiver's: nothing that it answers is kept, so each message asks all of its questions.
    receiver_network: ClosedNetwork,
    pub(super) receiver: Mailboxes,
    provider_node: Running,
    receiver_node: Running,
    submission: SmtpServer,
    inbound: SmtpServer,
    _alumni: SmtpServer,
    strictness: Strictness,
    /// Seconds by which the provider's node is ahead.
    ahead: Arc<AtomicU64>,
    password: String,
    directory: PrivateDirectory,
}

/// Why the sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorldError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Name(#[from] DomainNameError),
    #[error("the DNS host: {0}")]
    DnsHost(#[from] DnsHostStart),
    #[error("the DNS host: {0}")]
    Record(#[from] DnsHostError),
    #[error("{node}'s node has a wrong configuration: {faults:?}")]
    Config { node: &'static str, faults: Vec<Fault> },
    #[error("{node}'s node: {error}")]
    Start { node: &'static str, error: StartError },
    #[error("the system gives no random octets")]
    NoRandomness,
    #[error("the receiver's node does not take its new policy: {0}")]
    Policy(String),
}

/// Who sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// A user of Contoso's, through the provider's mail server.
    User,
    /// Somebody else, from a machine of their own.
    Impostor,
}

impl WorldError {
    /// Somebody has taken a port in the moment between its choice and its use.
    fn is_port_taken(&self) -> bool {
        let error = match self {
            WorldError::Start { error: StartError::Portal(error), .. } => error,
            WorldError::Start { error: StartError::HostedDns(HostedDnsError::Listen(listen)), .. } => {
                &listen.error
            }
            _ => return false,
        };
        error.kind() == io::ErrorKind::AddrInUse
    }
}

impl World {
    /// Starts all of them.
    pub(super) async fn start() -> Result<World, WorldError> {
        for _ in 1..TRIES {
            match World::start_once().await {
                Err(error) if error.is_port_taken() => {}
                other => return other,
            }
        }
        World::start_once().await
    }

    async fn start_once() -> Result<World, WorldError> {
        let directory = PrivateDirectory::new()?;
        let secret: [u8; 16] = random()?;
        let dns_host = DnsHost::start(&[CONTOSO, PROVIDER, RECEIVER, ALUMNI], secret).await?;
        // What other people registered long ago; contoso.example has nothing.
        for (host, address) in [
            (format!("out.{PROVIDER}"), PROVIDER_ADDRESS),
            (format!("mx.{RECEIVER}"), RECEIVER_ADDRESS),
            (format!("mail.{ALUMNI}"), ALUMNI_ADDRESS),
        ] {
            dns_host.register(&format!("{host}. 3600 IN A {address}"))?;
            dns_host.register(&format!("{host}. 3600 IN TXT \"v=spf1 a -all\""))?;
        }
        let (hosted_dns, portal) = (free_port().await?, free_port().await?);
        let resolver = ClosedNetwork::start((LOOPBACK, 0).into(), u32::MAX).await?;
        let internet = ClosedNetwork::start((LOOPBACK, 0).into(), SHORT_MEMORY).await?;
        let receiver_network = ClosedNetwork::start((LOOPBACK, 0).into(), 0).await?;
        for network in [&resolver, &internet, &receiver_network] {
            for zone in [CONTOSO, PROVIDER, RECEIVER, ALUMNI] {
                network.delegate(&DomainName::parse(zone)?, dns_host.address());
            }
            network.delegate(&DomainName::parse(HOSTING_ZONE)?, hosted_dns);
        }

        let at = |name: &str| directory.path().join(name);
        let provider =
            provider_settings(&at("provider"), (internet.address(), dns_host.address()), hosted_dns, portal);
        let ahead = Arc::new(AtomicU64::new(0));
        let clock = Clock::Ahead(Arc::clone(&ahead));
        let provider_node = start_node("the provider", &at("provider"), &provider, clock).await?;
        let settings = receiver_settings(&at("receiver"), receiver_network.address(), ReceiverPolicy::Honour);
        let receiver_node = start_node("the receiver", &at("receiver"), &settings, Clock::System).await?;

        let (receiver, strictness) = (Mailboxes::default(), Strictness::default());
        let inbound = mail_host(
            format!("mx.{RECEIVER}"),
            RECEIVER_ADDRESS,
            Some(at("receiver").join("milter")),
            Onward::Deliver { domain: RECEIVER.to_owned() },
        );
        let inbound = MailHost { mailboxes: receiver.clone(), strictness: strictness.clone(), ..inbound };
        let inbound = SmtpServer::start(LOOPBACK, Arc::new(inbound)).await?;
        let forward = Onward::Forward {
            address: format!("ken@{ALUMNI}"),
            becomes: format!("ken@{RECEIVER}"),
            to: next_hop(&inbound),
        };
        let alumni = mail_host(format!("mail.{ALUMNI}"), ALUMNI_ADDRESS, None, forward);
        let alumni = SmtpServer::start(LOOPBACK, Arc::new(alumni)).await?;
        let password: [u8; 16] = random()?;
        let password: String = password.iter().map(|octet| format!("{octet:02x}")).collect();
        let routes = vec![(RECEIVER.to_owned(), next_hop(&inbound)), (ALUMNI.to_owned(), next_hop(&alumni))];
        let submission = mail_host(
            format!("out.{PROVIDER}"),
            PROVIDER_ADDRESS,
            Some(at("provider").join("milter")),
            Onward::Relay { routes },
        );
        let user = Some((LOGIN.to_owned(), password.clone()));
        let submission = SmtpServer::start(LOOPBACK, Arc::new(MailHost { user, ..submission })).await?;
        let world = World {
            dns_host,
            resolver,
            _forgetful: internet,
            receiver_network,
            receiver,
            provider_node,
            receiver_node,
            submission,
            inbound,
            _alumni: alumni,
            strictness,
            ahead,
            password,
            directory,
        };
        Ok(world)
    }

    /// The receiver makes up its mind.
    ///
    /// # Errors
    /// [`WorldError::Policy`]: what its node says of it.
    pub(super) async fn set_receiver_policy(&self, policy: ReceiverPolicy) -> Result<(), WorldError> {
        let directory = self.directory.path().join("receiver");
        let settings = receiver_settings(&directory, self.receiver_network.address(), policy);
        fs::write(directory.join("postseal.toml"), settings)?;
        match self.receiver_node.reload(Lang::En).await {
            ReloadReply::Reloaded(_) => {
                self.strictness.set(policy == ReceiverPolicy::Strict);
                Ok(())
            }
            other => Err(WorldError::Policy(format!("{other:?}"))),
        }
    }

    /// What the receiver asked the DNS since the last call.
    pub(super) fn take_questions(&self) -> Vec<AskedQuestion> {
        self.receiver_network.take_questions()
    }

    /// Whom the receiver asks.
    pub(super) fn receiver_resolver(&self) -> SocketAddr {
        self.receiver_network.address()
    }

    /// The provider's node is so many seconds later at once.
    pub(super) fn move_time(&self, seconds: u64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Seconds by which the provider's node is ahead.
    pub(super) fn ahead(&self) -> u64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// The socket of the provider's API.
    pub(super) fn api_socket(&self) -> PathBuf {
        self.directory.path().join("provider/control/socket")
    }

    /// Sends a message and returns the reply that its sender gets.
    pub(super) async fn send(&self, sender: Sender, parcel: &Parcel) -> Result<String, SmtpError> {
        match sender {
            Sender::User => {
                let place = (self.submission.address(), self.submission.guests());
                let login = Some((LOGIN, self.password.as_str()));
                smtp::send(place, USER_ADDRESS, "laptop.contoso.example", login, parcel).await
            }
            Sender::Impostor => {
                let place = (self.inbound.address(), self.inbound.guests());
                smtp::send(place, IMPOSTOR_ADDRESS, "impostor.example", None, parcel).await
            }
        }
    }

    /// Ends everything; the directory goes with it.
    pub(super) async fn stop(self) {
        let at_once = || std::future::ready(());
        self.provider_node.stop(at_once()).await;
        self.receiver_node.stop(at_once()).await;
    }
}

fn mail_host(host: String, address: IpAddr, milter: Option<PathBuf>, onward: Onward) -> MailHost {
    let (mailboxes, queue_ids) = (Mailboxes::default(), AtomicU64::new(1));
    let strictness = Strictness::default();
    MailHost { host, address, milter, user: None, onward, strictness, mailboxes, queue_ids }
}

fn next_hop(server: &SmtpServer) -> NextHop {
    NextHop { server: server.address(), guests: server.guests().clone() }
}

async fn start_node(
    node: &'static str,
    directory: &Path,
    settings: &str,
    clock: Clock,
) -> Result<Running, WorldError> {
    fs::create_dir(directory)?;
    let file = directory.join("postseal.toml");
    fs::write(&file, settings)?;
    let loaded = config::load(&file, Depth::Start).map_err(|faults| WorldError::Config { node, faults })?;
    let running = Running::start_at(file, loaded, InheritedSockets::none(), clock).await;
    running.map_err(|error| WorldError::Start { node, error })
}

fn provider_settings(
    directory: &Path,
    (resolver, dns_host): (SocketAddr, SocketAddr),
    hosted: SocketAddr,
    portal: SocketAddr,
) -> String {
    let directory = directory.display();
    format!(
        r#"authserv_id = "out.{PROVIDER}"
[resolver]
servers = ["{resolver}"]
[milter]
listen = ["unix:{directory}/milter"]
[control]
socket = "{directory}/control/socket"
[log]
level = "error"
[store]
path = "{directory}/postseal.db"
key_encryption_key = "file:{directory}/key-encryption-key"
[portal]
listen = "{portal}"
[hosting]
zone = "{HOSTING_ZONE}"
listen = ["{hosted}"]
name_servers = ["ns1.{HOSTING_ZONE}"]
senders = ["ip4:{PROVIDER_ADDRESS}"]
[hosting.addresses]
"ns1.{HOSTING_ZONE}" = ["127.0.0.1"]
[[keys.servers]]
zone = "{CONTOSO}"
addresses = ["{dns_host}"]
[[keys.servers]]
zone = "{HOSTING_ZONE}"
addresses = ["{hosted}"]
[[sign.source]]
login = "{LOGIN}"
organisations = ["{LOGIN}"]
"#
    )
}

fn receiver_settings(directory: &Path, resolver: SocketAddr, policy: ReceiverPolicy) -> String {
    let (directory, policy) = (directory.display(), policy.settings());
    format!(
        r#"authserv_id = "mx.{RECEIVER}"
[resolver]
servers = ["{resolver}"]
[milter]
listen = ["unix:{directory}/milter"]
[control]
socket = "{directory}/control/socket"
[log]
level = "error"
[receive]
contact = "postmaster@{RECEIVER}"
not_judged = []
{policy}"#
    )
}

/// A port that is free for UDP and TCP, and may be taken by others until it is listened on.
async fn free_port() -> io::Result<SocketAddr> {
    loop {
        let tcp = TcpListener::bind((LOOPBACK, 0)).await?;
        let address = tcp.local_addr()?;
        if UdpSocket::bind(address).await.is_ok() {
            return Ok(address);
        }
    }
}

fn random<const N: usize>() -> Result<[u8; N], WorldError> {
    let mut octets = [0; N];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| WorldError::NoRandomness)?;
    Ok(octets)
}

/// Name of the login, and of the organisation that it belongs to.
pub(super) const LOGIN: &str = "contoso";

/// Seconds for which resolvers of the sandbox keep answers. Elsewhere it is what the record
/// says, an hour as a rule; here nobody has the time.
pub(super) const SHORT_MEMORY: u32 = 1;

/// Ports that the settings name must be chosen before they are listened on; others choose ports as well.
const TRIES: u32 = 10;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Whom servers see: each part connects from an address of its own.
pub(super) const PROVIDER_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 25));
const USER_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10));
const RECEIVER_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 30));
pub(super) const ALUMNI_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 40));
pub(super) const IMPOSTOR_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 66));

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever takes a port between its choice and its use makes the sandbox choose again.
    #[tokio::test]
    async fn a_port_that_somebody_took_is_told_from_other_trouble() {
        let directory = PrivateDirectory::new().expect("a directory");
        let taken = TcpListener::bind((LOOPBACK, 0)).await.expect("a port");
        let taken = taken.local_addr().map(|address| (address, taken)).expect("an address");
        let nobody: SocketAddr = ([127, 0, 0, 1], 1).into();
        let free: SocketAddr = ([127, 0, 0, 1], 0).into();
        for (name, hosted, portal) in [("portal", free, taken.0), ("hosted", taken.0, free)] {
            let at = directory.path().join(name);
            let settings = provider_settings(&at, (nobody, nobody), hosted, portal);
            let started = start_node("the provider", &at, &settings, Clock::System).await;
            assert!(started.as_ref().is_err_and(WorldError::is_port_taken), "{:?}", started.err());
        }
        let at = directory.path().join("wrong");
        let started = start_node("the provider", &at, "nonsense = 1", Clock::System).await;
        assert!(started.is_err_and(|error| !error.is_port_taken()));
    }
}
