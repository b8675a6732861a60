//! The examples of RFC 7208, Appendix A.

mod support;

use postseal_core::dns::{Answers, Zone};
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::{self, Identity, Request, SpfResult};
use serde_json::{Value, json};

/// The DNS setup of Appendix A, with more records added.
fn zone(more: &Value) -> Zone {
    let mut dns = json!({
        "example.com": [{"MX": [10, "mail-a.example.com"]}, {"MX": [20, "mail-b.example.com"]},
                        {"A": "192.0.2.10"}, {"A": "192.0.2.11"}],
        "amy.example.com": {"A": "192.0.2.65"},
        "bob.example.com": {"A": "192.0.2.66"},
        "mail-a.example.com": {"A": "192.0.2.129"},
        "mail-b.example.com": {"A": "192.0.2.130"},
        "www.example.com": {"CNAME": "example.com"},
        "example.org": {"MX": [10, "mail-c.example.org"]},
        "mail-c.example.org": {"A": "192.0.2.140"},
        "10.2.0.192.in-addr.arpa": {"PTR": "example.com"},
        "11.2.0.192.in-addr.arpa": {"PTR": "example.com"},
        "65.2.0.192.in-addr.arpa": {"PTR": "amy.example.com"},
        "66.2.0.192.in-addr.arpa": {"PTR": "bob.example.com"},
        "129.2.0.192.in-addr.arpa": {"PTR": "mail-a.example.com"},
        "130.2.0.192.in-addr.arpa": {"PTR": "mail-b.example.com"},
        "140.2.0.192.in-addr.arpa": {"PTR": "mail-c.example.org"},
        "4.0.0.10.in-addr.arpa": {"PTR": "bob.example.com"},
    });
    for (owner, records) in more.as_object().into_iter().flatten() {
        let entry = dns.as_object_mut().expect("an object").entry(owner).or_insert(json!([]));
        let mut all = entry.as_array().cloned().unwrap_or_else(|| vec![entry.clone()]);
        all.extend(records.as_array().cloned().unwrap_or_else(|| vec![records.clone()]));
        *entry = Value::Array(all);
    }
    support::zone(&dns)
}

fn judge(zone: &Zone, client: &str, mail_from: &str) -> SpfResult {
    let envelope = Envelope {
        client: client.parse().expect("an address"),
        helo: HeloIdentity::new("mail.example.net"),
        mail_from: MailFrom::new(mail_from),
    };
    let mut answers = Answers::new(zone);
    let request = Request::new(&envelope, Identity::MailFrom);
    spf::check_host(&request, &mut answers).expect("a zone answers everything").result
}

#[test]
fn a_1_simple_examples() {
    let clients = [
        "192.0.2.10",
        "192.0.2.11",
        "192.0.2.65",
        "192.0.2.128",
        "192.0.2.129",
        "192.0.2.130",
        "192.0.2.131",
        "192.0.2.140",
        "192.0.2.143",
        "10.0.0.4",
    ];
    let check = |record: &str, passing: &[&str]| {
        let zone = zone(&json!({ "example.com": record }));
        for client in clients {
            let expected = if passing.contains(&client) { SpfResult::Pass } else { SpfResult::Fail };
            assert_eq!(judge(&zone, client, "user@example.com"), expected, "{record}: {client}");
        }
    };
    check("v=spf1 +all", &clients);
    check("v=spf1 a -all", &["192.0.2.10", "192.0.2.11"]);
    check("v=spf1 a:example.org -all", &[]);
    check("v=spf1 mx -all", &["192.0.2.129", "192.0.2.130"]);
    check("v=spf1 mx:example.org -all", &["192.0.2.140"]);
    check("v=spf1 mx mx:example.org -all", &["192.0.2.129", "192.0.2.130", "192.0.2.140"]);
    check(
        "v=spf1 mx/30 mx:example.org/30 -all",
        &["192.0.2.128", "192.0.2.129", "192.0.2.130", "192.0.2.131", "192.0.2.140", "192.0.2.143"],
    );
    check("v=spf1 ptr -all", &["192.0.2.10", "192.0.2.11", "192.0.2.65", "192.0.2.129", "192.0.2.130"]);
    check(
        "v=spf1 ip4:192.0.2.128/28 -all",
        &["192.0.2.128", "192.0.2.129", "192.0.2.130", "192.0.2.131", "192.0.2.140", "192.0.2.143"],
    );
}

#[test]
fn a_2_multiple_domain_example() {
    let zone = zone(&json!({
        "example.com": "v=spf1 mx -all",
        "example.net": "v=spf1 ip4:198.51.100.0/24 -all",
        "example.org": "v=spf1 include:example.com include:example.net -all",
        "la.example.org": "v=spf1 redirect=example.org",
    }));
    for domain in ["example.org", "la.example.org"] {
        let check = |client: &str, expected: SpfResult| {
            assert_eq!(judge(&zone, client, &format!("user@{domain}")), expected, "{domain}: {client}");
        };
        check("192.0.2.129", SpfResult::Pass);
        check("198.51.100.7", SpfResult::Pass);
        check("192.0.2.140", SpfResult::Fail);
    }
}

#[test]
fn a_3_dns_blacklist_style_example() {
    let zone = zone(&json!({
        "example.com": "v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
        "mobile-users._spf.example.com": "v=spf1 exists:%{l1r+}.%{d}",
        "remote-users._spf.example.com": "v=spf1 exists:%{ir}.%{l1r+}.%{d}",
        "mary.mobile-users._spf.example.com": {"A": "127.0.0.2"},
        "fred.mobile-users._spf.example.com": {"A": "127.0.0.2"},
        "15.15.168.192.joel.remote-users._spf.example.com": {"A": "127.0.0.2"},
        "16.15.168.192.joel.remote-users._spf.example.com": {"A": "127.0.0.2"},
    }));
    let check = |client: &str, mail_from: &str, expected: SpfResult| {
        assert_eq!(judge(&zone, client, mail_from), expected, "{mail_from} from {client}");
    };
    check("192.0.2.129", "anybody@example.com", SpfResult::Pass);
    check("203.0.113.1", "mary@example.com", SpfResult::Pass);
    check("203.0.113.1", "fred+lists@example.com", SpfResult::Pass);
    check("192.168.15.15", "joel@example.com", SpfResult::Pass);
    check("192.168.15.17", "joel@example.com", SpfResult::Fail);
    check("203.0.113.1", "joel@example.com", SpfResult::Fail);
}

/// With errata 4001 (TXT, not SPF) and 6216: `-ptr` alone asks for a name below
/// ptr._spf.example.com, where none is.
#[test]
fn a_4_multiple_requirements_example() {
    let zone = zone(&json!({
        "example.com": "v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all",
        "ip4._spf.example.com": "v=spf1 -ip4:192.0.2.0/24 +all",
        "ptr._spf.example.com": "v=spf1 -ptr:example.com +all",
    }));
    assert_eq!(judge(&zone, "192.0.2.65", "user@example.com"), SpfResult::Pass);
    assert_eq!(judge(&zone, "192.0.2.140", "user@example.com"), SpfResult::Fail);
    assert_eq!(judge(&zone, "10.0.0.4", "user@example.com"), SpfResult::Fail);
}
