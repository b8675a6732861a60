//! DMARC against a slow reading of RFC 9989 §4.10 that walks every tree to its
//! end, over random zones; and against every way in which failed answers could
//! have turned out.

use std::collections::BTreeMap;

use postseal_core::dmarc::{self, Authentication, Identifier, Options};
use postseal_core::dns::{Answers, DomainName, Failure, Outcome, RecordData, TxtRecord, Zone};
use proptest::prelude::*;

/// What is at a `_dmarc` name, by domain.
type Records = BTreeMap<String, Entry>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
    Record(&'static str),
    Fails,
}

const RECORDS: [&str; 6] = [
    "v=DMARC1; p=reject",
    "v=DMARC1; p=quarantine; psd=u",
    "v=DMARC1; p=none; psd=n",
    "v=DMARC1; p=reject; sp=none; psd=y",
    "v=DMARC1; p=reject; adkim=s",
    "v=DMARC1; p=quarantine; aspf=s; psd=n",
];

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a valid test name")
}

fn has(record: &str, tag: &str) -> bool {
    record.split("; ").any(|t| t == tag)
}

/// The names of a walk, word for word after §4.10.
fn walk(domain: &str) -> Vec<String> {
    let labels: Vec<&str> = domain.split('.').collect();
    let mut names = vec![domain.to_owned()];
    let mut left = if labels.len() < 8 { labels.len() - 1 } else { 7 };
    while left > 0 {
        names.push(labels[labels.len() - left..].join("."));
        left -= 1;
    }
    names
}

/// The records that a walk retrieves.
fn retrieved(records: &Records, domain: &str) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for name in walk(domain) {
        if let Some(Entry::Record(record)) = records.get(&name) {
            found.push((name, *record));
            if has(record, "psd=n") || has(record, "psd=y") {
                break;
            }
        }
    }
    found
}

/// §4.10.2
fn organization(records: &Records, domain: &str) -> String {
    let found = retrieved(records, domain);
    for (name, record) in &found {
        if has(record, "psd=n") {
            return name.clone();
        }
        if has(record, "psd=y") && name != domain {
            let below = domain.split('.').count() - name.split('.').count() - 1;
            return domain.split('.').skip(below).collect::<Vec<_>>().join(".");
        }
    }
    found.last().map_or_else(|| domain.to_owned(), |(name, _)| name.clone())
}

/// Result and policy domain, with nothing failing.
fn slow(records: &Records, author: &str, spf: &str, dkim: &[String]) -> (String, Option<String>) {
    let found = retrieved(records, author);
    let org = organization(records, author);
    let at = |name: &str| found.iter().find(|(n, _)| n == name);
    let psd = found.iter().find(|(n, r)| has(r, "psd=y") && n != author);
    let Some((policy_domain, record)) = at(author).or_else(|| at(&org)).or(psd) else {
        return ("none".to_owned(), None);
    };
    let aligned = |identifier: &str, strict: &str| {
        identifier == author || (!has(record, strict) && organization(records, identifier) == org)
    };
    let pass = aligned(spf, "aspf=s") || dkim.iter().any(|d| aligned(d, "adkim=s"));
    (if pass { "pass" } else { "fail" }.to_owned(), Some(policy_domain.clone()))
}

fn fast(records: &Records, author: &str, spf: &str, dkim: &[String]) -> (String, Option<String>) {
    let mut zone = Zone::new();
    for (domain, entry) in records {
        let owner = name(&format!("_dmarc.{domain}"));
        match entry {
            Entry::Record(text) => zone.add(&owner, 60, RecordData::Txt(TxtRecord::from_strings(&[text]))),
            Entry::Fails => zone.fail(&owner, None, Outcome::Failure(Failure::ServFail)),
        }
    }
    let spf = name(spf);
    let dkim: Vec<DomainName> = dkim.iter().map(|d| name(d)).collect();
    let passed = |domain| Identifier { domain, authentication: Authentication::Passed };
    let mut answers = Answers::new(&zone);
    let author = name(author);
    let evaluation = dmarc::evaluate(
        &author,
        Some(passed(&spf)),
        dkim.iter().map(passed),
        &Options::default(),
        &mut answers,
    )
    .expect("a zone answers everything");
    (evaluation.result.to_string(), evaluation.policy_domain.map(|d| d.to_string()))
}

/// Every zone in which the failed names hold nothing or one of the records.
fn completions(records: &Records) -> Vec<Records> {
    let mut all = vec![records.clone()];
    for (domain, _) in records.iter().filter(|(_, entry)| **entry == Entry::Fails) {
        let mut next = Vec::new();
        for zone in &all {
            let mut without = zone.clone();
            without.remove(domain);
            next.push(without);
            for record in RECORDS {
                let mut with = zone.clone();
                with.insert(domain.clone(), Entry::Record(record));
                next.push(with);
            }
        }
        all = next;
    }
    all
}

/// Names of few letters, so that they are often related; some of more than eight labels.
fn domain() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(vec!["a", "b"]), 1..5),
        1 => prop::collection::vec(prop::sample::select(vec!["a", "b"]), 7..11),
        1 => prop::collection::vec(Just("a"), 1..11),
    ]
    .prop_map(|labels| labels.join("."))
}

fn entry(failing: u32) -> impl Strategy<Value = Entry> {
    prop_oneof![
        6 => prop::sample::select(RECORDS.to_vec()).prop_map(Entry::Record),
        failing => Just(Entry::Fails),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn is_what_the_rfc_says(
        records in prop::collection::btree_map(domain(), entry(0), 0..6),
        author in domain(),
        spf in domain(),
        dkim in prop::collection::vec(domain(), 0..3),
    ) {
        prop_assert_eq!(fast(&records, &author, &spf, &dkim), slow(&records, &author, &spf, &dkim));
    }

    /// A verdict in spite of failed answers is the one that they could not have changed.
    #[test]
    fn failed_answers_never_decide(
        records in prop::collection::btree_map(domain(), entry(4), 0..5),
        author in domain(),
        spf in domain(),
        dkim in prop::collection::vec(domain(), 0..2),
    ) {
        let failing = records.values().filter(|e| **e == Entry::Fails).count();
        if !(1..=2).contains(&failing) {
            return Ok(());
        }
        let (result, policy_domain) = fast(&records, &author, &spf, &dkim);
        if result != "temperror" {
            for zone in completions(&records) {
                let (expected, expected_domain) = slow(&zone, &author, &spf, &dkim);
                prop_assert_eq!((&result, &policy_domain), (&expected, &expected_domain), "{:?}", zone);
            }
        }
    }
}
