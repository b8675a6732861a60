use super::*;

/// What is read of a record: `p sp np adkim aspf psd t pct`, a dash for what is not there.
fn facts(record: &PolicyRecord) -> String {
    let policy = |p: Option<Policy>| p.map_or("-", Policy::as_str);
    let mode = |m| if m == AlignmentMode::Strict { 's' } else { 'r' };
    let psd = match record.psd {
        Psd::Yes => 'y',
        Psd::No => 'n',
        Psd::Unspecified => 'u',
    };
    let t = match record.t {
        Some(TestMode::Yes) => 'y',
        Some(TestMode::No) => 'n',
        None => '-',
    };
    let pct = record.pct.map_or("-".to_owned(), |p| p.to_string());
    let (p, sp, np) = (policy(record.p), policy(record.sp), policy(record.np));
    format!("{p} {sp} {np} {} {} {psd} {t} {pct}", mode(record.adkim), mode(record.aspf))
}

/// `findings` are ids and the octets that each is about.
fn check(text: &str, expected: Option<&str>, findings: &[(&str, &str)]) {
    let read = PolicyRecord::read(text.as_bytes());
    assert_eq!(read.record.as_ref().map(facts).as_deref(), expected, "{text:?}");
    let got: Vec<(&str, &str)> = read.findings.iter().map(|f| (f.kind.id(), &text[f.span.clone()])).collect();
    assert_eq!(got, findings, "{text:?}");
    assert_eq!(PolicyRecord::is_one(text.as_bytes()), read.record.is_some(), "{text:?}");
}

#[test]
fn reads_what_rfc_9989_allows() {
    check("v=DMARC1; p=none", Some("none - - r r u - -"), &[]);
    check("v=DMARC1;p=reject;", Some("reject - - r r u - -"), &[]);
    check("v = DMARC1 ; p = quarantine ; ", Some("quarantine - - r r u - -"), &[]);
    check("V=DMARC1; P=Reject; ADKIM=S", Some("reject - - s r u - -"), &[]);
    check(
        "v=DMARC1; p=none; sp=quarantine; np=reject; adkim=s; aspf=s; psd=n; t=y; fo=1:d:s",
        Some("none quarantine reject s s n y -"),
        &[],
    );
    check("v=DMARC1; p=none; psd=y; t=n; adkim=r; aspf=r", Some("none - - r r y n -"), &[]);
    check("v=DMARC1; p=none; psd=u; fo=d", Some("none - - r r u - -"), &[]);
    check(
        "v=DMARC1; p=reject; rua=mailto:a@x.example, mailto:b@y.example",
        Some("reject - - r r u - -"),
        &[],
    );
}

#[test]
fn keeps_what_is_odd() {
    // No policy
    check("v=DMARC1", Some("- - - r r u - -"), &[("dmarc.policy-missing", "v=DMARC1")]);
    check("v=DMARC1; p=", Some("- - - r r u - -"), &[("dmarc.policy-missing", "p")]);
    check("v=DMARC1; sp=none", Some("- none - r r u - -"), &[("dmarc.policy-missing", "v=DMARC1; sp=none")]);
    // Values
    check("v=DMARC1; p=nothing", Some("- - - r r u - -"), &[("dmarc.bad-value", "nothing")]);
    check(
        "v=DMARC1; p=none; sp=x; np=",
        Some("none - - r r u - -"),
        &[("dmarc.bad-value", "x"), ("dmarc.bad-value", "np")],
    );
    check(
        "v=DMARC1; p=none; adkim=strict; t=maybe; psd=x; fo=2",
        Some("none - - r r u - -"),
        &[
            ("dmarc.bad-value", "strict"),
            ("dmarc.bad-value", "maybe"),
            ("dmarc.bad-value", "x"),
            ("dmarc.bad-value", "2"),
        ],
    );
    check("v=DMARC1; p=none; fo=0:1", Some("none - - r r u - -"), &[("dmarc.bad-value", "0:1")]);
    check("v=DMARC1; p=none; fo=d:d", Some("none - - r r u - -"), &[("dmarc.bad-value", "d:d")]);
    // Duplicates: the first counts.
    check("v=DMARC1; p=none; p=reject", Some("none - - r r u - -"), &[("dmarc.duplicate-tag", "p=reject")]);
    check("v=DMARC1; p=none; v=DMARC1", Some("none - - r r u - -"), &[("dmarc.duplicate-tag", "v=DMARC1")]);
    // Removed and unknown tags; the order
    check(
        "v=DMARC1; pct=100; p=none",
        Some("none - - r r u - 100"),
        &[("dmarc.pct", "100"), ("dmarc.tag-order", "p=none")],
    );
    check(
        "v=DMARC1; p=none; pct=0; rf=afrf; ri=86400",
        Some("none - - r r u - 0"),
        &[("dmarc.pct", "0"), ("dmarc.removed-tag", "afrf"), ("dmarc.removed-tag", "86400")],
    );
    check(
        "v=DMARC1; p=none; pct=101",
        Some("none - - r r u - -"),
        &[("dmarc.pct", "101"), ("dmarc.bad-value", "101")],
    );
    check(
        "v=DMARC1; p=none; policy=x; x_y-z=1",
        Some("none - - r r u - -"),
        &[("dmarc.unknown-tag", "policy"), ("dmarc.unknown-tag", "x_y-z")],
    );
    // Syntax
    check("v=DMARC1; p=none;; sp=none", Some("none none - r r u - -"), &[("dmarc.syntax", ";;")]);
    check("v=DMARC1; p=none; sp", Some("none - - r r u - -"), &[("dmarc.syntax", "sp")]);
    check(
        "v=DMARC1; p none",
        Some("- - - r r u - -"),
        &[("dmarc.syntax", "p none"), ("dmarc.policy-missing", "v=DMARC1; p none")],
    );
    check(
        "v=DMARC1; =none; p=none",
        Some("none - - r r u - -"),
        &[("dmarc.syntax", "=none"), ("dmarc.tag-order", "p=none")],
    );
    check(
        "v=DMARC1; p=none; rua=mailto:a@x.example; rua =",
        Some("none - - r r u - -"),
        &[("dmarc.duplicate-tag", "rua =")],
    );
    // Quotation marks in a value
    check(
        "v=DMARC1; p=\"none\"",
        Some("- - - r r u - -"),
        &[("dmarc.quotes", "\""), ("dmarc.bad-value", "\"none\"")],
    );
    check(
        "v=DMARC1; p=none; rua=\u{201c}mailto:a@x.example\u{201d}",
        Some("none - - r r u - -"),
        &[("dmarc.quotes", "\u{201c}"), ("dmarc.rua-syntax", "\u{201c}mailto:a@x.example\u{201d}")],
    );
}

#[test]
fn reads_report_addresses() {
    check(
        "v=DMARC1; p=none; rua=a@x.example",
        Some("none - - r r u - -"),
        &[("dmarc.rua-syntax", "a@x.example")],
    );
    check(
        "v=DMARC1; p=none; rua=mailto:a@x.example!10m,b",
        Some("none - - r r u - -"),
        &[("dmarc.rua-size", "mailto:a@x.example!10m"), ("dmarc.rua-syntax", "b")],
    );
    check("v=DMARC1; p=none; rua=", Some("none - - r r u - -"), &[("dmarc.rua-syntax", "")]);
    check(
        "v=DMARC1; p=none; rua=mailto:a@x.example,",
        Some("none - - r r u - -"),
        &[("dmarc.rua-syntax", "mailto:a@x.example,")],
    );
    let record = PolicyRecord::read(
        b"v=DMARC1; rua=mailto:a@x.example , x, https://y.example/; ruf=mailto:c@z.example",
    );
    let record = record.record.expect("a record");
    let uris = |uris: &[ReportUri]| uris.iter().map(|u| u.uri.clone()).collect::<Vec<_>>();
    assert_eq!(uris(&record.rua), ["mailto:a@x.example", "https://y.example/"]);
    assert_eq!(uris(&record.ruf), ["mailto:c@z.example"]);
}

#[test]
fn what_does_not_begin_with_the_version_is_no_record() {
    for unrelated in ["", ";", "v=spf1 -all", "google-site-verification=x", "v=DKIM1; p=AAAA", "hello", "v"] {
        check(unrelated, None, &[]);
    }
    check("v=dmarc1; p=none", None, &[("dmarc.case", "dmarc1")]);
    check("v=Dmarc1", None, &[("dmarc.case", "Dmarc1")]);
    check("v=DMARC1 p=none", None, &[("dmarc.syntax", "DMARC1 p=none")]);
    check("v=DMARC1, p=none", None, &[("dmarc.syntax", "DMARC1, p=none")]);
    check("v=DMARC12; p=none", None, &[("dmarc.syntax", "DMARC12")]);
    check("p=none; v=DMARC1", None, &[("dmarc.syntax", "v=DMARC1")]);
    check("p=none; rua=mailto:a@x.example", None, &[("dmarc.syntax", "p=none; rua=mailto:a@x.example")]);
    check("\"v=DMARC1; p=none\"", None, &[("dmarc.quotes", "\"")]);
    check("\u{201c}v=DMARC1; p=none\u{201d}", None, &[("dmarc.quotes", "\u{201c}")]);
    check("v=\"DMARC1\"; p=none", None, &[("dmarc.quotes", "\"")]);
    check("v=\u{201c}DMARC1\u{201d}; p=none", None, &[("dmarc.quotes", "\u{201c}")]);
}

#[test]
fn is_bounded() {
    let many = "v=DMARC1; p=none".to_owned() + &"; x=1".repeat(10_000);
    assert_eq!(PolicyRecord::read(many.as_bytes()).findings.len(), MAX_FINDINGS);
    let many =
        "v=DMARC1; p=none; rua=".to_owned() + &"mailto:a@x.example,".repeat(3000) + "mailto:b@x.example";
    let record = PolicyRecord::read(many.as_bytes()).record.expect("a record");
    assert_eq!(record.rua.len(), MAX_REPORT_URIS);
}
