//! A name server on the loopback interface that says what a test tells it to.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// How a query came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    Udp,
    Tcp,
}

/// What the server says: octets, or nothing at all.
pub type Answerer = dyn Fn(&Message, Via) -> Option<Vec<u8>> + Send + Sync;

pub struct Server {
    pub address: SocketAddr,
    pub udp_queries: Arc<AtomicUsize>,
    pub tcp_queries: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server on a free port, UDP and TCP.
    pub async fn start(answer: impl Fn(&Message, Via) -> Option<Vec<u8>> + Send + Sync + 'static) -> Server {
        Server::start_at("127.0.0.1:0", answer).await
    }

    /// The same at this address; port 0 is a free one.
    pub async fn start_at(
        address: &str,
        answer: impl Fn(&Message, Via) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Server {
        let (udp, tcp) = bind(address).await;
        let address = udp.local_addr().expect("a bound socket");
        let answer: Arc<Answerer> = Arc::new(answer);
        let (udp_queries, tcp_queries) = (Arc::default(), Arc::default());
        tokio::spawn(serve_udp(udp, Arc::clone(&answer), Arc::clone(&udp_queries)));
        tokio::spawn(serve_tcp(tcp, answer, Arc::clone(&tcp_queries)));
        Server { address, udp_queries, tcp_queries }
    }

    pub fn counts(&self) -> (usize, usize) {
        (self.udp_queries.load(Ordering::Relaxed), self.tcp_queries.load(Ordering::Relaxed))
    }
}

/// The same free port for UDP and TCP. Where it is given, a test beside this one may have it for a while.
async fn bind(address: &str) -> (UdpSocket, TcpListener) {
    for _ in 0..600 {
        if let Ok(tcp) = TcpListener::bind(address).await {
            let address = tcp.local_addr().expect("a bound socket");
            if let Ok(udp) = UdpSocket::bind(address).await {
                return (udp, tcp);
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no port is free for both UDP and TCP");
}

async fn serve_udp(socket: UdpSocket, answer: Arc<Answerer>, count: Arc<AtomicUsize>) {
    let mut buffer = [0; 4096];
    while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
        count.fetch_add(1, Ordering::Relaxed);
        let query = Message::from_vec(&buffer[..length]).expect("a query");
        if let Some(reply) = answer(&query, Via::Udp) {
            let _ = socket.send_to(&reply, from).await;
        }
    }
}

async fn serve_tcp(listener: TcpListener, answer: Arc<Answerer>, count: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let (answer, count) = (Arc::clone(&answer), Arc::clone(&count));
        tokio::spawn(async move {
            while let Ok(length) = stream.read_u16().await {
                let mut query = vec![0; usize::from(length)];
                if stream.read_exact(&mut query).await.is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Relaxed);
                let query = Message::from_vec(&query).expect("a query");
                let Some(reply) = answer(&query, Via::Tcp) else { continue };
                let length = u16::try_from(reply.len()).expect("fits");
                let mut framed = length.to_be_bytes().to_vec();
                framed.extend_from_slice(&reply);
                if stream.write_all(&framed).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// A reply to `query` with this RCODE, these answers and these authorities.
pub fn reply(query: &Message, code: ResponseCode, answers: Vec<Record>, authorities: Vec<Record>) -> Message {
    let mut reply = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
    reply.metadata.response_code = code;
    reply.metadata.recursion_desired = true;
    reply.metadata.recursion_available = true;
    reply.queries = query.queries.clone();
    reply.answers = answers;
    reply.authorities = authorities;
    reply
}

pub fn octets(message: &Message) -> Option<Vec<u8>> {
    Some(message.to_vec().expect("encodes"))
}

pub fn name(text: &str) -> Name {
    Name::from_labels(text.split('.').map(str::as_bytes)).expect("a test name")
}

pub fn txt(owner: &str, ttl: u32, text: &str) -> Record {
    let strings = text.as_bytes().chunks(255).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
    Record::from_rdata(name(owner), ttl, RData::TXT(TXT::new(strings)))
}

pub fn a(owner: &str, ttl: u32, last: u8) -> Record {
    Record::from_rdata(name(owner), ttl, RData::A(A::new(192, 0, 2, last)))
}

pub fn cname(owner: &str, ttl: u32, target: &str) -> Record {
    Record::from_rdata(name(owner), ttl, RData::CNAME(CNAME(name(target))))
}

pub fn soa(owner: &str, ttl: u32, minimum: u32) -> Record {
    let soa = SOA::new(name("ns.example"), name("hostmaster.example"), 1, 1, 1, 1, minimum);
    Record::from_rdata(name(owner), ttl, RData::SOA(soa))
}
