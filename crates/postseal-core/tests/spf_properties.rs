//! What holds for every record, every zone and every envelope.

mod support;

use std::sync::Arc;

use postseal_core::dns::{Answers, MAX_ROUNDS, Missing, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::{
    self, Evaluation, ExplanationWanted, Identity, MAX_EXPLANATION, MAX_LOOKUPS, MAX_VOID_LOOKUPS,
    MacroString, Record, Request, Selection,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Octets that records are made of, some that they are not, and whole words.
fn record_octets() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => prop::sample::select(WORDS.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        2 => "[ -~]{0,6}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| [b"v=spf1".to_vec(), words.concat()].concat())
}

const WORDS: [&str; 40] = [
    " ",
    " ",
    " ",
    " a",
    " mx",
    " ptr",
    " all",
    "-all",
    "~all",
    " include:",
    " exists:",
    " ip4:",
    " ip6:",
    " redirect=",
    " exp=",
    " ra=",
    " include=",
    "a.example",
    ".example.com",
    "192.0.2.1",
    "2001:db8::",
    "/24",
    "//64",
    "/0",
    "/33",
    "%{",
    "%{d}",
    "%{l1r+-}",
    "%{S}",
    "%{p}",
    "%{t}",
    "%%",
    "%_",
    "%-",
    "%",
    "}",
    "\"",
    "\u{201c}",
    "+",
    "-",
];

/// A record that parses without errors, most of the time.
fn good_term() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "a.t", "b.t", "c.t", "d.t", "none.t", "%{d}", "%{o}", "%{l}.t", "%{h}", "%{p}", "%{ir}.t",
        "%{d1r}.t", "a..t",
    ]);
    let head = prop::sample::select(vec![
        "a:",
        "mx:",
        "ptr:",
        "exists:",
        "include:",
        "redirect=",
        "exp=",
        "?include:",
        "-a:",
        "x=",
    ]);
    let bare = prop::sample::select(vec![
        "a",
        "mx",
        "ptr",
        "all",
        "-all",
        "~all",
        "ip4:192.0.2.1",
        "ip4:198.51.100.0/24",
        "ip6:2001:db8::/32",
        "a/24//64",
        "moo",
        "ip4:300.0.0.1",
    ]);
    prop_oneof![2 => (head, name).prop_map(|(head, name)| format!("{head}{name}")), 1 => bare.prop_map(str::to_owned)]
}

/// Zones of a few names that refer to each other.
fn zone() -> impl Strategy<Value = Zone> {
    let record = prop::collection::vec(good_term(), 0..8)
        .prop_map(|terms| json!(format!("v=spf1 {}", terms.join(" "))));
    let other = prop::sample::select(vec![
        json!({"A": "192.0.2.1"}),
        json!({"A": "198.51.100.7"}),
        json!({"AAAA": "2001:db8::1"}),
        json!({"MX": [10, "a.t"]}),
        json!({"MX": [20, "none.t"]}),
        json!({"CNAME": "b.t"}),
        json!({"RCODE": "SERVFAIL"}),
        json!("not SPF, %{s} and %{p}"),
    ]);
    let entry = prop_oneof![2 => record, 1 => other];
    let owner = prop::collection::vec(entry, 0..4);
    (
        prop::collection::vec(owner, 4),
        prop::collection::vec(prop::sample::select(vec!["a.t", "b.t", "x.a.t"]), 0..3),
    )
        .prop_map(|(owners, pointers)| {
            let names = ["a.t", "b.t", "c.t", "d.t"].map(str::to_owned);
            let mut dns: Map<String, Value> =
                names.into_iter().zip(owners.into_iter().map(Value::Array)).collect();
            let pointers: Vec<Value> = pointers.into_iter().map(|name| json!({ "PTR": name })).collect();
            dns.insert("1.2.0.192.in-addr.arpa".to_owned(), Value::Array(pointers));
            support::zone(&Value::Object(dns))
        })
}

fn envelope() -> impl Strategy<Value = Envelope> {
    let client = prop::sample::select(vec!["192.0.2.1", "203.0.113.9", "2001:db8::1", "::ffff:192.0.2.1"]);
    let helo = prop_oneof![Just("b.t".to_owned()), "[ -~é]{0,12}"];
    let mail_from = prop_oneof![2 => Just("user@a.t".to_owned()), 1 => Just(String::new()), 1 => "[ -~é]{0,12}@a.t", 1 => any::<String>()];
    (client, helo, mail_from).prop_map(|(client, helo, mail_from)| Envelope {
        client: client.parse().expect("an address"),
        helo: HeloIdentity::new(&helo),
        mail_from: MailFrom::new(&mail_from),
    })
}

fn request(envelope: &Envelope, identity: Identity) -> Request<'_> {
    Request { explanation: ExplanationWanted::Yes, ..Request::new(envelope, identity) }
}

/// As a resolver would be asked, and how many rounds that took.
fn in_rounds(zone: &Zone, request: &Request<'_>) -> (Evaluation, u16) {
    let mut answers = Answers::new(&());
    let mut rounds = 0;
    loop {
        match spf::check_host(request, &mut answers) {
            Ok(evaluation) => return (evaluation, rounds),
            Err(Missing) => rounds += 1,
        }
        for question in answers.take_missing() {
            answers.give(Arc::new(zone.answer(&question.name, question.record_type)));
        }
        assert!(rounds <= MAX_ROUNDS, "each round answers something");
    }
}

fn facts(evaluation: &Evaluation) -> String {
    format!("{evaluation:?}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let record = Record::parse(&octets);
        for finding in record.findings() {
            prop_assert!(finding.span.start <= finding.span.end);
            prop_assert!(finding.span.end as usize <= octets.len());
        }
        let _ = MacroString::parse_explanation(&octets);
    }

    #[test]
    fn spans_mark_the_terms(octets in record_octets()) {
        let record = Record::parse(&octets);
        prop_assert!(record.findings().is_sorted_by_key(|f| f.span.start));
        let mut last = 0;
        for directive in record.directives() {
            let term = directive.span.of(&octets);
            prop_assert!(!term.is_empty() && !term.contains(&b' '));
            prop_assert!(directive.span.start > last);
            last = directive.span.start;
            // The marked octets alone make the same directive.
            let alone = Record::parse(&[b"v=spf1 ", term].concat());
            prop_assert_eq!(&alone.directives()[0].mechanism, &directive.mechanism);
        }
    }

    #[test]
    fn parse_write_parse_agrees(octets in record_octets()) {
        let record = Record::parse(&octets);
        let written = record.to_string();
        let again = Record::parse(written.as_bytes());
        prop_assert_eq!(again.error(), None, "{}", &written);
        prop_assert_eq!(&again, &record, "{}", &written);
        prop_assert_eq!(again.to_string(), written);
    }

    #[test]
    fn explanations_parse_write_parse(text in "[ -~]{0,10}(%[{%_-]|[a-zA-Z0-9}.+-]){0,12}") {
        if let Ok(parsed) = MacroString::parse_explanation(text.as_bytes()) {
            let written = parsed.to_string();
            prop_assert_eq!(MacroString::parse_explanation(written.as_bytes()), Ok(parsed));
        }
    }

    /// However a record is cut into strings, it is the same record.
    #[test]
    fn joints_change_nothing(octets in record_octets(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(octets.len());
        let mut start = 0;
        let strings: Vec<&[u8]> = cuts.iter().map(|&cut| { let s = &octets[start..cut]; start = cut; s }).collect();
        let txt = TxtRecord::from_strings(&strings);
        match Selection::of(&[txt]) {
            Selection::One { record, .. } => prop_assert_eq!(&*record, &Record::parse(&octets)),
            Selection::None => prop_assert!(!Record::has_version(&octets)),
            Selection::Several { .. } => prop_assert!(false, "there is one record"),
        }
    }

    /// One pass with everything at hand, and rounds of asking, agree; both are bounded.
    #[test]
    fn rounds_and_one_pass_agree(zone in zone(), envelope in envelope()) {
        for identity in [Identity::Helo, Identity::MailFrom] {
            let request = request(&envelope, identity);
            let mut answers = Answers::new(&zone);
            let one_pass = spf::check_host(&request, &mut answers).expect("a zone answers everything");
            let (in_rounds, rounds) = in_rounds(&zone, &request);
            prop_assert_eq!(facts(&one_pass), facts(&in_rounds));
            prop_assert!(one_pass.lookups <= MAX_LOOKUPS);
            prop_assert!(one_pass.void_lookups <= MAX_VOID_LOOKUPS + 1);
            prop_assert!(rounds <= 24, "{rounds} rounds");
            let explanation = one_pass.explanation.unwrap_or_default();
            prop_assert!(explanation.len() <= MAX_EXPLANATION);
            prop_assert!(explanation.bytes().all(|b| (0x20..0x7f).contains(&b)));
            // Replayed from its trace, with nothing else at hand.
            let mut replay = Answers::new(&());
            answers.trace().iter().for_each(|answer| replay.give(Arc::clone(answer)));
            let replayed = spf::check_host(&request, &mut replay).expect("the trace holds all");
            prop_assert_eq!(replayed.result, one_pass.result);
        }
    }
}
