//! `postseal check`: findings, their JSON, the other forms, the exit status.

mod support;

use std::time::{Duration, Instant};

use support::{Files, run, run_and_act, words};

const GOOD: &str = r#"
$ORIGIN contoso.example.
$TTL 3600
@        MX  10 mail
mail     A   198.18.0.25
@        TXT "v=spf1 mx include:spf.provider.example -all"
s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_dmarc   TXT "v=DMARC1; p=reject; rua=mailto:d@contoso.example"
spf.provider.example. TXT "v=spf1 ip4:198.18.1.0/24 -all"
"#;

const BAD: &str = r#"
$ORIGIN contoso.example.
@        3600 IN TXT "v=spf1 ipv4:198.18.0.25 -all"
_dmarc   60   IN TXT "v=DMARC1; p=none; rua=d@contoso.example"
$ORIGIN fabrikam.example.
@        3600 IN MX 0 .
@        3600 IN TXT "v=spf1 -all"
_dmarc   3600 IN TXT "v=DMARC1; p=reject"
"#;

/// Whoever gives a mail address, a URL or an IP address is told what to give.
#[test]
fn what_is_no_domain_is_told_from_a_wrong_one() {
    for (given, expected) in [
        ("192.0.2.1", "postseal check DOMAIN --from-ip 192.0.2.1"),
        ("jo@contoso.example", "Give the domain alone: contoso.example"),
        ("https://contoso.example/a", "Give the domain alone: contoso.example"),
        ("a..b", "is no domain name: a label is empty"),
    ] {
        let ran = run(&["check", given, "--zone", "/dev/null"]);
        assert_eq!(ran.status, 2, "{given}");
        assert!(ran.err.contains(expected), "{given}: {}", ran.err);
    }
}

#[test]
fn json_has_the_fixed_shape() {
    let files = Files::new();
    let zone = files.write("bad.zone", BAD);
    let ran = run(&words("check contoso.example --json --zone ZONE", &[("ZONE", &zone)]));
    assert_eq!(ran.status, 1, "{ran:?}");
    let json = ran.json();
    assert_eq!(json["domain"], "contoso.example");
    assert_eq!(json["receivers"].as_array().map(Vec::len), Some(14));
    let finding = json["findings"].as_array().expect("a list").iter().find(|f| f["id"] == "spf.syntax");
    let finding = finding.expect("raised");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["name"], "contoso.example");
    assert_eq!(finding["record"], "v=spf1 ipv4:198.18.0.25 -all");
    assert_eq!(finding["span"], serde_json::json!([7, 23]));
    assert_eq!(
        finding["fix"],
        serde_json::json!({
            "type": "TXT", "name": "contoso.example", "value": "v=spf1 ip4:198.18.0.25 -all", "ttl": 3600
        })
    );
    assert_eq!(finding["source"], "RFC 7208 §4.6.1");
    for text in ["message", "effect"] {
        assert!(finding[text].as_str().is_some_and(|text| !text.is_empty()), "{finding}");
    }
    let missing = json["findings"].as_array().expect("a list").iter().find(|f| f["id"] == "mx.missing");
    let missing = missing.expect("raised");
    assert!(
        missing["record"].is_null() && missing["span"].is_null() && missing["fix"].is_null(),
        "{missing}"
    );
    assert_eq!(json["spf"]["record"], "v=spf1 ipv4:198.18.0.25 -all");
    assert_eq!(json["spf"]["lookups"], 0);
    assert_eq!(json["dmarc"]["policy"], "none");
    assert_eq!(json["dmarc"]["policy_domain"], "contoso.example");
}

#[test]
fn spf_tree_and_keys() {
    let files = Files::new();
    let zone = files.write("good.zone", GOOD);
    let ran = run(&words("check contoso.example --format json --zone ZONE", &[("ZONE", &zone)]));
    assert_eq!(ran.status, 0, "{ran:?}");
    let json = ran.json();
    assert_eq!((&json["spf"]["lookups"], &json["spf"]["void_lookups"]), (&2.into(), &0.into()));
    let terms = json["spf"]["tree"]["terms"].as_array().expect("terms");
    assert_eq!(terms[1]["term"], "include:spf.provider.example");
    assert_eq!(terms[1]["tree"]["record"], "v=spf1 ip4:198.18.1.0/24 -all");
    assert_eq!(
        json["dkim"],
        serde_json::json!([
            {"selector": "s1", "cname": null, "algorithm": "ed25519", "bits": 256, "state": "valid"}
        ])
    );
    assert_eq!(json["dmarc"]["found_by"], "treewalk");
}

#[test]
fn several_domains_are_a_list_in_order() {
    let files = Files::new();
    let zone = files.write("bad.zone", BAD);
    let line = "check fabrikam.example contoso.example --json --zone ZONE";
    let ran = run(&words(line, &[("ZONE", &zone)]));
    assert_eq!(ran.status, 1, "{ran:?}");
    let json = ran.json();
    assert_eq!(
        (&json[0]["domain"], &json[1]["domain"]),
        (&"fabrikam.example".into(), &"contoso.example".into())
    );
}

#[test]
fn text_marks_the_place() {
    let files = Files::new();
    let zone = files.write("bad.zone", BAD);
    let text = run(&words("check contoso.example --zone ZONE", &[("ZONE", &zone)])).text();
    let marked = "    v=spf1 ipv4:198.18.0.25 -all\n           ^^^^^^^^^^^^^^^^\n";
    assert!(text.contains(marked), "{text}");
    assert!(text.contains("value      v=spf1 ip4:198.18.0.25 -all\n"), "{text}");
    assert!(!text.contains('\x1b'), "colour belongs on terminals: {text}");
    let last = text.lines().last().expect("a last line");
    assert!(last.starts_with("contoso.example: "), "{last}");
    let text = run(&words("check contoso.example --lang ja --zone ZONE", &[("ZONE", &zone)])).text();
    assert!(text.contains("エラー[spf.syntax]: "), "{text}");
    assert!(text.contains(marked), "{text}");
}

#[test]
fn hostile_text_stays_text() {
    let files = Files::new();
    let zone = files.write(
        "hostile.zone",
        "contoso.example. 3600 IN TXT \"v=spf1 \\027[31m<b>`|*\\226\\128\\174 -all\"\n",
    );
    for form in ["text", "junit", "markdown"] {
        let line = format!("check contoso.example --zone ZONE --format {form}");
        let text = run(&words(&line, &[("ZONE", &zone)])).text();
        assert!(!text.contains('\x1b') && (form == "junit" || !text.contains('\u{202e}')), "{text}");
        if form == "junit" {
            assert!(!text.contains("<b>"), "{text}");
        }
    }
}

#[test]
fn other_forms() {
    let files = Files::new();
    let zone = files.write("bad.zone", BAD);
    let junit =
        run(&words("check contoso.example fabrikam.example --format junit --zone ZONE", &[("ZONE", &zone)]));
    assert_eq!(junit.status, 1);
    let text = junit.text();
    assert!(text.contains("<testsuite name=\"contoso.example\" tests="), "{text}");
    assert!(text.contains("<failure type=\"spf.syntax\""), "{text}");
    assert!(text.contains("<testsuite name=\"fabrikam.example\""), "{text}");
    assert!(text.contains("name=\"receiver.gmail\""), "{text}");
    assert!(text.starts_with("<?xml ") && text.ends_with("</testsuites>\n"), "{text}");
    let markdown =
        run(&words("check contoso.example --format markdown --zone ZONE", &[("ZONE", &zone)])).text();
    assert!(markdown.starts_with("# contoso.example\n"), "{markdown}");
    assert!(
        markdown.contains("| TXT | `contoso.example` | `v=spf1 ip4:198.18.0.25 -all` | 3600 |"),
        "{markdown}"
    );
}

#[test]
fn selectors_and_addresses() {
    let files = Files::new();
    let zone = files.write("good.zone", GOOD);
    let check = |line: &str, status: i32, ids: &[&str]| {
        let ran =
            run(&words(&format!("check contoso.example --json --zone ZONE {line}"), &[("ZONE", &zone)]));
        assert_eq!(ran.status, status, "{line}: {ran:?}");
        let json = ran.json();
        let found: Vec<&str> = json["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|finding| finding["severity"] == "error")
            .filter_map(|finding| finding["id"].as_str())
            .collect();
        assert_eq!(found, ids, "{line}");
    };
    check("", 0, &[]);
    check("--selector s1", 0, &[]);
    check("--selector s9", 1, &["dkim.key-missing"]);
    check("--selector s1 --dkim-domain fabrikam.example", 1, &["dkim.key-missing"]);
    check("--from-ip 198.18.9.9", 1, &["spf.sender-not-authorized", "ptr.missing"]);
}

#[test]
fn what_a_new_user_meets() {
    let files = Files::new();
    let zone = files.write("good.zone", GOOD);
    let check = |line: &str, status: i32, said: &str| {
        let ran = run(&words(line, &[("ZONE", &zone)]));
        assert_eq!(ran.status, status, "{line}: {ran:?}");
        assert!(ran.err.contains(said) || ran.text().contains(said), "{line}: {ran:?}");
    };
    check("check", 2, "DOMAIN");
    check("check not/a/domain --zone ZONE", 2, "not/a/domain");
    check("check contoso.example --format pdf --zone ZONE", 2, "markdown");
    check("check contoso.example --zone nowhere.zone", 2, "nowhere.zone");
    check("check contoso.example --from-ip 300.1.1.1 --zone ZONE", 2, "300.1.1.1");
    check("check nobody.example --zone ZONE", 1, "dmarc.missing");
    check("check --help", 0, "postseal check contoso.example");
}

#[test]
fn no_dns_at_all() {
    let started = Instant::now();
    // Nothing listens there.
    let ran = run(&words("check contoso.example --json --resolver 127.0.0.1:9", &[]));
    assert_eq!(ran.status, 1, "{ran:?}");
    let json = ran.json();
    let ids: Vec<&str> =
        json["findings"].as_array().expect("a list").iter().filter_map(|f| f["id"].as_str()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == "dns.error"), "{ids:?}");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

const NO_SPF: &str = r#"
$ORIGIN contoso.example.
$TTL 3600
@        MX  10 mail
mail     A   198.18.0.25
_dmarc   TXT "v=DMARC1; p=none; rua=mailto:d@contoso.example"
"#;

#[test]
fn receivers_are_predicted() {
    let files = Files::new();
    let (good, bare) = (files.write("good.zone", GOOD), files.write("bare.zone", NO_SPF));
    let given = [("GOOD", good.as_path()), ("BARE", bare.as_path())];
    let check = |arguments: &str, receiver: &str, expected: (&str, Option<&str>, Option<&str>)| {
        let ran = run(&words(&format!("check contoso.example --json {arguments}"), &given));
        let json = ran.json();
        let receivers = json["receivers"].as_array().expect("a list");
        let found = receivers.iter().find(|r| r["receiver"] == receiver).expect(receiver);
        let got =
            (found["outcome"].as_str().unwrap_or_default(), found["rule"].as_str(), found["code"].as_str());
        assert_eq!(got, expected, "{arguments} {found}");
        for text in ["message", "last_verified", "confidence"] {
            assert!(found[text].as_str().is_some_and(|text| !text.is_empty()), "{found}");
        }
        found["bulk"]["rule"].as_str().map(str::to_owned)
    };
    let accepted = ("accept", None, None);
    check("--zone GOOD --selector s1", "gmail", accepted);
    check("--zone GOOD --selector s1 --volume 5000", "outlook.com", accepted);
    check("--zone GOOD --selector s1", "docomo", accepted);
    check("--zone GOOD", "rakuten", ("unknown", None, None));
    // A selector that is not there: nothing can pass.
    check("--zone BARE --selector s1", "gmail", ("reject", Some("g.unauth"), Some("550 5.7.26")));
    check("--zone BARE --selector s1", "icloud", ("reject", Some("a.both"), Some("554 5.7.1")));
    check("--zone BARE --selector s1", "yahoo-japan", ("junk", Some("yahoo-japan.unauthenticated"), None));
    check("--zone BARE --selector s1", "docomo", ("warn", Some("docomo.dmarc"), None));
    check(
        "--zone BARE --selector s1 --volume 5000",
        "outlook.com",
        ("reject", Some("m.515"), Some("550 5.7.515")),
    );
    let bulk = check("--zone BARE --selector s1", "outlook.com", ("junk", Some("m.515"), None));
    assert_eq!(bulk.as_deref(), Some("m.515"));
    let bulk = check("--zone BARE --selector s1 --volume 100", "outlook.com", ("junk", Some("m.515"), None));
    assert_eq!(bulk, None);
    // Without a selector nobody knows.
    check("--zone BARE", "gmail", ("unknown", Some("g.unauth"), Some("550 5.7.26")));
}

#[test]
fn predictions_in_words() {
    let files = Files::new();
    let bare = files.write("bare.zone", NO_SPF);
    let given = [("BARE", bare.as_path())];
    let ran = run(&words("check contoso.example --zone BARE --selector s1", &given));
    let text = ran.text();
    assert!(text.contains("What receivers do with such mail:"), "{ran:?}");
    assert!(text.contains("gmail         reject  550 5.7.26"), "{ran:?}");
    assert!(text.contains("in bulk: reject  550 5.7.515"), "{ran:?}");
    assert!(
        text.contains("rakuten, ocn, biglobe") || text.contains("iijmio, rakuten, ocn, biglobe"),
        "{ran:?}"
    );
    assert!(text.contains("last verified on 2025-02-25, more than a year ago"), "{ran:?}");
    let ran =
        run(&words("check contoso.example --zone BARE --selector s1 --lang ja --format markdown", &given));
    assert!(ran.text().contains("| gmail | 拒否 | 550 5.7.26 |"), "{ran:?}");
}

#[test]
fn a_message_names_its_selectors() {
    let files = Files::new();
    let zone = files.write("good.zone", GOOD);
    let message = files.write(
        "message",
        "DKIM-Signature: v=1; a=ed25519-sha256; d=contoso.example; s=s1; h=from; bh=AAAA; b=AAAA\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; d=esp.example; s=esp; h=from; bh=AAAA; b=AAAA\r\n\
         From: a@contoso.example\r\n\r\nHi.\r\n",
    );
    let given = [("ZONE", zone.as_path()), ("MESSAGE", message.as_path())];
    let ran = run(&words("check contoso.example --json --zone ZONE --message MESSAGE", &given));
    let json = ran.json();
    let selectors: Vec<_> =
        json["dkim"].as_array().expect("a list").iter().map(|key| key["selector"].clone()).collect();
    assert_eq!(selectors, ["s1"], "{ran:?}");
    assert_eq!(json["dkim"][0]["state"], "valid");
    let gone = words("check contoso.example --zone ZONE --message nowhere", &given);
    assert_eq!(run(&gone).status, 2);
}

#[test]
fn watch_ends_when_the_records_are_right() {
    let files = Files::new();
    let zone = files.write("watched.zone", BAD);
    let planned = files.write("planned.zone", GOOD);
    let line = words("check contoso.example --watch --selector s1 --zone ZONE", &[("ZONE", &zone)]);
    // At once: a file half written would be an error of its own.
    let ran = run_and_act(&line, "spf.syntax", || std::fs::rename(planned, &zone).expect("renames"));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("after 0 s still wrong: contoso.example: "), "{ran:?}");
    assert!(ran.err.contains("spf.syntax"), "{ran:?}");
}
