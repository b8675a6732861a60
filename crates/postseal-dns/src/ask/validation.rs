use std::net::SocketAddr;

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use postseal_core::dns::{DomainName, Failure, Question, RecordType, Records};
use tokio::time::timeout;

use super::QUERY_TIME;
use super::authoritative::{over_tcp, over_udp};
use super::reply::{records, wire_type};
use super::wire_name::to_wire;

/// Whether the resolver is to check signatures.
#[derive(Clone, Copy)]
enum Checking {
    Enabled,
    /// The CD bit (RFC 4035 §3.2.2).
    Disabled,
}

/// What the resolver says of DNSSEC for one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validation {
    /// The answer is proven: it has the AD bit.
    Authentic,
    /// It fails by DNSSEC alone: SERVFAIL or the Extended DNS Error 6, and an answer without the check.
    Bogus,
    /// Neither is known.
    Unknown,
}

/// Looks at a failure twice, so that one that passed is none.
pub(super) async fn validate(resolver: SocketAddr, question: &Question) -> Validation {
    let reply = exchange(resolver, &question.name, question.record_type, Checking::Enabled).await;
    match reply {
        Ok(reply) if fails(&reply) => match is_bogus(resolver, question).await {
            true => Validation::Bogus,
            false => Validation::Unknown,
        },
        Ok(reply) if reply.metadata.authentic_data => Validation::Authentic,
        _ => Validation::Unknown,
    }
}

fn fails(reply: &Message) -> bool {
    reply.metadata.response_code == ResponseCode::ServFail || says_bogus(reply)
}

/// After a failure: it is answered without the check, and fails again with it.
async fn is_bogus(resolver: SocketAddr, question: &Question) -> bool {
    let unchecked = exchange(resolver, &question.name, question.record_type, Checking::Disabled).await;
    let answers = [ResponseCode::NoError, ResponseCode::NXDomain];
    if !unchecked.is_ok_and(|reply| answers.contains(&reply.metadata.response_code)) {
        return false;
    }
    let again = exchange(resolver, &question.name, question.record_type, Checking::Enabled).await;
    again.is_ok_and(|reply| fails(&reply))
}

/// The TLSA records at a name, and whether the resolver says that they are proven.
pub(super) async fn tlsa(resolver: SocketAddr, name: &DomainName) -> Option<(Records, bool)> {
    let reply = exchange(resolver, name, RecordType::Tlsa, Checking::Enabled).await.ok()?;
    let found = records(RecordType::Tlsa, reply.answers.iter().map(|record| &record.data))?;
    Some((found, reply.metadata.authentic_data))
}

/// RFC 8914 §4.7.
fn says_bogus(reply: &Message) -> bool {
    let options = reply.edns.as_ref().map(|edns| edns.options().get_all(EdnsCode::from(EXTENDED_ERROR)));
    options.unwrap_or_default().into_iter().any(|option| match option {
        EdnsOption::Unknown(_, data) => data.starts_with(&DNSSEC_BOGUS),
        _ => false,
    })
}

/// UDP, once more where nothing came, TCP after truncation.
async fn exchange(
    resolver: SocketAddr,
    name: &DomainName,
    record_type: RecordType,
    checking: Checking,
) -> Result<Message, Failure> {
    let query = query(name, record_type, checking).ok_or(Failure::Malformed)?;
    let octets = query.to_vec().map_err(|_| Failure::Malformed)?;
    for _ in 0..ATTEMPTS {
        let Ok(reply) = timeout(QUERY_TIME, over_udp(resolver, &query, &octets)).await else { continue };
        let reply = reply.map_err(|_| Failure::Unreachable)?;
        if !reply.metadata.truncation {
            return Ok(reply);
        }
        let whole = timeout(QUERY_TIME, over_tcp(resolver, &query, &octets)).await;
        return whole.map_err(|_| Failure::Timeout)?.map_err(|_| Failure::Unreachable);
    }
    Err(Failure::Timeout)
}

fn query(name: &DomainName, record_type: RecordType, checking: Checking) -> Option<Message> {
    let mut message = Message::query();
    message.add_query(Query::query(to_wire(name)?, wire_type(record_type)));
    message.metadata.recursion_desired = true;
    // RFC 6840 §5.7: AD in a query asks for AD in the answer.
    message.metadata.authentic_data = true;
    message.metadata.checking_disabled = matches!(checking, Checking::Disabled);
    let mut edns = Edns::new();
    edns.set_max_payload(MAX_UDP);
    // Older resolvers set AD only for those who understand DNSSEC.
    edns.set_dnssec_ok(true);
    message.edns = Some(edns);
    Some(message)
}

const ATTEMPTS: usize = 2;
/// Octets that the answer may have over UDP.
const MAX_UDP: u16 = 1232;
/// RFC 8914 §2: the code of the option, and its INFO-CODE 6 (§4.7, DNSSEC Bogus).
const EXTENDED_ERROR: u16 = 15;
const DNSSEC_BOGUS: [u8; 2] = [0, 6];
