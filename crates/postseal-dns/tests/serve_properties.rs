//! Whatever is asked of whatever zone: the answer is what the zone holds, and is well-formed.

use std::collections::BTreeMap;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use postseal_core::dns::{DomainName, RecordData};
use postseal_dns::serve::{Asker, CookieSecrets, RecordZone, Responder, Sent, StartOfAuthority, Transport};
use proptest::prelude::*;

/// Names of few labels from a small alphabet, so that zones have depth and questions hit.
fn labels() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[ab_]{1,2}", 1..5)
}

fn owner(labels: &[String]) -> DomainName {
    DomainName::parse(&format!("{}.host.example", labels.join("."))).expect("a name")
}

type Texts = BTreeMap<Vec<String>, Vec<Vec<u8>>>;

fn texts() -> impl Strategy<Value = Texts> {
    let text = prop::collection::vec(any::<u8>(), 0..700);
    prop::collection::btree_map(labels(), prop::collection::vec(text, 1..3), 0..12)
}

fn zone(texts: &Texts) -> Vec<RecordZone> {
    let name = |text: &str| DomainName::parse(text).expect("a name");
    let soa = StartOfAuthority::new(name("ns.host.example"), name("hostmaster.host.example"), 1);
    let mut zone = RecordZone::new(&name("host.example"), &soa);
    for (labels, texts) in texts {
        for text in texts {
            let strings: Vec<&[u8]> = text.chunks(255).collect();
            let data = RecordData::Txt(postseal_core::dns::TxtRecord::from_strings(&strings));
            zone.add(&owner(labels), 60, &data).expect("fits");
        }
    }
    vec![zone]
}

fn ask(zones: &Vec<RecordZone>, labels: &[String], transport: Transport) -> (Vec<u8>, Message) {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    let all = labels.iter().map(String::as_bytes).chain([&b"host"[..], b"example"]);
    message.add_query(Query::query(Name::from_labels(all).expect("a name"), RecordType::TXT));
    let responder = Responder::without_rate_limit(CookieSecrets::new([1; 16]));
    let asker = Asker { client: [192, 0, 2, 1].into(), transport };
    let mut answer = Vec::new();
    let query = message.to_vec().expect("encodes");
    let sent = responder.answer(zones, &query, asker, Duration::from_secs(1), &mut answer);
    assert_eq!(sent, Sent::Answer);
    let read = Message::from_vec(&answer).expect("readable");
    (answer, read)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn the_answer_is_what_the_zone_holds(texts in texts(), asked in labels()) {
        let zones = zone(&texts);
        let (_, reply) = ask(&zones, &asked, Transport::Tcp);
        let found: Vec<Vec<u8>> = reply.answers.iter().map(|record| match &record.data {
            RData::TXT(txt) => txt.txt_data.concat(),
            other => panic!("{other:?}"),
        }).collect();
        let mut expected = Vec::new();
        for text in texts.get(&asked).into_iter().flatten() {
            if !expected.contains(text) {
                expected.push(text.clone());
            }
        }
        prop_assert_eq!(&found, &expected);
        // RFC 8020: a name exists where it or one below it has records.
        let exists = texts.keys().any(|labels| labels.ends_with(&asked));
        let code = if exists { ResponseCode::NoError } else { ResponseCode::NXDomain };
        prop_assert_eq!(reply.metadata.response_code, code);
        prop_assert_eq!(reply.authorities.len(), usize::from(expected.is_empty()));
    }

    #[test]
    fn over_udp_it_is_the_same_or_truncated(texts in texts(), asked in labels()) {
        let zones = zone(&texts);
        let (whole, _) = ask(&zones, &asked, Transport::Tcp);
        let (short, reply) = ask(&zones, &asked, Transport::Udp);
        prop_assert_eq!(reply.metadata.truncation, whole.len() > 512);
        if reply.metadata.truncation {
            prop_assert!(reply.answers.is_empty() && reply.authorities.is_empty());
        } else {
            prop_assert_eq!(short, whole);
        }
    }
}
