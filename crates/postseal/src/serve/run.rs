use std::io;
use std::path::PathBuf;
use std::task::{Context, Poll};

use postseal_dns::ask::SystemConfigError;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::hosted_dns::HostedDnsError;
use super::inherited::InheritedSockets;
use super::listeners::ListenError;
use super::process;
use super::running::Running;
use super::take_over::{Predecessor, Successor, TakeOverError};
use crate::api::ControlSocketError;
use crate::config::{self, Depth, Fault, Loaded};

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the configuration is wrong")]
    Config(Vec<Fault>),
    #[error("{0}")]
    TakeOver(#[from] TakeOverError),
    #[error("the sockets that systemd passes cannot be taken: {0}")]
    Inherited(io::Error),
    #[error("{0}; name servers can be named in [resolver] servers")]
    Resolver(#[from] SystemConfigError),
    #[error("{0}")]
    Listen(#[from] ListenError),
    #[error("{0}")]
    HostedDns(#[from] HostedDnsError),
    #[error("{0}")]
    Control(ControlSocketError),
    #[error("{0}")]
    Http(io::Error),
    #[error("[portal] listen: {0}")]
    Portal(io::Error),
    #[error("the system gives no threads or signals: {0}")]
    System(io::Error),
}

/// How a node begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    Afresh,
    /// In the place of the node that listens on the control socket.
    TakeOver,
}

/// Runs a node on this configuration file until it is told to end, or another takes its place.
///
/// # Errors
/// [`StartError`]; once it runs, nothing ends it but a signal and a successor.
pub(crate) fn run(file: PathBuf, begin: Begin) -> Result<(), StartError> {
    process::keep_memory_private();
    // Before there are threads: what is taken here has one owner.
    let inherited = InheritedSockets::take().map_err(StartError::Inherited)?;
    let loaded = config::load(&file, Depth::Start).map_err(StartError::Config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(StartError::System)?.block_on(serve(file, loaded, inherited, begin))
}

async fn serve(
    file: PathBuf,
    loaded: Loaded,
    mut inherited: InheritedSockets,
    begin: Begin,
) -> Result<(), StartError> {
    // First of all: a signal that comes before the node is ready must not end it by default.
    let mut signals = Signals::new().map_err(StartError::System)?;
    if begin == Begin::TakeOver {
        let (predecessor, taken) = Predecessor::ask(&loaded.settings.control.socket).await?;
        (inherited.predecessor, inherited.taken) = (Some(predecessor), taken);
    }
    let mut running = Running::start(file, loaded, inherited).await?;
    loop {
        match next(&mut signals, &mut running).await {
            Next::Told(Told::Reload) => running.hang_up().await,
            // Told so once more, it ends at once: the mail server keeps what has no answer.
            Next::Told(Told::End) => {
                running.stop(signals.told_to_end()).await;
                return Ok(());
            }
            Next::Successor(successor) => {
                running.hand_over(successor, signals.told_to_end()).await;
                return Ok(());
            }
        }
    }
}

/// What a node hears of.
enum Next {
    Told(Told),
    Successor(Successor),
}

async fn next(signals: &mut Signals, running: &mut Running) -> Next {
    std::future::poll_fn(|context| match signals.poll_next(context) {
        Poll::Ready(told) => Poll::Ready(Next::Told(told)),
        Poll::Pending => running.poll_successor(context).map(Next::Successor),
    })
    .await
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

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Told> {
        if self.terminate.poll_recv(context).is_ready() || self.interrupt.poll_recv(context).is_ready() {
            return Poll::Ready(Told::End);
        }
        self.hang_up.poll_recv(context).map(|_| Told::Reload)
    }

    async fn told_to_end(&mut self) {
        while std::future::poll_fn(|context| self.poll_next(context)).await != Told::End {}
    }
}
