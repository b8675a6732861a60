//! The limits of RFC 7208 §4.6.4, loops, and what each costs.

mod support;

use postseal_core::dns::{Answers, DomainName, MAX_QUERIES, QueryClass, RecordType, Zone};
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::{self, Cause, Evaluation, Identity, Request, SpfResult};
use serde_json::{Map, Value, json};

fn judge(zone: &Zone, client: &str) -> (Evaluation, usize) {
    let mut answers = Answers::new(zone);
    let evaluation = judge_with(client, &mut answers);
    (evaluation, answers.trace().len())
}

fn judge_with(client: &str, answers: &mut Answers<'_>) -> Evaluation {
    let envelope = Envelope {
        client: client.parse().expect("an address"),
        helo: HeloIdentity::new("mail.example.net"),
        mail_from: MailFrom::new("user@t.example"),
    };
    let request = Request::new(&envelope, Identity::MailFrom);
    spf::check_host(&request, answers).expect("a zone answers everything")
}

/// Judges 192.0.2.1 for `t.example`.
fn check(dns: &Value, expected: (SpfResult, u8, u8)) -> Option<Cause> {
    let (evaluation, _) = judge(&support::zone(dns), "192.0.2.1");
    let got = (evaluation.result, evaluation.lookups, evaluation.void_lookups);
    assert_eq!(got, expected, "{dns}: {:?}", evaluation.cause);
    evaluation.cause
}

fn with(mut dns: Value, more: impl IntoIterator<Item = (String, Value)>) -> Value {
    dns.as_object_mut().expect("an object").extend(more);
    dns
}

#[test]
fn ten_terms() {
    let a = |count: usize| format!("v=spf1{} -all", " a".repeat(count));
    let host = json!({"A": "192.0.2.9"});
    let zone = |record: String| json!({"t.example": [record, host]});
    check(&zone(a(10)), (SpfResult::Fail, 10, 0));
    let cause = check(&zone(a(11)), (SpfResult::Permerror, 10, 0));
    assert_eq!(cause, Some(Cause::LookupLimit));
    // Terms after the one that matches do not count: they are not evaluated.
    let matched = format!("v=spf1 ip4:192.0.2.1{}", " a".repeat(20));
    check(&zone(matched), (SpfResult::Pass, 0, 0));
}

#[test]
fn every_kind_of_term_counts() {
    let dns = json!({
        "t.example": ["v=spf1 a mx ptr exists:x.example include:i.example redirect=r.example",
                      {"A": "192.0.2.9"}, {"MX": [10, "t.example"]}],
        "1.2.0.192.in-addr.arpa": {"PTR": "elsewhere.example"},
        "i.example": "v=spf1 -all",
        "r.example": "v=spf1 ip4:192.0.2.7 ip6:2001:db8::1 exp=e.example -all",
    });
    // exists:x.example is void.
    check(&dns, (SpfResult::Fail, 6, 1));
}

#[test]
fn the_macro_p_counts_once_a_term() {
    let dns = |record: &str| {
        json!({
            "t.example": record,
            "1.2.0.192.in-addr.arpa": {"PTR": "h.example"},
            "h.example": {"A": "192.0.2.1"},
            "h.example.yes.example": {"A": "127.0.0.2"},
        })
    };
    check(&dns("v=spf1 exists:%{p}.yes.example -all"), (SpfResult::Pass, 2, 0));
    check(&dns("v=spf1 exists:%{p}.%{p}.no.example -all"), (SpfResult::Fail, 2, 1));
}

#[test]
fn includes_share_the_limit() {
    let dns = |inside: usize| {
        json!({
            "t.example": ["v=spf1 a include:i.example ~all", {"A": "192.0.2.9"}],
            "i.example": [format!("v=spf1{} -all", " a".repeat(inside)), {"A": "192.0.2.9"}],
        })
    };
    check(&dns(8), (SpfResult::Softfail, 10, 0));
    check(&dns(9), (SpfResult::Permerror, 10, 0));
}

#[test]
fn loops_end() {
    let to_itself = json!({"t.example": "v=spf1 include:t.example -all"});
    assert_eq!(check(&to_itself, (SpfResult::Permerror, 10, 0)), Some(Cause::LookupLimit));
    let redirect =
        json!({"t.example": "v=spf1 redirect=u.example", "u.example": "v=spf1 redirect=t.example"});
    assert_eq!(check(&redirect, (SpfResult::Permerror, 10, 0)), Some(Cause::LookupLimit));
    let wide = json!({"t.example": format!("v=spf1{} -all", " include:t.example".repeat(500))});
    let (evaluation, questions) = judge(&support::zone(&wide), "192.0.2.1");
    assert_eq!((evaluation.result, questions), (SpfResult::Permerror, 1));
}

#[test]
fn two_void_lookups() {
    let host = json!({"A": "192.0.2.9"});
    let dns = |record: &str| json!({"t.example": record, "h.example": host, "txt.example": "no address"});
    check(&dns("v=spf1 a:n1.example a:h.example -all"), (SpfResult::Fail, 2, 1));
    check(&dns("v=spf1 a:n1.example a:txt.example -all"), (SpfResult::Fail, 2, 2));
    let cause =
        check(&dns("v=spf1 a:n1.example mx:h.example exists:n2.example -all"), (SpfResult::Permerror, 3, 3));
    assert_eq!(cause, Some(Cause::VoidLookupLimit));
    check(&dns("v=spf1 ptr a:n1.example a:n2.example -all"), (SpfResult::Permerror, 3, 3));
    // A name without its include's record is an error of its own.
    let cause = check(&dns("v=spf1 include:n1.example -all"), (SpfResult::Permerror, 1, 1));
    assert_eq!(cause, Some(Cause::IncludeNotFound { target: "n1.example".to_owned() }));
    let cause = check(&dns("v=spf1 include:txt.example -all"), (SpfResult::Permerror, 1, 0));
    assert_eq!(cause, Some(Cause::IncludeNotFound { target: "txt.example".to_owned() }));
    let cause = check(&dns("v=spf1 redirect=n1.example"), (SpfResult::Permerror, 1, 1));
    assert_eq!(cause, Some(Cause::RedirectNotFound { target: "n1.example".to_owned() }));
}

#[test]
fn each_host_without_address_is_a_void_lookup() {
    let dns = json!({
        "t.example": ["v=spf1 mx -all", {"MX": [1, "n1.example"]}, {"MX": [2, "n2.example"]}, {"MX": [3, "n3.example"]}],
    });
    check(&dns, (SpfResult::Permerror, 1, 3));
    let null = json!({"t.example": ["v=spf1 mx -all", {"MX": [0, ""]}]});
    check(&null, (SpfResult::Fail, 1, 0));
}

/// A domain with `count` mail exchanges, the last of which is the client.
fn many_exchanges(count: u64) -> Value {
    let exchanges = (1..=count).map(|i| json!({"MX": [i, format!("m{i}.example")]}));
    let records: Vec<Value> = std::iter::once(json!("v=spf1 mx -all")).chain(exchanges).rev().collect();
    let hosts = (1..=count).map(|i| {
        let address = if i == count { "192.0.2.1".to_owned() } else { format!("198.51.100.{i}") };
        (format!("m{i}.example"), json!({ "A": address }))
    });
    with(json!({ "t.example": records }), hosts)
}

#[test]
fn ten_mail_exchanges() {
    check(&many_exchanges(10), (SpfResult::Pass, 1, 0));
    let cause = check(&many_exchanges(11), (SpfResult::Permerror, 1, 0));
    let domain = DomainName::parse("t.example").expect("a name");
    assert_eq!(cause, Some(Cause::MxLimit { domain }));
    // One of the ten most preferred matches, wherever it is in the answer.
    let (evaluation, questions) = judge(&support::zone(&many_exchanges(12)), "198.51.100.3");
    assert_eq!((evaluation.result, questions), (SpfResult::Pass, 2 + 3));
}

#[test]
fn ten_pointer_names() {
    let dns = |valid: u64| {
        let names: Vec<Value> = (1..=12).map(|i| json!({"PTR": format!("h{i}.t.example")})).collect();
        let hosts = (1..=12).map(|i| {
            let address = if i == valid { "192.0.2.1" } else { "192.0.2.9" };
            (format!("h{i}.t.example"), json!({ "A": address }))
        });
        with(json!({"t.example": "v=spf1 ptr -all", "1.2.0.192.in-addr.arpa": names}), hosts)
    };
    check(&dns(10), (SpfResult::Pass, 1, 0));
    check(&dns(11), (SpfResult::Fail, 1, 0));
}

#[test]
fn dns_trouble() {
    let dns = |record: &str| {
        json!({
            "t.example": record,
            "bad.example": {"RCODE": "SERVFAIL"},
            "slow.example": {"TIMEOUT": "A"},
            "1.2.0.192.in-addr.arpa": [{"PTR": "bad.t.example"}, {"PTR": "h.t.example"}],
            "bad.t.example": {"RCODE": "REFUSED"},
            "h.t.example": {"A": "192.0.2.1"},
        })
    };
    for record in [
        "v=spf1 include:bad.example -all",
        "v=spf1 redirect=bad.example",
        "v=spf1 a:slow.example -all",
        "v=spf1 mx:bad.example -all",
        "v=spf1 exists:slow.example -all",
    ] {
        let cause = check(&dns(record), (SpfResult::Temperror, 1, 0));
        assert!(matches!(cause, Some(Cause::Dns { .. })), "{record}: {cause:?}");
    }
    // RFC 7208 §5.5: the name is skipped and the search continues.
    check(&dns("v=spf1 ptr -all"), (SpfResult::Pass, 1, 0));
    let reverse = json!({"t.example": "v=spf1 ptr -all", "1.2.0.192.in-addr.arpa": {"RCODE": "SERVFAIL"}});
    check(&reverse, (SpfResult::Fail, 1, 0));
}

/// A message that has used up its queries: temperror, never a guess.
#[test]
fn our_own_limit_is_temperror() {
    let dns = json!({
        "t.example": "v=spf1 ptr -all",
        "1.2.0.192.in-addr.arpa": {"PTR": "h.t.example"},
        "h.t.example": {"A": "192.0.2.1"},
    });
    let zone = support::zone(&dns);
    let available = MAX_QUERIES - QueryClass::Policy.reserved() - QueryClass::AlignedKey.reserved();
    for left in 0..3 {
        let mut answers = Answers::new(&zone);
        for i in 0..available - left {
            let used_up = DomainName::parse(&format!("n{i}.example")).expect("a name");
            answers.prefetch(QueryClass::Spf, &used_up, RecordType::A);
        }
        let evaluation = judge_with("192.0.2.1", &mut answers);
        let cause = evaluation.cause.expect("a cause").to_string();
        assert_eq!(evaluation.result, SpfResult::Temperror, "{left} left: {cause}");
        assert!(cause.ends_with("query limit"), "{cause}");
    }
}

/// The dearest record that the limits allow stays within the queries of a message.
#[test]
fn the_worst_case_fits() {
    let exchanges = |owner: &str| -> Vec<Value> {
        (0..10).map(|i| json!({"MX": [i, format!("m{i}.{owner}")]})).collect()
    };
    let mut dns = Map::new();
    let terms: String = (0..10).map(|n| format!(" mx:d{n}.example")).collect();
    dns.insert("t.example".to_owned(), json!(format!("v=spf1{terms} -all")));
    for n in 0..10 {
        let owner = format!("d{n}.example");
        for i in 0..10 {
            dns.insert(format!("m{i}.{owner}"), json!({"A": "198.51.100.1"}));
        }
        dns.insert(owner.clone(), Value::Array(exchanges(&owner)));
    }
    let (evaluation, questions) = judge(&support::zone(&Value::Object(dns)), "192.0.2.1");
    assert_eq!((evaluation.result, questions), (SpfResult::Fail, 1 + 10 * 11));
}
