use std::net::SocketAddr;
use std::sync::Arc;

use aws_lc_rs::rand;
use postseal_dns::serve::{CookieSecrets, Listener, ListenerError, ListenerLimits, NodeError, Responder};

use crate::config::HostingSettings;
use crate::keys::{HostedKeys, HostedZoneSource};

/// The hosting zone as others ask for it: UDP and TCP, with DNS Cookies and response rate
/// limiting. It ends with this value.
pub(crate) struct HostedDns {
    listener: Listener,
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
    /// Listens where the settings say.
    ///
    /// # Errors
    /// [`HostedDnsError`]; nothing listens then.
    pub(crate) async fn start(
        keys: Arc<HostedKeys>,
        settings: &HostingSettings,
    ) -> Result<HostedDns, HostedDnsError> {
        let mut secret = [0; 16];
        rand::fill(&mut secret).map_err(|_| HostedDnsError::NoRandom)?;
        let responder = Arc::new(Responder::new(CookieSecrets::new(secret)));
        let source = HostedZoneSource::new(keys, settings)?;
        let (shared, limits) = (Arc::clone(&responder), ListenerLimits::default());
        let listener = Listener::start(&settings.listen, source, shared, limits).await?;
        Ok(HostedDns { listener, responder })
    }

    /// Where it answers: with the port that was taken, where the settings ask for any.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.listener.addresses()
    }
}
