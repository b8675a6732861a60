use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How a server comes to its end. In both cases it accepts no more at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Connections between messages are closed now, others when their message
    /// has its verdict; what is left after `grace` is cut.
    Drain {
        /// How long a message under way may take.
        grace: Duration,
    },
    /// Another process has the sockets: connections are served until the MTA
    /// ends them, at most for `patience`; then as [`Stop::Drain`].
    HandOver {
        /// How long connections may go on.
        patience: Duration,
        /// How long a message under way may take after that.
        grace: Duration,
    },
}

/// From when on connections end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Connections between messages are closed.
    pub(crate) close_idle: Instant,
    /// All connections are.
    pub(crate) cut: Instant,
    /// The files of unix sockets stay: another process listens on them.
    pub(crate) keeps_files: bool,
}

impl Stop {
    pub(crate) fn starting_at(self, now: Instant) -> Ending {
        match self {
            Stop::Drain { grace } => Ending { close_idle: now, cut: now + grace, keeps_files: false },
            Stop::HandOver { patience, grace } => {
                Ending { close_idle: now + patience, cut: now + patience + grace, keeps_files: true }
            }
        }
    }
}

/// Tells a task when the ending is set or changed, and what it is.
pub(crate) struct EndingWatch {
    ending: Option<Ending>,
    change: Pin<Box<dyn Future<Output = watch::Receiver<Option<Ending>>> + Send>>,
}

impl EndingWatch {
    pub(crate) fn new(receiver: watch::Receiver<Option<Ending>>) -> EndingWatch {
        let ending = *receiver.borrow();
        EndingWatch { ending, change: Box::pin(changed(receiver)) }
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Ready each time that the ending has changed.
    pub(crate) fn poll_change(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Poll::Ready(mut receiver) = self.change.as_mut().poll(context) else { return Poll::Pending };
        self.ending = *receiver.borrow_and_update();
        self.change = Box::pin(changed(receiver));
        Poll::Ready(())
    }
}

async fn changed(mut receiver: watch::Receiver<Option<Ending>>) -> watch::Receiver<Option<Ending>> {
    if receiver.changed().await.is_err() {
        // The server is gone: nobody will end this any more.
        std::future::pending::<()>().await;
    }
    receiver
}
