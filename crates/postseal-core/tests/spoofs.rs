//! Messages that want to pass DMARC for `legitimate.example`, whole and through
//! every step: an attacker with a domain, a key, and a network that SPF
//! authorises for it. None of them passes.
#![allow(clippy::print_stdout, reason = "the count is the evidence")]

mod support;

use std::sync::OnceLock;

use postseal_core::dkim::{Selector, SigningSettings};
use postseal_core::dmarc::DmarcResult;
use postseal_core::dns::{Answers, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use postseal_core::verdict::{Authentication, Options, Verdict};
use proptest::prelude::*;
use support::from_fields::HOSTILE;
use support::mail::{self, publish};

const BODY: &str = "\r\nPay here.\r\n";

fn zone() -> &'static Zone {
    static ZONE: OnceLock<Zone> = OnceLock::new();
    ZONE.get_or_init(|| {
        let mut zone = Zone::new();
        for (owner, record) in [
            ("legitimate.example", "v=spf1 ip4:192.0.2.1 -all"),
            ("_dmarc.legitimate.example", "v=DMARC1; p=reject"),
            ("attack.example", "v=spf1 +all"),
            ("*.attack.example", "v=spf1 +all"),
            ("_dmarc.attack.example", "v=DMARC1; p=none"),
        ] {
            publish(&mut zone, owner, record);
        }
        publish(&mut zone, "s._domainkey.legitimate.example", &mail::rsa_key().record());
        publish(&mut zone, "s._domainkey.attack.example", &mail::ed25519_key().record());
        zone
    })
}

fn judge(helo: &str, mail_from: &str, message: &[u8]) -> Verdict {
    let (section, body) = mail::split(message);
    let client = "203.0.113.66".parse().expect("an address");
    let envelope = Envelope { client, helo: HeloIdentity::new(helo), mail_from: MailFrom::new(mail_from) };
    let options = Options::new("mx.example.net");
    let mut judged = Authentication::new(envelope, &options, 1_700_000_000);
    judged.header_section(section);
    judged.body(body);
    let mut answers = Answers::new(zone());
    judged.evaluate(&mut answers).expect("a zone answers everything");
    judged.into_verdict().expect("evaluated")
}

/// The attacker's signature over a message, where it can be signed at all.
fn signed_by_attacker(message: &[u8]) -> Vec<u8> {
    let selector = Selector::parse("s").expect("a selector");
    let settings = SigningSettings::new(mail::name("attack.example"), selector);
    mail::sign(message, &settings, &mail::ed25519_key()).unwrap_or_else(|_| message.to_vec())
}

fn passes_for_victim(verdict: &Verdict) -> bool {
    let victim = mail::name("legitimate.example");
    let author = verdict.dmarc.author_domain.as_ref();
    verdict.dmarc.result == DmarcResult::Pass && author.is_none_or(|a| a.is_at_or_below(&victim))
}

fn check(what: &str, helo: &str, mail_from: &str, message: &[u8]) {
    let verdict = judge(helo, mail_from, message);
    assert!(!passes_for_victim(&verdict), "{what}: {}", String::from_utf8_lossy(message));
}

#[test]
fn the_attackers_own_mail_passes() {
    let message = signed_by_attacker(format!("From: a@attack.example\r\n{BODY}").as_bytes());
    let verdict = judge("attack.example", "a@attack.example", &message);
    assert_eq!(verdict.dmarc.result, DmarcResult::Pass);
    assert!(verdict.dmarc.alignment.spf && verdict.dmarc.alignment.dkim, "the scene is set right");
}

#[test]
fn from_fields() {
    for (header, _) in HOSTILE {
        let message = [header, BODY.as_bytes()].concat();
        check("signed", "attack.example", "a@attack.example", &signed_by_attacker(&message));
        check("null path", "attack.example", "", &signed_by_attacker(&message));
    }
    println!("spoofs: {} From fields, none passes", HOSTILE.len());
}

#[test]
fn envelopes() {
    let message = format!("From: a@legitimate.example\r\n{BODY}");
    let paths = [
        "a@attack.example",
        "a@notexist.legitimate.example",
        "a@legitimate.example",
        "a@legitimate.example.attack.example",
        "a@legitimate.example(.attack.example",
        "a@legitimate.example(.attack.example)",
        "a@legitimate.example'@a.attack.example",
        "a@legitimate.example'a.attack.example",
        "a@legitimate.example\0.attack.example",
        "a@legitimate.example,b@attack.example",
        "a@attack.example@legitimate.example",
        "@legitimate.example,@attack.example:a@attack.example",
        "\"a@legitimate.example\"@attack.example",
        "a@attack.example>,<a@legitimate.example",
        "a@xn--legitimate-.example",
        "legitimate.example",
        "@legitimate.example",
        "",
    ];
    let helos = [
        "attack.example",
        "legitimate.example",
        "mail.legitimate.example",
        "legitimate.example(.attack.example",
        "legitimate.example.attack.example",
        "[203.0.113.66]",
    ];
    for path in paths {
        for helo in helos {
            check(path, helo, path, message.as_bytes());
        }
    }
    println!("spoofs: {} envelopes, none passes", paths.len() * helos.len());
}

#[test]
fn signatures() {
    let message = format!("From: a@legitimate.example\r\n{BODY}");
    let signed = String::from_utf8(signed_by_attacker(message.as_bytes())).expect("UTF-8");
    // As it is: a good signature of somebody else.
    check("foreign", "attack.example", "a@attack.example", signed.as_bytes());
    let tags = [
        "d=legitimate.example",
        "d=LEGITIMATE.example",
        "d=legitimate.example.attack.example",
        "d=legitimate.example(.attack.example",
        "d=legitimate.example(.attack.example)",
        "d=legitimate.example'a.attack.example",
        "d=legitimate.example\0.attack.example",
        "d=legitimate.example; d=attack.example",
        "d=attack.example; d=legitimate.example",
        "d=attack.example; i=a@legitimate.example",
        "d=attack.example; i=@legitimate.example",
        "d=example",
        "d=.",
        "d=",
        "d=*.example",
        "d=legitimate.example.",
        "d=legitimate\u{3002}example",
    ];
    for tag in tags {
        let changed = signed.replace("d=attack.example", tag);
        assert_ne!(changed, signed, "{tag}");
        check(tag, "attack.example", "a@attack.example", changed.as_bytes());
    }
    for selector in [
        "s=s._domainkey.attack.example.",
        "s=s\0._domainkey.attack.example",
        "s=s._domainkey.attack.example\0",
    ] {
        let changed = signed
            .replace("d=attack.example", "d=legitimate.example")
            .replace("s=s;", &format!("{selector};"));
        check(selector, "attack.example", "a@attack.example", changed.as_bytes());
    }
    println!("spoofs: {} signatures, none passes", tags.len() + 4);
}

/// A real message of the victim's, and what an attacker does to its From field.
#[test]
fn replays() {
    let original = format!("From: a@legitimate.example\r\nSubject: Invoice\r\n{BODY}");
    let selector = Selector::parse("s").expect("a selector");
    let settings = SigningSettings::new(mail::name("legitimate.example"), selector);
    let signed = mail::sign(original.as_bytes(), &settings, &mail::rsa_key()).expect("signed");
    let signed = String::from_utf8(signed).expect("UTF-8");
    assert!(
        passes_for_victim(&judge("attack.example", "a@attack.example", signed.as_bytes())),
        "forwarded, it passes"
    );
    let from = "From: a@legitimate.example\r\n";
    for changed in [
        format!("From: b@legitimate.example\r\n{signed}"),
        signed.replace(from, &format!("{from}From: b@legitimate.example\r\n")),
        signed.replace(from, &format!("From: b@legitimate.example\r\n{from}")),
        signed.replace(from, "From: b@legitimate.example\r\n"),
        signed.replace(from, "From: CEO <a@legitimate.example>\r\n"),
        signed.replace(from, "From: a@legitimate.example, b@legitimate.example\r\n"),
        signed.replace(from, "From : a@legitimate.example\r\nFrom: b@legitimate.example\r\n"),
        format!("From\u{a0}: b@legitimate.example\r\n{signed}"),
        format!(" From: b@legitimate.example\r\n{signed}"),
        signed.replace("Subject: Invoice", "Subject: Urgent"),
        signed.replace("Pay here.", "Pay there."),
        signed.replace("Pay here.\r\n", "Pay here.\r\nNow.\r\n"),
    ] {
        assert_ne!(changed, signed);
        check("replay", "attack.example", "a@attack.example", changed.as_bytes());
    }
}

/// Header fields that an attacker may add, some of them with a signature that is good.
fn added_field() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "From",
        "from",
        "From ",
        "FROM\t",
        "Sender",
        "Resent-From",
        "Reply-To",
        "Return-Path",
        "Received",
        "Authentication-Results",
        "ARC-Authentication-Results",
        "ARC-Seal",
        "ARC-Message-Signature",
        "DKIM-Signature",
        "Received-SPF",
        "X",
        "Subject",
    ]);
    let piece = prop::sample::select(vec![
        "a@legitimate.example",
        "b@attack.example",
        "<",
        ">",
        ",",
        ";",
        ":",
        "\"",
        "(",
        ")",
        "\\",
        " ",
        "\r\n ",
        "\r\n",
        "\0",
        "mx.example.net; dmarc=pass",
        "header.from=legitimate.example",
        "i=1; cv=none; ",
        "v=1; a=ed25519-sha256; c=relaxed/relaxed; h=from; s=s; ",
        "d=legitimate.example; ",
        "d=attack.example; ",
        "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; ",
        "b=AAAA",
        "pass",
        "=?utf-8?Q?a=40legitimate.example?=",
    ]);
    (name, prop::collection::vec(piece, 0..8))
        .prop_map(|(name, pieces)| format!("{name}: {}\r\n", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    /// What does not pass does not pass with more fields on it.
    #[test]
    fn fields_added_never_make_a_spoof_pass(
        above in prop::collection::vec(added_field(), 0..4),
        below in prop::collection::vec(added_field(), 0..4),
        sign in any::<bool>(),
    ) {
        let message = format!("{}From: a@legitimate.example\r\n{}{BODY}", above.concat(), below.concat());
        let message = if sign { signed_by_attacker(message.as_bytes()) } else { message.into_bytes() };
        prop_assert!(!passes_for_victim(&judge("attack.example", "a@attack.example", &message)));
    }
}

#[test]
fn a_header_section_without_end_is_judged_too() {
    let section = HeaderSection::parse(b"From: a@legitimate.example".to_vec());
    assert_eq!(section.len(), 1);
    check("no end", "attack.example", "a@attack.example", b"From: a@legitimate.example");
}
