use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use thiserror::Error;

use crate::answer::Answer;
use crate::command::{Command, CommandError};
use crate::flags::{Actions, Protocol};
use crate::frame::{Decoder, Frame, FrameError};
use crate::handler::{Handler, Verdict};
use crate::line_ending::as_received;
use crate::macros::{Macros, Stage};
use crate::negotiate::{Interest, NegotiationError, Terms, Wishes};
use crate::stats::Counts;

/// The filter's side of one connection from an MTA, without a socket: octets go
/// in, the handler is called, octets to write come out.
///
/// [`Session::feed`] takes whatever has been read. When it says
/// [`Step::Decide`], the caller awaits the handler's `end_of_message` and gives
/// the verdict to [`Session::decide`]. After each call the caller writes
/// [`Session::output`] and clears it.
///
/// A session that waits holds no octets but a packet begun and the macros.
#[derive(Debug)]
pub struct Session {
    wishes: Arc<Wishes>,
    terms: Option<Terms>,
    phase: Phase,
    decoder: Decoder,
    /// A packet begun; after a decision was due, whatever came behind it.
    buffer: Vec<u8>,
    output: Vec<u8>,
    /// Where values of header fields are put together.
    value: Vec<u8>,
    macros: Macros,
    /// Stages of this message of which the handler wants no more.
    skipped: [bool; Stage::COUNT],
    /// What was answered for the whole connection.
    connection: Ruling,
    /// What was answered for the message under way.
    message: Ruling,
    /// Whether the handler has seen something of an SMTP session.
    is_connected: bool,
    counts: Counts,
    error: Option<SessionError>,
}

/// What a session needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// More octets.
    Wait,
    /// The verdict on a message: [`Handler::end_of_message`], then
    /// [`Session::decide`].
    Decide,
    /// Nothing: close the connection, once the output is written.
    Close,
}

/// Where a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has been agreed on yet.
    Negotiating,
    /// Between messages.
    Idle,
    /// MAIL FROM has come.
    Envelope,
    /// Header fields have come.
    Header,
    /// The header section is complete.
    Body,
    /// The message is complete and waits for its verdict.
    Deciding,
    /// Over.
    Closed,
}

/// What became of a message, or a connection, before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ruling {
    /// Nothing yet.
    Open,
    /// This is what the MTA hears, or has heard: the handler sees no more.
    Given(Answer),
}

/// The packet that says "still working" (`SMFIR_PROGRESS`). It may only be
/// written between [`Step::Decide`] and [`Session::decide`].
pub const PROGRESS: [u8; 5] = *b"\0\0\0\x01p";

impl Session {
    /// A session with an MTA that has just connected.
    pub fn new(wishes: Arc<Wishes>, max_packet: u32) -> Session {
        Session {
            wishes,
            terms: None,
            phase: Phase::Negotiating,
            decoder: Decoder::new(max_packet),
            buffer: Vec::new(),
            output: Vec::new(),
            value: Vec::new(),
            macros: Macros::default(),
            skipped: [false; Stage::COUNT],
            connection: Ruling::Open,
            message: Ruling::Open,
            is_connected: false,
            counts: Counts::default(),
            error: None,
        }
    }

    /// Takes octets from the MTA, all of them. With none it goes on with those
    /// that it kept.
    ///
    /// # Panics
    /// Never through the handler: its panics are caught.
    pub fn feed<H: Handler>(&mut self, handler: &mut H, mut input: &[u8]) -> Step {
        while !self.buffer.is_empty() && self.is_listening() {
            let mut buffer = mem::take(&mut self.buffer);
            let (more, rest) = input.split_at(self.decoder.missing(&buffer).min(input.len()));
            buffer.extend_from_slice(more);
            input = rest;
            let used = self.run(handler, &buffer);
            buffer.drain(..used);
            self.buffer = buffer;
            if used == 0 && input.is_empty() {
                return self.step();
            }
        }
        if self.buffer.is_empty() && self.is_listening() {
            let used = self.run(handler, input);
            input = &input[used..];
        }
        if self.phase != Phase::Closed {
            self.buffer.extend_from_slice(input);
        }
        self.step()
    }

    /// Takes the verdict on the message: `None` where there is none, since the
    /// handler panicked or took too long; the message is then tempfailed.
    pub fn decide<H: Handler>(&mut self, handler: &mut H, verdict: Option<Verdict>) {
        if self.phase != Phase::Deciding {
            return;
        }
        self.counts.messages += 1;
        self.end_message();
        match verdict {
            None => {
                Answer::Tempfail.write(&mut self.output);
                self.abort_handler(handler);
            }
            Some(mut verdict) => {
                if let (Some(terms), true) = (&self.terms, !verdict.edits.is_empty()) {
                    let is_kept = !verdict.answer.refuses() && verdict.answer != Answer::Discard;
                    if is_kept {
                        self.counts.edits_left_out += verdict.edits.write(terms, &mut self.output) as u64;
                    }
                }
                final_answer(&verdict.answer).write(&mut self.output);
            }
        }
    }

    /// The MTA has gone, or is to be left: ends what the handler has open.
    pub fn disconnect<H: Handler>(&mut self, handler: &mut H) {
        self.abort_message(handler);
        self.close_handler(handler);
        self.phase = Phase::Closed;
    }

    /// What is to be written.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// Forgets what has been written.
    pub fn clear_output(&mut self) {
        self.output.clear();
        self.output.shrink_to(KEPT_CAPACITY);
    }

    /// Where the session is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What was agreed on, once it was.
    pub fn terms(&self) -> Option<&Terms> {
        self.terms.as_ref()
    }

    /// The macros in force.
    pub fn macros(&self) -> &Macros {
        &self.macros
    }

    /// How the MTA broke the protocol, if it did.
    pub fn error(&self) -> Option<SessionError> {
        self.error
    }

    /// What happened since this was last asked.
    pub fn take_counts(&mut self) -> Counts {
        mem::take(&mut self.counts)
    }

    fn is_listening(&self) -> bool {
        self.phase != Phase::Deciding && self.phase != Phase::Closed
    }

    fn step(&self) -> Step {
        match self.phase {
            Phase::Deciding => Step::Decide,
            Phase::Closed => Step::Close,
            _ => Step::Wait,
        }
    }

    /// Handles the frames at the start of `input`; the result is how many octets
    /// they had. Stops where a verdict is due.
    fn run<H: Handler>(&mut self, handler: &mut H, input: &[u8]) -> usize {
        let mut used = 0;
        while self.is_listening() {
            let result = match self.decoder.next(&input[used..]) {
                Ok(None) => break,
                Ok(Some((frame, octets))) => {
                    used += octets;
                    self.frame(handler, frame)
                }
                Err(error) => Err(error.into()),
            };
            if let Err(error) = result {
                self.fail(handler, error);
            }
        }
        used
    }

    fn frame<H: Handler>(&mut self, handler: &mut H, frame: Frame<'_>) -> Result<(), SessionError> {
        match frame {
            Frame::Packet { command, data } => {
                let command = Command::parse(command, data)?;
                match self.terms {
                    None => self.negotiate(handler, command),
                    Some(terms) => self.command(handler, command, terms),
                }
            }
            Frame::Part { command, data, last } => {
                let Some(terms) = self.terms else { return Err(SessionError::NotNegotiated) };
                self.body(handler, data)?;
                match (command, last) {
                    (_, false) => Ok(()),
                    (b'E', true) => self.end_of_message(handler),
                    (_, true) => {
                        self.body_answered(&terms);
                        Ok(())
                    }
                }
            }
        }
    }

    fn negotiate<H: Handler>(&mut self, handler: &mut H, command: Command<'_>) -> Result<(), SessionError> {
        match command {
            Command::Negotiate { version, actions, protocol } => {
                let (actions, protocol) = (Actions::from_bits(actions), Protocol::from_bits(protocol));
                let terms = Terms::agree(version, actions, protocol, &self.wishes)?;
                terms.write(&self.wishes, &mut self.output);
                self.terms = Some(terms);
                self.phase = Phase::Idle;
                self.guard(|_| handler.negotiated(&terms))
                    .unwrap_or_else(|Panicked| self.phase = Phase::Closed);
                Ok(())
            }
            Command::Quit => {
                self.phase = Phase::Closed;
                Ok(())
            }
            _ => Err(SessionError::NotNegotiated),
        }
    }

    fn command<H: Handler>(
        &mut self,
        handler: &mut H,
        command: Command<'_>,
        terms: Terms,
    ) -> Result<(), SessionError> {
        match command {
            Command::Negotiate { .. } => return Err(SessionError::NegotiatedTwice),
            Command::Macros { stage, pairs } => {
                if let Some(stage) = Stage::of_letter(stage) {
                    if stage <= Stage::Mail {
                        self.abort_message(handler);
                    }
                    self.macros.set(stage, pairs);
                }
            }
            Command::Connect(client) => {
                self.end_connection(handler);
                self.is_connected = true;
                self.stage(Stage::Connect, handler, &terms, |handler, macros| {
                    handler.connect(&client, macros)
                });
            }
            Command::Helo(name) => {
                self.abort_message(handler);
                self.stage(Stage::Helo, handler, &terms, |handler, macros| handler.helo(name, macros));
            }
            Command::Mail(path) => {
                self.abort_message(handler);
                if self.phase == Phase::Closed {
                    return Ok(());
                }
                self.begin_message();
                self.stage(Stage::Mail, handler, &terms, |handler, macros| handler.mail(&path, macros));
            }
            Command::Rcpt(path) => {
                self.enter(Stage::Rcpt, Phase::Envelope)?;
                self.stage(Stage::Rcpt, handler, &terms, |handler, macros| handler.rcpt(&path, macros));
            }
            Command::Data => {
                self.enter(Stage::Data, Phase::Envelope)?;
                self.stage(Stage::Data, handler, &terms, |handler, macros| handler.data(macros));
            }
            Command::Header { name, value } => {
                self.enter(Stage::Header, Phase::Header)?;
                let mut scratch = mem::take(&mut self.value);
                let value = as_received(value, !terms.has_leading_space(), &mut scratch);
                self.stage(Stage::Header, handler, &terms, |handler, _| handler.header(name, value));
                self.value = scratch;
            }
            Command::EndOfHeader => {
                self.enter(Stage::EndOfHeader, Phase::Body)?;
                self.stage(Stage::EndOfHeader, handler, &terms, |handler, macros| {
                    handler.end_of_header(macros)
                });
            }
            Command::Body(octets) => {
                self.body(handler, octets)?;
                self.body_answered(&terms);
            }
            Command::EndOfMessage(octets) => {
                self.body(handler, octets)?;
                self.end_of_message(handler)?;
            }
            Command::Abort => self.abort_message(handler),
            Command::Unknown(line) => {
                self.stage(Stage::Unknown, handler, &terms, |handler, macros| handler.unknown(line, macros));
            }
            Command::Quit => {
                self.end_connection(handler);
                self.phase = Phase::Closed;
            }
            Command::QuitNewConnection => self.end_connection(handler),
        }
        Ok(())
    }

    /// Ends the client's connection; another one may follow on the same link.
    fn end_connection<H: Handler>(&mut self, handler: &mut H) {
        self.abort_message(handler);
        self.close_handler(handler);
        self.connection = Ruling::Open;
    }

    /// Checks that a stage may come now, and moves on to its phase.
    fn enter(&mut self, stage: Stage, phase: Phase) -> Result<(), SessionError> {
        if self.phase == Phase::Idle && self.wishes.mail == Interest::Unwanted {
            self.begin_message();
        }
        let is_in_order = match self.phase {
            Phase::Envelope => true,
            Phase::Header => phase != Phase::Envelope,
            Phase::Body => phase == Phase::Body && stage != Stage::EndOfHeader,
            _ => false,
        };
        if !is_in_order {
            return Err(SessionError::OutOfOrder { stage, phase: self.phase });
        }
        self.phase = phase;
        Ok(())
    }

    /// Calls the handler where it wants to see the stage, and gives its answer.
    fn stage<H: Handler>(
        &mut self,
        stage: Stage,
        handler: &mut H,
        terms: &Terms,
        call: impl FnOnce(&mut H, &Macros) -> Answer,
    ) {
        let answer = self.call(stage, |macros| call(handler, macros));
        self.take(stage, &answer);
        if terms.is_answered(stage) {
            self.reply(stage, &answer, terms);
        }
    }

    fn call(&mut self, stage: Stage, call: impl FnOnce(&Macros) -> Answer) -> Answer {
        let is_open = self.message == Ruling::Open && self.connection == Ruling::Open;
        if !is_open || self.wishes.interest(stage) == Interest::Unwanted || self.skipped[stage as usize] {
            return Answer::Continue;
        }
        self.guard(call).unwrap_or_else(|Panicked| {
            // What the handler knows of the message can't be relied on, so even
            // where one recipient could be refused, the message is.
            match stage.is_of_connection() || !self.is_in_message() {
                true => self.connection = Ruling::Given(Answer::Tempfail),
                false => self.message = Ruling::Given(Answer::Tempfail),
            }
            Answer::Tempfail
        })
    }

    /// Remembers what an answer means for what follows.
    fn take(&mut self, stage: Stage, answer: &Answer) {
        match stage {
            _ if *answer == Answer::Skip => self.skipped[stage as usize] = true,
            _ if answer.goes_on() => {}
            Stage::Connect | Stage::Helo => self.connection = Ruling::Given(answer.clone()),
            _ if *answer == Answer::Shutdown => self.connection = Ruling::Given(answer.clone()),
            // About one recipient, or one command.
            Stage::Rcpt if answer.refuses() => {}
            Stage::Unknown => {}
            _ => self.message = Ruling::Given(answer.clone()),
        }
    }

    /// Replies at a stage where the MTA waits.
    fn reply(&mut self, stage: Stage, answer: &Answer, terms: &Terms) {
        let has_skip = terms.can_skip() && matches!(stage, Stage::Rcpt | Stage::Header | Stage::Body);
        match answer {
            Answer::Skip if !has_skip => Answer::Continue.write(&mut self.output),
            // Postfix takes it for a fault of the filter's.
            Answer::Discard if stage.is_of_connection() => Answer::Continue.write(&mut self.output),
            _ => answer.write(&mut self.output),
        }
    }

    /// Body octets, of a whole packet or of a part.
    fn body<H: Handler>(&mut self, handler: &mut H, octets: &[u8]) -> Result<(), SessionError> {
        self.enter(Stage::Body, Phase::Body)?;
        if !octets.is_empty() {
            let answer = self.call(Stage::Body, |_| handler.body(octets));
            self.take(Stage::Body, &answer);
        }
        Ok(())
    }

    /// Replies to a body packet: with what has been decided while its parts came.
    fn body_answered(&mut self, terms: &Terms) {
        if !terms.is_answered(Stage::Body) {
            return;
        }
        let answer = match (&self.message, &self.connection) {
            (Ruling::Given(answer), _) | (_, Ruling::Given(answer)) => answer.clone(),
            _ if self.skipped[Stage::Body as usize] => Answer::Skip,
            _ => Answer::Continue,
        };
        self.reply(Stage::Body, &answer, terms);
    }

    /// All of the message has come: a verdict is due, unless there is one.
    fn end_of_message<H: Handler>(&mut self, handler: &mut H) -> Result<(), SessionError> {
        let given = match (&self.message, &self.connection) {
            (Ruling::Given(answer), _) | (_, Ruling::Given(answer)) => answer.clone(),
            _ => {
                self.phase = Phase::Deciding;
                return Ok(());
            }
        };
        final_answer(&given).write(&mut self.output);
        self.counts.messages += 1;
        self.end_message();
        self.abort_handler(handler);
        Ok(())
    }

    fn is_in_message(&self) -> bool {
        matches!(self.phase, Phase::Envelope | Phase::Header | Phase::Body | Phase::Deciding)
    }

    fn begin_message(&mut self) {
        self.is_connected = true;
        self.phase = Phase::Envelope;
    }

    /// Ends a message that has no verdict.
    fn abort_message<H: Handler>(&mut self, handler: &mut H) {
        if self.is_in_message() {
            self.counts.aborted += 1;
            self.end_message();
            self.abort_handler(handler);
        }
    }

    /// Makes room for the next message.
    fn end_message(&mut self) {
        self.phase = Phase::Idle;
        self.message = Ruling::Open;
        self.skipped = [false; Stage::COUNT];
        self.macros.clear_from(Stage::Mail);
        self.buffer.shrink_to(KEPT_CAPACITY);
        self.value.clear();
        self.value.shrink_to(KEPT_CAPACITY);
    }

    /// A handler that can't even do this is not asked again.
    fn abort_handler<H: Handler>(&mut self, handler: &mut H) {
        if self.guard(|_| handler.abort()).is_err() {
            self.phase = Phase::Closed;
        }
    }

    /// Ends the SMTP session that the handler sees, if there is one.
    fn close_handler<H: Handler>(&mut self, handler: &mut H) {
        if mem::take(&mut self.is_connected) && self.guard(|_| handler.close()).is_err() {
            self.phase = Phase::Closed;
        }
    }

    fn fail<H: Handler>(&mut self, handler: &mut H, error: SessionError) {
        self.error = Some(error);
        self.abort_message(handler);
        // A panic here changes nothing: the connection ends.
        let _ = self.guard(|_| handler.failed(&error));
        self.close_handler(handler);
        self.phase = Phase::Closed;
    }

    /// Calls the handler; a panic is counted and stops here.
    fn guard<T>(&mut self, call: impl FnOnce(&Macros) -> T) -> Result<T, Panicked> {
        let macros = &self.macros;
        catch_unwind(AssertUnwindSafe(|| call(macros))).map_err(|_| {
            self.counts.panics += 1;
            Panicked
        })
    }
}

/// How an MTA broke the protocol.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SessionError {
    /// Octets that are no packet.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A packet that is no command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// No terms could be agreed on.
    #[error(transparent)]
    Negotiation(#[from] NegotiationError),
    /// A command before the negotiation.
    #[error("a command before the negotiation")]
    NotNegotiated,
    /// A second negotiation.
    #[error("a second negotiation on one connection")]
    NegotiatedTwice,
    /// A command where it can't come.
    #[error("{stage:?} in phase {phase:?}")]
    OutOfOrder {
        /// What came.
        stage: Stage,
        /// Where the session was.
        phase: Phase,
    },
}

#[derive(Clone, Copy, Debug)]
struct Panicked;

/// What can be said at the end of a message.
fn final_answer(answer: &Answer) -> &Answer {
    match answer {
        Answer::Skip => &Answer::Continue,
        // Postfix 3.7 tells the client 250 and drops the message.
        Answer::Shutdown => &Answer::Tempfail,
        answer => answer,
    }
}

/// Octets of buffer that a session keeps from one message to the next.
const KEPT_CAPACITY: usize = 1_024;

#[cfg(test)]
mod tests;
