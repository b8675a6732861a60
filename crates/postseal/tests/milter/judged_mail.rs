//! Mail from outside: its verdict, and what becomes of it.

use super::*;

#[test]
fn mail_from_outside_is_judged_and_never_signed() {
    let (node, _names) = node(SIGNING);
    let message = Message::new("<jo@contoso.example>", &PLAIN);
    let outcome = send(&node, &OUTSIDE, &message);
    assert_eq!(outcome.answer, 'c');
    let results = results(&outcome);
    assert!(results.contains("spf=pass smtp.mailfrom=contoso.example"), "{results}");
    assert!(results.contains("dmarc=pass header.from=contoso.example policy.dmarc=reject"), "{results}");
    assert!(outcome.message.values("DKIM-Signature").is_empty());
    let line = node.message(0);
    assert_eq!(
        (&line["spf"], &line["dmarc"], &line["action"]),
        (&"pass".into(), &"pass".into(), &"deliver".into())
    );
    assert_eq!(line["author_domain"], "contoso.example");
    assert!(line["decided_ms"].is_number());
}

#[test]
fn a_spoof_gets_what_the_policy_asks_for() {
    let (node, _names) = node("[receive]\ncontact = \"postmaster@example.net\"\n");
    let attacker = Session { client: "203.0.113.66", ..OUTSIDE };
    let spoof = |from: &str| Message::new("<x@evil.example>", &[("From", &format!(" jo@{from}"))]);
    let outcome = send(&node, &attacker, &spoof("contoso.example"));
    assert_eq!(outcome.answer, 'y');
    let lines: Vec<&str> = outcome.text.split("\r\n").collect();
    assert_eq!(
        lines,
        [
            "550-5.7.1 contoso.example asks for mail that is not authenticated to be refused (DMARC p=reject)",
            "550-5.7.1 no domain is authenticated",
            "550 5.7.1 Questions: postmaster@example.net",
        ]
    );
    let outcome = send(&node, &attacker, &spoof("soft.example"));
    assert_eq!(
        (outcome.answer, outcome.quarantine.as_deref()),
        ('c', Some("soft.example: dmarc=fail, p=quarantine"))
    );
    assert!(results(&outcome).contains("dmarc=fail"));
    let outcome = send(&node, &attacker, &spoof("nothing.example"));
    assert_eq!((outcome.answer, outcome.quarantine), ('c', None));
    // The policy is known, and SPF of an aligned domain is not.
    let trouble = Message::new("<x@broken.example>", &[("From", " jo@broken.example")]);
    let outcome = send(&node, &attacker, &trouble);
    assert!(
        outcome.answer == 'y' && outcome.text.starts_with("451-4.7.1 The DNS leaves open"),
        "{}",
        outcome.text
    );
    for fields in [&[("Subject", " x")][..], &[("From", " a@a.example"), ("From", " b@b.example")]] {
        let outcome = send(&node, &attacker, &Message::new("<x@evil.example>", fields));
        assert!(outcome.answer == 'y' && outcome.text.starts_with("550-5.7.1 This message has no From"));
    }
}

#[test]
fn a_bad_signature_alone_refuses_nothing() {
    let (node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let mut altered = send(&node, &jo, &Message::new("<jo@contoso.example>", &PLAIN)).message;
    altered.body.extend_from_slice(b"An advertisement.\r\n");
    // SPF and DMARC pass; then somebody else's mail with it, who has no policy.
    assert_eq!(dkim_results(&altered), of(&[("fail", "contoso.example")]));
    let outcome = send(&node, &OUTSIDE, &altered);
    assert_eq!(outcome.answer, 'c');
    let said = results(&outcome);
    assert!(said.contains("dkim=fail") && said.contains("dmarc=pass"), "{said}");
    altered.fields.retain(|(name, _)| name != "From");
    altered.fields.push(("From".to_owned(), " jo@nothing.example".to_owned()));
    let outcome = send(&node, &OUTSIDE, &altered);
    assert_eq!(outcome.answer, 'c');
    let said = results(&outcome);
    assert!(said.contains("dkim=fail") && said.contains("dmarc=none"), "{said}");
}

#[test]
fn the_receivers_settings_decide_finally() {
    let settings = "[receive]\non_reject = \"tag\"\nquarantine_by = \"header\"\non_dns_trouble = \"accept\"\n\
        on_unreadable_from = \"quarantine\"\n";
    let (node, _names) = node(settings);
    let check = |mail_from: &str, from: &str, disposition: &[&str]| {
        // A field of this name from outside says nothing.
        let fields = [("Postseal-Disposition", " none"), ("From", from), ("postseal-disposition", " x")];
        let outcome = send(&node, &OUTSIDE, &Message::new(mail_from, &fields));
        assert_eq!((outcome.answer, outcome.quarantine.as_deref()), ('c', None), "{from}");
        assert_eq!(outcome.message.values("Postseal-Disposition"), disposition, "{from}");
    };
    check("<x@evil.example>", " jo@contoso.example", &[" tag"]);
    check("<x@evil.example>", " jo@soft.example", &[" quarantine"]);
    check("<x@broken.example>", " jo@broken.example", &[]);
    check("<x@evil.example>", " nobody", &[" quarantine"]);
    check("<x@contoso.example>", " jo@contoso.example", &[]);
}

#[test]
fn an_observer_only_adds_fields() {
    let (node, _names) = node("[receive]\nobserve = true\n");
    let forged = ("Authentication-Results", " mx.example.net; dmarc=pass");
    let message = Message::new("<x@evil.example>", &[forged, ("From", " jo@contoso.example")]);
    let outcome = send(&node, &OUTSIDE, &message);
    assert_eq!(outcome.answer, 'c');
    assert!(results(&outcome).contains("dmarc=fail"));
    assert_eq!(outcome.message.fields.len(), 2);
    let line = node.message(0);
    assert_eq!((&line["action"], &line["would"]), (&"deliver".into(), &"reject".into()));
}

#[test]
fn forged_results_are_removed_and_others_are_not() {
    let (node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    for count in [1, 8, 100] {
        let mut message = Message::new("<jo@contoso.example>", &PLAIN);
        let mut others = Vec::new();
        for place in 0..count {
            let name = if place % 2 == 0 { "Authentication-Results" } else { "authentication-results" };
            let field = |id: &str| (name.to_owned(), format!(" {id}; dkim=pass ({place})"));
            message.fields.push(field("MX.example.net"));
            message.fields.push(field("other.example"));
            others.push(field("other.example").1);
        }
        for session in [&OUTSIDE, &LOCAL, &jo] {
            let outcome = send(&node, session, &message);
            let ours = usize::from(session.client != LOCAL.client && session.login.is_none());
            let values = outcome.message.values("Authentication-Results");
            assert_eq!(&values[ours..], &others, "{count}");
            assert_eq!(values.len(), others.len() + ours);
            assert_eq!(outcome.message.values("Subject"), [" Tea"]);
        }
    }
}

#[test]
fn behind_a_relay_the_first_host_outside_is_judged() {
    let (node, _names) = node("[receive]\ntrusted_relays = [\"198.51.100.0/24\"]\n");
    let relay = Session { client: "198.51.100.7", helo: "relay.example", login: Some("relay"), ..OUTSIDE };
    let check = |received: &[&str], answer: char| {
        let mut message = Message::new("<jo@contoso.example>", &PLAIN);
        for (place, value) in received.iter().enumerate() {
            message.fields.insert(place, ("Received".to_owned(), format!(" {value}")));
        }
        let outcome = send(&node, &relay, &message);
        assert_eq!(outcome.answer, answer, "{received:?} {}", outcome.text);
        outcome
    };
    let good = "from mail.example.org (mail.example.org [192.0.2.1])\r\n\tby relay.example (Postfix)";
    let bad = "from evil.example (unknown [203.0.113.66])\r\n\tby relay.example (Postfix)";
    let inner = "from relay2.example (relay2.example [198.51.100.8]) by relay.example (Postfix)";
    assert!(results(&check(&[good], 'c')).contains("spf=pass"));
    assert!(results(&check(&[inner, good, bad], 'c')).contains("spf=pass"));
    check(&[bad, good], 'y');
    check(&["from x by y", good], 'y');
    check(&[], 'y');
    assert_eq!(node.message(0)["judged_for"], "192.0.2.1");
    assert_eq!(node.message(3)["relay"], "Received field 1 cannot be read");
}

#[test]
fn listed_clients_are_left_alone() {
    let (node, _names) = node("[receive]\nnot_judged = [\"192.0.2.0/24\"]\n");
    let ours = ("Authentication-Results", " mx.example.net; dmarc=fail");
    let message = Message::new("<x@evil.example>", &[ours, ("From", " jo@contoso.example")]);
    let outcome = send(&node, &OUTSIDE, &message);
    assert_eq!(outcome.answer, 'c');
    assert_eq!(outcome.message.fields, message.fields);
    assert_eq!(node.message(0)["inside"], "listed");
}

#[test]
fn trusted_sealers_and_allowed_pairs_outdo_the_policy() {
    let sealing = "[seal]\ndomain = \"example.net\"\nselector = \"arc\"\nkey_file = \"rsa.pem\"\n";
    let (forwarder, _names) = node(sealing);
    let message = Message::new("<jo@contoso.example>", &PLAIN);
    let sealed = send(&forwarder, &OUTSIDE, &message);
    let names: Vec<&str> = sealed.message.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names[..4],
        ["ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "Authentication-Results"]
    );
    assert_eq!(judge(&sealed.message, "192.0.2.1").arc.result.as_str(), "pass");
    assert!(sealed.message.values("ARC-Authentication-Results")[0].contains("dmarc=pass"));
    let receiver = |settings: &str| node(&format!("[receive]\n{settings}"));
    let check = |settings: &str, answer: char, exception: Option<&str>| {
        let (node, _names) = receiver(settings);
        let outcome = send(&node, &Session { client: "203.0.113.5", ..OUTSIDE }, &sealed.message);
        assert_eq!(outcome.answer, answer, "{settings}");
        let line = node.message(0);
        assert_eq!(line["exception"].as_str(), exception, "{line}");
        line
    };
    check("", 'y', None);
    check("trusted_sealers = [\"other.example\"]\n", 'y', None);
    let line = check("trusted_sealers = [\"example.net\"]\n", 'c', Some("trusted-chain"));
    assert_eq!((&line["override"], &line["dmarc"]), (&"local_policy".into(), &"fail".into()));
    assert_eq!(line["chain"], "arc=pass as[1].d=example.net as[1].s=arc");
    let pair = |client: &str, until: &str| {
        format!(
            "[[receive.allowed]]\nauthor_domain = \"contoso.example\"\nclient = \"{client}\"\nuntil = {until}\n"
        )
    };
    check(&pair("203.0.113.0/24", "2099-12-31"), 'c', Some("allowed-pair"));
    check(&pair("203.0.113.0/24", "2020-12-31"), 'y', None);
    check(&pair("203.0.114.0/24", "2099-12-31"), 'y', None);
}
