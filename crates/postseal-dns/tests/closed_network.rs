//! A whole DNS on the loopback interface: two zones, each with its server, and the resolver over them.

use std::net::SocketAddr;
use std::sync::Arc;

use postseal_core::dns::{DomainName, Outcome, Question, RecordData, RecordType, Records, TxtRecord};
use postseal_dns::ClosedNetwork;
use postseal_dns::ask::Resolver;
use postseal_dns::serve::{CookieSecrets, Listener, ListenerLimits, RecordZone, Responder, StartOfAuthority};

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

fn text(octets: usize) -> RecordData {
    let text = "v".repeat(octets);
    let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
    RecordData::Txt(TxtRecord::from_strings(&strings))
}

async fn serve(apex: &str, records: &[(&str, RecordData)]) -> Listener {
    let apex = name(apex);
    let host = apex.with_prefix("ns1").expect("a name");
    let mut zone = RecordZone::new(&apex, &StartOfAuthority::new(host.clone(), host, 1));
    for (owner, data) in records {
        zone.add(&name(owner), 3_600, data).expect("fits");
    }
    let responder = Arc::new(Responder::new(CookieSecrets::new([7; 16])));
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let limits = ListenerLimits::default();
    Listener::start(&[any], Arc::new(vec![zone]), responder, limits).await.expect("a free port")
}

#[tokio::test]
async fn answers_from_all_zones() {
    let owners = [
        ("s1._domainkey.contoso.example", RecordData::Cname(name("s1-contoso._domainkey.keys.example"))),
        ("astray.contoso.example", RecordData::Cname(name("gone.keys.example"))),
        ("elsewhere.contoso.example", RecordData::Cname(name("nowhere.test"))),
        ("loop.contoso.example", RecordData::Cname(name("loop2.contoso.example"))),
        ("loop2.contoso.example", RecordData::Cname(name("loop.contoso.example"))),
    ];
    let owner = serve("contoso.example", &owners).await;
    let hosted = [("s1-contoso._domainkey.keys.example", text(400)), ("large.keys.example", text(3_000))];
    let host = serve("keys.example", &hosted).await;
    let network = ClosedNetwork::start(([127, 0, 0, 1], 0).into(), 1).await.expect("a free port");
    network.delegate(&name("contoso.example"), owner.addresses()[0]);
    network.delegate(&name("keys.example"), ([127, 0, 0, 1], 1).into());
    network.delegate(&name("keys.example"), host.addresses()[0]);
    // Nobody listens there.
    network.delegate(&name("dead.example"), ([127, 0, 0, 1], 1).into());
    let resolver = Resolver::new(&[network.address()]);
    let check = async |asked: &str, expected: &str| {
        let question = Question { name: name(asked), record_type: RecordType::Txt };
        let answer = resolver.ask(&question).await;
        let got = match &answer.outcome {
            Outcome::Records(Records::Txt(texts)) => texts[0].octets.len().to_string(),
            other => format!("{other:?}"),
        };
        assert!(got.contains(expected), "{asked}: {got}");
        assert!(!matches!(answer.outcome, Outcome::Records(_)) || answer.ttl <= 1, "{answer:?}");
    };
    check("s1._domainkey.contoso.example", "400").await;
    // More than a datagram holds.
    check("large.keys.example", "3000").await;
    check("none.contoso.example", "NxDomain").await;
    check("_domainkey.contoso.example", "NoData").await;
    check("astray.contoso.example", "NxDomain").await;
    check("elsewhere.contoso.example", "NxDomain").await;
    check("nowhere.test", "NxDomain").await;
    check("loop.contoso.example", "Fail").await;
    check("dead.example", "Fail").await;
}
