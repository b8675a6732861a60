mod hand_over;
mod parts;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use parts::Parts;
use postseal_milter::Stop;
use postseal_store::ReceiverPolicy;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::interval;

use super::hosted_dns::HostedDns;
use super::http;
use super::inherited::InheritedSockets;
use super::listeners::Listeners;
use super::log::Log;
use super::node::Node;
use super::organisations;
use super::portal_server::{PortalServer, listen_for_people};
use super::process;
use super::reload::{ReloadReply, Reloader, say_faults, status};
use super::run::StartError;
use super::service_manager::ServiceManager;
use super::side_listeners::{listen_for_monitors, listen_for_orders};
use super::take_over::{OfferedSockets, Successor};
use crate::api::{Api, ControlFile, ControlSocket};
use crate::config::{Loaded, LogLevel, Settings};
use crate::inbound::ReceiverCopy;
use crate::keys::{FoundCopy, HostedKeys, Refresher, StoreAccess};
use crate::portal;
use crate::service::Clock;
use crate::verdicts::{self, Spooling};
use crate::words::Lang;

/// A node that runs, in a process of its own or as a part of another. Dropped without
/// [`Running::stop`] it listens no longer, and messages under way are left to the mail server.
pub(crate) struct Running {
    parts: Arc<Parts>,
    api: Arc<Api>,
    /// What goes on beside the mail path; it ends with this value.
    tasks: JoinSet<()>,
    /// Writes verdicts to disk, as long as there may be some.
    spooling: Option<Spooling>,
    /// `None`: the settings name none.
    portal: Option<PortalServer>,
    control_file: Option<ControlFile>,
    /// A process that is ready to take this one's place.
    ready_successors: mpsc::Receiver<Successor>,
}

impl Running {
    /// Starts a node on a configuration that was read from this file. It is ready when this
    /// returns.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    ///
    /// # Panics
    /// Outside a tokio runtime with time and I/O.
    pub(crate) async fn start(
        file: PathBuf,
        loaded: Loaded,
        inherited: InheritedSockets,
    ) -> Result<Running, StartError> {
        Running::start_at(file, loaded, inherited, Clock::System).await
    }

    /// The same, and domains and keys are looked after by this clock.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    ///
    /// # Panics
    /// Outside a tokio runtime with time and I/O.
    pub(crate) async fn start_at(
        file: PathBuf,
        loaded: Loaded,
        mut inherited: InheritedSockets,
        clock: Clock,
    ) -> Result<Running, StartError> {
        let Loaded { settings, warnings } = loaded;
        let log = Log::new(settings.log);
        say_faults(&log, &warnings);
        warn_of_few_descriptors(&settings, &log);
        let offered = OfferedSockets::default();
        let control = listen_for_orders(&settings.control, &log, &mut inherited.taken, &offered)?;
        let control_path = settings.control.socket.clone();
        let http = listen_for_monitors(settings.http, &mut inherited.taken, &offered).await;
        let http = http.map_err(StartError::Http)?;
        let portal = listen_for_people(settings.portal.as_ref(), &mut inherited.taken, &offered).await;
        let portal = portal.map_err(StartError::Portal)?;
        let store = settings.store.as_ref().map(|_| Arc::new(StoreAccess::new()));
        let loaded = store.clone().and_then(|store| load_hosted_keys(&settings, store, &log));
        let (hosted, found) = loaded.unzip();
        let dns = match (&hosted, &settings.hosting) {
            (Some(keys), Some(hosting)) => {
                Some(HostedDns::start(Arc::clone(keys), hosting, &mut inherited.taken, &offered).await?)
            }
            _ => None,
        };
        let node = Arc::new(Node::new(settings, hosted.clone(), log)?);
        let listeners = Listeners::open(&node, &node.current().settings, &mut inherited, &offered).await?;
        for name in inherited.left() {
            let unused = format!("systemd passes a socket {name:?} that [milter] listen does not name");
            node.log.say(LogLevel::Warn, &unused);
        }
        for name in inherited.taken.left() {
            let unused =
                format!("the node before listened on {name}, which the settings do not name any more");
            node.log.say(LogLevel::Warn, &unused);
        }
        let manager = Arc::new(ServiceManager::of_environment());
        let addresses = listeners.addresses().to_vec();
        let reloader = Reloader::new(file.clone(), Arc::clone(&node), Arc::clone(&manager), addresses);
        let stopping = AtomicBool::new(false);
        let looks = Arc::default();
        let parts = Arc::new(Parts {
            node,
            listeners,
            manager,
            reloader,
            stopping,
            store,
            hosted,
            dns,
            looks,
            offered,
        });
        let reloading = Arc::clone(&parts);
        let reload = move |lang| -> Pin<Box<dyn Future<Output = ReloadReply> + Send>> {
            let parts = Arc::clone(&reloading);
            Box::pin(async move { parts.reload(lang).await })
        };
        let api = Arc::new(Api::new(parts.store.is_some(), Box::new(reload)));
        let (ready, ready_successors) = mpsc::channel(1);
        let tasks = JoinSet::new();
        let mut running =
            Running { parts, api, tasks, spooling: None, portal: None, control_file: None, ready_successors };
        if let Some(predecessor) = inherited.predecessor {
            running.parts.succeed(predecessor).await;
        }
        if let Some(socket) = portal {
            let Running { parts, api, tasks, portal, .. } = &mut running;
            *portal = Some(PortalServer::start(socket, &parts.node, api, tasks));
        }
        running.begin((control, control_path, ready), http, (found, clock));
        let parts = &running.parts;
        parts.say_where_dns_is();
        // They sign by the file, and somebody must decide.
        say_faults(&parts.node.log, &parts.reloader.hosted_too(&parts.node.current().settings));
        let ready = status(parts.listeners.addresses(), &parts.node.current().settings);
        parts.node.log.say(LogLevel::Info, &format!("ready on {ready}; configuration {}", file.display()));
        parts.manager.ready(&ready);
        Ok(running)
    }

    /// Where MTAs reach it, in the order of the settings: with the port that was taken, where
    /// they ask for any.
    #[cfg(test)]
    pub(crate) fn milter_addresses(&self) -> &[crate::config::MilterAddress] {
        self.parts.listeners.addresses()
    }

    /// Where the hosting zone is answered for, UDP and TCP, in the order of the settings: with the
    /// port that was taken, where they ask for any.
    pub(crate) fn dns_addresses(&self) -> &[SocketAddr] {
        self.parts.dns.as_ref().map_or(&[], HostedDns::addresses)
    }

    /// Takes the configuration file again.
    pub(crate) async fn reload(&self, lang: Lang) -> ReloadReply {
        self.parts.reload(lang).await
    }

    /// The same on SIGHUP. A signal does not say who sent it: the audit log has the signal.
    pub(crate) async fn hang_up(&self) {
        let reply = self.parts.reload(Lang::En).await;
        self.api.note_reload(matches!(reply, ReloadReply::Reloaded(_)), "signal:SIGHUP").await;
    }

    /// Finishes the messages under way, for ten seconds at most or until `at_once` is ready, and
    /// takes no others.
    pub(crate) async fn stop(self, at_once: impl Future<Output = ()>) {
        let parts = Arc::clone(&self.parts);
        parts.stopping.store(true, Ordering::Relaxed);
        parts.manager.stopping();
        parts.node.log.say(LogLevel::Info, "stopping: messages under way are finished");
        parts.offered.close();
        parts.listeners.stop(Stop::Drain { grace: DRAIN });
        either(pin!(parts.no_connection_left()), pin!(at_once)).await;
        self.end().await;
    }

    /// The end of what goes on beside the mail path.
    async fn end(mut self) {
        let parts = Arc::clone(&self.parts);
        if let Some(portal) = self.portal.take() {
            portal.end().await;
        }
        let spooling = self.spooling.take();
        // A fault there is said by the thread itself.
        let _ = spawn_blocking(move || drop(spooling)).await;
        self.tasks.shutdown().await;
        if let Some(store) = parts.store.as_ref().and_then(|store| store.get()) {
            store.close().await;
        }
        parts.node.log.say(LogLevel::Info, "stopped");
        parts.node.log.flush();
    }

    /// Begins what goes on beside the mail path.
    fn begin(
        &mut self,
        (control, path, ready): (Option<ControlSocket>, PathBuf, mpsc::Sender<Successor>),
        http: Option<TcpListener>,
        (found, clock): (Option<FoundCopy>, Clock),
    ) {
        if let Some(mut control) = control {
            // The file of a node before is this one's from now on.
            self.control_file = Some(control.file().unwrap_or_else(|| ControlFile::at(&path)));
            let api = Arc::clone(&self.api);
            let (asking, asked) = mpsc::channel(1);
            self.tasks.spawn(async move { control.serve(api, asking).await });
            self.tasks.spawn(Arc::clone(&self.parts).offer_sockets(asked, ready));
        }
        if let Some(listener) = http {
            self.tasks.spawn(http::serve(listener, Arc::clone(&self.parts)));
        }
        if let Some(every) = self.parts.manager.watchdog_interval() {
            let manager = Arc::clone(&self.parts.manager);
            self.tasks.spawn(async move {
                let mut ticks = interval(every);
                loop {
                    ticks.tick().await;
                    manager.alive();
                }
            });
        }
        if let Some(found) = found {
            self.open_store(found);
        }
        self.keep_verdicts();
        self.serve_organisations(clock);
        self.parts.check_keys();
    }

    /// Where there is a store, organisations are served and looked after once it is open.
    fn serve_organisations(&mut self, clock: Clock) {
        let Some(store) = self.parts.store.clone() else { return };
        let (node, api, counts) =
            (Arc::clone(&self.parts.node), Arc::clone(&self.api), Arc::clone(&self.parts.looks));
        let dns = self.dns_addresses().to_vec();
        self.tasks.spawn(organisations::serve(node, store, api, (dns, counts, clock)));
    }

    /// Opens the store, however long that takes: the mail path does not wait for it.
    fn open_store(&mut self, found: FoundCopy) {
        let Some(settings) = self.parts.node.current().settings.store.clone() else { return };
        let (Some(store), Some(hosted)) = (self.parts.store.clone(), self.parts.hosted.clone()) else {
            return;
        };
        let (node, expected) = (Arc::clone(&self.parts.node), found.expected.clone());
        let path = settings.path.clone();
        self.tasks.spawn(async move {
            store.open(&settings, expected.as_ref(), |level, text| node.log.say(level, text)).await;
        });
        let node = Arc::clone(&self.parts.node);
        let (deciding, copy) = (Arc::clone(&node), ReceiverCopy::beside(&path));
        let receiver = move |policy: ReceiverPolicy| {
            deciding.receiver_changed(&policy);
            copy.write(&policy)
        };
        let say = move |level, text: &str| node.log.say(level, text);
        let refresher = Refresher::new(hosted, found, Arc::new(receiver), say);
        self.tasks.spawn(refresher.run());
    }
}

impl Running {
    /// Lets verdicts leave the mail path: to disk by a thread, and from there into the store once it is open.
    fn keep_verdicts(&mut self) {
        let node = &self.parts.node;
        let snapshot = node.current();
        let (Some(queue), Some(access), Some(settings)) =
            (node.verdicts.clone(), self.parts.store.clone(), &snapshot.settings.store)
        else {
            return;
        };
        let spool_octets = snapshot.settings.verdicts.spool_octets;
        let (writer, reader) = postseal_store::spool(&verdicts::spool_directory(&settings.path));
        let written = Arc::new(Notify::new());
        let heard = Arc::clone(node);
        let say = move |wrote: Result<(), &io::Error>| match wrote {
            Ok(()) => heard.log.say(LogLevel::Info, "verdicts are written to disk again"),
            Err(error) => heard.alarm(&format!(
                "verdicts cannot be written to disk, and the oldest are dropped; mail goes on: {error}"
            )),
        };
        match Spooling::begin(Arc::clone(&queue), writer, spool_octets, Arc::clone(&written), say) {
            Ok(spooling) => self.spooling = Some(spooling),
            Err(error) => node.alarm(&format!("no verdicts are kept: {error}")),
        }
        let node = Arc::clone(node);
        self.tasks.spawn(async move {
            // What a run before left is there at once.
            let store = access.opened().await;
            let say = |text: &str| node.log.say(LogLevel::Warn, text);
            let in_file = || node.current().settings.verdicts.keep;
            verdicts::keep_in_store(reader, store, &queue, in_file, written, say).await;
        });
    }
}

impl Drop for Running {
    /// Stopped already, nothing is left to end.
    fn drop(&mut self) {
        self.parts.stopping.store(true, Ordering::Relaxed);
        self.parts.offered.close();
        self.parts.listeners.stop(Stop::Drain { grace: Duration::ZERO });
    }
}

/// Reads the node's own copy of the store, before the node is ready: it signs by it.
fn load_hosted_keys(
    settings: &Settings,
    store: Arc<StoreAccess>,
    log: &Log,
) -> Option<(Arc<HostedKeys>, FoundCopy)> {
    let zone = settings.hosting.as_ref().map(|hosting| hosting.zone.clone());
    let (keys, found) = HostedKeys::load(settings.store.as_ref()?, zone, store);
    for (path, error) in &found.damaged {
        let path = path.display();
        let text = format!("{path}: {error}; mail of its domains waits (451) until the store was read");
        log.say(LogLevel::Error, &text);
    }
    Some((Arc::new(keys), found))
}

fn warn_of_few_descriptors(settings: &Settings, log: &Log) {
    let of_portal = if settings.portal.is_some() { portal::MAX_CONNECTIONS } else { 0 };
    let of_milter = settings.milter.max_connections * settings.milter.listen.len();
    let needed = (of_milter + of_portal) as u64 + OTHER_DESCRIPTORS;
    if let Some(allowed) = process::take_file_descriptors().filter(|allowed| *allowed < needed) {
        log.say(
            LogLevel::Warn,
            &format!(
                "{allowed} file descriptors are allowed, and [milter] max_connections may need {needed}; \
                 LimitNOFILE= of the unit, or ulimit -n"
            ),
        );
    }
}

/// Which of two was ready first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    One,
    Other,
}

/// Waits for whichever is first.
async fn either(
    mut one: Pin<&mut impl Future<Output = ()>>,
    mut other: Pin<&mut impl Future<Output = ()>>,
) -> First {
    std::future::poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(First::One),
        Poll::Pending => other.as_mut().poll(context).map(|()| First::Other),
    })
    .await
}

/// For messages under way when the node is told to end.
const DRAIN: Duration = Duration::from_secs(10);

/// Beside those of connections: DNS, files, sockets.
const OTHER_DESCRIPTORS: u64 = 600;

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::net::TcpStream;

    use super::*;
    use crate::config::{self, Depth, MilterAddress};

    /// Two nodes in one process, each on sockets of its own, and nothing left of either.
    #[tokio::test]
    async fn a_node_is_a_part_of_another_process() {
        let mut nodes = Vec::new();
        let home = tempfile::tempdir().expect("a directory");
        for name in ["a", "b"] {
            let file = home.path().join(format!("{name}.toml"));
            let text = format!(
                "authserv_id = \"mx.example.net\"\n[milter]\nlisten = \"inet:127.0.0.1:0\"\n\
                 [resolver]\nservers = \"127.0.0.1:1\"\n[log]\nlevel = \"error\"\n\
                 [control]\nsocket = \"run/{name}.sock\"\n"
            );
            std::fs::write(&file, text).expect("written");
            let loaded = config::load(&file, Depth::Start).expect("right");
            let node = Running::start(file, loaded, InheritedSockets::default()).await.expect("starts");
            let [MilterAddress::Tcp(address)] = node.milter_addresses() else { panic!("one TCP socket") };
            TcpStream::connect(address).await.expect("listens");
            nodes.push((*address, node));
        }
        let (second, dropped) = nodes.pop().expect("two");
        drop(dropped);
        let (first, stopped) = nodes.pop().expect("two");
        stopped.stop(pending()).await;
        for address in [first, second] {
            let mut tries = 0;
            while TcpStream::connect(address).await.is_ok() {
                tries += 1;
                assert!(tries < 500, "{address} is still listened on");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let left = std::fs::read_dir(home.path().join("run")).expect("made").count();
        assert_eq!(left, 0, "control sockets are left");
    }
}
