//! Chains up to their limit of fifty sets, what breaks them, and whom they convince.

mod support;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postseal_core::arc::{ArcCause, ArcResult, Chain, SealRefusal, Sealer, ValidateOptions, Validator};
use postseal_core::dkim::{BodyHashes, SignError, SignedNames, SigningSettings};
use postseal_core::dns::{Answers, DomainName, Failure, Outcome, Zone};
use support::mail::{MESSAGE, ed25519_key, name, publish, settings, signers_zone, split};
use support::naive_dkim;

/// The chain of a message.
fn validate(message: &[u8], zone: &Zone) -> Chain {
    let (section, body) = split(message);
    let mut hashes = BodyHashes::new();
    let mut validator = Validator::new(&section, &mut hashes, &ValidateOptions::default(), 1_700_000_000);
    hashes.update(body);
    validator.evaluate(&section, &hashes.finish(), &mut Answers::new(zone)).expect("the zone answers");
    validator.into_chain().expect("decided")
}

/// The message with one more set on top.
fn seal(message: &[u8], settings: SigningSettings, zone: &Zone) -> Result<Vec<u8>, SealRefusal> {
    let (section, body) = split(message);
    let mut hashes = BodyHashes::new();
    let sealer = Sealer::new(settings, "mx.example.com", &section, &mut hashes)?;
    hashes.update(body);
    let set = sealer.finish(&section, &validate(message, zone), &hashes.finish(), &ed25519_key())?;
    Ok([set.as_bytes(), message].concat())
}

/// The message with `count` sets of `example.com`.
fn chain(count: usize, zone: &Zone) -> Vec<u8> {
    let mut message = MESSAGE.to_vec();
    for _ in 0..count {
        message = seal(&message, settings("ed"), zone).expect("sealed");
    }
    message
}

fn end_of_section(message: &[u8]) -> usize {
    message.windows(4).position(|w| w == b"\r\n\r\n").expect("an empty line") + 2
}

fn text(message: &[u8]) -> String {
    String::from_utf8(message.to_vec()).expect("ASCII")
}

#[test]
fn fifty_sets_are_the_most() {
    let zone = signers_zone();
    let message = chain(50, &zone);
    let full = validate(&message, &zone);
    assert_eq!((full.result, full.sets.len(), full.sealers.len()), (ArcResult::Pass, 50, 50));
    assert_eq!(seal(&message, settings("ed"), &zone), Err(SealRefusal::TooManySets));
    // Every instance counted one up: 2 to 51.
    let mut over = text(&message);
    for instance in (1..=50).rev() {
        over = over.replace(&format!("i={instance};"), &format!("i={};", instance + 1));
    }
    let over = validate(over.as_bytes(), &zone);
    assert_eq!(over.result, ArcResult::Fail);
    assert!(matches!(over.cause, Some(ArcCause::BadInstance { .. })), "{:?}", over.cause);
}

#[test]
fn a_broken_chain_tells_where() {
    let zone = signers_zone();
    let message = text(&chain(3, &zone));
    let check = |from: &str, to: &str, reason: &str| {
        let changed = message.replacen(from, to, 1);
        assert_ne!(changed, message, "{from:?}");
        let chain = validate(changed.as_bytes(), &zone);
        assert_eq!(chain.result, ArcResult::Fail);
        assert_eq!(chain.cause.expect("a cause").to_string(), reason);
    };
    let seal =
        |instance: u8| format!("the seal of instance {instance} did not pass: the signature did not verify");
    check("Results: i=3; mx.example.com; none", "Results: i=3; mx.example.com; spf=pass", &seal(3));
    check("Results: i=1; mx.example.com; none", "Results: i=1; mx.example.com; spf=pass", &seal(3));
    check("cv=pass", "cv=none", "the seal of instance 3 has the wrong cv=");
    check("cv=pass", "cv=fail", "the newest seal says that the chain has failed");
    check(
        "cv=none",
        "cv=x",
        "the seal of instance 1 is not valid: the seal's cv= tag is none of none, pass and fail",
    );
    check("Results: i=2;", "Results: i=1;", "instance 1 has more than one ARC-Authentication-Results field");
    check("Results: i=2;", "Results-X: i=2;", "instance 2 has no ARC-Authentication-Results field");
    check(
        "At four?",
        "At five?",
        "the message signature of instance 3 did not pass: the body hash did not verify",
    );
    check(
        "Subject: Tea",
        "Subject: Coffee",
        "the message signature of instance 3 did not pass: the signature did not verify",
    );
    check("From: Joe", "X: a\nb\r\nFrom: Joe", "the header section is ambiguous");
    // What earlier sets signed of the message may have changed since.
    let changed = text(&chain(1, &zone)).replace("At four?", "At five?");
    assert_eq!(validate(changed.as_bytes(), &zone).result, ArcResult::Fail);
}

#[test]
fn a_failed_chain_is_sealed_once_and_then_ends() {
    let zone = signers_zone();
    let broken = text(&chain(2, &zone)).replace("At four?", "At five?");
    let sealed = seal(broken.as_bytes(), settings("ed"), &zone).expect("sealed");
    assert!(text(&sealed).starts_with("ARC-Seal: i=3; a=ed25519-sha256; cv=fail;"));
    assert!(covers_own_set_alone(&sealed));
    let chain = validate(&sealed, &zone);
    assert!(chain.is_ended);
    assert_eq!(chain.cause, Some(ArcCause::SealedAsFailed));
    assert_eq!(seal(&sealed, settings("ed"), &zone), Err(SealRefusal::ChainEnded));
}

/// RFC 8617 §5.1.2: the seal signs its own set "as if this newest ARC Set was the only set
/// present".
fn covers_own_set_alone(sealed: &[u8]) -> bool {
    let fields = naive_dkim::fields(sealed.split_at(end_of_section(sealed)).0).expect("no bare line ends");
    let [seal, message_signature, results] = &fields[..3] else { return false };
    let start = seal.windows(3).rposition(|w| w == b" b=").expect("b=") + 3;
    let line = |field: &[u8]| [&naive_dkim::relaxed_field(field)[..], b"\r\n"].concat();
    let signed = [line(results), line(message_signature), naive_dkim::relaxed_field(&seal[..start])].concat();
    let signature: String = text(&seal[start..]).split_whitespace().collect();
    let record = ed25519_key().record();
    let key = STANDARD.decode(record.split_once("p=").expect("p=").1).expect("Base64");
    let signature = STANDARD.decode(signature).expect("Base64");
    UnparsedPublicKey::new(&ED25519, key).verify(digest(&SHA256, &signed).as_ref(), &signature).is_ok()
}

/// RFC 8617 §5.2.1: "All errors, including DNS failures, become unrecoverable".
#[test]
fn a_key_that_cannot_be_had_breaks_the_chain() {
    let zone = signers_zone();
    let message = chain(1, &zone);
    for outcome in [Outcome::NxDomain, Outcome::Failure(Failure::Timeout)] {
        let mut silent = Zone::new();
        silent.fail(&name("ed._domainkey.example.com"), None, outcome);
        assert_eq!(validate(&message, &silent).result, ArcResult::Fail);
    }
}

#[test]
fn a_chain_is_trusted_where_all_its_sealers_are() {
    let mut zone = signers_zone();
    publish(&mut zone, "ed._domainkey.list.example.net", &ed25519_key().record());
    let first = seal(MESSAGE, settings("ed"), &zone).expect("sealed");
    let list = SigningSettings { sdid: name("list.example.net"), ..settings("ed") };
    let message = seal(&first, list, &zone).expect("sealed");
    let chain = validate(&message, &zone);
    let sealers: Vec<&str> = chain.sealers.iter().map(DomainName::as_str).collect();
    assert_eq!(sealers, ["example.com", "list.example.net"]);
    let trusts = |names: &[&str]| chain.is_trusted(&names.iter().map(|n| name(n)).collect::<Vec<_>>());
    assert!(trusts(&["list.example.net", "example.com", "other.example"]));
    assert!(!trusts(&["list.example.net"]));
    assert!(!trusts(&["example.com"]));
    assert!(!trusts(&["net", "com"]));
    assert!(!trusts(&[]));
    let broken = validate(&text(&message).replace("At four?", "At five?").into_bytes(), &zone);
    assert!(!broken.is_trusted(&broken.sealers.clone()));
    assert!(!validate(MESSAGE, &zone).is_trusted(&[]));
}

#[test]
fn what_may_change_on_the_way_is_not_signed() {
    let zone = signers_zone();
    for names in ["From:ARC-Seal", "From:arc-message-signature", "From:Authentication-Results"] {
        let signed_names = SignedNames::parse(names).expect("names");
        let refused = seal(MESSAGE, SigningSettings { signed_names, ..settings("ed") }, &zone);
        assert!(matches!(refused, Err(SealRefusal::Sign(SignError::ForbiddenName(_)))), "{refused:?}");
    }
    let message =
        [b"DKIM-Signature: v=1\r\nAuthentication-Results: mx.example.com; spf=pass\r\n", MESSAGE].concat();
    let sealed = text(&seal(&message, settings("ed"), &zone).expect("sealed"));
    assert!(
        sealed.contains("ARC-Authentication-Results: i=1; mx.example.com;\r\n    spf=pass\r\n"),
        "{sealed}"
    );
    let names = sealed.split("h=").nth(1).and_then(|rest| rest.split(';').next()).expect("h=");
    assert!(names.contains("DKIM-Signature") && !names.contains("Authentication"), "{names}");
}
