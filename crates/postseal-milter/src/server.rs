use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep};

use crate::config::Config;
use crate::connection::Connection;
use crate::drain::{Ending, EndingWatch, Stop};
use crate::handler::Handler;
use crate::negotiate::Wishes;
use crate::session::Session;
use crate::socket::{Accepted, Peer, Socket};
use crate::stats::{Snapshot, Stats};

/// A filter: what it wants of MTAs, and a handler for each connection.
pub trait Milter: Send + Sync + 'static {
    /// What serves one connection.
    type Handler: Handler + 'static;

    /// What is asked of each MTA that connects from now on.
    fn wishes(&self) -> Arc<Wishes>;

    /// A handler for a connection; `None` closes it.
    fn handler(&self, peer: Peer) -> Option<Self::Handler>;
}

/// Serves MTAs on any number of sockets, within one set of bounds.
///
/// It needs a tokio runtime with time and I/O. Each connection is a task.
pub struct Server<M> {
    shared: Arc<Shared<M>>,
    ending: watch::Sender<Option<Ending>>,
    /// Every task holds a sender: when all are gone, so are the tasks.
    alive: mpsc::Sender<()>,
    all_gone: mpsc::Receiver<()>,
}

struct Shared<M> {
    milter: M,
    config: Config,
    stats: Arc<Stats>,
    permits: Arc<Semaphore>,
}

impl<M: Milter> Server<M> {
    /// A server that listens nowhere yet.
    pub fn new(milter: M, config: Config) -> Server<M> {
        let permits = config.max_connections.clamp(1, Semaphore::MAX_PERMITS);
        let shared = Shared {
            milter,
            config,
            stats: Arc::new(Stats::default()),
            permits: Arc::new(Semaphore::new(permits)),
        };
        let (alive, all_gone) = mpsc::channel(1);
        Server { shared: Arc::new(shared), ending: watch::Sender::new(None), alive, all_gone }
    }

    /// Begins to accept connections on a socket, in a task of its own.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn listen(&self, socket: Socket) {
        let listening = Listening {
            socket,
            shared: Arc::clone(&self.shared),
            ending: self.ending.subscribe(),
            alive: self.alive.clone(),
        };
        tokio::spawn(listening.run());
    }

    /// The milter given at the start.
    pub fn milter(&self) -> &M {
        &self.shared.milter
    }

    /// What it has done so far.
    pub fn stats(&self) -> Snapshot {
        self.shared.stats.snapshot()
    }

    /// Begins the end; [`Server::finished`] awaits it. A later call replaces an
    /// earlier one: a second signal may be less patient than the first.
    pub fn stop(&self, stop: Stop) {
        let mut next = stop.starting_at(Instant::now());
        self.ending.send_modify(|ending| {
            // What another process has is not had back.
            next.keeps_files |= ending.is_some_and(|before| before.keeps_files);
            *ending = Some(next);
        });
    }

    /// Waits until a stopped server has no connection left.
    pub async fn finished(mut self) -> Snapshot {
        drop(self.alive);
        // Nothing is ever sent: this ends with the last sender.
        let _ = self.all_gone.recv().await;
        self.shared.stats.snapshot()
    }
}

/// One socket being served.
struct Listening<M> {
    socket: Socket,
    shared: Arc<Shared<M>>,
    ending: watch::Receiver<Option<Ending>>,
    alive: mpsc::Sender<()>,
}

impl<M: Milter> Listening<M> {
    async fn run(self) {
        let mut ending = EndingWatch::new(self.ending.clone());
        while ending.ending().is_none() {
            let mut accepting = pin!(self.accept());
            poll_fn(|context| {
                // The end first: a flood of connections can't put it off.
                let ended = ending.poll_change(context);
                if ended.is_ready() { ended } else { accepting.as_mut().poll(context) }
            })
            .await;
        }
    }

    /// Accepts one connection and starts serving it, when there is room.
    async fn accept(&self) {
        match self.socket.accept().await {
            Ok(Accepted::Unix(stream, peer)) => self.serve(stream, peer, self.permit().await),
            Ok(Accepted::Tcp(stream, peer)) => self.serve(stream, peer, self.permit().await),
            Err(_) => {
                self.shared.stats.accept_errors.add(1);
                // Out of file descriptors: they come back when connections end.
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }

    async fn permit(&self) -> OwnedSemaphorePermit {
        let permit = Arc::clone(&self.shared.permits).acquire_owned().await;
        permit.expect("the semaphore is never closed")
    }

    fn serve<S>(&self, stream: S, peer: Peer, permit: OwnedSemaphorePermit)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stats = Arc::clone(&self.shared.stats);
        stats.accepted.add(1);
        let open = Open { stats: Arc::clone(&stats), _permit: permit, _alive: self.alive.clone() };
        let milter = &self.shared.milter;
        let made = catch_unwind(AssertUnwindSafe(|| (milter.wishes(), milter.handler(peer))));
        let (wishes, handler) = match made {
            Ok((wishes, Some(handler))) => (wishes, handler),
            Ok((_, None)) => return stats.declined.add(1),
            Err(_) => return stats.panics.add(1),
        };
        let session = Session::new(wishes, self.shared.config.max_packet);
        let ending = EndingWatch::new(self.ending.clone());
        let connection = Connection::new(stream, handler, session, self.shared.config, stats, ending);
        tokio::spawn(async move {
            let _open = open;
            connection.run().await;
        });
    }
}

/// Also where the task is dropped before it has seen the end.
impl<M> Drop for Listening<M> {
    fn drop(&mut self) {
        if self.ending.borrow().is_some_and(|ending| ending.keeps_files) {
            self.socket.keep_file();
        }
    }
}

/// Lives as long as a connection, however that ends.
struct Open {
    stats: Arc<Stats>,
    _permit: OwnedSemaphorePermit,
    _alive: mpsc::Sender<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stats.closed.add(1);
        self.stats.panics.add(u64::from(thread::panicking()));
    }
}

/// How long to wait after a failure to accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
