//! The openspf test suite for RFC 7208 (`spf/rfc7208-tests.yml`), in full.
#![allow(clippy::print_stdout, reason = "the count is the evidence")]

mod support;

use postseal_core::dns::Answers;
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::{self, Evaluation, ExplanationWanted, Identity, Request};
use serde_json::{Map, Value, json};

#[test]
fn rfc7208_suite() {
    let Some(folder) = support::suite("spf") else { return };
    let (mut passed, mut disputed, mut failures) = (0, 0, Vec::new());
    for document in support::yaml::documents(&folder.join("rfc7208-tests.yml")) {
        let zone = support::zone(&zone_of(&document["zonedata"]));
        for (name, test) in document["tests"].as_object().into_iter().flatten() {
            let mut answers = Answers::new(&zone);
            let outcome = run(test, &mut answers);
            match check(test, &outcome) {
                Ok(()) => passed += 1,
                Err(_) if test["disputed"] == Value::Bool(true) => disputed += 1,
                Err(why) => failures.push(format!("{name}: {why}")),
            }
        }
    }
    println!("spf: {passed} passed, {} failed, {disputed} disputed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(passed + disputed, 203, "cases of the suite");
}

fn run(test: &Value, answers: &mut Answers<'_>) -> Evaluation {
    let text = |key: &str| test[key].as_str().unwrap_or_else(|| panic!("{key} in {test}"));
    let envelope = Envelope {
        client: text("host").parse().expect("an address"),
        helo: HeloIdentity::new(text("helo")),
        mail_from: MailFrom::new(text("mailfrom")),
    };
    let request =
        Request { explanation: ExplanationWanted::Yes, ..Request::new(&envelope, Identity::MailFrom) };
    spf::check_host(&request, answers).expect("a zone answers everything")
}

fn check(test: &Value, outcome: &Evaluation) -> Result<(), String> {
    let allowed = match &test["result"] {
        Value::Array(results) => results.clone(),
        one => vec![one.clone()],
    };
    if !allowed.contains(&Value::from(outcome.result.as_str())) {
        return Err(format!("{} is not among {allowed:?}: {:?}", outcome.result, outcome.cause));
    }
    let expected = match test["explanation"].as_str() {
        None => return Ok(()),
        Some("DEFAULT") => None,
        Some(text) => Some(text),
    };
    match outcome.explanation.as_deref() == expected {
        true => Ok(()),
        false => Err(format!("explanation {:?}, expected {expected:?}", outcome.explanation)),
    }
}

/// The suite's zones in the notation of [`support::zone`]: an SPF record stands
/// for a TXT record too, unless the name has TXT of its own; `TXT: NONE`
/// suppresses it; `TIMEOUT` is for the types that the name has no record of.
fn zone_of(zonedata: &Value) -> Value {
    let owners = zonedata.as_object().into_iter().flatten();
    Value::Object(owners.map(|(owner, records)| (owner.clone(), records_of(records))).collect::<Map<_, _>>())
}

fn records_of(records: &Value) -> Value {
    let records = records.as_array().map(Vec::as_slice).unwrap_or_default();
    let has_txt = records.iter().any(|r| r.get("TXT").is_some());
    let mut zone = Vec::new();
    for record in records {
        match record {
            Value::String(text) if text == "TIMEOUT" => continue,
            Value::Object(fields) if fields.get("TXT") == Some(&json!("NONE")) => continue,
            Value::Object(fields) if !has_txt && fields.contains_key("SPF") => {
                zone.push(json!({ "TXT": fields["SPF"] }));
            }
            _ => {}
        }
        zone.push(record.clone());
    }
    if records.contains(&json!("TIMEOUT")) {
        for record_type in ["A", "AAAA", "MX", "PTR", "TXT"] {
            if !zone.iter().any(|r| r.get(record_type).is_some()) {
                zone.push(json!({ "TIMEOUT": record_type }));
            }
        }
    }
    Value::Array(zone)
}
