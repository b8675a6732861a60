//! The event loop: one thread, all connections.

use std::io;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::corpus::Message;
use crate::expectation::Expectation;
use crate::session::{Progress, Session};

/// What is to be done.
pub struct Plan {
    pub chain: Vec<String>,
    pub connections: usize,
    /// Ends after so many messages, or after so long.
    pub messages: Option<u64>,
    pub time: Duration,
    /// Messages a second; without it as fast as possible.
    pub rate: Option<f64>,
    pub is_connection_per_message: bool,
    pub expectation: Expectation,
    /// Whether the messages come from a client that has logged in as their sender.
    pub is_login: bool,
}

/// What came of it.
#[derive(Default)]
pub struct Outcome {
    pub finished: u64,
    pub wrong: u64,
    /// Messages given up because their connection broke; another took its place.
    pub broken: u64,
    /// The first wrong one: what was expected, what was added.
    pub first_wrong: Option<String>,
    pub latencies: Vec<Duration>,
    pub per_connection: Vec<u64>,
    pub took: Duration,
}

/// A load under way.
pub struct Load<'a> {
    plan: &'a Plan,
    messages: &'a [Message],
    epoll: rustix::fd::OwnedFd,
    sessions: Vec<Session>,
    /// Sessions without a message, waiting for its time.
    idle: Vec<usize>,
    begun: u64,
    started: Instant,
    outcome: Outcome,
}

impl<'a> Load<'a> {
    /// Opens all connections and negotiates.
    pub fn open(plan: &'a Plan, messages: &'a [Message]) -> io::Result<Load<'a>> {
        let mut load = Load {
            plan,
            messages,
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            sessions: Vec::new(),
            idle: Vec::new(),
            begun: 0,
            started: Instant::now(),
            outcome: Outcome::default(),
        };
        for at in 0..plan.connections {
            let session = Session::open(&plan.chain)?;
            load.register(at, &session)?;
            load.sessions.push(session);
        }
        let deadline = Instant::now() + Duration::from_secs(120);
        while !load.sessions.iter().all(|session| session.hops.iter().all(|hop| hop.is_ready())) {
            if Instant::now() > deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the negotiation takes more than 120 s"));
            }
            for (at, hop) in load.wait(Duration::from_secs(1))? {
                load.sessions[at].hops[hop].advance()?;
            }
        }
        Ok(load)
    }

    /// Sends and counts until the plan is done.
    pub fn run(mut self) -> io::Result<Outcome> {
        self.started = Instant::now();
        let deadline = self.started + self.plan.time;
        self.idle.extend((0..self.sessions.len()).rev());
        self.begin_due()?;
        while Instant::now() < deadline && !self.is_done() {
            let until = match (self.idle.is_empty(), self.due(self.begun)) {
                (false, Some(due)) if self.has_more() => due.min(deadline),
                _ => deadline,
            };
            for (at, hop) in self.wait(until.saturating_duration_since(Instant::now()))? {
                if self.advance(at, hop).is_err() {
                    self.replace_broken(at)?;
                }
            }
            self.begin_due()?;
        }
        self.outcome.took = self.started.elapsed();
        let counts = self.sessions.iter().map(|session| session.finished).collect();
        Ok(Outcome { per_connection: counts, ..self.outcome })
    }

    fn register(&self, at: usize, session: &Session) -> io::Result<()> {
        for (nth, hop) in session.hops.iter().enumerate() {
            let data = epoll::EventData::new_u64((at as u64) << 8 | nth as u64);
            let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::ET;
            epoll::add(&self.epoll, hop.stream.fd(), data, flags)?;
        }
        Ok(())
    }

    fn wait(&self, at_most: Duration) -> io::Result<Vec<(usize, usize)>> {
        let mut events = Vec::with_capacity(256);
        let timeout = Timespec::try_from(at_most).map_err(io::Error::other)?;
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        let place =
            |event: &epoll::Event| ((event.data.u64() >> 8) as usize, (event.data.u64() & 0xff) as usize);
        Ok(events.iter().map(place).collect())
    }

    fn is_done(&self) -> bool {
        self.plan.messages.is_some_and(|all| self.outcome.finished + self.outcome.broken >= all)
    }

    fn has_more(&self) -> bool {
        self.plan.messages.is_none_or(|all| self.begun < all)
    }

    fn due(&self, nth: u64) -> Option<Instant> {
        self.plan.rate.map(|rate| self.started + Duration::from_secs_f64(nth as f64 / rate))
    }

    /// Begins a message on every idle connection, as far as messages are due.
    fn begin_due(&mut self) -> io::Result<()> {
        while self.has_more() && self.due(self.begun).is_none_or(|due| due <= Instant::now()) {
            let Some(at) = self.idle.pop() else { break };
            if self.begin(at).is_err() {
                self.replace_broken(at)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self, at: usize) -> io::Result<()> {
        let due = self.due(self.begun);
        let session = &mut self.sessions[at];
        session.message = Some(self.begun as usize);
        session.since = due.unwrap_or_else(Instant::now);
        session.at = 0;
        session.added.clear();
        self.begun += 1;
        if !session.hops[0].is_ready() {
            return self.advance(at, 0); // a new connection: the message follows its negotiation
        }
        self.begin_hop(at)?;
        self.advance(at, 0)
    }

    fn begin_hop(&mut self, at: usize) -> io::Result<()> {
        let session = &mut self.sessions[at];
        let Some(number) = session.message else { return Ok(()) };
        let message = &self.messages[number % self.messages.len()];
        let login = self.plan.is_login.then_some(message.mail_from.as_str());
        let queue_id = format!("4Xy{number:09}");
        let hop = &mut session.hops[session.at];
        hop.begin(message, &session.added, login, &queue_id);
        Ok(())
    }

    /// Goes on with one filter of one connection.
    fn advance(&mut self, at: usize, hop: usize) -> io::Result<()> {
        loop {
            let session = &mut self.sessions[at];
            match session.hops[hop].advance()? {
                Progress::Waits => return Ok(()),
                Progress::Negotiated if session.message.is_some() && session.at == hop => {
                    self.begin_hop(at)?
                }
                Progress::Negotiated => return Ok(()),
                Progress::Final(letter) => {
                    session.added.extend_from_slice(&session.hops[hop].added);
                    session.at += 1;
                    let is_accepted = matches!(letter, b'a' | b'c');
                    if is_accepted && session.at < session.hops.len() {
                        let next = session.at;
                        if session.hops[next].is_ready() {
                            self.begin_hop(at)?;
                        }
                        return self.advance(at, next);
                    }
                    self.finish(at, letter);
                    return self.next(at);
                }
            }
        }
    }

    fn finish(&mut self, at: usize, letter: u8) {
        let session = &mut self.sessions[at];
        let Some(number) = session.message.take() else { return };
        let message = &self.messages[number % self.messages.len()];
        session.finished += 1;
        self.outcome.finished += 1;
        self.outcome.latencies.push(session.since.elapsed());
        let is_right = matches!(letter, b'a' | b'c') && self.plan.expectation.holds(&session.added, message);
        if !is_right {
            self.outcome.wrong += 1;
            let added = String::from_utf8_lossy(&session.added).into_owned();
            let expected = &message.expected;
            self.outcome
                .first_wrong
                .get_or_insert_with(|| format!("{number}: {expected}: {} {added}", letter as char));
        }
    }

    fn next(&mut self, at: usize) -> io::Result<()> {
        if self.plan.is_connection_per_message && self.has_more() {
            self.reconnect(at)?;
        }
        // A new turn of the loop rather than a call in a call: see `run`.
        self.idle.push(at);
        Ok(())
    }

    /// Ends with an error where the filter takes no new connection.
    fn replace_broken(&mut self, at: usize) -> io::Result<()> {
        self.outcome.broken += u64::from(self.sessions[at].message.is_some());
        self.reconnect(at)?;
        if !self.idle.contains(&at) {
            self.idle.push(at);
        }
        Ok(())
    }

    fn reconnect(&mut self, at: usize) -> io::Result<()> {
        let finished = self.sessions[at].finished;
        let session = Session { finished, ..Session::open(&self.plan.chain)? };
        self.register(at, &session)?;
        self.sessions[at] = session; // closes the old one
        Ok(())
    }
}
