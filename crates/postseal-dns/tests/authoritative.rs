//! Authoritative servers asked by themselves: right, wrong, lame, silent and odd ones.

mod support;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::NS;
use hickory_proto::rr::{RData, Record, RecordType as WireType};
use postseal_core::dns::{DomainName, Failure, RecordType, Records, TxtRecord};
use postseal_core::hosting::{Negative, Said};
use postseal_dns::ask::Resolver;
use postseal_dns::ask::authoritative::{Authoritative, AuthoritativeSettings, NoServers, ServerOutcome};
use support::{Server, Via, a, cname, name, octets, reply, soa, txt};

const SELECTOR: &str = "selector1._domainkey.contoso.example";

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).expect("a test name")
}

fn text(text: &str) -> TxtRecord {
    TxtRecord::from_strings(&[text])
}

/// An answer with AA, as an authoritative server gives it.
fn authority(
    query: &Message,
    code: ResponseCode,
    answers: Vec<Record>,
    authorities: Vec<Record>,
) -> Option<Vec<u8>> {
    let mut message = reply(query, code, answers, authorities);
    message.metadata.authoritative = true;
    message.metadata.recursion_available = false;
    octets(&message)
}

fn ns(owner: &str, host: &str) -> Record {
    Record::from_rdata(name(owner), 3600, RData::NS(NS(name(host))))
}

/// Asks these servers, which are configured for contoso.example.
fn asking(servers: &[&Server]) -> Authoritative {
    let addresses = servers.iter().map(|server| server.address).collect();
    let configured = vec![
        (domain("example"), vec!["127.0.0.1:1".parse().expect("an address")]),
        (domain("contoso.example"), addresses),
    ];
    // Nobody needs to be searched for.
    let resolver = Arc::new(Resolver::new(&[]));
    Authoritative::new(resolver, AuthoritativeSettings { configured, ..Default::default() })
}

async fn outcome(
    record_type: RecordType,
    answer: impl Fn(&Message, Via) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> ServerOutcome {
    let server = Server::start(answer).await;
    let observation = asking(&[&server]).ask(&domain(SELECTOR), record_type).await.expect("a server");
    assert_eq!(observation.zone, domain("contoso.example"));
    assert_eq!(observation.servers.len(), 1);
    assert_eq!((observation.servers[0].address, &observation.servers[0].server), (server.address, &None));
    observation.servers[0].outcome.clone()
}

#[tokio::test]
async fn every_kind_of_answer() {
    use ResponseCode::{NXDomain, NoError, Refused, ServFail};
    let target = "selector1-contoso-example._domainkey.contoso.host.example";
    let alias = |query: &Message| {
        // The rest of the chain is another zone's business.
        let chain = vec![cname(SELECTOR, 300, target), txt(target, 60, "v=DKIM1; p=")];
        authority(query, NoError, chain, vec![])
    };
    let expected = ServerOutcome::Alias(domain(target), 300);
    assert_eq!(outcome(RecordType::Txt, move |query, _| alias(query)).await, expected);
    let expected = ServerOutcome::Records(Records::Cname(domain(target)), 300);
    assert_eq!(outcome(RecordType::Cname, move |query, _| alias(query)).await, expected);

    let key = |query: &Message, _| authority(query, NoError, vec![txt(SELECTOR, 60, "v=DKIM1; p=")], vec![]);
    let expected = ServerOutcome::Records(Records::Txt(vec![text("v=DKIM1; p=")]), 60);
    assert_eq!(outcome(RecordType::Txt, key).await, expected);

    let negative = Negative { soa_ttl: 900, soa_minimum: 300 };
    let nothing = |code| {
        move |query: &Message, _| authority(query, code, vec![], vec![soa("contoso.example", 900, 300)])
    };
    assert_eq!(outcome(RecordType::Txt, nothing(NXDomain)).await, ServerOutcome::NxDomain(negative));
    assert_eq!(outcome(RecordType::Txt, nothing(NoError)).await, ServerOutcome::NoData(negative));
    let bare = |query: &Message, _| authority(query, NXDomain, vec![], vec![]);
    let unkept = Negative { soa_ttl: 0, soa_minimum: 0 };
    assert_eq!(outcome(RecordType::Txt, bare).await, ServerOutcome::NxDomain(unkept));

    let lame = |code| move |query: &Message, _| octets(&reply(query, code, vec![], vec![]));
    assert_eq!(outcome(RecordType::Txt, lame(Refused)).await, ServerOutcome::Lame(Failure::Refused));
    assert_eq!(outcome(RecordType::Txt, lame(ServFail)).await, ServerOutcome::Lame(Failure::ServFail));
    // A resolver's answer, NXDOMAIN too, comes from a cache and proves nothing.
    assert_eq!(outcome(RecordType::Txt, lame(NXDomain)).await, ServerOutcome::Lame(Failure::Refused));
    let cached =
        |query: &Message, _| octets(&reply(query, NoError, vec![txt(SELECTOR, 60, "v=DKIM1; p=")], vec![]));
    assert_eq!(outcome(RecordType::Txt, cached).await, ServerOutcome::Lame(Failure::Refused));
}

#[tokio::test]
async fn how_it_asks() {
    let check = |query: &Message| {
        assert!(!query.metadata.recursion_desired, "no recursion");
        assert_eq!(query.edns.as_ref().map(hickory_proto::op::Edns::max_payload), Some(1232));
    };
    let long = "x".repeat(3000);
    let expected = ServerOutcome::Records(
        Records::Txt(vec![TxtRecord::from_strings(&long.as_bytes().chunks(255).collect::<Vec<_>>())]),
        60,
    );
    let truncating = move |query: &Message, via: Via| {
        check(query);
        let mut whole = reply(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, &long)], vec![]);
        whole.metadata.authoritative = true;
        if via == Via::Udp {
            whole.answers.clear();
            whole.metadata.truncation = true;
        }
        octets(&whole)
    };
    assert_eq!(outcome(RecordType::Txt, truncating).await, expected);

    let no_edns = |query: &Message, _| match query.edns {
        Some(_) => {
            let id = query.metadata.id.to_be_bytes();
            Some([&id[..], &[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat())
        }
        None => authority(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "plain")], vec![]),
    };
    let plain = ServerOutcome::Records(Records::Txt(vec![text("plain")]), 60);
    assert_eq!(outcome(RecordType::Txt, no_edns).await, plain);

    let lost = Mutex::new(true);
    let losing = move |query: &Message, _: Via| {
        let first = std::mem::take(&mut *lost.lock().expect("no panic"));
        if first {
            None
        } else {
            authority(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "plain")], vec![])
        }
    };
    assert_eq!(outcome(RecordType::Txt, losing).await, plain);

    let lying = |query: &Message, _| {
        let mut lie = reply(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "lie")], vec![]);
        lie.metadata.authoritative = true;
        lie.metadata.id ^= 1;
        octets(&lie)
    };
    assert_eq!(outcome(RecordType::Txt, lying).await, ServerOutcome::Silent(Failure::Timeout));
    let another = |query: &Message, _| {
        let mut lie = reply(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "lie")], vec![]);
        lie.metadata.authoritative = true;
        lie.queries[0].set_name(name("selector2._domainkey.contoso.example"));
        octets(&lie)
    };
    assert_eq!(outcome(RecordType::Txt, another).await, ServerOutcome::Silent(Failure::Timeout));
}

#[tokio::test]
async fn each_server_for_itself() {
    let good =
        |query: &Message, _| authority(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "key")], vec![]);
    let stuck = |query: &Message, _| {
        authority(query, ResponseCode::NXDomain, vec![], vec![soa("contoso.example", 900, 300)])
    };
    let (good, stuck, silent) =
        (Server::start(good).await, Server::start(stuck).await, Server::start(|_, _| None).await);
    let observation = asking(&[&silent, &good, &stuck]).ask(&domain(SELECTOR), RecordType::Txt).await;
    let observation = observation.expect("servers");
    let outcomes: Vec<_> = observation.servers.iter().map(|s| (s.address, s.outcome.clone())).collect();
    let negative = Negative { soa_ttl: 900, soa_minimum: 300 };
    let expected = [
        (silent.address, ServerOutcome::Silent(Failure::Timeout)),
        (good.address, ServerOutcome::Records(Records::Txt(vec![text("key")]), 60)),
        (stuck.address, ServerOutcome::NxDomain(negative)),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!((silent.counts(), good.counts()), ((2, 0), (1, 0)));
}

/// Two attempts of two seconds for each server, which would be half a minute for one after the other.
#[tokio::test]
async fn all_servers_at_once() {
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(Server::start(|_, _| None).await);
    }
    let begin = Instant::now();
    let all: Vec<&Server> = silent.iter().collect();
    let observation = asking(&all).ask(&domain(SELECTOR), RecordType::Txt).await.expect("servers");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(observation.servers.len(), 8);
}

#[tokio::test]
async fn what_is_shown_at_a_name() {
    let check = async |expected: Said, answer: fn(&Message) -> Option<Vec<u8>>| {
        let server = Server::start(move |query, _| answer(query)).await;
        let observation = asking(&[&server]).look(&domain(SELECTOR)).await.expect("a server");
        assert_eq!(observation.servers[0].outcome, expected);
    };
    let negative = Negative { soa_ttl: 60, soa_minimum: 60 };
    check(Said::Cname(domain("a.example")), |query| {
        authority(query, ResponseCode::NoError, vec![cname(SELECTOR, 60, "a.example")], vec![])
    })
    .await;
    check(Said::Txt(vec![text("key")]), |query| {
        authority(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "key")], vec![])
    })
    .await;
    check(Said::Addresses(vec![IpAddr::from([192, 0, 2, 9])]), |query| {
        let proxied = query.queries[0].query_type() == WireType::A;
        let answers = if proxied { vec![a(SELECTOR, 60, 9)] } else { vec![] };
        authority(query, ResponseCode::NoError, answers, vec![soa("contoso.example", 60, 60)])
    })
    .await;
    check(Said::NoData(negative), |query| {
        authority(query, ResponseCode::NoError, vec![], vec![soa("contoso.example", 60, 60)])
    })
    .await;
    check(Said::NxDomain(negative), |query| {
        authority(query, ResponseCode::NXDomain, vec![], vec![soa("contoso.example", 60, 60)])
    })
    .await;
    check(Said::Silent(Failure::Refused), |query| {
        octets(&reply(query, ResponseCode::Refused, vec![], vec![]))
    })
    .await;
}

/// A resolver that knows these records and nothing else.
async fn resolver(records: Vec<Record>) -> (Server, Arc<Resolver>) {
    let server = Server::start(move |query, _| {
        let question = &query.queries[0];
        let at_name: Vec<&Record> = records.iter().filter(|r| r.name == *question.name()).collect();
        let wanted = |r: &&&Record| [question.query_type(), WireType::CNAME].contains(&r.record_type());
        let answers: Vec<Record> = at_name.iter().filter(wanted).map(|r| (**r).clone()).collect();
        let code = if at_name.is_empty() { ResponseCode::NXDomain } else { ResponseCode::NoError };
        let authorities = if answers.is_empty() { vec![soa("example", 60, 60)] } else { vec![] };
        octets(&reply(query, code, answers, authorities))
    })
    .await;
    let resolver = Arc::new(Resolver::new(&[server.address]));
    (server, resolver)
}

fn address(owner: &str, ip: [u8; 4]) -> Record {
    Record::from_rdata(name(owner), 60, RData::A(hickory_proto::rr::rdata::A(ip.into())))
}

/// Servers of one zone and of one below it, at the same port of several loopback addresses.
async fn two_zones() -> (Server, Server) {
    let parent = |query: &Message, _| {
        let asked = query.queries[0].name().to_ascii();
        if asked.contains("sub.contoso") {
            let cut = vec![ns("sub.contoso.example", "ns.sub.contoso.example")];
            return octets(&reply(query, ResponseCode::NoError, vec![], cut));
        }
        authority(query, ResponseCode::NoError, vec![txt(SELECTOR, 60, "parent")], vec![])
    };
    let parent = Server::start_at("127.0.0.2:0", parent).await;
    let child = |query: &Message, _| {
        let owner = query.queries[0].name().to_ascii();
        authority(query, ResponseCode::NoError, vec![txt(owner.trim_end_matches('.'), 60, "child")], vec![])
    };
    let child = Server::start_at(&format!("127.0.0.3:{}", parent.address.port()), child).await;
    (parent, child)
}

#[tokio::test]
async fn servers_are_found_through_ns_records_and_referrals() {
    let (parent, child) = two_zones().await;
    let (_resolver, resolver) = resolver(vec![
        ns("contoso.example", "ns1.contoso.example"),
        ns("contoso.example", "ns2.contoso.example"),
        address("ns1.contoso.example", [127, 0, 0, 2]),
        address("ns2.contoso.example", [10, 0, 0, 1]),
        address("ns.sub.contoso.example", [127, 0, 0, 3]),
        // Its own name servers are not those of the target's zone.
        cname(SELECTOR, 60, "host.example"),
        ns("host.example", "ns.host.example"),
        ns("private.example", "ns2.contoso.example"),
        ns("unserved.example", "nowhere.example"),
    ])
    .await;
    let settings = AuthoritativeSettings {
        listed: vec![[127, 0, 0, 2].into(), [127, 0, 0, 3].into()],
        port: parent.address.port(),
        ..Default::default()
    };
    let asking = Authoritative::new(Arc::clone(&resolver), settings);
    let found = asking.ask(&domain(SELECTOR), RecordType::Txt).await.expect("servers");
    assert_eq!(found.zone, domain("contoso.example"));
    let server = &found.servers[0];
    assert_eq!(
        (server.server.clone(), server.address),
        (Some(domain("ns1.contoso.example")), parent.address)
    );
    assert_eq!(found.servers.len(), 1, "the other is not public and not listed");
    assert_eq!(server.outcome, ServerOutcome::Records(Records::Txt(vec![text("parent")]), 60));

    let below = asking.ask(&domain("key.sub.contoso.example"), RecordType::Txt).await.expect("servers");
    assert_eq!((below.zone, below.servers[0].address), (domain("sub.contoso.example"), child.address));
    assert_eq!(below.servers[0].outcome, ServerOutcome::Records(Records::Txt(vec![text("child")]), 60));

    let nobody = async |owner: &str| asking.ask(&domain(owner), RecordType::Txt).await.expect_err("nobody");
    let expected = NoServers::NoAddress { zone: domain("private.example"), left_out: 1 };
    assert_eq!(nobody("key.private.example").await, expected);
    let expected = NoServers::NoAddress { zone: domain("unserved.example"), left_out: 0 };
    assert_eq!(nobody("key.unserved.example").await, expected);
    assert_eq!(nobody("key.absent.example").await, NoServers::NoZone { name: domain("key.absent.example") });

    let unlisted = Authoritative::new(resolver, AuthoritativeSettings::default());
    let error = unlisted.ask(&domain(SELECTOR), RecordType::Txt).await.expect_err("loopback");
    assert_eq!(error, NoServers::NoAddress { zone: domain("contoso.example"), left_out: 2 });
}

/// A zone's servers are silent, so that the resolver has no answer for names in it, but it still
/// knows who they are: each of them is asked, and is silent.
#[tokio::test]
async fn silent_servers_are_still_known() {
    let knows_servers = |query: &Message, _: Via| {
        let asked = query.queries[0].name().to_ascii();
        let (code, answers) = match (asked.as_str(), query.queries[0].query_type()) {
            ("contoso.example.", WireType::NS) => {
                (ResponseCode::NoError, vec![ns("contoso.example", "ns1.contoso.example")])
            }
            ("ns1.contoso.example.", WireType::A) => {
                (ResponseCode::NoError, vec![address("ns1.contoso.example", [127, 0, 0, 9])])
            }
            ("ns1.contoso.example.", _) => (ResponseCode::NoError, vec![]),
            _ => (ResponseCode::ServFail, vec![]),
        };
        octets(&reply(query, code, answers, vec![]))
    };
    let server = Server::start(knows_servers).await;
    // Nobody listens at port 1 there.
    let settings =
        AuthoritativeSettings { listed: vec![[127, 0, 0, 9].into()], port: 1, ..Default::default() };
    let asking = Authoritative::new(Arc::new(Resolver::new(&[server.address])), settings);
    let found = asking.ask(&domain(SELECTOR), RecordType::Txt).await.expect("servers");
    assert_eq!(found.zone, domain("contoso.example"));
    assert!(matches!(found.servers[0].outcome, ServerOutcome::Silent(_)), "{found:?}");
}

#[tokio::test]
async fn without_a_resolver_nothing_is_known() {
    let silent = Server::start(|_, _| None).await;
    let resolver = Resolver::with_query_time(&[silent.address], Duration::from_millis(50));
    let asking = Authoritative::new(Arc::new(resolver), AuthoritativeSettings::default());
    let error = asking.ask(&domain("contoso.example"), RecordType::Txt).await.expect_err("nobody");
    assert_eq!(error, NoServers::NotFound { name: domain("contoso.example"), failure: Failure::Timeout });
}

#[tokio::test]
async fn sixteen_servers_and_ten_queries_a_second() {
    let good = |query: &Message, _| {
        let owner = query.queries[0].name().to_ascii();
        authority(query, ResponseCode::NoError, vec![txt(owner.trim_end_matches('.'), 60, "key")], vec![])
    };
    let server = Server::start(good).await;
    let many: Vec<SocketAddr> = vec![server.address; 40];
    let settings =
        AuthoritativeSettings { configured: vec![(domain("contoso.example"), many)], ..Default::default() };
    let asking = Authoritative::new(Arc::new(Resolver::new(&[])), settings);
    let begin = Instant::now();
    let observation = asking.ask(&domain(SELECTOR), RecordType::Txt).await.expect("servers");
    assert_eq!(observation.servers.len(), 16);
    assert_eq!(server.counts().0, 16);
    let elapsed = begin.elapsed();
    assert!(elapsed >= Duration::from_millis(999), "ten at once, six a second later: {elapsed:?}");
}
