//! `postseal explain`: what it prints, in each form, and how it ends.

mod support;

use support::{Files, run, run_with_input, words};

const REFUSAL: &[u8] = b"550-5.7.26 Your email has been blocked because the sender is unauthenticated.\r\n\
    550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM.\r\n\
    550-5.7.26  DKIM = did not pass\r\n\
    550 5.7.26  SPF [contoso.example] with ip: [192.0.2.10] = did not pass - gsmtp\r\n";

#[test]
fn a_bounce_in_json() {
    let ran = run_with_input(&["explain", "-", "--json"], REFUSAL);
    assert_eq!(ran.status, 0, "{ran:?}");
    let json = ran.json();
    assert_eq!(json["kind"], "bounce");
    assert_eq!(json["rule"], "g.unauth");
    assert_eq!(json["authentication"], true);
    assert_eq!(json["receiver"], "gmail");
    assert_eq!(json["causes"][0]["id"], "spf");
    assert_eq!(json["causes"][0]["evidence"], "SPF [contoso.example] with ip: [192.0.2.10] = did not pass");
    assert_eq!(json["causes"][1]["id"], "dkim");
    assert_eq!(json["last_verified"], "2026-07-02");
    for text in [&json["summary"], &json["causes"][0]["message"], &json["fixes"][0]] {
        assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{json}");
    }
}

#[test]
fn a_bounce_in_words() {
    let ran = run_with_input(&["explain", "-"], REFUSAL);
    assert!(ran.text().starts_with("Bounce (gmail): an authentication problem\n"), "{ran:?}");
    assert!(
        ran.text().contains("g.unauth  https://support.google.com/a/answer/81126  2026-07-02"),
        "{ran:?}"
    );
    let ran = run_with_input(&["explain", "-", "--lang", "ja"], REFUSAL);
    assert!(ran.text().starts_with("配信不能通知(gmail): メール認証の問題です\nGmail は"), "{ran:?}");
}

#[test]
fn what_is_not_about_authentication_says_so() {
    let ran = run_with_input(&["explain", "-", "--json"], b"550 5.1.1 <a@b.example>: no such user");
    assert_eq!((ran.status, &ran.json()["authentication"]), (0, &serde_json::json!(false)), "{ran:?}");
    assert!(ran.json()["rule"].is_null());
    assert_eq!(ran.json()["causes"][0]["id"], "mailbox");
}

#[test]
fn a_field_in_json() {
    let field = "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=a.example;dmarc=fail action=quarantine header.from=a.example;compauth=fail reason=000\n";
    for text in [field.to_owned(), format!("Authentication-Results: {field}")] {
        let ran = run_with_input(&["explain", "-", "--json"], text.as_bytes());
        assert_eq!(ran.status, 0, "{ran:?}");
        let json = ran.json();
        assert_eq!(json["kind"], "authentication-results");
        assert_eq!(json["receiver"], "microsoft365");
        assert_eq!(json["authentication"], true);
        assert_eq!(json["causes"][0]["id"], "compauth");
        assert_eq!(json["causes"][0]["evidence"], "compauth=fail reason=000");
    }
    let ran =
        run_with_input(&["explain", "-", "--json"], b"ARC-Seal: i=1; cv=none; d=list.example; s=s; b=AAAA\n");
    assert_eq!((ran.status, &ran.json()["kind"]), (0, &serde_json::json!("arc")), "{ran:?}");
}

#[test]
fn how_it_ends() {
    let ran = run_with_input(&["explain", "-"], b"hello\n");
    assert_eq!((ran.status, ran.text().as_str()), (1, ""), "{ran:?}");
    assert!(ran.err.contains("nothing was recognised"), "{ran:?}");
    let ran = run(&["explain", "no such file"]);
    assert_eq!(ran.status, 2, "{ran:?}");
}

#[test]
fn other_rules() {
    let files = Files::new();
    let rules = files.write(
        "rules.toml",
        r#"
version = 1
[[receiver]]
name = "fabrikam"
domains = ["fabrikam.example"]
[[rule]]
id = "f.one"
receivers = ["fabrikam"]
about = ["spf"]
summary.en = "Fabrikam says no."
summary.ja = "Fabrikam が拒否しました。"
fix.en = "Ask Fabrikam."
fix.ja = "Fabrikam に尋ねてください。"
source = "https://fabrikam.example/"
last_verified = "2020-02-29"
[[rule.when]]
texts = ["xyzzy"]
"#,
    );
    let bounce =
        files.write("bounce", "<a@fabrikam.example>: host mx.fabrikam.example[192.0.2.1] said: 550 xyzzy");
    let given = [("RULES", rules.as_path()), ("BOUNCE", bounce.as_path())];
    let ran = run(&words("explain BOUNCE --rules RULES", &given));
    assert!(ran.text().contains("Fabrikam says no."), "{ran:?}");
    assert!(ran.text().contains("last verified on 2020-02-29, more than a year ago"), "{ran:?}");
    let ran = run(&words("explain BOUNCE --rules BOUNCE", &given));
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("receiver-rules.toml"), "{ran:?}");
}

#[test]
fn a_message_that_a_list_has_changed() {
    let files = Files::new();
    let key = files.path("key.pem");
    let made = run(&words(
        "keygen --algorithm ed25519 --domain contoso.example --selector s --out KEY --json",
        &[("KEY", &key)],
    ));
    let line = made.json()["dns"]["zone_line"].as_str().expect("a line").to_owned();
    let zone = files.write("zone", line);
    let message = files.write(
        "message",
        "From: a@contoso.example\r\nTo: l@list.example\r\nSubject: Tea\r\nDate: Tue, 24 Nov 2026 10:00:00 +0900\r\n\r\nAt four?\r\n",
    );
    let sign = words(
        "sign MESSAGE --domain contoso.example --selector s --key KEY",
        &[("MESSAGE", &message), ("KEY", &key)],
    );
    let signed = run(&sign).text();
    let changed = format!(
        "Received: from list.example by mx.fabrikam.example; Tue, 24 Nov 2026 10:00:02 +0900\r\nList-Id: <l.list.example>\r\n\
         Received: from mail.contoso.example by list.example; Tue, 24 Nov 2026 10:00:01 +0900\r\n{}-- \r\nlist footer\r\n",
        signed.replace("Subject: Tea", "Subject: [l] Tea")
    );
    let received = files.write("received", &changed);
    let given = [("RECEIVED", received.as_path()), ("ZONE", zone.as_path())];
    let ran = run(&words("explain RECEIVED --zone ZONE --json", &given));
    assert_eq!(ran.status, 0, "{ran:?}");
    let json = ran.json();
    assert_eq!(json["kind"], "message");
    let ids: Vec<&str> =
        json["causes"].as_array().expect("a list").iter().filter_map(|c| c["id"].as_str()).collect();
    assert_eq!(ids, ["footer-added", "subject-tagged", "signature-broken"], "{ran:?}");
    assert_eq!(json["causes"][0]["message"], "text was added at the end, most likely at list.example");
    assert_eq!(json["causes"][0]["evidence"], "-- list footer");
    assert_eq!(json["causes"][1]["evidence"], "[l]");
    assert_eq!(json["hops"][0]["by"], "list.example");
    let ran = run(&words("explain RECEIVED --zone ZONE --lang ja", &given));
    assert!(ran.text().contains("件名にタグが追加されました(list.example による可能性が高い)"), "{ran:?}");
}
