//! Master files as people paste them: RFC 1035 §5's own example, what DNS hosts
//! and tools print, and the mistakes that are made with them.

use postseal_core::dns::{DomainName, Outcome, RecordType, Records, TxtRecord};
use postseal_dns::master_file::{FindingKind, MasterFile, Wrong, Zones, write_data};

/// One line a record: `name ttl type data`.
fn written(file: &str) -> Vec<String> {
    let file = MasterFile::read(file.as_bytes()).unwrap_or_else(|e| panic!("{e} in {file:?}"));
    let line = |r: &postseal_dns::master_file::SourceRecord| {
        format!("{} {} {} {}", r.name, r.ttl, r.data.record_type(), write_data(&r.data))
    };
    file.records.iter().map(line).collect()
}

fn findings(file: &str) -> Vec<(usize, FindingKind)> {
    let file = MasterFile::read(file.as_bytes()).unwrap_or_else(|e| panic!("{e} in {file:?}"));
    file.findings.into_iter().map(|f| (f.line, f.kind)).collect()
}

#[test]
fn rfc_1035_section_5_3() {
    let file = "\
$ORIGIN ISI.EDU.
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32
";
    assert_eq!(
        written(file),
        [
            "isi.edu 3600 SOA venera.isi.edu. . 20 0 0 0 60",
            "isi.edu 3600 NS a.isi.edu.",
            "isi.edu 3600 NS venera.isi.edu.",
            "isi.edu 3600 MX 10 venera.isi.edu.",
            "isi.edu 3600 MX 20 vaxa.isi.edu.",
            "a.isi.edu 3600 A 26.3.0.103",
            "venera.isi.edu 3600 A 10.1.0.52",
            "venera.isi.edu 3600 A 128.9.0.32",
        ]
    );
}

#[test]
fn what_people_paste() {
    let check = |file: &str, expected: &[&str]| assert_eq!(written(file), expected, "{file}");
    let policy = r#"_dmarc.contoso.example 3600 TXT "v=DMARC1; p=none""#;
    // The article's own line, in a file of its own, without any final dot.
    check(r#"_dmarc.contoso.example 3600 IN TXT "v=DMARC1; p=none""#, &[policy]);
    // dig's answer.
    check(
        "; <<>> DiG 9.18 <<>>\n;; ANSWER SECTION:\n_dmarc.contoso.example.\t3600\tIN\tTXT\t\"v=DMARC1; p=none\"\n\n;; Query time: 3 msec\n",
        &[policy],
    );
    // With Windows line ends, a byte order mark and class before TTL.
    check("\u{feff}$ORIGIN contoso.example.\r\n_dmarc IN 1h TXT \"v=DMARC1; p=none\"\r\n", &[policy]);
    // Copied with the indentation of a mail or a list.
    check("    _dmarc.contoso.example. 3600 IN TXT \"v=DMARC1; p=none\"\n", &[policy]);
    // opendkim-genkey.
    check(
        "$ORIGIN contoso.example.\n$TTL 300\ndefault._domainkey\tIN\tTXT\t( \"v=DKIM1; k=rsa; \"\n\t  \"p=MIIB\" )  ; ----- DKIM key default for contoso.example\n",
        &[r#"default._domainkey.contoso.example 300 TXT "v=DKIM1; k=rsa; " "p=MIIB""#],
    );
    // Units, repeated owners, wildcards, the origin, null MX, IPv6.
    check(
        "$TTL 1h30m\n$ORIGIN Contoso.example.\n@ MX 0 .\n* A 192.0.2.1\n  AAAA 2001:db8::1\n$ORIGIN sub\nx 1d TXT a\n",
        &[
            "contoso.example 5400 MX 0 .",
            "*.contoso.example 5400 A 192.0.2.1",
            "*.contoso.example 5400 AAAA 2001:db8::1",
            "x.sub.contoso.example 86400 TXT \"a\"",
        ],
    );
    // A name of a word that could be a type, and U-labels.
    check(
        "$ORIGIN example.\nmx 60 A 192.0.2.1\nbücher 60 A 192.0.2.2\n",
        &["mx.example 60 A 192.0.2.1", "xn--bcher-kva.example 60 A 192.0.2.2"],
    );
    check("", &[]);
}

#[test]
fn odd_but_usable() {
    let check = |file: &str, expected: &[(usize, FindingKind)]| {
        assert_eq!(findings(&format!("$ORIGIN contoso.example.\n{file}")), expected, "{file}");
    };
    let text = |t: &str| t.to_owned();
    check(
        "@ IN CAA 0 issue \"ca.example\"\n@ TYPE65280 \\# 1 00\n",
        &[(2, FindingKind::TypeSkipped(text("CAA"))), (3, FindingKind::TypeSkipped(text("TYPE65280")))],
    );
    check("@ CH TXT x\n", &[(2, FindingKind::ClassSkipped(text("CH")))]);
    check("$INCLUDE other.zone\n", &[(2, FindingKind::DirectiveSkipped(text("$INCLUDE")))]);
    check("contoso.example TXT x\n", &[(2, FindingKind::OriginTwice(text("contoso.example")))]);
    check("@ TXT v=spf1 -all\n", &[(2, FindingKind::JoinedWithoutBlanks)]);
    check("_dmarc TXT v=DMARC1; p=none\n", &[(2, FindingKind::CutBySemicolon)]);
    check("@ TXT “v=spf1\u{a0}-all”\n", &[(2, FindingKind::CurlyQuotes)]);
    check(&format!("k TXT \"{}\"\n", "x".repeat(300)), &[(2, FindingKind::LongString)]);
    check("a CNAME b\na A 192.0.2.1\n", &[(2, FindingKind::CnameBesideOthers(text("a.contoso.example")))]);
    check("a TXT \"one\" ; a comment\n", &[]);
    let assumed = FindingKind::TakenAsAbsolute(text("a.example"));
    assert_eq!(findings("a.example A 192.0.2.1\nb.example A 192.0.2.2\n"), [(1, assumed)]);
    assert_eq!(findings("c.example. SOA ns h 1 1 1 1 1\n_dmarc TXT \"v=DMARC1\"\n"), []);
}

#[test]
fn refused_with_the_place() {
    let check = |file: &[u8], line: usize, expected: &str| {
        let error = MasterFile::read(file).expect_err("refused");
        assert_eq!((error.line, error.wrong.to_string().as_str()), (line, expected));
    };
    check(b"_dmarc 3600 IN TXT \"v=DMARC1\"", 1, "the name \"_dmarc\" needs an $ORIGIN");
    check(b"selector1._domainkey CNAME a.example.", 1, "the name \"selector1._domainkey\" needs an $ORIGIN");
    check(b"@ TXT x", 1, "the name \"@\" needs an $ORIGIN");
    check(b"a.example. A 192.0.2.999", 1, "\"192.0.2.999\" is not a valid IPv4 address");
    check(b"\n\na.example. AAAA 192.0.2.1", 3, "\"192.0.2.1\" is not a valid IPv6 address");
    check(
        b"a.example. MX b.example.",
        1,
        "\"b.example.\" is not a valid preference (a number before the host)",
    );
    check(b"a.example. MX 10", 1, "there is no name");
    check(b"a.example. TXT", 1, "there is no text");
    check(b"a.example. 60 IN", 1, "there is no record type");
    check(b"a.example. A 192.0.2.1 192.0.2.2", 1, "\"192.0.2.2\" is more than this type takes");
    check(b"a.example. TXT \"v=spf1 -all", 1, "a quotation mark is not closed");
    check(b"a.example. TXT (\n\"x\"\n", 1, "a parenthesis is not closed");
    check(b"a.example. TXT x )", 1, "a closing parenthesis has no opening one");
    check(b"a.example. TXT \\999", 1, "a backslash is followed by digits that make no octet");
    check(b"  A 192.0.2.1", 1, "there is no name before the type");
    check(b"v=spf1 -all", 1, "\"-all\" is not a record type");
    check(b"$FOO x", 1, "\"$FOO\" is not known");
    check(b"$TTL soon", 1, "\"soon\" is not a valid time to live");
    check(b"\x7fELF\x00\x01", 1, "this is not a text file");
    check(
        "\u{feff}a".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>().as_slice(),
        1,
        "this is not a text file",
    );
    check(
        &[b"a.example. A ".as_slice(), &[b'9'; 5000]].concat(),
        1,
        &format!("{:?} is not a valid IPv4 address", "9".repeat(Wrong::SHOWN)),
    );
    check(b"a..example. A 192.0.2.1", 1, "\"a..example.\" is not a domain name");
    check(b"a\\.b.example. A 192.0.2.1", 1, "\"a\\\\.b.example.\" is not a domain name");
}

#[test]
fn files_merge_and_equal_records_are_one() {
    let mut zones = Zones::new();
    for file in
        ["a.example. 60 TXT \"v=spf1 -all\"\n", "A.example. 60 TXT \"v=spf1 -all\"\nb.example. TXT x\n"]
    {
        zones.add(&MasterFile::read(file.as_bytes()).expect("reads"));
    }
    let name = |text: &str| DomainName::parse(text).expect("a test name");
    let text = Records::Txt(vec![TxtRecord::from_strings(&["v=spf1 -all"])]);
    assert_eq!(zones.zone().answer(&name("a.example"), RecordType::Txt).outcome, Outcome::Records(text));
    assert!(zones.covers(&name("b.example")) && zones.covers(&name("no.such.b.example")));
    assert!(!zones.covers(&name("example")) && !zones.covers(&name("c.example")));
    assert!(zones.lies_above(&name("_dmarc.example")) && zones.lies_above(&name("example")));
    assert!(!zones.lies_above(&name("_dmarc.a.example")) && !zones.lies_above(&name("_dmarc.other")));
}

#[test]
fn never_panics_and_never_loops() {
    let seeds = [
        "$ORIGIN a.\n@ TXT (\"x\\\"\" ; c\n y )\n",
        "\\",
        "\"",
        "(",
        "a.example. MX 1 b",
        "$",
        "a \\000 \\",
        ";",
    ];
    for seed in seeds {
        let octets = seed.as_bytes();
        for end in 0..=octets.len() {
            for wild in [b'\\', b'"', b'(', b')', b';', b'\n', b' ', 0xff, b'$', b'@', b'1'] {
                let mut cut = octets[..end].to_vec();
                cut.push(wild);
                cut.extend_from_slice(&octets[end..]);
                let _ = MasterFile::read(&cut);
            }
        }
    }
}
