//! The ARC test suite: chain validation and signing.
#![allow(clippy::print_stdout, reason = "a suite prints its count")]

mod support;

use postseal_core::arc::{ArcResult, Chain, SealRefusal, Sealer, ValidateOptions, Validator};
use postseal_core::dkim::{BodyHashes, Selector, SignedNames, SigningKey, SigningSettings};
use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
use serde_json::Value;
use support::mail::split;
use support::yaml::documents;

#[test]
fn chains_are_validated() {
    let Some(folder) = support::suite("arc") else { return };
    let (mut passed, mut failures) = (0, Vec::new());
    for scenario in documents(&folder.join("arc-validation.yml")) {
        let zone = zone(&scenario["txt-records"]);
        for (name, test) in scenario["tests"].as_object().expect("tests") {
            let expected = text(&test["cv"]).trim().to_ascii_lowercase();
            let (got, why) = validate(&message(test), &zone);
            if got == expected || (expected.is_empty() && got == "fail") {
                passed += 1;
            } else {
                failures.push(format!("{name}: {expected}, not {got} ({why})"));
            }
        }
    }
    println!("arc validation: {passed} passed, {} failed, 0 disputed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn validate(message: &[u8], zone: &Zone) -> (String, String) {
    let (section, body) = split(message);
    let mut hashes = BodyHashes::new();
    let mut validator = Validator::new(&section, &mut hashes, &ValidateOptions::default(), NOW);
    hashes.update(body);
    validator.evaluate(&section, &hashes.finish(), &mut Answers::new(zone)).expect("the zone answers");
    let chain = validator.into_chain().expect("decided");
    (chain.result.to_string(), chain.cause.map(|c| c.to_string()).unwrap_or_default())
}

#[test]
fn messages_are_sealed() {
    let Some(folder) = support::suite("arc") else { return };
    let (mut passed, mut failures) = (0, Vec::new());
    for scenario in documents(&folder.join("arc-signing.yml")) {
        for (name, test) in scenario["tests"].as_object().expect("tests") {
            match check_sealing(&scenario, test) {
                Ok(()) => passed += 1,
                Err(why) => failures.push(format!("{name}: {why}")),
            }
        }
    }
    println!("arc signing: {passed} passed, {} failed, 0 disputed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// All tags but `b=` are compared, and the sealed message is validated: the key
/// of the suite's own signatures was another one.
fn check_sealing(scenario: &Value, test: &Value) -> Result<(), String> {
    let zone = zone(&scenario["txt-records"]);
    let message = message(test);
    let sealed = seal(scenario, test, &message, &zone);
    if text(&test["AS"]).trim().is_empty() {
        return match sealed {
            Err(SealRefusal::ChainEnded) => Ok(()),
            other => Err(format!("sealed though the chain has ended: {other:?}")),
        };
    }
    let (fields, before) = sealed.map_err(|e| e.to_string())?;
    let (section, _) = split(fields.as_bytes());
    for (name, key) in
        [("ARC-Seal", "AS"), ("ARC-Message-Signature", "AMS"), ("ARC-Authentication-Results", "AAR")]
    {
        let field = section.named(name).next().ok_or(format!("no {name}"))?;
        let (got, expected) = (tags(&String::from_utf8_lossy(field.body())), tags(text(&test[key])));
        if got != expected {
            return Err(format!("{name} is {got:?}, not {expected:?}"));
        }
    }
    let message = [fields.as_bytes(), &message].concat();
    let (after, why) = validate(&message, &zone);
    let expected = if before.result == ArcResult::Fail { "fail" } else { "pass" };
    if after == expected { Ok(()) } else { Err(format!("sealed, it is {after}: {why}")) }
}

fn seal(scenario: &Value, test: &Value, message: &[u8], zone: &Zone) -> Result<(String, Chain), SealRefusal> {
    let key = SigningKey::from_pem(text(&scenario["privatekey"]).as_bytes()).expect("a key");
    let domain = DomainName::parse(text(&scenario["domain"])).expect("a domain");
    let mut settings =
        SigningSettings::new(domain, Selector::parse(text(&scenario["sel"])).expect("a selector"));
    settings.signed_names = SignedNames::parse(text(&test["sig-headers"])).expect("names");
    settings.signed_at = test["t"].as_u64();
    let (section, body) = split(message);
    let mut hashes = BodyHashes::new();
    let mut validator = Validator::new(&section, &mut hashes, &ValidateOptions::default(), NOW);
    let sealer = Sealer::new(settings, text(&test["srv-id"]), &section, &mut hashes)?;
    hashes.update(body);
    let digests = hashes.finish();
    validator.evaluate(&section, &digests, &mut Answers::new(zone)).expect("the zone answers");
    let chain = validator.into_chain().expect("decided");
    Ok((sealer.finish(&section, &chain, &digests, &key)?, chain))
}

/// Tags without blanks, in alphabetical order, without the signature.
fn tags(body: &str) -> Vec<String> {
    let plain = |tag: &str| tag.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut tags: Vec<String> = body.split(';').map(plain).filter(|tag| !tag.is_empty()).collect();
    tags.retain(|tag| !tag.starts_with("b="));
    tags.sort();
    tags
}

/// The message of a test, with the line ends of the wire.
fn message(test: &Value) -> Vec<u8> {
    text(&test["message"]).replace('\n', "\r\n").into_bytes()
}

fn zone(records: &Value) -> Zone {
    let mut zone = Zone::new();
    for (owner, record) in records.as_object().into_iter().flatten() {
        let owner = DomainName::from_expansion(owner).expect("a name");
        zone.add(&owner, 3600, RecordData::Txt(TxtRecord::from_strings(&[text(record)])));
    }
    zone
}

/// The suite's messages were signed in 1970 and no signature in it expires.
const NOW: u64 = 1_500_000_000;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
