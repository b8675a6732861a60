use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand;
use postseal_dns::serve::{
    BoundSockets, CookieSecrets, Listener, ListenerError, ListenerLimits, NodeError, Responder,
};

use crate::config::HostingSettings;
use crate::keys::{HostedKeys, HostedZoneSource};

use super::take_over::{OfferedSockets, TakenSockets};

/// The hosting zone as others ask for it: UDP and TCP, with DNS Cookies and response rate
/// limiting. It ends with this value.
pub(crate) struct HostedDns {
    /// `None`: it has ended.
    listener: Mutex<Option<Listener>>,
    addresses: Vec<SocketAddr>,
    pub(crate) responder: Arc<Responder>,
}

/// Why the zone is not answered for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostedDnsError {
    #[error("[hosting] listen: {0}")]
    Listen(#[from] ListenerError),
    #[error("[hosting]: {0}")]
    Records(#[from] NodeError),
    #[error("the system gives no random octets")]
    NoRandom,
}

impl HostedDns {
    /// Listens where the settings say, on the sockets of the node before where it had them.
    ///
    /// # Errors
    /// [`HostedDnsError`]; nothing listens then.
    pub(crate) async fn start(
        keys: Arc<HostedKeys>,
        settings: &HostingSettings,
        taken: &mut TakenSockets,
        offered: &OfferedSockets,
    ) -> Result<HostedDns, HostedDnsError> {
        let mut secret = [0; 16];
        rand::fill(&mut secret).map_err(|_| HostedDnsError::NoRandom)?;
        let responder = Arc::new(Responder::new(CookieSecrets::new(secret)));
        let source = HostedZoneSource::new(keys, settings)?;
        let mut sockets = Vec::new();
        for address in &settings.listen {
            let bound = bound(*address, taken, offered).await;
            sockets.push(bound?);
        }
        let listener = Listener::on(sockets, source, &responder, ListenerLimits::default());
        let addresses = listener.addresses().to_vec();
        Ok(HostedDns { listener: Mutex::new(Some(listener)), addresses, responder })
    }

    /// Where it answers: with the port that was taken, where the settings ask for any.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Answers no more: another process has the sockets.
    pub(crate) fn end(&self) {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

async fn bound(
    address: SocketAddr,
    taken: &mut TakenSockets,
    offered: &OfferedSockets,
) -> Result<BoundSockets, HostedDnsError> {
    let (udp, tcp) = (format!("dns udp {address}"), format!("dns tcp {address}"));
    let failed = |error| ListenerError { address, error };
    let sockets = match taken.one(&udp).zip(taken.one(&tcp)) {
        Some((udp, tcp)) => BoundSockets::take_over(udp, tcp).map_err(failed)?,
        None => BoundSockets::bind(address).await?,
    };
    let files = sockets.files();
    offered.add(udp, files.0).map_err(failed)?;
    offered.add(tcp, files.1).map_err(failed)?;
    Ok(sockets)
}
