//! Private keys as OpenSSL writes them: which are taken, and what is said about the others.

mod support;

use postseal_core::dkim::{Algorithm, KeyRecord, PublicKey, SigningKey, SigningKeyError};
use support::mail::{self, MESSAGE, Verification, ed25519_key, publish, rsa_key, settings};

#[test]
fn good_keys_are_read() {
    let check = |pem: &[u8], algorithm: Algorithm, bits: u32| {
        let key = SigningKey::from_pem(pem).expect("a key");
        assert_eq!((key.algorithm(), key.bits()), (algorithm, bits));
        let record = KeyRecord::parse(key.record().as_bytes()).expect("a record");
        assert_eq!(record.key.as_ref().map(PublicKey::bits), Ok(bits));
    };
    check(include_bytes!("fixtures/keys/good_rsa_2048_pkcs8.pem"), Algorithm::RsaSha256, 2048);
    check(include_bytes!("fixtures/keys/good_rsa_2048_pkcs1.pem"), Algorithm::RsaSha256, 2048);
    check(include_bytes!("fixtures/keys/good_ed25519_openssl.pem"), Algorithm::Ed25519Sha256, 256);
}

#[test]
fn other_keys_are_refused_with_the_reason() {
    let check = |pem: &[u8], expected: SigningKeyError| {
        assert_eq!(SigningKey::from_pem(pem).map(|_| ()), Err(expected));
    };
    check(
        include_bytes!("fixtures/keys/refused_rsa_1024_pkcs1.pem"),
        SigningKeyError::TooShort { bits: 1024 },
    );
    check(
        include_bytes!("fixtures/keys/refused_rsa_1024_pkcs8.pem"),
        SigningKeyError::TooShort { bits: 1024 },
    );
    check(include_bytes!("fixtures/keys/refused_encrypted_pkcs1.pem"), SigningKeyError::Encrypted);
    check(include_bytes!("fixtures/keys/refused_encrypted_pkcs8.pem"), SigningKeyError::Encrypted);
    check(include_bytes!("fixtures/keys/refused_ec_pkcs8.pem"), SigningKeyError::UnsupportedType);
    check(include_bytes!("fixtures/keys/refused_ec_sec1.pem"), SigningKeyError::UnsupportedType);
    check(b"", SigningKeyError::NoPrivateKey);
    check(b"\x00\xff", SigningKeyError::NoPrivateKey);
    check(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", SigningKeyError::NoPrivateKey);
    check(b"-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----\n", SigningKeyError::DamagedPem);
    assert_eq!(
        SigningKeyError::TooShort { bits: 1024 }.to_string(),
        "the RSA key has 1024 bits; signing needs at least 2048"
    );
}

#[test]
fn a_damaged_key_is_refused() {
    let pem = include_str!("fixtures/keys/good_rsa_2048_pkcs1.pem");
    let (head, body) = pem.split_at(900);
    let damaged = format!("{head}AAAA{}", &body[4..]);
    let error = SigningKey::from_pem(damaged.as_bytes()).map(|_| ()).expect_err("refused");
    assert!(matches!(error, SigningKeyError::Rejected(_)), "{error:?}");
}

#[test]
fn debug_output_has_no_key_in_it() {
    assert_eq!(format!("{:?}", rsa_key()), "SigningKey(rsa-sha256, 2048 bits)");
    assert_eq!(format!("{:?}", ed25519_key()), "SigningKey(ed25519-sha256, 256 bits)");
}

#[test]
fn published_keys_are_read_as_spki_and_as_rsapublickey() {
    let signed = mail::sign(MESSAGE, &settings("s"), &rsa_key()).expect("signed");
    for p in [
        include_str!("fixtures/keys/good_rsa_2048.spki.base64"),
        include_str!("fixtures/keys/good_rsa_2048.rsapublickey.base64"),
    ] {
        let mut zone = postseal_core::dns::Zone::new();
        publish(&mut zone, "s._domainkey.example.com", &format!("v=DKIM1; p={p}"));
        assert_eq!(Verification::new(&zone).tokens(&signed), ["pass"]);
    }
}
