//! What an evaluation asks, and when: ask and replay.

mod support;

use std::sync::Arc;

use postseal_core::dns::{Answers, MAX_ROUNDS, Missing, Zone};
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::{self, Evaluation, ExplanationWanted, Identity, Request, SpfResult};
use serde_json::{Value, json};

fn envelope(client: &str, helo: &str, mail_from: &str) -> Envelope {
    Envelope {
        client: client.parse().expect("an address"),
        helo: HeloIdentity::new(helo),
        mail_from: MailFrom::new(mail_from),
    }
}

/// Asks in rounds, as a resolver would be asked; gives the rounds' questions.
fn in_rounds(zone: &Zone, request: &Request<'_>) -> (Evaluation, Vec<Vec<String>>) {
    let mut answers = Answers::new(&());
    let mut rounds = Vec::new();
    loop {
        match spf::check_host(request, &mut answers) {
            Ok(evaluation) => return (evaluation, rounds),
            Err(Missing) => {
                let questions = answers.take_missing();
                assert!(!questions.is_empty(), "a round asks something");
                rounds.push(questions.iter().map(ToString::to_string).collect());
                assert!(rounds.len() <= usize::from(MAX_ROUNDS));
                for question in questions {
                    answers.give(Arc::new(zone.answer(&question.name, question.record_type)));
                }
            }
        }
    }
}

fn check(dns: &Value, client: &str, expected: &[&[&str]]) -> Evaluation {
    let zone = support::zone(dns);
    let envelope = envelope(client, "mail.example.net", "user@t.example");
    let request = Request::new(&envelope, Identity::MailFrom);
    let (evaluation, rounds) = in_rounds(&zone, &request);
    assert_eq!(rounds, expected, "{dns}");
    evaluation
}

#[test]
fn mechanisms_are_asked_in_order() {
    let dns = json!({
        "t.example": ["v=spf1 ip4:198.51.100.1 a exists:x.example mx -all", {"A": "192.0.2.9"}, {"MX": [1, "h.example"]}],
        "x.example": {"A": "127.0.0.2"},
    });
    check(&dns, "198.51.100.1", &[&["t.example TXT"]]);
    check(&dns, "192.0.2.9", &[&["t.example TXT"], &["t.example A"]]);
    check(&dns, "192.0.2.1", &[&["t.example TXT"], &["t.example A"], &["x.example A"]]);
    check(&dns, "2001:db8::1", &[&["t.example TXT"], &["t.example AAAA"], &["x.example A"]]);
}

#[test]
fn includes_reached_together_are_asked_together() {
    let dns = json!({
        "t.example": "v=spf1 a include:i1.example include:i2.example ip4:192.0.2.7 include:i3.example \
                      mx include:i4.example -all",
        "i1.example": "v=spf1 include:j1.example include:j2.example -all",
        "i2.example": "v=spf1 -all",
        "i3.example": "v=spf1 -all",
        "i4.example": "v=spf1 ip4:192.0.2.1 -all",
        "j1.example": "v=spf1 -all",
        "j2.example": "v=spf1 -all",
    });
    let start: [&[&str]; 4] = [
        &["t.example TXT"],
        &["t.example A"],
        &["i1.example TXT", "i2.example TXT", "i3.example TXT"],
        &["j1.example TXT", "j2.example TXT"],
    ];
    let rest: [&[&str]; 2] = [&["t.example MX"], &["i4.example TXT"]];
    check(&dns, "192.0.2.1", &[&start[..], &rest[..]].concat());
    // What an address before it decides is not asked.
    let shorter: [&[&str]; 4] = [start[0], start[1], &["i1.example TXT", "i2.example TXT"], start[3]];
    check(&dns, "192.0.2.7", &shorter);
}

#[test]
fn includes_beyond_the_limit_are_not_asked() {
    let terms: String = (0..20).map(|i| format!(" include:i{i}.example")).collect();
    let dns = json!({"t.example": format!("v=spf1 a{terms} -all")});
    let zone = support::zone(&dns);
    let envelope = envelope("192.0.2.1", "h.example", "user@t.example");
    let (_, rounds) = in_rounds(&zone, &Request::new(&envelope, Identity::MailFrom));
    assert_eq!(rounds[2].len(), 9);
}

#[test]
fn nested_includes_do_not_multiply_what_is_asked() {
    let terms = |of: &str| -> String { (0..9).map(|i| format!(" include:{of}{i}.example")).collect() };
    let dns = json!({
        "t.example": format!("v=spf1{} -all", terms("i")),
        "i0.example": format!("v=spf1{} -all", terms("j")),
    });
    let zone = support::zone(&dns);
    let envelope = envelope("192.0.2.1", "h.example", "user@t.example");
    let (_, rounds) = in_rounds(&zone, &Request::new(&envelope, Identity::MailFrom));
    let asked: Vec<usize> = rounds.iter().map(Vec::len).collect();
    // The second include has used two look-ups; eight are left.
    assert_eq!(asked, [1, 9, 9]);
}

#[test]
fn names_with_macros_are_not_asked_ahead() {
    let dns = json!({
        "t.example": "v=spf1 include:i1.example include:%{l}.t.example include:i2.example -all",
        "i1.example": "v=spf1 -all",
        "user.t.example": "v=spf1 -all",
        "i2.example": "v=spf1 -all",
    });
    let rounds: [&[&str]; 3] =
        [&["t.example TXT"], &["i1.example TXT"], &["user.t.example TXT", "i2.example TXT"]];
    check(&dns, "192.0.2.1", &rounds);
}

#[test]
fn the_hosts_of_one_term_are_asked_together() {
    let dns = json!({
        "t.example": ["v=spf1 mx -all", {"MX": [1, "h1.example"]}, {"MX": [2, "h2.example"]}, {"MX": [3, "h3.example"]}],
        "h1.example": {"A": "192.0.2.1"},
    });
    let rounds: [&[&str]; 3] =
        [&["t.example TXT"], &["t.example MX"], &["h1.example A", "h2.example A", "h3.example A"]];
    let evaluation = check(&dns, "192.0.2.1", &rounds);
    assert_eq!(evaluation.void_lookups, 0, "what came after the match is not counted");
}

#[test]
fn only_pointer_names_that_matter_are_validated() {
    let dns = json!({
        "t.example": "v=spf1 ptr -all",
        "1.2.0.192.in-addr.arpa": [{"PTR": "h.elsewhere.example"}, {"PTR": "h.t.example"}],
        "h.t.example": {"A": "192.0.2.1"},
    });
    let rounds: [&[&str]; 3] = [&["t.example TXT"], &["1.2.0.192.in-addr.arpa PTR"], &["h.t.example A"]];
    assert_eq!(check(&dns, "192.0.2.1", &rounds).result, SpfResult::Pass);
}

#[test]
fn explanations_are_fetched_on_demand_and_on_fail_only() {
    let dns = json!({
        "t.example": "v=spf1 ip4:192.0.2.1 ?ip4:192.0.2.2 -all exp=e.example",
        "e.example": "%{i} may not, says %{d} to %{r}",
    });
    let zone = support::zone(&dns);
    let run = |client: &str, explanation: ExplanationWanted| {
        let envelope = envelope(client, "h.example", "user@t.example");
        let request = Request {
            explanation,
            receiver: Some("mx.example.net"),
            ..Request::new(&envelope, Identity::MailFrom)
        };
        let (evaluation, rounds) = in_rounds(&zone, &request);
        (evaluation.explanation, rounds.len())
    };
    assert_eq!(run("192.0.2.1", ExplanationWanted::Yes), (None, 1));
    assert_eq!(run("192.0.2.2", ExplanationWanted::Yes), (None, 1));
    assert_eq!(run("192.0.2.3", ExplanationWanted::No), (None, 1));
    let explained = Some("192.0.2.3 may not, says t.example to mx.example.net".to_owned());
    assert_eq!(run("192.0.2.3", ExplanationWanted::Yes), (explained, 2));
}

#[test]
fn identities() {
    let dns = json!({
        "t.example": "v=spf1 ip4:192.0.2.1 -all",
        "h.example": "v=spf1 exists:%{l}.%{o}.who.example -all exp=e.example",
        "postmaster.h.example.who.example": {"A": "127.0.0.2"},
        "e.example": "%{s}",
    });
    let zone = support::zone(&dns);
    let run = |helo: &str, mail_from: &str, identity: Identity| {
        let envelope = envelope("192.0.2.1", helo, mail_from);
        let (evaluation, _) = in_rounds(&zone, &Request::new(&envelope, identity));
        (evaluation.result, evaluation.domain.map(|d| d.to_string()))
    };
    let of = |result: SpfResult, domain: &str| (result, Some(domain.to_owned()));
    assert_eq!(run("h.example", "user@t.example", Identity::MailFrom), of(SpfResult::Pass, "t.example"));
    assert_eq!(run("h.example", "user@t.example", Identity::Helo), of(SpfResult::Pass, "h.example"));
    assert_eq!(run("H.Example.", "<>", Identity::MailFrom), of(SpfResult::Pass, "h.example"));
    assert_eq!(run("h.example", "@t.example", Identity::MailFrom), of(SpfResult::Pass, "t.example"));
    assert_eq!(run("localhost", "", Identity::MailFrom), of(SpfResult::None, "localhost"));
    assert_eq!(run("[192.0.2.1]", "", Identity::MailFrom), (SpfResult::None, None));
    assert_eq!(run("h.example", "user@[192.0.2.1]", Identity::MailFrom), (SpfResult::None, None));
}

/// RFC 8616 §4.
#[test]
fn internationalised_mail() {
    let dns = json!({
        "xn--bcher-kva.example": "v=spf1 exists:%{l}.local.example include:%{l}.local.example \
                                  exists:%{h}.helo.example exists:%{o}.domain.example ~all",
        "xn--r8jz45g.xn--zckzah.helo.example": {"A": "127.0.0.2"},
        "xn--bcher-kva.example.domain.example": {"A": "127.0.0.2"},
    });
    let zone = support::zone(&dns);
    let run = |helo: &str| {
        let envelope = envelope("192.0.2.1", helo, "ü@bücher.example");
        in_rounds(&zone, &Request::new(&envelope, Identity::MailFrom)).0.mechanism().map(ToOwned::to_owned)
    };
    assert_eq!(run("例え.テスト").as_deref(), Some("exists:%{h}.helo.example"));
    assert_eq!(run("other.example").as_deref(), Some("exists:%{o}.domain.example"));
}

#[test]
fn says_what_decided() {
    let dns = json!({
        "t.example": "v=spf1 INCLUDE:i.example redirect=r.example",
        "i.example": "v=spf1 +ip4:192.0.2.1 -all",
        "r.example": "v=spf1 ip4:192.0.2.2 ~ALL",
    });
    let zone = support::zone(&dns);
    let check = |client: &str, mechanism: &str, domain: &str| {
        let envelope = envelope(client, "h.example", "user@t.example");
        let (evaluation, _) = in_rounds(&zone, &Request::new(&envelope, Identity::MailFrom));
        assert_eq!(evaluation.mechanism(), Some(mechanism));
        assert_eq!(evaluation.matched_domain().map(|d| d.as_str()), Some(domain));
        assert_eq!(evaluation.domain.as_ref().map(|d| d.as_str()), Some("t.example"));
    };
    check("192.0.2.1", "INCLUDE:i.example", "t.example");
    check("192.0.2.2", "ip4:192.0.2.2", "r.example");
    check("192.0.2.3", "~ALL", "r.example");
}
