use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::node::Node;
use super::take_over::{OfferedSockets, TakenSockets};
use crate::api::{Api, setup_url};
use crate::config::{LogLevel, PortalSettings, TlsIdentity};
use crate::portal::{self, Guard, Portal, Site};
use crate::receiver_rules::ReceiverRules;
use crate::service::Service;

/// The portal of a node, and its API for whoever shows a token. It ends with the node's tasks.
pub(super) struct PortalServer {
    stop: watch::Sender<bool>,
}

/// The socket of a portal that is not served yet.
pub(super) struct PortalSocket {
    listener: TcpListener,
    settings: PortalSettings,
    address: SocketAddr,
}

/// Listens where the settings say, on the socket of the node before where it had one.
///
/// # Errors
/// What the system says.
pub(super) async fn listen_for_people(
    settings: Option<&PortalSettings>,
    taken: &mut TakenSockets,
    offered: &OfferedSockets,
) -> io::Result<Option<PortalSocket>> {
    let Some(settings) = settings else { return Ok(None) };
    let name = format!("portal {}", settings.listen);
    let listener = match taken.one(&name) {
        Some(socket) => portal::take_over(socket)?,
        None => portal::listen(settings.listen).await?,
    };
    offered.add(name, &listener)?;
    let address = listener.local_addr()?;
    Ok(Some(PortalSocket { listener, settings: settings.clone(), address }))
}

impl PortalServer {
    /// Serves it as one of these tasks. Where it is reached goes into the log, and to the API.
    pub(super) fn start(
        socket: PortalSocket,
        node: &Arc<Node>,
        api: &Arc<Api>,
        tasks: &mut JoinSet<()>,
    ) -> PortalServer {
        let PortalSocket { listener, settings, address } = socket;
        let site = Site::new(address, settings.tls.is_some(), &settings.hosts);
        let url = site.url();
        api.portal_is_at(url.clone());
        node.log.say(LogLevel::Info, &format!("the portal is at {url}"));
        let said_by = Arc::clone(node);
        let guard = Guard::new(
            Arc::clone(api),
            site,
            Box::new(move |level, text: &str| said_by.log.say(level, text)),
        );
        let (stop, stopping) = watch::channel(false);
        let node = Arc::clone(node);
        // They are a part of the program, and a test reads them.
        match ReceiverRules::load(None) {
            Ok(rules) => {
                let pages = portal::router(Arc::new(Portal::new(Arc::clone(api), rules)));
                let pages = portal::guarded(pages, Arc::new(guard));
                let certificate = newest_certificate(node, settings.tls);
                tasks.spawn(portal::serve(listener, certificate, pages, stopping));
            }
            Err(error) => node.alarm(&format!("the portal is not served: {error}")),
        }
        PortalServer { stop }
    }

    /// Takes nobody any more, and finishes the requests under way.
    pub(super) async fn end(&self) {
        self.stop.send_replace(true);
        let _ = timeout(portal::GRACE, self.stop.closed()).await;
    }
}

/// The certificate of the settings in force; the last one, where they name none any more: that waits for a
/// restart.
fn newest_certificate(node: Arc<Node>, first: Option<TlsIdentity>) -> portal::Certificate {
    let last = Mutex::new(first);
    Box::new(move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let found = node.current().settings.portal.as_ref().and_then(|portal| portal.tls.clone());
        if last.is_some() && found.is_some() {
            *last = found;
        }
        last.as_ref().map(TlsIdentity::config)
    })
}

/// Where nobody has an account yet, a link to make one goes into the log: whoever reads that runs the node.
pub(super) async fn say_first_link(node: &Node, service: &Service, api: &Api) {
    let Some(portal) = api.portal() else { return };
    let made = match service.administrator().await {
        Ok(Some(_)) => return,
        Ok(None) => service.new_setup_link("node").await,
        Err(error) => Err(error),
    };
    match made {
        Ok((link, _)) => {
            let url = setup_url(portal, &link.text());
            let text = format!(
                "the portal has no account yet; whoever opens this within an hour makes it, once: {url} (another one: postseal setup-link)"
            );
            node.log.say(LogLevel::Warn, &text);
        }
        Err(error) => node.log.say(LogLevel::Warn, &format!("no set-up link for the portal: {error}")),
    }
}
