use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::responder::{Asker, Responder, Sent, Transport};
use super::connections::{Connections, Place};
use super::{ListenerLimits, Source, now};

/// The TCP side (RFC 7766).
pub(super) struct Server<S> {
    pub(super) source: Arc<S>,
    pub(super) responder: Arc<Responder>,
    pub(super) connections: Arc<Connections>,
    pub(super) limits: ListenerLimits,
}

impl<S: Source> Server<S> {
    /// Takes connections until the task is dropped, which ends them as well.
    pub(super) async fn serve(self, listener: TcpListener) {
        let server = Arc::new(self);
        let mut open = JoinSet::new();
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    if let Some(place) = server.connections.admit(from.ip()) {
                        open.spawn(Arc::clone(&server).serve_connection(stream, from, place));
                    }
                }
                // Out of file descriptors, most likely: some time will free one.
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
            while open.try_join_next().is_some() {}
        }
    }

    async fn serve_connection(self: Arc<Self>, stream: TcpStream, from: SocketAddr, place: Place) {
        let cut = place.cut();
        let conversation = self.converse(stream, from.ip(), &place);
        tokio::select! {
            () = conversation => {}
            () = cut.notified() => {}
        }
    }

    /// Queries and answers in turn, until either side is done or too slow.
    async fn converse(&self, mut stream: TcpStream, client: IpAddr, place: &Place) {
        let mut received = Vec::with_capacity(READ);
        let mut answers = Vec::new();
        loop {
            let deadline = Instant::now() + self.limits.idle;
            while !holds_a_query(&received) {
                match timeout_at(deadline, stream.read_buf(&mut received)).await {
                    Ok(Ok(octets)) if octets > 0 => {}
                    _ => return,
                }
            }
            place.asked();
            answers.clear();
            if !self.answer_all(&mut received, client, &mut answers) {
                return;
            }
            let written = timeout(self.limits.slow_read, stream.write_all(&answers)).await;
            if !matches!(written, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// Answers the queries that have come whole, some at a time, in their order (RFC 7766
    /// §6.2.1.1 allows any). False where the connection is not worth keeping.
    fn answer_all(&self, received: &mut Vec<u8>, client: IpAddr, answers: &mut Vec<u8>) -> bool {
        let (zones, now) = (self.source.current(), now());
        let asker = Asker { client, transport: Transport::Tcp };
        let mut answer = Vec::new();
        let mut at = 0;
        for _ in 0..PIPELINED {
            let Some(rest) = received.get(at..).filter(|rest| holds_a_query(rest)) else { break };
            let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            if length > MAX_QUERY {
                return false;
            }
            let query = &rest[2..2 + length];
            if self.responder.answer(&*zones, query, asker, now, &mut answer) == Sent::Silence {
                return false;
            }
            let Ok(answer_length) = u16::try_from(answer.len()) else { return false };
            answers.extend_from_slice(&answer_length.to_be_bytes());
            answers.extend_from_slice(&answer);
            at += 2 + length;
            if answers.len() > MAX_PENDING {
                break;
            }
        }
        received.drain(..at);
        true
    }
}

/// True where a whole query is there, or one that is too long to wait for.
fn holds_a_query(received: &[u8]) -> bool {
    match received {
        [high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            length > MAX_QUERY || rest.len() >= length
        }
        _ => false,
    }
}

/// Octets of a query; one of a single question needs a tenth.
const MAX_QUERY: usize = 4096;
/// Queries of one connection that are answered before its answers must be read.
const PIPELINED: usize = 32;
/// Octets of answers after which the same holds.
const MAX_PENDING: usize = 65_536;
/// Octets read at once: what waits beyond that waits in the network.
const READ: usize = 8192;
const PAUSE: Duration = Duration::from_millis(100);
