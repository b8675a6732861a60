//! One SMTP connection as the MTA sees it: one milter connection for each filter of the chain, message after message.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use crate::corpus::Message;
use crate::wire::{Dialogue, Negotiated, take_packet};

/// A connection to a filter.
pub enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    /// Connects to `unix:PATH` or `inet:ADDRESS:PORT`.
    pub fn connect(place: &str) -> io::Result<Stream> {
        Ok(match place.split_once(':') {
            Some(("unix", path)) => {
                let stream = UnixStream::connect(path)?;
                stream.set_nonblocking(true)?;
                Stream::Unix(stream)
            }
            Some(("inet", address)) => {
                let stream = TcpStream::connect(address)?;
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?; // Postfix writes a step at once
                Stream::Tcp(stream)
            }
            _ => return Err(io::Error::other("a place is unix:PATH or inet:ADDRESS:PORT")),
        })
    }

    /// For epoll.
    pub fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Stream::Unix(stream) => stream.as_fd(),
            Stream::Tcp(stream) => stream.as_fd(),
        }
    }

    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => stream.write(octets),
            Stream::Tcp(stream) => stream.write(octets),
        }
    }

    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Unix(stream) => stream.read(octets),
            Stream::Tcp(stream) => stream.read(octets),
        }
    }
}

/// The dialogue with one filter.
pub struct Hop {
    pub stream: Stream,
    negotiated: Option<Negotiated>,
    is_greeted: bool,
    dialogue: Dialogue,
    written: usize,
    stop: usize,
    received: Vec<u8>,
    /// Header fields that the filter added to this message: `Name:value` CRLF.
    pub added: Vec<u8>,
}

/// What a filter has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It owes a reply, or the socket is full.
    Waits,
    /// It has said what it can do.
    Negotiated,
    /// Its final action: the letter.
    Final(u8),
}

impl Hop {
    /// Connects; the negotiation goes out with the first [`Hop::advance`].
    pub fn open(place: &str) -> io::Result<Hop> {
        Ok(Hop {
            stream: Stream::connect(place)?,
            negotiated: None,
            is_greeted: false,
            dialogue: Dialogue::negotiation(),
            written: 0,
            stop: 0,
            received: Vec::new(),
            added: Vec::new(),
        })
    }

    /// Whether messages can be begun.
    pub fn is_ready(&self) -> bool {
        self.negotiated.is_some()
    }

    /// Begins a message.
    pub fn begin(&mut self, message: &Message, results: &[u8], login: Option<&str>, queue_id: &str) {
        let negotiated = self.negotiated.unwrap_or_default();
        self.dialogue.octets.clear();
        self.dialogue.stops.clear();
        (self.written, self.stop) = (0, 0);
        self.added.clear();
        if !std::mem::replace(&mut self.is_greeted, true) {
            self.dialogue.greeting(negotiated);
        }
        self.dialogue.message(negotiated, message, results, login, queue_id);
    }

    /// Writes and reads as far as it goes without waiting.
    pub fn advance(&mut self) -> io::Result<Progress> {
        loop {
            self.write()?;
            let is_open = self.read()?;
            let stop = self.stop;
            if let Some(progress) = self.take_replies() {
                return Ok(progress);
            }
            if !is_open {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if self.stop == stop {
                return Ok(Progress::Waits);
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let until = self.dialogue.stops.get(self.stop).copied().unwrap_or(self.written);
        while self.written < until {
            match self.stream.write(&self.dialogue.octets[self.written..until]) {
                Ok(written) => self.written += written,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Reads what is there; false at the end of the stream.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16_384];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(len) => self.received.extend_from_slice(&buffer[..len]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(e) => return Err(e),
            }
        }
    }

    fn take_replies(&mut self) -> Option<Progress> {
        let mut at = 0;
        let mut progress = None;
        while let Some((letter, data, len)) = take_packet(&self.received[at..]) {
            at += len;
            progress = match letter {
                b'O' => {
                    self.negotiated = Negotiated::parse(data);
                    Some(Progress::Negotiated)
                }
                b'h' => {
                    add(&mut self.added, data);
                    None
                }
                b'i' => {
                    add(&mut self.added, data.get(4..).unwrap_or_default());
                    None
                }
                // Postfix goes on where a filter says "continue" or "no more of these".
                b'c' | b's' if self.stop + 1 < self.dialogue.stops.len() => {
                    self.stop += 1;
                    None
                }
                b'a' | b'c' | b'd' | b'r' | b't' | b'y' => Some(Progress::Final(letter)),
                _ => None, // progress, quarantine, changed fields
            };
            if progress.is_some() {
                break;
            }
        }
        self.received.drain(..at);
        progress
    }
}

fn add(added: &mut Vec<u8>, data: &[u8]) {
    let mut parts = data.split(|octet| *octet == 0);
    let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    added.extend_from_slice(name);
    added.push(b':');
    if !value.starts_with(b" ") {
        added.push(b' ');
    }
    for octet in value.iter().filter(|octet| **octet != b'\r') {
        if *octet == b'\n' {
            added.push(b'\r');
        }
        added.push(*octet);
    }
    added.extend_from_slice(b"\r\n");
}

/// One connection of the load.
pub struct Session {
    pub hops: Vec<Hop>,
    /// The filter that has the message now.
    pub at: usize,
    /// The message under way, by its number in the load.
    pub message: Option<usize>,
    /// When it was due.
    pub since: Instant,
    /// How many messages got through.
    pub finished: u64,
    /// The fields that the filters before [`Session::at`] added.
    pub added: Vec<u8>,
}

impl Session {
    /// Connects to every filter of the chain.
    pub fn open(chain: &[String]) -> io::Result<Session> {
        let hops = chain.iter().map(|place| Hop::open(place)).collect::<io::Result<Vec<Hop>>>()?;
        Ok(Session { hops, at: 0, message: None, since: Instant::now(), finished: 0, added: Vec::new() })
    }
}
