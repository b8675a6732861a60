//! The DKIM conformance suite: signatures of many implementations, good and bad.
#![allow(clippy::print_stdout, reason = "a suite prints its count")]

mod support;

use postseal_core::dkim::{BodyHashes, Verifier, VerifyOptions};
use postseal_core::dns::{AnswerSource, Answers};
use postseal_core::message::Splitter;
use serde_json::Value;

#[test]
fn every_undisputed_case_is_met() {
    let Some(folder) = support::suite("dkim") else { return };
    let text = std::fs::read_to_string(folder.join("cases.json")).expect("cases.json");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let (mut passed, mut disputed, mut failures) = (0, 0, Vec::new());
    for case in &cases {
        let message = std::fs::read(folder.join(text_of(case, "file"))).expect("the message");
        let got = verify(&message, case);
        let is_met = matches(&got, case["expect"].as_array().expect("a list"));
        match (case["disputed"].as_bool(), is_met) {
            (Some(true), _) => disputed += 1,
            (_, true) => passed += 1,
            (_, false) => failures.push(format!("{}: {got:?}", text_of(case, "name"))),
        }
    }
    println!("dkim: {passed} passed, {} failed, {disputed} disputed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(passed + disputed, cases.len());
}

/// Domain, selector and result of each signature.
type Found = (Option<String>, Option<String>, String, String);

fn verify(message: &[u8], case: &Value) -> Vec<Found> {
    let zone = support::zone(&case["dns"]);
    let now = case["now"].as_u64().expect("a time");
    let mut splitter = Splitter::new();
    let body = splitter.feed(message).expect("a small header section");
    let section = splitter.take_header_section();
    let mut hashes = BodyHashes::new();
    let mut verifier = Verifier::new(&section, None, &mut hashes, &VerifyOptions::default(), now);
    for chunk in body.chunks(100) {
        hashes.update(chunk);
    }
    let source: &(dyn AnswerSource + Sync) = &zone;
    verifier.evaluate(&section, &hashes.finish(), &mut Answers::new(source)).expect("the zone answers");
    let found = verifier.results().map(|r| {
        let cause = r.cause.as_ref().map(ToString::to_string).unwrap_or_default();
        let sdid = r.sdid.as_ref().map(ToString::to_string);
        (sdid, r.selector.as_ref().map(ToString::to_string), r.result.to_string(), cause)
    });
    found.collect()
}

/// True where each signature found is one of those expected, and none is left over.
fn matches(found: &[Found], expected: &[Value]) -> bool {
    let mut left: Vec<&Value> = expected.iter().collect();
    for (sdid, selector, result, _) in found {
        let fits = |e: &&Value| {
            let allowed = match &e["result"] {
                Value::Array(tokens) => tokens.iter().any(|t| t == result),
                token => token == result,
            };
            let names = |key: &str, got: &Option<String>| {
                e[key].as_str().is_none_or(|t| got.as_deref() == Some(&t.to_ascii_lowercase()))
            };
            allowed && names("domain", sdid) && names("selector", selector)
        };
        let Some(at) = left.iter().position(fits) else { return false };
        left.remove(at);
    }
    left.is_empty()
}

fn text_of<'v>(case: &'v Value, key: &str) -> &'v str {
    case[key].as_str().unwrap_or_else(|| panic!("{key} is missing in {case}"))
}
