//! A domain looked at by its own name servers, with DNSSEC and DANE, beside the resolver's answers.

mod support;

use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::rdata::tlsa::{CertUsage, Matching, Selector};
use hickory_proto::rr::rdata::{A, NS, TLSA};
use hickory_proto::rr::{RData, Record, RecordType as WireType};
use postseal_core::advice::{AtSource, CheckRequest, FindingId, MAX_CHECK_QUERIES, SourceQuestions, check};
use postseal_core::dns::{Answers, DomainName, Question, RecordData, RecordType, TxtRecord, Zone};
use postseal_dns::ask::authoritative::{Authoritative, AuthoritativeSettings, Reach};
use postseal_dns::ask::{Resolver, SourceLook};
use support::{Server, Via, name, octets, reply, soa, txt};

const DOMAIN: &str = "contoso.example";

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).expect("a test name")
}

fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), 3600, data)
}

/// A server of the zone that has this SPF record and nothing else.
fn serving(spf: &'static str) -> impl Fn(&Message, Via) -> Option<Vec<u8>> {
    move |query, _| {
        let is_spf =
            query.queries[0].query_type() == WireType::TXT && *query.queries[0].name() == name(DOMAIN);
        let answers = if is_spf { vec![txt(DOMAIN, 3600, spf)] } else { vec![] };
        let authorities = if is_spf { vec![] } else { vec![soa(DOMAIN, 60, 60)] };
        let mut message = reply(query, ResponseCode::NoError, answers, authorities);
        message.metadata.authoritative = true;
        octets(&message)
    }
}

fn refusing(query: &Message, _: Via) -> Option<Vec<u8>> {
    octets(&reply(query, ResponseCode::Refused, vec![], vec![]))
}

/// A resolver that knows the name servers ns1 to ns9 at 127.0.0.1 to 127.0.0.9, as many as are named.
fn knowing(servers: &'static [u8]) -> impl Fn(&Message, Via) -> Option<Vec<u8>> {
    move |query, _| {
        let asked = query.queries[0].name().to_ascii();
        let answers = match query.queries[0].query_type() {
            WireType::NS if asked == "contoso.example." => servers
                .iter()
                .map(|number| record(DOMAIN, RData::NS(NS(name(&format!("ns{number}.contoso.example"))))))
                .collect(),
            WireType::A => asked
                .strip_prefix("ns")
                .and_then(|rest| rest[..1].parse().ok())
                .map(|number: u8| {
                    vec![record(asked.trim_end_matches('.'), RData::A(A::new(127, 0, 0, number)))]
                })
                .unwrap_or_default(),
            _ => vec![],
        };
        octets(&reply(query, ResponseCode::NoError, answers, vec![]))
    }
}

/// What is found at servers at one port of 127.0.0.1 and above.
async fn seen(resolver: &Server, port: u16, questions: &SourceQuestions) -> AtSource {
    let settings = AuthoritativeSettings { port, reach: Reach::Everywhere, ..Default::default() };
    let authoritative = Authoritative::new(Arc::new(Resolver::new(&[resolver.address])), settings);
    let look = SourceLook::at(authoritative, resolver.address);
    look.look(&domain(DOMAIN), questions, Duration::from_secs(60)).await
}

fn servers() -> SourceQuestions {
    let question = |record_type| Question::new(domain(DOMAIN), record_type);
    SourceQuestions {
        servers: vec![question(RecordType::Txt), question(RecordType::Mx)],
        ..SourceQuestions::default()
    }
}

/// The ids and sentences' data of what is said of a domain in order, for what was seen.
fn said(seen: &AtSource) -> Vec<(FindingId, String)> {
    let mut zone = Zone::new();
    zone.add(&domain(DOMAIN), 3600, RecordData::Txt(TxtRecord::from_strings(&["v=spf1 -all"])));
    let mut answers = Answers::new(&zone).with_limit(MAX_CHECK_QUERIES);
    let mut report = check(&CheckRequest::new(domain(DOMAIN)), &mut answers).expect("a zone answers");
    let before = report.findings.clone();
    report.add_source(seen);
    let new = report.findings.iter().filter(|finding| !before.contains(finding));
    new.map(|finding| (finding.id(), format!("{:?}", finding.cause))).collect()
}

#[tokio::test]
async fn servers_that_differ_are_lame_or_silent() {
    let first = Server::start_at("127.0.0.1:0", serving("v=spf1 -all")).await;
    let port = first.address.port();
    let _second = Server::start_at(&format!("127.0.0.2:{port}"), serving("v=spf1 mx -all")).await;
    let _third = Server::start_at(&format!("127.0.0.3:{port}"), refusing).await;
    let _fourth = Server::start_at(&format!("127.0.0.4:{port}"), |_, _| None).await;
    // Nothing listens at the fifth address.
    let resolver = Server::start(knowing(&[1, 2, 3, 4, 5])).await;
    let found = said(&seen(&resolver, port, &servers()).await);
    let check = |id: FindingId, part: &str| {
        assert!(found.iter().any(|(found, data)| *found == id && data.contains(part)), "{part}: {found:#?}");
    };
    check(FindingId::DnsServersDiffer, "ns1.contoso.example (127.0.0.1): v=spf1 -all");
    check(FindingId::DnsServersDiffer, "ns2.contoso.example (127.0.0.2): v=spf1 mx -all");
    check(FindingId::NsLame, "ns3.contoso.example (127.0.0.3)");
    check(FindingId::DnsServerSilent, "ns4.contoso.example (127.0.0.4)");
    check(FindingId::DnsServerSilent, "ns5.contoso.example (127.0.0.5)");
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[tokio::test]
async fn servers_that_agree() {
    let first = Server::start_at("127.0.0.1:0", serving("v=spf1 -all")).await;
    let port = first.address.port();
    let _second = Server::start_at(&format!("127.0.0.2:{port}"), serving("v=spf1 -all")).await;
    let resolver = Server::start(knowing(&[1, 2])).await;
    let seen = seen(&resolver, port, &servers()).await;
    assert_eq!(seen.answers[0].servers.len(), 2, "{seen:?}");
    assert_eq!(said(&seen), []);
}

/// SERVFAIL with the check, an answer without it; an answer that says of itself that it is bogus; and
/// SERVFAIL either way, which is another trouble. What has the AD bit is proven.
#[tokio::test]
async fn what_fails_by_dnssec_alone() {
    let resolver = Server::start(|query: &Message, _| {
        let asked = query.queries[0].name().to_ascii();
        let unchecked = query.metadata.checking_disabled;
        let broken = asked.starts_with("broken") || (asked.starts_with("bogus") && !unchecked);
        let code = if broken { ResponseCode::ServFail } else { ResponseCode::NoError };
        let mut message = reply(query, code, vec![], vec![]);
        if asked.starts_with("permissive") && !unchecked {
            let mut edns = Edns::new();
            edns.options_mut().insert(EdnsOption::Unknown(15, vec![0, 6]));
            message.edns = Some(edns);
        }
        message.metadata.authentic_data = asked.starts_with("proven");
        octets(&message)
    })
    .await;
    let question = |host: &str| Question::new(domain(&format!("{host}.{DOMAIN}")), RecordType::Txt);
    let dnssec = ["bogus", "broken", "permissive", "good", "proven"].map(question).to_vec();
    let seen = seen(&resolver, 1, &SourceQuestions { dnssec, ..SourceQuestions::default() }).await;
    assert_eq!(seen.bogus, [question("bogus"), question("permissive")]);
    assert_eq!(seen.authentic, [question("proven")]);
}

#[tokio::test]
async fn tlsa_with_and_without_proof() {
    let resolver = Server::start(|query: &Message, _| {
        let asked = query.queries[0].name().to_ascii();
        assert!(query.metadata.authentic_data && !query.metadata.checking_disabled);
        let data = TLSA::new(CertUsage::DaneEe, Selector::Spki, Matching::Sha256, vec![0xab; 32]);
        let answers = match asked.contains("none") {
            true => vec![],
            false => vec![record(asked.trim_end_matches('.'), RData::TLSA(data))],
        };
        let mut message = reply(query, ResponseCode::NoError, answers, vec![]);
        message.metadata.authentic_data = asked.contains("proven");
        octets(&message)
    })
    .await;
    let tlsa = ["proven", "open", "none"].map(|host| domain(&format!("_25._tcp.{host}.{DOMAIN}"))).to_vec();
    let seen = seen(&resolver, 1, &SourceQuestions { tlsa, ..SourceQuestions::default() }).await;
    let proofs: Vec<bool> = seen.tlsa.iter().map(|tlsa| tlsa.authentic).collect();
    assert_eq!(proofs, [true, false]);
    assert_eq!(seen.tlsa[0].records, [(3, 1, 1, vec![0xab; 32])]);
    let said = said(&seen);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].0, FindingId::DaneTlsaUnusable);
}
