//! The Authentication-Results field (RFC 8601): the examples of its appendix B,
//! what other writers make of it, and that no input breaks out of ours.

use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use postseal_core::verdict::{
    Authentication, AuthenticationResults, AuthservId, FieldDefect, Form, Keyword, MethodResult, Options,
    Property, Verdict, claims,
};
use proptest::prelude::*;

/// One line for each result: method, result, comment, reason, properties.
fn lines(field: &AuthenticationResults) -> Vec<String> {
    let line = |r: &MethodResult| {
        let mut line = format!("{}={}", r.method, r.result);
        for (mark, text) in [('#', &r.comment), ('!', &r.reason)] {
            if let Some(text) = text {
                line += &format!(" {mark}{text}");
            }
        }
        for Property { ptype, name, value } in &r.properties {
            let ptype = ptype.as_ref().map_or(String::new(), |t| format!("{t}."));
            line += &format!(" {ptype}{name}={value}");
        }
        line
    };
    field.results.iter().map(line).collect()
}

fn check(body: &str, id: Option<&str>, expected: &[&str], defects: &[FieldDefect]) {
    let read = AuthenticationResults::read(body.as_bytes());
    assert_eq!(read.field.authserv_id.as_deref(), id, "{body:?}");
    assert_eq!(lines(&read.field), expected, "{body:?}");
    let got: Vec<FieldDefect> = read.findings.iter().map(|f| f.defect).collect();
    assert_eq!(got, defects, "{body:?}");
}

#[test]
fn appendix_b() {
    check(" example.org 1; none", Some("example.org"), &[], &[]);
    check(
        " example.com;\r\n          spf=pass smtp.mailfrom=example.net",
        Some("example.com"),
        &["spf=pass smtp.mailfrom=example.net"],
        &[],
    );
    check(
        " example.com;\r\n  auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n  spf=pass smtp.mailfrom=example.net",
        Some("example.com"),
        &["auth=pass #cram-md5 smtp.auth=sender@example.net", "spf=pass smtp.mailfrom=example.net"],
        &[],
    );
    check(
        " example.com;\r\n dkim=pass reason=\"good signature\"\r\n  header.i=@mail-router.example.net;\r\n \
         dkim=fail reason=\"bad signature\"\r\n  header.i=@newyork.example.com",
        Some("example.com"),
        &[
            "dkim=pass !good signature header.i=@mail-router.example.net",
            "dkim=fail !bad signature header.i=@newyork.example.com",
        ],
        &[],
    );
    // B.7, all comments that can be
    check(
        " foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n      \
         policy (A dot can go here) . (like that) expired\r\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
        Some("foo.example.net"),
        &["dkim=fail policy.expired=1362471462"],
        &[],
    );
}

#[test]
fn other_writers() {
    use FieldDefect as D;
    // facts of Exchange Online: no authserv-id, bare parts, properties without type
    check(
        " spf=fail (sender IP is 10.10.10.10) smtp.mailfrom=contoso.com; dkim=fail (body hash did not verify) \
         header.d=contoso.com;dmarc=fail action=none header.from=contoso.com;compauth=pass reason=130",
        None,
        &[
            "spf=fail #sender IP is 10.10.10.10 smtp.mailfrom=contoso.com",
            "dkim=fail #body hash did not verify header.d=contoso.com",
            "dmarc=fail action=none header.from=contoso.com",
            "compauth=pass !130",
        ],
        &[D::NoAuthservId, D::NoPropertyType],
    );
    check(
        " spf=none (x) smtp.mailfrom=a.example; contoso.com; dkim=pass header.d=b.example; contoso.com; dmarc=none",
        None,
        &["spf=none #x smtp.mailfrom=a.example", "dkim=pass header.d=b.example", "dmarc=none"],
        &[D::NoAuthservId, D::NotAResult, D::NotAResult],
    );
    check(
        " mx.google.com;\r\n dkim=pass header.i=@example.com header.s=x header.b=ab/cd+e=;\r\n \
         spf=pass (google.com: domain of a@b.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@b.example;\r\n \
         dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=example.com",
        Some("mx.google.com"),
        &[
            "dkim=pass header.i=@example.com header.s=x header.b=ab/cd+e=",
            "spf=pass #google.com: domain of a@b.example designates 192.0.2.1 as permitted sender smtp.mailfrom=a@b.example",
            "dmarc=pass #p=REJECT sp=NONE dis=NONE header.from=example.com",
        ],
        &[],
    );
    check(
        "mx.example; iprev=fail policy.iprev=\"2001:db8::1\" (x)",
        Some("mx.example"),
        &["iprev=fail policy.iprev=2001:db8::1"],
        &[],
    );
    check(
        "\"mx;example\"; spf=pass smtp.mailfrom=\"a;b\"@x.example",
        Some("mx;example"),
        &["spf=pass smtp.mailfrom=\"a;b\"@x.example"],
        &[],
    );
    check("mx.example; spf=pass smtp.mailfrom=", Some("mx.example"), &["spf=pass"], &[D::NotAProperty]);
    check("mx.example; (null)=pass; spf=pass", Some("mx.example"), &["spf=pass"], &[D::NotAResult]);
    check(
        "mx.example; spf; dkim=; =x; dmarc=pass;",
        Some("mx.example"),
        &["dmarc=pass"],
        &[D::NotAResult, D::NotAResult, D::NotAResult],
    );
    check("mx.example foo bar; spf=pass", Some("mx.example"), &["spf=pass"], &[D::NotAResult]);
    check("mx.example", Some("mx.example"), &[], &[D::NoResult]);
    check("mx.example; none; spf=pass", Some("mx.example"), &["spf=pass"], &[]);
    check("", None, &[], &[D::NoAuthservId, D::NoResult]);
    check(" none", None, &[], &[D::NoAuthservId]);
    check("; spf=pass", None, &["spf=pass"], &[D::NoAuthservId]);
    check("mx.example; spf=pass (x", Some("mx.example"), &["spf=pass #x"], &[D::Unclosed]);
    check("mx.example; spf=pass reason=\"x", Some("mx.example"), &["spf=pass !x"], &[D::Unclosed]);
}

#[test]
fn is_bounded() {
    let results = AuthenticationResults::read(("a;".to_owned() + &"x=y;".repeat(5000)).as_bytes());
    assert_eq!(results.field.results.len(), 100);
    let properties = AuthenticationResults::read(("a; x=y".to_owned() + &" a.b=c".repeat(5000)).as_bytes());
    assert_eq!(properties.field.results[0].properties.len(), 100);
    for piece in ["(", "(a)", "\"", "\"a\"", "\\", "=", ";", "a=b;", "a.b=c ", " ", "\u{e9}"] {
        let read = AuthenticationResults::read(piece.repeat(200_000).as_bytes());
        assert!(read.findings.len() <= 100, "{piece}");
    }
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a valid test name")
}

/// What a message from `mail_from` gets, with records for `example.org`.
fn judge(helo: &str, mail_from: &str, header: &[u8]) -> Verdict {
    let mut zone = Zone::new();
    for (owner, text) in
        [("example.org", "v=spf1 ip4:192.0.2.1 -all"), ("_dmarc.example.org", "v=DMARC1; p=reject; t=y")]
    {
        zone.add(&name(owner), 60, RecordData::Txt(TxtRecord::from_strings(&[text])));
    }
    let client = "192.0.2.1".parse().expect("an address");
    let envelope = Envelope { client, helo: HeloIdentity::new(helo), mail_from: MailFrom::new(mail_from) };
    let options = Options::new("mx.example.net");
    let mut message = Authentication::new(envelope, &options, 1_790_000_000);
    message.header_section(HeaderSection::parse(header.to_vec()));
    message.end_of_message();
    message.evaluate(&mut Answers::new(&zone)).expect("a zone answers everything");
    message.into_verdict().expect("evaluated")
}

#[test]
fn ours() {
    let id = AuthservId::parse("mx.example.net").expect("an authserv-id");
    let verdict = judge("mail.example.org", "jo@example.org", b"From: jo@example.org\r\n");
    assert_eq!(
        verdict.authentication_results(&id, Form::Unfolded),
        "mx.example.net; spf=pass smtp.mailfrom=example.org; \
         spf=none reason=\"mail.example.org does not exist\" smtp.helo=mail.example.org; dkim=none; arc=none; \
         dmarc=pass header.from=example.org policy.dmarc=quarantine"
    );
    assert_eq!(
        verdict.authentication_results(&id, Form::Folded),
        "mx.example.net;\r\n\tspf=pass smtp.mailfrom=example.org;\r\n\
         \tspf=none reason=\"mail.example.org does not exist\" smtp.helo=mail.example.org;\r\n\
         \tdkim=none;\r\n\tarc=none;\r\n\tdmarc=pass header.from=example.org policy.dmarc=quarantine"
    );
    let verdict = judge("mail.a-long-name.example.org", "jo@example.org", b"From: jo@example.org\r\n");
    let text = verdict.authentication_results(&id, Form::Folded);
    assert!(text.contains("does not exist\"\r\n\tsmtp.helo=mail.a-long-name.example.org;\r\n"), "{text}");
    let verdict = judge("x", "jo@example.org", b"From: a@b.example, c@d.example\r\n");
    let text = verdict.authentication_results(&id, Form::Unfolded);
    assert!(
        text.contains("dmarc=permerror reason=\"the From field has addresses of several domains"),
        "{text}"
    );
    assert!(!text.contains("header.from"), "{text}");
}

/// The field stays one that can be read, whatever a message brings.
#[test]
fn thousands_of_signatures_are_counted() {
    let id = AuthservId::parse("mx.example.net").expect("an authserv-id");
    let header = "DKIM-Signature: v=1; a=b\r\n".repeat(9_000) + "From: jo@example.org\r\n";
    let verdict = judge("mail.example.org", "jo@example.org", header.as_bytes());
    assert_eq!(verdict.dkim.len(), 9_000);
    for form in [Form::Unfolded, Form::Folded] {
        let text = verdict.authentication_results(&id, form);
        assert!(text.contains("(and 8950 more signatures that did not pass)"), "{text}");
        let read = AuthenticationResults::read(text.as_bytes());
        assert_eq!((read.field.results.len(), read.findings.as_slice()), (54, [].as_slice()), "{text}");
    }
}

/// Inputs that want to add a result of their own.
#[test]
fn nothing_breaks_out() {
    let id = AuthservId::parse("mx.example.net").expect("an authserv-id");
    let hostile = [
        "x\"; dmarc=pass header.from=bank.example",
        "x; dmarc=pass",
        "x) ; dmarc=pass (",
        "x\r\nAuthentication-Results: mx.example.net; dmarc=pass",
        "x\nX: y",
        "x\\",
        "x\\\"; dmarc=pass",
        "legit.example'a.attack.example",
        "any@legit.example(.attack.example",
        "any@legit.example'@a.attack.example",
        "\u{202e}ssap=cramd",
        "x\u{2028}dmarc=pass",
        "\0",
    ];
    for text in hostile {
        let signature = format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s={text}; i={text}@example.org; h=from; bh=; b={text}\r\n\
             From: jo@example.org\r\n"
        );
        let verdict = judge(text, &format!("{text}@example.org"), signature.as_bytes());
        let unfolded = verdict.authentication_results(&id, Form::Unfolded);
        assert!(!unfolded.contains(['\r', '\n', '\0', '\u{2028}', '\u{202e}']), "{unfolded}");
        let read = AuthenticationResults::read(unfolded.as_bytes());
        assert_eq!(read.findings, [], "{unfolded}");
        let methods: Vec<&str> = read.field.results.iter().map(|r| r.method.as_str()).collect();
        let expected = verdict.dkim.len().max(1);
        assert_eq!(methods.len(), 4 + expected, "{unfolded}");
        assert_eq!(read.field.results.iter().filter(|r| r.method == *"dmarc").count(), 1, "{unfolded}");
        // Folding changes blanks only.
        let folded = verdict.authentication_results(&id, Form::Folded);
        assert_eq!(AuthenticationResults::read(folded.as_bytes()).field, read.field);
        assert!(
            folded.replace("\r\n\t", "").bytes().all(|b| !matches!(b, b'\r' | b'\n' | b'\t')),
            "{folded}"
        );
        assert!(claims(unfolded.as_bytes(), &id) && claims(folded.as_bytes(), &id));
    }
}

fn keyword() -> impl Strategy<Value = Keyword> {
    "[A-Za-z][A-Za-z0-9_-]{0,12}".prop_map(|k| Keyword::parse(&k).expect("a keyword"))
}

/// Text that means something to a reader of the field; `?` stands for what is replaced.
fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select("\"\\()<>@,;:/[]?=. ab0'-_é佐".chars().collect::<Vec<_>>()).prop_map(String::from),
        1 => Just("; dmarc=pass".to_owned()),
        1 => Just("a@b.example".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn property() -> impl Strategy<Value = Property> {
    (keyword(), keyword(), hostile_text()).prop_map(|(ptype, name, value)| Property {
        ptype: Some(ptype),
        name,
        value,
    })
}

fn result() -> impl Strategy<Value = MethodResult> {
    let text = || prop::option::of(hostile_text());
    let properties = prop::collection::vec(property(), 0..4);
    (keyword(), prop::option::of(any::<u32>()), keyword(), text(), text(), properties).prop_map(
        |(method, version, result, comment, reason, properties)| MethodResult {
            method,
            version,
            result,
            comment,
            reason,
            properties,
        },
    )
}

fn field() -> impl Strategy<Value = AuthenticationResults> {
    (hostile_text(), prop::option::of(any::<u32>()), prop::collection::vec(result(), 0..5))
        .prop_map(|(id, version, results)| AuthenticationResults { authserv_id: Some(id), version, results })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_back_what_it_writes(field in field()) {
        for form in [Form::Unfolded, Form::Folded] {
            let text = field.write(form);
            let read = AuthenticationResults::read(text.as_bytes());
            prop_assert_eq!(&read.field, &field, "{}", text);
            prop_assert_eq!(&read.findings, &[], "{}", text);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= 998));
        }
        prop_assert!(!field.write(Form::Unfolded).contains(['\r', '\n']));
    }

    /// Whatever the characters, one field stays one field with these results.
    #[test]
    fn any_text_stays_in_its_place(text in any::<String>(), field in field()) {
        let mut field = field;
        for result in &mut field.results {
            result.comment = Some(text.clone());
            result.reason = Some(text.clone());
            result.properties.iter_mut().for_each(|p| p.value.clone_from(&text));
        }
        let written = field.write(Form::Unfolded);
        prop_assert!(!written.contains(char::is_control));
        let read = AuthenticationResults::read(written.as_bytes());
        prop_assert_eq!(read.findings, []);
        let methods = |f: &AuthenticationResults| f.results.iter().map(|r| (r.method.clone(), r.result.clone())).collect::<Vec<_>>();
        prop_assert_eq!(methods(&read.field), methods(&field));
    }

    #[test]
    fn never_panics(octets in prop::collection::vec(any::<u8>(), 0..200), text in hostile_text()) {
        let id = AuthservId::parse("mx.example").expect("an authserv-id");
        for body in [&octets, text.as_bytes()] {
            claims(body, &id);
            let read = AuthenticationResults::read(body);
            for finding in read.findings {
                prop_assert!(finding.span.start <= finding.span.end && finding.span.end <= body.len());
            }
        }
    }

    /// Who reads a field strictly and finds our name is never contradicted.
    #[test]
    fn what_reads_as_ours_claims(before in "[ (a)]{0,3}", after in hostile_text()) {
        let id = AuthservId::parse("mx.example").expect("an authserv-id");
        let body = format!("{before}mx.example{after}");
        let read = AuthenticationResults::read(body.as_bytes());
        if read.field.authserv_id.as_deref().is_some_and(|found| found.eq_ignore_ascii_case("mx.example")) {
            prop_assert!(claims(body.as_bytes(), &id), "{body:?}");
        }
    }
}
