//! What holds for every message, shown on many: canonical forms, signing and verifying, changes.

mod support;

use aws_lc_rs::digest::{SHA256, digest};
use postseal_core::dkim::{
    BodyHash, BodyHashes, Canonicalization, KeyRecord, SignedNames, SigningKey, SigningSettings,
    VerifyOptions,
};
use postseal_core::dns::Zone;
use proptest::prelude::*;
use support::mail::{self, Verification, ed25519_key, publish, rsa_key, settings, signers_zone};
use support::naive_dkim;

/// Octets that canonicalization treats differently, in runs.
fn octets(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let run = prop_oneof![
        6 => "[a-zA-Z0-9=;:.-]{1,40}".prop_map(String::into_bytes),
        4 => "[ \t]{1,9}".prop_map(String::into_bytes),
        4 => Just(b"\r\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(run, 0..max).prop_map(|runs| runs.concat())
}

/// A field body: blanks, folding, 8-bit characters, no line end that is not folding.
fn field_body() -> impl Strategy<Value = String> {
    let run = prop_oneof![
        6 => "[a-zA-Z0-9@<>=;:.\u{e9}\u{4f50}-]{1,70}".boxed(),
        3 => "[ \t]{1,5}".boxed(),
        2 => "\r\n[ \t]{1,3}".boxed(),
    ];
    prop::collection::vec(run, 0..8).prop_map(|runs| runs.concat())
}

/// A message with a From field and others, known and unknown, some of them more than once.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("To"),
        Just("to"),
        Just("Subject"),
        Just("SUBJECT"),
        Just("Date"),
        Just("List-Unsubscribe"),
        Just("X-Odd"),
        Just("Received"),
        Just("Reply-To "),
        Just("DKIM-Signature-Not"),
        Just("from-the"),
    ];
    let field = (name, field_body()).prop_map(|(name, body)| format!("{name}:{body}\r\n"));
    (prop::collection::vec(field, 0..12), any::<prop::sample::Index>(), octets(30)).prop_map(
        |(mut fields, place, body)| {
            fields.insert(place.index(fields.len() + 1), "From: Joe <joe@example.com>\r\n".to_owned());
            [fields.concat().as_bytes(), b"\r\n", &body].concat()
        },
    )
}

fn forms() -> impl Strategy<Value = (Canonicalization, Canonicalization)> {
    let form = prop_oneof![Just(Canonicalization::Simple), Just(Canonicalization::Relaxed)];
    (form.clone(), form)
}

fn settings_with(selector: &str, (header, body): (Canonicalization, Canonicalization)) -> SigningSettings {
    SigningSettings { header_form: header, body_form: body, ..settings(selector) }
}

/// The digest of a body in chunks that end at these places.
fn body_hash(body: &[u8], form: Canonicalization, ends: &[prop::sample::Index]) -> BodyHash {
    let mut ends: Vec<usize> = ends.iter().map(|i| i.index(body.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(body.len());
    let mut hashes = BodyHashes::new();
    hashes.register(form, None);
    let mut start = 0;
    for end in ends {
        hashes.update(&body[start..end]);
        start = end;
    }
    hashes.finish().get(form, None).expect("registered")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Limits-and-failures §6 (7): equal whatever the chunk borders, and to a naive reading of
    /// the RFC; the relaxed form of a relaxed form is itself.
    #[test]
    fn canonical_bodies(
        body in octets(120),
        ends in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let relaxed = naive_dkim::relaxed_body(&body);
        for (form, canonical) in [
            (Canonicalization::Simple, naive_dkim::simple_body(&body)),
            (Canonicalization::Relaxed, relaxed.clone()),
        ] {
            let got = body_hash(&body, form, &ends);
            prop_assert_eq!(got.body_len, canonical.len() as u64);
            let expected = digest(&SHA256, &canonical);
            prop_assert_eq!(&got.digest[..], expected.as_ref(), "{} {:?}", form, String::from_utf8_lossy(&body));
        }
        let again = body_hash(&relaxed, Canonicalization::Relaxed, &ends);
        prop_assert_eq!(again, body_hash(&body, Canonicalization::Relaxed, &[]));
    }

    /// Every body length (`l=`) gives the hash of that many canonical octets.
    #[test]
    fn body_lengths(
        body in octets(40),
        lengths in prop::collection::vec(0u64..300, 1..6),
        ends in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let canonical = naive_dkim::relaxed_body(&body);
        let mut hashes = BodyHashes::new();
        for length in &lengths {
            hashes.register(Canonicalization::Relaxed, Some(*length));
        }
        let mut ends: Vec<usize> = ends.iter().map(|i| i.index(body.len() + 1)).collect();
        ends.sort_unstable();
        let mut start = 0;
        for end in ends.into_iter().chain([body.len()]) {
            hashes.update(&body[start..end]);
            start = end;
        }
        let digests = hashes.finish();
        for length in lengths {
            let got = digests.get(Canonicalization::Relaxed, Some(length)).expect("registered");
            let covered = usize::try_from(length).expect("small").min(canonical.len());
            let expected = digest(&SHA256, &canonical[..covered]);
            prop_assert_eq!(&got.digest[..], expected.as_ref(), "length {}", length);
        }
    }

    /// (3) What we sign, we verify, and a naive verifier does; the field keeps to its lines.
    #[test]
    fn signed_messages_pass(message in message(), forms in forms()) {
        let zone = signers_zone();
        let settings = settings_with("ed", forms);
        let signed = mail::sign(&message, &settings, &ed25519_key()).expect("signed");
        prop_assert_eq!(Verification::new(&zone).tokens(&signed), ["pass"], "{}", String::from_utf8_lossy(&signed));
        prop_assert!(naive_dkim::verify(&signed, &ed25519_key().record()));
        let field = String::from_utf8_lossy(&signed[..signed.len() - message.len()]).into_owned();
        prop_assert!(field.lines().all(|line| line.len() <= 78), "{}", field);
    }

    /// (4) Any one octet changed below the signature: passes only where the canonical form is
    /// still the same. (6) And fields put on top make no pass of what is none.
    #[test]
    fn changed_messages_fail(
        message in message(),
        forms in forms(),
        place in any::<prop::sample::Index>(),
        octet in prop_oneof![any::<u8>(), Just(b' '), Just(b'\t'), Just(b'\r'), Just(b'\n')],
        on_top in field_body(),
    ) {
        let zone = signers_zone();
        let signed = mail::sign(&message, &settings_with("ed", forms), &ed25519_key()).expect("signed");
        let start = signed.len() - message.len();
        let mut changed = signed.clone();
        changed[start + place.index(message.len())] = octet;
        prop_assume!(changed.windows(4).position(|w| w == b"\r\n\r\n").is_some_and(|at| at >= start));
        let expected = naive_dkim::verify(&changed, &ed25519_key().record());
        let tokens = Verification::new(&zone).tokens(&changed);
        prop_assert_eq!(tokens == ["pass"], expected, "{:?} {}", tokens, String::from_utf8_lossy(&changed));
        if !expected {
            let more = [format!("X-More:{on_top}\r\nFrom: a@example.com\r\n").as_bytes(), &changed].concat();
            prop_assert!(!Verification::new(&zone).tokens(&more).contains(&"pass"));
        }
    }

    /// (1) No octets make a panic: messages, key records, PEM texts.
    #[test]
    fn nothing_panics(junk in octets(60), header in "[DKIMSignature: avbhcdlqstxi=/;\r\n\t@0-9A-Z+-]{0,400}") {
        let zone = signers_zone();
        let _ = Verification::new(&zone).of(&junk);
        let message = [b"DKIM-Signature: ", header.as_bytes(), b"\r\nFrom: a@example.com\r\n\r\n", &junk].concat();
        let _ = Verification::new(&zone).of(&message);
        let _ = KeyRecord::parse(&junk);
        let _ = KeyRecord::parse(header.as_bytes());
        let _ = SigningKey::from_pem(&junk);
        let _ = mail::sign(&message, &settings("ed"), &ed25519_key());
        if let Ok(names) = SignedNames::parse(&header) {
            let settings = SigningSettings { signed_names: names, ..settings("ed") };
            let _ = mail::sign(&message, &settings, &ed25519_key());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same with RSA, whose signing takes its time.
    #[test]
    fn messages_signed_with_rsa_pass(message in message(), forms in forms()) {
        let zone = signers_zone();
        let signed = mail::sign(&message, &settings_with("rsa", forms), &rsa_key()).expect("signed");
        prop_assert_eq!(Verification::new(&zone).tokens(&signed), ["pass"]);
        prop_assert!(naive_dkim::verify(&signed, &rsa_key().record()));
    }
}

/// A good signature field changed by one octet never passes, save in blanks and padding.
#[test]
fn changed_signatures_fail() {
    let zone = signers_zone();
    let signed = mail::sign(mail::MESSAGE, &settings("ed"), &ed25519_key()).expect("signed");
    let end = signed.len() - mail::MESSAGE.len() - 2;
    for at in "DKIM-Signature:".len()..end {
        for octet in [b'A', b'9', b';', b'=', b':', b' ', b'\r', b'\n', 0xff] {
            let mut changed = signed.clone();
            changed[at] = octet;
            // Blanks are equal to each other, and the padding of b= may be absent.
            let plain = |field: &[u8]| {
                let text =
                    String::from_utf8_lossy(&field[..end]).split_whitespace().collect::<Vec<_>>().join(" ");
                text.trim_end_matches(['=', ' ']).to_owned()
            };
            if plain(&changed) == plain(&signed) {
                continue;
            }
            let tokens = Verification::new(&zone).tokens(&changed);
            assert!(!tokens.contains(&"pass"), "{}", String::from_utf8_lossy(&changed[..end]));
        }
    }
}

/// `l=` that leaves octets unsigned is policy unless it is allowed; the reason says how many.
#[test]
fn unsigned_octets_do_not_pass() {
    let message = include_bytes!("fixtures/unsigned_octets.eml");
    let mut zone = Zone::new();
    publish(&mut zone, "test._domainkey.example.com", include_str!("fixtures/unsigned_octets.record").trim());
    let strict = Verification { now: 1_172_624_539, ..Verification::new(&zone) };
    let results = strict.of(message);
    assert_eq!(results[0].result.as_str(), "policy");
    let reason = results[0].cause.as_ref().expect("a cause").to_string();
    assert_eq!(reason, "the signature leaves 26 octets of the body unsigned");
    let options = VerifyOptions { allow_unsigned_body: true, ..VerifyOptions::default() };
    assert_eq!(Verification { options, ..strict }.tokens(message), ["pass"]);
}
