//! The name server without its sockets: what it answers to what, and how much.
#![expect(clippy::print_stdout, reason = "it says what was measured")]

use std::net::IpAddr;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use postseal_core::dns::{DomainName, RecordData};
use postseal_dns::master_file::MasterFile;
use postseal_dns::serve::{
    Asker, CookieSecrets, RecordZone, RecordZoneError, Responder, Sent, StartOfAuthority, Transport,
};

const ZONE: &[u8] = include_bytes!("zones/host.example.zone");
const KEY: &str = "selector1-contoso-example._domainkey.contoso.host.example";
const LONG_KEY: &str = "selector2-contoso-example._domainkey.contoso.host.example";
/// Its answer has some 600 octets, the alias and the key.
const ALIAS: &str = "keyalias._domainkey.host.example";
const NOW: Duration = Duration::from_secs(1_800_000_000);

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a test name")
}

fn zone() -> RecordZone {
    let file = MasterFile::read(ZONE).expect("a readable zone");
    let apex = name("host.example");
    let soa = StartOfAuthority::new(name("ns1.host.example"), name("hostmaster.host.example"), 2_026_112_401);
    let mut zone = RecordZone::new(&apex, &soa);
    for record in &file.records {
        if !matches!(record.data, RecordData::Soa { .. }) {
            zone.add(&record.name, record.ttl, &record.data).expect("fits");
        }
    }
    zone
}

struct Server {
    responder: Responder,
    zones: Vec<RecordZone>,
}

impl Server {
    fn new() -> Server {
        Server { responder: Responder::new(CookieSecrets::new([7; 16])), zones: vec![zone()] }
    }

    fn octets(&self, query: &[u8], client: IpAddr, transport: Transport, now: Duration) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        let asker = Asker { client, transport };
        let sent = self.responder.answer(&self.zones, query, asker, now, &mut answer);
        (sent == Sent::Answer).then_some(answer)
    }

    fn ask(&self, query: &Message, transport: Transport) -> Message {
        let octets = query.to_vec().expect("encodes");
        let answer = self.octets(&octets, [192, 0, 2, 1].into(), transport, NOW);
        Message::from_vec(&answer.expect("an answer")).expect("a readable answer")
    }
}

fn query(owner: &str, record_type: RecordType) -> Message {
    let mut message = Message::new(0x1234, MessageType::Query, OpCode::Query);
    let name = Name::from_labels(owner.split('.').map(str::as_bytes)).expect("a test name");
    message.add_query(Query::query(name, record_type));
    message
}

fn with_edns(mut message: Message, payload: u16, options: &[(u16, &[u8])]) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload);
    for (code, data) in options {
        edns.options_mut().insert(EdnsOption::Unknown(*code, data.to_vec()));
    }
    message.edns = Some(edns);
    message
}

/// Owner, TTL and type of each record.
fn shown(records: &[Record]) -> Vec<String> {
    let shown =
        |r: &Record| format!("{} {} {}", r.name.to_string().trim_end_matches('.'), r.ttl, r.record_type());
    records.iter().map(shown).collect()
}

#[test]
fn every_kind_of_answer() {
    use RecordType::{A, AAAA, ANY, AXFR, CNAME, IXFR, MX, NS, SOA, TXT};
    use ResponseCode::{NXDomain, NoError, Refused};
    let server = Server::new();
    let check =
        |owner: &str, record_type, code, answers: &[&str], authorities: &[&str], additional: &[&str]| {
            let reply = server.ask(&with_edns(query(owner, record_type), 1232, &[]), Transport::Udp);
            let what = format!("{owner} {record_type}");
            assert_eq!(reply.metadata.response_code, code, "{what}");
            assert_eq!(shown(&reply.answers), answers, "{what}");
            assert_eq!(shown(&reply.authorities), authorities, "{what}");
            assert_eq!(shown(&reply.additionals), additional, "{what}");
            assert_eq!(reply.metadata.authoritative, code != Refused, "{what}");
            assert!(!reply.metadata.recursion_available && !reply.metadata.truncation, "{what}");
        };
    let key = format!("{KEY} 3600 TXT");
    let denial = ["host.example 300 SOA"];
    check("host.example", SOA, NoError, &["host.example 3600 SOA"], &[], &[]);
    let servers = ["host.example 3600 NS"; 3];
    let addresses = ["ns1.host.example 3600 A", "ns1.host.example 3600 AAAA", "ns2.host.example 3600 A"];
    check("host.example", NS, NoError, &servers, &[], &addresses);
    let mail = ["mail.contoso.host.example 3600 A", "mail.contoso.host.example 3600 AAAA"];
    check("contoso.host.example", MX, NoError, &["contoso.host.example 3600 MX"; 2], &[], &mail);
    check("nullmx.host.example", MX, NoError, &["nullmx.host.example 3600 MX"], &[], &[]);
    check(KEY, TXT, NoError, &[&key], &[], &[]);
    check(KEY, A, NoError, &[], &denial, &[]);
    check("short.host.example", A, NoError, &["short.host.example 60 A"], &[], &[]);
    check("_domainkey.contoso.host.example", TXT, NoError, &[], &denial, &[]);
    check("non.terminal.host.example", ANY, NoError, &[], &denial, &[]);
    check("x.non.terminal.host.example", TXT, NXDomain, &[], &denial, &[]);
    check("nothing.host.example", TXT, NXDomain, &[], &denial, &[]);
    let alias = "alias.host.example 3600 CNAME";
    check("alias.host.example", A, NoError, &[alias, mail[0]], &[], &[]);
    check("alias.host.example", CNAME, NoError, &[alias], &[], &[]);
    check("alias.host.example", ANY, NoError, &[alias], &[], &[]);
    check("alias.host.example", TXT, NoError, &[alias], &denial, &[]);
    check("chain.host.example", AAAA, NoError, &["chain.host.example 3600 CNAME", alias, mail[1]], &[], &[]);
    check("gone.host.example", A, NXDomain, &["gone.host.example 3600 CNAME"], &denial, &[]);
    check("empty.host.example", A, NoError, &["empty.host.example 3600 CNAME"], &denial, &[]);
    check("out.host.example", A, NoError, &["out.host.example 3600 CNAME"], &[], &[]);
    check("loop.host.example", A, NoError, &["loop.host.example 3600 CNAME"], &[], &[]);
    check("host.example", ANY, NoError, &["host.example 3600 TXT"], &[], &[]);
    check("host.example", AXFR, Refused, &[], &[], &[]);
    check("host.example", IXFR, Refused, &[], &[], &[]);
    check("contoso.example", A, Refused, &[], &[], &[]);
    check("example", A, Refused, &[], &[], &[]);
    check("myhost.example", A, Refused, &[], &[], &[]);
}

#[test]
fn a_key_comes_in_strings_of_255_octets() {
    let reply = Server::new().ask(&with_edns(query(KEY, RecordType::TXT), 1232, &[]), Transport::Udp);
    let RData::TXT(txt) = &reply.answers[0].data else { panic!("no TXT: {reply:?}") };
    let lengths: Vec<usize> = txt.txt_data.iter().map(|s| s.len()).collect();
    assert_eq!(lengths, [255, 157]);
}

#[test]
fn the_question_comes_back_in_its_own_case() {
    let server = Server::new();
    let asked = query("SELECTOR1-contoso-Example._DomainKey.CONTOSO.host.eXample", RecordType::TXT);
    let sent = asked.to_vec().expect("encodes");
    let answer = server.octets(&sent, [192, 0, 2, 1].into(), Transport::Tcp, NOW).expect("an answer");
    assert_eq!(answer[12..sent.len()], sent[12..]);
    assert_eq!(answer[sent.len()..sent.len() + 2], [0xc0, 12]);
}

#[test]
fn what_does_not_fit_is_asked_for_again_over_tcp() {
    let server = Server::new();
    let check = |owner: &str, payload: Option<u16>, transport, truncated| {
        let plain = query(owner, RecordType::TXT);
        let asked = match payload {
            Some(payload) => with_edns(plain, payload, &[]),
            None => plain,
        };
        let reply = server.ask(&asked, transport);
        assert_eq!(reply.metadata.truncation, truncated, "{owner} {payload:?}");
        assert_eq!(reply.answers.is_empty(), truncated, "{owner} {payload:?}");
        assert_eq!(reply.edns.as_ref().map(Edns::max_payload), payload.map(|_| 1232));
    };
    check(ALIAS, Some(1232), Transport::Udp, false);
    check(ALIAS, Some(512), Transport::Udp, true);
    check(ALIAS, Some(0), Transport::Udp, true);
    check(ALIAS, None, Transport::Udp, true);
    check(ALIAS, None, Transport::Tcp, false);
    check(LONG_KEY, Some(1232), Transport::Udp, true);
    check(LONG_KEY, Some(65_535), Transport::Udp, true);
    check(LONG_KEY, Some(512), Transport::Tcp, false);
}

#[test]
fn a_version_of_edns_that_is_not_ours() {
    let mut asked = with_edns(query("host.example", RecordType::SOA), 1232, &[]);
    asked.edns.as_mut().expect("just put in").set_version(1);
    let reply = Server::new().ask(&asked, Transport::Udp);
    assert_eq!(u16::from(reply.metadata.response_code), 16, "BADVERS");
    assert_eq!(reply.edns.as_ref().map(Edns::version), Some(0));
    assert!(reply.answers.is_empty() && !reply.metadata.authoritative);
}

/// The COOKIE option of an answer.
fn cookie(reply: &Message) -> Option<Vec<u8>> {
    let option = reply.edns.as_ref()?.option(hickory_proto::rr::rdata::opt::EdnsCode::Cookie)?;
    Vec::<u8>::try_from(option).ok()
}

#[test]
fn who_holds_a_cookie_is_not_limited() {
    let server = Server::new();
    let with_cookie = |cookie: &[u8]| with_edns(query(KEY, RecordType::TXT), 1232, &[(10, cookie)]);
    let first = cookie(&server.ask(&with_cookie(b"cookie!!"), Transport::Udp)).expect("a cookie");
    assert_eq!((first.len(), &first[..8]), (24, &b"cookie!!"[..]));
    for _ in 0..1000 {
        let reply = server.ask(&with_cookie(&first), Transport::Udp);
        assert!(!reply.metadata.truncation && reply.answers.len() == 1);
    }
    let forged = with_cookie(&[&first[..23], &[first[23] ^ 1]].concat()).to_vec().expect("encodes");
    let answers =
        (0..1000).filter_map(|_| server.octets(&forged, [192, 0, 2, 1].into(), Transport::Udp, NOW));
    let whole = answers.filter(|answer| answer[2] & 2 == 0).count();
    assert_eq!(whole, 199, "200 a second, and one was asked above");
    let elsewhere = with_cookie(&first).to_vec().expect("encodes");
    let answers = (0..1000)
        .filter(|_| server.octets(&elsewhere, [198, 51, 100, 1].into(), Transport::Udp, NOW).is_some());
    assert_eq!(answers.count(), 600, "the cookie is good for its own address only");
}

#[test]
fn malformed_cookies_and_a_query_for_nothing_else() {
    let server = Server::new();
    let code =
        |octets: &[u8]| server.octets(octets, [192, 0, 2, 1].into(), Transport::Udp, NOW).map(|a| a[3]);
    for length in [0, 1, 7, 9, 15, 41] {
        let asked = with_edns(query(KEY, RecordType::TXT), 1232, &[(10, &vec![1; length])]);
        let sent = asked.to_vec().expect("encodes");
        assert_eq!(code(&sent), Some(1), "{length}");
    }
    let mut asked = Message::new(1, MessageType::Query, OpCode::Query);
    assert_eq!(code(&asked.to_vec().expect("encodes")), Some(1));
    asked = with_edns(asked, 1232, &[(10, b"cookie!!")]);
    let reply = server.ask(&asked, Transport::Udp);
    assert_eq!(
        (reply.metadata.response_code, cookie(&reply).map(|c| c.len())),
        (ResponseCode::NoError, Some(24))
    );
}

/// Twenty kinds of queries: octets out for octets in, headers of IP and UDP included, when one
/// network sends 2,000 of a kind in each of three seconds.
#[test]
fn no_amplifier() {
    let server = Server::new();
    let kinds: [(&str, RecordType, Option<u16>); 20] = [
        (KEY, RecordType::TXT, Some(1232)),
        (KEY, RecordType::TXT, Some(4096)),
        (KEY, RecordType::TXT, None),
        (KEY, RecordType::ANY, Some(1232)),
        (KEY, RecordType::A, Some(1232)),
        (LONG_KEY, RecordType::TXT, Some(4096)),
        ("host.example", RecordType::ANY, Some(1232)),
        ("host.example", RecordType::NS, Some(1232)),
        ("host.example", RecordType::SOA, Some(1232)),
        ("host.example", RecordType::DNSKEY, Some(1232)),
        ("host.example", RecordType::AXFR, Some(1232)),
        ("contoso.host.example", RecordType::MX, Some(1232)),
        ("several.host.example", RecordType::TXT, Some(1232)),
        ("chain.host.example", RecordType::A, Some(1232)),
        ("loop.host.example", RecordType::A, Some(1232)),
        ("many.host.example", RecordType::A, Some(1232)),
        ("# .host.example", RecordType::TXT, Some(1232)),
        ("# .host.example", RecordType::TXT, None),
        ("# .contoso.example", RecordType::TXT, Some(1232)),
        (".", RecordType::NS, Some(1232)),
    ];
    let mut seconds = NOW.as_secs();
    for (owner, record_type, payload) in kinds {
        let (single, flood) = measure(&server, owner, record_type, payload, &mut seconds);
        println!("{owner} {record_type} {payload:?}: one answer {single:.2}, flood {flood:.2}");
        let bound = if owner.contains('#') { 1.5 } else { 4.0 };
        assert!(flood <= bound, "{owner} {record_type}: {flood:.2}");
    }
}

fn measure(
    server: &Server,
    owner: &str,
    record_type: RecordType,
    payload: Option<u16>,
    seconds: &mut u64,
) -> (f64, f64) {
    let client = IpAddr::from([198, 51, 100, 7]);
    let (mut sent, mut received, mut single) = (0, 0, 0.0);
    for i in 0..6000_u64 {
        let mut asked = query("x", record_type);
        let owner = owner.replace("# ", &format!("made-up-{i}"));
        let labels = owner.split('.').filter(|label| !label.is_empty());
        asked.queries[0].set_name(Name::from_labels(labels.map(str::as_bytes)).expect("a test name"));
        let asked = payload.map_or(asked.clone(), |payload| with_edns(asked, payload, &[]));
        let octets = asked.to_vec().expect("encodes");
        let now = Duration::from_secs(*seconds + i / 2000);
        let answer = server.octets(&octets, client, Transport::Udp, now);
        sent += octets.len() + IP_AND_UDP;
        received += answer.map_or(0, |answer| answer.len() + IP_AND_UDP);
        if i == 0 {
            single = ratio(received, sent);
        }
    }
    *seconds += 10;
    (single, ratio(received, sent))
}

#[expect(clippy::cast_precision_loss, reason = "some thousands of octets")]
fn ratio(out: usize, octets_in: usize) -> f64 {
    out as f64 / octets_in as f64
}

const IP_AND_UDP: usize = 20 + 8;

/// 50,000 queries in a second, from every address of one network.
#[test]
fn a_flood_gets_what_the_limit_allows() {
    let server = Server::new();
    let check = |owner: &str, record_type, whole_answers| {
        let octets = with_edns(query(owner, record_type), 1232, &[]).to_vec().expect("encodes");
        let (mut whole, mut truncated) = (0, 0);
        for i in 0..50_000_u32 {
            let [.., host] = i.to_be_bytes();
            match server.octets(&octets, [198, 51, 100, host].into(), Transport::Udp, NOW) {
                Some(answer) if answer[2] & 2 == 0 => whole += 1,
                Some(_) => truncated += 1,
                None => {}
            }
        }
        assert_eq!((whole, truncated), (whole_answers, 24_900), "{owner} {record_type}");
        let other = server.octets(&octets, [203, 0, 113, 1].into(), Transport::Udp, NOW);
        assert_eq!(other.map(|answer| answer[2] & 2), Some(0), "another network is served");
        let next =
            server.octets(&octets, [198, 51, 100, 1].into(), Transport::Udp, NOW + Duration::from_secs(1));
        assert_eq!(next.map(|answer| answer[2] & 2), Some(0), "and this one a second later");
    };
    check(KEY, RecordType::TXT, 200);
    check("nothing.host.example", RecordType::TXT, 200);
    let counts = server.responder.counts();
    assert_eq!((counts.truncated(), counts.silent()), (2 * 24_900, 2 * 24_900));
    assert_eq!(counts.answers()[0], 200 + 24_900 + 2);
}

#[test]
fn made_up_names_share_one_limit() {
    let server = Server::new();
    let whole = (0..1000).filter(|i| {
        let octets = query(&format!("made-up-{i}.host.example"), RecordType::TXT).to_vec().expect("encodes");
        let answer = server.octets(&octets, [198, 51, 100, 7].into(), Transport::Udp, NOW);
        answer.is_some_and(|answer| answer[2] & 2 == 0)
    });
    assert_eq!(whole.count(), 200);
    let octets = query(KEY, RecordType::A).to_vec().expect("encodes");
    let other = server.octets(&octets, [198, 51, 100, 7].into(), Transport::Udp, NOW);
    assert_eq!(other.map(|answer| answer[2] & 2), Some(0), "names that exist are counted apart");
}

#[test]
fn many_keys_for_one_resolver() {
    let mut server = Server::new();
    let names: Vec<String> = (0..1000).map(|i| format!("s{i}._domainkey.host.example")).collect();
    for owner in &names {
        server.zones[0].add(&name(owner), 3600, &RecordData::A([192, 0, 2, 1].into())).expect("fits");
    }
    let answered = names.iter().filter(|owner| {
        let octets = query(owner, RecordType::A).to_vec().expect("encodes");
        let answer = server.octets(&octets, [198, 51, 100, 7].into(), Transport::Udp, NOW);
        answer.is_some_and(|answer| answer[2] & 2 == 0)
    });
    assert_eq!(answered.count(), 1000);
}

#[test]
fn what_a_zone_does_not_take() {
    let mut zone = zone();
    let check = |zone: &mut RecordZone, owner: &str, data, expected: &str| {
        let error = zone.add(&name(owner), 60, &data).expect_err("refused");
        assert_eq!(error.to_string(), expected);
        error
    };
    let address = RecordData::A([192, 0, 2, 1].into());
    check(&mut zone, "contoso.example", address.clone(), "contoso.example is not in the zone host.example");
    let server = RecordData::Ns(name("ns1.host.example"));
    let expected = "sub.host.example has NS records, and delegations are not served";
    check(&mut zone, "sub.host.example", server, expected);
    let expected = "alias.host.example: a CNAME stands beside other records of its name";
    let error = check(&mut zone, "alias.host.example", address, expected);
    assert!(matches!(error, RecordZoneError::Node { .. }));
}

#[test]
fn the_closest_zone_answers() {
    let apex = name("contoso.host.example");
    let soa = StartOfAuthority::new(name("ns1.host.example"), name("hostmaster.host.example"), 1);
    let inner = RecordZone::new(&apex, &soa);
    let mut server = Server::new();
    server.zones.push(inner);
    let reply = server.ask(&query(KEY, RecordType::TXT), Transport::Tcp);
    assert_eq!(reply.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(shown(&reply.authorities), ["contoso.host.example 300 SOA"]);
}
