//! Mail from inside: who may sign as whom, and how it is signed.

use super::*;

#[test]
fn signatures_expire_and_cover_subdomains_where_that_is_set() {
    let settings = "[sign]\nexpire_after = \"14d\"\n\
        [[sign.domain]]\nname = \"contoso.example\"\nselector = \"s1\"\nkey_file = \"rsa.pem\"\nsubdomains = true\n\
        [[sign.domain]]\nname = \"fabrikam.example\"\nselector = \"s1\"\nkey_file = \"rsa.pem\"\nexpire_after = \"6d\"\n\
        [[sign.source]]\nlogin = \"*\"\nall_domains = true\n";
    let (node, _names) = node(settings);
    let jo = Session { login: Some("jo"), ..OUTSIDE };
    let check = |author: &str, expected: Option<(&str, u64)>| {
        let from = format!(" jo@{author}");
        let outcome = send(&node, &jo, &Message::new("<jo@contoso.example>", &[("From", from.as_str())]));
        let signatures = outcome.message.values("DKIM-Signature");
        let Some((domain, days)) = expected else { return assert!(signatures.is_empty(), "{author}") };
        assert_eq!(dkim_results(&outcome.message), of(&[("pass", domain)]), "{author}");
        let signature: String = signatures[0].split_whitespace().collect();
        let tag = |name: &str| {
            let value = signature.split(';').find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_else(|| panic!("no {name}= in {signature}")).parse::<u64>().expect("a number")
        };
        assert_eq!(tag("x") - tag("t"), days * 86_400, "{author}");
    };
    check("contoso.example", Some(("contoso.example", 14)));
    check("news.eu.contoso.example", Some(("contoso.example", 14)));
    check("fabrikam.example", Some(("fabrikam.example", 6)));
    check("news.fabrikam.example", None);
    check("evilcontoso.example", None);
}

#[test]
fn signs_own_mail_as_whom_it_may() {
    let (mut node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let contoso = of(&[("pass", "contoso.example")]);
    let check = |session: &Session, from: &[&str], expected: &[(String, String)]| {
        let mut message = Message::new("<jo@contoso.example>", &[("Subject", " \ttabs\r\n  and folds ")]);
        message.fields.extend(from.iter().map(|from| ("From".to_owned(), format!(" {from}"))));
        message.body = b"Hello  \r\n\r\n\r\n".repeat(10_000);
        let outcome = send(&node, session, &message);
        assert_eq!(outcome.answer, 'c');
        assert_eq!(dkim_results(&outcome.message), expected, "{from:?}");
        outcome
    };
    let outcome = check(&jo, &["jo@contoso.example"], &contoso);
    assert!(outcome.message.values("DKIM-Signature")[0].contains("c=simple/simple"));
    let line = node.message(0);
    assert_eq!((&line["queue_id"], &line["action"]), (&"4ZxyQ".into(), &"sign".into()));
    assert_eq!(
        (&line["selectors"], &line["login"]),
        (&serde_json::json!(["s1"]), &"jo@contoso.example".into())
    );
    // Somebody else's, nobody's, several.
    check(&jo, &["jo@fabrikam.example"], &[]);
    check(&jo, &["jo@other.example"], &[]);
    check(&jo, &[], &[]);
    check(&jo, &["jo@contoso.example, amy@contoso.example"], &[]);
    check(&jo, &["jo@contoso.example", "jo@contoso.example"], &[]);
    // A login without a source.
    check(&Session { login: Some("jo@fabrikam.example"), ..OUTSIDE }, &["jo@fabrikam.example"], &[]);
    // sendmail(1).
    check(&LOCAL, &["root@fabrikam.example"], &of(&[("pass", "fabrikam.example")]));
    // Two header sections in one: which of them would be signed?
    let mut ambiguous = Message::new("<jo@contoso.example>", &PLAIN);
    ambiguous.fields.push(("X".to_owned(), " a\rFrom: b@contoso.example".to_owned()));
    let outcome = send(&node, &jo, &ambiguous);
    assert!(outcome.answer == 'y' && outcome.text.starts_with("550 5.6.0 "), "{}", outcome.text);
    let strict = Session { login: Some("strict"), ..OUTSIDE };
    let foreign = Message::new("<x@contoso.example>", &[("From", " x@fabrikam.example")]);
    let outcome = send(&node, &strict, &foreign);
    assert_eq!(
        (outcome.answer, outcome.text.as_str()),
        ('y', "550 5.7.1 You may not send mail as fabrikam.example")
    );
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn a_second_signature_only_on_its_route() {
    let (node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let mut message = Message::new("<jo@contoso.example>", &PLAIN);
    message.recipients.push("<amy@mail.partner.example>".to_owned());
    let outcome = send(&node, &jo, &message);
    let contoso = ("pass", "contoso.example");
    assert_eq!(dkim_results(&outcome.message), of(&[contoso, contoso]));
    let signatures = outcome.message.values("DKIM-Signature");
    assert!(signatures[0].contains("a=rsa-sha256") && signatures[1].contains("a=ed25519-sha256"));
}

#[test]
fn mail_that_must_be_signed_waits_for_its_key() {
    let (node, _names) = node(SIGNING);
    let jo = Session { login: Some("jo@contoso.example"), ..OUTSIDE };
    let message = Message::new("<jo@contoso.example>", &PLAIN);
    let (key, away) = (node.path("rsa.pem"), node.path("away.pem"));
    std::fs::rename(&key, &away).expect("moved");
    let outcome = send(&node, &jo, &message);
    assert!(outcome.answer == 'y' && outcome.text.starts_with("451 4.7.5 "), "{}", outcome.text);
    let line = node.message(0);
    assert_eq!((&line["level"], &line["action"]), (&"error".into(), &"defer".into()));
    assert!(line["reason"].as_str().is_some_and(|reason| reason.contains("rsa.pem")), "{line}");
    std::fs::rename(&away, &key).expect("moved");
    let outcome = send(&node, &jo, &message);
    assert_eq!(dkim_results(&outcome.message), of(&[("pass", "contoso.example")]));
    // Once read it is kept.
    std::fs::remove_file(&key).expect("removed");
    assert_eq!(send(&node, &jo, &message).message.values("DKIM-Signature").len(), 1);
}
