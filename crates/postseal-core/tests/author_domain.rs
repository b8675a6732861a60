//! From fields, hostile and honest: what the Author Domain is, or that there is none.
//!
//! In the hostile rows `legitimate.example` is the domain to be spoofed and
//! `attack.example` the attacker's. The Author Domain is never the former
//! unless every reader of the field finds it there.
#![allow(clippy::print_stdout, reason = "the count is the evidence")]

mod support;

use postseal_core::message::{AddressDefect, AuthorDomainError, HeaderSection, author_domain};
use proptest::prelude::*;
use support::from_fields::{Expect, HOSTILE};

fn read(header: &[u8]) -> Result<String, AuthorDomainError> {
    author_domain(&HeaderSection::parse(header.to_vec())).map(|domain| domain.to_string())
}

#[test]
fn honest_fields_have_an_author_domain() {
    let rows: &[(&[u8], &str)] = &[
        (b"From: jo@example.com\r\n", "example.com"),
        (b"From: <jo@example.com>\r\n", "example.com"),
        (b"From: Jo <jo@example.com>\r\n", "example.com"),
        (b"from:Jo<jo@EXAMPLE.com>\r\n", "example.com"),
        (b"FROM: \"Doe, Jo\" <jo@example.com>\r\n", "example.com"),
        (b"From: John Q. Public <jo@example.com>\r\n", "example.com"),
        (b"From: jo@example.com (Jo Q. Doe)\r\n", "example.com"),
        (b"From: jo@example.com(Jo)\r\n", "example.com"),
        (b"From: \"Joe \\\"the\\\" Doe\" <jo@example.com>\r\n", "example.com"),
        // RFC 5322 A.1.2, A.5
        (b"From: Who? <one@y.test>\r\n", "y.test"),
        (b"From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\r\n", "silly.test"),
        // RFC 5322 A.6.3, the name only
        (b"From  : John Doe <jdoe@machine.example>\r\n", "machine.example"),
        (b"From:\r\n =?utf-8?q?J=C3=B6?=\r\n =?utf-8?q?_D?= <jo@example.com>\r\n", "example.com"),
        (b"From: =?UTF-8?B?QmVkIEJhdGggJiBCZXlvbmQ=?=<BdBth&Byond@example.com>\r\n", "example.com"),
        (b"From: Jo <jo+tag=x@mail.example.co.uk>\r\n", "mail.example.co.uk"),
        (b"From: \"john doe\"@example.com\r\n", "example.com"),
        (b"From: <\"a@b\"@example.com>\r\n", "example.com"),
        (b"From: a@example.com, b@EXAMPLE.com\r\n", "example.com"),
        (b"From: a@example.com,\r\n\tB <b@example.com>\r\n", "example.com"),
        (b"From: Team: a@example.com, B <b@example.com>;\r\n", "example.com"),
        (b"From: , a@example.com,,\r\n", "example.com"),
        (b"From: jo@example.com <jo@example.com>\r\n", "example.com"),
        (b"From: \"jo@other.example via List\" <list@example.org>\r\n", "example.org"),
        (b"From: [Sales] Jo <jo@example.com>\r\n", "example.com"),
        // Addresses of Japanese mobile carriers, older than their rules.
        (b"From: a..b.@docomo.example\r\n", "docomo.example"),
        (b"From: \xe6\x97\xa5\xe6\x9c\xac <jo@example.jp>\r\n", "example.jp"),
        (b"From: \"J\xf6 D\" <jo@example.de>\r\n", "example.de"),
        (
            b"From: \xe3\x83\xa6@\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88\r\n",
            "xn--r8jz45g.xn--zckzah",
        ),
        (b"From: jo@b\xc3\xbccher.example\r\n", "xn--bcher-kva.example"),
        (b"From: jo@xn--bcher-kva.example\r\n", "xn--bcher-kva.example"),
        (b"From: jo@zero_pct.example\r\n", "zero_pct.example"),
        (b"From: root@localhost\r\n", "localhost"),
        (b"From: jo@1.2.3.example\r\n", "1.2.3.example"),
        (
            b"Received: x\r\nFrom: jo@example.com\r\nSender: s@other.example\r\nTo: t@x.example\r\n",
            "example.com",
        ),
        (b"From jo@other.example Mon Jan  1 00:00:00 2024\r\nFrom: jo@example.com\r\n", "example.com"),
        (b"From: <jo@example.com>\r\n \r\n", "example.com"),
    ];
    for (header, expected) in rows {
        assert_eq!(read(header).as_deref(), Ok(*expected), "{}", String::from_utf8_lossy(header));
    }
    println!("author domain: {} honest fields read", rows.len());
    assert!(rows.len() >= 30);
}

#[test]
fn hostile_fields_do_not_spoof() {
    for (header, expected) in HOSTILE {
        let got = read(header);
        let shown = String::from_utf8_lossy(header);
        match (expected, &got) {
            (Expect::Error, Err(_)) => {}
            (Expect::Defect(defect), Err(AuthorDomainError::Address(error))) => {
                assert_eq!(error.defect, *defect, "{shown}");
            }
            (Expect::Attacker, Ok(domain)) => assert_eq!(domain, "attack.example", "{shown}"),
            _ => panic!("{got:?}: {shown}"),
        }
    }
    println!("author domain: {} hostile fields refused or read as the attacker's", HOSTILE.len());
    assert!(HOSTILE.len() >= 60);
}

#[test]
fn look_alikes_are_other_domains() {
    // Cyrillic а
    let got = read("From: a@ex\u{430}mple.com\r\n".as_bytes()).expect("a U-label");
    assert_eq!(got, "xn--exmple-4nf.com");
}

#[test]
fn limits() {
    let many = |count: usize| format!("From: {}\r\n", vec!["a@example.com"; count].join(","));
    assert_eq!(read(many(100).as_bytes()).as_deref(), Ok("example.com"));
    assert!(matches!(
        read(many(101).as_bytes()),
        Err(AuthorDomainError::Address(e)) if e.defect == AddressDefect::TooManyAddresses
    ));
    let nested = |depth: usize| format!("From: a@example.com {}{}\r\n", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(read(nested(32).as_bytes()).as_deref(), Ok("example.com"));
    assert!(matches!(
        read(nested(33).as_bytes()),
        Err(AuthorDomainError::Address(e)) if e.defect == AddressDefect::CommentTooDeep
    ));
    let long = |octets: usize| format!("From:{}a@example.com\r\n", " ".repeat(octets - 13));
    assert_eq!(read(long(64 * 1024).as_bytes()).as_deref(), Ok("example.com"));
    assert!(matches!(read(long(64 * 1024 + 1).as_bytes()), Err(AuthorDomainError::TooLong { .. })));
}

/// Text made of the octets that matter to an address parser.
fn hostile_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(b"<>@()\\\",;:. \t[]=?'%+-aZ0\x01\x7f\x80\xff".to_vec()).prop_map(|b| vec![b]),
        Just(b"\r\n ".to_vec()),
        Just(b"attack.example".to_vec()),
        Just(b"legitimate.example".to_vec()),
        Just(b"<b@attack.example>".to_vec()),
        Just("\u{fc}".as_bytes().to_vec()),
        any::<u8>().prop_map(|b| vec![b]),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics_and_an_offset_is_inside(body in hostile_text()) {
        let header = [b"From:", body.as_slice(), b"\r\n"].concat();
        if let Err(AuthorDomainError::Address(error)) = read(&header) {
            prop_assert!(error.offset <= body.len());
        }
    }

    /// The domain found is one that is written in the field.
    #[test]
    fn a_domain_is_written_in_the_field(body in hostile_text()) {
        let header = [b"From:", body.as_slice(), b"\r\n"].concat();
        if let Ok(domain) = read(&header) && body.is_ascii() {
            let text = String::from_utf8_lossy(&body).to_ascii_lowercase();
            prop_assert!(text.contains(&domain), "{domain} in {text:?}");
        }
    }

    /// Whatever an attacker adds around an honest field, the Author Domain
    /// stays, or there is none.
    #[test]
    fn fields_added_never_change_the_domain(above in hostile_text(), below in hostile_text(), name in "[!-9;-~]{1,8}") {
        let honest: &[u8] = b"From: Jo <jo@honest.example>\r\n";
        let header = [name.as_bytes(), b":", &above, b"\r\n", honest, &below, b"\r\n"].concat();
        if let Ok(domain) = read(&header) {
            prop_assert_eq!(domain, "honest.example");
        }
    }
}
