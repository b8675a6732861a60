use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use postseal_dns::ask::SystemConfigError;
use postseal_milter::Stop;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{interval, sleep};

use super::control::{ControlSocket, ControlSocketError, Controlled, Order, Reply};
use super::http::{self, Monitored, Readiness};
use super::inherited::InheritedSockets;
use super::key_check::check_keys;
use super::listeners::{ListenError, Listeners};
use super::log::Log;
use super::node::Node;
use super::process;
use super::reload::{Reloader, say_faults, status};
use super::service_manager::ServiceManager;
use crate::cli::Lang;
use crate::config::{self, ControlSettings, Depth, Fault, Loaded, LogLevel, Settings};
use crate::keys::StoreAccess;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the configuration is wrong")]
    Config(Vec<Fault>),
    #[error("the sockets that systemd passes cannot be taken: {0}")]
    Inherited(io::Error),
    #[error("{0}; name servers can be named in [resolver] servers")]
    Resolver(#[from] SystemConfigError),
    #[error("{0}")]
    Listen(#[from] ListenError),
    #[error("{0}")]
    Control(ControlSocketError),
    #[error("{0}")]
    Http(io::Error),
    #[error("the system gives no threads or signals: {0}")]
    System(io::Error),
}

/// Runs a node on this configuration file until it is told to end.
///
/// # Errors
/// [`StartError`]; once it runs, nothing ends it but a signal.
pub(crate) fn run(file: PathBuf) -> Result<(), StartError> {
    process::keep_memory_private();
    // Before there are threads: what is taken here has one owner.
    let inherited = InheritedSockets::take().map_err(StartError::Inherited)?;
    let loaded = config::load(&file, Depth::Start).map_err(StartError::Config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(StartError::System)?.block_on(serve(file, loaded, inherited))
}

async fn serve(file: PathBuf, loaded: Loaded, mut inherited: InheritedSockets) -> Result<(), StartError> {
    // First of all: a signal that comes before the node is ready must not end it by default.
    let mut signals = Signals::new().map_err(StartError::System)?;
    let Loaded { settings, warnings } = loaded;
    let log = Log::new(settings.log);
    say_faults(&log, &warnings);
    warn_of_few_descriptors(&settings, &log);
    let control = listen_for_orders(&settings.control, &log)?;
    let http = match settings.http {
        Some(address) => Some(http::listen(address).await.map_err(StartError::Http)?),
        None => None,
    };
    let node = Arc::new(Node::new(settings, log)?);
    let listeners = Listeners::open(&node, &node.current().settings, &mut inherited).await?;
    for name in inherited.left() {
        let unused = format!("systemd passes a socket {name:?} that [milter] listen does not name");
        node.log.say(LogLevel::Warn, &unused);
    }
    let manager = Arc::new(ServiceManager::of_environment());
    let reloader = Reloader::new(file.clone(), Arc::clone(&node), Arc::clone(&manager));
    let store = node.current().settings.store.as_ref().map(|_| Arc::new(StoreAccess::new()));
    let running = Running { node, listeners, manager, reloader, stopping: AtomicBool::new(false), store };
    let running = Arc::new(running);
    running.begin(control, http);
    let ready = status(&running.node.current().settings);
    running.node.log.say(LogLevel::Info, &format!("ready on {ready}; configuration {}", file.display()));
    running.manager.ready(&ready);
    running.until_told_to_end(&mut signals).await;
    running.end(&mut signals).await;
    Ok(())
}

fn listen_for_orders(settings: &ControlSettings, log: &Log) -> Result<Option<ControlSocket>, StartError> {
    match ControlSocket::listen(&settings.socket) {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if settings.required => Err(StartError::Control(error)),
        Err(error) => {
            log.say(LogLevel::Warn, &format!("no `postseal reload`, only SIGHUP: {error}"));
            Ok(None)
        }
    }
}

fn warn_of_few_descriptors(settings: &Settings, log: &Log) {
    let needed = (settings.milter.max_connections * settings.milter.listen.len()) as u64 + OTHER_DESCRIPTORS;
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

/// A node that runs.
struct Running {
    node: Arc<Node>,
    listeners: Listeners,
    manager: Arc<ServiceManager>,
    reloader: Reloader,
    stopping: AtomicBool,
    /// `None`: the settings name no store.
    store: Option<Arc<StoreAccess>>,
}

impl Running {
    /// Begins what goes on beside the mail path. It ends with the runtime.
    fn begin(self: &Arc<Self>, control: Option<ControlSocket>, http: Option<TcpListener>) {
        if let Some(control) = control {
            let orders = Arc::new(Orders(Arc::clone(self)));
            tokio::spawn(async move { control.serve(orders).await });
        }
        if let Some(listener) = http {
            tokio::spawn(http::serve(listener, Arc::clone(self)));
        }
        if let Some(every) = self.manager.watchdog_interval() {
            let manager = Arc::clone(&self.manager);
            tokio::spawn(async move {
                let mut ticks = interval(every);
                loop {
                    ticks.tick().await;
                    manager.alive();
                }
            });
        }
        self.open_store();
        self.check_keys();
    }

    /// Opens the store, however long that takes: the mail path does not wait for it.
    fn open_store(self: &Arc<Self>) {
        let settings = self.node.current().settings.store.clone();
        let (Some(settings), Some(store)) = (settings, self.store.clone()) else { return };
        let node = Arc::clone(&self.node);
        tokio::spawn(async move { store.open(&settings, |level, text| node.log.say(level, text)).await });
    }

    /// Looks at the key files of the settings in force, on a thread of its own.
    fn check_keys(self: &Arc<Self>) {
        let running = Arc::clone(self);
        drop(spawn_blocking(move || {
            let node = &running.node;
            let snapshot = node.current();
            let stopping = || running.stopping.load(Ordering::Relaxed);
            let still_in_force = || !stopping() && Arc::ptr_eq(&node.current(), &snapshot);
            check_keys(&snapshot.settings, &node.log, &node.metrics, still_in_force);
        }));
    }

    async fn until_told_to_end(self: &Arc<Self>, signals: &mut Signals) {
        while signals.next().await == Told::Reload {
            self.reload(Lang::En).await;
        }
    }

    async fn reload(self: &Arc<Self>, lang: Lang) -> Reply {
        let reply = self.reloader.reload(lang).await;
        if matches!(reply, Reply::Reloaded(_)) {
            self.check_keys();
        }
        reply
    }

    /// Finishes the messages under way, and takes no others. Told so once more, it ends at
    /// once: the mail server keeps what has no answer.
    async fn end(&self, signals: &mut Signals) {
        self.stopping.store(true, Ordering::Relaxed);
        self.manager.stopping();
        self.node.log.say(LogLevel::Info, "stopping: messages under way are finished");
        self.listeners.stop(Stop::Drain { grace: DRAIN });
        let drained = std::pin::pin!(self.no_connection_left());
        let told_again = std::pin::pin!(signals.told_to_end());
        either(drained, told_again).await;
        if let Some(store) = self.store.as_ref().and_then(|store| store.get()) {
            store.close().await;
        }
        self.node.log.say(LogLevel::Info, "stopped");
        self.node.log.flush();
    }

    async fn no_connection_left(&self) {
        while self.listeners.stats().open > 0 {
            sleep(LOOK_AGAIN).await;
        }
    }
}

struct Orders(Arc<Running>);

impl Controlled for Orders {
    async fn carry_out(&self, order: Order) -> Reply {
        match order {
            Order::Reload { lang } => self.0.reload(lang).await,
        }
    }
}

impl Monitored for Running {
    fn metrics(&self) -> String {
        self.node.metrics.write(&self.listeners.stats(), &self.node.current().answers)
    }

    fn readiness(&self) -> Readiness {
        if self.stopping.load(Ordering::Relaxed) { Readiness::Stopping } else { Readiness::Ready }
    }
}

/// Signals that a node heeds.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Reload,
    End,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Told {
        std::future::poll_fn(|context| {
            if self.terminate.poll_recv(context).is_ready() || self.interrupt.poll_recv(context).is_ready() {
                return Poll::Ready(Told::End);
            }
            self.hang_up.poll_recv(context).map(|_| Told::Reload)
        })
        .await
    }

    async fn told_to_end(&mut self) {
        while self.next().await != Told::End {}
    }
}

/// Waits for whichever is first.
async fn either(
    mut one: std::pin::Pin<&mut impl Future<Output = ()>>,
    mut other: std::pin::Pin<&mut impl Future<Output = ()>>,
) {
    std::future::poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await;
}

/// For messages under way when the node is told to end.
const DRAIN: Duration = Duration::from_secs(10);

/// Between two looks at whether the last connection has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Beside those of connections: DNS, files, sockets.
const OTHER_DESCRIPTORS: u64 = 600;
