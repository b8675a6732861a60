//! Messages that were signed and then changed as mail servers and lists change them: each to
//! the change that was made.

mod cpu_time;
mod support;

use cpu_time::CpuTime;
use postseal_core::advice::{MessageExamination, examine_message};
use postseal_core::dkim::{Canonicalization, SignedNames, SigningSettings};
use postseal_core::dns::Answers;
use support::mail::{ed25519_key, rsa_key, settings, sign, signers_zone, split};

const PLAIN: &str = "From: Joe <joe@example.com>\r\nTo: list@list.example\r\nSubject: Tea at four\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
    At four?\r\n\r\nFrom the kettle:  \r\n.. and a pot of café au lait, said José.\r\n-- \r\nJoe\r\n";

const ENCODED: &str = "From: Joe <joe@example.com>\r\nTo: list@list.example\r\nSubject: Tea at four\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    QXQgZm91cj8NCmNhZsOpDQo=\r\n";

const ALTERNATIVE: &str = "From: Joe <joe@example.com>\r\nTo: list@list.example\r\nSubject: Tea at four\r\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n\
    --b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nAt four? Café.\r\n\
    --b1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<p>At four? Café.</p>\r\n\
    --b1--\r\n";

const FOOTER: &str =
    "_______________________________________________\r\nlist mailing list\r\nhttps://list.example/\r\n";

fn signed(message: &str, form: Canonicalization) -> String {
    // One name more than there are fields: a Reply-To that is added breaks the signature.
    let names =
        "from:to:subject:date:message-id:reply-to:mime-version:content-type:content-transfer-encoding";
    let signed_names = SignedNames::parse(names).expect("names");
    let settings = SigningSettings { header_form: form, body_form: form, signed_names, ..settings("ed") };
    String::from_utf8(sign(message.as_bytes(), &settings, &ed25519_key()).expect("signs")).expect("UTF-8")
}

fn examine(message: &[u8]) -> MessageExamination {
    let (section, body) = split(message);
    let zone = signers_zone();
    let mut answers = Answers::new(&zone);
    examine_message(&section, body, 1_700_000_000, &mut answers).expect("a zone answers")
}

fn ids(message: &str) -> Vec<&'static str> {
    examine(message.as_bytes()).signatures[0].changes.iter().map(|change| change.id()).collect()
}

fn with_fields(message: &str, fields: &str) -> String {
    message.replacen("\r\n\r\n", &format!("\r\n{fields}\r\n"), 1)
}

fn parts(message: &str) -> (&str, &str) {
    message.split_once("\r\n\r\n").expect("a body")
}

fn with_body(message: &str, body: &str) -> String {
    format!("{}\r\n\r\n{body}", parts(message).0)
}

#[test]
fn what_is_not_changed_has_no_changes() {
    for message in [PLAIN, ENCODED, ALTERNATIVE] {
        for form in [Canonicalization::Relaxed, Canonicalization::Simple] {
            let found = examine(signed(message, form).as_bytes());
            assert_eq!(found.signatures[0].result.result.as_str(), "pass");
            assert!(found.signatures[0].changes.is_empty() && found.signatures[0].suspects.is_empty());
        }
    }
}

/// What was done to a message, and the changes that must be found.
type Case = (&'static str, String, &'static [&'static str]);

fn body_cases(plain: &str, encoded: &str, alternative: &str) -> Vec<Case> {
    let body = parts(plain).1;
    let wrapped_fields = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit";
    let wrapped = format!(
        "{}\r\n\r\n--w\r\n{wrapped_fields}\r\n\r\n{body}\r\n--w\r\nContent-Type: text/plain\r\n\r\n{FOOTER}--w--\r\n",
        parts(plain).0.replace(wrapped_fields, "Content-Type: multipart/mixed; boundary=\"w\""),
    );
    vec![
        ("footer", format!("{plain}{FOOTER}"), &["footer-added"]),
        ("footer behind an empty line", format!("{plain}\r\n-- \r\n{FOOTER}"), &["footer-added"]),
        ("banner", with_body(plain, &format!("CAUTION: from outside.\r\n\r\n{body}")), &["banner-added"]),
        (
            "a line within",
            plain.replacen("At four?\r\n", "At four?\r\n[image removed]\r\n", 1),
            &["lines-added"],
        ),
        (
            "footer in a part",
            alternative.replacen("Café.\r\n--b1", &format!("Café.\r\n{FOOTER}--b1"), 1),
            &["footer-added"],
        ),
        (
            "footer in two parts",
            alternative
                .replace("Café.\r\n--b1", "Café.\r\nlist footer\r\n--b1")
                .replace("</p>\r\n--b1--", "</p>\r\n<p>list footer</p>\r\n--b1--"),
            &["footer-added"],
        ),
        (
            "banner in a part",
            alternative.replacen("8bit\r\n\r\nAt", "8bit\r\n\r\nEXTERNAL SENDER\r\nAt", 1),
            &["banner-added"],
        ),
        ("escaped From", plain.replace("\r\nFrom the", "\r\n>From the"), &["from-escaped"]),
        ("doubled dots", plain.replace("\r\n.. and", "\r\n... and"), &["dots-doubled"]),
        ("bare LF", with_body(plain, &body.replace("four?\r\n", "four?\n")), &["line-ends"]),
        ("CR CR LF", with_body(plain, &body.replace("\r\n", "\r\r\n")), &["line-ends"]),
        ("cut line", plain.replace("a pot of", "a pot!\r\n  of"), &["lines-cut"]),
        (
            "8bit to quoted-printable",
            plain
                .replace("8bit", "quoted-printable")
                .replace('é', "=C3=A9")
                .replace("kettle:  \r\n", "kettle: =20\r\n"),
            &["re-encoded"],
        ),
        (
            "8bit to base64",
            with_body(
                &plain.replace("8bit", "base64"),
                "QXQgZm91cj8NCg0KRnJvbSB0aGUga2V0dGxlOiAgDQouLiBhbmQgYSBwb3Qgb2YgY2Fmw6kgYXUg\r\n\
                 bGFpdCwgc2FpZCBKb3PDqS4NCi0tIA0KSm9lDQo=\r\n",
            ),
            &["re-encoded"],
        ),
        (
            "base64 to 8bit",
            with_body(&encoded.replace("base64", "8bit"), "At four?\r\ncafé\r\n"),
            &["re-encoded"],
        ),
        (
            "parts to quoted-printable",
            alternative.replace("8bit", "quoted-printable").replace('é', "=C3=A9"),
            &["re-encoded"],
        ),
        ("wrapped by a list", wrapped, &["wrapped"]),
        ("another body", with_body(plain, "Something else.\r\n"), &["body-changed"]),
    ]
}

fn header_cases(plain: &str) -> Vec<Case> {
    let tagged = |tag: &str| plain.replacen("Subject: Tea", &format!("Subject: {tag}Tea"), 1);
    vec![
        ("subject tag", tagged("[list] "), &["subject-tagged"]),
        ("numbered tag", tagged("[list:00123] "), &["subject-tagged"]),
        ("tag in round brackets", tagged("(list 12) "), &["subject-tagged"]),
        ("spam mark", tagged("*****SPAM***** "), &["subject-tagged"]),
        ("external mark", tagged("EXTERNAL: "), &["subject-tagged"]),
        ("tag at the end", plain.replace("Tea at four\r\n", "Tea at four [list]\r\n"), &["subject-tagged"]),
        (
            "From rewritten",
            plain.replace(
                "From: Joe <joe@example.com>",
                "From: Joe via List <list@list.example>\r\nX-Original-From: Joe <joe@example.com>",
            ),
            &["from-rewritten"],
        ),
        (
            "To rewritten",
            plain.replace(
                "To: list@list.example",
                "X-Original-To: list@list.example\r\nTo: me@fabrikam.example",
            ),
            &["field-rewritten"],
        ),
        ("another subject", plain.replace("Tea at four\r\n", "Coffee\r\n"), &["header-changed"]),
        ("no date", plain.replace("Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n", ""), &["field-missing"]),
        ("a Reply-To more", with_fields(plain, "Reply-To: list@list.example\r\n"), &["field-added"]),
        (
            "subject tag and footer",
            format!("{}{FOOTER}", tagged("[list] ")),
            &["footer-added", "subject-tagged"],
        ),
        (
            "subject tag and a Reply-To more",
            with_fields(&tagged("[list] "), "Reply-To: list@list.example\r\n"),
            &["subject-tagged", "field-added"],
        ),
    ]
}

#[test]
fn each_change_is_found() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for form in [Canonicalization::Relaxed, Canonicalization::Simple] {
        let (plain, encoded, alternative) =
            (signed(PLAIN, form), signed(ENCODED, form), signed(ALTERNATIVE, form));
        let body = body_cases(&plain, &encoded, &alternative);
        for (name, message, expected) in body.into_iter().chain(header_cases(&plain)) {
            let found = ids(&message);
            if found != expected {
                wrong.push(format!("{form} {name}: {found:?}"));
            }
            cases += 1;
        }
    }
    let simple = signed(PLAIN, Canonicalization::Simple);
    for (name, message, expected) in [
        ("refolded", simple.replace("Subject: Tea at four", "Subject: Tea\r\n\tat four"), &["refolded"]),
        ("blanks lost", simple.replace("kettle:  \r\n", "kettle:\r\n"), &["body-changed"]),
    ] {
        let found = ids(&message);
        if found != expected {
            wrong.push(format!("simple {name}: {found:?}"));
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 40, "only {cases}");
}

#[test]
fn what_fails_for_another_reason_has_no_changes() {
    let message = format!("{}{FOOTER}", signed(PLAIN, Canonicalization::Relaxed)).replace("s=ed;", "s=none;");
    let found = examine(message.as_bytes());
    assert_eq!(found.signatures[0].result.result.as_str(), "permerror");
    assert!(found.signatures[0].changes.is_empty());
}

#[test]
fn the_hop_is_named() {
    let message = format!(
        "Received: from list.example by mx.fabrikam.example; Tue\r\nList-Id: <l.list.example>\r\n\
         Received: from mail.example.com by list.example; Tue\r\n{}{FOOTER}",
        signed(PLAIN, Canonicalization::Relaxed)
    );
    let found = examine(message.as_bytes());
    assert_eq!(found.signatures[0].suspects, [0]);
    assert_eq!(found.hops[0].by.as_deref(), Some("list.example"));
}

#[test]
fn several_signatures() {
    let once = signed(PLAIN, Canonicalization::Relaxed);
    let twice = sign(once.as_bytes(), &settings("rsa"), &rsa_key()).expect("signs");
    let found = examine(&[&twice[..], FOOTER.as_bytes()].concat());
    assert_eq!(found.signatures.len(), 2);
    assert!(found.signatures.iter().all(|signature| signature.changes[0].id() == "footer-added"));
}

/// The search is bounded, whatever the message: nothing of these is found, and none takes long.
#[test]
fn large_messages_end() {
    let message = signed(PLAIN, Canonicalization::Relaxed);
    let many_borders =
        with_body(&message.replace("text/plain", "x/y; boundary=b"), &"--b\r\n\r\n".repeat(40_000));
    let many_lines = with_body(&message, &"a\r\n".repeat(200_000));
    let encoded = with_body(&message.replace("8bit", "base64"), &"QXQg\r\n".repeat(80_000));
    let many_fields =
        with_fields(&message.replace("Tea", "Coffee"), &"X-Original-To: a\r\nTo: b\r\n".repeat(2_000));
    let started = CpuTime::start();
    for message in [many_borders, many_lines, encoded, many_fields] {
        assert!(!examine(message.as_bytes()).signatures[0].changes.is_empty());
    }
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}
