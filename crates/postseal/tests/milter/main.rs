//! The real `postseal serve`, driven over a unix socket by a scripted MTA.
#![allow(unreachable_pub, reason = "the modules of a test")]

mod mta;
mod name_server;
#[path = "../support/mod.rs"]
mod support;

use std::net::IpAddr;

use mta::{
    ALL_ACTIONS, ALL_PROTOCOL, LEADING_SPACE, LOCAL, Message, Mta, OUTSIDE, Outcome, QUARANTINE, Session,
};
use name_server::{Entry, NameServer};
use postseal_core::dkim::SigningKey;
use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use postseal_core::verdict::{Authentication, Options, Verdict};
use support::Files;
use support::node::{ED25519, Node, RSA, write_key};

/// Two domains that sign, and who may sign as whom.
const SIGNING: &str = r#"
[[sign.domain]]
name = "contoso.example"
selector = "s1"
key_file = "rsa.pem"
canonicalization = "simple/simple"
[sign.domain.ed25519]
selector = "e1"
key_file = "ed25519.pem"
routes = ["partner.example"]
[[sign.domain]]
name = "fabrikam.example"
selector = "s1"
key_file = "rsa.pem"
[[sign.source]]
login = "*@contoso.example"
domains = ["contoso.example"]
[[sign.source]]
login = "strict"
domains = ["contoso.example"]
on_foreign_author = "refuse"
[[sign.source]]
local = true
all_domains = true
"#;

const PLAIN: [(&str, &str); 2] = [("From", " Jo <jo@contoso.example>"), ("Subject", " Tea")];

/// contoso.example sends from 192.0.2.1 and asks to refuse the rest; soft.example asks to set it
/// aside; broken.example cannot be looked up, but its policy can.
fn names() -> NameServer {
    let txt = |text: &str| Entry::Txt(text.to_owned());
    NameServer::start(&[
        ("contoso.example", txt("v=spf1 ip4:192.0.2.1 -all")),
        ("_dmarc.contoso.example", txt("v=DMARC1; p=reject")),
        ("s1._domainkey.contoso.example", txt(&key_record(RSA))),
        ("e1._domainkey.contoso.example", txt(&key_record(ED25519))),
        ("s1._domainkey.fabrikam.example", txt(&key_record(RSA))),
        ("soft.example", txt("v=spf1 -all")),
        ("_dmarc.soft.example", txt("v=DMARC1; p=quarantine")),
        ("broken.example", Entry::Trouble),
        ("_dmarc.broken.example", txt("v=DMARC1; p=reject")),
        ("arc._domainkey.example.net", txt(&key_record(RSA))),
        ("relay.example", Entry::Address("198.51.100.7".parse().expect("an address"))),
    ])
}

fn node(settings: &str) -> (Node, NameServer) {
    let names = names();
    let files = Files::new();
    write_key(&files, "rsa.pem", RSA);
    write_key(&files, "ed25519.pem", ED25519);
    let text = format!(
        "authserv_id = \"mx.example.net\"\n\
         [resolver]\nservers = [\"{}\"]\nquery_timeout = \"500ms\"\n\
         [log]\nformat = \"json\"\n{settings}",
        names.address
    );
    (Node::start(files, &text), names)
}

/// The TXT record of a key.
fn key_record(pem: &str) -> String {
    SigningKey::from_pem(pem.as_bytes()).expect("a key").record()
}

fn send(node: &Node, session: &Session, message: &Message) -> Outcome {
    let mut mta = Mta::connect(&node.path("milter.sock"));
    mta.session(session);
    mta.send(session.login, message)
}

/// The one Authentication-Results field that bears our name.
fn results(outcome: &Outcome) -> String {
    let ours: Vec<String> = outcome
        .message
        .values("Authentication-Results")
        .into_iter()
        .filter(|value| value.trim_start().starts_with("mx.example.net"))
        .map(|value| value.replace("\r\n\t", " "))
        .collect();
    assert_eq!(ours.len(), 1, "{:?}", outcome.message.fields);
    assert!(
        outcome.message.fields[0].0 == "Authentication-Results"
            || outcome.message.fields[0].0.starts_with("ARC-")
    );
    ours[0].clone()
}

/// Judges what came out, with the records of [`names`].
fn judge(message: &Message, client: &str) -> Verdict {
    let mut zone = Zone::new();
    for (name, text) in [
        ("s1._domainkey.contoso.example", key_record(RSA)),
        ("e1._domainkey.contoso.example", key_record(ED25519)),
        ("s1._domainkey.fabrikam.example", key_record(RSA)),
        ("arc._domainkey.example.net", key_record(RSA)),
        ("_dmarc.contoso.example", "v=DMARC1; p=reject".to_owned()),
    ] {
        let name = DomainName::parse(name).expect("a name");
        let strings: Vec<&str> =
            text.as_bytes().chunks(255).map(|c| std::str::from_utf8(c).expect("ASCII")).collect();
        zone.add(&name, 60, RecordData::Txt(TxtRecord::from_strings(&strings)));
    }
    let envelope = Envelope {
        client: client.parse::<IpAddr>().expect("an address"),
        helo: HeloIdentity::new("x.example"),
        mail_from: MailFrom::new(&message.mail_from),
    };
    let options = Options::new("test.example");
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let mut authentication = Authentication::new(envelope, &options, now);
    let octets = message.octets();
    let end = octets.windows(4).position(|w| w == b"\r\n\r\n").expect("a header section") + 2;
    authentication.header_section(HeaderSection::parse(octets[..end].to_vec()));
    authentication.body(&message.body);
    authentication.evaluate(&mut Answers::new(&zone)).expect("a zone answers everything");
    authentication.into_verdict().expect("evaluated")
}

fn dkim_results(message: &Message) -> Vec<(String, String)> {
    let verdict = judge(message, "203.0.113.9");
    let domain = |sdid: &Option<DomainName>| sdid.as_ref().map_or_else(String::new, ToString::to_string);
    verdict.dkim.iter().map(|s| (s.result.to_string(), domain(&s.sdid))).collect()
}

fn of(results: &[(&str, &str)]) -> Vec<(String, String)> {
    results.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn signs_own_mail_as_whom_it_may() {
    let (mut node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let contoso = of(&[("pass", "contoso.example")]);
    let check = |session: &Session, from: &[&str], expected: &[(String, String)]| {
        let mut message = Message::new("<jo@contoso.example>", &[("Subject", " \ttabs\r\n  and folds ")]);
        message.fields.extend(from.iter().map(|from| ("From".to_owned(), format!(" {from}"))));
        message.body = b"Hello  \r\n\r\n\r\n".repeat(10_000);
        let outcome = send(&node, session, &message);
        assert_eq!(outcome.answer, 'c');
        assert_eq!(dkim_results(&outcome.message), expected, "{from:?}");
        outcome
    };
    let outcome = check(&jo, &["jo@contoso.example"], &contoso);
    assert!(outcome.message.values("DKIM-Signature")[0].contains("c=simple/simple"));
    let line = node.message(0);
    assert_eq!((&line["queue_id"], &line["action"]), (&"4ZxyQ".into(), &"sign".into()));
    assert_eq!(
        (&line["selectors"], &line["login"]),
        (&serde_json::json!(["s1"]), &"jo@contoso.example".into())
    );
    // Somebody else's, nobody's, several.
    check(&jo, &["jo@fabrikam.example"], &[]);
    check(&jo, &["jo@other.example"], &[]);
    check(&jo, &[], &[]);
    check(&jo, &["jo@contoso.example, amy@contoso.example"], &[]);
    check(&jo, &["jo@contoso.example", "jo@contoso.example"], &[]);
    // A login without a source.
    check(&Session { login: Some("jo@fabrikam.example"), ..OUTSIDE }, &["jo@fabrikam.example"], &[]);
    // sendmail(1).
    check(&LOCAL, &["root@fabrikam.example"], &of(&[("pass", "fabrikam.example")]));
    // Two header sections in one: which of them would be signed?
    let mut ambiguous = Message::new("<jo@contoso.example>", &PLAIN);
    ambiguous.fields.push(("X".to_owned(), " a\rFrom: b@contoso.example".to_owned()));
    let outcome = send(&node, &jo, &ambiguous);
    assert!(outcome.answer == 'y' && outcome.text.starts_with("550 5.6.0 "), "{}", outcome.text);
    let strict = Session { login: Some("strict"), ..OUTSIDE };
    let foreign = Message::new("<x@contoso.example>", &[("From", " x@fabrikam.example")]);
    let outcome = send(&node, &strict, &foreign);
    assert_eq!(
        (outcome.answer, outcome.text.as_str()),
        ('y', "550 5.7.1 You may not send mail as fabrikam.example")
    );
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn a_second_signature_only_on_its_route() {
    let (node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let mut message = Message::new("<jo@contoso.example>", &PLAIN);
    message.recipients.push("<amy@mail.partner.example>".to_owned());
    let outcome = send(&node, &jo, &message);
    let contoso = ("pass", "contoso.example");
    assert_eq!(dkim_results(&outcome.message), of(&[contoso, contoso]));
    let signatures = outcome.message.values("DKIM-Signature");
    assert!(signatures[0].contains("a=rsa-sha256") && signatures[1].contains("a=ed25519-sha256"));
}

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
fn messages_follow_each_other_on_a_connection() {
    let (mut node, names) = node(SIGNING);
    let mut mta = Mta::connect(&node.path("milter.sock"));
    mta.session(&OUTSIDE);
    let message = Message::new("<jo@contoso.example>", &PLAIN);
    let commands = mta.commands(None, &message);
    for stop in 0..=commands.len() {
        commands[..stop].iter().for_each(|command| mta.say(command));
        mta.abort();
    }
    for login in [None, Some("jo@contoso.example"), None] {
        let outcome = mta.send(login, &message);
        assert_eq!(outcome.message.values("DKIM-Signature").len(), usize::from(login.is_some()));
        assert_eq!(outcome.message.values("Authentication-Results").len(), usize::from(login.is_none()));
    }
    // What is known is not asked again, and an aborted message is not logged.
    assert!(names.times_asked("contoso.example") <= 2, "{}", names.times_asked("contoso.example"));
    assert_eq!(node.message(2)["dmarc"], "pass");
    drop(mta);
    // A client that disconnects anywhere.
    for stop in 0..commands.len() {
        let mut mta = Mta::connect(&node.path("milter.sock"));
        mta.session(&OUTSIDE);
        commands[..stop].iter().for_each(|command| mta.say(command));
    }
    assert_eq!(send(&node, &OUTSIDE, &message).answer, 'c');
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn mail_that_must_be_signed_waits_for_its_key() {
    let (node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let message = Message::new("<jo@contoso.example>", &PLAIN);
    let (key, away) = (node.path("rsa.pem"), node.path("away.pem"));
    std::fs::rename(&key, &away).expect("moved");
    let outcome = send(&node, &jo, &message);
    assert!(outcome.answer == 'y' && outcome.text.starts_with("451 4.7.5 "), "{}", outcome.text);
    let line = node.message(0);
    assert_eq!((&line["level"], &line["action"]), (&"error".into(), &"defer".into()));
    assert!(line["reason"].as_str().is_some_and(|reason| reason.contains("rsa.pem")), "{line}");
    std::fs::rename(&away, &key).expect("moved");
    let outcome = send(&node, &jo, &message);
    assert_eq!(dkim_results(&outcome.message), of(&[("pass", "contoso.example")]));
    // Once read it is kept.
    std::fs::remove_file(&key).expect("removed");
    assert_eq!(send(&node, &jo, &message).message.values("DKIM-Signature").len(), 1);
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

#[test]
fn an_mta_without_leading_space_or_quarantine_is_served() {
    let (node, _names) = node(SIGNING);
    let offer =
        |actions: u32, protocol: u32| Mta::connect_offering(&node.path("milter.sock"), actions, protocol);
    let mut mta = offer(ALL_ACTIONS & !QUARANTINE, ALL_PROTOCOL & !LEADING_SPACE);
    mta.session(&OUTSIDE);
    let jo = Message::new("<jo@contoso.example>", &[("From", "jo@contoso.example"), ("Subject", "   Tea")]);
    let outcome = mta.send(Some("jo@contoso.example"), &jo);
    assert!(outcome.message.values("DKIM-Signature")[0].contains("c=relaxed/simple"));
    assert_eq!(dkim_results(&outcome.message), of(&[("pass", "contoso.example")]));
    // That signature comes back: relaxed still passes.
    let mut back = outcome.message.clone();
    back.mail_from = "<x@evil.example>".to_owned();
    assert!(results(&mta.send(None, &back)).contains("dkim=pass"));
    // A simple one may not be ours to call broken.
    let mut exact = Mta::connect(&node.path("milter.sock"));
    exact.session(&OUTSIDE);
    let mut simple = exact.send(Some("jo@contoso.example"), &jo).message;
    simple.mail_from = "<jo@contoso.example>".to_owned();
    let outcome = mta.send(None, &simple);
    assert!(results(&outcome).contains("dkim=neutral"), "{}", results(&outcome));
    let soft = Message::new("<x@evil.example>", &[("From", " x@soft.example")]);
    let outcome = mta.send(None, &soft);
    assert_eq!(
        (outcome.quarantine.as_deref(), outcome.message.values("Postseal-Disposition")),
        (None, vec![" quarantine"])
    );
    assert_eq!(node.log().iter().filter(|line| line.contains("SMFIP_HDR_LEADSPC")).count(), 1);
}

#[test]
fn large_and_odd_messages_are_answered() {
    let (node, _names) = node(SIGNING);
    let mut large = Message::new("<jo@contoso.example>", &PLAIN);
    large.body = b"0123456789abcdef0123456789abcdef0123456789abcdef\r\n".repeat(500_000);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let outcome = send(&node, &jo, &large);
    assert_eq!(dkim_results(&outcome.message), of(&[("pass", "contoso.example")]));
    assert!(results(&send(&node, &OUTSIDE, &large)).contains("dmarc=pass"));
    // More fields and more octets than are judged.
    let mut many = Message::new("<jo@contoso.example>", &PLAIN);
    many.fields.extend((0..11_000).map(|n| (format!("X-{n}"), " x".to_owned())));
    let outcome = send(&node, &OUTSIDE, &many);
    assert!(outcome.text.contains("ambiguous"), "{}", outcome.text);
    let mut long = Message::new("<jo@contoso.example>", &PLAIN);
    long.fields.extend((0..30).map(|n| (format!("X-{n}"), " x".repeat(25_000))));
    assert_eq!(send(&node, &OUTSIDE, &long).answer, 'y');
    let line = node.message(3);
    assert_eq!(line["limits"], serde_json::json!(["header_section"]), "{line}");
    // Lines that servers break, octets that they encode.
    let mut fragile = Message::new("<jo@contoso.example>", &PLAIN);
    fragile.body = [vec![b'x'; 1_200], "\r\nsüß\r\n".into()].concat();
    send(&node, &jo, &fragile);
    assert_eq!(node.message(4)["fragile"], serde_json::json!(["long_line", "eight_bit"]));
    let utf8 =
        Message::new("<jo@contoso.example>", &[("From", " Jö <jo@bücher.example>"), ("Subject", " ü")]);
    assert_eq!(send(&node, &OUTSIDE, &utf8).answer, 'c');
}
