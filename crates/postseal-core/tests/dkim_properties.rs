//! What must hold for every message: what is signed passes, what is changed does
//! not, and a canonical form is the one that a slow reading of RFC 6376 §3.4 gives.

mod support;

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use postseal_core::dkim::{BodyHashes, Canonicalization, SigningKey};
use postseal_core::dns::Zone;
use proptest::prelude::*;
use support::mail::{self, Verification, settings};

const FORMS: [Canonicalization; 2] = [Canonicalization::Relaxed, Canonicalization::Simple];

static ZONE: LazyLock<Zone> = LazyLock::new(mail::signers_zone);
static ED25519: LazyLock<SigningKey> = LazyLock::new(mail::ed25519_key);
static RSA: LazyLock<SigningKey> = LazyLock::new(mail::rsa_key);

/// RFC 6376 §3.4.3 and §3.4.4, line by line and without regard to speed.
fn canonical(form: Canonicalization, body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut rest = body;
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        lines.push(rest[..end].to_vec());
        rest = &rest[end + 2..];
    }
    lines.push(rest.to_vec());
    if form == Canonicalization::Relaxed {
        lines = lines.iter().map(|line| without_blanks(line)).collect();
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    let mut canonical: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\r\n"].concat()).collect();
    if canonical.is_empty() && form == Canonicalization::Simple {
        canonical.extend_from_slice(b"\r\n");
    }
    canonical
}

fn without_blanks(line: &[u8]) -> Vec<u8> {
    let mut reduced = Vec::new();
    for &octet in line {
        match octet {
            b' ' | b'\t' if reduced.last() == Some(&b' ') => {}
            b' ' | b'\t' => reduced.push(b' '),
            other => reduced.push(other),
        }
    }
    if reduced.last() == Some(&b' ') {
        reduced.pop();
    }
    reduced
}

/// The hash and the length of the canonical form, the body fed in these chunks.
fn hashed(form: Canonicalization, length: Option<u64>, body: &[u8], chunk: usize) -> ([u8; 32], u64) {
    let mut hashes = BodyHashes::new();
    hashes.register(form, length);
    for chunk in body.chunks(chunk.max(1)) {
        hashes.update(chunk);
    }
    let hash = hashes.finish().get(form, length).expect("registered");
    (hash.digest, hash.body_len)
}

/// Bodies in which blanks, line ends and their fragments abound, some of them long.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![" ", "\t", "\r\n", "\r", "\n", "a", "b c", "\r\n\r\n", "  ", ".", "é", "\0"])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => (proptest::sample::select(vec![b'a', b' ', b'\t', b'\n']), 1..300usize)
            .prop_map(|(octet, count)| vec![octet; count]),
        1 => (1..80usize).prop_map(|count| b"plain prose, as most mail is\r\n".repeat(count)),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Header sections that an MTA can carry: folded, repeated, empty, 8-bit fields.
fn headers() -> impl Strategy<Value = Vec<u8>> {
    let field = (
        proptest::sample::select(vec![
            "Subject",
            "To",
            "cc",
            "X-Odd",
            "Received",
            "List-Unsubscribe",
            "MIME-Version",
        ]),
        proptest::sample::select(vec!["", " ", "\t", " "]),
        proptest::collection::vec(
            proptest::sample::select(vec![
                "word", " ", "  ", "\t", "\r\n ", "\r\n\t", "é", "<a@b>", ";", ":", "\"q\"",
            ]),
            0..12,
        ),
    )
        .prop_map(|(name, blank, words)| {
            format!("{name}:{blank}{}\r\n", words.concat().trim_end()).into_bytes()
        });
    proptest::collection::vec(field, 0..12)
        .prop_map(|fields| [fields.concat(), b"From: Jo <jo@example.com>\r\n\r\n".to_vec()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_body_has_the_hash_of_its_canonical_form(body in bodies(), chunk in 1..700usize) {
        for form in FORMS {
            let expected = canonical(form, &body);
            let (hash, length) = hashed(form, None, &body, chunk);
            prop_assert_eq!(length, expected.len() as u64, "{}", form);
            prop_assert_eq!(hash.to_vec(), digest(&SHA256, &expected).as_ref().to_vec(), "{}", form);
        }
    }

    #[test]
    fn a_length_cuts_the_canonical_form(body in bodies(), chunk in 1..700usize, length in 0..2_000u64) {
        for form in FORMS {
            let expected = canonical(form, &body);
            let signed = &expected[..expected.len().min(usize::try_from(length).expect("small"))];
            let (hash, whole) = hashed(form, Some(length), &body, chunk);
            prop_assert_eq!(whole, expected.len() as u64, "{}", form);
            prop_assert_eq!(hash.to_vec(), digest(&SHA256, signed).as_ref().to_vec(), "{}", form);
        }
    }

    #[test]
    fn a_canonical_form_stays_as_it_is(body in bodies()) {
        for form in FORMS {
            let once = canonical(form, &body);
            prop_assert_eq!(hashed(form, None, &once, 64).0, hashed(form, None, &body, 4_096).0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn what_is_signed_passes(header in headers(), body in bodies(), rsa in any::<bool>()) {
        let message = [header, body].concat();
        let (selector, key) = if rsa { ("rsa", &*RSA) } else { ("ed", &*ED25519) };
        for header_form in FORMS {
            for body_form in FORMS {
                let mut settings = settings(selector);
                settings.header_form = header_form;
                settings.body_form = body_form;
                let signed = mail::sign(&message, &settings, key).expect("it can be signed");
                prop_assert_eq!(Verification::new(&ZONE).tokens(&signed), ["pass"]);
            }
        }
    }

    #[test]
    fn an_octet_changed_in_a_signed_part_is_no_pass(at in any::<prop::sample::Index>(), by in b'A'..=b'Z') {
        let mut settings = settings("ed");
        settings.header_form = Canonicalization::Simple;
        settings.body_form = Canonicalization::Simple;
        // All five fields of this message are signed, and all of its body.
        let mut signed = mail::sign(mail::MESSAGE, &settings, &ED25519).expect("it can be signed");
        let at = at.index(signed.len());
        prop_assume!(signed[at] != by);
        signed[at] = by;
        prop_assert_ne!(Verification::new(&ZONE).tokens(&signed), ["pass"], "octet {} is now {}", at, by as char);
    }
}
