//! The real `postseal serve`, driven over a unix socket by a scripted MTA.
#![allow(unreachable_pub, reason = "the modules of a test")]

mod judged_mail;
mod mta;
mod name_server;
mod own_mail;
#[path = "../support/mod.rs"]
mod support;
mod take_over;

use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use mta::{
    ALL_ACTIONS, ALL_PROTOCOL, LEADING_SPACE, LOCAL, Message, Mta, OUTSIDE, Outcome, QUARANTINE, Session,
};
use name_server::{Entry, NameServer};
use postseal_core::dkim::SigningKey;
use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use postseal_core::verdict::{Authentication, Options, Verdict};
use support::node::{ED25519, Node, RSA, write_key};
use support::{Files, program};

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
fn asks_for_no_step_and_no_reply_that_it_can_do_without() {
    // milter.h: SMFIP_NR_HDR, _CONN, _HELO, _MAIL, _RCPT, _DATA, _UNKN, _EOH, _BODY.
    const NO_REPLY: u32 =
        0x80 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x1_0000 | 0x2_0000 | 0x4_0000 | 0x8_0000;
    const NO_RCPT: u32 = 0x8;
    const NO_UNKNOWN: u32 = 0x100;
    const NO_DATA: u32 = 0x200;
    const SKIP: u32 = 0x400;
    // Add fields, change fields, quarantine, name the macros.
    const ACTIONS: u32 = 0x1 | 0x10 | QUARANTINE | 0x100;
    let agreed = |settings: &str, offered: u32| {
        let (node, _names) = node(settings);
        Mta::connect_offering(&node.path("milter.sock"), ALL_ACTIONS, offered).agreed
    };
    let all = NO_REPLY | NO_UNKNOWN | NO_DATA | SKIP | LEADING_SPACE;
    assert_eq!(agreed("", ALL_PROTOCOL), (ACTIONS, all | NO_RCPT));
    // A key on a route has to be chosen by the recipients.
    assert_eq!(agreed(SIGNING, ALL_PROTOCOL), (ACTIONS, all));
    // Nothing that was not offered: version 2 knows no flag without a reply.
    assert_eq!(agreed("", 0x7f), (ACTIONS, NO_RCPT));
}

/// A disk that is full, a reader that has gone.
#[test]
fn a_log_that_cannot_be_written_stops_no_mail() {
    let names = names();
    let files = Files::new();
    let path = files.path("milter.sock");
    let text = format!(
        "[resolver]\nservers = [\"{}\"]\n[milter]\nlisten = [\"unix:{}\"]\n[control]\nsocket = \"{}\"\n",
        names.address,
        path.display(),
        files.path("run/control.sock").display()
    );
    let file = files.write("postseal.toml", text);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("opens");
    let mut child = program().arg("serve").arg("--config").arg(&file).stderr(full).spawn().expect("starts");
    let end = Instant::now() + Duration::from_secs(60);
    while UnixStream::connect(&path).is_err() {
        assert!(Instant::now() < end && child.try_wait().expect("a child").is_none(), "it does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut mta = Mta::connect(&path);
    mta.session(&OUTSIDE);
    for _ in 0..20 {
        assert_eq!(mta.send(None, &Message::new("<jo@contoso.example>", &PLAIN)).answer, 'c');
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
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
    let line = node.message(4);
    assert_eq!(line["fragile"], serde_json::json!(["long_line", "eight_bit"]));
    assert_eq!(line["queue_id"], "4ZxyQ");
    for reason in ["long_line", "eight_bit"] {
        let name = format!("postseal_fragile_messages_total{{reason=\"{reason}\"}}");
        assert_eq!(node.metric(&name), 1.0, "{reason}");
    }
    let utf8 =
        Message::new("<jo@contoso.example>", &[("From", " Jö <jo@bücher.example>"), ("Subject", " ü")]);
    assert_eq!(send(&node, &OUTSIDE, &utf8).answer, 'c');
}
