//! The limits of DKIM: what is just under each passes, what is over it does not, with the reason.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postseal_core::dkim::{
    Cause, DkimResult, KeyRecord, KeyRecordError, MAX_SIGNATURES, PublicKeyError, SignError, SignedNames,
    SigningSettings, VerifyOptions,
};
use postseal_core::dns::{Failure, Outcome, Zone};
use support::mail::{self, MESSAGE, Verification, ed25519_key, name, publish, settings, signers_zone};

/// The message with these fields on top.
fn with_fields(fields: &str, message: &[u8]) -> Vec<u8> {
    [fields.as_bytes(), message].concat()
}

fn signed(settings: &SigningSettings) -> Vec<u8> {
    mail::sign(MESSAGE, settings, &ed25519_key()).expect("signed")
}

/// The result and the reason of the topmost signature.
fn judge(verification: &Verification<'_>, message: &[u8]) -> (&'static str, String) {
    let results = verification.of(message);
    let first = results.first().expect("a signature");
    (first.result.as_str(), first.cause.as_ref().map(ToString::to_string).unwrap_or_default())
}

#[test]
fn ten_signatures_are_verified_the_nearest_to_the_author_first() {
    let mut zone = signers_zone();
    let key = ed25519_key().record();
    for domain in ["foreign.example.net", "mail.example.com", "other.example.com", "com"] {
        publish(&mut zone, &format!("ed._domainkey.{domain}"), &key);
    }
    // Twelve of a stranger on top; the author's own, one below it and a sibling at the bottom.
    let domains =
        [&["foreign.example.net"; 12][..], &["sub.other.example.com", "mail.example.com", "example.com"]];
    let mut message = MESSAGE.to_vec();
    for domain in domains.concat().iter().rev() {
        let settings = SigningSettings { sdid: name(domain), ..settings("ed") };
        message = mail::sign(&message, &settings, &ed25519_key()).expect("signed");
    }
    publish(&mut zone, "ed._domainkey.sub.other.example.com", &key);
    let verification = Verification { author_domain: Some(name("example.com")), ..Verification::new(&zone) };
    let results = verification.of(&message);
    let passed: Vec<usize> = (0..15).filter(|i| results[*i].result == DkimResult::Pass).collect();
    // The three of the organization, and the first seven strangers.
    assert_eq!(passed, [0, 1, 2, 3, 4, 5, 6, 12, 13, 14]);
    for result in results.iter().filter(|r| r.result != DkimResult::Pass) {
        assert_eq!(result.cause, Some(Cause::TooManySignatures { limit: MAX_SIGNATURES }));
        assert_eq!(result.result, DkimResult::Policy);
    }
    let options = VerifyOptions { max_signatures: 100, ..VerifyOptions::default() };
    assert!(
        Verification { options, ..verification }.of(&message).iter().all(|r| r.result == DkimResult::Pass)
    );
}

#[test]
fn a_thousand_names_may_be_signed() {
    let zone = signers_zone();
    let names = |count: usize| vec!["From"; count].join(":");
    let listed = SignedNames::parse(&names(1000)).expect("names");
    let message = signed(&SigningSettings { signed_names: listed, ..settings("ed") });
    assert_eq!(Verification::new(&zone).tokens(&message), ["pass"]);
    assert_eq!(SignedNames::parse(&names(1001)), Err(SignError::TooManyNames(1001)));
    let field =
        format!("DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; bh=; b=; h={}\r\n", names(1001));
    let message = with_fields(&field.replace("bh=", "bh=Zm9v").replace("b=;", "b=Zm9v;"), MESSAGE);
    let (result, reason) = judge(&Verification::new(&zone), &message);
    assert_eq!((result, &*reason), ("policy", "the signature's h= tag lists 1001 names, more than 1000"));
}

#[test]
fn a_tag_list_has_64_kilobytes() {
    let zone = signers_zone();
    let field = |octets: usize| format!("DKIM-Signature:{}\r\n", "x".repeat(octets));
    let check = |octets: usize, expected: &str| {
        let (result, reason) = judge(&Verification::new(&zone), &with_fields(&field(octets), MESSAGE));
        assert_eq!((result, &*reason), (if octets > 65_536 { "policy" } else { "neutral" }, expected));
    };
    check(65_536, "the signature is no tag list: a part at octet 0 has no \"=\"");
    check(65_537, "the signature is no tag list: the tag list has 65537 octets, more than 65536");
}

#[test]
fn a_key_record_has_8_kilobytes() {
    let record = |octets: usize| {
        let key = ed25519_key().record();
        format!("{key}; n={}", "x".repeat(octets - key.len() - 4))
    };
    assert!(KeyRecord::parse(record(8192).as_bytes()).expect("a record").key.is_ok());
    let error = KeyRecord::parse(record(8193).as_bytes()).map(|_| ()).expect_err("too long");
    assert_eq!(error, KeyRecordError::TooLong { octets: 8193 });
    let mut zone = Zone::new();
    publish(&mut zone, "ed._domainkey.example.com", &record(60_000));
    let (result, reason) = judge(&Verification::new(&zone), &signed(&settings("ed")));
    assert_eq!((result, &*reason), ("policy", "the key record has 60000 octets, more than 8192"));
}

#[test]
fn rsa_keys_have_1024_to_8192_bits_and_a_small_exponent() {
    let check = |bits: usize, exponent: &[u8], expected: Result<u32, PublicKeyError>| {
        let record = KeyRecord::parse(rsa_record(bits, exponent).as_bytes()).expect("a record");
        assert_eq!(record.key.map(|k| k.bits()), expected, "{bits} bits");
    };
    check(1024, &[1, 0, 1], Ok(1024));
    check(8192, &[1, 0, 1], Ok(8192));
    check(1023, &[1, 0, 1], Err(PublicKeyError::TooShort { bits: 1023 }));
    check(512, &[1, 0, 1], Err(PublicKeyError::TooShort { bits: 512 }));
    check(8193, &[1, 0, 1], Err(PublicKeyError::TooLong { bits: 8193 }));
    check(2048, &[1, 0, 0, 0, 1], Ok(2048));
    let huge = rsa_record(2048, &[1, 0, 0, 0, 0, 0, 1]);
    assert!(KeyRecord::parse(huge.as_bytes()).expect("a record").key.is_err());
}

#[test]
fn short_keys_are_named_in_the_result() {
    let mut zone = Zone::new();
    publish(&mut zone, "s._domainkey.example.com", &rsa_record(768, &[1, 0, 1]));
    let field = "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s; h=from; bh=Zm9v; b=Zm9v\r\n";
    let results = Verification::new(&zone).of(&with_fields(field, MESSAGE));
    assert_eq!((results[0].result, results[0].key_bits), (DkimResult::Policy, Some(768)));
}

/// A key record with a modulus of so many bits. Nobody has its private key.
fn rsa_record(bits: usize, exponent: &[u8]) -> String {
    let element = |tag: u8, content: &[u8]| {
        let len = u32::try_from(content.len()).expect("small").to_be_bytes();
        [&[tag, 0x84][..], &len, content].concat()
    };
    // DER wants the shortest length, and no sign bit.
    let short = |tag: u8, content: &[u8]| {
        let long = element(tag, content);
        let significant = long[2..6].iter().skip_while(|b| **b == 0).copied().collect::<Vec<u8>>();
        let len = match (content.len(), u8::try_from(significant.len())) {
            (0..128, _) => vec![u8::try_from(content.len()).expect("small")],
            (_, octets) => [vec![0x80 | octets.expect("four at most")], significant].concat(),
        };
        [&[tag][..], &len, content].concat()
    };
    let mut modulus = vec![0xffu8; bits.div_ceil(8)];
    modulus[0] = u8::try_from((1u16 << (8 - (modulus.len() * 8 - bits))) - 1).expect("eight bits");
    if modulus[0] & 0x80 != 0 {
        modulus.insert(0, 0);
    }
    let numbers = [short(2, &modulus), short(2, exponent)].concat();
    format!("v=DKIM1; p={}", STANDARD.encode(short(0x30, &numbers)))
}

#[test]
fn what_the_dns_says_about_a_key_is_told() {
    let message = signed(&settings("ed"));
    let owner = name("ed._domainkey.example.com");
    let check = |zone: &Zone, expected: (&str, &str)| {
        let (result, reason) = judge(&Verification::new(zone), &message);
        assert_eq!((result, &*reason), expected);
    };
    for (outcome, expected) in [
        (Outcome::Failure(Failure::ServFail), ("temperror", "the key look-up failed: SERVFAIL")),
        (Outcome::Failure(Failure::Timeout), ("temperror", "the key look-up failed: timeout")),
        (Outcome::Failure(Failure::QueryLimit), ("temperror", "the key look-up failed: query limit")),
        (Outcome::NxDomain, ("permerror", "there is no key record")),
        (Outcome::NoData, ("permerror", "there is no key record")),
    ] {
        let mut zone = Zone::new();
        zone.fail(&owner, None, outcome);
        check(&zone, expected);
    }
    let key = ed25519_key().record();
    for (record, expected) in [
        (key.replace("v=DKIM1; ", ""), ("pass", "")),
        (key.replace("k=ed", "t=y; k=ed"), ("pass", "")),
        (key.replace("k=ed", "t=s; h=sha1:sha256; s=email; k=ed"), ("pass", "")),
        (
            key.replace("k=ed25519; ", ""),
            ("permerror", "the key is of another type than the signature's algorithm"),
        ),
        (key.replace("k=ed", "h=sha1; k=ed"), ("permerror", "the key record does not allow sha256")),
        (key.replace("k=ed", "s=tlsrpt; k=ed"), ("permerror", "the key is not for email")),
        ("v=DKIM1; k=ed25519; p=".to_owned(), ("permerror", "the key is revoked")),
        ("v=spf1 -all".to_owned(), ("permerror", "the key record's version is not DKIM1, or not first")),
    ] {
        let mut zone = Zone::new();
        publish(&mut zone, "ed._domainkey.example.com", &record);
        check(&zone, expected);
    }
    // A record that is none beside one that is.
    let mut zone = Zone::new();
    publish(&mut zone, "ed._domainkey.example.com", "v=spf1 -all");
    publish(&mut zone, "ed._domainkey.example.com", &key);
    check(&zone, ("pass", ""));
}

#[test]
fn a_strict_key_signs_for_its_own_domain_only() {
    let mut zone = Zone::new();
    publish(&mut zone, "ed._domainkey.example.com", &ed25519_key().record().replace("k=ed", "t=s; k=ed"));
    let with_auid = |auid: &str| {
        let auid = postseal_core::dkim::Auid::parse(auid);
        signed(&SigningSettings { auid, ..settings("ed") })
    };
    assert_eq!(Verification::new(&zone).tokens(&with_auid("joe@example.com")), ["pass"]);
    let (result, reason) = judge(&Verification::new(&zone), &with_auid("joe@sub.example.com"));
    assert_eq!((result, &*reason), ("permerror", "the key does not allow identifiers below its domain"));
}

#[test]
fn times_are_kept() {
    let zone = signers_zone();
    let times = |signed_at, expires_at| {
        signed(&SigningSettings { signed_at: Some(signed_at), expires_at, ..settings("ed") })
    };
    let check = |now: u64, message: &[u8], expected: &str| {
        assert_eq!(Verification { now, ..Verification::new(&zone) }.tokens(message), [expected], "{now}");
    };
    check(2000, &times(1000, Some(2000)), "pass");
    check(2001, &times(1000, Some(2000)), "policy");
    check(1000, &times(1000 + 86_400, None), "pass");
    check(1000, &times(1001 + 86_400, None), "policy");
    let settings = SigningSettings { signed_at: Some(5), expires_at: Some(5), ..settings("ed") };
    assert_eq!(mail::sign(MESSAGE, &settings, &ed25519_key()), Err(SignError::ExpiresBeforeSigned));
}

#[test]
fn ambiguous_header_sections_never_pass() {
    let zone = signers_zone();
    let message = signed(&settings("ed"));
    for spoiled in ["X: a\nb\r\n", "X: a\rb\r\n", "X: a\0b\r\n"] {
        let message = with_fields(spoiled, &message);
        assert_eq!(judge(&Verification::new(&zone), &message).0, "permerror", "{spoiled:?}");
        let refused = mail::sign(&message, &settings("ed"), &ed25519_key());
        assert!(matches!(refused, Err(SignError::AmbiguousHeaderSection(_))), "{spoiled:?}");
    }
}

#[test]
fn names_are_internationalized_or_not() {
    let mut zone = Zone::new();
    publish(&mut zone, "xn--bcher-kva._domainkey.xn--bcher-kva.example", &ed25519_key().record());
    let eai = SigningSettings {
        sdid: postseal_core::dns::DomainName::parse("bücher.example").expect("a domain"),
        ..SigningSettings::new(
            name("xn--bcher-kva.example"),
            postseal_core::dkim::Selector::parse("bücher").expect("a selector"),
        )
    };
    let message = signed(&eai);
    assert_eq!(Verification::new(&zone).tokens(&message), ["pass"]);
    // RFC 8616 §4: d= and s= with U-labels find the same key; the signature covers the text.
    let text = String::from_utf8(message).expect("ASCII").replace("xn--bcher-kva", "bücher");
    let results = Verification::new(&zone).of(text.as_bytes());
    assert_eq!(results[0].cause, Some(Cause::SignatureMismatch));
    assert_eq!(results[0].sdid, Some(name("xn--bcher-kva.example")));
}
