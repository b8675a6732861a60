//! The resolver against a server that truncates, fails, lies and keeps silent.

mod support;

use std::time::{Duration, Instant};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{MX, NS, NULL, PTR};
use hickory_proto::rr::{Name, RData, Record, RecordType as WireType};
use postseal_core::dns::{
    Answer, AnswerSource, DomainName, Failure, Mx, Outcome, Question, RecordType, Records, TxtRecord,
};
use postseal_dns::ask::{AnswerCache, Ask, Resolver};
use support::{Server, Via, a, cname, name, octets, reply, soa, txt};

fn question(owner: &str, record_type: RecordType) -> Question {
    Question::new(DomainName::from_expansion(owner).expect("a test name"), record_type)
}

async fn ask(server: &Server, owner: &str, record_type: RecordType) -> Answer {
    Resolver::new(&[server.address]).ask(&question(owner, record_type)).await
}

fn text(text: &str) -> Outcome {
    let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
    Outcome::Records(Records::Txt(vec![TxtRecord::from_strings(&strings)]))
}

fn failed(failure: Failure) -> Outcome {
    Outcome::Failure(failure)
}

/// Answers by the name that is asked.
fn by_name(query: &Message, via: Via) -> Option<Vec<u8>> {
    let asked = query.queries[0].name().to_ascii().to_lowercase();
    let ok = |answers| octets(&reply(query, ResponseCode::NoError, answers, vec![]));
    let none = |code, authorities| octets(&reply(query, code, vec![], authorities));
    let chain = |count: usize| {
        let mut records: Vec<Record> = (0..count)
            .map(|i| cname(&format!("c{i}.example"), 300, &format!("c{}.example", i + 1)))
            .collect();
        records.push(a(&format!("c{count}.example"), 60, 1));
        records
    };
    match asked.trim_end_matches('.') {
        "text.example" => ok(vec![txt("text.example", 120, "v=spf1 -all"), txt("other.example", 9, "lie")]),
        "big.example" if via == Via::Udp => {
            let mut cut = reply(query, ResponseCode::NoError, vec![], vec![]);
            cut.metadata.truncation = true;
            octets(&cut)
        }
        "big.example" => ok(vec![txt("big.example", 60, &"x".repeat(4000))]),
        "flood.example" => ok(vec![txt("flood.example", 60, &"y".repeat(3000))]),
        "none.example" => none(ResponseCode::NXDomain, vec![soa("example", 900, 300)]),
        "nodata.example" => none(ResponseCode::NoError, vec![soa("example", 200, 300)]),
        "bare.example" => none(ResponseCode::NoError, vec![]),
        "referral.example" => {
            let server = RData::NS(NS(name("ns.referral.example")));
            none(ResponseCode::NoError, vec![Record::from_rdata(name("referral.example"), 60, server)])
        }
        "servfail.example" => none(ResponseCode::ServFail, vec![]),
        "refused.example" => none(ResponseCode::Refused, vec![]),
        "no-edns.example" if query.edns.is_some() => none(ResponseCode::FormErr, vec![]),
        "no-edns.example" => ok(vec![txt("no-edns.example", 60, "plain")]),
        "c0.example" if query.queries[0].query_type() == WireType::A => ok(chain(8)),
        "d0.example" => {
            let mut records = chain(9);
            records.insert(0, cname("d0.example", 300, "c0.example"));
            ok(records)
        }
        "loop.example" => {
            ok(vec![cname("loop.example", 5, "loop2.example"), cname("loop2.example", 5, "loop.example")])
        }
        "far.example" => ok(vec![cname("far.example", 40, "text.example")]),
        "gone.example" => octets(&reply(
            query,
            ResponseCode::NXDomain,
            vec![cname("gone.example", 50, "none.example")],
            vec![soa("example", 900, 300)],
        )),
        "other-question.example" => {
            let mut lie = reply(query, ResponseCode::NoError, vec![txt("text.example", 60, "lie")], vec![]);
            lie.queries[0].set_name(name("text.example"));
            octets(&lie)
        }
        "garbage.example" => {
            let id = query.metadata.id.to_be_bytes();
            Some([&id[..], &[0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 0xff, 0xff]].concat())
        }
        "long-ttl.example" => ok(vec![txt("long-ttl.example", 0x8000_0001, "v")]),
        "mx.example" => ok(vec![
            Record::from_rdata(name("mx.example"), 60, RData::MX(MX::new(10, name("mail.example")))),
            Record::from_rdata(name("mx.example"), 60, RData::MX(MX::new(20, name("bad host.example")))),
            Record::from_rdata(name("mx.example"), 60, RData::MX(MX::new(0, Name::root()))),
        ]),
        "ptr.example" => {
            ok(vec![Record::from_rdata(name("ptr.example"), 60, RData::PTR(PTR(name("a(b.example"))))])
        }
        "spf.example" => ok(vec![Record::from_rdata(
            name("spf.example"),
            60,
            RData::Unknown { code: WireType::from(99), rdata: NULL::with(b"\x07v=spf1 \x04-all".to_vec()) },
        )]),
        "localhost" => ok(vec![a("localhost", 60, 7)]),
        _ => None,
    }
}

#[tokio::test]
async fn every_kind_of_answer() {
    let server = Server::start(by_name).await;
    let check = async |owner: &str, record_type, outcome: Outcome, ttl: u32| {
        let answer = ask(&server, owner, record_type).await;
        assert_eq!((answer.outcome, answer.ttl), (outcome, ttl), "{owner} {record_type}");
    };
    let address = |last| Outcome::Records(Records::A(vec![[192, 0, 2, last].into()]));
    check("text.example", RecordType::Txt, text("v=spf1 -all"), 120).await;
    check("TEXT.example", RecordType::Txt, text("v=spf1 -all"), 120).await;
    check("big.example", RecordType::Txt, text(&"x".repeat(4000)), 60).await;
    check("flood.example", RecordType::Txt, text(&"y".repeat(3000)), 60).await;
    check("none.example", RecordType::Txt, Outcome::NxDomain, 300).await;
    check("nodata.example", RecordType::Txt, Outcome::NoData, 200).await;
    check("bare.example", RecordType::Txt, Outcome::NoData, 0).await;
    check("referral.example", RecordType::Txt, failed(Failure::Malformed), 0).await;
    check("servfail.example", RecordType::Txt, failed(Failure::ServFail), 0).await;
    check("refused.example", RecordType::Txt, failed(Failure::Refused), 0).await;
    check("no-edns.example", RecordType::Txt, text("plain"), 60).await;
    check("c0.example", RecordType::A, address(1), 60).await;
    check("d0.example", RecordType::A, failed(Failure::TooManyAliases), 0).await;
    check("loop.example", RecordType::A, failed(Failure::TooManyAliases), 0).await;
    check("far.example", RecordType::Txt, text("v=spf1 -all"), 40).await;
    check("far.example", RecordType::Cname, Outcome::Records(Records::Cname(domain("text.example"))), 40)
        .await;
    check("gone.example", RecordType::Txt, Outcome::NxDomain, 50).await;
    check("garbage.example", RecordType::Txt, failed(Failure::Malformed), 0).await;
    check("long-ttl.example", RecordType::Txt, text("v"), 0).await;
    let hosts = vec![
        Mx { preference: 10, exchange: Some(domain("mail.example")) },
        Mx { preference: 0, exchange: None },
    ];
    check("mx.example", RecordType::Mx, Outcome::Records(Records::Mx(hosts)), 60).await;
    check("ptr.example", RecordType::Ptr, Outcome::NoData, 60).await;
    let spf = TxtRecord::from_strings(&["v=spf1 ", "-all"]);
    check("spf.example", RecordType::Spf, Outcome::Records(Records::Spf(vec![spf])), 60).await;
    // RFC 6761 has libraries answer this name themselves; a verdict asks like any other.
    check("localhost", RecordType::A, address(7), 60).await;
}

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).expect("a test name")
}

#[tokio::test]
async fn truncation_goes_to_tcp() {
    let server = Server::start(by_name).await;
    ask(&server, "big.example", RecordType::Txt).await;
    assert_eq!(server.counts(), (1, 1));
}

#[tokio::test]
async fn a_usual_answer_costs_one_datagram() {
    let server = Server::start(by_name).await;
    ask(&server, "text.example", RecordType::Txt).await;
    ask(&server, "none.example", RecordType::Txt).await;
    ask(&server, "servfail.example", RecordType::Txt).await;
    assert_eq!(server.counts(), (3, 0));
}

#[tokio::test]
async fn silence_and_lies_end_in_time() {
    let server = Server::start(by_name).await;
    let began = Instant::now();
    let resolver = Resolver::new(&[server.address]);
    let (silent, lie) =
        (question("silent.example", RecordType::A), question("other-question.example", RecordType::Txt));
    let (silence, lied) = tokio::join!(resolver.ask(&silent), resolver.ask(&lie));
    assert_eq!(silence.outcome, failed(Failure::Timeout));
    assert_eq!(lied.outcome, failed(Failure::Timeout), "an answer to another question is no answer");
    let took = began.elapsed();
    assert!(
        took > Duration::from_millis(3900) && took < Duration::from_secs(30),
        "two queries of 2 s: {took:?}"
    );
}

#[tokio::test]
async fn a_lost_query_is_asked_once_more() {
    let lost = std::sync::OnceLock::new();
    let server = Server::start(move |query, via| {
        // All that belongs to the first query is lost, its retransmissions too.
        let first = *lost.get_or_init(|| query.metadata.id);
        if query.metadata.id == first { None } else { by_name(query, via) }
    })
    .await;
    let answer = ask(&server, "text.example", RecordType::Txt).await;
    assert_eq!(answer.outcome, text("v=spf1 -all"));
}

#[tokio::test]
async fn no_server_there() {
    let unused = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let answer = Resolver::new(&[unused]).ask(&question("a.example", RecordType::A)).await;
    assert!(
        matches!(answer.outcome, Outcome::Failure(Failure::Unreachable | Failure::Timeout)),
        "{:?}",
        answer.outcome
    );
}

#[tokio::test]
async fn the_next_server_helps_and_is_remembered() {
    let bad = Server::start(|query, _| octets(&reply(query, ResponseCode::ServFail, vec![], vec![]))).await;
    let good = Server::start(by_name).await;
    let resolver = Resolver::new(&[bad.address, good.address]);
    for _ in 0..3 {
        assert_eq!(
            resolver.ask(&question("text.example", RecordType::Txt)).await.outcome,
            text("v=spf1 -all")
        );
    }
    assert_eq!((bad.counts().0, good.counts().0), (1, 3));
}

#[tokio::test]
async fn answers_are_kept_while_they_live() {
    let server = Server::start(by_name).await;
    let cache = AnswerCache::new(Resolver::new(&[server.address]), 1 << 20);
    let check = async |owner: &str, kept: bool| {
        let asked = cache.ask(question(owner, RecordType::Txt)).await;
        let ready = cache.now().ready(&asked.question.name, RecordType::Txt);
        assert_eq!(ready.map(|a| a.outcome.clone()), kept.then(|| asked.outcome.clone()), "{owner}");
    };
    check("text.example", true).await;
    check("none.example", true).await;
    check("nodata.example", true).await;
    check("bare.example", false).await;
    check("servfail.example", false).await;
    assert!(cache.now().ready(&domain("text.example"), RecordType::A).is_none());
}

#[tokio::test]
async fn the_cache_is_bounded_and_forgets_in_time() {
    let server = Server::start(|query, _| {
        let asked = query.queries[0].name().to_ascii();
        octets(&reply(
            query,
            ResponseCode::NoError,
            vec![txt(asked.trim_end_matches('.'), 1, "short")],
            vec![],
        ))
    })
    .await;
    let cache = AnswerCache::new(Resolver::new(&[server.address]), 64 * 1024);
    for i in 0..500 {
        cache.ask(question(&format!("n{i}.example"), RecordType::Txt)).await;
    }
    let ready = |cache: &AnswerCache| {
        (0..500)
            .filter(|i| cache.now().ready(&domain(&format!("n{i}.example")), RecordType::Txt).is_some())
            .count()
    };
    let kept = ready(&cache);
    assert!((1..250).contains(&kept), "{kept} kept of 500");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(ready(&cache), 0);
}
