//! A recursive resolver for a closed network: for sandboxes and laboratories, where every zone has
//! a known server and there is no root to begin with.
//!
//! It keeps nothing itself, asks the server of the longest zone that it was told of, and
//! follows aliases from zone to zone. What lies in none of them does not exist.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use postseal_core::dns::DomainName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::ask::QUERY_TIME;
use crate::ask::authoritative::{over_tcp, over_udp};
use crate::ask::wire_name::to_wire;
use crate::serve::bind;

/// A running resolver. Dropping it ends it.
#[derive(Debug)]
pub struct ClosedNetwork {
    address: SocketAddr,
    knowledge: Arc<Knowledge>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Knowledge {
    servers: Mutex<Vec<(Name, SocketAddr)>>,
    max_ttl: u32,
    /// Questions under way.
    questions: Semaphore,
    /// What was asked last, oldest first.
    asked: Mutex<VecDeque<AskedQuestion>>,
}

/// A question that somebody asked, and what they were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedQuestion {
    /// The name, with its final dot.
    pub name: String,
    /// Type of the records, as `TXT`.
    pub record_type: String,
    /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ….
    pub code: String,
    /// The records, each as a line of a zone file; aliases before what they lead to.
    pub records: Vec<String>,
}

impl ClosedNetwork {
    /// Listens on UDP and TCP; port 0 takes a free one. Nobody who asks may keep an answer, "no"
    /// included, for more than `max_ttl` seconds.
    ///
    /// # Errors
    /// What the system says of the sockets.
    pub async fn start(address: SocketAddr, max_ttl: u32) -> std::io::Result<ClosedNetwork> {
        let (udp, tcp, address) = bind(address).await?;
        let questions = Semaphore::new(MAX_QUESTIONS);
        let knowledge =
            Arc::new(Knowledge { servers: Mutex::default(), max_ttl, questions, asked: Mutex::default() });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(Arc::new(udp), Arc::clone(&knowledge)));
        tasks.spawn(serve_tcp(tcp, Arc::clone(&knowledge)));
        Ok(ClosedNetwork { address, knowledge, _tasks: tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was asked since the last call, oldest first; of very many questions the last ones.
    pub fn take_questions(&self) -> Vec<AskedQuestion> {
        self.knowledge.asked.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    /// From now on this server answers for the zone.
    pub fn delegate(&self, zone: &DomainName, server: SocketAddr) {
        let Some(zone) = to_wire(zone) else { return };
        let mut servers = self.knowledge.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.retain(|(known, _)| *known != zone);
        servers.push((zone, server));
    }
}

impl Knowledge {
    fn server_of(&self, name: &Name) -> Option<SocketAddr> {
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let holding = servers.iter().filter(|(zone, _)| zone.zone_of(name));
        holding.max_by_key(|(zone, _)| zone.num_labels()).map(|(_, server)| *server)
    }

    /// The answer to the octets of a query; `None` where they are none.
    async fn answer(&self, octets: &[u8]) -> Option<Message> {
        let query = Message::from_vec(octets).ok()?;
        if query.metadata.message_type != MessageType::Query {
            return None;
        }
        let mut reply = Message::response(query.metadata.id, query.metadata.op_code);
        reply.metadata.recursion_desired = query.metadata.recursion_desired;
        reply.metadata.recursion_available = true;
        reply.edns = query.edns.as_ref().map(|_| edns());
        reply.queries.clone_from(&query.queries);
        let [question] = query.queries.as_slice() else {
            reply.metadata.response_code = ResponseCode::FormErr;
            return Some(reply);
        };
        if query.metadata.op_code != OpCode::Query {
            reply.metadata.response_code = ResponseCode::NotImp;
            return Some(reply);
        }
        self.resolve(question, &mut reply).await;
        self.write_down(question, &reply);
        Some(reply)
    }

    fn write_down(&self, question: &Query, reply: &Message) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if asked.len() >= MAX_REMEMBERED {
            asked.pop_front();
        }
        asked.push_back(AskedQuestion {
            name: question.name().to_string(),
            record_type: question.query_type().to_string(),
            code: code(reply.metadata.response_code),
            records: reply.answers.iter().map(ToString::to_string).collect(),
        });
    }

    /// From alias to alias, until there are records, a "no" or nobody to ask.
    async fn resolve(&self, question: &Query, reply: &mut Message) {
        let mut name = question.name().clone();
        for _ in 0..MAX_ALIASES {
            let Some(server) = self.server_of(&name) else {
                reply.metadata.response_code = ResponseCode::NXDomain;
                return;
            };
            let Some(said) = ask(server, &name, question.query_type()).await else {
                reply.metadata.response_code = ResponseCode::ServFail;
                return;
            };
            reply.metadata.response_code = said.metadata.response_code;
            let target = said.answers.last().and_then(|record| match &record.data {
                RData::CNAME(target) if question.query_type() != RecordType::CNAME => Some(target.0.clone()),
                _ => None,
            });
            reply.answers.extend(said.answers.into_iter().map(|record| self.capped(record)));
            let Some(target) = target else {
                reply.authorities = said.authorities.into_iter().map(|record| self.capped(record)).collect();
                return;
            };
            // A "no" of the zone before says nothing about where the alias leads.
            reply.metadata.response_code = ResponseCode::NoError;
            name = target;
        }
        reply.metadata.response_code = ResponseCode::ServFail;
    }

    /// RFC 2308 §5: a "no" is kept for the lesser of the SOA's TTL and its MINIMUM, so the TTL will do.
    fn capped(&self, mut record: Record) -> Record {
        record.ttl = record.ttl.min(self.max_ttl);
        record
    }
}

fn code(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        other => other.to_string(),
    }
}

async fn ask(server: SocketAddr, name: &Name, record_type: RecordType) -> Option<Message> {
    let mut query = Message::query();
    query.add_query(Query::query(name.clone(), record_type));
    query.edns = Some(edns());
    let octets = query.to_vec().ok()?;
    for _ in 0..TRIES {
        let reply = timeout(QUERY_TIME, over_udp(server, &query, &octets)).await;
        match reply {
            Ok(Ok(reply)) if reply.metadata.truncation => {
                return timeout(QUERY_TIME, over_tcp(server, &query, &octets)).await.ok()?.ok();
            }
            Ok(Ok(reply)) => return Some(reply),
            // Nobody listens, or nothing came: once more.
            Ok(Err(_)) | Err(_) => {}
        }
    }
    None
}

fn edns() -> Edns {
    let mut edns = Edns::new();
    edns.set_max_payload(MAX_UDP);
    edns
}

async fn serve_udp(socket: Arc<UdpSocket>, knowledge: Arc<Knowledge>) {
    let mut under_way = JoinSet::new();
    let mut buffer = [0; 4_096];
    loop {
        while under_way.try_join_next().is_some() {}
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            sleep(PAUSE).await;
            continue;
        };
        let (octets, socket, knowledge) =
            (buffer[..length].to_vec(), Arc::clone(&socket), Arc::clone(&knowledge));
        under_way.spawn(async move {
            let Ok(_place) = knowledge.questions.acquire().await else { return };
            let Some(reply) = knowledge.answer(&octets).await else { return };
            let Ok(whole) = reply.to_vec() else { return };
            let octets = match whole.len() {
                length if length <= usize::from(MAX_UDP) => whole,
                _ => reply.truncate().to_vec().unwrap_or_default(),
            };
            // Lost, as any datagram may be.
            let _ = socket.send_to(&octets, from).await;
        });
    }
}

async fn serve_tcp(listener: TcpListener, knowledge: Arc<Knowledge>) {
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let knowledge = Arc::clone(&knowledge);
                open.spawn(async move {
                    // One query is all that a resolver's client sends here.
                    let _ = timeout(TCP_TIME, converse(stream, &knowledge)).await;
                });
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn converse(mut stream: TcpStream, knowledge: &Knowledge) -> std::io::Result<()> {
    loop {
        let mut query = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut query).await?;
        let Some(reply) = knowledge.answer(&query).await else { return Ok(()) };
        let octets = reply.to_vec().map_err(std::io::Error::other)?;
        let length = u16::try_from(octets.len()).map_err(std::io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes()[..], &octets].concat()).await?;
    }
}

/// Octets of an answer over UDP.
const MAX_UDP: u16 = 1_232;
/// Aliases that are followed.
const MAX_ALIASES: usize = 8;
/// Questions that are remembered.
const MAX_REMEMBERED: usize = 500;
/// Questions that are answered at the same time; others wait.
const MAX_QUESTIONS: usize = 1_000;
/// Of each server.
const TRIES: usize = 2;
/// For a connection in all.
const TCP_TIME: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);
