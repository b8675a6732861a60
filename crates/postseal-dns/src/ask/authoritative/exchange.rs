use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use postseal_core::dns::{DomainName, Failure, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::super::QUERY_TIME;
use super::super::reply::wire_type;
use super::super::wire_name::to_wire;
use super::pace::Pace;

/// One question to one server: UDP, once more where nothing came or EDNS is not understood,
/// TCP after truncation. Each attempt may take [`QUERY_TIME`] and waits for its turn.
pub(super) async fn exchange(
    pace: &Pace,
    server: SocketAddr,
    name: &DomainName,
    record_type: RecordType,
) -> Result<Message, Failure> {
    let mut query = query(name, record_type).ok_or(Failure::Malformed)?;
    let mut attempt = attempt(pace, server, &query, Over::Udp).await;
    let once_more = match &attempt {
        Err(Failure::Timeout | Failure::Malformed) => true,
        Ok(reply) => {
            let refused = [ResponseCode::FormErr, ResponseCode::NotImp];
            let edns_unknown = refused.contains(&reply.metadata.response_code);
            if edns_unknown {
                query.edns = None;
            }
            edns_unknown
        }
        Err(_) => false,
    };
    if once_more {
        attempt = self::attempt(pace, server, &query, Over::Udp).await;
    }
    match attempt {
        Ok(reply) if reply.metadata.truncation => self::attempt(pace, server, &query, Over::Tcp).await,
        other => other,
    }
}

#[derive(Clone, Copy)]
enum Over {
    Udp,
    Tcp,
}

/// RD is not set: the server is to say what it knows itself.
fn query(name: &DomainName, record_type: RecordType) -> Option<Message> {
    let mut message = Message::query();
    message.add_query(Query::query(to_wire(name)?, wire_type(record_type)));
    let mut edns = Edns::new();
    edns.set_max_payload(MAX_UDP);
    message.edns = Some(edns);
    Some(message)
}

async fn attempt(pace: &Pace, server: SocketAddr, query: &Message, over: Over) -> Result<Message, Failure> {
    pace.wait(server.ip()).await.map_err(|_| Failure::QueryLimit)?;
    let octets = query.to_vec().map_err(|_| Failure::Malformed)?;
    let reply = timeout(QUERY_TIME, async {
        match over {
            Over::Udp => over_udp(server, query, &octets).await,
            Over::Tcp => over_tcp(server, query, &octets).await,
        }
    });
    match reply.await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(Failure::Malformed),
        Ok(Err(_)) => Err(Failure::Unreachable),
        Err(_) => Err(Failure::Timeout),
    }
}

/// The first datagram that answers the query.
pub(crate) async fn over_udp(server: SocketAddr, query: &Message, octets: &[u8]) -> io::Result<Message> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // A port of its own for each query, and answers from the server's address alone.
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    socket.send(octets).await?;
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await?;
        // Whatever is no answer to this question may be forged: the true one may still come.
        if let Some(reply) = answer_to(query, &buffer[..length]) {
            return Ok(reply);
        }
    }
}

/// The answer over a connection of its own.
pub(crate) async fn over_tcp(server: SocketAddr, query: &Message, octets: &[u8]) -> io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(octets.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], octets].concat()).await?;
    let mut reply = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut reply).await?;
    answer_to(query, &reply).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The reply, if it is one to this very question. Names compare without case.
fn answer_to(query: &Message, octets: &[u8]) -> Option<Message> {
    let reply = Message::from_vec(octets).ok()?;
    let is_reply = reply.metadata.message_type == MessageType::Response
        && reply.metadata.id == query.metadata.id
        && (reply.queries == query.queries || is_bare_error(&reply));
    is_reply.then_some(reply)
}

/// A server that cannot read the query may leave the question out.
fn is_bare_error(reply: &Message) -> bool {
    let codes = [ResponseCode::FormErr, ResponseCode::NotImp, ResponseCode::ServFail, ResponseCode::Refused];
    reply.queries.is_empty() && codes.contains(&reply.metadata.response_code)
}

/// Octets that the answer may have over UDP.
const MAX_UDP: u16 = 1232;
