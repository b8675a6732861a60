//! The DMARC suite: identifiers or whole messages, a zone, and what is expected.
#![allow(clippy::print_stdout, reason = "the count is the evidence")]

mod support;

use std::path::Path;

use postseal_core::dkim::{BodyHashes, Verifier, VerifyOptions};
use postseal_core::dmarc::{self, Authentication, Evaluation, Identifier, Options};
use postseal_core::dns::{Answers, DomainName, RecordType, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom, Splitter, author_domain};
use postseal_core::spf;
use serde_json::Value;

#[test]
fn suite() {
    let Some(folder) = support::suite("dmarc") else { return };
    let cases = std::fs::read_to_string(folder.join("cases.json")).expect("cases.json");
    let cases: Vec<Value> = serde_json::from_str(&cases).expect("JSON");
    let (mut passed, mut disputed, mut failures) = (0, 0, Vec::new());
    for case in &cases {
        let outcome = match &case["file"] {
            Value::String(file) => run_message(case, &folder.join(file)),
            _ => run_identifiers(case),
        };
        match outcome {
            _ if case["disputed"] == true => disputed += 1,
            Ok(()) => passed += 1,
            Err(why) => failures.push(format!("{}: {why}", case["name"])),
        }
    }
    println!("dmarc: {passed} passed, {} failed, {disputed} disputed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(passed + disputed, 58, "cases of the suite");
}

/// A domain and what SPF or DKIM said of it.
type Authenticated = (DomainName, Authentication);

/// A case that says what SPF and DKIM found.
fn run_identifiers(case: &Value) -> Result<(), String> {
    let author = match &case["from_header"] {
        Value::String(body) => {
            let section = HeaderSection::parse(format!("From: {body}\r\n").into_bytes());
            author_domain(&section).map_err(|e| e.to_string())?
        }
        _ => name(&case["from_domain"]),
    };
    let zone = support::zone(&case["dns"]);
    let mut answers = Answers::new(&zone);
    let spf = identifier(&case["spf"]);
    let dkim: Vec<_> = case["dkim"].as_array().into_iter().flatten().filter_map(identifier).collect();
    judge(case, &author, spf.as_ref(), &dkim, &mut answers)
}

/// A case that is a whole message, with the envelope.
fn run_message(case: &Value, file: &Path) -> Result<(), String> {
    let message = std::fs::read(file).map_err(|e| e.to_string())?;
    let zone = support::zone(&case["dns"]);
    let mut answers = Answers::new(&zone);
    let mut splitter = Splitter::new();
    let body = splitter.feed(&message).map_err(|e| e.to_string())?;
    let section = splitter.take_header_section();
    let author = author_domain(&section).map_err(|e| e.to_string())?;

    let envelope = Envelope {
        client: case["ip"].as_str().unwrap_or_default().parse().expect("an address"),
        helo: HeloIdentity::new("mail.unrelated.test"),
        mail_from: MailFrom::new(case["mail_from"].as_str().unwrap_or_default()),
    };
    let evaluation = spf::check_host(&spf::Request::new(&envelope, spf::Identity::MailFrom), &mut answers)
        .expect("a zone answers everything");
    let spf = evaluation.domain.map(|domain| (domain, evaluation.result.into()));

    let now = case["now"].as_u64().expect("a time");
    let mut hashes = BodyHashes::new();
    let mut verifier = Verifier::new(&section, Some(&author), &mut hashes, &VerifyOptions::default(), now);
    hashes.update(body);
    verifier.evaluate(&section, &hashes.finish(), &mut answers).expect("a zone answers everything");
    let dkim: Vec<_> = verifier.results().filter_map(|r| Some((r.sdid.clone()?, r.result.into()))).collect();
    judge(case, &author, spf.as_ref(), &dkim, &mut answers)
}

fn judge(
    case: &Value,
    author: &DomainName,
    spf: Option<&Authenticated>,
    dkim: &[Authenticated],
    answers: &mut Answers<'_>,
) -> Result<(), String> {
    fn of((domain, authentication): &Authenticated) -> Identifier<'_> {
        Identifier { domain, authentication: *authentication }
    }
    let evaluation = dmarc::evaluate(author, spf.map(of), dkim.iter().map(of), &Options::default(), answers)
        .map_err(|_| "an answer is missing".to_owned())?;
    compare(&case["expect"], &evaluation)?;
    compare_queries(&case["expect"]["queries"], answers, author)
}

fn identifier(value: &Value) -> Option<Authenticated> {
    let authentication = match value["result"].as_str()? {
        "pass" => Authentication::Passed,
        "temperror" => Authentication::Undecided,
        _ => Authentication::NotPassed,
    };
    Some((name(&value["domain"]), authentication))
}

fn compare(expected: &Value, got: &Evaluation) -> Result<(), String> {
    let policy = got.policy.map(|p| p.to_string());
    let facts = [
        ("result", Some(got.result.to_string())),
        ("disposition", Some(got.disposition.to_string())),
        ("policy", policy),
        ("policy_domain", got.policy_domain.as_ref().map(ToString::to_string)),
        ("from_domain", got.author_domain.as_ref().map(ToString::to_string)),
    ];
    for (key, got) in facts {
        if let Some(expected) = expected[key].as_str()
            && got.as_deref() != Some(expected)
        {
            return Err(format!("{key}: expected {expected}, got {got:?}"));
        }
    }
    Ok(())
}

/// Every name of the walk is asked, and no other, and never more than eight.
fn compare_queries(expected: &Value, answers: &Answers<'_>, author: &DomainName) -> Result<(), String> {
    let asked: Vec<&str> = answers
        .trace()
        .iter()
        .map(|answer| &answer.question)
        .filter(|q| q.record_type == RecordType::Txt && q.name.as_str().starts_with("_dmarc."))
        .map(|q| q.name.as_str())
        .collect();
    let of_the_walk: Vec<String> = dmarc::tree_walk_names(author).map(|n| format!("_dmarc.{n}")).collect();
    if asked.iter().filter(|name| of_the_walk.iter().any(|n| n == *name)).count() > dmarc::MAX_WALK {
        return Err(format!("more than eight names: {asked:?}"));
    }
    let Some(expected) = expected.as_array() else { return Ok(()) };
    let expected: Vec<&str> = expected.iter().filter_map(Value::as_str).collect();
    if asked == expected { Ok(()) } else { Err(format!("queries: expected {expected:?}, got {asked:?}")) }
}

fn name(value: &Value) -> DomainName {
    let text = value.as_str().unwrap_or_else(|| panic!("a domain: {value}"));
    DomainName::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A cold cache: everything is missing at first, and one round of asking is
/// enough for a walk.
#[test]
fn a_walk_takes_one_round() {
    let zone = Zone::new();
    let author = DomainName::parse("a.b.c.d.e.f.g.h.i.j.mail.example.com").expect("a name");
    let mut answers = Answers::new(&());
    let evaluate = |answers: &mut Answers<'_>| {
        dmarc::evaluate(&author, None, std::iter::empty(), &Options::default(), answers)
    };
    assert!(evaluate(&mut answers).is_err());
    let questions = answers.take_missing();
    assert_eq!(questions.len(), 8);
    for question in questions {
        answers.give(std::sync::Arc::new(zone.answer(&question.name, question.record_type)));
    }
    assert_eq!(evaluate(&mut answers).expect("all is answered").result, dmarc::DmarcResult::None);
}
