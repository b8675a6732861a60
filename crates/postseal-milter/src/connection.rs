use std::cell::RefCell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use crate::config::Config;
use crate::drain::EndingWatch;
use crate::handler::{Handler, Verdict};
use crate::session::{PROGRESS, Phase, Session, Step};
use crate::stats::Stats;

/// One connection from an MTA: moves octets between socket and session.
pub(crate) struct Connection<S, H> {
    socket: S,
    handler: H,
    session: Session,
    config: Config,
    stats: Arc<Stats>,
    ending: EndingWatch,
    /// Fires no later than the first moment at which something is due; what is
    /// due is worked out then, so that it is not set anew for each read.
    timer: Pin<Box<Sleep>>,
    last_read: Instant,
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The session is over.
    Closed,
    /// The MTA closed it, or the socket failed.
    Gone,
    /// The MTA was silent or did not read.
    TimedOut,
    /// A stop, between messages.
    Stopped,
    /// A stop, in a message.
    Cut,
}

/// What ended the wait for a decision.
enum Wake {
    /// `None`: the handler panicked.
    Decided(Option<Verdict>),
    ProgressDue,
    Late,
    End(End),
}

impl<S, H> Connection<S, H>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    pub(crate) fn new(
        socket: S,
        handler: H,
        session: Session,
        config: Config,
        stats: Arc<Stats>,
        ending: EndingWatch,
    ) -> Connection<S, H> {
        let last_read = Instant::now();
        let timer = Box::pin(sleep_until(last_read + config.read_timeout));
        Connection { socket, handler, session, config, stats, ending, timer, last_read }
    }

    /// Serves the connection to its end.
    pub(crate) async fn run(mut self) {
        let end = loop {
            match self.turn().await {
                Ok(()) => self.stats.add(self.session.take_counts()),
                Err(end) => break end,
            }
        };
        self.session.disconnect(&mut self.handler);
        self.stats.add(self.session.take_counts());
        self.stats.protocol_errors.add(u64::from(self.session.error().is_some()));
        match end {
            End::TimedOut => self.stats.timeouts.add(1),
            End::Cut => self.stats.cut.add(1),
            End::Closed | End::Gone | End::Stopped => {}
        }
    }

    /// Reads once and does all that follows from it.
    async fn turn(&mut self) -> Result<(), End> {
        let mut step = self.read().await?;
        loop {
            if step == Step::Decide {
                self.decide().await?;
            }
            self.flush().await?;
            match step {
                Step::Wait => return Ok(()),
                Step::Close => return Err(End::Closed),
                Step::Decide => step = self.session.feed(&mut self.handler, &[]),
            }
        }
    }

    async fn read(&mut self) -> Result<Step, End> {
        if self.ending.ending().is_some() {
            self.set_timer()?;
        }
        poll_fn(|context| self.poll_read(context)).await
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Step, End>> {
        let Connection { socket, session, handler, .. } = self;
        let read = poll_octets(socket, context, |octets| session.feed(handler, octets));
        if let Poll::Ready(step) = read {
            self.last_read = Instant::now();
            return Poll::Ready(step);
        }
        loop {
            let is_changed = self.ending.poll_change(context).is_ready();
            if !is_changed {
                ready!(self.timer.as_mut().poll(context));
            }
            self.set_timer()?;
        }
    }

    /// Sets the timer to the next moment at which something is due.
    fn set_timer(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let mut due = self.last_read + self.config.read_timeout;
        if due <= now {
            return Err(End::TimedOut);
        }
        if let Some(ending) = self.ending.ending() {
            let is_idle = matches!(self.session.phase(), Phase::Negotiating | Phase::Idle);
            if is_idle && ending.close_idle <= now {
                return Err(End::Stopped);
            }
            if ending.cut <= now {
                return Err(End::Cut);
            }
            due = due.min(if is_idle { ending.close_idle } else { ending.cut });
        }
        self.timer.as_mut().reset(due);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), End> {
        if self.session.output().is_empty() {
            return Ok(());
        }
        let written = write(&mut self.socket, self.session.output(), &self.config, &mut self.ending).await;
        self.session.clear_output();
        written
    }

    /// Awaits the handler's verdict and gives it to the session.
    async fn decide(&mut self) -> Result<(), End> {
        let mut early = Vec::new();
        let verdict = {
            let Connection { socket, handler, session, config, ending, stats, .. } = self;
            // A block, so that nothing of the handler's runs outside a poll.
            let mut decision = pin!(async { handler.end_of_message(session.macros()).await });
            let deadline = Instant::now() + config.decision_timeout;
            let mut timer = pin!(sleep_until(next_wake(deadline, config)));
            loop {
                let wake = poll_fn(|context| {
                    let polled = catch_unwind(AssertUnwindSafe(|| decision.as_mut().poll(context)));
                    match polled {
                        Ok(Poll::Pending) => {}
                        Ok(Poll::Ready(verdict)) => return Poll::Ready(Wake::Decided(Some(verdict))),
                        Err(_) => return Poll::Ready(Wake::Decided(None)),
                    }
                    poll_others(context, socket, &mut early, ending, timer.as_mut(), deadline)
                })
                .await;
                match wake {
                    Wake::Decided(verdict) => {
                        stats.panics.add(u64::from(verdict.is_none()));
                        break verdict;
                    }
                    Wake::ProgressDue => {
                        write(socket, &PROGRESS, config, ending).await?;
                        timer.as_mut().reset(next_wake(deadline, config));
                    }
                    Wake::Late => {
                        stats.late_decisions.add(1);
                        break None;
                    }
                    Wake::End(end) => return Err(end),
                }
            }
        };
        self.last_read = Instant::now();
        if !early.is_empty() {
            self.session.feed(&mut self.handler, &early);
        }
        self.session.decide(&mut self.handler, verdict);
        Ok(())
    }
}

/// When a decision under way is next looked at, at the latest.
fn next_wake(deadline: Instant, config: &Config) -> Instant {
    deadline.min(Instant::now() + config.progress_interval)
}

/// What may interrupt a decision: the MTA going away, a stop, the timer.
fn poll_others<S: AsyncRead + Unpin>(
    context: &mut Context<'_>,
    socket: &mut S,
    early: &mut Vec<u8>,
    ending: &mut EndingWatch,
    mut timer: Pin<&mut Sleep>,
    deadline: Instant,
) -> Poll<Wake> {
    while early.len() < MAX_EARLY {
        match poll_octets(socket, context, |octets| early.extend_from_slice(octets)) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(end)) => return Poll::Ready(Wake::End(end)),
            Poll::Pending => break,
        }
    }
    shorten(timer.as_mut(), context, ending);
    ready!(timer.as_mut().poll(context));
    let now = Instant::now();
    Poll::Ready(match ending.ending() {
        Some(ending) if ending.cut <= now => Wake::End(End::Cut),
        _ if deadline <= now => Wake::Late,
        _ => Wake::ProgressDue,
    })
}

/// Reads what is there, through a buffer that the thread's connections share: a
/// waiting connection has none.
fn poll_octets<S: AsyncRead + Unpin, T>(
    socket: &mut S,
    context: &mut Context<'_>,
    take: impl FnOnce(&[u8]) -> T,
) -> Poll<Result<T, End>> {
    READ_BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(READ_SIZE, 0);
        let mut buffer = ReadBuf::new(buffer);
        match ready!(Pin::new(socket).poll_read(context, &mut buffer)) {
            Ok(()) if !buffer.filled().is_empty() => Poll::Ready(Ok(take(buffer.filled()))),
            Ok(()) | Err(_) => Poll::Ready(Err(End::Gone)),
        }
    })
}

/// Writes all of it, within the time that an MTA has to read.
async fn write<S: AsyncWrite + Unpin>(
    socket: &mut S,
    mut octets: &[u8],
    config: &Config,
    ending: &mut EndingWatch,
) -> Result<(), End> {
    let mut timer = pin!(sleep(config.write_timeout));
    poll_fn(|context| {
        while !octets.is_empty() {
            match Pin::new(&mut *socket).poll_write(context, octets) {
                Poll::Ready(Ok(count)) if count > 0 => octets = &octets[count..],
                Poll::Ready(_) => return Poll::Ready(Err(End::Gone)),
                Poll::Pending => {
                    shorten(timer.as_mut(), context, ending);
                    ready!(timer.as_mut().poll(context));
                    let is_cut = ending.ending().is_some_and(|ending| ending.cut <= Instant::now());
                    return Poll::Ready(Err(if is_cut { End::Cut } else { End::TimedOut }));
                }
            }
        }
        Poll::Ready(Ok(()))
    })
    .await
}

/// Moves a timer forward where the connection is to be cut before it fires.
fn shorten(mut timer: Pin<&mut Sleep>, context: &mut Context<'_>, ending: &mut EndingWatch) {
    while ending.poll_change(context).is_ready() {}
    if let Some(ending) = ending.ending().filter(|ending| ending.cut < timer.deadline()) {
        timer.as_mut().reset(ending.cut);
    }
}

thread_local! {
    static READ_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Octets read at once: the largest body packet of the usual size, and its head.
const READ_SIZE: usize = 65_536 + 1_024;

/// Octets that are read while a decision is due. An MTA sends none.
const MAX_EARLY: usize = 65_536;
