//! Messages whose text was converted to another charset after they were signed: each to the
//! charset and the transfer encoding that it was signed in.

mod support;

use base64::Engine as _;
use encoding_rs::Encoding;
use postseal_core::advice::{Change, examine_message};
use postseal_core::dkim::{Canonicalization, SignedNames, SigningSettings};
use postseal_core::dns::Answers;
use proptest::prelude::*;
use support::mail::{ed25519_key, settings, sign, signers_zone, split};

const JAPANESE: &str =
    "お世話になっております。\r\n来週の会議は〜四時からです。(株)コントソ\r\n\r\n-- \r\n山田\r\n";

const CONTENT: &str = "mime-version:content-type:content-transfer-encoding";

fn octets(text: &str, charset: &str) -> Vec<u8> {
    // As the Encoding Standard has the wave dash.
    let text = if charset == "utf-8" { text.to_owned() } else { text.replace('\u{301c}', "\u{ff5e}") };
    let encoding = Encoding::for_label(charset.as_bytes()).expect("a charset");
    let (octets, _, has_unmappable) = encoding.encode(&text);
    assert!(!has_unmappable, "{text} in {charset}");
    octets.into_owned()
}

fn transferred(octets: &[u8], encoding: &str) -> Vec<u8> {
    match encoding {
        "base64" => {
            let text = base64::engine::general_purpose::STANDARD.encode(octets);
            let lines: Vec<&[u8]> = text.as_bytes().chunks(76).collect();
            [lines.join(&b"\r\n"[..]), b"\r\n".to_vec()].concat()
        }
        "quoted-printable" => quoted_printable(octets),
        _ => octets.to_vec(),
    }
}

fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for line in octets.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        let mut column = 0;
        for (place, octet) in text.iter().enumerate() {
            let is_last = place + 1 == text.len();
            let is_plain = octet.is_ascii_graphic() && *octet != b'=' || *octet == b' ' && !is_last;
            let written = if is_plain { char::from(*octet).to_string() } else { format!("={octet:02X}") };
            if column + written.len() > if is_last { 76 } else { 75 } {
                encoded.extend_from_slice(b"=\r\n");
                column = 0;
            }
            encoded.extend_from_slice(written.as_bytes());
            column += written.len();
        }
        encoded.extend_from_slice(&line[text.len()..]);
    }
    encoded
}

fn header(charset: &str, encoding: &str) -> String {
    format!(
        "From: Joe <joe@example.com>\r\nTo: list@list.example\r\nSubject: Tea\r\n\
         Date: Fri, 11 Jul 2003 21:00:37 -0700\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
}

fn message(text: &str, charset: &str, encoding: &str) -> Vec<u8> {
    [header(charset, encoding).as_bytes(), &transferred(&octets(text, charset), encoding)].concat()
}

/// The signature of one message on top of another.
fn changed(signed: &[u8], now: &[u8], names: &str, form: Canonicalization) -> Vec<u8> {
    let signed_names = SignedNames::parse(&format!("from:to:subject:date{names}")).expect("names");
    let settings = SigningSettings { header_form: form, body_form: form, signed_names, ..settings("ed") };
    let whole = sign(signed, &settings, &ed25519_key()).expect("signs");
    [&whole[..whole.len() - signed.len()], now].concat()
}

fn changes(message: &[u8]) -> Vec<Change> {
    let (section, body) = split(message);
    let zone = signers_zone();
    let mut answers = Answers::new(&zone);
    let examined = examine_message(&section, body, 1_700_000_000, &mut answers).expect("a zone answers");
    examined.signatures[0].changes.clone()
}

const FORMS: [(&str, &str); 9] = [
    ("iso-2022-jp", "7bit"),
    ("iso-2022-jp", "base64"),
    ("iso-2022-jp", "quoted-printable"),
    ("utf-8", "8bit"),
    ("utf-8", "base64"),
    ("utf-8", "quoted-printable"),
    ("shift_jis", "8bit"),
    ("euc-jp", "8bit"),
    ("euc-jp", "base64"),
];

#[test]
fn japanese_mail_in_any_charset_from_any_other() {
    let (mut cases, mut wrong) = (0, Vec::new());
    for (was, was_encoding) in FORMS {
        for (is, is_encoding) in FORMS.into_iter().filter(|(is, _)| *is != was) {
            let (signed, now) = (message(JAPANESE, was, was_encoding), message(JAPANESE, is, is_encoding));
            for names in ["", &format!(":{CONTENT}")] {
                let found = changes(&changed(&signed, &now, names, Canonicalization::Relaxed));
                let is_right = matches!(&found[..], [Change::CharsetConverted { from, encoding, to }]
                    if from.eq_ignore_ascii_case(was) && *encoding == was_encoding && to.eq_ignore_ascii_case(is));
                if !is_right {
                    wrong.push(format!("{was} {was_encoding} as {is} {is_encoding}{names}: {found:?}"));
                }
                cases += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 100, "only {cases}");
}

fn ids(found: &[Change]) -> Vec<&'static str> {
    found.iter().map(Change::id).collect()
}

#[test]
fn with_other_changes_and_near_misses() {
    let signed = message(JAPANESE, "iso-2022-jp", "7bit");
    let now = message(JAPANESE, "utf-8", "8bit");
    let replaced = |now: &[u8], from: &str, to: &str| {
        let text = String::from_utf8(now.to_vec()).expect("UTF-8");
        assert!(text.contains(from), "{from}");
        text.replace(from, to).into_bytes()
    };
    let footer = [&now[..], "____\r\nメーリングリスト\r\n".as_bytes()].concat();
    let content = format!(":{CONTENT}");
    let cafe = |charset: &str| message("Le café est ouvert.\r\n", charset, "8bit");
    let unlabelled = replaced(&now, "; charset=utf-8", "");
    for (name, signed, now, names, expected) in [
        ("a footer as well", &signed, &footer, "", &["charset-converted", "footer-added"][..]),
        (
            "a tag in the subject as well",
            &signed,
            &replaced(&now, "Subject: Tea", "Subject: [list] Tea"),
            &content,
            &["charset-converted", "subject-tagged"],
        ),
        ("no charset named", &signed, &unlabelled, "", &["charset-converted"]),
        (
            "the old charset still named",
            &signed,
            &replaced(&now, "charset=utf-8", "charset=iso-2022-jp"),
            &content,
            &["charset-converted"],
        ),
        (
            "another charset name",
            &signed,
            &unlabelled,
            &content,
            &["charset-converted", "content-type-field"],
        ),
        (
            "another subject",
            &signed,
            &replaced(&now, "Subject: Tea", "Subject: Coffee"),
            "",
            &["charset-converted", "header-changed"],
        ),
        ("Latin", &cafe("iso-8859-1"), &cafe("utf-8"), &content, &["charset-converted"]),
        ("one character is another", &signed, &replaced(&now, "四時", "五時"), "", &["body-changed"]),
        ("a character no JIS table has", &signed, &replaced(&now, "四時", "四時🍵"), "", &["body-changed"]),
        (
            "a label that lies",
            &signed,
            &replaced(&cafe("utf-8"), "utf-8", "x-unknown"),
            "",
            &["body-changed"],
        ),
    ] {
        let found = changes(&changed(signed, now, names, Canonicalization::Relaxed));
        assert_eq!(ids(&found), expected, "{name}: {found:?}");
    }
    let simple = changes(&changed(&signed, &now, &content, Canonicalization::Simple));
    assert_eq!(ids(&simple), ["charset-converted"]);
    assert_eq!(changes(&changed(&signed, &signed, &content, Canonicalization::Simple)), []);
}

fn alternative(charset: &str, encoding: &str, quote: &str) -> Vec<u8> {
    let part = |kind: &str, text: &str| {
        let head = format!(
            "--b1\r\nContent-Type: text/{kind};\r\n charset={quote}{charset}{quote}\r\n\
             Content-Transfer-Encoding: {encoding}\r\n\r\n"
        );
        [head.into_bytes(), transferred(&octets(text, charset), encoding)].concat()
    };
    let head = header("x", "7bit").replace("text/plain; charset=x", "multipart/alternative; boundary=b1");
    let (plain, html) = (part("plain", "お茶は四時です。\r\n"), part("html", "<p>お茶は四時です。</p>\r\n"));
    [head.as_bytes(), &plain, &html, b"--b1--\r\n"].concat()
}

#[test]
fn parts_of_a_message() {
    for (was, was_encoding, quote) in
        [("ISO-2022-JP", "7bit", ""), ("UTF-8", "base64", "\""), ("Shift_JIS", "8bit", "\"")]
    {
        for (is, is_encoding) in [("utf-8", "8bit"), ("utf-8", "base64"), ("euc-jp", "quoted-printable")] {
            if was.eq_ignore_ascii_case(is) {
                continue;
            }
            let (signed, now) = (alternative(was, was_encoding, quote), alternative(is, is_encoding, "\""));
            let found = changes(&changed(&signed, &now, &format!(":{CONTENT}"), Canonicalization::Relaxed));
            let to = if is == "utf-8" { "UTF-8" } else { "EUC-JP" };
            let expected = Change::CharsetConverted { from: was, encoding: was_encoding, to };
            assert_eq!(found, [expected], "{was} {was_encoding} as {is} {is_encoding}");
            let other = String::from_utf8_lossy(&now).replace("text/html", "text/other").into_bytes();
            let found = changes(&changed(&signed, &other, "", Canonicalization::Relaxed));
            assert_eq!(ids(&found), ["body-changed"], "{was} as {is}, another type");
        }
    }
}

/// Nothing is found, and the search ends: the slowest characters to convert, in every charset.
#[test]
fn large_texts_end() {
    let signed = message(JAPANESE, "iso-2022-jp", "7bit");
    let started = std::time::Instant::now();
    for text in ["熙腕\u{2014}".repeat(20_000), "熙\r\n".repeat(40_000), "熙腕".repeat(200_000)] {
        let now = [header("utf-8", "8bit").as_bytes(), text.as_bytes()].concat();
        let found = changes(&changed(&signed, &now, "", Canonicalization::Relaxed));
        assert_eq!(ids(&found), ["body-changed"]);
    }
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever Japanese text there is, converting it can be undone.
    #[test]
    fn any_text(lines in proptest::collection::vec("[ぁ-んァ-ヴ一二三四五六七八九a-z、。〜 ]{0,30}お茶", 1..12)) {
        let text = lines.join("\r\n") + "\r\n";
        let (signed, now) = (message(&text, "iso-2022-jp", "7bit"), message(&text, "utf-8", "base64"));
        let found = changes(&changed(&signed, &now, "", Canonicalization::Relaxed));
        prop_assert_eq!(ids(&found), ["charset-converted"]);
    }
}
