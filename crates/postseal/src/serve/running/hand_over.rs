use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use postseal_milter::Stop;
use tokio::sync::mpsc;

use super::{DRAIN, First, Parts, Running, either};
use crate::config::LogLevel;
use crate::serve::take_over::{Predecessor, Successor};

impl Running {
    /// A process that serves on the sockets of this one already, and is to be left alone with them
    /// ([`Running::hand_over`]). It is pending where there is none.
    pub(crate) fn poll_successor(&mut self, context: &mut Context<'_>) -> Poll<Successor> {
        match self.ready_successors.poll_recv(context) {
            Poll::Ready(Some(successor)) => Poll::Ready(successor),
            _ => Poll::Pending,
        }
    }

    /// Leaves the sockets to another process, and serves the open sessions to their end, for five
    /// minutes at most or until `at_once` is ready; then as [`Running::stop`].
    pub(crate) async fn hand_over(mut self, successor: Successor, at_once: impl Future<Output = ()>) {
        let parts = Arc::clone(&self.parts);
        parts.stopping.store(true, Ordering::Relaxed);
        parts.listeners.stop(Stop::HandOver { patience: PATIENCE, grace: DRAIN });
        parts.offered.close();
        if let Some(file) = self.control_file.take() {
            file.keep();
        }
        if let Some(portal) = self.portal.take() {
            portal.end().await;
        }
        self.tasks.shutdown().await;
        if let Some(dns) = &parts.dns {
            dns.end();
        }
        if let Some(process) = successor.process() {
            parts.manager.succeeded_by(process);
        }
        successor.released().await;
        parts.node.log.say(
            LogLevel::Info,
            "handed over: another process has the sockets; open sessions are served to their end",
        );
        if either(pin!(parts.no_connection_left()), pin!(at_once)).await == First::Other {
            parts.listeners.stop(Stop::Drain { grace: DRAIN });
            parts.no_connection_left().await;
        }
        self.end().await;
    }
}

impl Parts {
    /// Tells the node before that this one serves.
    pub(super) async fn succeed(&self, predecessor: Predecessor) {
        match predecessor.let_go().await {
            Ok(()) => self.node.log.say(LogLevel::Info, "the sockets of the node before are this one's"),
            Err(error) => {
                let text = format!("the node before has not said that it let go of its sockets: {error}");
                self.node.log.say(LogLevel::Warn, &text);
            }
        }
    }

    /// Gives the sockets to whoever asks for them and may; who then says that it serves is `ready`.
    pub(super) async fn offer_sockets(
        self: Arc<Self>,
        mut asked: mpsc::Receiver<Successor>,
        ready: mpsc::Sender<Successor>,
    ) {
        while let Some(mut successor) = asked.recv().await {
            self.node.log.say(LogLevel::Info, "another process asks for the sockets");
            match successor.gets_ready(&self.offered).await {
                Ok(()) => drop(ready.send(successor).await),
                Err(error) => {
                    let text = format!("that process did not get ready ({error}); this one goes on");
                    self.node.log.say(LogLevel::Warn, &text);
                }
            }
        }
    }
}

/// For sessions that are open when another process takes the sockets.
const PATIENCE: Duration = Duration::from_secs(300);
