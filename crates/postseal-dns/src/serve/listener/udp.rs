use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::super::responder::{Asker, Responder, Sent, Transport};
use super::{Source, now};

/// Answers whatever comes, until the task is dropped.
pub(super) async fn serve<S: Source>(socket: UdpSocket, source: Arc<S>, responder: Arc<Responder>) {
    let mut query = [0; MAX_QUERY];
    let mut answer = Vec::with_capacity(MAX_QUERY);
    loop {
        if socket.ready(Interest::READABLE).await.is_err() {
            // Never seen; without a pause it would be a loop at full speed.
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        serve_batch(&socket, &*source, &responder, &mut query, &mut answer);
        // Other tasks have their turn, however many queries wait.
        tokio::task::yield_now().await;
    }
}

/// What has come in by now, of one state of the zones.
fn serve_batch<S: Source>(
    socket: &UdpSocket,
    source: &S,
    responder: &Responder,
    query: &mut [u8],
    answer: &mut Vec<u8>,
) {
    let (zones, now) = (source.current(), now());
    for _ in 0..BATCH {
        // An error is either "nothing is there", or the ICMP echo of an earlier answer.
        let Ok((length, from)) = socket.try_recv_from(query) else { return };
        // Port 0 is nobody's.
        if from.port() == 0 {
            continue;
        }
        let asker = Asker { client: from.ip(), transport: Transport::Udp };
        if responder.answer(&*zones, &query[..length], asker, now, answer) == Sent::Answer {
            // Where the network does not take it now it is lost, as any datagram may be.
            let _ = socket.try_send_to(answer, from);
        }
    }
}

/// Octets of a query that are looked at. A longer one is cut, and unreadable then.
const MAX_QUERY: usize = 4096;
/// Queries that are answered before others have their turn.
const BATCH: usize = 64;
const PAUSE: Duration = Duration::from_millis(100);
