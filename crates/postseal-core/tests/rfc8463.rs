//! The example of RFC 8463 Appendix A: one message with an Ed25519 and an RSA signature.

mod support;

use postseal_core::dkim::{Algorithm, DkimResult, SigningKey};
use postseal_core::dns::Zone;
use support::mail::{self, MESSAGE, Verification, publish, settings};

const EXAMPLE: &str = include_str!("fixtures/good_rfc8463_app_a.eml");

const ED25519: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

const RSA: &str = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3id\
    Y6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG\
    4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

/// The private key of the example (RFC 8463 §A.2) as PKCS#8 version 1.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

#[test]
fn both_signatures_pass() {
    let mut zone = Zone::new();
    publish(&mut zone, "brisbane._domainkey.football.example.com", ED25519);
    publish(&mut zone, "test._domainkey.football.example.com", RSA);
    let results = Verification::new(&zone).of(EXAMPLE.as_bytes());
    let got: Vec<_> = results.iter().map(|r| (r.algorithm, r.key_bits, r.result)).collect();
    assert_eq!(
        got,
        [
            (Some(Algorithm::Ed25519Sha256), Some(256), DkimResult::Pass),
            (Some(Algorithm::RsaSha256), Some(1024), DkimResult::Pass),
        ]
    );
}

#[test]
fn the_private_key_signs_for_the_published_one() {
    let key = SigningKey::from_pem(PRIVATE.as_bytes()).expect("a key");
    assert_eq!(key.record(), ED25519);
    let mut zone = Zone::new();
    publish(&mut zone, "brisbane._domainkey.example.com", ED25519);
    let signed = mail::sign(MESSAGE, &settings("brisbane"), &key).expect("signed");
    assert_eq!(Verification::new(&zone).tokens(&signed), ["pass"]);
}
