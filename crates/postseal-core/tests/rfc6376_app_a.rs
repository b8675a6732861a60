//! The example of RFC 6376 Appendix A, with errata 3192 and 4926.

mod support;

use postseal_core::dkim::{DkimResult, VerifyOptions};
use postseal_core::dns::Zone;
use support::mail::{Verification, publish};

const MESSAGE: &str = include_str!("fixtures/good_rfc6376_app_a.eml");

const KEY: &str = "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLn\
    Qg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVj\
    H4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB";

fn zone() -> Zone {
    let mut zone = Zone::new();
    publish(&mut zone, "brisbane._domainkey.example.com", KEY);
    zone
}

#[test]
fn the_signature_passes() {
    let zone = zone();
    let results = Verification::new(&zone).of(MESSAGE.as_bytes());
    let [result] = &results[..] else { panic!("one signature: {results:?}") };
    assert_eq!(result.result, DkimResult::Pass);
    assert_eq!(result.cause, None);
    assert_eq!(result.sdid.as_ref().expect("d=").as_str(), "example.com");
    assert_eq!(result.selector.as_ref().expect("s=").as_str(), "brisbane");
    assert_eq!(result.auid.as_ref().expect("i=").to_string(), "joe@football.example.com");
    assert_eq!(result.key_bits, Some(1024));
    assert_eq!(result.signature_start, "AuUoFEfD");
}

#[test]
fn changed_messages_fail() {
    let zone = zone();
    let check = |from: &str, to: &str, reason: &str| {
        let changed = MESSAGE.replace(from, to);
        assert_ne!(changed, MESSAGE);
        let results = Verification::new(&zone).of(changed.as_bytes());
        assert_eq!(results[0].result, DkimResult::Fail, "{to:?}");
        assert_eq!(results[0].cause.as_ref().expect("a cause").to_string(), reason, "{to:?}");
    };
    check("hungry yet?", "hungry now?", "the body hash did not verify");
    check("\r\n\r\nJoe", "\r\n \r\nJoe", "the body hash did not verify");
    check("Subject: Is", "Subject:  Is", "the signature did not verify");
    check("From: Joe", "from: Joe", "the signature did not verify");
    check("To: Suzie", "From: Joe\r\nTo: Suzie", "the signature did not verify");
}

#[test]
fn what_is_not_signed_may_change() {
    let zone = zone();
    let verification = Verification { options: VerifyOptions::default(), ..Verification::new(&zone) };
    for (from, to) in [("DKIM-Signature", "X-Tag: a\r\nDKIM-Signature"), ("Joe.\r\n", "Joe.\r\n\r\n\r\n")] {
        let changed = MESSAGE.replacen(from, to, 1);
        assert_eq!(verification.tokens(changed.as_bytes()), ["pass"], "{to:?}");
    }
}
